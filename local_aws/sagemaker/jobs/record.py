"""A job's record: what was asked for, how far it is, how it is stopped."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime
from typing import Any

from attrs import define, field

from local_aws.sagemaker.resource_names import now

IN_PROGRESS = "InProgress"
STOPPING = "Stopping"
ENDED = frozenset({"Completed", "Failed", "Stopped"})

_FAILURE_CHARACTERS = 1024


@define(eq=False, kw_only=True)
class JobRecord(ABC):
    """One job of any kind.

    Attributes:
        name: unique among the jobs of its kind, account and region, for ever.
        arn: of the job.
        account: in which it runs.
        region: in which it runs.
        request: the request that made it, without tags.
        on_change: called, without any lock held, after each change of status.
        stop_requested: set once the job is to stop.
        created: when.
        modified: when it last changed.
        status: ``InProgress``, ``Stopping``, ``Completed``, ``Failed`` or ``Stopped``.
        started: when its instances began to work: what is billed.
        ended: when it ended.
        failure_reason: why it failed.
    """

    name: str
    arn: str
    account: str
    region: str
    request: dict[str, Any]
    on_change: Callable[["JobRecord"], None]
    stop_requested: threading.Event = field(factory=threading.Event)
    created: datetime = field(factory=now)
    modified: datetime = field(factory=now)
    status: str = IN_PROGRESS
    started: datetime | None = None
    ended: datetime | None = None
    failure_reason: str | None = None
    _stop_action: Callable[[], None] | None = None
    _lock: threading.RLock = field(factory=threading.RLock)

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """What the kind's Describe operation answers."""

    def summary(self, members: tuple[str, ...]) -> dict[str, Any]:
        """What the kind's List operation answers of it.

        Args:
            members: of the description that a summary has.
        """
        described = self.describe()
        return {name: described[name] for name in members if name in described}

    def began(self) -> None:
        """The instances work from here on."""
        with self._lock:
            self.started = now()

    def request_stop(self) -> bool:
        """Asks the job to stop, and calls the action of `while_running`; False where the job has ended already."""
        with self._lock:
            if self.status in ENDED:
                return False
            first = self.status != STOPPING
            if first:
                self.status = STOPPING
                self._entered(STOPPING)
                self.stop_requested.set()
            action = self._stop_action
        if first:
            self.on_change(self)
            if action is not None:
                action()
        return True

    def while_running(self, stop: Callable[[], None] | None) -> None:
        """Says how to stop what runs now, or that nothing does; called at once where a stop was asked for before."""
        with self._lock:
            self._stop_action = stop
            late = stop is not None and self.stop_requested.is_set()
        if late and stop is not None:
            stop()

    def end(self, status: str, *, step: str | None = None, failure: str | None = None) -> None:
        """The job has ended.

        Args:
            status: ``Completed``, ``Failed`` or ``Stopped``.
            step: its last step, for kinds of jobs that tell one. Default: the same word.
            failure: the reason of a failure; AWS keeps its first 1,024 characters.
        """
        with self._lock:
            self.ended = now()
            self.failure_reason = failure[:_FAILURE_CHARACTERS] if failure is not None else None
            self.status = status
            self._entered(step or status)
        self.on_change(self)

    def _entered(self, step: str) -> None:  # noqa: ARG002 - for kinds of jobs that keep their steps
        """Takes note of a step; called with the lock held."""
        self.modified = now()

    def _outcome(self, start: str, end: str) -> dict[str, Any]:
        """The times of the instances' work under these names, and why it failed, as far as there are any."""
        known = {start: self.started, end: self.ended, "FailureReason": self.failure_reason}
        return {name: value for name, value in known.items() if value is not None}
