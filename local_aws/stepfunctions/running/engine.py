"""The engine: an event loop in a thread of its own, in which every execution of every state machine runs."""

import asyncio
import concurrent.futures
import logging
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from attrs import define, field

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
_STOP_SECONDS = 5.0


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
    _loop: asyncio.AbstractEventLoop | None = None
    _running: dict[Execution, "asyncio.Task[None]"] = field(factory=dict)
    _lock: threading.Lock = field(factory=threading.Lock)
    _stopped: bool = False

    def __attrs_post_init__(self) -> None:
        self.roles = RoleSessions(self.platform)
        self.tokens = TaskTokens(self.clock)
        self.notifications = Notifications(self.platform)
        calls = AwsCalls(self.roles)
        self._jobs = SyncJobs(calls=calls, blocking=self._blocking, watch=self.watch, clock=self.clock)
        self._tasks = TaskRunner(
            calls=calls,
            blocking=self._blocking,
            tokens=self.tokens,
            activities=self.activities,
            jobs=self._jobs,
            clock=self.clock,
        )
        self.map_runs = MapRuns(
            roles=self.roles, blocking=self._blocking, clock=self.clock, launch=self._launch, abort=self._abort
        )
        self.platform.on_event(self.watch.receive)
        self.platform.on_stop(self.stop)

    def start(self, execution: Execution) -> None:
        """Runs an execution from its root; returns at once."""
        self.notifications.started(execution)
        loop = self._running_loop()
        loop.call_soon_threadsafe(self._launch, execution)

    def abort(self, execution: Execution, error: str | None, cause: str | None) -> None:
        """Ends a running execution as ABORTED and stops the jobs that it waits for; returns when it has ended."""
        self._call(self._abort(execution, error, cause))

    def redrive(self, execution: Execution) -> None:
        """Runs a failed execution from where it failed; the caller has begun the redrive."""
        self._running_loop().call_soon_threadsafe(self._launch, execution)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Runs a coroutine in the loop and gives its result, to a thread that may wait."""
        return self._call(work)

    @property
    def tasks(self) -> TaskRunner:
        """Carries out Task states."""
        return self._tasks

    def stop(self) -> None:
        """Aborts every execution and ends the loop; jobs that they wait for end with the server."""
        with self._lock:
            self._stopped = True
            loop = self._loop
        self._jobs.stopping = True
        if loop is not None:
            done = asyncio.run_coroutine_threadsafe(self._abort_all(), loop)
            try:
                done.result(_STOP_SECONDS)
            except concurrent.futures.TimeoutError:
                _log.warning("executions did not end within %s s", _STOP_SECONDS)
            loop.call_soon_threadsafe(loop.stop)
        self.notifications.flush()

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._stopped:
                raise RuntimeError("the local AWS is being stopped")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._serve, args=(self._loop,), name="executions", daemon=True).start()
            return self._loop

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
        finally:
            loop.close()

    def _call(self, work: Coroutine[Any, Any, Any]) -> Any:
        try:
            loop = self._running_loop()
        except RuntimeError:
            work.close()
            raise
        return asyncio.run_coroutine_threadsafe(work, loop).result()

    def _blocking(self, work: Callable[[], Any]) -> "asyncio.Future[Any]":
        """Runs a function in a worker; what it raises is the future's, whom it is for knows what it means."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()

        def carry_out() -> None:
            result: Any = None
            failure: Exception | None = None
            try:
                result = work()
            except Exception as error:  # noqa: BLE001 - handed on
                failure = error
            if not loop.is_closed():
                loop.call_soon_threadsafe(_settle, future, result, failure)

        self.platform.workers.submit(carry_out)
        return future

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


def _settle(future: "asyncio.Future[Any]", result: Any, failure: Exception | None) -> None:
    if future.done():
        return
    if failure is None:
        future.set_result(result)
    else:
        future.set_exception(failure)
        future.exception()  # read, so that asyncio does not report what nobody waits for any more
