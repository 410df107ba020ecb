"""Conditions as the Amazon States Language writes them."""

from typing import Any

from constructs_lib.definitions.conditions import (
    AllOf,
    AnyOf,
    Comparable,
    Comparison,
    Condition,
    Membership,
    Not,
    TypeTest,
)
from constructs_lib.definitions.values import Reference
from constructs_lib.rendering.expressions import expression
from constructs_lib.rendering.variables import View

_WORDS: dict[Comparable, str] = {
    "string": "String",
    "number": "Numeric",
    "boolean": "Boolean",
    "timestamp": "Timestamp",
}


def condition_document(condition: Condition, view: View) -> dict[str, Any]:
    """A condition as a Choice's rule, without its Next."""
    if isinstance(condition, AllOf):
        return {"And": [condition_document(part, view) for part in condition.parts]}
    if isinstance(condition, AnyOf):
        return {"Or": [condition_document(part, view) for part in condition.parts]}
    if isinstance(condition, Not):
        return {"Not": condition_document(condition.part, view)}
    if isinstance(condition, Membership):
        return {"Or": [condition_document(part, view) for part in condition.comparisons]}
    if isinstance(condition, TypeTest):
        return {"Variable": expression(condition.value, view), condition.name: True}
    if isinstance(condition, Comparison):
        operator = f"{_WORDS[condition.compared_as]}{condition.operator}"
        if isinstance(condition.other, Reference):
            return {
                "Variable": expression(condition.value, view),
                f"{operator}Path": expression(condition.other, view),
            }
        return {"Variable": expression(condition.value, view), operator: condition.other}
    raise TypeError(f"{type(condition).__name__} has no form in the Amazon States Language")
