import re

import pytest
from attrs.exceptions import FrozenInstanceError

from constructs_lib.definitions import (
    CAUGHT_ERROR,
    EXECUTION_NAME,
    ExecutionInput,
    Join,
    Reference,
    StepOutput,
    UniqueName,
)
from constructs_lib.definitions.values import references

NAME = ExecutionInput("JobName")
EVERY = [
    NAME,
    StepOutput("Train", "TrainingJobName"),
    Join("-", ["a", NAME]),
    UniqueName("job"),
    EXECUTION_NAME,
    CAUGHT_ERROR,
]


@pytest.mark.parametrize("value", EVERY, ids=repr)
@pytest.mark.parametrize(
    ("operation", "name"),
    [
        (str, "str()"),
        (lambda value: f"{value}", "format()"),
        (bool, "bool()"),
        (int, "int()"),
        (lambda value: [1, 2][value], "int()"),
        (float, "float()"),
        (len, "len()"),
        (lambda value: value + "x", "+"),
        (lambda value: "x" + value, "+"),
        (lambda value: value - 1, "-"),
        (lambda value: 1 - value, "-"),
        (lambda value: value * 2, "*"),
        (lambda value: 2 * value, "*"),
        (lambda value: value / 2, "/"),
        (lambda value: 2 / value, "/"),
        (lambda value: value % 2, "%"),
        (lambda value: 2 % value, "%"),
        (lambda value: value < 1, "a comparison"),
        (lambda value: value >= 1, "a comparison"),
        (lambda value: value == "Completed", "a comparison"),
        (lambda value: value != "Completed", "a comparison"),
        (lambda value: value == 1, "a comparison"),
    ],
)
def test_what_is_not_known_yet_has_no_answer_now(value: Reference, operation: object, name: str) -> None:
    assert callable(operation)
    message = (
        f"{value!r} is known only when the workflow runs: {name} has no answer now; "
        "pass the reference itself, or build a text from it with Join"
    )
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        operation(value)


def test_references_to_the_same_value_are_equal() -> None:
    assert ExecutionInput("A") == ExecutionInput("A", description="the same member")
    assert ExecutionInput("A") != ExecutionInput("B")
    assert Join("-", ["a", NAME]) == Join("-", ["a", ExecutionInput("JobName")])
    assert Join("-", ["a", NAME]) != Join("-", [NAME, "a"])
    assert len({StepOutput("Train", "A"), StepOutput("Train", "A"), StepOutput("Train", "B")}) == 2


def test_a_reference_is_not_none_and_no_record() -> None:
    assert NAME != None  # noqa: E711 - the operator is what is tested
    assert NAME != ("JobName",)


def test_references_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        NAME.name = "Other"  # type: ignore[misc]
    parts: list[str | float | Reference] = ["a", NAME]
    joined = Join("-", parts)
    parts.append("b")
    assert joined.parts == ("a", NAME)


def test_references_are_found_wherever_they_are() -> None:
    joined = Join("/", ["s3://data", NAME, Join("", [EXECUTION_NAME])])
    document = {"a": [1, "x", {"b": joined}], "c": (None, CAUGHT_ERROR)}

    assert references(document) == [joined, NAME, Join("", [EXECUTION_NAME]), EXECUTION_NAME, CAUGHT_ERROR]
    assert references("plain") == []
