"""The conditions of a Choice."""

from collections.abc import Iterator
from datetime import datetime

from constructs_lib.checks.reference_types import value_type
from constructs_lib.checks.rules import Subject, rule
from constructs_lib.checks.wording import shown
from constructs_lib.definitions.conditions import AllOf, AnyOf, Comparison, Condition, Membership, Not, TypeTest
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.steps.base import Step
from constructs_lib.definitions.steps.choice import ChoiceStep
from constructs_lib.definitions.tokens import is_token
from constructs_lib.definitions.values import (
    ContextValue,
    ExecutionInput,
    MapIndex,
    MapItem,
    Reference,
    StepOutput,
)

_READABLE = ExecutionInput | StepOutput | ContextValue | MapItem | MapIndex
_KINDS = {"string": (str,), "number": (int, float), "boolean": (bool,), "timestamp": (str,)}
_ACCEPTED = {
    "string": {"string"},
    "number": {"integer", "number"},
    "boolean": {"boolean"},
    "timestamp": {"string"},
}


@rule
def conditions_look_at_values_of_the_execution(subject: Subject) -> Iterator[Problem]:
    """A Choice takes paths: it cannot put a text together, or look at what is known already."""
    for step, path, condition in _conditions(subject):
        if isinstance(condition, AllOf | AnyOf):
            if not condition.parts:
                yield Problem(step=step.name, path=path, message="got no conditions, expected at least one")
        elif isinstance(condition, Membership):
            if not condition.options:
                yield Problem(step=step.name, path=path, message="got no options, expected at least one")
        elif isinstance(condition, Comparison | TypeTest):
            other = condition.other if isinstance(condition, Comparison) else None
            looked_at = [condition.value, *([other] if isinstance(other, Reference) else [])]
            for value in looked_at:
                if not isinstance(value, _READABLE):
                    message = f"got {shown(value)}, expected an execution input, a step's output or an item of a Map"
                    yield Problem(step=step.name, path=path, message=message)
        elif not isinstance(condition, Not):
            message = f"got {shown(condition)}, expected a condition such as equal(...)"
            yield Problem(step=step.name, path=path, message=message)


@rule
def comparisons_compare_like_with_like(subject: Subject) -> Iterator[Problem]:
    """A comparison of two types is never true, and the Choice falls through without a word."""
    for step, path, found in _conditions(subject):
        if not isinstance(found, Comparison):
            continue
        kind = found.compared_as
        for value in (found.value, found.other):
            if isinstance(value, _READABLE):
                known = value_type(value, subject)
                if known not in (None, "document") and known not in _ACCEPTED[kind]:
                    message = f"compares {shown(value)}, a {known}, as a {kind}; say type= what both are"
                    yield Problem(step=step.name, path=path, message=message)
            elif not isinstance(value, Reference) and not is_token(value) and not _is_of(value, kind):
                yield Problem(step=step.name, path=path, message=f"got {shown(value)}, expected a {kind}")
        if kind == "boolean" and found.operator != "Equals":
            message = f"got {found.operator} of true and false, expected equal"
            yield Problem(step=step.name, path=path, message=message)
        if found.operator == "Matches" and not isinstance(found.other, str):
            yield Problem(step=step.name, path=path, message=f"got {shown(found.other)}, expected a plain pattern")


def _is_of(value: object, kind: str) -> bool:
    if not isinstance(value, _KINDS[kind]) or (isinstance(value, bool) and kind != "boolean"):
        return False
    if kind != "timestamp":
        return True
    try:
        return datetime.fromisoformat(str(value)).tzinfo is not None
    except ValueError:
        return False


def _conditions(subject: Subject) -> Iterator[tuple[Step, str, Condition]]:
    for step in subject.all_steps:
        for number, found in enumerate(step.rules if isinstance(step, ChoiceStep) else ()):
            for condition in walk(found.condition):
                yield step, f"rules[{number}].condition", condition
                for comparison in condition.comparisons if isinstance(condition, Membership) else ():
                    yield step, f"rules[{number}].condition", comparison


def walk(condition: Condition) -> Iterator[Condition]:
    """A condition, and those that it is made of."""
    waiting = [condition]
    while waiting:
        found = waiting.pop(0)
        yield found
        if isinstance(found, AllOf | AnyOf):
            waiting += found.parts
        elif isinstance(found, Not):
            waiting.append(found.part)
