"""Map states, inline: items, selectors, concurrency, histories, failures."""

import threading
from typing import Any

import pytest

from tests.local_aws.stepfunctions.workbench import Workbench, until

IDENTITY = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}


def mapping(processor: dict[str, Any] = IDENTITY, **members: Any) -> dict[str, Any]:
    return {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": processor, "End": True, **members}}}


def test_runs_the_processor_for_each_item_in_order(bench: Workbench) -> None:
    processor = {
        "StartAt": "I",
        "States": {"I": {"Type": "Pass", "Parameters": {"v.$": "States.MathAdd($, 1)"}, "End": True}},
    }
    assert bench.run(mapping(processor, ItemsPath="$.items"), {"items": [1, 2, 3]}).output == [
        {"v": 2},
        {"v": 3},
        {"v": 4},
    ]


def test_the_whole_input_is_the_default(bench: Workbench) -> None:
    assert bench.run(mapping(), ["a", "b"]).output == ["a", "b"]


def test_iterator_and_parameters_are_the_old_names(bench: Workbench) -> None:
    definition = mapping(
        ItemsPath="$.items", Parameters={"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value", "all.$": "$.note"}
    )
    definition["States"]["M"]["Iterator"] = definition["States"]["M"].pop("ItemProcessor")
    assert bench.run(definition, {"items": ["a"], "note": "n"}).output == [{"i": 0, "v": "a", "all": "n"}]


def test_selector_result_selector_and_result_path(bench: Workbench) -> None:
    definition = mapping(
        InputPath="$.data",
        ItemsPath="$.items",
        ItemSelector={"at.$": "States.Format('{}-{}', $$.Map.Item.Index, $.suffix)", "value.$": "$$.Map.Item.Value.x"},
        ResultSelector={"count.$": "States.ArrayLength($)", "all.$": "$[*].at"},
        ResultPath="$.result",
    )
    given = {"data": {"items": [{"x": 1}, {"x": 2}], "suffix": "s"}}
    assert bench.run(definition, given).output == {**given, "result": {"count": 2, "all": ["0-s", "1-s"]}}


def test_history_of_iterations(bench: Workbench) -> None:
    processor = {"StartAt": "I1", "States": {"I1": {"Type": "Pass", "Next": "I2"}, "I2": {"Type": "Pass", "End": True}}}
    result = bench.run(mapping(processor, ItemsPath="$.items", MaxConcurrency=1), {"items": [1, 2]})
    iteration = ["MapIterationStarted", *["PassStateEntered", "PassStateExited"] * 2, "MapIterationSucceeded"]
    assert result.types == [
        "ExecutionStarted",
        "MapStateEntered",
        "MapStateStarted",
        *iteration,
        *iteration,
        "MapStateSucceeded",
        "MapStateExited",
        "ExecutionSucceeded",
    ]
    assert result.chain == [0, 0, 2, 3, 4, 5, 6, 7, 8, 3, 10, 11, 12, 13, 14, 15, 15, 17]
    assert result.details("MapStateStarted") == {"length": 2}
    assert result.details("MapIterationStarted", 1) == {"name": "M", "index": 1}
    assert result.details("MapIterationSucceeded", 1) == {"name": "M", "index": 1}


def test_no_items(bench: Workbench) -> None:
    result = bench.run(mapping(ItemsPath="$.items"), {"items": []})
    assert result.output == []
    assert result.types == [
        "ExecutionStarted",
        "MapStateEntered",
        "MapStateStarted",
        "MapStateSucceeded",
        "MapStateExited",
        "ExecutionSucceeded",
    ]
    assert result.chain == [0, 0, 2, 3, 3, 5]


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ({"items": {"a": 1}}, 'Reference path "$.items" must point to array, got object.'),
        ({}, "Invalid path '$.items' : Missing property in path $['items']"),
    ],
)
def test_items_that_are_no_list(bench: Workbench, given: Any, cause: str) -> None:
    result = bench.run(mapping(ItemsPath="$.items"), given)
    assert result.error == "States.Runtime"
    assert str(result.cause).endswith(cause)


