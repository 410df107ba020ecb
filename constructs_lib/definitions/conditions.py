"""Conditions of a Choice: comparisons and tests of values that are known when the workflow runs.

Conditions are put together with ``&`` (and), ``|`` (or) and ``~`` (not):

    >>> accuracy = ExecutionInput("Accuracy", type="number")
    >>> good = greater_or_equal(accuracy, 0.9) & ~equal(ExecutionInput("Mode"), "dry run")
    >>> type(good).__name__
    'AllOf'
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Literal, NoReturn

from attrs import frozen

from constructs_lib.definitions.freezing import freeze_fields
from constructs_lib.definitions.values import ContextValue, ExecutionInput, Reference

Operator = Literal["Equals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals", "Matches"]
Comparable = Literal["string", "number", "boolean", "timestamp"]


class Condition(ABC):
    """Something that is true or not when the workflow runs."""

    __slots__ = ()

    @property
    @abstractmethod
    def values(self) -> Any:
        """Everything in the condition that may hold references."""

    def __and__(self, other: "Condition") -> "AllOf":
        return AllOf((*_parts(self, AllOf), *_parts(other, AllOf)))

    def __or__(self, other: "Condition") -> "AnyOf":
        return AnyOf((*_parts(self, AnyOf), *_parts(other, AnyOf)))

    def __invert__(self) -> "Not":
        return Not(self)

    def __bool__(self) -> NoReturn:
        raise TypeError("a condition is known only when the workflow runs: use &, | and ~ for and, or and not")


def _parts(condition: Condition, kind: type) -> tuple[Condition, ...]:
    return tuple(condition.parts) if isinstance(condition, AllOf | AnyOf) and type(condition) is kind else (condition,)


@frozen
class Comparison(Condition):
    """A value compared with another; made by `equal`, `less_than` and the like.

    Attributes:
        value: an execution input, a step's output, or an item of a Map.
        operator: as the Amazon States Language calls it.
        other: a plain value, or another reference.
        type: what both are; None to take it from them.
    """

    value: Reference
    operator: Operator
    other: str | float | bool | Reference
    type: Comparable | None = None

    @property
    def compared_as(self) -> Comparable:
        """What both are compared as: as said, else as the plain value or a declared input tells, else as texts."""
        if self.type is not None:
            return self.type
        if isinstance(self.other, bool):
            return "boolean"
        if isinstance(self.other, int | float):
            return "number"
        for value in (self.value, self.other):
            kind = value.type if isinstance(value, ExecutionInput | ContextValue) else "string"
            if kind in ("integer", "number", "boolean"):
                return "boolean" if kind == "boolean" else "number"
        return "string"

    @property
    def values(self) -> Any:
        """Everything in the condition that may hold references."""
        return (self.value, self.other)


@frozen
class TypeTest(Condition):
    """What a value is; made by `is_present` and the like.

    Attributes:
        value: an execution input, a step's output, or an item of a Map.
        name: as the Amazon States Language calls it.
    """

    value: Reference
    name: Literal["IsPresent", "IsNull", "IsString", "IsNumeric", "IsBoolean", "IsTimestamp"]

    @property
    def values(self) -> Any:
        """Everything in the condition that may hold references."""
        return (self.value,)


@frozen(field_transformer=freeze_fields)
class AllOf(Condition):
    """True if all of its parts are; ``a & b``."""

    parts: Sequence[Condition]

    @property
    def values(self) -> Any:
        """Everything in the condition that may hold references."""
        return tuple(part.values for part in self.parts if isinstance(part, Condition))


@frozen(field_transformer=freeze_fields)
class AnyOf(Condition):
    """True if one of its parts is; ``a | b``."""

    parts: Sequence[Condition]

    @property
    def values(self) -> Any:
        """Everything in the condition that may hold references."""
        return tuple(part.values for part in self.parts if isinstance(part, Condition))


@frozen
class Not(Condition):
    """True if its part is not; ``~a``."""

    part: Condition

    @property
    def values(self) -> Any:
        """Everything in the condition that may hold references."""
        return self.part.values if isinstance(self.part, Condition) else ()


@frozen(field_transformer=freeze_fields)
class Membership(Condition):
    """Whether a value is one of several; made by `is_in`.

    Attributes:
        value: an execution input, a step's output, or an item of a Map.
        options: plain values, or other references.
        type: what all of them are; None to take it from them.
    """

    value: Reference
    options: Sequence[str | float | bool | Reference]
    type: Comparable | None = None

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """The comparisons of which one must be true."""
        return tuple(Comparison(self.value, "Equals", option, self.type) for option in self.options)

    @property
    def values(self) -> Any:
        """Everything in the condition that may hold references."""
        return (self.value, *self.options)


def equal(value: Reference, other: str | float | bool | Reference, *, type: Comparable | None = None) -> Comparison:  # noqa: A002 - as in ExecutionInput
    """Whether two values are the same.

    Args:
        value: an execution input, a step's output, or an item of a Map.
        other: a plain value, or another such reference.
        type: what both are. Default: what is known of them.
    """
    return Comparison(value, "Equals", other, type)


def less_than(value: Reference, other: str | float | Reference, *, type: Comparable | None = None) -> Comparison:  # noqa: A002 - as above
    """Whether a value is below another; texts are compared letter by letter. Arguments as of `equal`."""
    return Comparison(value, "LessThan", other, type)


def less_or_equal(value: Reference, other: str | float | Reference, *, type: Comparable | None = None) -> Comparison:  # noqa: A002 - as above
    """Whether a value is at most another. Arguments as of `equal`."""
    return Comparison(value, "LessThanEquals", other, type)


def greater_than(value: Reference, other: str | float | Reference, *, type: Comparable | None = None) -> Comparison:  # noqa: A002 - as above
    """Whether a value is above another. Arguments as of `equal`."""
    return Comparison(value, "GreaterThan", other, type)


def greater_or_equal(value: Reference, other: str | float | Reference, *, type: Comparable | None = None) -> Comparison:  # noqa: A002 - as above
    """Whether a value is at least another. Arguments as of `equal`."""
    return Comparison(value, "GreaterThanEquals", other, type)


def matches(value: Reference, pattern: str) -> Comparison:
    r"""Whether a text fits a pattern, in which ``*`` stands for any text and ``\\*`` for a star."""
    return Comparison(value, "Matches", pattern, "string")


def is_in(
    value: Reference,
    options: Sequence[str | float | bool | Reference],
    *,
    type: Comparable | None = None,  # noqa: A002 - as above
) -> Membership:
    """Whether a value is one of several. Arguments as of `equal`; at least one option."""
    return Membership(value, options, type)


def is_present(value: Reference) -> TypeTest:
    """Whether an execution input was given, or a step's output has the member."""
    return TypeTest(value, "IsPresent")


def is_null(value: Reference) -> TypeTest:
    """Whether a value is JSON's null."""
    return TypeTest(value, "IsNull")


def is_text(value: Reference) -> TypeTest:
    """Whether a value is a text."""
    return TypeTest(value, "IsString")


def is_number(value: Reference) -> TypeTest:
    """Whether a value is a number."""
    return TypeTest(value, "IsNumeric")


def is_boolean(value: Reference) -> TypeTest:
    """Whether a value is true or false."""
    return TypeTest(value, "IsBoolean")


def is_timestamp(value: Reference) -> TypeTest:
    """Whether a value is a text with a time in ISO 8601."""
    return TypeTest(value, "IsTimestamp")
