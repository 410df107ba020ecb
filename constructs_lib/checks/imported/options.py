"""Caches, retries and members of requests of steps that somebody else wrote: whether the service takes them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from constructs_lib.checks.step_options import (
    INTERNAL_ERROR,
    LONGEST_INTERVAL,
    MOST_ATTEMPTS,
    MOST_MINUTES,
    REFUSED,
    SELF_RETRYING,
)
from constructs_lib.checks.wording import shown
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.tokens import is_token

WITHOUT_CACHE = (
    "BedrockCustomModel",
    "BedrockCustomModelDeployment",
    "BedrockModelImport",
    "BedrockProvisionedModelThroughput",
    "Condition",
    "Fail",
    "InferenceComponent",
    "Lineage",
    "Model",
    "RegisterModel",
)
"""Types of steps that the service does not cache."""

WITH_RETRY = (
    "AutoML",
    "EMR",
    "EMRServerless",
    "EndpointConfig",
    "Model",
    "Processing",
    "RegisterModel",
    "Training",
    "Transform",
    "Tuning",
)
"""Types of steps that take retry policies."""

ERRORS = (
    "Step.SERVICE_FAULT",
    "Step.THROTTLING",
    INTERNAL_ERROR,
    "SageMaker.CAPACITY_ERROR",
    "SageMaker.RESOURCE_LIMIT",
)
"""What a retry policy may be for."""

# the service takes durations without the P of ISO 8601, too
_DURATION = re.compile(r"(?=.*\d)P?(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T?(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?", flags=re.IGNORECASE)


def option_problems(step: Mapping[str, Any]) -> Iterator[Problem]:
    """What the service refuses of a step beside its references.

    Args:
        step: of the document.
    """
    name, kind = step["Name"], str(step.get("Type"))
    for path, message in (*_cache(kind, step), *_retries(kind, step), *_refused(kind, step)):
        yield Problem(step=name, path=path, message=message)


def _cache(kind: str, step: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    cache = step.get("CacheConfig")
    if cache is None:
        return
    if kind in WITHOUT_CACHE:
        yield "CacheConfig", f"got a cache, which SageMaker Pipelines does not have for {kind} steps"
    expires = cache.get("ExpireAfter") if isinstance(cache, Mapping) else None
    if expires is not None and not is_token(expires) and not _DURATION.fullmatch(str(expires)):
        message = f"got {shown(expires)}, expected an ISO 8601 duration such as 'PT12H' or 'P30D'"
        yield "CacheConfig.ExpireAfter", message


def _retries(kind: str, step: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    policies = step.get("RetryPolicies")
    if not policies:
        return
    if kind not in WITH_RETRY:
        yield "RetryPolicies", f"got a retry, which SageMaker Pipelines does not have for {kind} steps"
    for number, policy in enumerate(policies if isinstance(policies, list | tuple) else ()):
        for path, message in _policy(kind, policy):
            yield f"RetryPolicies[{number}]{path}", message


def _policy(kind: str, policy: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(policy, Mapping):
        yield "", f"got {shown(policy)}, expected a JSON object"
        return
    if policy.get("MaxAttempts") is not None and policy.get("ExpireAfterMin") is not None:
        yield "", "expected one of MaxAttempts and ExpireAfterMin, not both"
    limits = (("MaxAttempts", MOST_ATTEMPTS), ("ExpireAfterMin", MOST_MINUTES), ("IntervalSeconds", LONGEST_INTERVAL))
    for member, most in limits:
        value = policy.get(member)
        if isinstance(value, int | float) and not is_token(value) and not 1 <= value <= most:
            yield f".{member}", f"got {value}, expected 1 to {most}"
    given = policy.get("ExceptionType")
    errors = [given] if isinstance(given, str) else given
    if not isinstance(errors, list | tuple) or not errors:
        yield ".ExceptionType", f"got {shown(given)}, expected at least one of: {', '.join(ERRORS)}"
        return
    for error in errors:
        if error not in ERRORS:
            yield ".ExceptionType", f"got {shown(error)}, expected one of: {', '.join(ERRORS)}"
    if kind in SELF_RETRYING and INTERNAL_ERROR in errors:
        message = f"got {INTERNAL_ERROR!r}, which SageMaker Pipelines does not retry for {kind} steps"
        yield ".ExceptionType", message


def _refused(kind: str, step: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    member, feature = REFUSED.get(kind, ("", ""))
    arguments = step.get("Arguments")
    if member and isinstance(arguments, Mapping) and arguments.get(member) is not None:
        yield f"Arguments.{member}", f"got {feature}, which SageMaker Pipelines refuses in {kind} steps"
