"""Retry and Catch."""

from collections.abc import Iterator, Sequence

from constructs_lib.checks.rules import Subject, rule
from constructs_lib.checks.wording import did_you_mean, shown
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.failures import ALL_ERRORS, STATES_ERRORS, TASK_FAILED, Catch, Retry
from constructs_lib.definitions.steps.base import TaskStep
from constructs_lib.definitions.tokens import is_number_token
from constructs_lib.definitions.values import UniqueName, references

_MOST = 99_999_999
_MOST_DELAY = 31_622_399


@rule
def error_names_are_known(subject: Subject) -> Iterator[Problem]:
    """A Retry or Catch of an error that cannot occur never does anything."""
    for step, path, found in _reactions(subject):
        if not found.errors:
            yield Problem(step=step.name, path=f"{path}.errors", message="got no errors, expected at least one name")
        for name in found.errors:
            if not name:
                yield Problem(step=step.name, path=f"{path}.errors", message="got an empty name, expected an error's")
            elif name.startswith("States.") and name not in STATES_ERRORS:
                message = f"got {name!r}, expected an error of Step Functions{did_you_mean(name, STATES_ERRORS)}"
                yield Problem(step=step.name, path=f"{path}.errors", message=message)


@rule
def all_errors_stand_alone_and_last(subject: Subject) -> Iterator[Problem]:
    """Step Functions refuses States.ALL beside other names, and before other Retries or Catches."""
    for step in subject.tasks:
        lists: tuple[tuple[str, Sequence[Retry | Catch]], ...] = (("retry", step.retry), ("catch", step.catch))
        for kind, reactions in lists:
            for number, found in enumerate(reactions):
                path = f"{kind}[{number}].errors"
                if ALL_ERRORS in found.errors and len(found.errors) > 1:
                    yield Problem(step=step.name, path=path, message=f"got {ALL_ERRORS} with others, expected it alone")
                if ALL_ERRORS in found.errors and number + 1 < len(reactions):
                    message = f"got {ALL_ERRORS} before another {kind}, expected it in the last one"
                    yield Problem(step=step.name, path=path, message=message)


@rule
def retries_are_in_range(subject: Subject) -> Iterator[Problem]:
    """The limits of Step Functions on a Retry."""
    for step in subject.tasks:
        for number, retry in enumerate(step.retry):
            ranges: list[tuple[str, float | None, float, float]] = [
                ("interval_seconds", retry.interval_seconds, 1, _MOST),
                ("max_attempts", retry.max_attempts, 0, _MOST),
                ("backoff_rate", retry.backoff_rate, 1, _MOST),
                ("max_delay_seconds", retry.max_delay_seconds, retry.interval_seconds + 1, _MOST_DELAY),
            ]
            for name, value, low, high in ranges:
                yield from _out_of_range(step.name, f"retry[{number}].{name}", value, low, high)


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
        name = step.request.get("TrainingJobName")
        if step.integration.pattern != "sync" or name is None or _changes_with_attempts(name):
            continue
        for number, retry in enumerate(step.retry):
            if {TASK_FAILED, ALL_ERRORS, "States.Timeout"} & set(retry.errors) and retry.max_attempts > 0:
                message = (
                    f"got a retry of failed jobs under one name, {shown(name)}, expected job_name to be left out, or "
                    "UniqueName(..., per_attempt=True): SageMaker does not give a name twice"
                )
                yield Problem(step=step.name, path=f"retry[{number}]", message=message)


def _changes_with_attempts(name: object) -> bool:
    return any(isinstance(found, UniqueName) and found.per_attempt for found in references(name))


def _reactions(subject: Subject) -> Iterator[tuple[TaskStep, str, Retry | Catch]]:
    for step in subject.tasks:
        for number, retry in enumerate(step.retry):
            yield step, f"retry[{number}]", retry
        for number, catcher in enumerate(step.catch):
            yield step, f"catch[{number}]", catcher


def _out_of_range(step: str | None, path: str, value: float | None, low: float, high: float) -> Iterator[Problem]:
    if value is not None and not is_number_token(value) and not low <= value <= high:
        yield Problem(step=step, path=path, message=f"got {value}, expected {low} to {high}")
