"""Every condition operator, the set qualifiers, and what a missing key means."""

from typing import Any

import pytest

from local_aws.iam.conditions import compile_conditions

KEYS: dict[str, str | tuple[str, ...]] = {
    "aws:username": "Ann",
    "aws:currenttime": "2026-11-20T12:00:00Z",
    "aws:epochtime": "1795176000",
    "aws:sourceip": "127.0.0.1",
    "aws:securetransport": "true",
    "aws:sourcearn": "arn:aws:events:us-east-1:1:rule/r",
    "s3:max-keys": "10",
    "aws:tagkeys": ("team", "cost"),
    "k:binary": "aGk=",
}


@pytest.mark.parametrize(
    ("operator", "key", "value", "holds"),
    [
        ("StringEquals", "aws:username", "Ann", True),
        ("StringEquals", "aws:username", ["x", "Ann"], True),
        ("StringEquals", "aws:username", "ann", False),
        ("StringEquals", "aws:username", "A*", False),
        ("StringEquals", "aws:username", "${aws:UserName}", True),
        ("StringNotEquals", "aws:username", ["x", "Ann"], False),
        ("StringNotEquals", "aws:username", ["x", "y"], True),
        ("StringEqualsIgnoreCase", "aws:username", "ANN", True),
        ("StringNotEqualsIgnoreCase", "aws:username", "ANN", False),
        ("StringLike", "aws:username", "A?n", True),
        ("StringNotLike", "aws:username", "A*", False),
        ("NumericEquals", "s3:max-keys", "10", True),
        ("NumericNotEquals", "s3:max-keys", 11, True),
        ("NumericLessThan", "s3:max-keys", 11, True),
        ("NumericLessThan", "s3:max-keys", 10, False),
        ("NumericLessThanEquals", "s3:max-keys", 10, True),
        ("NumericGreaterThan", "s3:max-keys", 9, True),
        ("NumericGreaterThanEquals", "s3:max-keys", "10.5", False),
        ("NumericEquals", "aws:username", 1, False),
        ("DateLessThan", "aws:currenttime", "2027-01-01T00:00:00Z", True),
        ("DateGreaterThan", "aws:currenttime", "2027-01-01", False),
        ("DateGreaterThanEquals", "aws:epochtime", "2026-11-20T12:00:00Z", True),
        ("DateLessThanEquals", "aws:epochtime", "2026-11-20T12:00:00Z", True),
        ("DateEquals", "aws:currenttime", "1795176000", True),
        ("DateNotEquals", "aws:currenttime", "1795176000", False),
        ("DateEquals", "aws:username", "2027-01-01", False),
        ("Bool", "aws:securetransport", True, True),
        ("Bool", "aws:securetransport", "false", False),
        ("BinaryEquals", "k:binary", "aGk=", True),
        ("BinaryEquals", "k:binary", "no base64!", False),
        ("IpAddress", "aws:sourceip", "127.0.0.0/8", True),
        ("NotIpAddress", "aws:sourceip", ["10.0.0.0/8", "127.0.0.1"], False),
        ("IpAddress", "aws:sourceip", "nonsense", False),
        ("ArnEquals", "aws:sourcearn", "arn:aws:events:*:1:rule/*", True),
        ("ArnLike", "aws:sourcearn", "arn:aws:events:*:2:rule/*", False),
        ("ArnNotEquals", "aws:sourcearn", "arn:aws:events:*:2:rule/*", True),
        ("ArnNotLike", "aws:sourcearn", "arn:aws:events:*:1:rule/*", False),
        ("Null", "aws:absent", "true", True),
        ("Null", "aws:absent", False, False),
        ("Null", "aws:username", "false", True),
        ("stringequals", "AWS:UserName", "Ann", True),
    ],
)
def test_operators(operator: str, key: str, value: Any, holds: bool) -> None:
    (condition,) = compile_conditions({operator: {key: value}})
    assert condition.holds(KEYS) is holds


@pytest.mark.parametrize(
    ("operator", "holds"),
    [
        ("StringEquals", False),
        ("StringNotEquals", True),
        ("StringEqualsIfExists", True),
        ("StringNotEqualsIfExists", True),
        ("ForAllValues:StringEquals", True),
        ("ForAnyValue:StringEquals", False),
        ("ForAnyValue:StringNotEquals", False),
    ],
)
def test_a_missing_key(operator: str, holds: bool) -> None:
    (condition,) = compile_conditions({operator: {"aws:absent": "x"}})
    assert condition.holds(KEYS) is holds


@pytest.mark.parametrize(
    ("operator", "value", "holds"),
    [
        ("ForAllValues:StringEquals", ["team", "cost", "other"], True),
        ("ForAllValues:StringEquals", ["team"], False),
        ("ForAnyValue:StringEquals", ["team"], True),
        ("ForAnyValue:StringEquals", ["other"], False),
        ("ForAllValues:StringNotEquals", ["other"], True),
        ("ForAllValues:StringNotEquals", ["team"], False),
        ("ForAnyValue:StringNotEquals", ["team"], True),
        ("StringEquals", "team", True),
        ("StringNotEquals", "team", False),
    ],
)
def test_several_values(operator: str, value: Any, holds: bool) -> None:
    (condition,) = compile_conditions({operator: {"aws:TagKeys": value}})
    assert condition.holds(KEYS) is holds


def test_all_conditions_of_a_block_are_read() -> None:
    block = {"StringEquals": {"a:b": "1", "a:c": "2"}, "Bool": {"a:d": "true"}}
    assert [condition.key for condition in compile_conditions(block)] == ["a:b", "a:c", "a:d"]


def test_an_unknown_operator_is_an_error() -> None:
    with pytest.raises(ValueError, match="condition operator StringSounds is not one of the policy language"):
        compile_conditions({"StringSounds": {"a:b": "1"}})
