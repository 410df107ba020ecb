"""What the history of an execution tells: its steps, those inside of Parallel and Map states too."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from attrs import define, field, frozen

RUNNING = "RUNNING"
SUCCEEDED = "SUCCEEDED"
_FAILURES = ("Failed", "TimedOut", "StartFailed", "SubmitFailed", "ScheduleFailed")
_ENDS = {"ExecutionAborted": "ABORTED", "ExecutionTimedOut": "TIMED_OUT"}
_BAD_ENDS = ("FAILED", "ABORTED", "TIMED_OUT")
_JOB_NAMES = (
    "TrainingJobName",
    "ProcessingJobName",
    "TransformJobName",
    "HyperParameterTuningJobName",
    "EndpointName",
)

_TAKEN = ("CACHED", "REUSED")

Scope = tuple[tuple[str, int | None], ...]
"""Where a state runs: the Parallel and Map states around it, from the outermost, with the index of the iteration."""


@define(kw_only=True)
class Visit:
    """A step in one scope; helper states (``name: …``) count to the step that they serve.

    Attributes:
        started: when it was first entered.
        status: RUNNING, SUCCEEDED, FAILED, CAUGHT (it failed, and a Catch went on), ABORTED, TIMED_OUT, CACHED or
            REUSED (a selective execution left it out, and took it from another).
        ended: when it was last left, or None.
        attempts: how often its task was started; what its helper states do is none.
        input: what it was given when it was last entered.
        output: what it gave when it was last left.
        error: the last error's name.
        cause: the last error's cause.
        log: the name of the job or endpoint that its requests were about, or the id of its build, or None.
        endpoint: the name of the endpoint that its requests were about, or None.
        iterations: status by index, if it is a Map.
        length: how many iterations a Map has in all.
        map_run: ARN of the Map Run that runs the iterations elsewhere, or None.
    """

    started: datetime
    status: str = RUNNING
    ended: datetime | None = None
    attempts: int = 0
    input: str | None = None
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    log: str | None = None
    endpoint: str | None = None
    iterations: dict[int, str] = field(factory=dict)
    length: int = 0
    map_run: str | None = None


@define(kw_only=True)
class Step:
    """A state of the workflow, over all the iterations that ran it.

    Attributes:
        name: of the state.
        scope: in which it was first entered.
        visits: one for each scope, in the order in which they began.
        counts: iterations of a Map Run by status, as DescribeMapRun gives them.
    """

    name: str
    scope: Scope
    visits: dict[Scope, Visit] = field(factory=dict)
    counts: dict[str, int] = field(factory=dict)

    @property
    def status(self) -> str:
        """Of all visits together: what still runs comes first, then what went wrong."""
        found = {visit.status for visit in self.visits.values()}
        return next(
            (status for status in (RUNNING, "FAILED", "TIMED_OUT", "ABORTED", "CAUGHT", *_TAKEN) if status in found),
            SUCCEEDED,
        )

    @property
    def telling(self) -> Visit:
        """The visit that tells most: the last one with an error, else the last one."""
        visits = list(self.visits.values())
        return next((visit for visit in reversed(visits) if visit.error is not None), visits[-1])

    @property
    def attempts(self) -> int:
        """How often its task was started; for a step of an iteration, in the one that tells most."""
        return self.telling.attempts

    @property
    def started(self) -> datetime:
        """When it was first entered."""
        return min(visit.started for visit in self.visits.values())

    @property
    def ended(self) -> datetime | None:
        """When the last visit ended; None while one runs."""
        ends = [visit.ended for visit in self.visits.values()]
        known = [end for end in ends if end is not None]
        return max(known) if len(known) == len(ends) else None

    @property
    def iterations(self) -> dict[str, int]:
        """Of a Map, or of a step in one that has run more than once: how many have each status."""
        if self.counts:
            return self.counts
        inner = Counter(status for visit in self.visits.values() for status in visit.iterations.values())
        here = [visit for visit in self.visits.values() if visit.map_run is None]
        waiting = sum(visit.length for visit in here) - inner.total()
        if waiting > 0:
            inner["waiting"] = waiting
        if not inner and any(index is not None for _, index in self.scope):
            inner = Counter(visit.status for visit in self.visits.values())
        return dict(inner)

    def seconds(self, now: datetime) -> float:
        """How long it took from its first to its last moment, or has taken until `now`."""
        return ((self.ended or now) - self.started).total_seconds()


@frozen
class _Place:
    """Where an event happened: a state in a scope, and the scope of a state that is entered next.

    `group` tells that the event is of a Parallel or Map state itself, not of what is inside of it.
    """

    state: str = ""
    scope: Scope = ()
    inside: Scope = ()
    group: bool = False


@define(kw_only=True)
class Progress:
    """What is known of an execution so far.

    Attributes:
        arn: of the execution.
        status: as Step Functions gives it.
        steps: in the order in which they were entered.
        taken: the ways that it went, from step to step.
        started: when it began; None before its first event.
        ended: when it ended, or None.
        error: the execution's error, where it failed.
        cause: that error's cause.
    """

    arn: str
    status: str = RUNNING
    steps: dict[str, Step] = field(factory=dict)
    taken: set[tuple[str, str]] = field(factory=set)
    started: datetime | None = None
    ended: datetime | None = None
    error: str | None = None
    cause: str | None = None
    _places: dict[int, _Place] = field(factory=dict)

    @property
    def name(self) -> str:
        """The execution's name."""
        return re.split("[:/]", self.arn)[-1]

    @property
    def last_event(self) -> int:
        """The id of the newest event that was taken into account; 0 before the first."""
        return next(reversed(self._places), 0)

    def in_order(self, inside: str | None = None) -> Iterator[Step]:
        """The steps, each before those inside of it."""
        for step in self.steps.values():
            if (step.scope[-1][0] if step.scope else None) == inside:
                yield step
                yield from self.in_order(step.name)

    def add(self, event: dict[str, Any]) -> None:
        """Takes one event of the history into account."""
        kind, when = event["type"], event["timestamp"]
        details: dict[str, Any] = next((value for key, value in event.items() if key.endswith("EventDetails")), {})
        before = self._places.get(event.get("previousEventId", 0), _Place())
        self._places[event["id"]] = self._place(kind, when, details, before)

    def _place(self, kind: str, when: datetime, details: dict[str, Any], before: _Place) -> _Place:
        if kind.startswith("Execution"):
            self._execution(kind, when, details, before)
            return before
        if kind.endswith("StateEntered"):
            return self._enter(kind, when, details, before)
        if kind.endswith("StateExited"):
            scope = _scope_of(details["name"], before)
            self._exit(self._visit(details["name"], scope), when, details)
            return _Place(details["name"], scope, scope)
        if kind.startswith("MapIteration"):
            return self._iteration(kind, details, before)
        if kind.startswith(("ParallelState", "MapState")):
            return self._around(kind, when, details, before)
        if not kind.endswith("StateAborted") and before.state:  # which of those running was stopped is not told
            visit, helper = self._visit(before.state, before.scope), _is_helper(before.state, before.scope, self.steps)
            _task_event(visit, kind, details, helper=helper)
        return _Place(before.state, before.scope, before.scope, group=before.group)

    def _enter(self, kind: str, when: datetime, details: dict[str, Any], before: _Place) -> _Place:
        state, scope = details["name"], before.inside
        helper = _is_helper(state, scope, self.steps)
        name = _step_name(state, scope, self.steps)
        step = self.steps.setdefault(name, Step(name=name, scope=scope))
        visit = step.visits.setdefault(scope, Visit(started=when))
        visit.status = "FAILED" if kind == "FailStateEntered" else RUNNING
        visit.ended = None
        if not helper:
            visit.input, visit.output = details.get("input"), None
        if before.state and before.scope == scope:
            source = _step_name(before.state, scope, self.steps)
            if source != name:
                self.taken.add((source, name))
        return _Place(state, scope, scope)

    def _exit(self, visit: Visit, when: datetime, details: dict[str, Any]) -> None:
        visit.ended = when
        visit.output = details.get("output")
        visit.status = "CAUGHT" if visit.error is not None and visit.status == "FAILED" else SUCCEEDED

    def _iteration(self, kind: str, details: dict[str, Any], before: _Place) -> _Place:
        name, index, what = details["name"], details["index"], kind.removeprefix("MapIteration")
        scope = _scope_of(name, before)
        self._visit(name, scope).iterations[index] = RUNNING if what == "Started" else what.upper()
        return _Place(name, scope, (*scope, (name, index)) if what == "Started" else scope, group=True)

    def _around(self, kind: str, when: datetime, details: dict[str, Any], before: _Place) -> _Place:
        """An event of a Parallel or Map state itself, which follows one of what is inside."""
        what = kind.removeprefix("Parallel").removeprefix("Map").removeprefix("State")
        state, scope = before.state, before.scope
        if what != "Started" and not before.group:
            state, scope = scope[-1][0], scope[:-1]
        visit = self._visit(state, scope)
        if what == "Started":
            visit.length = details.get("length", 0)
            inside = (*scope, (state, None)) if kind.startswith("Parallel") else scope
            return _Place(state, scope, inside, group=True)
        if what == "Failed":
            self._fail_group(state, scope, visit, when)
        return _Place(state, scope, scope)

    def _fail_group(self, state: str, scope: Scope, visit: Visit, when: datetime) -> None:
        """A group fails with what failed inside; the rest of it is stopped."""
        visit.status = "FAILED"
        for step in self.steps.values():
            for where, found in step.visits.items():
                if not any(around[:-1] == scope and around[-1][0] == state for around in _around_of(where)):
                    continue
                if found.status == "FAILED":
                    visit.error, visit.cause = found.error, found.cause
                if found.ended is None:
                    found.ended = when
                    found.status = "ABORTED" if found.status == RUNNING else found.status

    def _execution(self, kind: str, when: datetime, details: dict[str, Any], before: _Place) -> None:
        if kind == "ExecutionStarted":
            self.started = when
            return
        if kind == "ExecutionRedriven":
            self._redrive()
            return
        self.ended = when
        self.error, self.cause = details.get("error"), details.get("cause")
        status = _ENDS.get(kind, "FAILED")
        failed = _places_of(before) if kind == "ExecutionFailed" else None
        for step in self.steps.values():
            for scope, visit in step.visits.items():
                if visit.ended is not None:
                    continue
                visit.ended = when
                if kind == "ExecutionSucceeded":
                    continue
                stopped = failed is not None and (step.name, scope) not in failed
                visit.status = visit.status if visit.status == "FAILED" else "ABORTED" if stopped else status
                if not stopped:
                    visit.error, visit.cause = visit.error or self.error, visit.cause or self.cause

    def _redrive(self) -> None:
        """What ended the execution goes on; what had failed before, in a group whose failure was caught, does not."""
        self.ended = self.error = self.cause = None
        visits = {(step.name, scope): visit for step in self.steps.values() for scope, visit in step.visits.items()}
        failed = {place for place, visit in visits.items() if visit.status in _BAD_ENDS}
        for name, scope in failed:
            if all((around[-1][0], around[:-1]) in failed for around in _around_of(scope)):
                visit = visits[name, scope]
                visit.status, visit.ended, visit.error, visit.cause = RUNNING, None, None, None

    def _visit(self, state: str, scope: Scope) -> Visit:
        return self.steps[_step_name(state, scope, self.steps)].visits[scope]


