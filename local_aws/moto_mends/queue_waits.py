"""Who waits for messages of a queue lets others send them.

Fault mended: moto waits inside of ReceiveMessage, which has the turn of all of SQS (`turns`).
"""

from typing import Any

from moto.sqs.models import Queue

from local_aws.moto_mends import turns

_moto_wait = Queue.wait_for_messages


def apply() -> None:
    """Puts the mended part in place of moto's."""
    Queue.wait_for_messages = _wait


def _wait(self: Any, timeout: int) -> None:
    with turns.given_up("sqs"):
        _moto_wait(self, timeout)
