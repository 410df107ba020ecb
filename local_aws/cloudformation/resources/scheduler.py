"""Amazon EventBridge Scheduler: schedules and their groups."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from local_aws.cloudformation.resources.provider import (
    Provider,
    ResourceScope,
    Schema,
    tag_changes,
    tag_list,
    tags_of,
)
from local_aws.cloudformation.resources.shapes import request, shape_problems, without

DEFAULT_GROUP = "default"


class ScheduleProvider(Provider):
    """A schedule; Ref is its name."""

    type = "AWS::Scheduler::Schedule"
    schema = Schema.of(
        "Description EndDate FlexibleTimeWindow GroupName KmsKeyArn Name ScheduleExpression "
        "ScheduleExpressionTimezone StartDate State Target",
        required="FlexibleTimeWindow ScheduleExpression Target",
        create_only="Name",
        attributes="Arn",
        name="Name",
    )

    def problems(self, properties: Mapping[str, Any]) -> Iterator[str]:
        """Adds: nested members that Scheduler does not know."""
        yield from super().problems(properties)
        known = {name: value for name, value in properties.items() if name in self.schema.properties}
        yield from shape_problems("scheduler", "CreateSchedule", known)

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the schedule."""
        name = str(properties.get("Name") or scope.name(64))
        scope.client("scheduler").create_schedule(**_request("CreateSchedule", name, properties))
        return scope.created(name)

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Replaces all of the schedule; in another group it is another one of the same name."""
        client = scope.client("scheduler")
        if _group(old) == _group(new):
            client.update_schedule(**_request("UpdateSchedule", physical_id, new))
        else:
            client.create_schedule(**_request("CreateSchedule", physical_id, new))
            client.delete_schedule(Name=physical_id, GroupName=_group(old))
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the schedule."""
        scope.client("scheduler").delete_schedule(Name=physical_id, GroupName=_group(properties))

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """ARN."""
        return {"Arn": scope.arn("scheduler", f"schedule/{_group(properties)}/{physical_id}")}


class ScheduleGroupProvider(Provider):
    """A group of schedules; Ref is its name."""

    type = "AWS::Scheduler::ScheduleGroup"
    schema = Schema.of(
        "Name Tags",
        create_only="Name",
        attributes="Arn CreationDate LastModificationDate State",
        name="Name",
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the group."""
        name = str(properties.get("Name") or scope.name(64))
        scope.client("scheduler").create_schedule_group(Name=name, Tags=tag_list(tags_of(properties)))
        return scope.created(name)

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes the tags."""
        client, arn = scope.client("scheduler"), scope.arn("scheduler", f"schedule-group/{physical_id}")
        added, removed = tag_changes(old, new)
        if removed:
            client.untag_resource(ResourceArn=arn, TagKeys=removed)
        if added:
            client.tag_resource(ResourceArn=arn, Tags=tag_list(added))
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the group and its schedules."""
        del properties
        scope.client("scheduler").delete_schedule_group(Name=physical_id)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """What GetScheduleGroup tells."""
        del properties
        told = scope.client("scheduler").get_schedule_group(Name=physical_id)
        found = {name: told[name] for name in ("Arn", "CreationDate", "LastModificationDate", "State")}
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in found.items()}


def _group(properties: Mapping[str, Any]) -> str:
    return str(properties.get("GroupName") or DEFAULT_GROUP)


def _request(operation: str, name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """A request; dates stand in templates as texts."""
    arguments = request("scheduler", operation, without(properties, "StartDate", "EndDate") | {"Name": name})
    dates = {member: properties[member] for member in ("StartDate", "EndDate") if member in properties}
    return arguments | {member: datetime.fromisoformat(str(text)) for member, text in dates.items()}


PROVIDERS = (ScheduleProvider(), ScheduleGroupProvider())
