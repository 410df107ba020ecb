"""Caches and retries of steps."""

import re
from collections.abc import Iterator

from constructs_lib.checks.pipelines.rules import PipelineSubject, pipeline_rule
from constructs_lib.checks.step_options import (
    INTERNAL_ERROR,
    LONGEST_INTERVAL,
    MOST_ATTEMPTS,
    MOST_MINUTES,
    SELF_RETRYING,
)
from constructs_lib.checks.wording import shown
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.pipeline_options import CacheConfig, PipelineRetry
from constructs_lib.definitions.tokens import is_token

_DURATION = re.compile(r"P(?=\d|T\d)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?", flags=re.IGNORECASE)


@pipeline_rule
def caches_are_of_steps_that_can_be_cached(subject: PipelineSubject) -> Iterator[Problem]:
    """The service refuses a cache elsewhere."""
    for step in subject.tasks:
        if step.cache is not None and step.pipeline_type is not None and not step.cached_by_pipelines:
            message = f"got a cache, which SageMaker Pipelines does not have for {step.pipeline_type} steps"
            yield Problem(step=step.name, path="cache", message=message)


@pipeline_rule
def caches_expire_after_a_duration(subject: PipelineSubject) -> Iterator[Problem]:
    """ISO 8601, such as ``PT12H``."""
    found = [(step.name, "cache", step.cache) for step in subject.tasks if step.cache is not None]
    default = subject.definition.default_cache
    named: list[tuple[str | None, str, CacheConfig]] = [*found]
    if isinstance(default, CacheConfig):
        named.append((None, "default_cache", default))
    for name, path, cache in named:
        expires = cache.expire_after
        if isinstance(expires, str) and not is_token(expires) and not _DURATION.fullmatch(expires):
            message = f"got {shown(expires)}, expected an ISO 8601 duration such as 'PT12H' or 'P30D'"
            yield Problem(step=name, path=f"{path}.expire_after", message=message)


@pipeline_rule
def retries_are_of_steps_that_can_be_retried(subject: PipelineSubject) -> Iterator[Problem]:
    """The service takes retry policies for jobs, models and model packages only."""
    for step in subject.tasks:
        given = any(isinstance(found, PipelineRetry) for found in step.retry)
        if given and step.pipeline_type is not None and not step.retried_by_pipelines:
            message = f"got a retry, which SageMaker Pipelines does not have for {step.pipeline_type} steps"
            yield Problem(step=step.name, path="retry", message=message)


@pipeline_rule
def retries_end(subject: PipelineSubject) -> Iterator[Problem]:
    """A policy ends after a number of attempts or after a time: one of both, within the limits of the service."""
    for name, path, retry in _retries(subject):
        if (retry.max_attempts is None) == (retry.expire_after_minutes is None):
            message = "expected exactly one of max_attempts and expire_after_minutes"
            yield Problem(step=name, path=path, message=message)
        for member, most in (("max_attempts", MOST_ATTEMPTS), ("expire_after_minutes", MOST_MINUTES)):
            value = getattr(retry, member)
            if value is not None and not 1 <= value <= most:
                yield Problem(step=name, path=f"{path}.{member}", message=f"got {value}, expected 1 to {most}")
        if not 1 <= retry.interval_seconds <= LONGEST_INTERVAL:
            message = f"got {retry.interval_seconds}, expected 1 to {LONGEST_INTERVAL}"
            yield Problem(step=name, path=f"{path}.interval_seconds", message=message)
        if retry.backoff_rate < 0:
            yield Problem(
                step=name, path=f"{path}.backoff_rate", message=f"got {retry.backoff_rate}, expected at least 0"
            )


@pipeline_rule
def retries_are_of_some_error(subject: PipelineSubject) -> Iterator[Problem]:
    """A policy for no error does nothing; tuning and AutoML jobs retry internal errors themselves."""
    for name, path, retry in _retries(subject):
        if not retry.errors:
            yield Problem(step=name, path=f"{path}.errors", message="got no errors, expected at least one")
        kind = None if name is None else subject.by_name[name].pipeline_type
        if kind in SELF_RETRYING and INTERNAL_ERROR in retry.errors:
            message = f"got {INTERNAL_ERROR!r}, which SageMaker Pipelines does not retry for {kind} steps"
            yield Problem(step=name, path=f"{path}.errors", message=message)


def _retries(subject: PipelineSubject) -> Iterator[tuple[str | None, str, PipelineRetry]]:
    if not subject.problems_of_types:
        for number, found in enumerate(subject.definition.default_retry):
            yield None, f"default_retry[{number}]", found
    for step in subject.tasks:
        for number, given in enumerate(step.retry):
            if isinstance(given, PipelineRetry):
                yield step.name, f"retry[{number}]", given
