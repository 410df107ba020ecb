"""Conditions on values that are there."""

from typing import Any

import pytest

from local_aws.sagemaker.pipelines.conditions import ConditionError, holds
from tests.local_aws.sagemaker.pipelines.documents import compare


def _not(inner: dict[str, Any]) -> dict[str, Any]:
    return {"Type": "Not", "Condition": inner}


def _in(value: Any, *values: Any) -> dict[str, Any]:
    return {"Type": "In", "QueryValue": value, "Values": list(values)}


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        (compare("Equals", "a", "a"), True),
        (compare("Equals", 1, 1.0), True),
        (compare("Equals", True, False), False),
        (compare("GreaterThan", 2, 1), True),
        (compare("GreaterThan", 1, 1), False),
        (compare("GreaterThanOrEqualTo", 1, 1), True),
        (compare("LessThan", 1.5, 2), True),
        (compare("LessThan", 2, 2), False),
        (compare("LessThanOrEqualTo", 2, 2), True),
        (compare("LessThan", "2026-01-01", "2026-02-01"), True),
        (_in("a", "b", "a"), True),
        (_in(3, 1, 2), False),
        (_not(compare("Equals", 1, 2)), True),
        ({"Type": "Or", "Conditions": [compare("Equals", 1, 2), compare("Equals", 1, 1)]}, True),
        ({"Type": "Or", "Conditions": [compare("Equals", 1, 2)]}, False),
    ],
)
def test_one_condition(condition: dict[str, Any], outcome: bool) -> None:
    assert holds([condition]) is outcome


def test_a_list_is_an_and() -> None:
    assert holds([compare("Equals", 1, 1), compare("Equals", 2, 2)])
    assert not holds([compare("Equals", 1, 1), compare("Equals", 2, 3)])


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        (
            compare("Equals", "1", 1),
            r"Condition Equals compares values of unlike types: '1' \(String\) and 1 \(Number\)",
        ),
        (compare("Equals", True, 1), r"unlike types: True \(Boolean\) and 1 \(Number\)"),
        (compare("LessThan", None, 1), r"unlike types: None \(null\) and 1 \(Number\)"),
        (compare("Equals", {}, {}), r"unlike types: \{\} \(a document\)"),
        (compare("GreaterThan", True, False), "Condition GreaterThan orders values, got True and False"),
        (_in("1", 1), r"Condition In compares values of unlike types"),
    ],
)
def test_what_cannot_be_decided(condition: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConditionError, match=reason):
        holds([condition])


def test_no_condition_hides_another_that_cannot_be_decided() -> None:
    with pytest.raises(ConditionError, match="unlike types"):
        holds([compare("Equals", 1, 2), compare("Equals", "1", 1)])
