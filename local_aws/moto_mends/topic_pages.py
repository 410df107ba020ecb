"""Messages of SNS topics on their way to web addresses.

Fault mended: moto posts them before it answers Publish, without a limit: an address that does not answer holds the
publisher, one that refuses fails it, and one that asks SNS for anything waits for the request that waits for it.
"""

import logging
from typing import Any

import requests
from moto.sns.models import Subscription

from local_aws.moto_mends import platform_in_use
from local_aws.moto_mends.topic_texts import text_for

# https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
_ANSWER_SECONDS = 15
_log = logging.getLogger(__name__)
_moto_publish = Subscription.publish


def apply() -> None:
    """Puts the mended part in place of moto's."""
    Subscription.publish = _publish


def _publish(self: Any, message: str, message_id: str, **members: Any) -> None:
    platform = platform_in_use()
    if self.protocol not in ("http", "https") or platform is None:
        _moto_publish(self, message, message_id, **members)
        return
    subject, attributes = members.get("subject"), members.get("message_attributes")
    text = text_for(self, message, attributes, members.get("message_structure"))
    if text is None:
        return
    content = self.get_post_data(text, message_id, subject, message_attributes=attributes)
    platform.workers.submit(_post, self.topic.arn, self.endpoint, content)


def _post(topic_arn: str, address: str, content: dict[str, Any]) -> None:
    try:
        requests.post(
            address,
            json=content,
            headers={"Content-Type": "text/plain; charset=UTF-8"},
            timeout=_ANSWER_SECONDS,
        ).raise_for_status()
    except requests.RequestException as error:
        # AWS gives such messages up after its retries: the publisher is not told
        _log.warning("%s could not deliver to %s: %s", topic_arn, address, error)
