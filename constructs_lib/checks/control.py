"""Wait, Map and Pass."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from constructs_lib.checks.foreign_expressions import expression_problems
from constructs_lib.checks.mending import Unknown
from constructs_lib.checks.reference_types import value_type
from constructs_lib.checks.rules import Subject, rule
from constructs_lib.checks.shapes import RequestCheck
from constructs_lib.checks.wording import shown
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.steps.branches import IteratingStep, MapStep
from constructs_lib.definitions.steps.hand_written import StateStep
from constructs_lib.definitions.steps.simple import PassStep, SucceedStep, WaitStep
from constructs_lib.definitions.tokens import is_number_token, is_token
from constructs_lib.definitions.values import ExecutionInput, MapBatch, MapItem, Reference, StepOutput

_LONGEST_WAIT = 99_999_999
_MOST_ITEMS_AT_ONCE = 40
_WITH_NEXT = ("Map", "Parallel", "Pass", "Task", "Wait")


@rule
def waits_have_one_time(subject: Subject) -> Iterator[Problem]:
    """A Wait is for a number of seconds or until a time."""
    for step in subject.all_steps:
        if not isinstance(step, WaitStep):
            continue
        if (step.seconds is None) == (step.until is None):
            yield Problem(step=step.name, message="expected exactly one of seconds and until")
        seconds, until = step.seconds, step.until
        if isinstance(seconds, int | float) and not is_number_token(seconds) and not _is_pause(seconds):
            message = f"got {seconds}, expected a whole number from 0 to {_LONGEST_WAIT}"
            yield Problem(step=step.name, path="seconds", message=message)
        if isinstance(until, str) and not is_token(until) and not _is_time(until):
            message = f"got {until!r}, expected a time with its zone, such as '2027-01-01T00:00:00Z'"
            yield Problem(step=step.name, path="until", message=message)


@rule
def maps_run_over_lists(subject: Subject) -> Iterator[Problem]:
    """A Map over something that is no list fails when it is reached."""
    for step in subject.all_steps:
        if not isinstance(step, IteratingStep):
            continue
        if isinstance(step, MapStep) and not 0 <= step.max_concurrency <= _MOST_ITEMS_AT_ONCE:
            message = (
                f"got {step.max_concurrency}, expected 0 to {_MOST_ITEMS_AT_ONCE}: an inline Map runs no more at once"
            )
            yield Problem(step=step.name, path="max_concurrency", message=message)
        items = step.listed_items
        if not isinstance(items, Reference) or isinstance(items, Unknown):
            continue
        kind = value_type(items, subject)
        readable = isinstance(items, ExecutionInput | StepOutput | MapItem | MapBatch)
        if not readable or kind not in (None, "document"):
            message = f"got {shown(items)}, expected a list: an execution input of type 'document', or an output"
            yield Problem(step=step.name, path="items", message=message)


@rule
def iterations_with_a_result_have_one_end(subject: Subject) -> Iterator[Problem]:
    """A Succeed state would end the iteration without its result."""
    for step in subject.all_steps:
        if isinstance(step, IteratingStep) and step.result is not None:
            (block,) = step.blocks
            waiting = [*block.steps]
            for inner in waiting:
                if isinstance(inner, SucceedStep):
                    message = f"ends an iteration of {step.name!r} before its result is taken"
                    yield Problem(step=inner.name, message=message)
                waiting += [found for way in inner.blocks if not way.own_scope for found in way.steps]


@rule
def passed_values_are_json(subject: Subject) -> Iterator[Problem]:
    """What a Pass gives becomes JSON."""
    for step in subject.all_steps:
        given: Any = step.given if isinstance(step, PassStep) else {"items": _plain_items(step)}
        if isinstance(given, Mapping):
            found = RequestCheck(documents=frozenset())
            found.document(given, "")
            for path, message in found.problems:
                yield Problem(step=step.name, path=path.removeprefix("."), message=message)


def _is_pause(seconds: float) -> bool:
    return 0 <= seconds <= _LONGEST_WAIT and seconds == int(seconds)


@rule
def hand_written_states_leave_their_ways_to_the_step(subject: Subject) -> Iterator[Problem]:
    """The order of steps decides what comes next, and the step's own Retry and Catch what happens after an error."""
    for step in subject.all_steps:
        if not isinstance(step, StateStep):
            continue
        kind = step.state.get("Type")
        if kind not in _WITH_NEXT:
            message = f"got {shown(kind)}, expected one of {', '.join(_WITH_NEXT)}"
            yield Problem(step=step.name, path="state.Type", message=message)
        for name in ("Assign", "Catch", "End", "Next", "QueryLanguage", "Retry"):
            if name in step.state and not (name == "QueryLanguage" and step.state[name] == "JSONPath"):
                yield Problem(step=step.name, path=f"state.{name}", message="expected none: the step decides that")


@rule
def hand_written_states_hold_sound_expressions(subject: Subject) -> Iterator[Problem]:
    """A path or a function that is none is refused when the state machine is made."""
    for step in subject.all_steps:
        if isinstance(step, StateStep):
            for path, message in expression_problems(step.state, "JSONPath"):
                yield Problem(step=step.name, path=f"state.{path}", message=message)


def _plain_items(step: object) -> Any:
    items = step.listed_items if isinstance(step, IteratingStep) else None
    return None if isinstance(items, Reference) else items


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
