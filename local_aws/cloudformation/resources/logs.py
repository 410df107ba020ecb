"""Amazon CloudWatch Logs: groups, streams, filters and resource policies."""

from typing import Any

from local_aws.cloudformation.resources.provider import (
    Provider,
    ResourceScope,
    Schema,
    changed_properties,
    tag_changes,
    tags_of,
)
from local_aws.cloudformation.resources.shapes import json_text, only, request


class LogGroupProvider(Provider):
    """A log group."""

    type = "AWS::Logs::LogGroup"
    schema = Schema.of(
        "KmsKeyId LogGroupClass LogGroupName RetentionInDays Tags",
        create_only="LogGroupName LogGroupClass",
        attributes="Arn",
        name="LogGroupName",
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the group and sets how long it keeps events."""
        client = scope.client("logs")
        name = str(properties.get("LogGroupName") or scope.name(512))
        arguments = only(properties, "KmsKeyId", "LogGroupClass") | {"LogGroupName": name}
        if tags := tags_of(properties):
            arguments["Tags"] = tags
        client.create_log_group(**request("logs", "CreateLogGroup", arguments))
        scope.created(name)
        self._set_retention(client, name, properties)
        return name

    def _set_retention(self, client: Any, name: str, properties: dict[str, Any]) -> None:
        if "RetentionInDays" in properties:
            client.put_retention_policy(logGroupName=name, retentionInDays=int(properties["RetentionInDays"]))

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes retention, key and tags."""
        client, changed = scope.client("logs"), changed_properties(old, new)
        if "RetentionInDays" in changed:
            if "RetentionInDays" in new:
                self._set_retention(client, physical_id, new)
            else:
                client.delete_retention_policy(logGroupName=physical_id)
        if "KmsKeyId" in changed:
            if new.get("KmsKeyId"):
                client.associate_kms_key(logGroupName=physical_id, kmsKeyId=new["KmsKeyId"])
            else:
                client.disassociate_kms_key(logGroupName=physical_id)
        added, removed = tag_changes(old, new)
        arn = scope.arn("logs", f"log-group:{physical_id}")
        if removed:
            client.untag_resource(resourceArn=arn, tagKeys=removed)
        if added:
            client.tag_resource(resourceArn=arn, tags=added)
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the group with its events."""
        del properties
        scope.client("logs").delete_log_group(logGroupName=physical_id)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """The ARN, with AWS's ``:*`` at its end."""
        del properties
        return {"Arn": scope.arn("logs", f"log-group:{physical_id}:*")}


class LogStreamProvider(Provider):
    """A log stream."""

    type = "AWS::Logs::LogStream"
    schema = Schema.of(
        "LogGroupName LogStreamName",
        required="LogGroupName",
        create_only="LogGroupName LogStreamName",
        name="LogStreamName",
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the stream."""
        name = str(properties.get("LogStreamName") or scope.name(512))
        scope.client("logs").create_log_stream(logGroupName=properties["LogGroupName"], logStreamName=name)
        return scope.created(name)

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the stream."""
        scope.client("logs").delete_log_stream(logGroupName=properties["LogGroupName"], logStreamName=physical_id)


class ResourcePolicyProvider(Provider):
    """A policy by which services may write logs."""

    type = "AWS::Logs::ResourcePolicy"
    schema = Schema.of(
        "PolicyDocument PolicyName", required="PolicyDocument PolicyName", create_only="PolicyName", name="PolicyName"
    )

    def _put(self, scope: ResourceScope, properties: dict[str, Any]) -> None:
        scope.client("logs").put_resource_policy(
            policyName=properties["PolicyName"], policyDocument=json_text(properties["PolicyDocument"])
        )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Puts the policy."""
        self._put(scope, properties)
        return scope.created(str(properties["PolicyName"]))

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Puts the new policy."""
        del physical_id, old
        self._put(scope, new)
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the policy."""
        del properties
        scope.client("logs").delete_resource_policy(policyName=physical_id)


class _Filter(Provider):
    """What metric and subscription filters share: one Put, one Delete, a name within a group."""

    operation: str

    def _put(self, scope: ResourceScope, name: str, properties: dict[str, Any]) -> None:
        method = getattr(scope.client("logs"), f"put_{self.operation}_filter")
        operation = f"Put{self.operation.capitalize()}Filter"
        method(**request("logs", operation, {**properties, "FilterName": name}))

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Puts the filter."""
        name = str(properties.get("FilterName") or scope.name(512))
        self._put(scope, name, properties)
        return scope.created(name)

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Puts the filter anew."""
        del old
        self._put(scope, physical_id, new)
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the filter."""
        method = getattr(scope.client("logs"), f"delete_{self.operation}_filter")
        method(logGroupName=properties["LogGroupName"], filterName=physical_id)


class MetricFilterProvider(_Filter):
    """Counts matching events in a metric."""

    type = "AWS::Logs::MetricFilter"
    operation = "metric"
    schema = Schema.of(
        "ApplyOnTransformedLogs FilterName FilterPattern LogGroupName MetricTransformations",
        required="FilterPattern LogGroupName MetricTransformations",
        create_only="FilterName LogGroupName",
        name="FilterName",
    )


class SubscriptionFilterProvider(_Filter):
    """Sends matching events on."""

    type = "AWS::Logs::SubscriptionFilter"
    operation = "subscription"
    schema = Schema.of(
        "ApplyOnTransformedLogs DestinationArn Distribution FilterName FilterPattern LogGroupName RoleArn",
        required="DestinationArn FilterPattern LogGroupName",
        create_only="FilterName LogGroupName",
        name="FilterName",
    )


PROVIDERS = (
    LogGroupProvider(),
    LogStreamProvider(),
    ResourcePolicyProvider(),
    MetricFilterProvider(),
    SubscriptionFilterProvider(),
)
