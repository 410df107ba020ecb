"""Timeouts and the queue, with minutes that last a part of a second."""

import time
from typing import Any

import pytest

from local_aws.codebuild.builds import BuildOperations
from local_aws.codebuild.projects import ProjectOperations
from local_aws.codebuild.state import CodeBuildState
from local_aws.gateway.context import Principal, RegionalState, RequestContext
from tests.local_aws.codebuild.conftest import ACCOUNT, REGION, Builds, phase

CONTEXT = RequestContext(
    account=ACCOUNT,
    region=REGION,
    principal=Principal(arn=f"arn:aws:iam::{ACCOUNT}:user/tester", account=ACCOUNT),
    request_id="1",
)


class Quick:
    """The operations, called directly; five minutes last a quarter of a second."""

    def __init__(self, builds: Builds, *, capacity: int) -> None:
        states = RegionalState(CodeBuildState)
        self.projects = ProjectOperations(builds.aws.platform, states)
        self.operations = BuildOperations(builds.aws.platform, states, capacity=capacity, minute=0.05)
        self.role = builds.role

    def start(self, command: str, **overrides: Any) -> str:
        name = f"quick-{time.time_ns()}"
        self.projects.create_project(
            CONTEXT,
            {
                "name": name,
                "source": {
                    "type": "NO_SOURCE",
                    "buildspec": f"version: 0.2\nphases:\n  build:\n    commands: ['{command}']\n"
                    "  post_build:\n    commands: [echo post]\n",
                },
                "artifacts": {"type": "NO_ARTIFACTS"},
                "environment": {"type": "LINUX_CONTAINER", "image": "x", "computeType": "BUILD_GENERAL1_SMALL"},
                "serviceRole": self.role,
                "timeoutInMinutes": 2000,
            },
        )
        answer = self.operations.start_build(CONTEXT, {"projectName": name, **overrides})
        return str(answer["build"]["id"])

    def get(self, build_id: str) -> dict[str, Any]:
        (build,) = self.operations.batch_get_builds(CONTEXT, {"ids": [build_id]})["builds"]
        return dict(build)

    def until(self, build_id: str, *phases: str) -> dict[str, Any]:
        deadline = time.monotonic() + 30
        while (build := self.get(build_id))["currentPhase"] not in phases or (
            "COMPLETED" in phases and not build["buildComplete"]
        ):
            assert time.monotonic() < deadline, build
            time.sleep(0.01)
        return build


@pytest.fixture
def quick(builds: Builds) -> Quick:
    return Quick(builds, capacity=1)


def test_a_build_that_takes_too_long(quick: Quick) -> None:
    build = quick.until(quick.start("sleep 300", timeoutInMinutesOverride=20), "COMPLETED")
    assert build["buildStatus"] == "TIMED_OUT"
    ended = phase(build, "BUILD")
    assert ended["phaseStatus"] == "TIMED_OUT"
    assert ended["contexts"] == [{"statusCode": "BUILD_TIMED_OUT", "message": "Build has timed out. "}]
    assert "POST_BUILD" not in {each["phaseType"] for each in build["phases"]}
    assert build["initiator"] == "tester"


def test_a_build_waits_for_its_place(quick: Quick) -> None:
    first = quick.start("sleep 300")
    quick.until(first, "BUILD")
    second = quick.start("true")
    assert quick.until(second, "QUEUED")["buildStatus"] == "IN_PROGRESS"
    quick.operations.stop_build(CONTEXT, {"id": first})
    assert quick.until(second, "COMPLETED")["buildStatus"] == "SUCCEEDED"
    assert quick.get(first)["buildStatus"] == "STOPPED"


def test_a_build_that_waits_too_long_or_is_stopped_in_the_queue(quick: Quick) -> None:
    first = quick.start("sleep 300")
    quick.until(first, "BUILD")
    late = quick.until(quick.start("true", queuedTimeoutInMinutesOverride=5), "COMPLETED")
    assert late["buildStatus"] == "TIMED_OUT"
    assert phase(late, "QUEUED")["phaseStatus"] == "TIMED_OUT"
    stopped = quick.start("true")
    quick.until(stopped, "QUEUED")
    quick.operations.stop_build(CONTEXT, {"id": stopped})
    assert quick.until(stopped, "COMPLETED")["buildStatus"] == "STOPPED"
    quick.operations.stop_build(CONTEXT, {"id": first})
    quick.until(first, "COMPLETED")
