"""Comparison operators of Choice rules: https://states-language.net/#choice-state."""

from typing import Any

import pytest

from local_aws.stepfunctions.language.choices import OPERATORS, compile_condition, wildcard_pattern
from local_aws.stepfunctions.language.documents import Environment, Scope
from local_aws.stepfunctions.language.errors import StatesError

DATA: dict[str, Any] = {
    "s": "b",
    "other": "b",
    "n": 5,
    "m": 5.0,
    "yes": True,
    "also": True,
    "null": None,
    "t": "2016-08-18T17:33:00Z",
    "same": "2016-08-18T19:33:00+02:00",
    "list": [],
}


def holds(rule: dict[str, Any]) -> bool:
    environment = Environment(DATA, DATA, {"Execution": {"Name": "run"}}, Scope(values={"v": 3}))
    return compile_condition(rule)(environment)


@pytest.mark.parametrize(
    ("variable", "operator", "operand", "expected"),
    [
        ("$.s", "StringEquals", "b", True),
        ("$.s", "StringEquals", "B", False),
        ("$.n", "StringEquals", "5", False),
        ("$.s", "StringEqualsPath", "$.other", True),
        ("$.s", "StringLessThan", "c", True),
        ("$.s", "StringLessThanPath", "$.other", False),
        ("$.s", "StringGreaterThan", "a", True),
        ("$.s", "StringGreaterThanPath", "$.other", False),
        ("$.s", "StringLessThanEquals", "b", True),
        ("$.s", "StringLessThanEqualsPath", "$.other", True),
        ("$.s", "StringGreaterThanEquals", "c", False),
        ("$.s", "StringGreaterThanEqualsPath", "$.other", True),
        ("$.s", "StringMatches", "*", True),
        ("$.n", "StringMatches", "*", False),
        ("$.n", "NumericEquals", 5.0, True),
        ("$.n", "NumericEqualsPath", "$.m", True),
        ("$.yes", "NumericEquals", 1, False),
        ("$.s", "NumericEquals", 5, False),
        ("$.n", "NumericLessThan", 6, True),
        ("$.n", "NumericLessThanPath", "$.m", False),
        ("$.n", "NumericGreaterThan", 4.9, True),
        ("$.n", "NumericGreaterThanPath", "$v", True),
        ("$.n", "NumericLessThanEquals", 5, True),
        ("$.n", "NumericLessThanEqualsPath", "$.m", True),
        ("$.n", "NumericGreaterThanEquals", 5.1, False),
        ("$.n", "NumericGreaterThanEqualsPath", "$.m", True),
        ("$.yes", "BooleanEquals", True, True),
        ("$.yes", "BooleanEquals", False, False),
        ("$.yes", "BooleanEqualsPath", "$.also", True),
        ("$.n", "BooleanEquals", True, False),
        ("$.t", "TimestampEquals", "2016-08-18T17:33:00.000Z", True),
        ("$.t", "TimestampEqualsPath", "$.same", True),
        ("$.t", "TimestampLessThan", "2016-08-18T17:33:01Z", True),
        ("$.t", "TimestampLessThanPath", "$.same", False),
        ("$.t", "TimestampGreaterThan", "2001-01-01T12:00:00Z", True),
        ("$.t", "TimestampGreaterThanPath", "$.same", False),
        ("$.t", "TimestampLessThanEquals", "2016-08-18T17:33:00Z", True),
        ("$.t", "TimestampLessThanEqualsPath", "$.same", True),
        ("$.t", "TimestampGreaterThanEquals", "2016-08-18T17:33:00Z", True),
        ("$.t", "TimestampGreaterThanEqualsPath", "$.same", True),
        ("$.s", "TimestampEquals", "2016-08-18T17:33:00Z", False),
        ("$.null", "IsNull", True, True),
        ("$.s", "IsNull", False, True),
        ("$.null", "IsPresent", True, True),
        ("$.nope", "IsPresent", False, True),
        ("$.nope.deep", "IsPresent", True, False),
        ("$.list[*]", "IsPresent", True, False),
        ("$.n", "IsNumeric", True, True),
        ("$.yes", "IsNumeric", True, False),
        ("$.s", "IsString", True, True),
        ("$.n", "IsString", False, True),
        ("$.yes", "IsBoolean", True, True),
        ("$.n", "IsBoolean", True, False),
        ("$.t", "IsTimestamp", True, True),
        ("$.s", "IsTimestamp", True, False),
        ("$$.Execution.Name", "StringEquals", "run", True),
        ("$v", "NumericEquals", 3, True),
    ],
)
def test_operators(variable: str, operator: str, operand: Any, expected: bool) -> None:
    assert holds({"Variable": variable, operator: operand}) is expected


def test_every_operator_of_the_language_is_known() -> None:
    kinds = {f"{kind}{name}" for kind in ("String", "Numeric", "Timestamp") for name in _ORDERS} | {"BooleanEquals"}
    tests = {"IsNull", "IsPresent", "IsNumeric", "IsString", "IsBoolean", "IsTimestamp", "StringMatches"}
    assert kinds | {f"{kind}Path" for kind in kinds} | tests == OPERATORS


_ORDERS = ("Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"And": [{"Variable": "$.n", "NumericEquals": 5}, {"Variable": "$.s", "StringEquals": "b"}]}, True),
        ({"And": [{"Variable": "$.n", "NumericEquals": 5}, {"Variable": "$.s", "StringEquals": "x"}]}, False),
        ({"Or": [{"Variable": "$.n", "NumericEquals": 6}, {"Variable": "$.s", "StringEquals": "b"}]}, True),
        ({"Or": [{"Variable": "$.n", "NumericEquals": 6}, {"Variable": "$.s", "StringEquals": "x"}]}, False),
        ({"Not": {"Variable": "$.n", "NumericEquals": 6}}, True),
        ({"Not": {"Or": [{"And": [{"Not": {"Variable": "$.n", "NumericEquals": 6}}]}]}}, False),
        # the first false part of And decides: the second would not resolve
        ({"And": [{"Variable": "$.nope", "IsPresent": True}, {"Variable": "$.nope", "NumericEquals": 5}]}, False),
    ],
)
def test_and_or_not(rule: dict[str, Any], expected: bool) -> None:
    assert holds(rule) is expected


@pytest.mark.parametrize(
    "rule", [{"Variable": "$.nope", "NumericEquals": 1}, {"Variable": "$.n", "NumericEqualsPath": "$.nope"}]
)
def test_a_variable_that_is_not_there(rule: dict[str, Any]) -> None:
    with pytest.raises(StatesError) as raised:
        holds(rule)
    assert raised.value.error == "States.Runtime"
    assert raised.value.terminal
    assert raised.value.cause == "Invalid path '$.nope': The choice state's condition path references an invalid value."


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("log-*.txt", "log-2024.txt", True),
        ("log-*.txt", "log-.txt", True),
        ("log-*.txt", "blog-1.txt", False),
        ("*.log", "a\nb.log", True),
        (r"a\*b", "a*b", True),
        (r"a\*b", "axb", False),
        (r"a\\b", "a\\b", True),
        ("a.b", "axb", False),
    ],
)
def test_wildcards(pattern: str, text: str, matches: bool) -> None:
    assert (wildcard_pattern(pattern).fullmatch(text) is not None) is matches
