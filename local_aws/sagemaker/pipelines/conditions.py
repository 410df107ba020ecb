"""Conditions of Condition steps, on values that are resolved already."""

from collections.abc import Callable, Iterator
from operator import eq, ge, gt, le, lt
from typing import Any

_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "Equals": eq,
    "GreaterThan": gt,
    "GreaterThanOrEqualTo": ge,
    "LessThan": lt,
    "LessThanOrEqualTo": le,
}
_MEMBERS = {
    **{name: {"LeftValue", "RightValue"} for name in _COMPARISONS},
    "In": {"QueryValue", "Values"},
    "Not": {"Condition"},
    "Or": {"Conditions"},
}


class ConditionError(Exception):
    """A condition cannot be decided."""


def condition_faults(conditions: Any) -> Iterator[str]:
    """What is wrong with a list of conditions, values aside."""
    if not isinstance(conditions, list) or not conditions:
        yield "Conditions must be a list of at least one condition"
        return
    for condition in conditions:
        kind = condition.get("Type") if isinstance(condition, dict) else None
        if not isinstance(kind, str) or kind not in _MEMBERS:
            yield f"unknown condition type {kind!r}, expected one of {', '.join(_MEMBERS)}"
            continue
        members = set(condition) - {"Type"}
        if members != _MEMBERS[kind]:
            wanted, got = sorted(_MEMBERS[kind]), sorted(members)
            yield f"condition {kind} has the members {', '.join(got) or 'none'}, expected {', '.join(wanted)}"
        elif kind == "In" and not isinstance(condition["Values"], list):
            yield f"condition In has the Values {condition['Values']!r}, expected a list"
        elif kind == "Not":
            yield from condition_faults([condition["Condition"]])
        elif kind == "Or":
            yield from condition_faults(condition["Conditions"])


def holds(conditions: list[dict[str, Any]]) -> bool:
    """Whether all conditions hold.

    Raises:
        ConditionError: values of unlike types are compared.
    """
    # no short cut: a comparison that cannot be made is told whatever the others say
    return all([_holds(condition) for condition in conditions])  # noqa: C419


def _holds(condition: dict[str, Any]) -> bool:
    kind = condition["Type"]
    if kind == "Not":
        return not _holds(condition["Condition"])
    if kind == "Or":
        return any([_holds(inner) for inner in condition["Conditions"]])  # noqa: C419
    if kind == "In":
        wanted = condition["QueryValue"]
        return any([_compare(eq, kind, wanted, value) for value in condition["Values"]])  # noqa: C419
    return _compare(_COMPARISONS[kind], kind, condition["LeftValue"], condition["RightValue"])


def _compare(comparison: Callable[[Any, Any], Any], kind: str, left: Any, right: Any) -> bool:
    types = _type_of(left), _type_of(right)
    if types[0] != types[1] or types[0] not in ("String", "Number", "Boolean"):
        raise ConditionError(
            f"Condition {kind} compares values of unlike types: {left!r} ({types[0]}) and {right!r} ({types[1]})"
        )
    if types[0] == "Boolean" and comparison is not eq:
        raise ConditionError(f"Condition {kind} orders values, got {left!r} and {right!r} (Boolean)")
    return bool(comparison(left, right))


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "Boolean"
    if isinstance(value, (int, float)):
        return "Number"
    if isinstance(value, str):
        return "String"
    return "null" if value is None else "a document"
