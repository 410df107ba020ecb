"""Runs the states of one execution.

Everything here runs in the engine's event loop: a state that waits (for time, a job, a token, its branches) holds no
thread. Work outside is done by `TaskRunner`.
"""

import asyncio
import random
from typing import Any, Protocol

from attrs import define, frozen

from local_aws.stepfunctions.language import definition as d
from local_aws.stepfunctions.language.documents import Environment, is_too_large, to_json
from local_aws.stepfunctions.language.errors import (
    DATA_LIMIT_EXCEEDED,
    QUERY_EVALUATION_ERROR,
    RUNTIME,
    StatesError,
    runtime_error,
)
from local_aws.stepfunctions.language.timestamps import iso_timestamp, parse_timestamp
from local_aws.stepfunctions.running.branches import Branches
from local_aws.stepfunctions.running.clock import Clock, sleep_until
from local_aws.stepfunctions.running.executions import Branch, Execution

_STATES_BETWEEN_PAUSES = 32
_COUNTED = frozenset({"Task", "Parallel", "Map"})


class Tasks(Protocol):
    """Carries out the work of Task states."""

    async def run(self, execution: Execution, branch: Branch, state: d.TaskState, environment: Environment) -> Any:
        """Does the work of a Task state once, recording its events; gives the result.

        Raises:
            StatesError: it failed.
        """


class DistributedMaps(Protocol):
    """Runs distributed Map states."""

    async def run(
        self, execution: Execution, branch: Branch, state: d.DistributedMapState, environment: Environment
    ) -> Any:
        """Runs the processor for every item in executions of their own; gives the state's result.

        Raises:
            StatesError: it failed.
        """


@frozen(kw_only=True)
class Outcome:
    """What a state came to: its output, the variables it sets, and the next state (None: it was the last)."""

    output: Any
    assigned: dict[str, Any] | None
    next: str | None


