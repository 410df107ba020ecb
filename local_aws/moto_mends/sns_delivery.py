"""SNS subscriptions of Lambda functions.

Fault mended: moto gives messages for a Lambda endpoint to its own Lambda, which the local AWS does not use: publishing
fails for a function that exists. Here such messages go to whoever has registered; filters, and all other protocols,
stay moto's.
"""

import json
from typing import Any

from moto.sns.models import Subscription

from local_aws.moto_mends import sns_receivers
from local_aws.moto_mends.topic_texts import text_for

_moto_publish = Subscription.publish


def apply() -> None:
    """Puts the mended part in place of moto's."""
    Subscription.publish = _publish


def _publish(self: Any, message: str, message_id: str, **members: Any) -> None:
    if self.protocol != "lambda":
        _moto_publish(self, message, message_id, **members)
        return
    subject, attributes = members.get("subject"), members.get("message_attributes")
    text = text_for(self, message, attributes, members.get("message_structure"))
    if text is None:
        return
    redrive = self.attributes.get("RedrivePolicy")
    notification = sns_receivers.Notification(
        topic_arn=self.topic.arn,
        subscription_arn=self.arn,
        endpoint=self.endpoint,
        dead_letter_queue=_target(redrive) if redrive else None,
        content=lambda: self.get_post_data(text, message_id, subject, message_attributes=attributes),
    )
    sns_receivers.give(notification)


def _target(redrive: Any) -> str | None:
    policy = json.loads(redrive) if isinstance(redrive, str) else redrive
    target: str | None = policy.get("deadLetterTargetArn")
    return target
