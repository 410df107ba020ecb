"""Parallel and Map: branches and iterations side by side, and what becomes of the others when one fails."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from attrs import define

from local_aws.stepfunctions.language import definition as d
from local_aws.stepfunctions.language.documents import Environment, Scope, to_json
from local_aws.stepfunctions.language.errors import StatesError
from local_aws.stepfunctions.running.executions import Branch, Execution

_MAX_CONCURRENCY = 40
_ABORTED = frozenset({"Task", "Wait", "Parallel", "Map"})


@define(eq=False)
class Branches:
    """Runs the inner states of a Parallel or Map state.

    Args:
        execution: they belong to it.
        run: runs one line of states to its end.
    """

    execution: Execution
    run_branch: Callable[[Branch], Awaitable[None]]

    async def run(self, parent: Branch, state: d.ParallelState | d.MapState, environment: Environment) -> list[Any]:
        """Runs them all and gives their outputs in order.

        A redriven state takes up its branches where they stood: what had succeeded is not run again.

        Raises:
            StatesError: one of them failed; the others were stopped.
        """
        history = self.execution.history
        redriven = bool(parent.children)
        if not redriven:
            # the list is made before the state has started: a fault of it is the state's own
            parent.children = self._iterations(parent, state, environment) if isinstance(state, d.MapState) else []
            details = {"length": len(parent.children)} if isinstance(state, d.MapState) else None
            limit = self._limit(state, environment)
            arguments = state.flow.arguments(environment)
            parent.last = history.add(f"{state.type}StateStarted", parent.last, details)
            if isinstance(state, d.ParallelState):
                text = to_json(arguments)
                parent.children = [self._branch(parent, machine, arguments, text) for machine in state.branches]
        else:
            limit = self._limit(state, environment)
        started = parent.last
        for child in parent.children:
            if not child.done:
                child.last = started if not redriven or not child.entered else child.last
        try:
            await self._run_children(parent, state, limit, started)
        except _ChildError as failed:
            parent.last = failed.child.last
            if not failed.error.terminal:
                self._record_failure(parent, state, failed.child)
            raise failed.error from None
        parent.last = max([started, *(child.last for child in parent.children)])
        history.add(f"{state.type}StateSucceeded", parent.last)
        return [child.input for child in parent.children]

    def _limit(self, state: d.ParallelState | d.MapState, environment: Environment) -> int:
        if isinstance(state, d.ParallelState):
            return len(state.branches)
        limit = int(state.max_concurrency(environment))
        return min(limit, _MAX_CONCURRENCY) if limit > 0 else _MAX_CONCURRENCY

    def _branch(self, parent: Branch, machine: d.Machine, value: Any, text: str) -> Branch:
        scope = Scope(parent.scope)
        return Branch(machine, machine.start_at, value, text, scope, item=parent.item)

    def _iterations(self, parent: Branch, state: d.MapState, environment: Environment) -> list[Branch]:
        children = []
        for index, item in enumerate(state.items(environment)):
            about = {"Index": index, "Value": item}
            value = item
            if state.selector is not None:
                context = {**environment.context, "Map": {"Item": about}}
                value = state.selector(
                    Environment(environment.input, environment.data, context, environment.scope, environment.states)
                )
            child = self._branch(parent, state.processor, value, to_json(value))
            child.item, child.index = about, index
            children.append(child)
        return children

    async def _run_children(self, parent: Branch, state: d.State, limit: int, started: int) -> None:
        waiting = deque(child for child in parent.children if not child.done)
        running: dict[asyncio.Task[None], Branch] = {}
        try:
            while waiting or running:
                while waiting and len(running) < limit:
                    child = waiting.popleft()
                    if child.index is not None and not child.entered:
                        child.last = self._iteration_event("Started", state, child, started)
                    running[asyncio.create_task(self._run_child(state, child))] = child
                done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                ended = [(running.pop(task), task) for task in done]
                for child, task in sorted(ended, key=lambda pair: pair[0].last):
                    error = task.exception()
                    if isinstance(error, StatesError):
                        raise _ChildError(child, error)
                    task.result()
        finally:
            for task in running:
                task.cancel()
            if running:
                await asyncio.gather(*running, return_exceptions=True)

    async def _run_child(self, state: d.State, child: Branch) -> None:
        await self.run_branch(child)
        if child.index is not None:
            child.last = self._iteration_event("Succeeded", state, child, child.last)

    def _iteration_event(self, what: str, state: d.State, child: Branch, previous: int) -> int:
        details = {"name": state.name, "index": child.index}
        return self.execution.history.add(f"MapIteration{what}", previous, details)

    def _record_failure(self, parent: Branch, state: d.State, failed: Branch) -> None:
        """The events of a failure: the iteration that failed, then what was stopped."""
        for child in [failed, *(each for each in parent.children if each is not failed and not each.done)]:
            started = child is failed or child.entered or child.last > parent.entered
            if child.index is not None and started:
                self._iteration_event("Failed" if child is failed else "Aborted", state, child, failed.last)
            self._record_aborted(child, failed.last)

    def _record_aborted(self, branch: Branch, previous: int) -> None:
        if not branch.entered:
            return
        for child in branch.children:
            if not child.done:
                self._record_aborted(child, previous)
        kind = branch.machine.states[branch.state].type
        if kind in _ABORTED:
            self.execution.history.add(f"{kind}StateAborted", previous)


class _ChildError(Exception):
    def __init__(self, child: Branch, error: StatesError) -> None:
        super().__init__(str(error))
        self.child = child
        self.error = error
