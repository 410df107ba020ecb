"""Succeed and Fail states."""

from typing import Any

import pytest

from tests.local_aws.stepfunctions.workbench import Workbench


def test_succeed_ends_with_its_input(bench: Workbench) -> None:
    result = bench.run_state({"Type": "Succeed", "InputPath": "$.a", "OutputPath": "$.b"}, {"a": {"b": 1}})
    assert result.output == 1
    assert result.types == ["ExecutionStarted", "SucceedStateEntered", "SucceedStateExited", "ExecutionSucceeded"]


def test_succeed_in_jsonata(bench: Workbench) -> None:
    state = {"Type": "Succeed", "Output": {"x": "{% $states.input.a %}"}}
    assert bench.run_state(state, {"a": 1}, QueryLanguage="JSONata").output == {"x": 1}


def test_fail_ends_with_its_error(bench: Workbench) -> None:
    result = bench.run_state({"Type": "Fail", "Error": "MyError", "Cause": "because"})
    assert (result.status, result.error, result.cause) == ("FAILED", "MyError", "because")
    assert result.types == ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]
    assert result.chain == [0, 0, 2]
    assert result.details("ExecutionFailed") == {"error": "MyError", "cause": "because"}


def test_fail_without_any_error(bench: Workbench) -> None:
    result = bench.run_state({"Type": "Fail"})
    assert (result.status, result.error, result.cause) == ("FAILED", None, None)


@pytest.mark.parametrize(
    "state",
    [
        {"ErrorPath": "$.e", "CausePath": "$.c"},
        {"ErrorPath": "States.Format('{}', $.e)", "CausePath": "States.JsonToString($.c)"},
        {"Error": "E", "CausePath": "$$.Execution.Input.c"},
    ],
)
def test_fail_with_paths_and_functions(bench: Workbench, state: dict[str, Any]) -> None:
    result = bench.run_state({"Type": "Fail", **state}, {"e": "E", "c": "C"})
    assert (result.error, str(result.cause).strip('"')) == ("E", "C")


def test_fail_in_jsonata(bench: Workbench) -> None:
    state = {"Type": "Fail", "Error": "{% $states.input.e %}", "Cause": "{% 'not ' & $states.input.e %}"}
    result = bench.run_state(state, {"e": "E"}, QueryLanguage="JSONata")
    assert (result.error, result.cause) == ("E", "not E")


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ({}, "The CausePath parameter does not reference an input value: $.c"),
        ({"c": {"a": 1}}, 'The Cause of a Fail state must be a string, got {"a":1}'),
    ],
)
def test_fail_whose_cause_is_none(bench: Workbench, given: Any, cause: str) -> None:
    result = bench.run_state({"Type": "Fail", "CausePath": "$.c"}, given)
    assert result.error == "States.Runtime"
    assert str(result.cause).endswith(cause)
