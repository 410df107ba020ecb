"""Workflows whose container cannot be built: the step fails with the build's own reason."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.account import Account, Definition, Run, build_overrides, end_after, without_retry
from workflows.byoc_housing import definition as housing
from workflows.byoc_housing.definition import BUILD

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

DOCKERFILE = Path(housing.__file__).parent / "container" / "Dockerfile"


def dockerfile_with(line: str) -> dict[str, str]:
    """The project's Dockerfile with one line more."""
    return {"Dockerfile": f"{DOCKERFILE.read_text(encoding='utf-8')}\n{line}\n"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("RUN false", "false"),
        ("RUN pip install not-there-at-all==0.0.0.dev9999", "not-there-at-all==0.0.0.dev9999"),
    ],
    ids=["a command", "a requirement"],
)
def test_a_build_that_fails(account: Account, line: str, reason: str) -> None:
    run = account.fail(without_retry, build_overrides(files=dockerfile_with(line)))
    errors = run.ended.errors
    assert f"step '{BUILD}' failed: ContainerBuildFailed" in errors, run.ended
    assert "BUILD FAILED" in errors
    assert "exit status 1" in errors
    told, _, log = errors.partition("end of its log")
    assert reason in log, run.ended
    # the program's own words, not what CodeBuild does after them
    assert log.rstrip().splitlines()[-1].endswith(" exit status 1"), run.ended
    assert "POST_BUILD" not in log
    # the workflow's own Fail state carries the task's error
    assert run.execution["error"] == "ContainerBuildFailed"
    assert run.execution["cause"] in told.replace("\n", "")
    newest = account.builds()[0]
    assert newest["id"] in errors
    assert newest["buildStatus"] == "FAILED"


def test_a_failing_build_is_tried_again_as_the_workflow_says(account: Account) -> None:
    def at_once(definition: Definition) -> None:
        definition["States"][BUILD]["Retry"][0].update(IntervalSeconds=1, BackoffRate=1.0)

    before = len(account.builds())
    run = account.fail(at_once, build_overrides(files=dockerfile_with("RUN exit 3")))
    assert "exit status 3" in run.ended.errors or "exit code: 3" in run.ended.errors, run.ended
    # MaxAttempts 2: one try and two more
    assert [build["buildStatus"] for build in account.builds()[: len(account.builds()) - before]] == ["FAILED"] * 3


def test_a_dockerfile_that_is_not_there(account: Account) -> None:
    builds = len(account.builds())
    run = account.fail(without_retry, build_overrides(dockerfile="Dockerfile.gpu"))
    assert f"step '{BUILD}' failed: ContainerBuildFailed" in run.ended.errors, run.ended
    assert "the Dockerfile 'Dockerfile.gpu' is not in the source, which has" in run.ended.errors
    # found out before a build was started
    assert len(account.builds()) == builds


def test_two_builds_of_one_content_at_once(account: Account) -> None:
    builds = len(account.builds())
    files = {"note.txt": uuid.uuid4().hex}
    machine = account.variant(build_overrides(files=files), end_after(BUILD))
    started = [account.start(machine) for _ in range(2)]
    runs = [account.finish(machine, name, running) for name, running in started]
    assert [run.ended.code for run in runs] == [0, 0], [str(run.ended) for run in runs]
    results = [_result(account, run) for run in runs]
    assert len({result["ImageUri"] for result in results}) == 1
    assert {result["BuildId"] for result in results} == {account.builds()[0]["id"]}
    assert len(account.builds()) == builds + 1


def _result(account: Account, run: Run) -> dict[str, Any]:
    """What the build's step was answered."""
    history = account.client("stepfunctions").get_execution_history(executionArn=run.execution["executionArn"])
    answers = [event["taskSucceededEventDetails"] for event in history["events"] if event["type"] == "TaskSucceeded"]
    return dict(json.loads(answers[0]["output"]))
