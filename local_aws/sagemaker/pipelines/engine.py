"""The engine: an event loop in a thread of its own, in which every execution of every pipeline runs."""

import asyncio
import logging

from attrs import define, field

from local_aws.loop_thread import LoopThread
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
    _loop: LoopThread = field(init=False)
    _running: dict[Execution, tuple[ExecutionRun, "asyncio.Task[None]"]] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self._loop = LoopThread(self.platform, "pipelines")
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
        self._loop.soon(self._launch, execution)

    def request_stop(self, execution: Execution) -> None:
        """Stops an execution that runs; its record says already that it is stopping. Returns at once."""
        self._notifications.execution_changed(execution, EXECUTING)
        self._loop.soon(self._stop_one, execution)

    def look_again(self, execution: Execution) -> None:
        """An execution's parallelism has changed."""
        self._loop.soon(self._wake, execution)

    def stop(self) -> None:
        """Ends the loop; jobs that steps wait for end with the server."""
        self._loop.stop(self._cancel_all)
        self._notifications.flush()

    def _launch(self, execution: Execution) -> None:
        calls = RoleCalls(self.platform, execution.role_arn, execution.pipeline.region)
        run = ExecutionRun(execution, self._steps, calls, self._loop.blocking, self.settings.parallel_steps)
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
