"""Distributed Map states: each item, or batch of items, in an execution of its own."""

import asyncio
import itertools
import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from attrs import define, evolve

from local_aws.stepfunctions.language import definition as d
from local_aws.stepfunctions.language.documents import Environment, Scope, is_too_large, to_json
from local_aws.stepfunctions.language.errors import DATA_LIMIT_EXCEEDED, StatesError
from local_aws.stepfunctions.running.clock import Clock
from local_aws.stepfunctions.running.executions import Branch, Execution, Revision
from local_aws.stepfunctions.running.history import History
from local_aws.stepfunctions.running.map_items import batches, read_items
from local_aws.stepfunctions.running.map_results import transformed, write_results
from local_aws.stepfunctions.tasks.roles import RoleSessions, RoleUse

_MOST_AT_ONCE = 1000
"""AWS runs 10,000 side by side; one machine has its limits."""

_THRESHOLD = "States.ExceedToleratedFailureThreshold"
_COUNTED = ("pending", "running", "succeeded", "failed", "timedOut", "aborted")
_COUNTS = {"SUCCEEDED": "succeeded", "FAILED": "failed", "TIMED_OUT": "timedOut", "ABORTED": "aborted"}


@define(eq=False)
class Child:
    """One item or batch, and the execution that works on it.

    Attributes:
        items: how many items it has.
        input: the execution's input.
        text: the same as JSON.
        execution: None before it has begun.
    """

    items: int
    input: Any
    text: str
    execution: Execution | None = None

    @property
    def count(self) -> str:
        """Under which of a run's counts it falls."""
        if self.execution is None:
            return "pending"
        return _COUNTS.get(self.execution.status, "running")


@define(eq=False, kw_only=True)
class MapRun:
    """One run of a distributed Map state.

    Attributes:
        arn: of the run.
        parent: the execution whose state it is.
        revision: what its executions run.
        children: one for each item or batch.
        started: seconds since the epoch.
        max_concurrency: executions at once; 0 is as many as there may be.
        tolerated_count: of items that may fail; None is not told.
        tolerated_percentage: of items that may fail; None is not told.
        status: ``RUNNING``, ``SUCCEEDED``, ``FAILED`` or ``ABORTED``.
        stopped: when it ended.
        written: whether the results are in S3.
        redrive_count: how often it was redriven.
        redriven: when it last was.
    """

    arn: str
    parent: Execution
    revision: Revision
    children: list[Child]
    started: float
    max_concurrency: int
    tolerated_count: float | None
    tolerated_percentage: float | None
    status: str = "RUNNING"
    stopped: float | None = None
    written: bool = False
    redrive_count: int = 0
    redriven: float | None = None

    @property
    def at_once(self) -> int:
        """How many executions may run side by side."""
        return min(self.max_concurrency or _MOST_AT_ONCE, _MOST_AT_ONCE)

    def counts(self, *, of_items: bool) -> dict[str, int]:
        """How many items, or executions, are in which state: ``itemCounts`` or ``executionCounts``."""
        counts = dict.fromkeys(_COUNTED, 0)
        for child in self.children:
            counts[child.count] += child.items if of_items else 1
        ended = counts["succeeded"] + counts["failed"] + counts["timedOut"] + counts["aborted"]
        return counts | {"total": sum(counts.values()), "resultsWritten": ended if self.written else 0}

    def is_over(self, failed: int) -> bool:
        """Whether more items have failed than may."""
        if self.tolerated_count is None and self.tolerated_percentage is None:
            return failed > 0
        if self.tolerated_count is not None and failed > self.tolerated_count:
            return True
        total = sum(child.items for child in self.children)
        return self.tolerated_percentage is not None and 100 * failed > self.tolerated_percentage * total

    def ended_executions(self) -> list[Execution]:
        """Its executions that have ended, in the order of their items."""
        return [child.execution for child in self.children if child.execution is not None and child.count != "running"]


def _allow(_revision: Revision) -> None:
    """Any role may."""


def _forget(_kept: Execution | MapRun) -> None:
    """Nobody asks for it."""


