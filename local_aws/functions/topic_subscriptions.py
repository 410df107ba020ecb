"""Brings messages of SNS topics to the functions that are subscribed."""

import json
import logging
from typing import Any

from attrs import define
from botocore.exceptions import BotoCoreError, ClientError

from local_aws.moto_mends.sns_receivers import Notification, receive
from local_aws.platform import Platform, service_credentials
from local_aws.timers import Timers

_log = logging.getLogger(__name__)

PRINCIPAL = "sns.amazonaws.com"

RETRY_SECONDS = (0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Waits after a failure of Lambda's own; AWS goes on for 23 days, the local AWS for half a minute."""


@define(kw_only=True, eq=False)
class TopicSubscriptions:
    """Invokes subscribed functions as SNS: a function's policy must allow its topic.

    Attributes:
        platform: the local AWS.
        timers: run deliveries, so that nobody who publishes waits.
    """

    platform: Platform
    timers: Timers

    def start(self) -> None:
        """Receives messages until the server stops."""
        self.platform.on_stop(receive(self.platform, lambda notification: self._after(0, notification, 0)))

    def _after(self, seconds: float, notification: Notification, failures: int) -> None:
        self.timers.after(seconds, lambda: self._deliver(notification, failures))

    def _deliver(self, notification: Notification, failures: int) -> None:
        content = notification.content()
        event = {
            "Records": [
                {
                    "EventSource": "aws:sns",
                    "EventVersion": "1.0",
                    "EventSubscriptionArn": notification.subscription_arn,
                    "Sns": _record(content),
                }
            ]
        }
        client = self._client("lambda", notification.endpoint.split(":")[3], notification)
        try:
            client.invoke(
                FunctionName=notification.endpoint, InvocationType="Event", Payload=json.dumps(event).encode()
            )
        except (BotoCoreError, ClientError) as error:
            if _is_temporary(error) and failures < len(RETRY_SECONDS):
                self._after(RETRY_SECONDS[failures], notification, failures + 1)
                return
            _log.warning("%s did not reach %s: %s", notification.topic_arn, notification.endpoint, error)
            self._bury(notification, content)

    def _bury(self, notification: Notification, content: dict[str, Any]) -> None:
        queue = notification.dead_letter_queue
        if queue is None:
            return
        _, _, _, region, account, name = queue.split(":", 5)
        url = f"{self.platform.endpoint_url}/{account}/{name}"
        try:
            self._client("sqs", region, notification).send_message(QueueUrl=url, MessageBody=json.dumps(content))
        except (BotoCoreError, ClientError) as error:
            _log.warning("the dead-letter queue %s of %s: %s", queue, notification.subscription_arn, error)

    def _client(self, service: str, region: str, notification: Notification) -> Any:
        return self.platform.client(
            service, region=region, credentials=service_credentials(PRINCIPAL), source_arn=notification.topic_arn
        )


def _is_temporary(error: Exception) -> bool:
    if not isinstance(error, ClientError):
        return True
    status: int = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return status >= 500 or status == 429


def _record(content: dict[str, Any]) -> dict[str, Any]:
    """A notification as a function sees it: other spellings than a queue's."""
    record = {"Subject": None, "MessageAttributes": {}, **content}
    record["SigningCertUrl"] = record.pop("SigningCertURL")
    record["UnsubscribeUrl"] = record.pop("UnsubscribeURL")
    return record
