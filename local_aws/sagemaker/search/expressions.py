"""Search expressions: filters, nested filters and expressions in each other."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from operator import ge, gt, le, lt
from typing import Any

from local_aws.sagemaker.resource_names import validation_error
from local_aws.sagemaker.search.properties import values_at

_ORDERS: dict[str, Callable[[Any, Any], Any]] = {
    "GreaterThan": gt,
    "GreaterThanOrEqualTo": ge,
    "LessThan": lt,
    "LessThanOrEqualTo": le,
}
_WITHOUT_VALUE = frozenset({"Exists", "NotExists"})


def names_in(expression: Mapping[str, Any]) -> Iterator[str]:
    """Every property that an expression names."""
    for each in expression.get("Filters", ()):
        yield each["Name"]
    for nested in expression.get("NestedFilters", ()):
        yield nested["NestedPropertyName"]
        yield from (each["Name"] for each in nested["Filters"])
    for inner in expression.get("SubExpressions", ()):
        yield from names_in(inner)


def matches(record: Mapping[str, Any], expression: Mapping[str, Any]) -> bool:
    """Whether a record is one that an expression asks for; an empty one asks for all.

    Raises:
        AwsError: ``ValidationException``: a filter cannot be applied.
    """
    answers = [
        *(_passes(record, each) for each in expression.get("Filters", ())),
        *(_passes_nested(record, nested) for nested in expression.get("NestedFilters", ())),
        *(matches(record, inner) for inner in expression.get("SubExpressions", ())),
    ]
    either = bool(answers) and expression.get("Operator") == "Or"
    return any(answers) if either else all(answers)


def _passes_nested(record: Mapping[str, Any], nested: Mapping[str, Any]) -> bool:
    """Whether one and the same item of a list passes all filters; their names begin with that of the list."""
    name = nested["NestedPropertyName"]
    items = record.get(name, [])
    return any(
        all(_passes({name: item}, each) for each in nested["Filters"])
        for item in (items if isinstance(items, list) else [items])
    )


def _passes(record: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    found, operator = values_at(record, wanted["Name"]), str(wanted.get("Operator", "Equals"))
    if operator in _WITHOUT_VALUE:
        return bool(found) == (operator == "Exists")
    if "Value" not in wanted:
        raise validation_error(f"The filter on {wanted['Name']} needs a Value for the operator {operator}.")
    value = wanted["Value"]
    if operator == "NotEquals":
        return not any(_equal(each, value) for each in found)
    if operator == "Contains":
        return any(value in str(each) for each in found)
    if operator == "In":
        return any(_equal(each, part.strip()) for each in found for part in value.split(","))
    if operator == "Equals":
        return any(_equal(each, value) for each in found)
    return any(_in_order(each, value, wanted) for each in found)


def _equal(found: Any, value: str) -> bool:
    if isinstance(found, bool):
        return str(found).lower() == value.lower()
    if isinstance(found, datetime):
        return bool(found == _moment(value))
    number, other = _number(found), _number(value)
    return number == other if number is not None and other is not None else str(found) == value


def _in_order(found: Any, value: str, wanted: Mapping[str, Any]) -> bool:
    compare = _ORDERS[wanted["Operator"]]
    if isinstance(found, datetime):
        return bool(compare(found, _moment(value)))
    number, other = _number(found), _number(value)
    if other is None:
        raise validation_error(
            f"The operator {wanted['Operator']} on {wanted['Name']} takes a number or a time, got {value!r}."
        )
    return number is not None and bool(compare(number, other))


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def _moment(value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise validation_error(f"A time is written as 2026-01-31T12:00:00, got {value!r}.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
