"""Retry and Catch."""

from collections.abc import Iterator, Sequence

from constructs_lib.checks.rules import Subject, rule
from constructs_lib.checks.wording import did_you_mean, shown
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.failures import ALL_ERRORS, STATES_ERRORS, TASK_FAILED, Catch, Retry
from constructs_lib.definitions.steps.base import FallibleStep
from constructs_lib.definitions.tokens import is_number_token
from constructs_lib.definitions.values import ShortUniqueName, UniqueName, references

_MOST = 99_999_999
_MOST_DELAY = 31_622_399


@rule
def error_names_are_known(subject: Subject) -> Iterator[Problem]:
    """A Retry or Catch of an error that cannot occur never does anything."""
    for step, path, found in _reactions(subject):
        if not found.errors:
            yield Problem(step=step, path=f"{path}.errors", message="got no errors, expected at least one name")
        for name in found.errors:
            if not name:
                yield Problem(step=step, path=f"{path}.errors", message="got an empty name, expected an error's")
            elif name.startswith("States.") and name not in STATES_ERRORS:
                message = f"got {name!r}, expected an error of Step Functions{did_you_mean(name, STATES_ERRORS)}"
                yield Problem(step=step, path=f"{path}.errors", message=message)


@rule
def reactions_are_to_errors_that_can_occur(subject: Subject) -> Iterator[Problem]:
    """Each integration has its own error names; a reaction to another one's is a mistake that nobody notices."""
    for step in subject.fallible:
        for path, errors in _named_errors(step):
            for name in errors:
                known = not name.startswith("States.") or name in STATES_ERRORS
                if name and known and not step.can_raise(name):
                    message = f"got {name!r}, an error that this step cannot fail with"
                    yield Problem(step=step.name, path=f"{path}.errors", message=message)
    for kind, reactions in _defaults(subject):
        for number, found in enumerate(reactions):
            possible = [name for name in found.errors if not name.startswith("States.") or name in STATES_ERRORS]
            if possible and not any(step.can_raise(name) for step in subject.fallible for name in possible):
                message = f"got {', '.join(found.errors)}, errors that no step of this workflow can fail with"
                yield Problem(path=f"{kind}[{number}].errors", message=message)


@rule
def all_errors_stand_alone_and_last(subject: Subject) -> Iterator[Problem]:
    """Step Functions refuses States.ALL beside other names, and before other Retries or Catches."""
    for step, kind, reactions in _lists(subject):
        for number, found in enumerate(reactions):
            path = f"{kind}[{number}].errors"
            if ALL_ERRORS in found.errors and len(found.errors) > 1:
                yield Problem(step=step, path=path, message=f"got {ALL_ERRORS} with others, expected it alone")
            if ALL_ERRORS in found.errors and number + 1 < len(reactions):
                message = (
                    f"got {ALL_ERRORS} before another {kind.removeprefix('default_')}, expected it in the last one"
                )
                yield Problem(step=step, path=path, message=message)


@rule
def retries_are_in_range(subject: Subject) -> Iterator[Problem]:
    """The limits of Step Functions on a Retry."""
    for step, kind, found in _lists(subject):
        for number, retry in enumerate(found):
            if not isinstance(retry, Retry):
                continue
            ranges: list[tuple[str, float | None, float, float]] = [
                ("interval_seconds", retry.interval_seconds, 1, _MOST),
                ("max_attempts", retry.max_attempts, 0, _MOST),
                ("backoff_rate", retry.backoff_rate, 1, _MOST),
                ("max_delay_seconds", retry.max_delay_seconds, retry.interval_seconds + 1, _MOST_DELAY),
            ]
            for name, value, low, high in ranges:
                yield from _out_of_range(step, f"{kind}[{number}].{name}", value, low, high)


@rule
def timeouts_are_in_range(subject: Subject) -> Iterator[Problem]:
    """The limits of Step Functions on times."""
    timeout = subject.definition.timeout_seconds
    if timeout is None or isinstance(timeout, int | float):
        yield from _out_of_range(None, "timeout_seconds", timeout, 1, _MOST)
    for step in subject.tasks:
        yield from _out_of_range(step.name, "timeout_seconds", step.timeout_seconds, 1, _MOST)
        if step.wait_loop is not None:
            yield from _out_of_range(step.name, "poll_seconds", step.wait_loop.poll_seconds, 1, _MOST)


@rule
def failed_jobs_are_retried_under_a_new_name(subject: Subject) -> Iterator[Problem]:
    """SageMaker keeps a failed job's name: a retry under the same name fails for that reason, whatever else."""
    for step in subject.tasks:
        name = None if step.name_member is None else step.request.get(step.name_member)
        if not step.integration.pattern.startswith("sync") or name is None or _changes_with_attempts(name):
            continue
        for number, retry in enumerate(subject.flow.retry_of(step)):
            if {TASK_FAILED, ALL_ERRORS, "States.Timeout"} & set(retry.errors) and retry.max_attempts > 0:
                message = (
                    f"got a retry of failed jobs under one name, {shown(name)}, expected job_name to be left out, or "
                    "UniqueName(..., per_attempt=True): SageMaker does not give a name twice"
                )
                path = f"retry[{number}]" if step.retry else "job_name"
                yield Problem(step=step.name, path=path, message=message)


def _changes_with_attempts(name: object) -> bool:
    return any(
        (isinstance(found, UniqueName) and found.per_attempt) or isinstance(found, ShortUniqueName)
        for found in references(name)
    )


def _defaults(subject: Subject) -> Iterator[tuple[str, Sequence[Retry | Catch]]]:
    yield "default_retry", subject.flow.default_retry
    yield "default_catch", subject.flow.default_catch


def _lists(subject: Subject) -> Iterator[tuple[str | None, str, Sequence[Retry | Catch]]]:
    """Every list of Retries or Catches, with the step and property that holds it."""
    for kind, reactions in _defaults(subject):
        yield None, kind, reactions
    for step in subject.fallible:
        yield step.name, "retry", [found for found in step.retry if isinstance(found, Retry)]
        yield step.name, "catch", step.catch


def _reactions(subject: Subject) -> Iterator[tuple[str | None, str, Retry | Catch]]:
    for step, kind, reactions in _lists(subject):
        for number, found in enumerate(reactions):
            yield step, f"{kind}[{number}]", found


def _named_errors(step: FallibleStep) -> Iterator[tuple[str, Sequence[str]]]:
    for number, retry in enumerate(found for found in step.retry if isinstance(found, Retry)):
        yield f"retry[{number}]", retry.errors
    for number, catcher in enumerate(step.catch):
        yield f"catch[{number}]", catcher.errors


def _out_of_range(step: str | None, path: str, value: float | None, low: float, high: float) -> Iterator[Problem]:
    if value is not None and not is_number_token(value) and not low <= value <= high:
        yield Problem(step=step, path=path, message=f"got {value}, expected {low} to {high}")
