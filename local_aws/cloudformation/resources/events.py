"""Amazon EventBridge: rules, buses and their policies."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from local_aws.cloudformation.errors import ResourceError, is_absent
from local_aws.cloudformation.resources.provider import (
    Provider,
    ResourceScope,
    Schema,
    changed_properties,
    tag_changes,
    tag_list,
    tags_of,
)
from local_aws.cloudformation.resources.shapes import json_text, only, request, without

DEFAULT_BUS = "default"


def bus_name(value: Any) -> str:
    """A bus's name, given it or its ARN."""
    return str(value or DEFAULT_BUS).rpartition("/")[2]


class RuleProvider(Provider):
    """A rule with its targets; Ref is its name, behind the bus and a bar where the bus is not the default one."""

    type = "AWS::Events::Rule"
    schema = Schema.of(
        "Description EventBusName EventPattern Name RoleArn ScheduleExpression State Tags Targets",
        create_only="EventBusName Name",
        attributes="Arn RuleName",
        name="Name",
    )

    def _place(self, physical_id: str) -> tuple[str, str]:
        bus, bar, name = physical_id.rpartition("|")
        return (bus, name) if bar else (DEFAULT_BUS, name)

    def _put(self, scope: ResourceScope, bus: str, name: str, properties: Mapping[str, Any]) -> None:
        arguments = only(properties, "Description", "RoleArn", "ScheduleExpression", "State")
        arguments |= {"Name": name, "EventBusName": bus}
        if "EventPattern" in properties:
            arguments["EventPattern"] = json_text(properties["EventPattern"])
        scope.client("events").put_rule(**request("events", "PutRule", arguments))

    def _put_targets(self, scope: ResourceScope, bus: str, name: str, targets: list[Any]) -> None:
        if not targets:
            return
        arguments = request("events", "PutTargets", {"Rule": name, "EventBusName": bus, "Targets": targets})
        answer = scope.client("events").put_targets(**arguments)
        if answer.get("FailedEntryCount"):
            failed = ", ".join(f"{item['TargetId']}: {item['ErrorMessage']}" for item in answer["FailedEntries"])
            raise ResourceError(f"Targets that were not taken: {failed}")

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Puts the rule, then its targets."""
        client = scope.client("events")
        bus, name = bus_name(properties.get("EventBusName")), str(properties.get("Name") or scope.name(64))
        try:
            client.describe_rule(Name=name, EventBusName=bus)
        except ClientError as error:
            if not is_absent(error):
                raise
        else:
            raise ResourceError(f"Resource of type 'AWS::Events::Rule' with identifier '{name}' already exists.")
        self._put(scope, bus, name, properties)
        physical_id = scope.created(name if bus == DEFAULT_BUS else f"{bus}|{name}")
        if tags := tag_list(tags_of(properties)):
            client.tag_resource(ResourceARN=self._arn(scope, bus, name), Tags=tags)
        self._put_targets(scope, bus, name, properties.get("Targets") or [])
        return physical_id

    def _arn(self, scope: ResourceScope, bus: str, name: str) -> str:
        return scope.arn("events", f"rule/{name}" if bus == DEFAULT_BUS else f"rule/{bus}/{name}")

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Puts the rule anew, and the targets that changed."""
        client, (bus, name) = scope.client("events"), self._place(physical_id)
        if changed_properties(without(old, "Targets", "Tags"), without(new, "Targets", "Tags")):
            self._put(scope, bus, name, new)
        before, after = old.get("Targets") or [], new.get("Targets") or []
        self._put_targets(scope, bus, name, [target for target in after if target not in before])
        ids = {target["Id"] for target in after}
        gone = [target["Id"] for target in before if target["Id"] not in ids]
        if gone:
            client.remove_targets(Rule=name, EventBusName=bus, Ids=gone)
        added, removed = tag_changes(old, new)
        arn = self._arn(scope, bus, name)
        if removed:
            client.untag_resource(ResourceARN=arn, TagKeys=removed)
        if added:
            client.tag_resource(ResourceARN=arn, Tags=tag_list(added))
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the targets, then the rule."""
        del properties
        client, (bus, name) = scope.client("events"), self._place(physical_id)
        targets = client.list_targets_by_rule(Rule=name, EventBusName=bus)["Targets"]
        if targets:
            client.remove_targets(Rule=name, EventBusName=bus, Ids=[target["Id"] for target in targets])
        client.delete_rule(Name=name, EventBusName=bus)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """ARN and name."""
        del properties
        bus, name = self._place(physical_id)
        return {"Arn": self._arn(scope, bus, name), "RuleName": name}


class EventBusProvider(Provider):
    """An event bus of the account's own."""

    type = "AWS::Events::EventBus"
    schema = Schema.of(
        "Description Name Policy Tags", required="Name", create_only="Name", attributes="Arn Name Policy", name="Name"
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the bus."""
        name = str(properties["Name"])
        arguments = only(properties, "Description") | {"Name": name}
        if tags := tag_list(tags_of(properties)):
            arguments["Tags"] = tags
        scope.client("events").create_event_bus(**request("events", "CreateEventBus", arguments))
        scope.created(name)
        self._set_policy(scope, name, properties)
        return name

    def _set_policy(self, scope: ResourceScope, name: str, properties: Mapping[str, Any]) -> None:
        if "Policy" in properties:
            scope.client("events").put_permission(EventBusName=name, Policy=json_text(properties["Policy"]))

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes description, policy and tags."""
        client, changed = scope.client("events"), changed_properties(old, new)
        if "Description" in changed:
            client.update_event_bus(Name=physical_id, Description=new.get("Description", ""))
        if "Policy" in changed:
            if "Policy" in new:
                self._set_policy(scope, physical_id, new)
            else:
                client.remove_permission(EventBusName=physical_id, RemoveAllPermissions=True)
        added, removed = tag_changes(old, new)
        arn = scope.arn("events", f"event-bus/{physical_id}")
        if removed:
            client.untag_resource(ResourceARN=arn, TagKeys=removed)
        if added:
            client.tag_resource(ResourceARN=arn, Tags=tag_list(added))
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the bus."""
        del properties
        scope.client("events").delete_event_bus(Name=physical_id)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """ARN, name and policy."""
        return {
            "Arn": scope.arn("events", f"event-bus/{physical_id}"),
            "Name": physical_id,
            "Policy": json_text(properties.get("Policy", "")),
        }


class EventBusPolicyProvider(Provider):
    """One statement of a bus's policy."""

    type = "AWS::Events::EventBusPolicy"
    schema = Schema.of(
        "Action Condition EventBusName Principal Statement StatementId",
        required="StatementId",
        create_only="EventBusName StatementId",
    )

    def _put(self, scope: ResourceScope, properties: Mapping[str, Any]) -> None:
        client, bus = scope.client("events"), bus_name(properties.get("EventBusName"))
        if "Statement" not in properties:
            arguments = only(properties, "Action", "Condition", "Principal", "StatementId") | {"EventBusName": bus}
            client.put_permission(**request("events", "PutPermission", arguments))
            return
        # PutPermission replaces a whole policy: the other statements stay in it
        current = json.loads(client.describe_event_bus(Name=bus).get("Policy") or "{}")
        statement_id = properties["StatementId"]
        others = [item for item in current.get("Statement", []) if item.get("Sid") != statement_id]
        statement = properties["Statement"]
        own = json.loads(statement) if isinstance(statement, str) else dict(statement)
        policy = {"Version": "2012-10-17", "Statement": [*others, own | {"Sid": statement_id}]}
        client.put_permission(EventBusName=bus, Policy=json.dumps(policy))

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Adds the statement."""
        self._put(scope, properties)
        return scope.created(f"{bus_name(properties.get('EventBusName'))}|{properties['StatementId']}")

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Puts the statement anew."""
        del physical_id, old
        self._put(scope, new)
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Takes the statement out."""
        bus = bus_name(properties.get("EventBusName"))
        scope.client("events").remove_permission(EventBusName=bus, StatementId=physical_id.partition("|")[2])


PROVIDERS = (RuleProvider(), EventBusProvider(), EventBusPolicyProvider())
