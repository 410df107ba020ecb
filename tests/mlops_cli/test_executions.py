"""What the command line reads from an execution's history."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mlops_cli.commands.running import new_name, parse_inputs
from mlops_cli.errors import BAD_INPUT, CliError
from mlops_cli.executions import Failure, Progress, failure

ARN = "arn:aws:states:us-east-1:123456789012:execution:machine:run-1"
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


class History:
    """Builds events as GetExecutionHistory gives them, one second apart."""

    def __init__(self) -> None:
        self.progress = Progress(arn=ARN)
        self._id = 0

    def add(self, kind: str, *, after: int | None = None, **details: Any) -> int:
        self._id += 1
        event: dict[str, Any] = {
            "id": self._id,
            "previousEventId": self._id - 1 if after is None else after,
            "timestamp": BEGIN + timedelta(seconds=self._id),
            "type": kind,
        }
        if details:
            event["detailsOf" + "EventDetails"] = details
        self.progress.add(event)
        return self._id

    def step(self, name: str) -> tuple[str, float, int]:
        step = self.progress.steps[name]
        return step.status, step.seconds(BEGIN), step.attempts


def test_a_task_that_succeeds_at_once() -> None:
    history = History()
    history.add("ExecutionStarted", input="{}")
    history.add("TaskStateEntered", name="Train Step")
    history.add("TaskScheduled", resource="createTrainingJob.sync")
    history.add("TaskStarted")
    history.add("TaskSucceeded", output="{}")
    history.add("TaskStateExited", name="Train Step")
    assert history.step("Train Step") == ("SUCCEEDED", 4.0, 1)


def test_a_retried_task_counts_its_attempts() -> None:
    history = History()
    history.add("TaskStateEntered", name="Build")
    for _ in range(2):
        history.add("TaskScheduled", resource="invoke")
        history.add("TaskFailed", error="ContainerBuildFailed", cause="broken")
    history.add("TaskScheduled", resource="invoke")
    history.add("TaskSucceeded", output="{}")
    history.add("TaskStateExited", name="Build")
    assert history.step("Build") == ("SUCCEEDED", 7.0, 3)


def test_a_caught_failure_is_told_from_a_success() -> None:
    history = History()
    history.add("TaskStateEntered", name="Build")
    history.add("TaskScheduled", resource="invoke")
    history.add("TaskFailed", error="ContainerBuildFailed", cause="broken")
    history.add("TaskStateExited", name="Build")
    history.add("FailStateEntered", name="LambdaTaskFailed")
    history.add("ExecutionFailed", error="LambdaTaskFailed", cause="see Build")
    assert history.step("Build")[0] == "CAUGHT"
    assert history.step("LambdaTaskFailed")[0] == "FAILED"
    assert failure(history.progress).step == "Build"
    assert failure(history.progress).cause == "broken"


def test_helper_states_count_to_the_step_that_they_serve() -> None:
    history = History()
    history.add("TaskStateEntered", name="Create Endpoint")
    history.add("TaskStateExited", name="Create Endpoint")
    history.add("TaskStateEntered", name="Create Endpoint: describe")
    history.add("TaskStateExited", name="Create Endpoint: describe")
    assert list(history.progress.steps) == ["Create Endpoint"]
    assert history.step("Create Endpoint")[:2] == ("SUCCEEDED", 3.0)


def test_what_helper_states_ask_is_no_attempt() -> None:
    history = History()
    history.add("TaskStateEntered", name="Create Endpoint")
    history.add("TaskScheduled", resource="createEndpoint")
    history.add("TaskSucceeded", output="{}")
    history.add("TaskStateExited", name="Create Endpoint")
    for _ in range(3):
        history.add("TaskStateEntered", name="Create Endpoint: describe")
        history.add("TaskScheduled", resource="describeEndpoint")
        history.add("TaskSucceeded", output="{}")
        history.add("TaskStateExited", name="Create Endpoint: describe")
    assert history.step("Create Endpoint")[2] == 1


def test_a_stopped_execution_fails_the_step_that_ran() -> None:
    history = History()
    history.add("TaskStateEntered", name="Train Step")
    history.add("ExecutionAborted", error="Stopped", cause="by hand")
    assert history.step("Train Step")[0] == "FAILED"
    assert failure(history.progress) == Failure(step="Train Step", error="Stopped", cause="by hand")


def test_a_training_job_s_cause_names_its_reason_and_its_log() -> None:
    history = History()
    history.add("TaskStateEntered", name="Train Step")
    history.add("TaskScheduled", resource="createTrainingJob.sync")
    cause = '{"TrainingJobName": "job-1", "TrainingJobStatus": "Failed", "FailureReason": "AlgorithmError: no rows"}'
    history.add("TaskFailed", error="States.TaskFailed", cause=cause)
    history.add("ExecutionFailed", error="States.TaskFailed", cause=cause)
    found = failure(history.progress)
    assert (found.step, found.cause) == ("Train Step", "AlgorithmError: no rows")
    assert (found.job, found.build) == ("job-1", None)


def test_a_build_s_cause_leads_to_its_log() -> None:
    history = History()
    history.add("TaskStateEntered", name="Build")
    history.add("TaskScheduled", resource="invoke")
    build = "builder:01234567-89ab-cdef-0123-456789abcdef"
    history.add("TaskFailed", error="ContainerBuildFailed", cause=f"build {build} failed in BUILD")
    history.add("ExecutionFailed", error="ContainerBuildFailed")
    found = failure(history.progress)
    assert (found.job, found.build) == (None, build)


def test_an_execution_that_fails_before_any_state() -> None:
    history = History()
    history.add("ExecutionFailed", error="States.Runtime", cause="no such path")
    assert failure(history.progress) == Failure(step=None, error="States.Runtime", cause="no such path")


def test_inputs_are_key_and_value() -> None:
    assert parse_inputs(["JobName=a", "Note=x=y"]) == {"JobName": "a", "Note": "x=y"}
    with pytest.raises(CliError, match="--input JobName: expected KEY=VALUE") as caught:
        parse_inputs(["JobName"])
    assert caught.value.exit_code == BAD_INPUT


def test_new_names_are_unique_and_fit_a_training_job() -> None:
    names = {new_name("a-very-long-workflow-name-that-goes-on-and-on-and-on-for-ever") for _ in range(20)}
    assert len(names) == 20
    assert all(len(name) <= 63 and not name.endswith("-") for name in names)


def test_a_job_past_its_limit_is_told_with_the_limit() -> None:
    history = History()
    history.add("TaskStateEntered", name="Train Step")
    history.add("TaskScheduled", resource="createTrainingJob.sync")
    cause = (
        '{"TrainingJobName": "job-1", "TrainingJobStatus": "Stopped", "SecondaryStatus": "MaxRuntimeExceeded", '
        '"StoppingCondition": {"MaxRuntimeInSeconds": 60}}'
    )
    history.add("TaskFailed", error="States.TaskFailed", cause=cause)
    assert failure(history.progress).cause == "the training job was stopped: MaxRuntimeExceeded, its limit is 60 s"


def test_a_stopped_job_is_told_by_its_status() -> None:
    history = History()
    history.add("TaskStateEntered", name="Train Step")
    history.add("TaskScheduled", resource="createTrainingJob.sync")
    cause = '{"TrainingJobName": "job-1", "TrainingJobStatus": "Stopped", "SecondaryStatus": "Stopped"}'
    history.add("TaskFailed", error="States.TaskFailed", cause=cause)
    assert failure(history.progress).cause == "the training job is Stopped"


def test_an_endpoint_that_failed_leads_to_its_log() -> None:
    history = History()
    history.add("TaskStateEntered", name="Create Endpoint")
    history.add("TaskScheduled", resource="createEndpoint", parameters='{"EndpointName": "shop"}')
    history.add("TaskSucceeded", output="{}")
    history.add("TaskStateExited", name="Create Endpoint")
    history.add("FailStateEntered", name="Create Endpoint: failed")
    history.add("ExecutionFailed", error="EndpointFailed", cause="endpoint is Failed: no ping")
    found = failure(history.progress)
    assert (found.step, found.cause, found.log) == ("Create Endpoint", "endpoint is Failed: no ping", "shop")


def test_an_endpoint_request_that_was_refused_has_no_log() -> None:
    history = History()
    history.add("TaskStateEntered", name="Create Endpoint")
    history.add("TaskScheduled", resource="createEndpoint", parameters='{"EndpointName": "shop"}')
    history.add(
        "TaskFailed", error="SageMaker.AmazonSageMakerException", cause="Cannot create already existing endpoint"
    )
    history.add("ExecutionFailed", error="SageMaker.AmazonSageMakerException", cause="Cannot create")
    assert failure(history.progress).log is None
