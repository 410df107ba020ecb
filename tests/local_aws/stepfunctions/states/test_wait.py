"""Wait states."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local_aws.stepfunctions.language.timestamps import iso_timestamp
from tests.local_aws.stepfunctions.workbench import Workbench, until


@pytest.mark.parametrize(
    ("state", "given"),
    [
        ({"Seconds": 3600}, {"a": 1}),
        ({"SecondsPath": "$.wait.seconds"}, {"wait": {"seconds": 3600}}),
        ({"Timestamp": "IN AN HOUR"}, {"a": 1}),
        ({"TimestampPath": "$.until"}, {"until": "IN AN HOUR"}),
    ],
)
def test_waits_until_its_time_has_come_and_hands_its_input_on(
    bench: Workbench, state: dict[str, Any], given: Any
) -> None:
    later = iso_timestamp(bench.clock.now() + 3600)
    state, given = json.loads(json.dumps([state, given]).replace("IN AN HOUR", later))
    definition = {"StartAt": "S", "States": {"S": {"Type": "Wait", **state, "End": True}}}
    execution = bench.start(bench.machine(definition), given)
    bench.at(execution, "WaitStateEntered")
    bench.clock.advance(3500)
    assert bench.client().describe_execution(executionArn=execution)["status"] == "RUNNING"
    bench.clock.advance(101)
    result = bench.ended(execution)
    assert result.output == given
    assert result.types == ["ExecutionStarted", "WaitStateEntered", "WaitStateExited", "ExecutionSucceeded"]


def test_a_time_that_has_passed_does_not_wait(bench: Workbench) -> None:
    past = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert bench.run_state({"Type": "Wait", "TimestampPath": "$.t"}, {"t": past}).status == "SUCCEEDED"
    assert bench.run_state({"Type": "Wait", "Seconds": 0}).status == "SUCCEEDED"


@pytest.mark.parametrize(
    ("state", "given", "cause"),
    [
        ({"SecondsPath": "$.nope"}, {}, "The SecondsPath parameter does not reference an input value: $.nope"),
        (
            {"SecondsPath": "$.s"},
            {"s": "5"},
            'The SecondsPath parameter must be a number of seconds between 0 and 99999999: $.s, got "5"',
        ),
        (
            {"SecondsPath": "$.s"},
            {"s": -1},
            "The SecondsPath parameter must be a number of seconds between 0 and 99999999: $.s, got -1",
        ),
        (
            {"TimestampPath": "$.t"},
            {"t": "tomorrow"},
            'parameter is not a valid ISO-8601 extended offset date-time format string: $.t == "tomorrow"',
        ),
    ],
)
def test_what_is_no_time(bench: Workbench, state: dict[str, Any], given: Any, cause: str) -> None:
    result = bench.run_state({"Type": "Wait", **state}, given)
    assert result.error == "States.Runtime"
    assert str(result.cause).startswith(
        "An error occurred while executing the state 'S' (entered at the event id #2). The "
    )
    assert str(result.cause).endswith(cause)


def test_jsonata(bench: Workbench) -> None:
    state = {
        "Type": "Wait",
        "Seconds": "{% $states.input.s * 2 %}",
        "Output": "{% $states.input.s %}",
        "Assign": {"v": 1},
    }
    assert bench.run_state(state, {"s": 0}, QueryLanguage="JSONata").output == 0


def test_a_thousand_waits_hold_no_thread(bench: Workbench) -> None:
    """Far more waits than worker threads: each is an alarm in the engine's loop."""
    definition = {
        "StartAt": "S",
        "States": {
            "S": {
                "Type": "Parallel",
                "Branches": [
                    {"StartAt": f"W{i}", "States": {f"W{i}": {"Type": "Wait", "Seconds": 60, "End": True}}}
                    for i in range(1000)
                ],
                "End": True,
            }
        },
    }
    execution = bench.start(bench.machine(definition), 7)
    until(lambda: bench.history(execution)[-1]["id"] == 1003)
    bench.clock.advance(61)
    assert bench.ended(execution).output == [7] * 1000
