"""Messages of SNS topics on their way to queues.

Fault mended: moto puts messages into queues whether the queue's policy lets SNS in or not; and nothing tells that
mail is not sent.
"""

import json
import logging
from typing import Any

from botocore.exceptions import ClientError
from moto.sns.models import Subscription

from local_aws.moto_mends import platform_in_use
from local_aws.moto_mends.topic_texts import text_for
from local_aws.platform import Platform, service_credentials

_PRINCIPAL = "sns.amazonaws.com"
_log = logging.getLogger(__name__)
_moto_publish = Subscription.publish


def apply() -> None:
    """Puts the mended delivery in place of moto's."""
    Subscription.publish = _publish


def _publish(
    self: Any,
    message: str,
    message_id: str,
    *,
    subject: str | None = None,
    message_attributes: dict[str, Any] | None = None,
    group_id: str | None = None,
    deduplication_id: str | None = None,
    message_structure: str | None = None,
) -> None:
    text = text_for(self, message, message_attributes, message_structure)
    if text is None:
        return
    if self.protocol in ("email", "email-json"):
        _log.info("%s: no mail leaves the local AWS; %s gets none", self.topic.arn, self.endpoint)
        return
    platform = platform_in_use()
    if self.protocol != "sqs" or platform is None:
        _moto_publish(self, message, message_id, subject, message_attributes, message_structure=message_structure)
        return
    try:
        request = _message(self, text, message_id, subject, message_attributes)
        order = {"MessageGroupId": group_id, "MessageDeduplicationId": deduplication_id}
        request |= {name: value for name, value in order.items() if value is not None}
        account, queue = self.endpoint.split(":")[4:6]
        sqs = _client(platform, self, "sqs")
        sqs.send_message(QueueUrl=f"{platform.endpoint_url}/{account}/{queue}", **request)
    except ClientError as error:
        # AWS drops such messages too: the publisher is not told
        _log.warning("%s could not deliver to %s: %s", self.topic.arn, self.endpoint, error)


def _client(platform: Platform, subscription: Any, service: str) -> Any:
    return platform.client(
        service,
        region=subscription.endpoint.split(":")[3],
        credentials=service_credentials(_PRINCIPAL),
        source_arn=subscription.topic.arn,
    )


def _message(
    subscription: Any, message: str, message_id: str, subject: str | None, attributes: dict[str, Any] | None
) -> dict[str, Any]:
    if str(subscription.attributes.get("RawMessageDelivery", "")).lower() == "true":
        raw = {name: _raw(value) for name, value in (attributes or {}).items()}
        return {"MessageBody": message, "MessageAttributes": raw}
    envelope = subscription.get_post_data(message, message_id, subject, message_attributes=attributes)
    return {"MessageBody": json.dumps(envelope, indent=2, default=_text)}


def _raw(attribute: dict[str, Any]) -> dict[str, Any]:
    member = "BinaryValue" if attribute["Type"].startswith("Binary") else "StringValue"
    value = attribute["Value"]
    return {"DataType": attribute["Type"], member: value if member == "BinaryValue" else str(value)}


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
