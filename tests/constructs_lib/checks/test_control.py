from typing import Any

import pytest

from constructs_lib.definitions import (
    ChoiceRule,
    ChoiceStep,
    DistributedMapStep,
    ExecutionInput,
    MapItem,
    MapStep,
    PassStep,
    StateStep,
    SucceedStep,
    WaitStep,
    is_present,
)
from tests.constructs_lib.samples import NUMBER_TOKEN, TOKEN, function, problems, training


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({}, "expected exactly one of seconds and until"),
        ({"seconds": 1, "until": "2027-01-01T00:00:00Z"}, "expected exactly one of seconds and until"),
        ({"seconds": -1}, "seconds: got -1, expected a whole number from 0 to 99999999"),
        ({"seconds": 0.5}, "seconds: got 0.5, expected a whole number from 0 to 99999999"),
        ({"until": "tomorrow"}, "until: got 'tomorrow', expected a time with its zone, such as '2027-01-01T00:00:00Z'"),
    ],
)
def test_waits_have_one_time(changed: dict[str, Any], message: str) -> None:
    assert problems(WaitStep(name="W", **changed)) == [f"W: {message}"]


def test_waits_have_one_time_passing() -> None:
    steps = [
        WaitStep(name="A", seconds=0),
        WaitStep(name="B", until="2027-01-01T00:00:00+01:00"),
        WaitStep(name="C", until=TOKEN),
        WaitStep(name="D", seconds=ExecutionInput("Pause", type="integer")),
        WaitStep(name="E", seconds=NUMBER_TOKEN),
    ]
    assert problems(*steps) == []


def test_maps_run_over_lists() -> None:
    train = training("T")
    steps = [function("F")]
    assert problems(
        train,
        MapStep(name="A", items=train.output("TrainingJobName"), steps=steps, max_concurrency=41),
        MapStep(name="B", items=ExecutionInput("Names"), steps=[function("G")]),
    ) == [
        "A: max_concurrency: got 41, expected 0 to 40: an inline Map runs no more at once",
        (
            "A: items: got StepOutput(step='T', path='TrainingJobName'), expected a list: an execution input of type "
            "'document', or an output"
        ),
        "B: items: got ExecutionInput('Names'), expected a list: an execution input of type 'document', or an output",
    ]


def test_what_is_no_list_at_all_is_named_once() -> None:
    assert problems(MapStep(name="A", items=3, steps=[function("F")])) == [  # type: ignore[arg-type]
        "A: items: got 3, expected a reference or a list"
    ]
    wrong = DistributedMapStep(name="A", items=3, steps=[function("F")], batch=2)  # type: ignore[arg-type]
    assert problems(wrong) == [
        "A: items: got 3, expected a reference or a list or an ItemReader",
        "A: batch: got 2, expected an ItemBatch or None",
    ]


def test_maps_run_over_lists_passing() -> None:
    train = training("T", metrics=[])
    inner = MapStep(name="I", items=MapItem("files"), steps=[function("G")])
    assert (
        problems(
            train,
            MapStep(name="A", items=train.output("FinalMetricDataList"), steps=[function("F")]),
            MapStep(name="B", items=ExecutionInput("Names", type="document"), steps=[inner]),
            MapStep(name="C", items=["a", ExecutionInput("Name")], steps=[function("H")]),
        )
        == []
    )


def test_iterations_with_a_result_have_one_end() -> None:
    work = function("F")
    choice = ChoiceStep(
        name="C",
        rules=[ChoiceRule(condition=is_present(MapItem("skip")), steps=[SucceedStep(name="Skip")])],
        otherwise=[],
    )
    assert problems(MapStep(name="M", items=[1], steps=[work, choice], result=work.output("Payload"))) == [
        "Skip: ends an iteration of 'M' before its result is taken"
    ]


def test_iterations_with_a_result_have_one_end_passing() -> None:
    assert problems(MapStep(name="M", items=[1], steps=[function("F"), SucceedStep(name="End")])) == []


def test_passed_values_are_json() -> None:
    assert problems(
        PassStep(name="P", given={"a": {1, 2}, "b": {"c.$": "$.x"}}),
        MapStep(name="M", items=[{3}], steps=[function("F")]),
    ) == [
        "P: a: got {1, 2}, expected something that JSON can hold",
        "P: b.c.$: got a key that ends with '.$', which Step Functions takes for a path; use a reference",
        "M: items[0]: got {3}, expected something that JSON can hold",
    ]


def test_passed_values_are_json_passing() -> None:
    assert problems(PassStep(name="P", given={"a": [1, None, {"b": ExecutionInput("X")}]})) == []


def test_hand_written_states_leave_their_ways_to_the_step() -> None:
    assert problems(
        StateStep(name="A", state={"Type": "Pass", "Next": "B", "QueryLanguage": "JSONata"}),
        StateStep(name="B", state={"Type": "Choice"}),
    ) == [
        "A: state.Next: expected none: the step decides that",
        "A: state.QueryLanguage: expected none: the step decides that",
        "B: state.Type: got 'Choice', expected one of Map, Parallel, Pass, Task, Wait",
    ]


def test_hand_written_states_leave_their_ways_to_the_step_passing() -> None:
    assert problems(StateStep(name="A", state={"Type": "Pass", "QueryLanguage": "JSONPath"})) == []


def test_hand_written_states_hold_sound_expressions() -> None:
    wait = {"Type": "Wait", "SecondsPath": "seconds"}
    make = {"Type": "Pass", "Parameters": {"id.$": "States.Hsh()"}, "ResultPath": "$.id["}
    path = "expected a JSONPath, such as '$.a[0]', or a function, such as 'States.UUID()'"
    assert problems(StateStep(name="A", state=wait), StateStep(name="B", state=make)) == [
        f"A: state.SecondsPath: got 'seconds', {path}",
        f"B: state.ResultPath: got '$.id[', {path}",
        "B: state.Parameters.id.$: got States.Hsh, which is no function of Step Functions; did you mean 'Hash'?",
    ]


def test_hand_written_states_hold_sound_expressions_passing() -> None:
    made = {"id.$": "States.UUID()", "name.$": "$.name", "later.$": "${Token[TOKEN.1]}", "a": ["$"]}
    assert problems(StateStep(name="A", state={"Type": "Pass", "Parameters": made, "InputPath": None})) == []
