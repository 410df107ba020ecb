"""One execution as it runs: which step begins when, and how all of it ends."""

import asyncio
from collections.abc import Awaitable, Callable
from graphlib import TopologicalSorter
from typing import Any

from attrs import define, field

from local_aws.sagemaker.pipelines.calls import RoleCalls
from local_aws.sagemaker.pipelines.experiments import enter_experiment
from local_aws.sagemaker.pipelines.failures import StepFailedError
from local_aws.sagemaker.pipelines.records import FAILED, STOPPED, SUCCEEDED, Execution, StepRun
from local_aws.sagemaker.pipelines.step_runner import StepRunner
from local_aws.sagemaker.pipelines.step_work import StepWork

_FAILURE = "Step failure: One or multiple steps failed."


@define(eq=False)
class ExecutionRun:
    """Runs the steps of an execution, in the engine's loop.

    After a failure no further step begins; those that run go on to their end, which is waited for. A step of a branch
    that is not taken does not run, nor does what needs it.

    Args:
        execution: its record.
        steps: carries out steps.
        calls: AWS with the execution's role.
        blocking: runs a function in a worker thread.
        parallel: steps at the same time, where the execution says nothing.
    """

    execution: Execution
    steps: StepRunner
    calls: RoleCalls
    blocking: Callable[[Callable[[], Any]], Awaitable[Any]]
    parallel: int
    stop: asyncio.Event = field(factory=asyncio.Event)
    wake: asyncio.Event = field(factory=asyncio.Event)
    _left_out: set[str] = field(factory=set)
    _tasks: "dict[asyncio.Task[None], str]" = field(factory=dict)

    async def drive(self) -> tuple[str, str | None]:
        """Runs to the end; gives the execution's status, and its reason for a failure."""
        try:
            await self.blocking(lambda: enter_experiment(self.steps.platform, self.execution, self.calls))
        except StepFailedError as failure:
            return FAILED, str(failure)
        order = TopologicalSorter(self.execution.definition.order())
        order.prepare()
        ready: list[str] = []
        try:
            while True:
                self._pass_by(order, ready)
                while ready and self._may_begin():
                    self._begin(ready.pop(0))
                if not self._tasks:
                    break
                for done in await self._next_ended():
                    name = self._tasks.pop(done)
                    done.result()
                    order.done(name)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._failed():
            return FAILED, _FAILURE
        return (STOPPED if self.stop.is_set() else SUCCEEDED), None

    def _pass_by(self, order: "TopologicalSorter[str]", ready: list[str]) -> None:
        """Takes the steps that nothing is in the way of; those that need not run are done at once."""
        names = {name: position for position, name in enumerate(self.execution.definition.steps)}
        while found := sorted(order.get_ready(), key=names.__getitem__):
            for name in found:
                if self._is_left_out(name):
                    self._left_out.add(name)
                    order.done(name)
                elif self._has_result(name):
                    order.done(name)
                else:
                    ready.append(name)

    def _is_left_out(self, name: str) -> bool:
        step = self.execution.definition.steps[name]
        if step.needs & self._left_out:
            return True
        if step.branch is None:
            return False
        condition = self.execution.runs.get(step.branch.condition)
        return condition is not None and condition.outcome is not step.branch.outcome

    def _has_result(self, name: str) -> bool:
        """Whether a step has succeeded before (a retry), or is taken from another execution."""
        run = self.execution.runs.get(name)
        if run is not None and run.status == SUCCEEDED:
            return True
        selection = self.execution.selection
        if selection is None or name in selection.steps:
            return False
        source = selection.source
        before = source.runs.get(name) if source is not None else None
        if source is None or before is None or before.status != SUCCEEDED:
            # neither run nor needed: what needs it was checked when the execution was started
            self._left_out.add(name)
            return True
        step = self.execution.definition.steps[name]
        taken = StepRun(
            step=step, status=SUCCEEDED, started=before.started, ended=before.ended, selected_from=source.arn
        )
        taken.take_result(before)
        self.execution.runs[name] = taken
        return True

    def _may_begin(self) -> bool:
        most = (self.execution.parallelism or {}).get("MaxParallelExecutionSteps", self.parallel)
        return len(self._tasks) < most and not self.stop.is_set() and not self._failed()

    def _failed(self) -> bool:
        return any(run.status == FAILED for run in list(self.execution.runs.values()))

    def _begin(self, name: str) -> None:
        run = StepRun(step=self.execution.definition.steps[name])
        self.execution.runs[name] = run
        work = StepWork(
            execution=self.execution,
            run=run,
            calls=self.calls,
            blocking=self.blocking,
            notifications=self.steps.notifications,
            stop=self.stop,
        )
        self._tasks[asyncio.ensure_future(self.steps.carry_out(work))] = name

    async def _next_ended(self) -> "set[asyncio.Task[None]]":
        self.wake.clear()
        woken = asyncio.ensure_future(self.wake.wait())
        try:
            done, _ = await asyncio.wait({*self._tasks, woken}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()
        return {task for task in self._tasks if task in done}
