"""Deliveries: one event on its way to one target, with retries and a dead-letter queue."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, evolve, field, frozen
from botocore.exceptions import BotoCoreError, ClientError

from local_aws.eventbridge.records import Rule
from local_aws.eventbridge.transformers import Origin, target_input
from local_aws.gateway.errors import AwsError
from local_aws.platform import Platform, service_credentials
from local_aws.timers import Timers

_log = logging.getLogger(__name__)

PRINCIPAL = "events.amazonaws.com"
DEFAULT_ATTEMPTS = 185
DEFAULT_AGE_SECONDS = 86_400

BACKOFF_SECONDS = (1.0, 600.0)
"""First and longest wait before a retry, doubled in between."""

_RETRIED_STATUS = 500
_THROTTLES = ("Throttl", "TooManyRequests", "RequestLimitExceeded", "LimitExceeded", "SlowDown")
_NO_PERMISSION = ("AccessDenied", "NotAuthorized", "AuthorizationError", "InvalidClientTokenId", "KMS.AccessDenied")
_NO_RESOURCE = ("NotFound", "NonExistent", "DoesNotExist", "NoSuch")


@frozen(kw_only=True)
class Delivery:
    """One event for one target.

    Attributes:
        rule: that matched.
        target: the target's members, as they were when the event came.
        event: the whole event.
        origin: what the target's template may ask about the rule.
        from_bus: another bus forwarded the event.
        attempts: sendings that have failed.
        started: monotonic time of the event's arrival.
    """

    rule: Rule
    target: Mapping[str, Any]
    event: Mapping[str, Any]
    origin: Origin
    from_bus: bool = False
    attempts: int = 0
    started: float = field(factory=time.monotonic)


class DeliveryError(Exception):
    """A target did not take an event.

    Args:
        code: EventBridge's error code, such as ``NO_PERMISSIONS``.
        message: the target's own words.
        retried: whether another attempt may succeed.
    """

    def __init__(self, code: str, message: str, *, retried: bool) -> None:
        super().__init__(message)
        self.code = code
        self.retried = retried

    @classmethod
    def of(cls, error: Exception) -> "DeliveryError":
        """What the error of a call means for a delivery."""
        if isinstance(error, ClientError):
            name = str(error.response["Error"]["Code"])
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        elif isinstance(error, AwsError):
            name, status = error.code, error.status or 400
        else:
            return cls("CONNECTION_FAILURE", str(error), retried=True)
        if any(part in name for part in _THROTTLES):
            return cls("THROTTLING", str(error), retried=True)
        if name == "NotAvailableLocally":
            return cls("SDK_CLIENT_ERROR", str(error), retried=False)
        if any(part in name for part in _NO_PERMISSION):
            return cls("NO_PERMISSIONS", str(error), retried=False)
        if any(part in name for part in _NO_RESOURCE):
            return cls("NO_RESOURCE", str(error), retried=False)
        if status >= _RETRIED_STATUS:
            return cls("ERROR_FROM_TARGET", str(error), retried=True)
        return cls("SDK_CLIENT_ERROR", str(error), retried=False)


Send = Callable[[Delivery, str], None]


@define(kw_only=True, eq=False)
class Deliveries:
    """Sends in the platform's workers; nobody waits for it.

    Attributes:
        platform: the local AWS.
        timers: when a retry is due.
        send: hands an input to a target; raises what the target answers.
    """

    platform: Platform
    timers: Timers
    send: Send

    def start(self, delivery: Delivery) -> None:
        """Sends an event to a target; returns at once."""
        self.timers.after(0, lambda: self._attempt(delivery))

    def _attempt(self, delivery: Delivery) -> None:
        try:
            self.send(delivery, target_input(delivery.target, delivery.event, delivery.origin))
        except DeliveryError as error:
            self._failed(delivery, error)
        except (AwsError, BotoCoreError, ClientError) as error:
            self._failed(delivery, DeliveryError.of(error))

    def _failed(self, delivery: Delivery, error: DeliveryError) -> None:
        policy = delivery.target.get("RetryPolicy") or {}
        most = policy.get("MaximumRetryAttempts", DEFAULT_ATTEMPTS)
        oldest = policy.get("MaximumEventAgeInSeconds", DEFAULT_AGE_SECONDS)
        first, longest = BACKOFF_SECONDS
        # the exponent is bounded: 2**185 is no number of seconds
        wait = min(first * 2 ** min(delivery.attempts, 20), longest)
        exhausted = None
        if error.retried:
            if delivery.attempts >= most:
                exhausted = "MaximumRetryAttempts"
            elif time.monotonic() - delivery.started + wait > oldest:
                exhausted = "MaximumEventAgeInSeconds"
            else:
                again = evolve(delivery, attempts=delivery.attempts + 1)
                self.timers.after(wait, lambda: self._attempt(again))
                return
        _log.warning(
            "rule %s could not deliver event %s (%s) to %s: %s: %s",
            delivery.rule.arn,
            delivery.event["id"],
            delivery.event["detail-type"],
            delivery.target["Arn"],
            error.code,
            error,
        )
        queue = (delivery.target.get("DeadLetterConfig") or {}).get("Arn")
        if queue:
            self._bury(delivery, queue, error, exhausted)

    def _bury(self, delivery: Delivery, queue: str, error: DeliveryError, exhausted: str | None) -> None:
        """Sends an event that could not be delivered to the target's dead-letter queue."""
        attributes = {
            "RULE_ARN": delivery.rule.arn,
            "TARGET_ARN": delivery.target["Arn"],
            "ERROR_CODE": error.code,
            "ERROR_MESSAGE": str(error)[:1024] or error.code,
        }
        if exhausted is not None:
            attributes["EXHAUSTED_RETRY_CONDITION"] = exhausted
            attributes["RETRY_ATTEMPTS"] = str(delivery.attempts)
        _, _, _, region, account, name = queue.split(":", 5)
        client = self.platform.client(
            "sqs", region=region, credentials=service_credentials(PRINCIPAL), source_arn=delivery.rule.arn
        )
        try:
            client.send_message(
                QueueUrl=f"{self.platform.endpoint_url}/{account}/{name}",
                MessageBody=json.dumps(delivery.event),
                MessageAttributes={
                    key: {"DataType": "String", "StringValue": value} for key, value in attributes.items()
                },
            )
        except (BotoCoreError, ClientError) as failure:
            _log.warning("the dead-letter queue %s of rule %s was not reached: %s", queue, delivery.rule.arn, failure)
