"""Builds run their real buildspec, and end as AWS shows it."""

import json
import time

import pytest

from tests.local_aws.codebuild.conftest import Builds, phase, phases

ALL = [
    "SUBMITTED",
    "QUEUED",
    "PROVISIONING",
    "DOWNLOAD_SOURCE",
    "INSTALL",
    "PRE_BUILD",
    "BUILD",
    "POST_BUILD",
    "UPLOAD_ARTIFACTS",
    "FINALIZING",
    "COMPLETED",
]


def test_a_build_runs_all_phases_in_one_shell(builds: Builds) -> None:
    spec = """
version: 0.2
phases:
  install:
    commands:
      - export COLOUR=green
      - mkdir inner && cd inner
  build:
    commands:
      - echo "$COLOUR $(basename "$PWD")"
      - |
        for word in one two; do
          echo "$word"
        done
  post_build:
    commands:
      - echo succeeding=$CODEBUILD_BUILD_SUCCEEDING
"""
    build = builds.run(builds.project(spec))
    assert build["buildStatus"] == "SUCCEEDED", builds.log(build)
    assert list(phases(build)) == ALL
    assert {status for name, status in phases(build).items() if name != "COMPLETED"} == {"SUCCEEDED"}
    assert builds.output(build) == ["green inner", "one", "two", "succeeding=1"]
    assert build["currentPhase"] == "COMPLETED"
    assert build["endTime"] >= build["startTime"]
    assert build["buildNumber"] == 1
    assert build["logs"]["groupName"] == f"/aws/codebuild/{build['projectName']}"


def test_a_failed_command_ends_its_phase_and_post_build_still_runs(builds: Builds) -> None:
    spec = """
version: 0.2
phases:
  build:
    commands:
      - sh -c "exit 3"
      - echo never
    finally:
      - echo finally
  post_build:
    commands:
      - echo succeeding=$CODEBUILD_BUILD_SUCCEEDING
"""
    build = builds.run(builds.project(spec))
    assert build["buildStatus"] == "FAILED"
    assert builds.output(build) == ["finally", "succeeding=0"]
    failed = phase(build, "BUILD")
    assert failed["phaseStatus"] == "FAILED"
    assert failed["contexts"] == [
        {
            "statusCode": "COMMAND_EXECUTION_ERROR",
            "message": 'Error while executing command: sh -c "exit 3". Reason: exit status 3',
        }
    ]
    assert phase(build, "POST_BUILD")["phaseStatus"] == "SUCCEEDED"


def test_a_failed_pre_build_skips_the_build(builds: Builds) -> None:
    spec = "version: 0.2\nphases:\n  pre_build:\n    commands: ['false']\n  build:\n    commands: [echo never]\n"
    build = builds.run(builds.project(spec))
    assert build["buildStatus"] == "FAILED"
    assert list(phases(build))[-3:] == ["PRE_BUILD", "FINALIZING", "COMPLETED"]
    assert builds.output(build) == []


@pytest.mark.parametrize(("setting", "ran"), [("ABORT", False), ("CONTINUE", True)])
def test_on_failure(builds: Builds, setting: str, ran: bool) -> None:
    spec = (
        f"version: 0.2\nphases:\n  build:\n    on-failure: {setting}\n    commands: ['false']\n"
        "  post_build:\n    commands: [echo ran]\n"
    )
    build = builds.run(builds.project(spec))
    assert build["buildStatus"] == "FAILED"
    assert builds.output(build) == (["ran"] if ran else [])


def test_a_command_that_exits_the_shell_keeps_its_variables(builds: Builds) -> None:
    spec = (
        "version: 0.2\nphases:\n  build:\n    commands: ['export A=kept; cd /; exit 4']\n"
        "  post_build:\n    commands: ['echo $A $PWD']\n"
    )
    build = builds.run(builds.project(spec))
    assert phase(build, "BUILD")["contexts"][0]["message"].endswith("Reason: exit status 4")
    assert builds.output(build) == ["kept /"]


def test_bash_where_the_buildspec_asks_for_it(builds: Builds) -> None:
    spec = "version: 0.2\nenv:\n  shell: bash\nphases:\n  build:\n    commands: ['a=(x y); echo ${a[1]}']\n"
    assert builds.output(builds.run(builds.project(spec))) == ["y"]


def test_source_from_s3_with_its_buildspec_and_modes(builds: Builds) -> None:
    spec = "version: 0.2\nphases:\n  build:\n    commands: [./tool, 'echo $CODEBUILD_SRC_DIR $CODEBUILD_BUILD_ID']\n"
    build = builds.run(builds.from_source({"buildspec.yml": spec, "tool": "#!/bin/sh\necho tool ran\n"}))
    assert build["buildStatus"] == "SUCCEEDED", builds.log(build)
    first, second = builds.output(build)
    assert first == "tool ran"
    assert second.endswith(f"/src {build['id']}")


