"""Why an execution failed."""

import json

import pytest

from mlops_cli.failures import Failure, failure
from tests.mlops_cli.events import History


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


@pytest.mark.parametrize(
    ("document", "cause"),
    [
        (
            {"ProcessingJobName": "j", "FailureReason": "AlgorithmError: exit 1", "ExitMessage": "no rows"},
            "AlgorithmError: exit 1: no rows",
        ),
        ({"TransformJobName": "j", "TransformJobStatus": "Stopped"}, "the transform job is Stopped"),
        (
            {"HyperParameterTuningJobName": "j", "HyperParameterTuningJobStatus": "Failed", "FailureReason": "all bad"},
            "all bad",
        ),
    ],
)
def test_every_kind_of_job_leads_to_its_reason_and_its_log(document: dict[str, str], cause: str) -> None:
    history = History()
    history.add("TaskStateEntered", name="Job")
    history.add("TaskScheduled", resource="createJob.sync")
    history.add("TaskFailed", error="States.TaskFailed", cause=json.dumps(document))
    history.add("ExecutionFailed", error="States.TaskFailed")
    found = failure(history.progress)
    assert (found.step, found.cause, found.log) == ("Job", cause, "j")


def test_a_failure_that_was_overcome_is_not_the_reason_of_another() -> None:
    history = History()
    history.add("TaskStateEntered", name="Optional")
    history.add("TaskScheduled", resource="invoke")
    history.add("TaskFailed", error="Optional.Broken", cause="never mind")
    history.add("TaskStateExited", name="Optional")
    history.add("PassStateEntered", name="Forget it")
    history.add("PassStateExited", name="Forget it")
    history.add("TaskStateEntered", name="Needed")
    history.add("TaskScheduled", resource="invoke")
    history.add("TaskFailed", error="Needed.Broken", cause="this one")
    history.add("ExecutionFailed", error="Needed.Broken", cause="this one")
    found = failure(history.progress)
    assert (found.step, found.error) == ("Needed", "Needed.Broken")
