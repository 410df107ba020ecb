"""Schedules and their groups as the API has them."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, ClassVar

from attrs import define, field, frozen

from local_aws.alarm_clock import Alarm, AlarmClock
from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.gateway.limits import ValidatedGroup
from local_aws.gateway.operations import operation
from local_aws.pages import page
from local_aws.platform import Platform
from local_aws.scheduler.invocations import Invocations
from local_aws.scheduler.records import DEFAULT_GROUP, GroupRecord, Groups, ScheduleRecord, group_arn
from local_aws.scheduler.targets import check_target
from local_aws.scheduler.timing import Timing

_DEFAULTS = {"State": "ENABLED", "ScheduleExpressionTimezone": "UTC", "ActionAfterCompletion": "NONE"}
_PAGE = 100


@frozen
class _Due:
    """A schedule, and the time for which it is called; a flexible window lets the call come later."""

    schedule: ScheduleRecord
    scheduled: datetime


@define(eq=False)
class SchedulerOperations(ValidatedGroup):
    """All operations of EventBridge Scheduler.

    Args:
        platform: the local AWS, whose time the schedules keep.
        invocations: call the targets.
        groups: the records.
        draw: gives a random number from 0 to 1: where in its window a flexible schedule calls.
    """

    service: ClassVar[str] = "scheduler"
    _platform: Platform
    _invocations: Invocations
    _groups: Groups = field(factory=Groups)
    _draw: Callable[[], float] = random.random
    alarms: AlarmClock[_Due] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.alarms = AlarmClock(self._ring, self._platform.time.now)

    @operation("CreateSchedule")
    def create_schedule(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Makes a schedule."""
        group = self._groups.find(context, request.get("GroupName"))
        now = self._platform.time.now()
        timing = _checked(request, now)
        arn = f"arn:aws:scheduler:{context.region}:{context.account}:schedule/{group.name}/{request['Name']}"
        schedule = ScheduleRecord(
            name=request["Name"],
            group=group.name,
            arn=arn,
            request=_DEFAULTS | request,
            timing=timing,
            created=now,
            modified=now,
        )
        with self._groups.lock:
            if schedule.name in group.schedules:
                raise AwsError("ConflictException", f"Schedule {schedule.name} already exists.")
            group.schedules[schedule.name] = schedule
        self._set(schedule, now)
        return {"ScheduleArn": arn}

    @operation("UpdateSchedule")
    def update_schedule(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Replaces all of a schedule: what the request does not say is the default again."""
        schedule = self._find(context, request)
        now = self._platform.time.now()
        timing = _checked(request, now)
        with self._groups.lock:
            schedule.request, schedule.timing, schedule.modified = _DEFAULTS | request, timing, now
        self._set(schedule, now)
        return {"ScheduleArn": schedule.arn}

    @operation("GetSchedule")
    def get_schedule(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """All of a schedule."""
        return self._find(context, request).describe()

    @operation("DeleteSchedule")
    def delete_schedule(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Forgets a schedule."""
        schedule = self._find(context, request)
        self._remove(self._groups.find(context, schedule.group), schedule)

    @operation("ListSchedules")
    def list_schedules(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Summaries of schedules, a page at a time."""
        if "GroupName" in request:
            groups = [self._groups.find(context, request["GroupName"])]
        else:
            groups = list(self._groups.of(context).values())
        found = [
            schedule.summary()
            for group in groups
            for schedule in sorted(group.schedules.values(), key=lambda each: each.name)
            if schedule.name.startswith(request.get("NamePrefix", ""))
            and schedule.request["State"] == request.get("State", schedule.request["State"])
        ]
        return _paged("Schedules", found, request)

    @operation("CreateScheduleGroup")
    def create_group(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Makes a group."""
        name = request["Name"]
        tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", ())}
        groups = self._groups.of(context)
        with self._groups.lock:
            if name in groups:
                raise AwsError("ConflictException", f"Schedule group {name} already exists.")
            groups[name] = GroupRecord(name=name, arn=group_arn(context, name), tags=tags)
        return {"ScheduleGroupArn": groups[name].arn}

    @operation("GetScheduleGroup")
    def get_group(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """A group."""
        return self._groups.find(context, request["Name"]).describe()

    @operation("DeleteScheduleGroup")
    def delete_group(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Forgets a group and its schedules."""
        group = self._groups.find(context, request["Name"])
        if group.name == DEFAULT_GROUP:
            raise AwsError("ValidationException", "The default schedule group cannot be deleted.")
        for schedule in list(group.schedules.values()):
            self._remove(group, schedule)
        self._groups.of(context).pop(group.name, None)

    @operation("ListScheduleGroups")
    def list_groups(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Groups, a page at a time."""
        groups = sorted(self._groups.of(context).values(), key=lambda each: each.name)
        found = [group.describe() for group in groups if group.name.startswith(request.get("NamePrefix", ""))]
        return _paged("ScheduleGroups", found, request)

    @operation("TagResource")
    def tag_resource(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Adds tags to a group; schedules have none."""
        self._tagged(context, request).tags.update({tag["Key"]: tag["Value"] for tag in request["Tags"]})

    @operation("UntagResource")
    def untag_resource(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Removes tags from a group."""
        tags = self._tagged(context, request).tags
        for key in request["TagKeys"]:
            tags.pop(key, None)

    @operation("ListTagsForResource")
    def list_tags(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The tags of a group."""
        tags = self._tagged(context, request).tags
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _tagged(self, context: RequestContext, request: dict[str, Any]) -> GroupRecord:
        return self._groups.find(context, request["ResourceArn"].rpartition("schedule-group/")[2])

    def _find(self, context: RequestContext, request: dict[str, Any]) -> ScheduleRecord:
        group = self._groups.find(context, request.get("GroupName"))
        if request["Name"] not in group.schedules:
            raise AwsError("ResourceNotFoundException", f"Schedule {request['Name']} does not exist.")
        return group.schedules[request["Name"]]

    def _remove(self, group: GroupRecord, schedule: ScheduleRecord) -> None:
        with self._groups.lock:
            group.schedules.pop(schedule.name, None)
        self.alarms.set(schedule.arn, None)

    def _set(self, schedule: ScheduleRecord, now: datetime) -> None:
        moment = schedule.timing.first(now) if schedule.enabled else None
        self.alarms.set(schedule.arn, self._alarm(schedule, moment))

    def _alarm(self, schedule: ScheduleRecord, scheduled: datetime | None) -> Alarm[_Due] | None:
        if scheduled is None:
            return None
        later = timedelta(minutes=schedule.window_minutes * self._draw())
        return Alarm(scheduled + later, _Due(schedule, scheduled))

    def _ring(self, alarm: Alarm[_Due], now: datetime) -> Alarm[_Due] | None:
        schedule, scheduled = alarm.entry.schedule, alarm.entry.scheduled
        self._invocations.start(schedule, scheduled)
        following = schedule.timing.after(scheduled)
        # what was missed while the machine slept is not made up for
        while following is not None and following + timedelta(minutes=schedule.window_minutes) <= now:
            following = schedule.timing.after(following)
        if following is None and schedule.request["ActionAfterCompletion"] == "DELETE":
            for _, groups in self._groups.regions:
                group = groups.get(schedule.group)
                if group is not None and group.schedules.get(schedule.name) is schedule:
                    self._remove(group, schedule)
        return self._alarm(schedule, following)


def _checked(request: dict[str, Any], now: datetime) -> Timing:
    """The timing of a request, once the request is found right."""
    window = request["FlexibleTimeWindow"]
    if (window["Mode"] == "FLEXIBLE") != ("MaximumWindowInMinutes" in window):
        raise AwsError(
            "ValidationException", "MaximumWindowInMinutes is needed for a flexible time window, and for no other."
        )
    check_target(request["Target"])
    timing = Timing.read(request, now)
    if timing.end is not None and timing.end <= now:
        raise AwsError("ValidationException", "The EndDate you specify cannot be in the past.")
    return timing


def _paged(member: str, found: list[dict[str, Any]], request: dict[str, Any]) -> dict[str, Any]:
    items, token = page(found, request.get("NextToken"), request.get("MaxResults"), _PAGE, code="ValidationException")
    return {member: items} | ({} if token is None else {"NextToken": token})
