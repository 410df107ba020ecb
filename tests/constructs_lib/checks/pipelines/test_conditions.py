from typing import Any

import pytest

from constructs_lib.definitions import (
    ChoiceRule,
    ChoiceStep,
    ExecutionInput,
    PipelineParameter,
    equal,
    greater_than,
    is_in,
    less_than,
)
from constructs_lib.definitions.conditions import AllOf, Condition
from tests.constructs_lib.samples import evaluation, pipeline_problems

TEXT = ExecutionInput("Text")
NUMBER = PipelineParameter("Number", type="number", default=1.5)
TRUTH = PipelineParameter("Truth", type="boolean", default=True)
FILE = evaluation()


def decided(condition: Any) -> list[str]:
    """What is wrong with a Choice by this condition."""
    choice = ChoiceStep(name="C", rules=[ChoiceRule(condition=condition)], otherwise=[])
    return pipeline_problems(FILE, choice)


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (AllOf([]), "got no conditions, expected at least one"),
        (is_in(TEXT, []), "got no options, expected at least one"),
    ],
)
def test_conditions_are_conditions(condition: Condition, message: str) -> None:
    assert decided(condition) == [f"C: rules[0].condition: {message}"]


def test_conditions_are_conditions_passing() -> None:
    assert decided(equal(TEXT, "a") | ~(less_than(NUMBER, 3) & is_in(TEXT, ["a"]))) == []


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (
            equal(TEXT, 1),
            "compares values of unlike types: 1, a number, ExecutionInput('Text'), a string",
        ),
        (
            is_in(NUMBER, [1, "a"]),
            "compares values of unlike types: PipelineParameter('Number'), a number, 'a', a string",
        ),
        (
            equal(FILE.output("ProcessingJobStatus"), TRUTH),
            (
                "compares values of unlike types: PipelineParameter('Truth'), a boolean, "
                "StepOutput(step='Evaluate', path='ProcessingJobStatus'), a string"
            ),
        ),
        (greater_than(TRUTH, False), "got GreaterThan of true and false, expected equal"),
    ],
)
def test_comparisons_compare_like_with_like(condition: Condition, message: str) -> None:
    assert decided(condition) == [f"C: rules[0].condition: {message}"]


@pytest.mark.parametrize(
    "condition",
    [
        equal(TRUTH, True),
        less_than(FILE.json_get("Report", "rmse"), NUMBER),
        equal(FILE.json_get("Report", "mode"), TEXT),
        is_in(FILE.output("ProcessingJobStatus"), ["Completed", TEXT]),
    ],
)
def test_comparisons_compare_like_with_like_passing(condition: Condition) -> None:
    assert decided(condition) == []
