"""The engine: an event loop in a thread of its own, in which every execution of every state machine runs."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from attrs import define, field

from local_aws.loop_thread import LoopThread
from local_aws.platform import Platform
from local_aws.stepfunctions.language.errors import StatesError
from local_aws.stepfunctions.running.clock import Alarm, Clock, SystemClock
from local_aws.stepfunctions.running.executions import Execution
from local_aws.stepfunctions.running.interpreter import Interpreter
from local_aws.stepfunctions.running.map_runs import MapRuns
from local_aws.stepfunctions.running.notifications import Notifications
from local_aws.stepfunctions.tasks.activities import Activities
from local_aws.stepfunctions.tasks.aws_calls import AwsCalls
from local_aws.stepfunctions.tasks.job_watch import JobWatch
from local_aws.stepfunctions.tasks.roles import RoleSessions
from local_aws.stepfunctions.tasks.runner import TaskRunner
from local_aws.stepfunctions.tasks.sync_jobs import SyncJobs
from local_aws.stepfunctions.tasks.tokens import TaskTokens

_log = logging.getLogger(__name__)
_EXPRESS_SECONDS = 5 * 60


@define(eq=False)
class Engine:
    """Runs executions.

    Args:
        platform: the local AWS.
        activities: by account and region.
        clock: time. Default: the machine's.
    """

    platform: Platform
    activities: Callable[[str, str], Activities]
    clock: Clock = field(factory=SystemClock)
    roles: RoleSessions = field(init=False)
    tokens: TaskTokens = field(init=False)
    notifications: Notifications = field(init=False)
    map_runs: MapRuns = field(init=False)
    watch: JobWatch = field(factory=JobWatch)
    _jobs: SyncJobs = field(init=False)
    _tasks: TaskRunner = field(init=False)
    _loop: LoopThread = field(init=False)
    _running: dict[Execution, "asyncio.Task[None]"] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self._loop = LoopThread(self.platform, "executions")
        self.roles = RoleSessions(self.platform)
        self.tokens = TaskTokens(self.clock)
        self.notifications = Notifications(self.platform)
        calls = AwsCalls(self.roles)
        self._jobs = SyncJobs(calls=calls, blocking=self._loop.blocking, watch=self.watch, clock=self.clock)
        self._tasks = TaskRunner(
            calls=calls,
            blocking=self._loop.blocking,
            tokens=self.tokens,
            activities=self.activities,
            jobs=self._jobs,
            clock=self.clock,
        )
        self.map_runs = MapRuns(
            roles=self.roles, blocking=self._loop.blocking, clock=self.clock, launch=self._launch, abort=self._abort
        )
        self.platform.on_event(self.watch.receive)
        self.platform.on_stop(self.stop)

    def start(self, execution: Execution) -> None:
        """Runs an execution from its root; returns at once."""
        self.notifications.started(execution)
        self._loop.soon(self._launch, execution)

    def abort(self, execution: Execution, error: str | None, cause: str | None) -> None:
        """Ends a running execution as ABORTED and stops the jobs that it waits for; returns when it has ended."""
        self._loop.result(self._abort(execution, error, cause))

    def redrive(self, execution: Execution) -> None:
        """Runs a failed execution from where it failed; the caller has begun the redrive."""
        self._loop.soon(self._launch, execution)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Runs a coroutine in the loop and gives its result, to a thread that may wait."""
        return self._loop.result(work)

    @property
    def tasks(self) -> TaskRunner:
        """Carries out Task states."""
        return self._tasks

    def stop(self) -> None:
        """Aborts every execution and ends the loop; jobs that they wait for end with the server."""
        self._jobs.stopping = True
        self._loop.stop(self._abort_all)
        self.notifications.flush()

    def _launch(self, execution: Execution) -> "asyncio.Task[None]":
        """Runs an execution in the loop; one that was ended before it began runs nothing."""
        task = asyncio.get_running_loop().create_task(self._drive(execution))
        self._running[execution] = task
        return task

    async def _drive(self, execution: Execution) -> None:
        if execution.status != "RUNNING":
            self._running.pop(execution, None)
            return
        limits = self._limits(execution)
        try:
            await Interpreter(execution, self._tasks, self.clock, self.map_runs).run(execution.root)
        except StatesError as error:
            self._end(execution, "FAILED", "ExecutionFailed", error.details(), previous=execution.root.last)
        except asyncio.CancelledError:
            if execution.status == "RUNNING":  # else who cancelled it has said how it ended
                raise
        except Exception:  # noqa: BLE001 - a fault of ours must end the execution, not leave it running
            _log.exception("execution %s met a fault of the local AWS", execution.arn)
            cause = "The local AWS met a fault of its own while it ran this execution; its log tells more."
            self._end(execution, "FAILED", "ExecutionFailed", {"error": "States.Runtime", "cause": cause})
        else:
            root = execution.root
            execution.output_text = root.text
            self._end(execution, "SUCCEEDED", "ExecutionSucceeded", {"output": root.text}, previous=root.last)
        finally:
            for limit in limits:
                limit.cancel()
            self._running.pop(execution, None)

    def _limits(self, execution: Execution) -> list[Alarm]:
        """The alarm that ends an execution whose time is over."""
        seconds = execution.revision.machine.timeout_seconds
        if execution.revision.is_express:
            seconds = min(seconds or _EXPRESS_SECONDS, _EXPRESS_SECONDS)
        if seconds is None:
            return []
        since = execution.started if execution.redriven is None else execution.redriven

        def time_out() -> None:
            if execution.status == "RUNNING":
                task = self._running.get(execution)
                self._end(execution, "TIMED_OUT", "ExecutionTimedOut", {"error": "States.Timeout"})
                if task is not None:
                    task.cancel()

        return [self.clock.call_at(since + seconds, time_out)]

    async def _abort(self, execution: Execution, error: str | None, cause: str | None) -> None:
        if execution.status != "RUNNING":
            return
        task = self._running.get(execution)
        self._end(execution, "ABORTED", "ExecutionAborted", StatesError(error, cause).details())
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _abort_all(self) -> None:
        executions = list(self._running)
        await asyncio.gather(*(self._abort(each, None, "The local AWS was stopped.") for each in executions))

    def _end(self, execution: Execution, status: str, kind: str, details: dict[str, Any], *, previous: int = 0) -> None:
        execution.history.add(kind, previous, details)
        execution.error, execution.cause = details.get("error"), details.get("cause")
        execution.stopped = self.clock.now()
        execution.status = status
        self.notifications.ended(execution)
        if not execution.ended.done():
            execution.ended.set_result(None)