def test_overrides_of_one_build(builds: Builds) -> None:
    spec = "version: 0.2\nphases:\n  build:\n    commands: ['cat word', 'echo $KIND $KEPT']\n"
    environment = {
        "type": "LINUX_CONTAINER",
        "image": "aws/codebuild/standard:7.0",
        "computeType": "BUILD_GENERAL1_SMALL",
        "environmentVariables": [{"name": "KIND", "value": "project"}, {"name": "KEPT", "value": "yes"}],
    }
    project = builds.from_source({"word": "first", "other.yml": spec}, environment=environment)
    build = builds.run(
        project,
        sourceLocationOverride=builds.upload({"word": "second\n", "other.yml": spec}),
        buildspecOverride="other.yml",
        environmentVariablesOverride=[{"name": "KIND", "value": "override", "type": "PLAINTEXT"}],
        timeoutInMinutesOverride=7,
        imageOverride="aws/codebuild/standard:6.0",
    )
    assert builds.output(build) == ["second", "override yes"]
    assert (build["timeoutInMinutes"], build["environment"]["image"]) == (7, "aws/codebuild/standard:6.0")


def test_the_environment_is_the_builds_own(builds: Builds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVER_SECRET", "of the server")
    spec = (
        "version: 0.2\nphases:\n  build:\n    commands:\n      - env\n      - aws sts get-caller-identity --query Arn\n"
    )
    build = builds.run(builds.project(spec))
    text = "\n".join(builds.output(build))
    assert "SERVER_SECRET" not in text
    assert f"CODEBUILD_BUILD_ARN={build['arn']}" in text
    assert f"assumed-role/{builds.role.rpartition('/')[2]}/AWSCodeBuild-{build['id'].partition(':')[2]}" in text


def test_variables_of_stores_are_hidden_in_the_log_and_exported_ones_shown(builds: Builds) -> None:
    builds.service("ssm").put_parameter(Name="/builds/word", Value="hush-1", Type="SecureString")
    builds.service("secretsmanager").create_secret(Name="builds/secret", SecretString=json.dumps({"key": "hush-2"}))
    spec = """
version: 0.2
env:
  variables:
    PLAIN: plain
  parameter-store:
    WORD: /builds/word
  secrets-manager:
    SECRET: builds/secret:key
  exported-variables: [RESULT, ABSENT]
phases:
  build:
    commands:
      - echo $PLAIN $WORD $SECRET
      - export RESULT="$PLAIN result"
"""
    build = builds.run(builds.project(spec))
    assert builds.output(build) == ["plain *** ***"], builds.log(build)
    assert build["exportedEnvironmentVariables"] == [{"name": "RESULT", "value": "plain result"}]


def test_a_parameter_that_is_not_there(builds: Builds) -> None:
    spec = "version: 0.2\nenv:\n  parameter-store:\n    A: /not/there\nphases:\n  build:\n    commands: [echo x]\n"
    build = builds.run(builds.project(spec))
    (context,) = phase(build, "DOWNLOAD_SOURCE")["contexts"]
    assert context["statusCode"] == "Decrypted Variables Error"
    assert "ParameterNotFound" in context["message"]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("version: 0.1\nphases:\n  build:\n    commands: [x]\n", "unknown buildspec version 0.1: expected 0.2"),
        ("version: 0.2\nphases:\n  biuld:\n    commands: [x]\n", "phases: unknown keys biuld"),
        ("version: 0.2\nphases:\n  build:\n    commands:\n      - a: b\n", "to be of string type"),
        ("version: 0.2\nphases: [\n", "while parsing"),
        (
            "version: 0.2\nphases:\n  build:\n    run-as: root\n    commands: [x]\n",
            "does not offer phases.build.run-as",
        ),
        ("version: 0.2\nreports: {}\nphases:\n  build:\n    commands: [x]\n", "does not offer reports in a buildspec"),
    ],
)
def test_buildspecs_that_cannot_be_carried_out(builds: Builds, spec: str, message: str) -> None:
    build = builds.run(builds.project(spec))
    assert build["buildStatus"] == "FAILED"
    (context,) = phase(build, "DOWNLOAD_SOURCE")["contexts"]
    assert message in context["message"]


def test_sources_that_are_not_there(builds: Builds) -> None:
    project = builds.from_source({"word": "x"})
    missing = phase(builds.run(project), "DOWNLOAD_SOURCE")
    assert missing["contexts"] == [
        {
            "statusCode": "YAML_FILE_ERROR",
            "message": "stat buildspec.yml: no such file or directory in the source",
        }
    ]
    absent = builds.run(project, sourceLocationOverride=f"{builds.bucket}/none.zip")
    assert (
        "NoSuchKey: The specified key does not exist. for primary source"
        in (phase(absent, "DOWNLOAD_SOURCE")["contexts"][0]["message"])
    )