@define(eq=False)
class Interpreter:
    """Interprets one execution.

    Args:
        execution: what is run.
        tasks: does the work of its Task states.
        clock: time.
        map_runs: runs its distributed Map states.
    """

    execution: Execution
    tasks: Tasks
    clock: Clock
    map_runs: DistributedMaps
    _visited: int = 0

    async def run(self, branch: Branch) -> None:
        """Runs a branch from where it stands to its end; its output is then its `input`.

        Raises:
            StatesError: a state failed and nothing caught it.
        """
        while not branch.done:
            outcome = await self._visit(branch, branch.machine.states[branch.state])
            if outcome.next is None:
                branch.done = True
            else:
                branch.state = outcome.next
            self._visited += 1
            if self._visited % _STATES_BETWEEN_PAUSES == 0:
                await asyncio.sleep(0)

    async def _visit(self, branch: Branch, state: d.State) -> Outcome:
        history = self.execution.history
        entered_at = self.clock.now()
        if not branch.entered:
            branch.last = history.add(
                f"{state.type}StateEntered", branch.last, {"name": state.name, "input": branch.text}
            )
            branch.entered = branch.last
        context = self._context(branch, state, entered_at)
        outcome = await self._attempts(branch, state, context)
        text = to_json(outcome.output)
        if is_too_large(text):
            raise self._explained(branch, state, _too_large(state))
        details: dict[str, Any] = {"name": state.name, "output": text}
        if outcome.assigned:
            branch.scope.assign(outcome.assigned)
            details["assignedVariables"] = {name: to_json(value) for name, value in outcome.assigned.items()}
            details["assignedVariablesDetails"] = {"truncated": False}
        branch.last = history.add(f"{state.type}StateExited", branch.last, details)
        branch.entered = 0
        branch.forget_inner()
        branch.input, branch.text = outcome.output, text
        return outcome

    def _context(self, branch: Branch, state: d.State, entered_at: float) -> dict[str, Any]:
        revision = self.execution.revision
        about_state: dict[str, Any] = {"Name": state.name, "EnteredTime": iso_timestamp(entered_at)}
        if state.type in _COUNTED:
            about_state["RetryCount"] = 0
        context = {
            "Execution": self.execution.context(),
            "StateMachine": {"Id": revision.arn, "Name": revision.name},
            "State": about_state,
        }
        if branch.item is not None:
            context["Map"] = {"Item": branch.item}
        return context

    async def _attempts(self, branch: Branch, state: d.State, context: dict[str, Any]) -> Outcome:
        """Executes a state until it succeeds, is caught, or fails for good; counts each retrier's attempts."""
        attempts = [0] * len(state.retry)
        while True:
            try:
                return await self._execute(branch, state, context)
            except StatesError as error:
                self._explained(branch, state, error)
                self._record_evaluation(branch, state, error)
                delay = self._retry_delay(state, error, attempts)
                if delay is None:
                    return self._caught(branch, state, context, error)
                context["State"]["RetryCount"] = sum(attempts)
                branch.forget_inner()
            await sleep_until(self.clock, self.clock.now() + delay)

    def _retry_delay(self, state: d.State, error: StatesError, attempts: list[int]) -> float | None:
        for index, retrier in enumerate(state.retry):
            if error.answers_to(retrier.errors):
                if attempts[index] >= retrier.max_attempts:
                    return None
                attempts[index] += 1
                delay = retrier.delay(attempts[index])
                return random.uniform(0, delay) if retrier.full_jitter else delay  # noqa: S311 - no secret
        return None

    def _caught(self, branch: Branch, state: d.State, context: dict[str, Any], error: StatesError) -> Outcome:
        before = branch.last
        self._record_failed(branch, state, error)
        catcher = next((each for each in state.catch if error.answers_to(each.errors)), None)
        if catcher is None:
            raise error
        output = error.output()
        environment = Environment(branch.input, output, context, branch.scope, {"errorOutput": output})
        try:
            assigned = None if catcher.assign is None else catcher.assign(environment)
            return Outcome(output=catcher.output(environment), assigned=assigned, next=catcher.next)
        except StatesError as failure:
            branch.last = before
            self._explained(branch, state, failure)
            self._record_evaluation(branch, state, failure)
            self._record_failed(branch, state, failure)
            raise

    def _record_failed(self, branch: Branch, state: d.State, error: StatesError) -> None:
        if not error.terminal and state.type in {"Parallel", "Map"}:
            branch.last = self.execution.history.add(f"{state.type}StateFailed", branch.last)

    def _record_evaluation(self, branch: Branch, state: d.State, error: StatesError) -> None:
        if error.location is not None:
            details = {**error.details(), "location": error.location, "state": state.name}
            branch.last = self.execution.history.add("EvaluationFailed", branch.last, details)
            error.location = None

    def _explained(self, branch: Branch, state: d.State, error: StatesError) -> StatesError:
        """Says in an error of the language itself which state met it; once, where it first appears."""
        if error.error in {RUNTIME, QUERY_EVALUATION_ERROR, DATA_LIMIT_EXCEEDED} and error.place is None:
            error.place = state.name
            if error.error != DATA_LIMIT_EXCEEDED or error.terminal:
                error.cause = (
                    f"An error occurred while executing the state '{state.name}' (entered at the event id "
                    f"#{branch.entered}). {error.cause}"
                )
        return error

    async def _execute(self, branch: Branch, state: d.State, context: dict[str, Any]) -> Outcome:
        raw = Environment(branch.input, branch.input, context, branch.scope)
        effective = raw.on(state.flow.effective(raw))
        if isinstance(state, d.ChoiceState):
            return self._choose(state, effective)
        if isinstance(state, d.FailState):
            raise StatesError(
                None if state.error is None else state.error(effective),
                None if state.cause is None else state.cause(effective),
            )
        if isinstance(state, d.TaskState):
            result = await self.tasks.run(self.execution, branch, state, effective)
        elif isinstance(state, d.PassState):
            result = state.result(effective) if state.result else state.flow.arguments(effective)
        elif isinstance(state, d.DistributedMapState):
            result = await self.map_runs.run(self.execution, branch, state, effective)
        elif isinstance(state, d.ParallelState | d.MapState):
            branches = Branches(self.execution, self.run)
            result = await branches.run(branch, state, effective)
        else:
            if isinstance(state, d.WaitState):
                await sleep_until(self.clock, self._wait_end(state.until, effective))
            result = effective.data
        done = Environment(branch.input, result, context, branch.scope)
        if state.type in _COUNTED:
            done.states = {"result": result}
        assigned = None if state.flow.assign is None else state.flow.assign(done)
        return Outcome(output=state.flow.output(done), assigned=assigned, next=state.next)

    def _choose(self, state: d.ChoiceState, environment: Environment) -> Outcome:
        for rule in state.rules:
            if rule.condition(environment):
                output = state.flow.output(environment) if rule.output is None else rule.output(environment)
                assigned = None if rule.assign is None else rule.assign(environment)
                return Outcome(output=output, assigned=assigned, next=rule.next)
        if state.default is None:
            raise runtime_error("Failed to transition out of the state. The state does not point to a next state.")
        assigned = None if state.flow.assign is None else state.flow.assign(environment)
        return Outcome(output=state.flow.output(environment), assigned=assigned, next=state.default)

    def _wait_end(self, until: d.WaitEnd, environment: Environment) -> float:
        value = until.value(environment)
        if until.field.startswith("Seconds"):
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 99_999_999:
                raise runtime_error(
                    f"The {until.field} parameter must be a number of seconds between 0 and 99999999"
                    f"{f': {until.path}' if until.path else ''}, got {to_json(value)}"
                )
            return self.clock.now() + value
        moment = parse_timestamp(value)
        if moment is None:
            raise runtime_error(
                f"The {until.field} parameter is not a valid ISO-8601 extended offset date-time format string: "
                f"{until.path or 'Timestamp'} == {to_json(value)}"
            )
        return moment.timestamp()


def _too_large(state: d.State) -> StatesError:
    return StatesError(
        DATA_LIMIT_EXCEEDED,
        f"The state/task '{state.name}' returned a result with a size exceeding the maximum number of bytes service "
        "limit.",
        terminal=True,
    )
