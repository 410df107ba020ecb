"""References: to steps, to their outputs, to the execution's input and to caught errors."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from constructs_lib.checks.output_types import output_type
from constructs_lib.checks.rules import Subject, rule
from constructs_lib.checks.visibility import Visibility
from constructs_lib.checks.wording import did_you_mean, shown
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.freezing import JSON_FORM, PLAIN
from constructs_lib.definitions.steps.base import TaskStep, inner_steps
from constructs_lib.definitions.steps.branches import DistributedMapStep, IteratingStep
from constructs_lib.definitions.tokens import is_number_token
from constructs_lib.definitions.values import (
    TASK_TOKEN,
    CaughtValue,
    ExecutionInput,
    Join,
    MapBatch,
    MapIndex,
    MapItem,
    Reference,
    ShortUniqueName,
    StepOutput,
    UniqueName,
    references,
)

_INPUT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,79}")
_PREFIX = re.compile(r"[A-Za-z0-9](-*[A-Za-z0-9]){0,26}")


@rule
def outputs_belong_to_steps_of_the_workflow(subject: Subject) -> Iterator[Problem]:
    """An output of a step that does not run has no value."""
    for step, value in (*subject.used, *subject.results):
        if isinstance(value, StepOutput) and value.step not in subject.by_name:
            hint = did_you_mean(value.step, subject.by_name)
            message = f"reads {value.path!r} of the step {value.step!r}, which is not in this workflow{hint}"
            yield Problem(step=step.name, message=message)


@rule
def outputs_exist(subject: Subject) -> Iterator[Problem]:
    """A path that the service's response does not have fails the execution in the middle."""
    for step, value in (*subject.used, *subject.results):
        source = subject.by_name.get(value.step) if isinstance(value, StepOutput) else None
        if source is None or not isinstance(value, StepOutput):
            continue
        if source.response is None:
            yield Problem(step=step.name, message=f"reads the step {source.name!r}, which gives nothing back")
            continue
        found = output_type(source.response, value.path)
        if found.problem is not None:
            message = f"reads {value.path!r} of the step {source.name!r}: {found.problem}"
            yield Problem(step=step.name, message=message)


@rule
def outputs_are_read_after_their_step(subject: Subject) -> Iterator[Problem]:
    """A value can be used once the step that gives it has run, whatever way led there."""
    if not subject.ordered:
        return
    visible = Visibility(subject.flow)
    for step, value in subject.used:
        if isinstance(value, StepOutput) and value.step in subject.by_name and not visible.before(value.step, step):
            own = (
                "itself" if value.step == step.name else f"the step {value.step!r}, which has not surely run before it"
            )
            yield Problem(step=step.name, message=f"reads {value.path!r} of {own}")
    for repeat, value in subject.results:
        if not isinstance(value, StepOutput) or value.step not in subject.by_name:
            continue
        if not visible.before_result(value.step, repeat):
            message = f"reads {value.path!r} of the step {value.step!r}, which has not surely run in an iteration"
            yield Problem(step=repeat.name, path="result", message=message)


@rule
def items_are_read_inside_of_maps(subject: Subject) -> Iterator[Problem]:
    """Elsewhere there is no item."""
    maps = [step for step in subject.flow.listed if isinstance(step, IteratingStep)]
    iterations = {id(inner) for step in maps for inner in inner_steps(step)}
    endings = {subject.flow.scopes[number].ending for number in iterations}
    for scope, steps in subject.flow.handlers.items():
        iterations |= set(steps) if scope in endings else set()
    for step, value in subject.used:
        if isinstance(value, MapItem | MapIndex) and id(step) not in iterations:
            yield Problem(step=step.name, message=f"reads {value!r}, expected only in the steps of a Map")


@rule
def names_differ_between_the_items_of_a_map(subject: Subject) -> Iterator[Problem]:
    """The jobs of all items run in one execution; two of one name are refused."""
    for step in (found for found in subject.flow.listed if isinstance(found, IteratingStep)):
        for inner in inner_steps(step):
            if not isinstance(inner, TaskStep) or inner.name_member is None:
                continue
            name = inner.request.get(inner.name_member)
            own = any(_differs_between_items(value, step) for value in references(name))
            if name is not None and not own:
                message = (
                    f"got one name for all items of {step.name!r}, {shown(name)}, expected one with MAP_INDEX or "
                    "MapItem in it"
                )
                yield Problem(step=inner.name, path=inner.name_member, message=message)


@rule
def execution_inputs_are_declared_alike(subject: Subject) -> Iterator[Problem]:
    """One member of the input has one meaning."""
    first: dict[str, ExecutionInput] = {}
    for step, value in subject.used:
        if not isinstance(value, ExecutionInput):
            continue
        known = first.setdefault(value.name, value)
        if _declared(known) != _declared(value):
            message = f"declares the execution input {value.name!r} otherwise than an earlier use of it"
            yield Problem(step=step.name, message=message)


