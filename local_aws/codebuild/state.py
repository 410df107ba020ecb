"""Projects and builds of one account and region."""

import copy
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from attrs import define, field, frozen

from local_aws.gateway.context import Principal

Phase = dict[str, Any]


@frozen(kw_only=True)
class Token:
    """An idempotency token's request and build.

    Attributes:
        request: what was asked for.
        build_id: what it started.
        used: when, in seconds of a monotonic clock.
    """

    request: dict[str, Any]
    build_id: str
    used: float


@define(eq=False)
class BuildRecord:
    """One build: what `BatchGetBuilds` shows, and what ends it.

    Args:
        document: in the form of the service's ``Build`` shape.
        account: of the build.
        region: of the build.
        request: of StartBuild, for RetryBuild.
    """

    document: dict[str, Any]
    account: str
    region: str
    request: dict[str, Any]
    requester: Principal
    ended: threading.Event = field(factory=threading.Event)
    interruption: str | None = None
    _on_interrupt: Callable[[], None] | None = None
    _lock: threading.RLock = field(factory=threading.RLock)

    @property
    def id(self) -> str:
        """``project:uuid``."""
        return str(self.document["id"])

    @property
    def arn(self) -> str:
        """The build's ARN."""
        return str(self.document["arn"])

    def snapshot(self) -> dict[str, Any]:
        """A copy of the record as it stands."""
        with self._lock:
            return copy.deepcopy(self.document)

    def update(self, **members: Any) -> None:
        """Sets members."""
        with self._lock:
            self.document.update(members)

    def begin(self, phase: str) -> None:
        """Enters a phase."""
        with self._lock:
            self.document["currentPhase"] = phase
            self.document["phases"].append({"phaseType": phase, "startTime": now()})

    def end(self, status: str, *contexts: tuple[str, str]) -> Phase:
        """Ends the phase that runs; gives it.

        Args:
            status: such as ``SUCCEEDED``.
            contexts: status code and message each.
        """
        with self._lock:
            phase: Phase = self.document["phases"][-1]
            phase["endTime"] = now()
            phase["phaseStatus"] = status
            phase["durationInSeconds"] = int((phase["endTime"] - phase["startTime"]).total_seconds())
            phase["contexts"] = [{"statusCode": code, "message": message} for code, message in contexts]
            return copy.deepcopy(phase)

    def interrupt(self, status: str) -> None:
        """Ends the build from outside, once: ``STOPPED`` or ``TIMED_OUT``."""
        with self._lock:
            if self.interruption is not None or self.document["buildComplete"]:
                return
            self.interruption = status
            act = self._on_interrupt
        if act is not None:
            act()

    def on_interrupt(self, act: Callable[[], None] | None) -> None:
        """Sets what ends the work that now runs; it is called at once if the build is interrupted already."""
        with self._lock:
            self._on_interrupt = act
            late = self.interruption is not None
        if late and act is not None:
            act()


@define(eq=False)
class CodeBuildState:
    """The records of one account and region."""

    projects: dict[str, dict[str, Any]] = field(factory=dict)
    builds: dict[str, BuildRecord] = field(factory=dict)
    numbers: dict[str, int] = field(factory=dict)
    tokens: dict[str, Token] = field(factory=dict)
    lock: threading.RLock = field(factory=threading.RLock)


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)