def test_artifacts_go_to_s3(builds: Builds) -> None:
    spec = """
version: 0.2
phases:
  build:
    commands: [mkdir -p out/deep, echo a > out/a.txt, echo b > out/deep/b.txt, echo c > out/c.log]
artifacts:
  base-directory: out
  files: ['**/*']
  exclude-paths: ['*.log']
"""
    artifacts = {
        "type": "S3",
        "location": builds.bucket,
        "path": "results",
        "name": "site",
        "namespaceType": "BUILD_ID",
    }
    build = builds.run(builds.project(spec, artifacts=artifacts))
    assert build["buildStatus"] == "SUCCEEDED", builds.log(build)
    prefix = f"results/{build['id'].partition(':')[2]}/site"
    assert build["artifacts"]["location"] == f"arn:aws:s3:::{builds.bucket}/{prefix}"
    listed = builds.service("s3").list_objects_v2(Bucket=builds.bucket, Prefix=prefix)["Contents"]
    assert [entry["Key"] for entry in listed] == [f"{prefix}/a.txt", f"{prefix}/deep/b.txt"]


def test_the_name_of_artifacts_is_read_by_the_shell(builds: Builds) -> None:
    spec = """
version: 0.2
phases:
  build:
    commands: [echo a > a.txt, VERSION=7]
artifacts:
  files: [a.txt]
  name: site-$VERSION-$(cat a.txt)
"""
    artifacts = {"type": "S3", "location": builds.bucket, "overrideArtifactName": True, "path": "named"}
    build = builds.run(builds.project(spec, artifacts=artifacts))
    assert build["artifacts"]["location"] == f"arn:aws:s3:::{builds.bucket}/named/site-7-a"


def test_an_archive_of_artifacts_and_none_that_match(builds: Builds) -> None:
    spec = "version: 0.2\nphases:\n  build:\n    commands: [echo a > a.txt]\nartifacts:\n  files: ['*.txt']\n"
    artifacts = {"type": "S3", "location": builds.bucket, "name": "all.zip", "packaging": "ZIP"}
    project = builds.project(spec, artifacts=artifacts)
    build = builds.run(project)
    assert build["artifacts"]["location"].endswith("/all.zip")
    assert len(build["artifacts"]["sha256sum"]) == 64
    none = builds.run(project, buildspecOverride=spec.replace("*.txt", "*.none"))
    assert none["buildStatus"] == "FAILED"
    assert phase(none, "UPLOAD_ARTIFACTS")["contexts"][0]["message"] == "no matching artifact paths found"


def test_a_build_is_stopped_with_all_that_it_started(builds: Builds) -> None:
    spec = "version: 0.2\nphases:\n  build:\n    commands: ['sleep 300 & echo waiting; wait']\n"
    build_id = builds.start(builds.project(spec))
    builds.wait_for_output(build_id, "waiting")
    builds.client.stop_build(id=build_id)
    build = builds.wait(build_id)
    assert build["buildStatus"] == "STOPPED"
    assert phases(build) == {
        "SUBMITTED": "SUCCEEDED",
        "QUEUED": "SUCCEEDED",
        "PROVISIONING": "SUCCEEDED",
        "DOWNLOAD_SOURCE": "SUCCEEDED",
        "INSTALL": "SUCCEEDED",
        "PRE_BUILD": "SUCCEEDED",
        "BUILD": "STOPPED",
        "COMPLETED": None,
    }
    assert builds.client.stop_build(id=build_id)["build"]["buildStatus"] == "STOPPED"


def test_two_builds_run_at_once(builds: Builds) -> None:
    spec = """
version: 0.2
phases:
  build:
    commands:
      - aws s3 cp - s3://$BUCKET/$MINE < /dev/null || exit 1
      - until aws s3 ls s3://$BUCKET/$OTHER; do sleep 0.1; done
"""
    project = builds.project(spec)

    def variables(mine: str, other: str) -> list[dict[str, str]]:
        values = {"BUCKET": builds.bucket, "MINE": mine, "OTHER": other}
        return [{"name": name, "value": value} for name, value in values.items()]

    started = [
        builds.start(project, environmentVariablesOverride=variables("meet/a", "meet/b")),
        builds.start(project, environmentVariablesOverride=variables("meet/b", "meet/a")),
    ]
    finished = [builds.wait(build_id) for build_id in started]
    assert [build["buildStatus"] for build in finished] == ["SUCCEEDED", "SUCCEEDED"]
    assert [build["buildNumber"] for build in finished] == [1, 2]


def test_a_role_without_rights_to_its_log(builds: Builds) -> None:
    iam = builds.service("iam")
    name = f"no-logs-{time.time_ns()}"
    trust = iam.get_role(RoleName=builds.role.rpartition("/")[2])["Role"]["AssumeRolePolicyDocument"]
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    spec = "version: 0.2\nphases:\n  build:\n    commands: [echo x]\n"
    build = builds.run(builds.project(spec, serviceRole=role))
    (context,) = phase(build, "PROVISIONING")["contexts"]
    assert build["buildStatus"] == "FAILED"
    assert context["statusCode"] == "ACCESS_DENIED"
    assert "not authorized to perform: logs:CreateLogStream" in context["message"]


def test_python_of_a_build_is_its_own(builds: Builds) -> None:
    spec = (
        "version: 0.2\nphases:\n  build:\n    commands:\n"
        '      - python -c \'import sys; print(sys.prefix == __import__("os").environ["HOME"] + "/python")\'\n'
        "      - pip --version | cut -d' ' -f1\n"
    )
    assert builds.output(builds.run(builds.project(spec))) == ["True", "pip"]
