"""Attributes of queues keep to SQS's ranges.

Fault mended: moto takes any number for all but the size of messages, so that a template deploys which AWS refuses.
"""

from typing import Any

from moto.sqs.exceptions import InvalidAttributeValue
from moto.sqs.models import Queue

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
_RANGES = {
    "DelaySeconds": range(901),
    "KmsDataKeyReusePeriodSeconds": range(60, 86_401),
    "MaximumMessageSize": range(1024, 1_048_577),
    "MessageRetentionPeriod": range(60, 1_209_601),
    "ReceiveMessageWaitTimeSeconds": range(21),
    "VisibilityTimeout": range(43_201),
}

_moto_set = Queue._set_attributes  # noqa: SLF001 - moto's name of it


def apply() -> None:
    """Puts the mended part in place of moto's."""
    Queue._set_attributes = _set  # noqa: SLF001 - the same


def _set(self: Any, attributes: dict[str, Any], now: float | None = None) -> None:
    for name, allowed in _RANGES.items():
        given = attributes.get(name)
        if given is not None and not (str(given).isdigit() and int(given) in allowed):
            raise InvalidAttributeValue(name)
    _moto_set(self, attributes, now)
