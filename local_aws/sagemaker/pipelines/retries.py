"""Retries of steps: which failures, how often, after how long."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import define, field, frozen

SERVICE_FAULT = "Step.SERVICE_FAULT"
THROTTLING = "Step.THROTTLING"
JOB_INTERNAL_ERROR = "SageMaker.JOB_INTERNAL_ERROR"
CAPACITY_ERROR = "SageMaker.CAPACITY_ERROR"
RESOURCE_LIMIT = "SageMaker.RESOURCE_LIMIT"
_TYPES = (SERVICE_FAULT, THROTTLING, JOB_INTERNAL_ERROR, CAPACITY_ERROR, RESOURCE_LIMIT)
# "Pipelines retries on this type of error automatically" (developer guide)
_BY_DEFAULT = (SERVICE_FAULT, THROTTLING)
# limits and defaults: "JSON schema for the retry policy" of the developer guide
_MOST_INTERVAL_SECONDS = 43_200
_MOST_ATTEMPTS = 20
_MOST_MINUTES = 14_400


@frozen(kw_only=True)
class RetryPolicy:
    """One entry of RetryPolicies.

    Attributes:
        types: of exceptions that it is for.
        interval_seconds: before the first retry.
        backoff_rate: by which the interval grows.
        most: retries, where no time is given.
        expire_seconds: how long after the first failure there are retries; None: `most` counts.
    """

    types: tuple[str, ...]
    interval_seconds: float = 1
    backoff_rate: float = 2.0
    most: int = 5
    expire_seconds: float | None = None


def policies_of(entries: list[Mapping[str, Any]] | None) -> list[RetryPolicy]:
    """The policies of a step, those that hold by themselves last."""
    policies = []
    for entry in entries or ():
        types = entry["ExceptionType"]
        minutes = entry.get("ExpireAfterMin")
        policies.append(
            RetryPolicy(
                types=(types,) if isinstance(types, str) else tuple(types),
                interval_seconds=entry.get("IntervalSeconds", 1),
                backoff_rate=entry.get("BackoffRate", 2.0),
                most=entry.get("MaxAttempts", 5),
                expire_seconds=None if minutes is None else minutes * 60,
            )
        )
    return [*policies, RetryPolicy(types=_BY_DEFAULT)]


def policy_faults(entries: list[Mapping[str, Any]] | None) -> Iterator[str]:
    """What is wrong with RetryPolicies."""
    for entry in entries or ():
        types = entry.get("ExceptionType") or []
        for name in types if isinstance(types, list) else [types]:
            if name not in _TYPES:
                yield f"RetryPolicies: unknown ExceptionType {name!r}, expected one of {', '.join(_TYPES)}"
        if not types:
            yield "RetryPolicies: ExceptionType is needed"
        if "MaxAttempts" in entry and "ExpireAfterMin" in entry:
            yield "RetryPolicies: MaxAttempts and ExpireAfterMin exclude each other"
        limits = {
            "IntervalSeconds": (1, _MOST_INTERVAL_SECONDS),
            "MaxAttempts": (0, _MOST_ATTEMPTS),
            "ExpireAfterMin": (1, _MOST_MINUTES),
            "BackoffRate": (0, float("inf")),
        }
        for member, (low, high) in limits.items():
            value = entry.get(member, low)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
                yield f"RetryPolicies: {member} is {value!r}, expected a number from {low} to {high}"


@define(eq=False)
class Retries:
    """Counts the retries of one step.

    Args:
        policies: in the order in which they are asked.
        now: a clock that only runs forward, in seconds.
    """

    policies: list[RetryPolicy]
    now: Callable[[], float] = time.monotonic
    _counts: dict[int, int] = field(factory=dict)
    _first: dict[int, float] = field(factory=dict)

    def pause(self, exception_type: str | None) -> float | None:
        """Seconds to wait before the next attempt; None where there is none."""
        for number, policy in enumerate(self.policies):
            if exception_type in policy.types:
                return self._pause(number, policy)
        return None

    def _pause(self, number: int, policy: RetryPolicy) -> float | None:
        count = self._counts.get(number, 0)
        first = self._first.setdefault(number, self.now())
        pause = policy.interval_seconds * policy.backoff_rate**count
        if policy.expire_seconds is not None:
            if self.now() + pause - first > policy.expire_seconds:
                return None
        elif count >= policy.most:
            return None
        self._counts[number] = count + 1
        return pause
