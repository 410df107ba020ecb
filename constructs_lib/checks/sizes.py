"""How large data and definitions may be."""

from collections.abc import Iterator
from typing import Any

from constructs_lib.checks.rules import Subject, rule
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.freezing import JSON_FORM
from constructs_lib.definitions.steps.base import Step, TaskStep
from constructs_lib.definitions.steps.branches import IteratingStep
from constructs_lib.definitions.steps.hand_written import StateStep
from constructs_lib.definitions.steps.simple import PassStep
from constructs_lib.definitions.values import Reference

_MOST_OF_A_STATE = 256 * 1024
_MOST_OF_A_DEFINITION = 1024 * 1024


@rule
def plain_values_fit(subject: Subject) -> Iterator[Problem]:
    """A state's data has at most 256 KiB, and a definition 1 MiB; what is known at run time only comes on top."""
    total = 0
    for step in subject.all_steps:
        size = _size(_written(step))
        total += size
        if size > _MOST_OF_A_STATE:
            yield Problem(step=step.name, message=_too_large(size, _MOST_OF_A_STATE))
    if total > _MOST_OF_A_DEFINITION:
        yield Problem(path="steps", message=_too_large(total, _MOST_OF_A_DEFINITION))


def _too_large(size: int, most: int) -> str:
    return f"got {size} bytes of plain values, expected at most {most}: put them into S3"


def _written(step: Step) -> Any:
    """What of a step is written into the definition as it is."""
    if isinstance(step, TaskStep):
        return step.request
    if isinstance(step, StateStep):
        return step.state
    if isinstance(step, PassStep):
        return step.given
    return step.listed_items if isinstance(step, IteratingStep) else None


def _size(value: Any) -> int:
    """The bytes of all texts in a value; a reference has none yet."""
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode(errors="surrogatepass"))
    if isinstance(value, Reference):
        return 0
    form = JSON_FORM[type(value)]
    if form is dict:
        return sum(len(key) + _size(member) for key, member in value.items() if isinstance(key, str))
    if form is list:
        return sum(map(_size, value))
    return 1
