from typing import Any

import pytest

from constructs_lib.definitions import (
    MAP_INDEX,
    ChoiceRule,
    ChoiceStep,
    Condition,
    ExecutionInput,
    Join,
    MapItem,
    MapStep,
    equal,
    greater_than,
    is_present,
    less_than,
    matches,
)
from constructs_lib.definitions.conditions import AllOf
from tests.constructs_lib.samples import NUMBER_TOKEN, TOKEN, function, problems, training

MODE = ExecutionInput("Mode")
COUNT = ExecutionInput("Count", type="integer")
FLAG = ExecutionInput("Flag", type="boolean")
TRAIN = training("T")
SECONDS = TRAIN.output("TrainingTimeInSeconds")
STATUS = TRAIN.output("TrainingJobStatus")


def found(condition: Any) -> list[str]:
    return problems(TRAIN, ChoiceStep(name="C", rules=[ChoiceRule(condition=condition)], otherwise=[]))


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (equal(Join("-", [MODE]), "a"), "got Join('-', (ExecutionInput('Mode'),)), expected an execution input, a"),
        (~is_present("Mode"), "got 'Mode', expected an execution input, a"),  # type: ignore[arg-type]
        (equal(MODE, Join("", [MODE])), "got Join('', (ExecutionInput('Mode'),)), expected an execution input, a"),
        (AllOf([]), "got no conditions, expected at least one"),
        (AllOf(["Mode"]), "got 'Mode', expected a condition such as equal(...)"),  # type: ignore[list-item]
    ],
)
def test_conditions_look_at_values_of_the_execution(condition: Condition, message: str) -> None:
    (problem,) = found(condition)

    assert problem.startswith(f"C: rules[0].condition: {message}")


def test_conditions_look_at_values_of_the_execution_passing() -> None:
    assert found(equal(MODE, "a") & (is_present(MODE) | ~less_than(SECONDS, COUNT, type="number"))) == []


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (equal(MODE, 5), "compares ExecutionInput('Mode'), a string, as a number; say type= what both are"),
        (
            less_than(SECONDS, STATUS),
            "compares StepOutput(step='T', path='TrainingTimeInSeconds'), a integer, as a string",
        ),
        (equal(COUNT, "five"), "got 'five', expected a number"),
        (equal(MODE, "today", type="timestamp"), "got 'today', expected a timestamp"),
        (greater_than(FLAG, True), "got GreaterThan of true and false, expected equal"),
        (matches(MODE, COUNT), "compares ExecutionInput('Count'), a integer, as a string; say type= what both are"),  # type: ignore[arg-type]
    ],
)
def test_comparisons_compare_like_with_like(condition: Condition, message: str) -> None:
    assert any(problem.startswith(f"C: rules[0].condition: {message}") for problem in found(condition))


@pytest.mark.parametrize(
    "condition",
    [
        equal(STATUS, "Completed"),
        equal(SECONDS, COUNT),
        equal(FLAG, False),
        less_than(MODE, "2027-01-01T00:00:00Z", type="timestamp"),
        less_than(SECONDS, NUMBER_TOKEN),
        equal(MODE, TOKEN),
        matches(MODE, "a*"),
    ],
)
def test_comparisons_compare_like_with_like_passing(condition: Condition) -> None:
    assert found(condition) == []


def test_items_of_a_map_can_be_anything() -> None:
    rules = [ChoiceRule(condition=equal(MapItem("a"), 5) | equal(MAP_INDEX, 0))]
    choice = ChoiceStep(name="C", rules=rules, otherwise=[function("F")])

    assert problems(MapStep(name="M", items=[1], steps=[choice])) == []
