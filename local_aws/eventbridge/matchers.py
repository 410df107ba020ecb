"""What a single value of an event is compared with."""

import ipaddress
import operator
from collections.abc import Callable
from typing import Any, Final

Matcher = Callable[[Any], bool]

_NUMERIC_LIMIT = 5e9
_LOWER: dict[str, Callable[[Any, Any], bool]] = {">": operator.gt, ">=": operator.ge}
_UPPER: dict[str, Callable[[Any, Any], bool]] = {"<": operator.lt, "<=": operator.le}


class _Absent:
    """The value of a member that an event does not have."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()


class InvalidPatternError(Exception):
    """A pattern that EventBridge does not take; the message is its reason."""


def is_matcher(value: dict[str, Any]) -> bool:
    """Whether an object is a content filter such as ``{"prefix": "a"}``, not an object of fields."""
    return len(value) == 1 and next(iter(value)) in _KINDS


def matcher(value: Any) -> Matcher:
    """The comparison that one element of a pattern's array means.

    Raises:
        InvalidPatternError: it means none.
    """
    if isinstance(value, list):
        raise InvalidPatternError("Match value must be String, number, true, false, or null")
    if not isinstance(value, dict):
        return _equal(value)
    if len(value) != 1:
        raise InvalidPatternError("Only one key allowed in match expression" if value else "Empty match expression")
    kind, operand = next(iter(value.items()))
    make = _KINDS.get(kind)
    if make is None:
        raise InvalidPatternError(f"Unrecognized match type {kind}")
    return make(operand)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _equal(expected: Any) -> Matcher:
    if _is_number(expected):
        return lambda value: _is_number(value) and value == expected
    return lambda value: type(value) is type(expected) and value == expected


def _text(kind: str, operand: Any) -> str:
    if not isinstance(operand, str):
        raise InvalidPatternError(f"{kind} match pattern must be a string")
    return operand


def _prefix(operand: Any) -> Matcher:
    return _affix("prefix", operand, str.startswith)


def _suffix(operand: Any) -> Matcher:
    return _affix("suffix", operand, str.endswith)


def _affix(kind: str, operand: Any, test: Callable[[str, str], bool]) -> Matcher:
    if isinstance(operand, dict):
        if set(operand) != {"equals-ignore-case"}:
            raise InvalidPatternError(f"Unsupported {kind} match: {', '.join(operand)}")
        folded = _text("equals-ignore-case", operand["equals-ignore-case"]).lower()
        return lambda value: isinstance(value, str) and test(value.lower(), folded)
    expected = _text(kind, operand)
    return lambda value: isinstance(value, str) and test(value, expected)


def _ignore_case(operand: Any) -> Matcher:
    expected = _text("equals-ignore-case", operand).lower()
    return lambda value: isinstance(value, str) and value.lower() == expected


def _exists(operand: Any) -> Matcher:
    if not isinstance(operand, bool):
        raise InvalidPatternError("exists match pattern must be either true or false.")
    return lambda value: (value is not ABSENT) is operand


def _wildcard(operand: Any) -> Matcher:
    r"""``*`` stands for any characters, ``\*`` and ``\\`` for themselves."""
    text = _text("wildcard", operand)
    parts = [""]
    position = 0
    while position < len(text):
        character = text[position]
        if character == "\\":
            position += 1
            if position == len(text) or text[position] not in "*\\":
                raise InvalidPatternError(f"Invalid escape character at pos {position - 1}")
            parts[-1] += text[position]
        elif character == "*":
            if position > 0 and parts[-1] == "" and len(parts) > 1:
                raise InvalidPatternError(f"Consecutive wildcard characters at pos {position - 1}")
            parts.append("")
        else:
            parts[-1] += character
        position += 1
    return lambda value: isinstance(value, str) and _has_parts(value, parts)


def _has_parts(value: str, parts: list[str]) -> bool:
    """Whether a text consists of these parts with anything in between; each part is looked for once."""
    if len(parts) == 1:
        return value == parts[0]
    first, *middle, last = parts
    if not value.startswith(first) or not value.endswith(last) or len(value) < len(first) + len(last):
        return False
    position, end = len(first), len(value) - len(last)
    for part in middle:
        found = value.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True


def _cidr(operand: Any) -> Matcher:
    text = _text("cidr", operand)
    if text.count("/") != 1:
        raise InvalidPatternError("Malformed CIDR, one '/' required")
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise InvalidPatternError(f"Malformed CIDR: {error}") from error

    def matches(value: Any) -> bool:
        if not isinstance(value, str):
            return False
        try:
            return ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return matches


def _numeric(operand: Any) -> Matcher:
    if not isinstance(operand, list) or not operand:
        raise InvalidPatternError("Value of numeric must be an array.")
    tests: list[tuple[Callable[[Any, Any], bool], float]] = []
    allowed: dict[str, Callable[[Any, Any], bool]] = {"=": operator.eq, **_LOWER, **_UPPER}
    for position in range(0, len(operand), 2):
        sign = operand[position]
        if not isinstance(sign, str):
            raise InvalidPatternError("Invalid member in numeric match: expected an operator")
        if sign not in allowed:
            known = sign in {"=", *_LOWER, *_UPPER}
            raise InvalidPatternError(
                f"Bad numeric range operator: {sign}" if known else f"Unrecognized numeric range operator: {sign}"
            )
        number: Any = operand[position + 1] if position + 1 < len(operand) else None
        if not _is_number(number):
            name = "equals" if sign == "=" else sign
            raise InvalidPatternError(f"Value of {name} must be numeric")
        if not -_NUMERIC_LIMIT <= number <= _NUMERIC_LIMIT:
            raise InvalidPatternError(f"Value must be between {-_NUMERIC_LIMIT} and {_NUMERIC_LIMIT}, inclusive")
        tests.append((allowed[sign], number))
        # a lower bound may be followed by an upper one, and nothing else by anything
        allowed = _UPPER if sign in _LOWER and position == 0 else {}
        if not allowed and position + 2 < len(operand):
            following = operand[position + 2]
            reason = "Bad numeric range operator: " if isinstance(following, str) else "Too many elements in numeric: "
            raise InvalidPatternError(f"{reason}{following}")
    if len(tests) == 2 and tests[0][1] >= tests[1][1]:
        raise InvalidPatternError("Bottom must be less than top")
    return lambda value: _is_number(value) and all(test(value, number) for test, number in tests)


def _anything_but(operand: Any) -> Matcher:
    """Every value but these; a member that is absent is no value."""
    if isinstance(operand, dict):
        if len(operand) != 1 or (kind := next(iter(operand))) not in _NEGATED:
            raise InvalidPatternError(f"Unsupported anything-but pattern: {', '.join(map(str, operand))}")
        inner = operand[kind]
        values = inner if isinstance(inner, list) else [inner]
        if not values:
            raise InvalidPatternError("Empty arrays are not allowed")
        if not all(isinstance(value, str) for value in values):
            raise InvalidPatternError(f"Inside anything-but/{kind} list, number|start|null|boolean is not supported.")
        if "" in values and kind in {"prefix", "suffix"}:
            raise InvalidPatternError(f"Null or empty {kind} not allowed in anything-but")
        excluded = [_NEGATED[kind](value) for value in values]
    else:
        values = operand if isinstance(operand, list) else [operand]
        if not values:
            raise InvalidPatternError("Empty arrays are not allowed")
        numbers = [_is_number(value) for value in values]
        if not all(numbers) and not all(isinstance(value, str) for value in values):
            raise InvalidPatternError(
                "Inside anything but list, either all values are number or string, mixed type is not supported"
            )
        excluded = [_equal(value) for value in values]
    return lambda value: value is not ABSENT and not any(one(value) for one in excluded)


_NEGATED: dict[str, Callable[[Any], Matcher]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "wildcard": _wildcard,
    "equals-ignore-case": _ignore_case,
}

_KINDS: dict[str, Callable[[Any], Matcher]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "anything-but": _anything_but,
    "numeric": _numeric,
    "exists": _exists,
    "cidr": _cidr,
    "wildcard": _wildcard,
    "equals-ignore-case": _ignore_case,
}
