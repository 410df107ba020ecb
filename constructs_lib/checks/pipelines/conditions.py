"""The conditions of a Condition step."""

from collections.abc import Iterator

from constructs_lib.checks.conditions import walk
from constructs_lib.checks.pipelines.rules import PipelineSubject, pipeline_rule
from constructs_lib.checks.reference_types import value_type
from constructs_lib.checks.wording import shown
from constructs_lib.definitions.conditions import AllOf, AnyOf, Comparison, Condition, Membership, Not, TypeTest
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.steps.base import Step
from constructs_lib.definitions.steps.choice import ChoiceStep
from constructs_lib.definitions.values import Reference

_FAMILIES = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean"}


@pipeline_rule
def conditions_are_conditions(subject: PipelineSubject) -> Iterator[Problem]:
    """What has no parts is neither true nor false."""
    for step, path, found in _conditions(subject):
        if isinstance(found, AllOf | AnyOf) and not found.parts:
            yield Problem(step=step.name, path=path, message="got no conditions, expected at least one")
        elif isinstance(found, Membership) and not found.options:
            yield Problem(step=step.name, path=path, message="got no options, expected at least one")
        elif not isinstance(found, AllOf | AnyOf | Comparison | Membership | Not | TypeTest):
            message = f"got {shown(found)}, expected a condition such as equal(...)"
            yield Problem(step=step.name, path=path, message=message)


@pipeline_rule
def comparisons_compare_like_with_like(subject: PipelineSubject) -> Iterator[Problem]:
    """A comparison of a text with a number fails the step when it is reached."""
    for step, path, found in _conditions(subject):
        if isinstance(found, Comparison):
            compared: tuple[object, ...] = (found.value, found.other)
        elif isinstance(found, Membership):
            compared = (found.value, *found.options)
        else:
            continue
        named = ((value_family(value, subject), value) for value in reversed(compared))
        families = {family: value for family, value in named if family is not None}
        if len(families) > 1:
            listed = ", ".join(f"{shown(value)}, a {family}" for family, value in sorted(families.items()))
            yield Problem(step=step.name, path=path, message=f"compares values of unlike types: {listed}")
        elif "boolean" in families and isinstance(found, Comparison) and found.operator != "Equals":
            yield Problem(step=step.name, path=path, message=f"got {found.operator} of true and false, expected equal")


def value_family(value: object, subject: PipelineSubject) -> str | None:
    """Whether a value is a string, a number or a boolean; None where that is not known."""
    if isinstance(value, Reference):
        return _FAMILIES.get(value_type(value, subject) or "")
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else "string" if isinstance(value, str) else None


def _conditions(subject: PipelineSubject) -> Iterator[tuple[Step, str, Condition]]:
    for step in subject.all_steps:
        for number, found in enumerate(step.rules if isinstance(step, ChoiceStep) else ()):
            for condition in walk(found.condition):
                yield step, f"rules[{number}].condition", condition
