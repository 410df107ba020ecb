"""Executions and the state machines that they run."""

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from local_aws.stepfunctions.language.definition import Machine
from local_aws.stepfunctions.language.documents import Scope
from local_aws.stepfunctions.language.timestamps import iso_timestamp
from local_aws.stepfunctions.running.history import History

if TYPE_CHECKING:  # a run of a Map has executions
    from local_aws.stepfunctions.running.map_runs import MapRun

_REDRIVABLE_SECONDS = 14 * 24 * 3600
_MAX_REDRIVES = 1000
ENDED = frozenset({"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"})


@frozen(kw_only=True, eq=False)
class Revision:
    """One state of a state machine: what an execution runs, whatever is updated later.

    Attributes:
        arn: the state machine's.
        name: the state machine's.
        region: of both.
        account: of both.
        definition: JSON, as it was given.
        machine: the same, compiled.
        role_arn: the execution role.
        type: ``STANDARD`` or ``EXPRESS``.
        logging: the logging configuration, as DescribeStateMachine gives it.
        tracing: the tracing configuration.
        encryption: the encryption configuration.
        revision_id: of an updated state machine; None before the first update.
        updated: when, in seconds since the epoch.
    """

    arn: str
    name: str
    region: str
    account: str
    definition: str
    machine: Machine
    role_arn: str
    type: str
    logging: dict[str, Any]
    tracing: dict[str, Any]
    encryption: dict[str, Any] | None
    revision_id: str | None
    updated: float

    @property
    def is_express(self) -> bool:
        """Whether it runs for at most five minutes, and keeps no history."""
        return self.type == "EXPRESS"


@define(eq=False)
class Branch:
    """Where one line of states stands: the whole execution, a branch or an iteration.

    It is kept when an execution fails, and taken up again by a redrive.

    Attributes:
        machine: its states.
        state: the name of the current one.
        input: the current state's input.
        text: the same as JSON.
        scope: its variables.
        last: the id of the last event on its line.
        item: ``Map.Item`` of the context object; None outside of a Map.
        index: of an iteration; None for anything else.
        entered: the id of the event that entered the current state; 0 before it has.
        done: whether it has ended; `input` is its output then.
        children: branches or iterations of the current state.
        map_run: of the current state, where it is a distributed Map.
    """

    machine: Machine
    state: str
    input: Any
    text: str
    scope: Scope
    last: int = 0
    item: dict[str, Any] | None = None
    index: int | None = None
    entered: int = 0
    done: bool = False
    children: "list[Branch]" = field(factory=list)
    map_run: "MapRun | None" = None

    def forget_inner(self) -> None:
        """What ran inside of the current state counts no more: it ended, or begins anew."""
        self.children = []
        self.map_run = None

    def open_lines(self) -> "list[Branch]":
        """This line and those inside of it that have not ended."""
        return [self, *(inner for child in self.children if not child.done for inner in child.open_lines())]


@define(eq=False)
class Execution:
    """One run of a state machine.

    Attributes:
        arn: unique.
        name: unique to the state machine.
        revision: what it runs.
        input_text: as it was given.
        input: the same as a value.
        started: seconds since the epoch.
        history: its events.
        root: where it stands.
        version_arn: of the version it was started by; None for none.
        alias_arn: of the alias it was started by; None for none.
        trace_header: as it was given.
        map_run_arn: of the distributed Map that it is a part of; None for an execution of its own.
        ended: done when the execution has ended.
    """

    arn: str
    name: str
    revision: Revision
    input_text: str
    input: Any
    started: float
    history: History
    root: Branch
    version_arn: str | None = None
    alias_arn: str | None = None
    trace_header: str | None = None
    status: str = "RUNNING"
    stopped: float | None = None
    output_text: str | None = None
    error: str | None = None
    cause: str | None = None
    redrive_count: int = 0
    redriven: float | None = None
    map_run_arn: str | None = None
    ended: "Future[None]" = field(factory=Future)
    lock: threading.Lock = field(factory=threading.Lock)

    def context(self) -> dict[str, Any]:
        """``Execution`` of the context object."""
        members = {
            "Id": self.arn,
            "Input": self.input,
            "StartTime": iso_timestamp(self.started),
            "Name": self.name,
            "RoleArn": self.revision.role_arn,
            "RedriveCount": self.redrive_count,
        }
        if self.redriven is not None:
            members["RedriveTime"] = iso_timestamp(self.redriven)
        return members

    def begin_redrive(self, now: float) -> None:
        """It runs again from where it failed."""
        self.redrive_count += 1
        self.redriven = now
        self.status, self.stopped = "RUNNING", None
        self.error = self.cause = None
        last = self.history.events[-1]["id"]
        last = self.history.add("ExecutionRedriven", last, {"redriveCount": self.redrive_count})
        for branch in self.root.open_lines():
            branch.last = last

    def redrive_refusal(self, now: float) -> str | None:
        """Why it cannot be redriven; None where it can."""
        if self.status in {"RUNNING", "SUCCEEDED"}:
            return f"Execution is {self.status} and cannot be redriven"
        if self.stopped is not None and now - self.stopped > _REDRIVABLE_SECONDS:
            return "Execution is outside of the redrivable period of 14 days"
        if self.redrive_count >= _MAX_REDRIVES:
            return f"Execution has been redriven {_MAX_REDRIVES} times"
        if len(self.history.events) >= 24_999:
            return "Execution history has reached its maximum number of events"
        return None