@rule
def execution_inputs_have_legal_names(subject: Subject) -> Iterator[Problem]:
    """A name that can be written on a command line and in a path."""
    for step, value in subject.used:
        if isinstance(value, ExecutionInput) and not _INPUT_NAME.fullmatch(value.name):
            message = (
                f"got the execution input {shown(value.name)}, expected 1 to 80 letters, digits, '-' or '_', "
                "not beginning with a digit or '-'"
            )
            yield Problem(step=step.name, message=message)


@rule
def execution_inputs_have_sound_patterns(subject: Subject) -> Iterator[Problem]:
    """A pattern that is no regular expression cannot be checked before an execution."""
    for step, value in subject.used:
        if isinstance(value, ExecutionInput) and value.pattern is not None:
            try:
                re.compile(value.pattern)
            except re.error as error:
                message = f"execution input {value.name!r}: got the pattern {value.pattern!r}: {error}"
                yield Problem(step=step.name, message=message)


@rule
def unique_names_have_legal_prefixes(subject: Subject) -> Iterator[Problem]:
    """The prefix begins a name in SageMaker, and leaves room for the hash in its 63 characters."""
    for step, value in subject.used:
        if isinstance(value, UniqueName) and not _PREFIX.fullmatch(value.prefix):
            message = f"got the prefix {shown(value.prefix)}, expected 1 to 27 letters, digits and inner hyphens"
            yield Problem(step=step.name, message=message)


@rule
def joins_join_texts_and_numbers(subject: Subject) -> Iterator[Problem]:
    """A Join of nothing is a mistake, and a number's token would be written as the number that stands for it."""
    for step, value in subject.used:
        if isinstance(value, Join) and not value.parts:
            yield Problem(step=step.name, message=f"got {shown(value)}, expected Join(text, list of parts)")
        for part in value.parts if isinstance(value, Join) else ():
            if is_number_token(part):
                message = f"got {shown(part)} in a Join, expected a text token: Token.as_string makes one"
                yield Problem(step=step.name, message=message)


@rule
def lists_hold_plain_values_beside_references(subject: Subject) -> Iterator[Problem]:
    """A list is put together by States.Array, which takes texts, numbers and references, but no objects."""
    for step in subject.tasks:
        for path, value in _mixed_lists(step.request, ""):
            message = f"got {shown(value)} in a list with references, expected texts, numbers and references only"
            yield Problem(step=step.name, path=path, message=message)


@rule
def caught_errors_are_read_where_a_catch_leads(subject: Subject) -> Iterator[Problem]:
    """Elsewhere there is no error to read."""
    handlers = {step.name for step in subject.handlers}
    for step, value in subject.used:
        if isinstance(value, CaughtValue) and step.name not in handlers:
            message = f"reads {value!r}, expected only in a step that a Catch leads to"
            yield Problem(step=step.name, message=message)


@rule
def task_tokens_are_passed_by_steps_that_wait(subject: Subject) -> Iterator[Problem]:
    """Without its token nobody can answer a waiting task; a task that does not wait has none."""
    for step in subject.tasks:
        has_token = any(value == TASK_TOKEN for value in references(step.request))
        if step.integration.pattern == "callback" and not has_token:
            message = "waits for a callback, expected TASK_TOKEN somewhere in its request"
            yield Problem(step=step.name, message=message)
        if step.integration.pattern != "callback" and has_token:
            message = "reads TASK_TOKEN, expected only in a step that waits for a callback"
            yield Problem(step=step.name, message=message)


def _differs_between_items(value: Reference, step: IteratingStep) -> bool:
    """Whether a part of a name is another one for each item; executions of a distributed Map have ARNs of their own."""
    if isinstance(value, UniqueName):
        return value.per_attempt and isinstance(step, DistributedMapStep)
    return isinstance(value, MapItem | MapIndex | MapBatch | ShortUniqueName | StepOutput)


def _declared(value: ExecutionInput) -> tuple[object, ...]:
    return (value.type, value.pattern, value.description, value.optional)


def _mixed_lists(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    form = JSON_FORM[type(value)]
    if form is dict:
        for key, member in value.items():
            if type(member) not in PLAIN:  # most members are
                yield from _mixed_lists(member, f"{path}.{key}" if path else str(key))
    elif form is list:
        composed = any(isinstance(element, Reference) for element in value)
        for position, element in enumerate(value):
            if composed and (isinstance(element, Mapping | list | tuple | bool) or element is None):
                yield f"{path}[{position}]", element
            else:
                yield from _mixed_lists(element, f"{path}[{position}]")
