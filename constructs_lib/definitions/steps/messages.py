"""The steps that tell somebody: SNS, SQS and EventBridge."""

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import frozen

from constructs_lib.definitions.freezing import NO_MEMBERS, freeze_fields
from constructs_lib.definitions.needs import Calls, Need, UseKey
from constructs_lib.definitions.outputs import DeclaredOutput, Output
from constructs_lib.definitions.steps.base import TaskStep
from constructs_lib.definitions.steps.integrations import Integration
from constructs_lib.definitions.values import Reference, Text

_ENCRYPT = ("kms:Decrypt", "kms:GenerateDataKey")
_ANY = DeclaredOutput(members={"*": "document"})


def _key_needs(kms_key: Text | None) -> tuple[Need, ...]:
    return () if kms_key is None else (UseKey(kms_key=kms_key, actions=_ENCRYPT),)


def _pattern(*, wait_for_callback: bool) -> Any:
    return "callback" if wait_for_callback else "request"


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class NotificationStep(TaskStep):
    """Publishes a message to an SNS topic.

    Its output is the response: ``step.output("MessageId")``.

    Args:
        topic_arn: ARN of the topic.
        message: a text, or JSON with references anywhere in it.
        subject: of e-mails; at most 100 characters. Default: none.
        kms_key: ARN of the key that encrypts the topic. Default: none.
        wait_for_callback: goes on when somebody answers the task token, for which the message must hold `TASK_TOKEN`.
            Default: goes on at once.
    """

    kind: ClassVar[str] = "SNS message"

    topic_arn: Text
    message: Text | Mapping[str, Any]
    subject: Text | None = None
    kms_key: Text | None = None
    wait_for_callback: bool = False

    @property
    def integration(self) -> Integration:
        """The call that the step makes."""
        return Integration(service="sns", action="publish", pattern=_pattern(wait_for_callback=self.wait_for_callback))

    @property
    def response(self) -> Output:
        """What the step gives back."""
        return _ANY if self.wait_for_callback else DeclaredOutput(members={"MessageId": "string"})

    @property
    def documents(self) -> frozenset[str]:
        """Members of the request that are JSON of any form."""
        return frozenset({"Message"})

    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make."""
        return {"TopicArn": self.topic_arn, "Message": self.message, "Subject": self.subject}

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""
        return (Calls(actions=["sns:Publish"], resources=[self.topic_arn]), *_key_needs(self.kms_key))


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class QueueStep(TaskStep):
    """Sends a message to an SQS queue.

    Its output is the response: ``step.output("MessageId")``.

    Args:
        queue_url: URL of the queue.
        queue_arn: ARN of the queue.
        message: a text, or JSON with references anywhere in it.
        group_id: of the message, for a FIFO queue. Default: none.
        deduplication_id: of the message, for a FIFO queue. Default: none.
        kms_key: ARN of the key that encrypts the queue. Default: none.
        wait_for_callback: goes on when somebody answers the task token, for which the message must hold `TASK_TOKEN`.
            Default: goes on at once.
    """

    kind: ClassVar[str] = "SQS message"

    queue_url: Text
    queue_arn: Text
    message: Text | Mapping[str, Any]
    group_id: Text | None = None
    deduplication_id: Text | None = None
    kms_key: Text | None = None
    wait_for_callback: bool = False

    @property
    def integration(self) -> Integration:
        """The call that the step makes."""
        pattern = _pattern(wait_for_callback=self.wait_for_callback)
        return Integration(service="sqs", action="sendMessage", pattern=pattern)

    @property
    def response(self) -> Output:
        """What the step gives back."""
        return _ANY if self.wait_for_callback else DeclaredOutput(members={"MessageId": "string"})

    @property
    def documents(self) -> frozenset[str]:
        """Members of the request that are JSON of any form."""
        return frozenset({"MessageBody"})

    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make."""
        return {
            "QueueUrl": self.queue_url,
            "MessageBody": self.message,
            "MessageGroupId": self.group_id,
            "MessageDeduplicationId": self.deduplication_id,
        }

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""
        return (Calls(actions=["sqs:SendMessage"], resources=[self.queue_arn]), *_key_needs(self.kms_key))


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class EventStep(TaskStep):
    """Puts an event on an EventBridge bus. An event that the bus refuses fails the step.

    Args:
        bus_arn: ARN of the bus.
        source: who tells it, such as ``houses.training``.
        detail_type: what it tells, such as ``Model trained``.
        detail: a JSON object with references anywhere in it. Default: an empty one.
        wait_for_callback: goes on when somebody answers the task token, for which the detail must hold `TASK_TOKEN`.
            Default: goes on at once.
    """

    kind: ClassVar[str] = "EventBridge event"

    bus_arn: Text
    source: Text
    detail_type: Text
    detail: Mapping[str, Any] | Reference = NO_MEMBERS
    wait_for_callback: bool = False

    @property
    def integration(self) -> Integration:
        """The call that the step makes."""
        pattern = _pattern(wait_for_callback=self.wait_for_callback)
        return Integration(service="events", action="putEvents", pattern=pattern)

    @property
    def response(self) -> Output:
        """What the step gives back."""
        members = DeclaredOutput(members={"Entries": "document", "FailedEntryCount": "integer"})
        return _ANY if self.wait_for_callback else members

    @property
    def documents(self) -> frozenset[str]:
        """Members of the request that are JSON of any form."""
        return frozenset({"Entries[0].Detail"})

    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make."""
        entry = {
            "EventBusName": self.bus_arn,
            "Source": self.source,
            "DetailType": self.detail_type,
            "Detail": self.detail,
        }
        return {"Entries": [entry]}

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""
        return (Calls(actions=["events:PutEvents"], resources=[self.bus_arn]),)
