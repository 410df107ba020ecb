"""Amazon SNS: topics, their policies and subscriptions."""

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
from local_aws.cloudformation.resources.shapes import json_text, truth

_TOPIC_ATTRIBUTES = (
    "ArchivePolicy", "ContentBasedDeduplication", "DisplayName", "FifoThroughputScope", "FifoTopic", "KmsMasterKeyId",
    "SignatureVersion", "TracingConfig",
)  # fmt: skip
_SUBSCRIPTION_ATTRIBUTES = (
    "DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy", "ReplayPolicy",
    "SubscriptionRoleArn",
)  # fmt: skip


def attribute_text(value: Any) -> str:
    """A property as the string that queues and topics take for an attribute."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json_text(value) if isinstance(value, dict | list) else str(value)


def _attributes(properties: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    return {name: attribute_text(properties[name]) for name in names if name in properties}


class TopicProvider(Provider):
    """A topic, and the subscriptions that its template lists; Ref is its ARN."""

    type = "AWS::SNS::Topic"
    schema = Schema.of(
        "Subscription Tags TopicName " + " ".join(_TOPIC_ATTRIBUTES),
        create_only="FifoTopic TopicName",
        attributes="TopicArn TopicName",
        name="TopicName",
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the topic, then its subscriptions."""
        client = scope.client("sns")
        fifo = truth(properties.get("FifoTopic"))
        name = properties.get("TopicName") or scope.name(250) + (".fifo" if fifo else "")
        arn = scope.arn("sns", str(name))
        try:
            client.get_topic_attributes(TopicArn=arn)
        except ClientError as error:
            if not is_absent(error):
                raise
        else:
            raise ResourceError(f"Resource of type 'AWS::SNS::Topic' with identifier '{arn}' already exists.")
        client.create_topic(
            Name=name, Attributes=_attributes(properties, _TOPIC_ATTRIBUTES), Tags=tag_list(tags_of(properties))
        )
        scope.created(arn)
        for subscription in properties.get("Subscription") or []:
            self._subscribe(client, arn, subscription)
        return arn

    def _subscribe(self, client: Any, arn: str, subscription: Mapping[str, Any]) -> None:
        client.subscribe(TopicArn=arn, Protocol=subscription["Protocol"], Endpoint=subscription["Endpoint"])

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes attributes, subscriptions and tags."""
        client, changed = scope.client("sns"), changed_properties(old, new)
        for name in _TOPIC_ATTRIBUTES:
            if name in changed:
                value = attribute_text(new.get(name, ""))
                client.set_topic_attributes(TopicArn=physical_id, AttributeName=name, AttributeValue=value)
        if "Subscription" in changed:
            before, after = old.get("Subscription") or [], new.get("Subscription") or []
            for subscription in after:
                if subscription not in before:
                    self._subscribe(client, physical_id, subscription)
            gone = [(item["Protocol"], item["Endpoint"]) for item in before if item not in after]
            for page in client.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=physical_id):
                for item in page["Subscriptions"]:
                    if (item["Protocol"], item["Endpoint"]) in gone:
                        client.unsubscribe(SubscriptionArn=item["SubscriptionArn"])
        added, removed = tag_changes(old, new)
        if removed:
            client.untag_resource(ResourceArn=physical_id, TagKeys=removed)
        if added:
            client.tag_resource(ResourceArn=physical_id, Tags=tag_list(added))
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the topic with its subscriptions."""
        del properties
        scope.client("sns").delete_topic(TopicArn=physical_id)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """ARN and name."""
        del scope, properties
        return {"TopicArn": physical_id, "TopicName": physical_id.rpartition(":")[2]}


class TopicPolicyProvider(Provider):
    """One policy for several topics; removing it gives them SNS's default policy back."""

    type = "AWS::SNS::TopicPolicy"
    schema = Schema.of("PolicyDocument Topics", required="PolicyDocument Topics", attributes="Id")

    def _set(self, scope: ResourceScope, topics: list[str], document: Any) -> None:
        client = scope.client("sns")
        for arn in topics:
            policy = json_text(_default_policy(arn) if document is None else document)
            client.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Sets the policy of each topic."""
        physical_id = scope.created(scope.name(255))
        self._set(scope, properties["Topics"], properties["PolicyDocument"])
        return physical_id

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Sets the new policy, and the default one where a topic is gone from the list."""
        del physical_id
        self._set(scope, new["Topics"], new["PolicyDocument"])
        self._set(scope, [arn for arn in old["Topics"] if arn not in new["Topics"]], None)
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Gives each topic the default policy."""
        del physical_id
        self._set(scope, properties["Topics"], None)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """The generated id."""
        del scope, properties
        return {"Id": physical_id}


def _default_policy(arn: str) -> dict[str, Any]:
    actions = ("AddPermission", "DeleteTopic", "GetTopicAttributes", "ListSubscriptionsByTopic", "Publish",
               "RemovePermission", "SetTopicAttributes", "Subscribe")  # fmt: skip
    return {
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [
            {
                "Sid": "__default_statement_ID",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": [f"SNS:{action}" for action in actions],
                "Resource": arn,
                "Condition": {"StringEquals": {"AWS:SourceOwner": arn.split(":")[4]}},
            }
        ],
    }


class SubscriptionProvider(Provider):
    """A subscription to a topic; Ref is its ARN."""

    type = "AWS::SNS::Subscription"
    schema = Schema.of(
        "Endpoint Protocol Region TopicArn " + " ".join(_SUBSCRIPTION_ATTRIBUTES),
        required="Protocol TopicArn",
        create_only="Endpoint Protocol TopicArn Region",
        attributes="Arn",
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Subscribes the endpoint."""
        arguments = {
            "TopicArn": properties["TopicArn"],
            "Protocol": properties["Protocol"],
            "Attributes": _attributes(properties, _SUBSCRIPTION_ATTRIBUTES),
            "ReturnSubscriptionArn": True,
        }
        if "Endpoint" in properties:
            arguments["Endpoint"] = properties["Endpoint"]
        client = scope.client("sns", properties.get("Region"))
        return scope.created(str(client.subscribe(**arguments)["SubscriptionArn"]))

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Sets the attributes that changed."""
        client = scope.client("sns", new.get("Region"))
        for name in sorted(changed_properties(old, new) & set(_SUBSCRIPTION_ATTRIBUTES)):
            client.set_subscription_attributes(
                SubscriptionArn=physical_id, AttributeName=name, AttributeValue=attribute_text(new.get(name, ""))
            )
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Ends the subscription."""
        scope.client("sns", properties.get("Region")).unsubscribe(SubscriptionArn=physical_id)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """The ARN."""
        del scope, properties
        return {"Arn": physical_id}


PROVIDERS = (TopicProvider(), TopicPolicyProvider(), SubscriptionProvider())
