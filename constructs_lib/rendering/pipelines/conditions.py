"""Conditions as SageMaker Pipelines writes them."""

from collections.abc import Sequence
from typing import Any

from constructs_lib.definitions.conditions import AllOf, AnyOf, Comparison, Condition, Membership, Not

_OPERATORS = {
    "Equals": "Equals",
    "GreaterThan": "GreaterThan",
    "GreaterThanEquals": "GreaterThanOrEqualTo",
    "LessThan": "LessThan",
    "LessThanEquals": "LessThanOrEqualTo",
}


def condition_list(condition: Condition) -> list[dict[str, Any]]:
    """A condition as the list of those that must all be true."""
    parts: Sequence[Condition] = condition.parts if isinstance(condition, AllOf) else (condition,)
    return [condition_document(part) for part in parts]


def condition_document(condition: Condition) -> dict[str, Any]:
    """One condition. There is no And inside of a condition: what is true is then not that one of its parts is false."""
    if isinstance(condition, Comparison):
        return {
            "Type": _OPERATORS[condition.operator],
            "LeftValue": condition.value,
            "RightValue": condition.other,
        }
    if isinstance(condition, Membership):
        return {
            "Type": "In",
            "QueryValue": condition.value,
            "Values": list(condition.options),
        }
    if isinstance(condition, Not):
        return {"Type": "Not", "Condition": condition_document(condition.part)}
    if isinstance(condition, AnyOf):
        return {"Type": "Or", "Conditions": [condition_document(part) for part in condition.parts]}
    if isinstance(condition, AllOf):
        return condition_document(Not(AnyOf([Not(part) for part in condition.parts])))
    raise TypeError(f"{type(condition).__name__} has no form in SageMaker Pipelines")
