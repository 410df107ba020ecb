"""The rules of a Choice state, JSONPath form: comparisons, and And, Or, Not over them.

https://states-language.net/#choice-state
"""

import operator
import re
from collections.abc import Callable
from typing import Any

from attrs import frozen

from local_aws.stepfunctions.language.documents import Environment
from local_aws.stepfunctions.language.errors import runtime_error
from local_aws.stepfunctions.language.jsonpath import MissingPathError, Path, compile_path
from local_aws.stepfunctions.language.timestamps import parse_timestamp

Condition = Callable[[Environment], bool]
Comparison = Callable[[Any, Any], bool]

_ORDERS: dict[str, Comparison] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "GreaterThan": operator.gt,
    "LessThanEquals": operator.le,
    "GreaterThanEquals": operator.ge,
}
_WILDCARD_PART = re.compile(r"\\(.)|(\*)|([^\\*]+)", re.DOTALL)


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number (a boolean is none)."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _typed(convert: Callable[[Any], Any], compare: Comparison) -> Comparison:
    def decide(value: Any, other: Any) -> bool:
        left, right = convert(value), convert(other)
        return left is not None and right is not None and compare(left, right)

    return decide


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any) -> int | float | None:
    return value if is_number(value) else None


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


COMPARISONS: dict[str, Comparison] = {
    f"{kind}{name}": _typed(convert, compare)
    for kind, convert in (("String", _text), ("Numeric", _number), ("Timestamp", parse_timestamp))
    for name, compare in _ORDERS.items()
} | {"BooleanEquals": _typed(_boolean, operator.eq)}
"""Comparison operators by name; each has a ``...Path`` form too."""

TYPE_TESTS: dict[str, Callable[[Any], bool]] = {
    "IsNull": lambda value: value is None,
    "IsNumeric": is_number,
    "IsString": lambda value: isinstance(value, str),
    "IsBoolean": lambda value: isinstance(value, bool),
    "IsTimestamp": lambda value: parse_timestamp(value) is not None,
}
"""Tests of a value's type by name; `IsPresent` is one too, but needs no value."""

OPERATORS = frozenset(COMPARISONS) | {f"{name}Path" for name in COMPARISONS} | set(TYPE_TESTS)
OPERATORS |= {"IsPresent", "StringMatches"}
"""Every operator of a data-test expression."""


@frozen(kw_only=True)
class OperandKind:
    """What an operator compares with: for the check of a definition."""

    name: str

    def accepts(self, value: Any) -> bool:
        """Whether a constant is of the operator's kind."""
        if self.name.startswith("Is"):
            return isinstance(value, bool)
        if self.name.endswith("Path") or self.name.startswith("String"):
            return isinstance(value, str)
        if self.name.startswith("Numeric"):
            return is_number(value)
        if self.name.startswith("Boolean"):
            return isinstance(value, bool)
        return parse_timestamp(value) is not None


def wildcard_pattern(text: str) -> re.Pattern[str]:
    r"""The pattern of StringMatches: ``*`` is any characters, ``\*`` a star, ``\\`` a backslash."""
    parts = (".*" if match[2] else re.escape(match[1] or match[3]) for match in _WILDCARD_PART.finditer(text))
    return re.compile("".join(parts), re.DOTALL)


def compile_condition(rule: dict[str, Any]) -> Condition:
    """A rule (or a part of one) as a function of the environment.

    Raises:
        PathSyntaxError: a path of it cannot be read.
        KeyError: it has no operator.
    """
    if "And" in rule:
        parts = [compile_condition(part) for part in rule["And"]]
        return lambda environment: all(part(environment) for part in parts)
    if "Or" in rule:
        parts = [compile_condition(part) for part in rule["Or"]]
        return lambda environment: any(part(environment) for part in parts)
    if "Not" in rule:
        inner = compile_condition(rule["Not"])
        return lambda environment: not inner(environment)
    variable = compile_path(rule["Variable"])
    name = next(name for name in rule if name in OPERATORS)
    return _test(variable, name, rule[name])


def _test(variable: Path, name: str, operand: Any) -> Condition:
    if name == "IsPresent":
        return lambda environment: _is_present(environment, variable) is operand
    if name in TYPE_TESTS:
        test = TYPE_TESTS[name]
        return lambda environment: test(_read(environment, variable)) is operand
    if name == "StringMatches":
        pattern = wildcard_pattern(operand)
        return lambda environment: _matches(pattern, _read(environment, variable))
    if name.endswith("Path"):
        other = compile_path(operand)
        compare = COMPARISONS[name.removesuffix("Path")]
        return lambda environment: compare(_read(environment, variable), _read(environment, other))
    compare = COMPARISONS[name]
    return lambda environment: compare(_read(environment, variable), operand)


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_present(environment: Environment, path: Path) -> bool:
    try:
        found = environment.read(path)
    except MissingPathError:
        return False
    return path.definite or bool(found)


def _read(environment: Environment, path: Path) -> Any:
    try:
        return environment.read(path)
    except MissingPathError:
        raise runtime_error(
            f"Invalid path '{path.text}': The choice state's condition path references an invalid value."
        ) from None
