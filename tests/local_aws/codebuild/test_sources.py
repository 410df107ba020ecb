"""Sources, buildspecs and variables from elsewhere, and their failures."""

import json
import uuid

import pytest

from tests.local_aws.codebuild.conftest import TRUST, Builds, phase

CAT = "version: 0.2\nphases:\n  build:\n    commands: [cat word, cat $CODEBUILD_SRC_DIR_more/word]\n"


def test_secondary_sources_and_versions(builds: Builds) -> None:
    s3 = builds.service("s3")
    s3.put_bucket_versioning(Bucket=builds.bucket, VersioningConfiguration={"Status": "Enabled"})
    location = builds.upload({"word": "first\n"})
    key = location.partition("/")[2]
    version = s3.head_object(Bucket=builds.bucket, Key=key)["VersionId"]
    other = builds.upload({"word": "other\n"})
    s3.copy_object(Bucket=builds.bucket, Key=key, CopySource={"Bucket": builds.bucket, "Key": other.partition("/")[2]})
    project = builds.project(
        source={"type": "S3", "location": location, "buildspec": CAT},
        secondarySources=[{"type": "S3", "location": other, "sourceIdentifier": "more"}],
    )
    build = builds.run(project, sourceVersion=version)
    assert builds.output(build) == ["first", "other"], builds.log(build)
    assert build["resolvedSourceVersion"] == version
    assert builds.output(builds.run(project)) == ["other", "other"]
    wrong = builds.run(project, sourceVersion="no-such-version")
    assert "source version no-such-version" in phase(wrong, "DOWNLOAD_SOURCE")["contexts"][0]["message"]


def test_a_folder_of_s3_as_source_and_a_buildspec_of_s3(builds: Builds) -> None:
    s3 = builds.service("s3")
    prefix = f"folder/{uuid.uuid4().hex}"
    s3.put_object(Bucket=builds.bucket, Key=f"{prefix}/deep/word", Body=b"deep\n")
    spec = "version: 0.2\nphases:\n  build:\n    commands: [cat deep/word]\n"
    s3.put_object(Bucket=builds.bucket, Key=f"{prefix}.yml", Body=spec.encode())
    buildspec = f"arn:aws:s3:::{builds.bucket}/{prefix}.yml"
    source = {"type": "S3", "location": f"{builds.bucket}/{prefix}/", "buildspec": buildspec}
    project = builds.project(source=source)
    build = builds.run(project)
    assert builds.output(build) == ["deep"], builds.log(build)
    absent = builds.run(project, buildspecOverride=buildspec + "-absent")
    assert "The specified key does not exist" in phase(absent, "DOWNLOAD_SOURCE")["contexts"][0]["message"]


def test_a_source_that_is_no_archive(builds: Builds) -> None:
    builds.service("s3").put_object(Bucket=builds.bucket, Key="text.zip", Body=b"text")
    build = builds.run(builds.project(source={"type": "S3", "location": f"{builds.bucket}/text.zip", "buildspec": CAT}))
    (context,) = phase(build, "DOWNLOAD_SOURCE")["contexts"]
    assert context["statusCode"] == "CLIENT_ERROR"
    assert f"primary source s3://{builds.bucket}/text.zip is not a zip archive" in context["message"]


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("builds/absent", "ResourceNotFoundException"),
        ("builds/plain:key", "secret builds/plain has no JSON key 'key'"),
    ],
)
def test_secrets_that_cannot_be_read(builds: Builds, reference: str, message: str) -> None:
    secrets = builds.service("secretsmanager")
    if reference.startswith("builds/plain"):
        secrets.create_secret(Name="builds/plain", SecretString="text")
    spec = f"version: 0.2\nenv:\n  secrets-manager: {{A: '{reference}'}}\nphases:\n  build:\n    commands: [x]\n"
    build = builds.run(builds.project(spec))
    assert message in phase(build, "DOWNLOAD_SOURCE")["contexts"][0]["message"]


def test_secrets_by_arn_and_version(builds: Builds) -> None:
    secrets = builds.service("secretsmanager")
    made = secrets.create_secret(Name="builds/versions", SecretString=json.dumps({"k": "old-value"}))
    secrets.put_secret_value(SecretId="builds/versions", SecretString="new-value")
    spec = f"""
version: 0.2
env:
  secrets-manager:
    NEW: {made["ARN"]}
    OLD: {made["ARN"]}:k:AWSPREVIOUS
phases:
  build:
    commands:
      - test "$NEW" = new-val""ue && test "$OLD" = old-val""ue && echo both
"""
    build = builds.run(builds.project(spec))
    assert builds.output(build) == ["both"], builds.log(build)


def test_a_role_that_is_gone(builds: Builds) -> None:
    iam = builds.service("iam")
    name = f"gone-{uuid.uuid4().hex[:8]}"
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    project = builds.project(CAT, serviceRole=role)
    iam.delete_role(RoleName=name)
    build = builds.run(project)
    (context,) = phase(build, "PROVISIONING")["contexts"]
    assert context["message"].startswith(f"CodeBuild is not authorized to perform: sts:AssumeRole on {role}")
    assert [each["phaseType"] for each in build["phases"]][-3:] == ["PROVISIONING", "FINALIZING", "COMPLETED"]


def test_artifacts_that_cannot_be_sent(builds: Builds) -> None:
    spec = (
        "version: 0.2\nphases:\n  build:\n    commands: [mkdir -p a/b && echo x > a/b/file]\n"
        "artifacts:\n  files: [file]\n  base-directory: a/*\n  name: renamed\n"
    )
    artifacts = {
        "type": "S3",
        "location": builds.bucket,
        "overrideArtifactName": True,
        "encryptionDisabled": True,
        "path": uuid.uuid4().hex,
    }
    project = builds.project(spec, artifacts=artifacts)
    build = builds.run(project)
    assert build["artifacts"]["location"] == f"arn:aws:s3:::{builds.bucket}/{artifacts['path']}/renamed"
    no_base = builds.run(project, buildspecOverride=spec.replace("a/*", "none"))
    assert phase(no_base, "UPLOAD_ARTIFACTS")["contexts"][0]["message"] == (
        "no matching base directory path found for none"
    )
    no_bucket = builds.run(project, artifactsOverride={**artifacts, "location": "no-such-bucket-anywhere"})
    assert phase(no_bucket, "UPLOAD_ARTIFACTS")["contexts"][0]["message"].startswith("Error in UPLOAD_ARTIFACTS phase")
    assert no_bucket["buildStatus"] == "FAILED"


def test_secondary_artifacts(builds: Builds) -> None:
    spec = (
        "version: 0.2\nphases:\n  build:\n    commands: [echo x > one, echo y > two]\n"
        "artifacts:\n  files: [one]\n  secondary-artifacts:\n    more: {files: [two]}\n"
    )
    artifacts = {"type": "S3", "location": builds.bucket, "name": uuid.uuid4().hex}
    build = builds.run(
        builds.project(
            spec,
            artifacts=artifacts,
            secondaryArtifacts=[{**artifacts, "name": "second", "artifactIdentifier": "more"}],
        )
    )
    assert [each["location"] for each in build["secondaryArtifacts"]] == [f"arn:aws:s3:::{builds.bucket}/second"]
    assert builds.service("s3").get_object(Bucket=builds.bucket, Key="second/two")["Body"].read() == b"y\n"
