"""Carries out jobs, each in a thread of the platform's workers, to an end that is always told."""

import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from attrs import define, field, frozen

from local_aws.containers.engine import ContainerEngine
from local_aws.platform import Platform
from local_aws.sagemaker.jobs.record import JobRecord

_log = logging.getLogger(__name__)


class JobFailedError(Exception):
    """The job failed; the message is its FailureReason."""


@frozen(kw_only=True)
class JobSettings:
    """What a platform may set otherwise than AWS does, as tests do.

    Attributes:
        stop_grace_seconds: between SIGTERM and SIGKILL. Default: AWS's 120.
    """

    stop_grace_seconds: float = 120.0


@frozen
class Ending:
    """How a job ended.

    Attributes:
        status: ``Completed``, ``Failed`` or ``Stopped``.
        step: its last step, where that is another word.
        failure: the reason of a failure.
    """

    status: str
    step: str | None = None
    failure: str | None = None


class Task(Protocol):
    """The work of one job."""

    def carry_out(self) -> Ending:
        """Does the work.

        Raises:
            JobFailedError: the job failed.
        """

    def close(self) -> None:
        """Hands over what is left of logs and metrics; called before the end is told."""


@define(eq=False)
class JobGround:
    """What the jobs of every kind run on.

    Args:
        platform: the local AWS.
        engine: gives the container engine when the first job needs it.
        settings: how long a job may take to stop.
    """

    platform: Platform
    engine: Callable[[], ContainerEngine]
    settings: JobSettings = field(factory=JobSettings)
    _closing: threading.Event = field(factory=threading.Event)
    _ends: list[Callable[[], None]] = field(factory=list)
    _lock: threading.Lock = field(factory=threading.Lock)

    @property
    def closing(self) -> bool:
        """Whether the server ends: no job goes on to upload anything."""
        return self._closing.is_set()

    def start(self, job: JobRecord, make: Callable[[Path], Task]) -> None:
        """Starts the work of a job; returns at once.

        Args:
            job: its end is told to it.
            make: the work, given a folder of the job's own that is removed after it.
        """
        self.platform.workers.submit(self._run, job, make)

    @contextmanager
    def ending_with(self, end: Callable[[], None]) -> Iterator[None]:
        """While this lasts, the server's end calls `end`, which ends what runs; at once where it has come already."""
        with self._lock:
            self._ends.append(end)
        if self.closing:
            end()
        try:
            yield
        finally:
            with self._lock:
                self._ends.remove(end)

    def stop(self) -> None:
        """Ends what runs, for the server's end."""
        self._closing.set()
        with self._lock:
            ends = list(self._ends)
        for end in ends:
            end()

    def _run(self, job: JobRecord, make: Callable[[Path], Task]) -> None:
        # an ARN's last two parts tell kind and name
        folder = self.platform.state_dir / "jobs" / job.account / job.region / job.arn.rpartition(":")[2]
        task: Task | None = None
        try:
            folder.mkdir(parents=True)
            task = make(folder)
            ending = task.carry_out()
        except JobFailedError as failure:
            ending = Ending("Failed", failure=str(failure))
        except Exception:  # noqa: BLE001 - whatever goes wrong here, the job must end, and say so
            if not self.closing:
                _log.exception("%s", job.arn)
            ending = Ending("Failed", failure="InternalServerError: the local AWS failed; its own log says why")
        if task is not None and not self.closing:
            task.close()
        job.end(ending.status, step=ending.step, failure=ending.failure)
        shutil.rmtree(folder, ignore_errors=True)
