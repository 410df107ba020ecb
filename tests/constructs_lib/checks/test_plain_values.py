import math
from typing import Any

import pytest

from constructs_lib.definitions import (
    ChoiceRule,
    ChoiceStep,
    ExecutionInput,
    FailStep,
    Join,
    PipelineParameter,
    equal,
    is_in,
    less_than,
)
from tests.constructs_lib.samples import function, pipeline_problems, problems, training

COUNT = ExecutionInput("Count", type="number")
HUGE = 2**63
HALF = "\ud83d"
NAN = "got nan, expected a number that is finite"
TOO_LONG = f"got {HUGE}, expected a whole number of at most 64 bits"
NO_TEXT = r"got '\ud83d', expected whole characters"


def asked(condition: Any) -> ChoiceStep:
    return ChoiceStep(name="C", rules=[ChoiceRule(condition=condition, steps=[FailStep(name="F")])], otherwise=[])


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        (asked(less_than(COUNT, math.nan)), f"C: rules[0].condition: {NAN}"),
        (asked(~less_than(COUNT, math.inf)), "C: rules[0].condition: got inf, expected a number that is finite"),
        (asked(equal(COUNT, HUGE)), f"C: rules[0].condition: {TOO_LONG}"),
        (asked(is_in(COUNT, [1, -HUGE - 1])), f"C: rules[0].condition: {TOO_LONG.replace(str(HUGE), str(-HUGE - 1))}"),
        (FailStep(name="S", cause=Join("", [COUNT, math.nan])), f"S: {NAN}"),
        (FailStep(name="S", cause=HALF), f"S: cause: {NO_TEXT}"),
        (FailStep(name="S", cause="x", comment=HALF), f"S: comment: {NO_TEXT}"),
        (FailStep(name="S", cause="x", display_name=HALF), f"S: display_name: {NO_TEXT}"),
        (training("T", environment={"A": HALF}), f"T: Environment.A: {NO_TEXT}"),
        (training("T", max_runtime_seconds=HUGE), f"T: StoppingCondition.MaxRuntimeInSeconds: {TOO_LONG}"),
    ],
)
def test_plain_values_have_a_form_in_json(step: Any, problem: str) -> None:
    assert pipeline_problems(step) == [problem]


def test_plain_values_have_a_form_in_json_in_workflows() -> None:
    assert problems(asked(less_than(COUNT, math.nan))) == [f"C: rules[0].condition: {NAN}"]


def test_allowed_values_have_a_form_in_json() -> None:
    parameter = PipelineParameter("Mode", allowed=["a", HALF])
    assert pipeline_problems(asked(equal(parameter, "a"))) == [f"C: parameter 'Mode': allowed: {NO_TEXT}"]


def test_plain_values_have_a_form_in_json_of_any_form() -> None:
    assert problems(function("F", payload={"a": [HUGE], "b": {"c": HALF}})) == [
        f"F: Payload.a[0]: {TOO_LONG}",
        f"F: Payload.b.c: {NO_TEXT}",
    ]


@pytest.mark.parametrize(
    ("default", "problem"), [(math.nan, NAN), (HUGE, TOO_LONG)], ids=["not a number", "more than 64 bits"]
)
def test_plain_values_have_a_form_in_json_as_defaults(default: float, problem: str) -> None:
    parameter = PipelineParameter("Limit", type="number", default=default)
    assert pipeline_problems(asked(equal(parameter, 1))) == [f"C: parameter 'Limit': default: {problem}"]


def test_plain_values_have_a_form_in_json_passing() -> None:
    largest = asked(is_in(COUNT, [HUGE - 1, -HUGE, -0.5, 1e308]))
    text = FailStep(name="S", cause=Join(" ", ["größer als 🏠", COUNT, HUGE - 1]), comment="🏠")
    assert pipeline_problems(largest, text) == []
