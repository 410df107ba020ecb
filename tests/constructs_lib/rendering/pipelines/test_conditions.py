from typing import Any

import pytest

from constructs_lib.definitions import (
    ExecutionInput,
    equal,
    greater_or_equal,
    greater_than,
    is_in,
    is_present,
    less_or_equal,
    less_than,
)
from constructs_lib.definitions.conditions import Condition
from constructs_lib.rendering.pipelines.conditions import condition_list

A, B = ExecutionInput("A", type="number"), ExecutionInput("B", type="number")


def comparison(kind: str, right: Any = 1) -> dict[str, Any]:
    """A comparison of A."""
    return {"Type": kind, "LeftValue": A, "RightValue": right}


@pytest.mark.parametrize(
    ("condition", "documents"),
    [
        (equal(A, 1), [comparison("Equals")]),
        (greater_than(A, 1), [comparison("GreaterThan")]),
        (greater_or_equal(A, 1), [comparison("GreaterThanOrEqualTo")]),
        (less_than(A, B), [comparison("LessThan", B)]),
        (less_or_equal(A, 1), [comparison("LessThanOrEqualTo")]),
        (is_in(A, [1, B]), [{"Type": "In", "QueryValue": A, "Values": [1, B]}]),
        (~equal(A, 1), [{"Type": "Not", "Condition": comparison("Equals")}]),
        (
            equal(A, 1) | equal(A, 2),
            [{"Type": "Or", "Conditions": [comparison("Equals"), comparison("Equals", 2)]}],
        ),
        (equal(A, 1) & less_than(A, 2), [comparison("Equals"), comparison("LessThan", 2)]),
    ],
)
def test_conditions(condition: Condition, documents: list[Any]) -> None:
    assert condition_list(condition) == documents


def test_an_and_inside_is_written_by_what_there_is() -> None:
    inside = equal(A, 1) & less_than(A, 2)
    assert condition_list(~inside) == [
        {
            "Type": "Not",
            "Condition": {
                "Type": "Not",
                "Condition": {
                    "Type": "Or",
                    "Conditions": [
                        {"Type": "Not", "Condition": comparison("Equals")},
                        {"Type": "Not", "Condition": comparison("LessThan", 2)},
                    ],
                },
            },
        }
    ]


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^TypeTest has no form in SageMaker Pipelines$"):
        condition_list(is_present(A))
