"""The engine: an event loop in a thread of its own, in which every execution of every pipeline runs."""

import asyncio
import concurrent.futures
import logging
import threading
from collections.abc import Callable
from typing import Any

from attrs import define, field

from local_aws.platform import Platform
from local_aws.sagemaker.pipelines.callback_work import Callbacks
from local_aws.sagemaker.pipelines.calls import RoleCalls
from local_aws.sagemaker.pipelines.execution_run import ExecutionRun
from local_aws.sagemaker.pipelines.notifications import Notifications
from local_aws.sagemaker.pipelines.records import EXECUTING, FAILED, STOPPING, SUCCEEDED, Execution
from local_aws.sagemaker.pipelines.settings import PipelineSettings
from local_aws.sagemaker.pipelines.step_runner import StepRunner
from local_aws.sagemaker.pipelines.watch import Watch
from local_aws.sagemaker.resource_names import now

_log = logging.getLogger(__name__)
_STOP_SECONDS = 5.0


@define(eq=False)
class Engine:
    """Runs executions.

    Args:
        platform: the local AWS.
        settings: of pipelines.
    """

    platform: Platform
    settings: PipelineSettings = field(factory=PipelineSettings)
    callbacks: Callbacks = field(factory=Callbacks)
    _notifications: Notifications = field(init=False)
    _steps: StepRunner = field(init=False)
    _loop: asyncio.AbstractEventLoop | None = None
    _running: dict[Execution, tuple[ExecutionRun, "asyncio.Task[None]"]] = field(factory=dict)
    _lock: threading.Lock = field(factory=threading.Lock)
    _stopped: bool = False

    def __attrs_post_init__(self) -> None:
        watch = Watch()
        self._notifications = Notifications(self.platform)
        self._steps = StepRunner.of(self.platform, self.settings, watch, self.callbacks, self._notifications)
        self.platform.on_event(watch.receive)
        self.platform.on_stop(self.stop)

    def start(self, execution: Execution, *, again: bool = False) -> None:
        """Runs an execution, from where it stands; returns at once.

        Args:
            execution: the steps that have succeeded are not run again.
            again: whether it had ended before.
        """
        self._notifications.execution_began(execution, again=again)
        self._running_loop().call_soon_threadsafe(self._launch, execution)

    def request_stop(self, execution: Execution) -> None:
        """Stops an execution that runs; its record says already that it is stopping. Returns at once."""
        self._notifications.execution_changed(execution, EXECUTING)
        self._running_loop().call_soon_threadsafe(self._stop_one, execution)

    def look_again(self, execution: Execution) -> None:
        """An execution's parallelism has changed."""
        self._running_loop().call_soon_threadsafe(self._wake, execution)

    def stop(self) -> None:
        """Ends the loop; jobs that steps wait for end with the server."""
        with self._lock:
            self._stopped = True
            loop = self._loop
        if loop is not None:
            done = asyncio.run_coroutine_threadsafe(self._cancel_all(), loop)
            try:
                done.result(_STOP_SECONDS)
            except concurrent.futures.TimeoutError:
                _log.warning("pipeline executions did not end within %s s", _STOP_SECONDS)
            loop.call_soon_threadsafe(loop.stop)
        self._notifications.flush()

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._stopped:
                raise RuntimeError("the local AWS is being stopped")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._serve, args=(self._loop,), name="pipelines", daemon=True).start()
            return self._loop

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
        finally:
            loop.close()

    def _launch(self, execution: Execution) -> None:
        calls = RoleCalls(self.platform, execution.role_arn, execution.pipeline.region)
        run = ExecutionRun(execution, self._steps, calls, self._blocking, self.settings.parallel_steps)
        if execution.status == STOPPING:
            run.stop.set()
        self._running[execution] = (run, asyncio.get_running_loop().create_task(self._drive(run)))

    def _stop_one(self, execution: Execution) -> None:
        if execution in self._running:
            run = self._running[execution][0]
            run.stop.set()
            run.wake.set()

    def _wake(self, execution: Execution) -> None:
        if execution in self._running:
            self._running[execution][0].wake.set()

    async def _drive(self, run: ExecutionRun) -> None:
        execution = run.execution
        try:
            status, failure = await run.drive()
        except asyncio.CancelledError:
            return  # the server ends
        except Exception:  # noqa: BLE001 - a fault of ours must end the execution, not leave it running
            _log.exception("%s met a fault of the local AWS", execution.arn)
            status, failure = FAILED, "InternalServerError: the local AWS failed; its own log says why"
        finally:
            self._running.pop(execution, None)
        with execution.lock:
            before = execution.status
            if status == SUCCEEDED and before == STOPPING:
                status = "Stopped"
            execution.failure = failure
            execution.modified = execution.ended = now()
            execution.status = status
        self._notifications.execution_changed(execution, before)

    async def _cancel_all(self) -> None:
        tasks = [task for _, task in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # what they waited with was cancelled by them, and ends in the loop's next rounds
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True)

    def _blocking(self, work: Callable[[], Any]) -> "asyncio.Future[Any]":
        """Runs a function in a worker; what it raises is the future's."""
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


def _settle(future: "asyncio.Future[Any]", result: Any, failure: Exception | None) -> None:
    if future.done():
        return
    if failure is None:
        future.set_result(result)
    else:
        future.set_exception(failure)
        future.exception()  # read, so that asyncio does not report what nobody waits for any more
