"""What Step Functions keeps of an account's region: state machines, executions, activities, tags."""

import threading
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any

from attrs import define, field, frozen

from local_aws.gateway.errors import AwsError
from local_aws.stepfunctions.api.arns import parse_arn
from local_aws.stepfunctions.running.executions import Execution, Revision
from local_aws.stepfunctions.running.map_runs import MapRun
from local_aws.stepfunctions.tasks.activities import Activities

_MAX_HISTORY_BYTES = 64 * 1024 * 1024
_MAX_EXECUTIONS = 10_000
_MAX_TAGS = 50
_STARTS_BETWEEN_LOOKS = 20


@frozen(kw_only=True)
class Version:
    """A published version of a state machine."""

    arn: str
    revision: Revision
    description: str | None
    created: float


@define(kw_only=True, eq=False)
class Alias:
    """A name for one version, or for two with weights."""

    arn: str
    name: str
    description: str | None
    routing: list[dict[str, Any]]
    created: float
    updated: float


@define(kw_only=True, eq=False)
class StateMachine:
    """A state machine.

    Attributes:
        current: what an execution runs that names neither a version nor an alias.
        versions: by number.
        aliases: by name.
    """

    arn: str
    name: str
    created: float
    current: Revision
    versions: dict[int, Version] = field(factory=dict)
    aliases: dict[str, Alias] = field(factory=dict)
    next_version: int = 1


@define(eq=False)
class RegionRecords:
    """The records of one account and region.

    Attributes:
        machines: state machines by ARN.
        map_runs: runs of distributed Map states, by ARN.
        executions: by ARN, oldest first.
        activities: the region's activities.
        tags: of state machines and activities, by ARN.
        started: how many executions were started.
        lock: guards the dictionaries.
    """

    machines: dict[str, StateMachine] = field(factory=dict)
    map_runs: dict[str, MapRun] = field(factory=dict)
    executions: "OrderedDict[str, Execution]" = field(factory=OrderedDict)
    activities: Activities = field(factory=Activities)
    tags: dict[str, dict[str, str]] = field(factory=dict)
    started: int = 0
    lock: threading.RLock = field(factory=threading.RLock)

    def machine(self, arn: str) -> StateMachine:
        """A state machine by its ARN, with or without a qualifier.

        Raises:
            AwsError: ``StateMachineDoesNotExist``, or ``InvalidArn``.
        """
        parsed = parse_arn(arn, "stateMachine")
        bare = arn.removesuffix(parsed.name) + parsed.name.split(":")[0]
        with self.lock:
            if bare not in self.machines:
                raise AwsError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
            return self.machines[bare]

    def execution(self, arn: str) -> Execution:
        """An execution by its ARN.

        Raises:
            AwsError: ``ExecutionDoesNotExist``, or ``InvalidArn``.
        """
        parse_arn(arn, "execution", "express")
        with self.lock:
            if arn not in self.executions:
                raise AwsError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
            return self.executions[arn]

    def map_run(self, arn: str) -> MapRun:
        """A run of a distributed Map state by its ARN.

        Raises:
            AwsError: ``ResourceNotFound``, or ``InvalidArn``.
        """
        parse_arn(arn, "mapRun")
        with self.lock:
            if arn not in self.map_runs:
                raise AwsError("ResourceNotFound", f"Resource not found: '{arn}'", resourceName=arn)
            return self.map_runs[arn]

    def keep(self, found: Execution | MapRun) -> None:
        """Keeps a run of a distributed Map state, or an execution of one."""
        with self.lock:
            if isinstance(found, MapRun):
                self.map_runs[found.arn] = found
            elif not found.revision.is_express:
                self.executions[found.arn] = found
        self.forget_old()

    def forget_old(self) -> None:
        """Counts a start, and drops the oldest executions that have ended where histories would fill the memory.

        AWS keeps an execution for 90 days; here it is the last 10,000, and 64 MiB of histories.
        """
        with self.lock:
            self.started += 1
            if self.started % _STARTS_BETWEEN_LOOKS:
                return
            size = sum(execution.history.size for execution in self.executions.values())
            for arn, execution in list(self.executions.items()):
                if size <= _MAX_HISTORY_BYTES and len(self.executions) <= _MAX_EXECUTIONS:
                    break
                if execution.status != "RUNNING":
                    size -= execution.history.size
                    del self.executions[arn]
            self.map_runs = {arn: run for arn, run in self.map_runs.items() if run.parent.arn in self.executions}

    def tag(self, arn: str, tags: list[dict[str, str]]) -> None:
        """Adds tags to a resource.

        Raises:
            AwsError: ``TooManyTags``.
        """
        with self.lock:
            merged = {**self.tags.get(arn, {}), **{each["key"]: each.get("value", "") for each in tags}}
            if len(merged) > _MAX_TAGS:
                raise AwsError("TooManyTags", f"Too many tags: {len(merged)}, at most {_MAX_TAGS}", resourceName=arn)
            self.tags[arn] = merged


def date(seconds: float) -> datetime:
    """A time for an answer."""
    return datetime.fromtimestamp(seconds, UTC)
