"""Texts and numbers that stand in no request: in conditions, joined texts and what people read."""

from collections.abc import Iterator
from typing import Any

from constructs_lib.checks.conditions import walk
from constructs_lib.checks.json_values import json_problem
from constructs_lib.checks.rules import Steps, rule_of_steps
from constructs_lib.definitions.conditions import Comparison, Membership
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.steps.base import Step
from constructs_lib.definitions.steps.choice import ChoiceStep
from constructs_lib.definitions.steps.simple import FailStep
from constructs_lib.definitions.values import Join


@rule_of_steps
def plain_values_have_a_form_in_json(subject: Steps) -> Iterator[Problem]:
    """A NaN becomes nothing on its way to the service, and half of a character is refused there."""
    for step in subject.all_steps:
        for path, value in _plain_values(step):
            message = json_problem(value)
            if message is not None:
                yield Problem(step=step.name, path=path, message=message)


def _plain_values(step: Step) -> Iterator[tuple[str, Any]]:
    if step.comment is not None or step.display_name is not None:
        yield from (("comment", step.comment), ("display_name", step.display_name))
    if isinstance(step, FailStep):
        yield from (("error", step.error), ("cause", step.cause))
    for value in step.references:
        if isinstance(value, Join):
            yield from (("", part) for part in value.parts)
    if isinstance(step, ChoiceStep):
        for number, rule in enumerate(step.rules):
            for condition in walk(rule.condition):
                yield from ((f"rules[{number}].condition", operand) for operand in _operands(condition))


def _operands(condition: Any) -> tuple[Any, ...]:
    if isinstance(condition, Membership):
        return tuple(condition.options)
    return (condition.other,) if isinstance(condition, Comparison) else ()
