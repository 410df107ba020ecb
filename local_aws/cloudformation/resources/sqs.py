"""Amazon SQS: queues and their policies."""

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
    tags_of,
)
from local_aws.cloudformation.resources.shapes import json_text, truth
from local_aws.cloudformation.resources.sns import attribute_text

_DEFAULTS = {
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "DelaySeconds": "0",
    "FifoThroughputLimit": "perQueue",
    "KmsDataKeyReusePeriodSeconds": "300",
    "KmsMasterKeyId": "",
    "MaximumMessageSize": "262144",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "RedriveAllowPolicy": "",
    "RedrivePolicy": "",
    "SqsManagedSseEnabled": "true",
    "VisibilityTimeout": "30",
}


def _attributes(properties: Mapping[str, Any], names: set[str]) -> dict[str, str]:
    return {name: attribute_text(properties[name]) for name in sorted(names) if name in properties}


class QueueProvider(Provider):
    """A queue; Ref is its URL."""

    type = "AWS::SQS::Queue"
    schema = Schema.of(
        "FifoQueue QueueName Tags " + " ".join(_DEFAULTS),
        create_only="FifoQueue QueueName",
        attributes="Arn QueueName QueueUrl",
        name="QueueName",
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the queue."""
        client = scope.client("sqs")
        fifo = truth(properties.get("FifoQueue"))
        name = str(properties.get("QueueName") or scope.name(75) + (".fifo" if fifo else ""))
        try:
            client.get_queue_url(QueueName=name)
        except ClientError as error:
            if not is_absent(error):
                raise
        else:
            raise ResourceError(f"Resource of type 'AWS::SQS::Queue' with identifier '{name}' already exists.")
        attributes = _attributes(properties, set(_DEFAULTS)) | ({"FifoQueue": "true"} if fifo else {})
        url = client.create_queue(QueueName=name, Attributes=attributes, tags=tags_of(properties))["QueueUrl"]
        return scope.created(str(url))

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Sets the attributes that changed; those that are gone get their defaults."""
        client = scope.client("sqs")
        changed = changed_properties(old, new) & set(_DEFAULTS)
        if changed:
            attributes = _attributes(new, changed)
            attributes |= {name: _DEFAULTS[name] for name in sorted(changed) if name not in new}
            client.set_queue_attributes(QueueUrl=physical_id, Attributes=attributes)
        added, removed = tag_changes(old, new)
        if removed:
            client.untag_queue(QueueUrl=physical_id, TagKeys=removed)
        if added:
            client.tag_queue(QueueUrl=physical_id, Tags=added)
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the queue."""
        del properties
        scope.client("sqs").delete_queue(QueueUrl=physical_id)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """ARN, name and URL."""
        del properties
        name = physical_id.rpartition("/")[2]
        return {"Arn": scope.arn("sqs", name), "QueueName": name, "QueueUrl": physical_id}


class QueuePolicyProvider(Provider):
    """One policy for several queues."""

    type = "AWS::SQS::QueuePolicy"
    schema = Schema.of("PolicyDocument Queues", required="PolicyDocument Queues", attributes="Id")

    def _set(self, scope: ResourceScope, queues: list[str], policy: str) -> None:
        client = scope.client("sqs")
        for url in queues:
            client.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Sets the policy of each queue."""
        physical_id = scope.created(scope.name(255))
        self._set(scope, properties["Queues"], json_text(properties["PolicyDocument"]))
        return physical_id

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Sets the new policy, and none where a queue is gone from the list."""
        del physical_id
        self._set(scope, new["Queues"], json_text(new["PolicyDocument"]))
        self._set(scope, [url for url in old["Queues"] if url not in new["Queues"]], "")
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Takes the policy from each queue."""
        del physical_id
        self._set(scope, properties["Queues"], "")

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """The generated id."""
        del scope, properties
        return {"Id": physical_id}


PROVIDERS = (QueueProvider(), QueuePolicyProvider())
