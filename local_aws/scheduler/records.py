"""What EventBridge Scheduler remembers: groups and their schedules."""

import threading
from datetime import UTC, datetime
from typing import Any

from attrs import define, field

from local_aws.gateway.context import RegionalState, RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.scheduler.timing import Timing

DEFAULT_GROUP = "default"

_ECHOED = (
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartDate",
    "EndDate",
    "Description",
    "State",
    "KmsKeyArn",
    "Target",
    "FlexibleTimeWindow",
    "ActionAfterCompletion",
)


@define(eq=False, kw_only=True)
class ScheduleRecord:
    """One schedule.

    Attributes:
        name: unique in its group.
        group: the group's name.
        arn: of the schedule.
        request: as it was last made or updated, defaults included.
        timing: when it is due.
        created: when.
        modified: when it last changed.
    """

    name: str
    group: str
    arn: str
    request: dict[str, Any]
    timing: Timing
    created: datetime
    modified: datetime

    @property
    def enabled(self) -> bool:
        """Whether it does anything."""
        return bool(self.request["State"] == "ENABLED")

    @property
    def window_minutes(self) -> int:
        """How long after its time it may still call, in minutes."""
        return int(self.request["FlexibleTimeWindow"].get("MaximumWindowInMinutes", 0))

    def describe(self) -> dict[str, Any]:
        """What GetSchedule answers."""
        return {
            "Arn": self.arn,
            "GroupName": self.group,
            "Name": self.name,
            "CreationDate": self.created,
            "LastModificationDate": self.modified,
            **{member: self.request[member] for member in _ECHOED if member in self.request},
        }

    def summary(self) -> dict[str, Any]:
        """What ListSchedules answers of it."""
        described = self.describe()
        members = ("Arn", "Name", "GroupName", "CreationDate", "LastModificationDate")
        return {member: described[member] for member in members} | {
            "State": self.request["State"],
            "Target": {"Arn": self.request["Target"]["Arn"]},
        }


@define(eq=False, kw_only=True)
class GroupRecord:
    """A group of schedules.

    Attributes:
        name: unique in its account and region.
        arn: of the group.
        created: when.
        tags: of the group.
        schedules: by name.
    """

    name: str
    arn: str
    created: datetime = field(factory=lambda: datetime.now(UTC))
    tags: dict[str, str] = field(factory=dict)
    schedules: dict[str, ScheduleRecord] = field(factory=dict)

    def describe(self) -> dict[str, Any]:
        """What GetScheduleGroup answers."""
        return {
            "Arn": self.arn,
            "Name": self.name,
            "State": "ACTIVE",
            "CreationDate": self.created,
            "LastModificationDate": self.created,
        }


@define(eq=False)
class Groups:
    """The groups of all accounts and regions; `lock` guards every change."""

    regions: RegionalState[dict[str, GroupRecord]] = field(factory=lambda: RegionalState(dict))
    lock: threading.RLock = field(factory=threading.RLock)

    def of(self, context: RequestContext) -> dict[str, GroupRecord]:
        """The groups of a region; the default group always exists."""
        groups = self.regions[context]
        with self.lock:
            if DEFAULT_GROUP not in groups:
                groups[DEFAULT_GROUP] = GroupRecord(name=DEFAULT_GROUP, arn=group_arn(context, DEFAULT_GROUP))
        return groups

    def find(self, context: RequestContext, name: str | None) -> GroupRecord:
        """A group by name.

        Raises:
            AwsError: ``ResourceNotFoundException``.
        """
        group = self.of(context).get(name or DEFAULT_GROUP)
        if group is None:
            raise AwsError("ResourceNotFoundException", f"Schedule group {name} does not exist.")
        return group


def group_arn(context: RequestContext, name: str) -> str:
    """The ARN of a group."""
    return f"arn:aws:scheduler:{context.region}:{context.account}:schedule-group/{name}"