@pytest.mark.parametrize(
    ("limit", "most"), [({"MaxConcurrency": 2}, 2), ({"MaxConcurrencyPath": "$.limit"}, 3), ({}, 6)]
)
def test_max_concurrency(bench: Workbench, limit: dict[str, Any], most: int) -> None:
    lock, together, release = threading.Lock(), [0, 0], threading.Event()

    def handler(_event: Any) -> None:
        with lock:
            together[0] += 1
            together[1] = max(together)
        release.wait(10)
        with lock:
            together[0] -= 1

    task = {"Type": "Task", "Resource": bench.function(handler), "End": True}
    definition = mapping({"StartAt": "I", "States": {"I": task}}, ItemsPath="$.items", **limit)
    execution = bench.start(bench.machine(definition), {"items": [1, 2, 3, 4, 5, 6], "limit": 3})
    until(lambda: together[0] == most)
    release.set()
    assert bench.ended(execution).output == [None] * 6
    assert together[1] == most


def test_a_failed_iteration_stops_the_others(bench: Workbench) -> None:
    processor = {
        "StartAt": "C",
        "States": {
            "C": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 1, "Next": "Boom"}], "Default": "W"},
            "Boom": {"Type": "Fail", "Error": "E"},
            "W": {"Type": "Wait", "Seconds": 100_000, "End": True},
        },
    }
    result = bench.run(mapping(processor), [0, 1, 2])
    assert (result.status, result.error) == ("FAILED", "E")
    ends = [kind for kind in result.types if kind.startswith("MapIteration") and not kind.endswith("Started")]
    assert ends == ["MapIterationFailed", "MapIterationAborted", "MapIterationAborted"]
    assert result.details("MapIterationFailed") == {"name": "M", "index": 1}
    assert result.types.count("WaitStateAborted") == 2
    assert result.types[-2:] == ["MapStateFailed", "ExecutionFailed"]
    failed = next(event for event in result.events if event["type"] == "MapStateFailed")
    assert failed["previousEventId"] == next(e["id"] for e in result.events if e["type"] == "FailStateEntered")


def test_retry_and_catch(bench: Workbench) -> None:
    calls: list[Any] = []

    def handler(event: Any) -> Any:
        calls.append(event)
        if len(calls) < 3:
            raise ValueError
        return event

    processor = {"StartAt": "I", "States": {"I": {"Type": "Task", "Resource": bench.function(handler), "End": True}}}
    definition = mapping(processor, Retry=[{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1}])
    assert bench.run(definition, ["x"], skip=True).output == ["x"]
    assert calls == ["x"] * 3


def test_jsonata_items_and_selector(bench: Workbench) -> None:
    definition = mapping(
        {"StartAt": "I", "States": {"I": {"Type": "Pass", "Output": "{% $states.input.v * 2 %}", "End": True}}},
        Items="{% $states.input.items[$ > 1] %}",
        ItemSelector={"v": "{% $states.context.Map.Item.Value %}", "i": "{% $states.context.Map.Item.Index %}"},
        MaxConcurrency="{% 1 + 1 %}",
        Output="{% $sum($states.result) %}",
    )
    assert bench.run({**definition, "QueryLanguage": "JSONata"}, {"items": [1, 2, 3]}).output == 10


def test_jsonata_items_that_fail(bench: Workbench) -> None:
    definition = mapping(Items="{% $states.input.missing %}")
    result = bench.run({**definition, "QueryLanguage": "JSONata"}, {"x": "a"})
    assert result.types == [
        "ExecutionStarted",
        "MapStateEntered",
        "EvaluationFailed",
        "MapStateFailed",
        "ExecutionFailed",
    ]
    assert result.chain == [0, 0, 2, 3, 4]
    assert result.details("EvaluationFailed")["location"] == "Items"


def test_maps_in_maps_each_have_their_item(bench: Workbench) -> None:
    inner = {
        "Type": "Map",
        "ItemsPath": "$.row",
        "ItemSelector": {"cell.$": "$$.Map.Item.Value", "row.$": "$.number"},
        "ItemProcessor": {"StartAt": "Cell", "States": {"Cell": {"Type": "Pass", "End": True}}},
        "End": True,
    }
    outer = mapping(
        {"StartAt": "Row", "States": {"Row": inner}},
        ItemSelector={"row.$": "$$.Map.Item.Value", "number.$": "$$.Map.Item.Index"},
    )
    assert bench.run(outer, [["a"], ["b", "c"]]).output == [
        [{"cell": "a", "row": 0}],
        [{"cell": "b", "row": 1}, {"cell": "c", "row": 1}],
    ]
