"""What CodeBuild tells EventBridge."""

from typing import Any

from tests.local_aws.codebuild.conftest import Builds


def test_a_build_is_announced_and_its_end_told(builds: Builds) -> None:
    heard: list[dict[str, Any]] = []
    builds.aws.platform.on_event(lambda _account, _region, event: heard.append(event))
    spec = "version: 0.2\nphases:\n  build:\n    commands: ['false']\n"
    variables = [{"name": "IMAGE_TAG", "value": "abc", "type": "PLAINTEXT"}]
    build = builds.run(builds.project(spec), environmentVariablesOverride=variables)
    mine = [event for event in heard if event["resources"] == [build["arn"]]]
    states = [event["detail"] for event in mine if event["detail-type"] == "CodeBuild Build State Change"]
    assert [detail["build-status"] for detail in states] == ["IN_PROGRESS", "FAILED"]
    assert {event["source"] for event in mine} == {"aws.codebuild"}
    last = states[-1]
    assert (last["project-name"], last["build-id"]) == (build["projectName"], build["arn"])
    assert last["current-phase"] == "COMPLETED"
    information = last["additional-information"]
    assert information["environment"]["environment-variables"] == [
        {"name": "IMAGE_TAG", "type": "PLAINTEXT", "value": "abc"}
    ]
    assert information["build-complete"] is True
    assert information["logs"]["group-name"] == build["logs"]["groupName"]
    (failed,) = [each for each in information["phases"] if each["phase-type"] == "BUILD"]
    assert failed["phase-status"] == "FAILED"
    assert failed["phase-context"] == [
        "COMMAND_EXECUTION_ERROR: Error while executing command: false. Reason: exit status 1"
    ]
    phases = [event["detail"] for event in mine if event["detail-type"] == "CodeBuild Build Phase Change"]
    assert [detail["completed-phase"] for detail in phases][:3] == ["SUBMITTED", "QUEUED", "PROVISIONING"]
    (ended,) = [detail for detail in phases if detail["completed-phase"] == "BUILD"]
    assert ended["completed-phase-status"] == "FAILED"
    assert "exit status 1" in ended["completed-phase-context"]