def _places_of(place: _Place) -> set[tuple[str, Scope]]:
    """Names and scopes of a step and of the groups around it."""
    found = {(place.state, place.scope), (place.state.partition(": ")[0], place.scope)}
    return found | {(around[-1][0], around[:-1]) for around in _around_of(place.scope)}


def _around_of(scope: Scope) -> Iterator[Scope]:
    """A scope, and those around it, from the innermost."""
    return (scope[:length] for length in range(len(scope), 0, -1))


def _scope_of(state: str, before: _Place) -> Scope:
    """The scope of a state that is left: that of the event before, or one around it."""
    if before.state == state:
        return before.scope
    return next((around[:-1] for around in _around_of(before.scope) if around[-1][0] == state), before.scope)


def _is_helper(state: str, scope: Scope, steps: dict[str, Step]) -> bool:
    """Whether a state serves the step before it: it has its name, a colon and more."""
    step, separator, _ = state.partition(": ")
    return bool(separator) and step in steps and scope in steps[step].visits


def _step_name(state: str, scope: Scope, steps: dict[str, Step]) -> str:
    return state.partition(": ")[0] if _is_helper(state, scope, steps) else state


def _task_event(visit: Visit, kind: str, details: dict[str, Any], *, helper: bool) -> None:
    if kind == "MapRunStarted":
        visit.map_run = details.get("mapRunArn")
    elif kind.endswith("Scheduled"):
        visit.attempts += not helper
        visit.status = RUNNING
        asked = _request(details)
        visit.log = next((asked[name] for name in _JOB_NAMES if isinstance(asked.get(name), str)), visit.log)
        if details.get("resource") in ("createEndpoint", "updateEndpoint", "describeEndpoint"):
            visit.endpoint = asked.get("EndpointName", visit.endpoint)
    elif kind == "TaskSubmitted" and details.get("resource", "").startswith("startBuild"):
        visit.log = json.loads(details.get("output") or "{}").get("Build", {}).get("Id", visit.log)
    elif kind.endswith(_FAILURES):
        visit.status = "FAILED"
        visit.error, visit.cause = details.get("error"), details.get("cause")
    elif kind.endswith("Succeeded"):
        visit.error = visit.cause = None


def _request(details: dict[str, Any]) -> dict[str, Any]:
    """The request of a task; nothing where AWS has cut a long one short."""
    try:
        asked = json.loads(details.get("parameters") or "{}")
    except ValueError:
        return {}
    return asked if isinstance(asked, dict) else {}
