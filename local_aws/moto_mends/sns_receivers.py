"""Who brings messages of SNS topics to functions. Apart from the mend itself, which loads moto's SNS."""

from collections.abc import Callable
from typing import Any

from attrs import frozen


@frozen(kw_only=True)
class Notification:
    """A message on its way to one Lambda subscription.

    Attributes:
        topic_arn: where it was published.
        subscription_arn: for whom.
        endpoint: the function's ARN.
        dead_letter_queue: ARN of the subscription's queue for messages that cannot be delivered, if it has one.
        content: gives the signed notification; the first one of a subscription costs the making of a key.
    """

    topic_arn: str
    subscription_arn: str
    endpoint: str
    dead_letter_queue: str | None
    content: Callable[[], dict[str, Any]]


_receivers: list[Callable[[Notification], None]] = []


def give(notification: Notification) -> None:
    """Hands a message to whoever brings it on; nobody does where Lambda is not part of the server."""
    if _receivers:
        _receivers[-1](notification)


def receive(receiver: Callable[[Notification], None]) -> Callable[[], None]:
    """Registers who brings messages to functions; the last one registered gets them.

    Returns:
        Ends the registration.
    """
    _receivers.append(receiver)
    return lambda: _receivers.remove(receiver)
