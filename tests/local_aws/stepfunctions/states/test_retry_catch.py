"""Retry and Catch: which errors they take, how often, and how long between."""

from itertools import pairwise
from typing import Any

import pytest

from local_aws.stepfunctions.language.definition import Retrier
from local_aws.stepfunctions.language.errors import StatesError
from tests.local_aws.stepfunctions.stand_ins import HandlerError
from tests.local_aws.stepfunctions.workbench import Workbench


@pytest.mark.parametrize(
    ("names", "error", "answers"),
    [
        (["MyError"], StatesError("MyError"), True),
        (["Other"], StatesError("MyError"), False),
        (["States.ALL"], StatesError("MyError"), True),
        (["States.ALL"], StatesError(None), True),
        (["States.ALL"], StatesError("States.Timeout"), True),
        (["States.TaskFailed"], StatesError("MyError"), True),
        (["States.TaskFailed"], StatesError("States.TaskFailed"), True),
        (["States.TaskFailed"], StatesError("States.Timeout"), False),
        (["States.Timeout"], StatesError("States.Timeout"), True),
        (["States.Timeout"], StatesError("States.Timeout", heartbeat=True), True),
        (["States.HeartbeatTimeout"], StatesError("States.Timeout", heartbeat=True), True),
        (["States.HeartbeatTimeout"], StatesError("States.Timeout"), False),
        (["States.ALL"], StatesError("States.Runtime", terminal=True), False),
        (["States.Runtime"], StatesError("States.Runtime", terminal=True), False),
    ],
)
def test_which_errors_a_name_takes(names: list[str], error: StatesError, answers: bool) -> None:
    assert error.answers_to(tuple(names)) is answers


@pytest.mark.parametrize(
    ("retrier", "delays"),
    [
        (Retrier(errors=("E",)), [1, 2, 4, 8]),
        (Retrier(errors=("E",), interval_seconds=15, backoff_rate=4.0), [15, 60, 240, 960]),
        (Retrier(errors=("E",), interval_seconds=3, backoff_rate=1.0), [3, 3, 3, 3]),
        (Retrier(errors=("E",), interval_seconds=3, max_delay_seconds=5), [3, 5, 5, 5]),
        (Retrier(errors=("E",), backoff_rate=1e300, max_delay_seconds=9), [1, 9, 9, 9]),
    ],
)
def test_delays(retrier: Retrier, delays: list[float]) -> None:
    assert [retrier.delay(attempt) for attempt in (1, 2, 3, 4)] == delays


def failing(bench: Workbench, *names: str | None) -> tuple[str, list[float]]:
    """A function that raises one error a call, then returns; and the times of its calls."""
    left, times = list(names), []

    def handler(_event: Any) -> str:
        times.append(bench.clock.now())
        if left and (name := left.pop(0)) is not None:
            raise HandlerError(name, f"{name} it is")
        return "done"

    return bench.function(handler), times


def task(resource: str, **members: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, **members}


def test_retries_wait_longer_each_time(bench: Workbench) -> None:
    function, times = failing(bench, "A", "A", "A")
    retry = [{"ErrorEquals": ["A"], "IntervalSeconds": 10, "BackoffRate": 3.0}]
    result = bench.run_state(task(function, Retry=retry), skip=True)
    assert result.output == "done"
    waits = [later - earlier for earlier, later in pairwise(times)]
    assert all(wait >= planned for wait, planned in zip(waits, [10, 30, 90], strict=True))
    assert result.types[2:-1] == [
        *["LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionFailed"] * 3,
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
        "TaskStateExited",
    ]
    assert result.chain == [0, 0, *range(2, len(result.events))]


def test_each_retrier_counts_for_itself(bench: Workbench) -> None:
    function, times = failing(bench, "A", "B", "A", "B", "B")
    retry = [
        {"ErrorEquals": ["A"], "MaxAttempts": 2, "IntervalSeconds": 1},
        {"ErrorEquals": ["B"], "MaxAttempts": 2, "IntervalSeconds": 1},
    ]
    result = bench.run_state(task(function, Retry=retry), skip=True)
    assert (result.status, result.error) == ("FAILED", "B")
    assert len(times) == 5


def test_zero_attempts_is_no_retry(bench: Workbench) -> None:
    function, times = failing(bench, "A")
    retry = [{"ErrorEquals": ["A"], "MaxAttempts": 0}, {"ErrorEquals": ["States.ALL"]}]
    assert bench.run_state(task(function, Retry=retry)).error == "A"
    assert len(times) == 1


def test_full_jitter_draws_below_the_interval(bench: Workbench) -> None:
    function, times = failing(bench, "A", "A")
    retry = [{"ErrorEquals": ["A"], "IntervalSeconds": 1000, "BackoffRate": 1.0, "JitterStrategy": "FULL"}]
    bench.run_state(task(function, Retry=retry), skip=True)
    assert all(later - earlier <= 1001 for earlier, later in pairwise(times))


def test_catch_comes_after_the_retries(bench: Workbench) -> None:
    function, times = failing(bench, "A", "A", "A")
    definition = {
        "StartAt": "S",
        "States": {
            "S": task(
                function,
                Retry=[
                    {"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 15, "MaxAttempts": 2, "BackoffRate": 4.0}
                ],
                Catch=[
                    {"ErrorEquals": ["B"], "Next": "Never"},
                    {"ErrorEquals": ["States.TaskFailed"], "Next": "H", "ResultPath": "$.error"},
                ],
                End=True,
            ),
            "H": {"Type": "Pass", "End": True},
            "Never": {"Type": "Fail"},
        },
    }
    result = bench.run(definition, {"in": 1}, skip=True)
    assert len(times) == 3
    assert result.output["in"] == 1
    assert result.output["error"]["Error"] == "A"
    assert '"errorMessage": "A it is"' in result.output["error"]["Cause"]
    assert result.types.count("TaskStateExited") == 1


def test_a_caught_error_takes_the_input_s_place_by_default(bench: Workbench) -> None:
    function, _ = failing(bench, "A")
    definition = {
        "StartAt": "S",
        "States": {
            "S": task(function, Catch=[{"ErrorEquals": ["States.ALL"], "Next": "H"}], End=True),
            "H": {"Type": "Pass", "End": True},
        },
    }
    assert set(bench.run(definition, {"in": 1}).output) == {"Error", "Cause"}


def test_no_catch_for_the_error(bench: Workbench) -> None:
    function, _ = failing(bench, "A")
    definition = {
        "StartAt": "S",
        "States": {
            "S": task(function, Catch=[{"ErrorEquals": ["B"], "Next": "H"}], End=True),
            "H": {"Type": "Pass", "End": True},
        },
    }
    result = bench.run(definition)
    assert (result.status, result.error) == ("FAILED", "A")
    assert result.types[-2:] == ["LambdaFunctionFailed", "ExecutionFailed"]
