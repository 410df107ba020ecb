"""Amazon DynamoDB: tables."""

from collections.abc import Iterable, Mapping
from typing import Any

from local_aws.cloudformation.resources.provider import (
    Provider,
    ResourceScope,
    Schema,
    changed_properties,
    tag_changes,
    tag_list,
    tags_of,
)
from local_aws.cloudformation.resources.shapes import only, request, truth

_PLAIN = (
    "AttributeDefinitions", "BillingMode", "DeletionProtectionEnabled", "GlobalSecondaryIndexes", "KeySchema",
    "LocalSecondaryIndexes", "OnDemandThroughput", "ProvisionedThroughput", "TableClass",
)  # fmt: skip


class TableProvider(Provider):
    """A table; Ref is its name."""

    type = "AWS::DynamoDB::Table"
    schema = Schema.of(
        "PointInTimeRecoverySpecification SSESpecification StreamSpecification TableName Tags TimeToLiveSpecification "
        + " ".join(_PLAIN),
        required="KeySchema",
        create_only="TableName",
        attributes="Arn StreamArn",
        name="TableName",
    )

    def replaces(self, old: Mapping[str, Any], new: Mapping[str, Any], changed: Iterable[str]) -> bool:
        """Adds: keys and local indexes are fixed."""
        names = set(changed)
        return bool(names & {"KeySchema", "LocalSecondaryIndexes"}) or super().replaces(old, new, names)

    def _settings(self, properties: Mapping[str, Any], names: Iterable[str] = _PLAIN) -> dict[str, Any]:
        settings = only(properties, *names)
        if "SSESpecification" in properties:
            encryption = dict(properties["SSESpecification"])
            encryption["Enabled"] = truth(encryption.pop("SSEEnabled", False))
            settings["SSESpecification"] = encryption
        if "StreamSpecification" in properties:
            settings["StreamSpecification"] = {
                "StreamEnabled": True,
                **only(properties["StreamSpecification"], "StreamViewType"),
            }
        return settings

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the table and waits until it is active."""
        client = scope.client("dynamodb")
        name = str(properties.get("TableName") or scope.name(255))
        arguments = {"BillingMode": "PROVISIONED", **self._settings(properties), "TableName": name}
        if tags := tag_list(tags_of(properties)):
            arguments["Tags"] = tags
        client.create_table(**request("dynamodb", "CreateTable", arguments))
        scope.created(name)
        self._settle(scope, name)
        self._set_extras(client, name, {}, properties)
        return name

    def _settle(self, scope: ResourceScope, name: str) -> None:
        while scope.client("dynamodb").describe_table(TableName=name)["Table"]["TableStatus"] != "ACTIVE":
            scope.pause(0.1)

    def _set_extras(self, client: Any, name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        changed = changed_properties(old, new)
        if "TimeToLiveSpecification" in changed:
            wanted = dict(new.get("TimeToLiveSpecification") or old["TimeToLiveSpecification"] | {"Enabled": False})
            wanted["Enabled"] = truth(wanted["Enabled"])
            client.update_time_to_live(TableName=name, TimeToLiveSpecification=wanted)
        if "PointInTimeRecoverySpecification" in changed:
            recovery = new.get("PointInTimeRecoverySpecification") or {}
            enabled = truth(recovery.get("PointInTimeRecoveryEnabled", False))
            client.update_continuous_backups(
                TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": enabled}
            )

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes billing, throughput, streams, encryption, indexes, expiry and tags."""
        client, changed = scope.client("dynamodb"), changed_properties(old, new)
        names = changed & {
            "BillingMode", "DeletionProtectionEnabled", "OnDemandThroughput", "ProvisionedThroughput", "TableClass",
        }  # fmt: skip
        arguments = self._settings(only(new, *changed), names)
        if "StreamSpecification" in changed and "StreamSpecification" not in new:
            arguments["StreamSpecification"] = {"StreamEnabled": False}
        if arguments:
            client.update_table(**request("dynamodb", "UpdateTable", arguments | {"TableName": physical_id}))
            self._settle(scope, physical_id)
        self._set_indexes(scope, physical_id, old, new)
        self._set_extras(client, physical_id, old, new)
        added, removed = tag_changes(old, new)
        arn = scope.arn("dynamodb", f"table/{physical_id}")
        if removed:
            client.untag_resource(ResourceArn=arn, TagKeys=removed)
        if added:
            client.tag_resource(ResourceArn=arn, Tags=tag_list(added))
        return None

    def _set_indexes(self, scope: ResourceScope, name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        before = {index["IndexName"]: index for index in old.get("GlobalSecondaryIndexes") or []}
        after = {index["IndexName"]: index for index in new.get("GlobalSecondaryIndexes") or []}
        updates: list[dict[str, Any]] = [
            {"Delete": {"IndexName": key}} for key in before if before[key] != after.get(key)
        ]
        updates += [{"Create": index} for key, index in after.items() if before.get(key) != index]
        for change in updates:
            arguments = {
                "TableName": name,
                "AttributeDefinitions": new["AttributeDefinitions"],
                "GlobalSecondaryIndexUpdates": [change],
            }
            scope.client("dynamodb").update_table(**request("dynamodb", "UpdateTable", arguments))
            self._settle(scope, name)

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the table and waits until it is gone."""
        del properties
        client = scope.client("dynamodb")
        client.delete_table(TableName=physical_id)
        scope.until_absent(lambda: client.describe_table(TableName=physical_id))

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """ARN, and the stream's where there is one."""
        del properties
        table = scope.client("dynamodb").describe_table(TableName=physical_id)["Table"]
        attributes = {"Arn": table["TableArn"]}
        if "LatestStreamArn" in table:
            attributes["StreamArn"] = table["LatestStreamArn"]
        return attributes
