from typing import Any

import pytest

from constructs_lib.definitions import (
    ALL_ERRORS,
    TASK_FAILED,
    Catch,
    ExecutionInput,
    FailStep,
    Join,
    Retry,
    UniqueName,
)
from tests.constructs_lib.samples import NUMBER_TOKEN, build, endpoint, function, model, problems, training

FAILED = FailStep(name="Failed")


def test_error_names_are_known() -> None:
    step = function(
        "A",
        retry=[Retry(errors=["States.TaskFaild"]), Retry(errors=[])],
        catch=[Catch(errors=["", "Own.Error"], next_step=FAILED)],
    )
    assert problems(step) == [
        (
            "A: retry[0].errors: got 'States.TaskFaild', expected an error of Step Functions; did you mean "
            "'States.TaskFailed'?"
        ),
        "A: retry[1].errors: got no errors, expected at least one name",
        "A: catch[0].errors: got an empty name, expected an error's",
    ]


def test_error_names_are_known_passing() -> None:
    step = function("A", retry=[Retry(errors=["Own.Error", TASK_FAILED])], catch=[Catch(next_step=FAILED)])
    assert problems(step) == []


def test_reactions_are_to_errors_that_can_occur() -> None:
    assert problems(
        training("A", retry=[Retry(errors=["Lambda.TooManyRequestsException", "States.NoChoiceMatched", "Own"])]),
        function("B", catch=[Catch(errors=["SageMaker.ThrottlingException"], next_step=FAILED)]),
        endpoint("C", wait=False, retry=[Retry(errors=["EndpointFailed"])]),
        model("D", retry=[Retry(errors=["States.HeartbeatTimeout"])]),
        default_retry=[Retry(errors=["SQS.SqsException"])],
    ) == [
        "default_retry[0].errors: got SQS.SqsException, errors that no step of this workflow can fail with",
        "A: retry[0].errors: got 'Lambda.TooManyRequestsException', an error that this step cannot fail with",
        "A: retry[0].errors: got 'States.NoChoiceMatched', an error that this step cannot fail with",
        "A: retry[0].errors: got 'Own', an error that this step cannot fail with",
        "B: catch[0].errors: got 'SageMaker.ThrottlingException', an error that this step cannot fail with",
        "C: retry[0].errors: got 'EndpointFailed', an error that this step cannot fail with",
        "D: retry[0].errors: got 'States.HeartbeatTimeout', an error that this step cannot fail with",
    ]


def test_reactions_are_to_errors_that_can_occur_passing() -> None:
    assert (
        problems(
            training("A", retry=[Retry(errors=["SageMaker.ThrottlingException", "States.Timeout"])]),
            function("B", catch=[Catch(errors=["Own", "Lambda.Unknown"], next_step=FAILED)]),
            endpoint("C", retry=[Retry(errors=["EndpointFailed"])]),
            build("D", retry=[Retry(errors=["ContainerBuildFailed", "States.HeartbeatTimeout"])]),
            default_retry=[Retry(errors=["SageMaker.AmazonSageMakerException"])],
        )
        == []
    )


def test_defaults_are_checked_like_the_reactions_of_steps() -> None:
    assert problems(
        function("A"),
        default_retry=[Retry(errors=[ALL_ERRORS]), Retry(interval_seconds=0)],
        default_catch=[Catch(errors=["States.Nothing"], next_step=FAILED)],
    ) == [
        (
            "default_catch[0].errors: got 'States.Nothing', expected an error of Step Functions; did you mean "
            "'States.NoChoiceMatched'?"
        ),
        "default_retry[0].errors: got States.ALL before another retry, expected it in the last one",
        "default_retry[1].interval_seconds: got 0, expected 1 to 99999999",
    ]


def test_all_errors_stand_alone_and_last() -> None:
    step = function(
        "A",
        retry=[Retry(errors=[ALL_ERRORS]), Retry()],
        catch=[Catch(errors=[TASK_FAILED, ALL_ERRORS], next_step=FAILED)],
    )
    assert problems(step) == [
        "A: retry[0].errors: got States.ALL before another retry, expected it in the last one",
        "A: catch[0].errors: got States.ALL with others, expected it alone",
    ]


def test_all_errors_stand_alone_and_last_passing() -> None:
    step = function("A", retry=[Retry(), Retry(errors=[ALL_ERRORS])], catch=[Catch(next_step=FAILED)])
    assert problems(step) == []


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"interval_seconds": 0}, "interval_seconds: got 0, expected 1 to 99999999"),
        ({"max_attempts": -1}, "max_attempts: got -1, expected 0 to 99999999"),
        ({"backoff_rate": 0.5}, "backoff_rate: got 0.5, expected 1 to 99999999"),
        ({"interval_seconds": 5, "max_delay_seconds": 5}, "max_delay_seconds: got 5, expected 6 to 31622399"),
    ],
)
def test_retries_are_in_range(changed: dict[str, Any], message: str) -> None:
    assert problems(function("A", retry=[Retry(**changed)])) == [f"A: retry[0].{message}"]


def test_retries_are_in_range_passing() -> None:
    retry = Retry(interval_seconds=5, max_attempts=0, backoff_rate=1, max_delay_seconds=6, full_jitter=True)
    tokens = Retry(interval_seconds=NUMBER_TOKEN, backoff_rate=NUMBER_TOKEN)  # type: ignore[arg-type]
    assert problems(function("A", retry=[retry, tokens])) == []


def test_timeouts_are_in_range() -> None:
    found = problems(function("A", timeout_seconds=0), endpoint("B", poll_seconds=0), timeout_seconds=100_000_000)
    assert found == [
        "timeout_seconds: got 100000000, expected 1 to 99999999",
        "A: timeout_seconds: got 0, expected 1 to 99999999",
        "B: poll_seconds: got 0, expected 1 to 99999999",
    ]


def test_timeouts_are_in_range_passing() -> None:
    steps = [function("A", timeout_seconds=1), endpoint("B", poll_seconds=1), endpoint("C", wait=False, poll_seconds=0)]
    assert problems(*steps, timeout_seconds=99_999_999) == []


@pytest.mark.parametrize("errors", [[TASK_FAILED], [ALL_ERRORS], ["States.Timeout", "SageMaker.Own"]])
def test_failed_jobs_are_retried_under_a_new_name(errors: list[str]) -> None:
    step = training("Train", job_name=ExecutionInput("JobName"), retry=[Retry(errors=errors)])
    assert problems(step) == [
        (
            "Train: retry[0]: got a retry of failed jobs under one name, ExecutionInput('JobName'), expected job_name "
            "to be left out, or UniqueName(..., per_attempt=True): SageMaker does not give a name twice"
        )
    ]


def test_failed_jobs_are_retried_under_a_new_name_passing() -> None:
    name = ExecutionInput("JobName")
    assert (
        problems(
            training("A", retry=[Retry()]),
            training("B", job_name=Join("-", ["b", UniqueName("x", per_attempt=True)]), retry=[Retry()]),
            training("C", job_name=name, retry=[Retry(errors=["SageMaker.ThrottlingException"])]),
            training("D", job_name=name, retry=[Retry(max_attempts=0)]),
            training("E", job_name=name, wait=False, retry=[Retry()]),
            function("F", retry=[Retry()]),
        )
        == []
    )