@define(eq=False, kw_only=True)
class MapRuns:
    """Runs distributed Map states.

    Args:
        roles: whose rights the calls of S3 have.
        blocking: runs a function in a worker thread.
        clock: time.
        launch: runs an execution in the engine's loop.
        abort: ends an execution.

    Attributes:
        authorize: checks that a revision's role may start executions of its state machine; blocks.
        keep: told of every run and of its executions.
    """

    roles: RoleSessions
    blocking: Callable[[Callable[[], Any]], "asyncio.Future[Any]"]
    clock: Clock
    launch: Callable[[Execution], "asyncio.Task[None]"]
    abort: Callable[[Execution, str | None, str | None], Awaitable[None]]
    authorize: Callable[[Revision], None] = _allow
    keep: Callable[[Execution | MapRun], None] = _forget

    async def run(
        self, execution: Execution, branch: Branch, state: d.DistributedMapState, environment: Environment
    ) -> Any:
        """Runs a state; a redriven one takes up what has not succeeded.

        Raises:
            StatesError: the items cannot be read, too many of them failed, or the results cannot be written.
        """
        history = execution.history
        run = branch.map_run
        if run is None:
            run = branch.map_run = await self._begin(execution, branch, state, environment)
        else:
            run.status, run.stopped = "RUNNING", None
            run.redrive_count += 1
            run.redriven = self.clock.now()
            details = {"mapRunArn": run.arn, "redriveCount": run.redrive_count}
            branch.last = history.add("MapRunRedriven", branch.last, details)
        try:
            await self._run_children(run)
            result = await self._result(run, state, environment)
        except asyncio.CancelledError:
            self._end(run, "ABORTED")
            if execution.status == "RUNNING":
                branch.last = history.add("MapRunAborted", branch.last)
            raise
        except StatesError as error:
            self._end(run, "FAILED")
            branch.last = history.add("MapRunFailed", branch.last, error.details())
            raise
        self._end(run, "SUCCEEDED")
        branch.last = history.add("MapRunSucceeded", branch.last)
        branch.last = history.add("MapStateSucceeded", branch.last)
        return result

    async def _begin(
        self, execution: Execution, branch: Branch, state: d.DistributedMapState, environment: Environment
    ) -> MapRun:
        parent = execution.revision
        items = await self._items(parent, state, environment)
        children = [_child(*each) for each in self._inputs(items, state, environment)]
        limit = state.max_concurrency(environment)
        tolerated = [
            None if value is None else value(environment)
            for value in (state.tolerated_count, state.tolerated_percentage)
        ]
        branch.last = execution.history.add("MapStateStarted", branch.last, {"length": len(items)})
        # labels are unique in a state machine: a Map inside of another starts executions of the state machine, too
        own = evolve(parent, arn=parent.arn.partition("/")[0], name=parent.name.partition("/")[0])
        await self.blocking(lambda: self.authorize(own))
        revision = evolve(
            parent,
            arn=f"{own.arn}/{state.label}",
            name=f"{own.name}/{state.label}",
            machine=state.processor,
            type="EXPRESS" if state.express else "STANDARD",
        )
        run = MapRun(
            arn=f"arn:aws:states:{parent.region}:{parent.account}:mapRun:{revision.name}:{uuid.uuid4()}",
            parent=execution,
            revision=revision,
            children=children,
            started=self.clock.now(),
            max_concurrency=int(limit),
            tolerated_count=tolerated[0],
            tolerated_percentage=tolerated[1],
        )
        branch.last = execution.history.add("MapRunStarted", branch.last, {"mapRunArn": run.arn})
        self.keep(run)
        return run

    async def _items(self, revision: Revision, state: d.DistributedMapState, environment: Environment) -> list[Any]:
        reader = state.reader
        if reader is None:
            found: list[Any] = state.items(environment)
            return found
        arguments = reader.arguments(environment)
        most = None if reader.max_items is None else int(reader.max_items(environment)) or None
        role = RoleUse(execution=revision.role_arn, region=revision.region)

        def read() -> list[Any]:
            items: list[Any] = self.roles.call(
                "s3",
                revision.region,
                role,
                lambda s3: list(itertools.islice(read_items(s3, reader.action, arguments, reader.config), most)),
            )
            return items

        return list(await self.blocking(read))

    def _inputs(
        self, items: list[Any], state: d.DistributedMapState, environment: Environment
    ) -> "list[tuple[int, Any]]":
        """How many items each execution has, and its input."""
        selected = items
        if state.selector is not None:
            selected = []
            for index, item in enumerate(items):
                context = {**environment.context, "Map": {"Item": {"Index": index, "Value": item}}}
                inner = Environment(environment.input, environment.data, context, environment.scope, environment.states)
                selected.append(state.selector(inner))
        batcher = state.batcher
        if batcher is None:
            return [(1, item) for item in selected]
        limits = [None if value is None else value(environment) for value in (batcher.max_items, batcher.max_bytes)]
        besides = {} if batcher.input is None else {"BatchInput": batcher.input(environment)}
        return [(len(batch), {**besides, "Items": batch}) for batch in batches(selected, *limits)]

    async def _run_children(self, run: MapRun) -> None:
        waiting = deque(child for child in run.children if child.count != "succeeded")
        running: dict[asyncio.Task[None], tuple[Child, Execution]] = {}
        failed = 0
        try:
            while waiting or running:
                while waiting and len(running) < run.at_once:
                    child = waiting.popleft()
                    execution = self._prepared(run, child)
                    running[self.launch(execution)] = child, execution
                done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    child, execution = running.pop(task)
                    failed += 0 if execution.status == "SUCCEEDED" else child.items
                if failed and run.is_over(failed):
                    raise StatesError(_THRESHOLD, "The specified tolerated failure threshold was exceeded")
        finally:
            if running:
                cause = "The Map Run was ended."
                await asyncio.gather(*(self.abort(each, None, cause) for _, each in running.values()))

    def _prepared(self, run: MapRun, child: Child) -> Execution:
        """The execution of a child, about to run: a new one, or the one that failed before."""
        execution, now = child.execution, self.clock.now()
        if execution is not None and not run.revision.is_express:
            execution.begin_redrive(now)
            return execution
        revision, name = run.revision, str(uuid.uuid4())
        kind = "express" if revision.is_express else "execution"
        history = History(self.clock, limited=not revision.is_express, kept=not revision.is_express)
        history.add("ExecutionStarted", 0, {"input": child.text, "roleArn": revision.role_arn})
        execution = child.execution = Execution(
            arn=f"arn:aws:states:{revision.region}:{revision.account}:{kind}:{revision.name}:{name}",
            name=name,
            revision=revision,
            input_text=child.text,
            input=child.input,
            started=now,
            history=history,
            root=Branch(revision.machine, revision.machine.start_at, child.input, child.text, Scope()),
            map_run_arn=run.arn,
        )
        self.keep(execution)
        return execution

    async def _result(self, run: MapRun, state: d.DistributedMapState, environment: Environment) -> Any:
        writer, executions = state.writer, run.ended_executions()
        if writer is None or writer.arguments is None:
            form = "COMPACT" if writer is None else writer.transformation
            return transformed(executions, form)
        arguments = writer.arguments(environment)
        role = RoleUse(execution=run.revision.role_arn, region=run.revision.region)

        def write() -> Any:
            return self.roles.call(
                "s3",
                run.revision.region,
                role,
                lambda s3: write_results(
                    s3, arguments, run.arn, executions, transformation=writer.transformation, lines=writer.lines
                ),
            )

        result = await self.blocking(write)
        run.written = True
        return result

    def _end(self, run: MapRun, status: str) -> None:
        run.status, run.stopped = status, self.clock.now()


def _child(items: int, value: Any) -> Child:
    text = to_json(value)
    if is_too_large(text):
        raise StatesError(
            DATA_LIMIT_EXCEEDED,
            "The input of an execution of the Map Run exceeds the maximum number of bytes service limit.",
        )
    return Child(items, value, text)
