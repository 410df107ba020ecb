"""Builds that build, push and run images."""

import threading
from pathlib import Path
from typing import Any

import pytest

from local_aws.containers.engine import RunSpec, choose_engine
from tests.local_aws.codebuild.conftest import Builds, phase

SPEC = """
version: 0.2
phases:
  pre_build:
    commands:
      - aws ecr get-login-password | docker login --username AWS --password-stdin "${REPOSITORY%%/*}"
  build:
    commands:
      - docker build --tag "$REPOSITORY:$TAG" .
  post_build:
    commands:
      - test "$CODEBUILD_BUILD_SUCCEEDING" = 1
      - docker push "$REPOSITORY:$TAG"
"""
DOCKERFILE = """
FROM public.ecr.aws/docker/library/python:3.12-slim-bookworm
COPY requirements.txt /opt/program/
RUN pip install --no-cache-dir -r /opt/program/requirements.txt
COPY . /opt/program
ENV PATH=/opt/program:$PATH
WORKDIR /opt/program
"""
TRAIN = "#!/usr/bin/env python\nimport six\nprint('six', six.__version__, open('/opt/ml/word').read())\n"
SOURCE = {"buildspec.yml": SPEC, "Dockerfile": DOCKERFILE, "requirements.txt": "six==1.17.0\n", "train": TRAIN}


@pytest.fixture
def repository(builds: Builds, request: pytest.FixtureRequest) -> str:
    name = "images/" + request.node.name.replace("_", "-")
    answer = builds.service("ecr").create_repository(repositoryName=name, imageTagMutability="IMMUTABLE")
    uri: str = answer["repository"]["repositoryUri"]
    return uri


def project(builds: Builds, repository: str, source: dict[str, str], *, privileged: bool = True) -> str:
    environment = {
        "type": "LINUX_CONTAINER",
        "image": "aws/codebuild/standard:7.0",
        "computeType": "BUILD_GENERAL1_SMALL",
        "privilegedMode": privileged,
        "environmentVariables": [{"name": "REPOSITORY", "value": repository}, {"name": "TAG", "value": "one"}],
    }
    return builds.from_source(source, environment=environment)


def details(builds: Builds, repository: str) -> list[dict[str, Any]]:
    name = repository.split("/", 1)[1]
    found: list[dict[str, Any]] = builds.service("ecr").describe_images(repositoryName=name)["imageDetails"]
    return found


def test_an_image_is_built_pushed_and_run(builds: Builds, repository: str, tmp_path: Path) -> None:
    build = builds.run(project(builds, repository, SOURCE))
    log = builds.output(build)
    assert build["buildStatus"] == "SUCCEEDED", log
    (image,) = details(builds, repository)
    assert image["imageTags"] == ["one"]
    assert any(f"one: digest: {image['imageDigest']}" in line for line in log)
    (tmp_path / "word").write_text("hello")
    lines: list[str] = []
    container = choose_engine(builds.aws.platform).run(
        RunSpec(
            image=f"{repository}@{image['imageDigest']}",
            arguments=("train",),
            opt_ml=tmp_path,
            on_line=lines.append,
        )
    )
    assert container.wait(60) == 0, lines
    assert lines == ["six 1.17.0 hello"]


def test_another_build_of_the_tag_fails_as_on_aws(builds: Builds, repository: str) -> None:
    scratch = {**SOURCE, "Dockerfile": "FROM scratch\nCOPY train /\n"}
    assert builds.run(project(builds, repository, scratch))["buildStatus"] == "SUCCEEDED"
    again = builds.run(project(builds, repository, scratch))
    assert again["buildStatus"] == "SUCCEEDED"  # the same image under the same tag
    changed = builds.run(project(builds, repository, {**scratch, "train": "other"}))
    assert changed["buildStatus"] == "FAILED"
    (context,) = phase(changed, "POST_BUILD")["contexts"]
    assert context["message"].startswith("Error while executing command: docker push")
    assert any("cannot be overwritten because the tag is immutable" in line for line in builds.output(changed))
    assert len(details(builds, repository)) == 1


def test_two_builds_of_one_hash_at_once(builds: Builds, repository: str) -> None:
    wanted = project(builds, repository, SOURCE)
    started = [builds.start(wanted), builds.start(wanted)]
    assert [builds.wait(build_id)["buildStatus"] for build_id in started] == ["SUCCEEDED", "SUCCEEDED"]
    assert len(details(builds, repository)) == 1


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"Dockerfile": None}, "failed to read dockerfile: open Dockerfile: no such file or directory"),
        ({"requirements.txt": None}, "COPY failed: 'requirements.txt' is not in the build context"),
        ({"requirements.txt": "six==0.0.0.1\n"}, "No matching distribution found for six==0.0.0.1"),
    ],
)
def test_builds_that_fail(builds: Builds, change: dict[str, str | None], line: str) -> None:
    source = {name: text for name, text in {**SOURCE, **change}.items() if text is not None}
    build = builds.run(project(builds, "123456789012.dkr.ecr.us-east-1.amazonaws.com/none", source))
    assert build["buildStatus"] == "FAILED"
    (context,) = phase(build, "BUILD")["contexts"]
    assert context == {
        "statusCode": "COMMAND_EXECUTION_ERROR",
        "message": 'Error while executing command: docker build --tag "$REPOSITORY:$TAG" .. Reason: exit status 1',
    }
    assert any(line in printed for printed in builds.output(build)), builds.output(build)
    assert phase(build, "POST_BUILD")["phaseStatus"] == "FAILED"


def test_without_privileged_mode_there_is_no_docker(builds: Builds, repository: str) -> None:
    build = builds.run(project(builds, repository, SOURCE, privileged=False))
    assert build["buildStatus"] == "FAILED"
    assert any("Cannot connect to the Docker daemon" in line for line in builds.output(build))


def test_a_stopped_build_leaves_no_container(builds: Builds) -> None:
    spec = "version: 0.2\nphases:\n  build:\n    commands:\n      - docker build -t x .\n      - docker run x\n"
    marker = f"marker-{threading.get_ident()}"
    dockerfile = f'FROM scratch\nCMD ["sh", "-c", "echo {marker}; exec sleep 300"]\n'
    build_id = builds.start(project(builds, "none", {"buildspec.yml": spec, "Dockerfile": dockerfile}))
    builds.wait_for_output(build_id, marker)
    builds.client.stop_build(id=build_id)
    assert builds.wait(build_id)["buildStatus"] == "STOPPED"
    images = builds.aws.platform.state_dir / "images" / "scratch"
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert str(images).encode() not in path.read_bytes() or marker.encode() not in path.read_bytes()
        except OSError:
            continue
