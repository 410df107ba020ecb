"""Conditions of policy statements: operators, set qualifiers, and what a missing key means."""

import base64
import binascii
import ipaddress
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from attrs import frozen

from local_aws.iam.patterns import UNTOLD, Keys, arn_matches, matches

Test = Callable[[str, str, Keys], bool]
Qualifier = Literal["", "forallvalues", "foranyvalue"]


def _number(compare: Callable[[float, float], bool]) -> Test:
    def test(wanted: str, got: str, keys: Keys) -> bool:  # noqa: ARG001 - numbers carry no variables
        try:
            return compare(float(got), float(wanted))
        except ValueError:
            return False

    return test


def _date(compare: Callable[[float, float], bool]) -> Test:
    def test(wanted: str, got: str, keys: Keys) -> bool:  # noqa: ARG001 - dates carry no variables
        try:
            return compare(_seconds(got), _seconds(wanted))
        except ValueError:
            return False

    return test


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _string_equals(wanted: str, got: str, keys: Keys) -> bool:
    if "${" not in wanted:
        return wanted == got
    return matches(wanted, got, keys, wildcards=False)


def _string_equals_ignoring_case(wanted: str, got: str, keys: Keys) -> bool:
    return _string_equals(wanted.lower(), got.lower(), keys)


def _same_bytes(wanted: str, got: str, keys: Keys) -> bool:  # noqa: ARG001 - binary carries no variables
    try:
        return base64.b64decode(wanted, validate=True) == base64.b64decode(got, validate=True)
    except binascii.Error:
        return False


def _same_bool(wanted: str, got: str, keys: Keys) -> bool:  # noqa: ARG001 - true and false carry no variables
    return wanted.lower() == got.lower()


def _in_network(wanted: str, got: str, keys: Keys) -> bool:  # noqa: ARG001 - networks carry no variables
    try:
        return ipaddress.ip_address(got) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


# operator -> (test of one value, whether the operator is a negation)
_OPERATORS: dict[str, tuple[Test, bool]] = {
    "stringequals": (_string_equals, False),
    "stringnotequals": (_string_equals, True),
    "stringequalsignorecase": (_string_equals_ignoring_case, False),
    "stringnotequalsignorecase": (_string_equals_ignoring_case, True),
    "stringlike": (matches, False),
    "stringnotlike": (matches, True),
    "arnequals": (arn_matches, False),
    "arnlike": (arn_matches, False),
    "arnnotequals": (arn_matches, True),
    "arnnotlike": (arn_matches, True),
    "numericequals": (_number(lambda got, wanted: got == wanted), False),
    "numericnotequals": (_number(lambda got, wanted: got == wanted), True),
    "numericlessthan": (_number(lambda got, wanted: got < wanted), False),
    "numericlessthanequals": (_number(lambda got, wanted: got <= wanted), False),
    "numericgreaterthan": (_number(lambda got, wanted: got > wanted), False),
    "numericgreaterthanequals": (_number(lambda got, wanted: got >= wanted), False),
    "dateequals": (_date(lambda got, wanted: got == wanted), False),
    "datenotequals": (_date(lambda got, wanted: got == wanted), True),
    "datelessthan": (_date(lambda got, wanted: got < wanted), False),
    "datelessthanequals": (_date(lambda got, wanted: got <= wanted), False),
    "dategreaterthan": (_date(lambda got, wanted: got > wanted), False),
    "dategreaterthanequals": (_date(lambda got, wanted: got >= wanted), False),
    "bool": (_same_bool, False),
    "binaryequals": (_same_bytes, False),
    "ipaddress": (_in_network, False),
    "notipaddress": (_in_network, True),
}


@frozen
class Condition:
    """One operator on one key with the values it is compared with.

    Attributes:
        key: lower-case name of the condition key.
        values: what the policy lists; one of them suffices (none of them, for a negation).
        test: compares one listed value with one of the request.
        negated: the operator is a negation such as ``StringNotEquals``.
        qualifier: ``forallvalues``, ``foranyvalue`` or nothing.
        if_exists: a missing key satisfies the condition.
        null: the operator is ``Null``: only the key's absence is looked at.
    """

    key: str
    values: tuple[str, ...]
    test: Test
    negated: bool
    qualifier: Qualifier
    if_exists: bool
    null: bool

    def holds(self, keys: Keys) -> bool:
        """Whether the request's keys satisfy the condition."""
        found = keys.get(self.key)
        if found == UNTOLD:
            return True
        if self.null:
            return (found is None or found == ()) == (self.values == ("true",))
        got = (found,) if isinstance(found, str) else (found or ())
        if not got:
            if self.qualifier == "forallvalues":
                return True
            if self.qualifier == "foranyvalue":
                return False
            return self.if_exists or self.negated
        # several values without a qualifier: one that matches suffices, one that matches spoils a negation
        every = self.qualifier == "forallvalues" or (self.qualifier == "" and self.negated)
        return (all if every else any)(self._one(value, keys) for value in got)

    def _one(self, value: str, keys: Keys) -> bool:
        return any(self.test(wanted, value, keys) for wanted in self.values) != self.negated


def compile_conditions(block: Mapping[str, Mapping[str, Any]]) -> tuple[Condition, ...]:
    """Reads a statement's ``Condition`` block.

    Raises:
        ValueError: an operator that the policy language does not have.
    """
    return tuple(
        _compile(operator, key, value) for operator, comparisons in block.items() for key, value in comparisons.items()
    )


def _compile(operator: str, key: str, value: Any) -> Condition:
    name = operator.lower()
    qualifier: Qualifier = ""
    if name.startswith("forallvalues:"):
        qualifier, name = "forallvalues", name[13:]
    elif name.startswith("foranyvalue:"):
        qualifier, name = "foranyvalue", name[12:]
    if_exists = name.endswith("ifexists")
    name = name.removesuffix("ifexists")
    null = name == "null"
    if not null and name not in _OPERATORS:
        raise ValueError(f"condition operator {operator} is not one of the policy language")
    test, negated = (matches, False) if null else _OPERATORS[name]
    values = tuple(_text(item) for item in (value if isinstance(value, list) else [value]))
    return Condition(key.lower(), values, test, negated, qualifier, if_exists, null)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
