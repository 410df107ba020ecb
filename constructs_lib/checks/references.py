"""References: to steps, to their outputs, to the execution's input and to caught errors."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from constructs_lib.checks.output_types import output_type
from constructs_lib.checks.rules import Subject, rule
from constructs_lib.checks.wording import did_you_mean, shown
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.steps.base import TaskStep
from constructs_lib.definitions.tokens import is_number_token
from constructs_lib.definitions.values import (
    TASK_TOKEN,
    CaughtValue,
    ExecutionInput,
    Join,
    Reference,
    StepOutput,
    UniqueName,
    references,
)

_INPUT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,79}")
_PREFIX = re.compile(r"[A-Za-z0-9](-*[A-Za-z0-9]){0,26}")


@rule
def outputs_belong_to_steps_of_the_workflow(subject: Subject) -> Iterator[Problem]:
    """An output of a step that does not run has no value."""
    for step, value in subject.used:
        if isinstance(value, StepOutput) and value.step not in subject.by_name:
            hint = did_you_mean(value.step, subject.by_name)
            message = f"reads {value.path!r} of the step {value.step!r}, which is not in this workflow{hint}"
            yield Problem(step=step.name, message=message)


@rule
def outputs_exist(subject: Subject) -> Iterator[Problem]:
    """A path that the service's response does not have fails the execution in the middle."""
    for step, value in subject.used:
        source = subject.by_name.get(value.step) if isinstance(value, StepOutput) else None
        if source is None or not isinstance(value, StepOutput):
            continue
        if not isinstance(source, TaskStep):
            yield Problem(step=step.name, message=f"reads the step {source.name!r}, which gives nothing back")
            continue
        found = output_type(source.outputs, value.path)
        if found.problem is not None:
            message = f"reads {value.path!r} of the step {source.name!r}: {found.problem}"
            yield Problem(step=step.name, message=message)


@rule
def outputs_are_read_after_their_step(subject: Subject) -> Iterator[Problem]:
    """A value can be used once the step that gives it has run, whatever way led there."""
    if subject.ordering.problems:
        return
    before = _ran_before(subject)
    for step, value in subject.used:
        if isinstance(value, StepOutput) and value.step in subject.by_name and value.step not in before[step.name]:
            own = (
                "itself" if value.step == step.name else f"the step {value.step!r}, which has not surely run before it"
            )
            yield Problem(step=step.name, message=f"reads {value.path!r} of {own}")


@rule
def execution_inputs_are_declared_alike(subject: Subject) -> Iterator[Problem]:
    """One member of the input has one meaning."""
    first: dict[str, ExecutionInput] = {}
    for step, value in subject.used:
        if not isinstance(value, ExecutionInput):
            continue
        known = first.setdefault(value.name, value)
        if (known.type, known.pattern, known.description) != (value.type, value.pattern, value.description):
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


def _mixed_lists(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, member in value.items():
            yield from _mixed_lists(member, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        composed = any(isinstance(element, Reference) for element in value)
        for position, element in enumerate(value):
            if composed and (isinstance(element, Mapping | list | tuple | bool) or element is None):
                yield f"{path}[{position}]", element
            else:
                yield from _mixed_lists(element, f"{path}[{position}]")


def _ran_before(subject: Subject) -> dict[str, set[str]]:
    """The steps that have surely run before each step; before a handler, those that ran whatever led to it."""
    before: dict[str, set[str]] = {}
    ran: set[str] = set()
    for step in subject.ordering.steps:
        before[step.name] = set(ran)
        ran.add(step.name)
    before |= {step.name: ran for step in subject.handlers}
    sources: dict[str, list[str]] = {step.name: [] for step in subject.handlers}
    for step in subject.tasks:
        for catcher in step.catch:
            sources.get(catcher.next_step.name, []).append(step.name)
    for _ in subject.handlers:  # handlers may lead to each other: as often as there are of them, it is settled
        for name, found in sources.items():
            before[name] = set.intersection(*(before[source] for source in found))
    return before
