"""Conditions as SageMaker Pipelines writes them."""

from collections.abc import Sequence
from typing import Any

from constructs_lib.definitions.conditions import AllOf, AnyOf, Comparison, Condition, Membership, Not
from constructs_lib.rendering.pipelines.expressions import Expressions

_OPERATORS = {
    "Equals": "Equals",
    "GreaterThan": "GreaterThan",
    "GreaterThanEquals": "GreaterThanOrEqualTo",
    "LessThan": "LessThan",
    "LessThanEquals": "LessThanOrEqualTo",
}


def condition_list(condition: Condition, expressions: Expressions) -> list[dict[str, Any]]:
    """A condition as the list of those that must all be true."""
    parts: Sequence[Condition] = condition.parts if isinstance(condition, AllOf) else (condition,)
    return [condition_document(part, expressions) for part in parts]


def condition_document(condition: Condition, expressions: Expressions) -> dict[str, Any]:
    """One condition. There is no And inside of a condition: what is true is then not that one of its parts is false."""
    if isinstance(condition, Comparison):
        return {
            "Type": _OPERATORS[condition.operator],
            "LeftValue": expressions.value(condition.value),
            "RightValue": expressions.value(condition.other),
        }
    if isinstance(condition, Membership):
        return {
            "Type": "In",
            "QueryValue": expressions.value(condition.value),
            "Values": [expressions.value(option) for option in condition.options],
        }
    if isinstance(condition, Not):
        return {"Type": "Not", "Condition": condition_document(condition.part, expressions)}
    if isinstance(condition, AnyOf):
        return {"Type": "Or", "Conditions": [condition_document(part, expressions) for part in condition.parts]}
    if isinstance(condition, AllOf):
        return condition_document(Not(AnyOf([Not(part) for part in condition.parts])), expressions)
    raise TypeError(f"{type(condition).__name__} has no form in SageMaker Pipelines")
