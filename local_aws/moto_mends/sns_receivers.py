"""Who brings messages of SNS topics to functions. Apart from the mend itself, which loads moto's SNS."""

from collections.abc import Callable
from typing import Any

from attrs import frozen

from local_aws.moto_mends import platform_in_use
from local_aws.platform import Platform


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


_receivers: list[tuple[Platform, Callable[[Notification], None]]] = []


def give(notification: Notification) -> None:
    """Hands a message to who brings it on for the local AWS of this thread, else to the newest.

    Nobody does where Lambda is not part of the server.
    """
    serving = platform_in_use()
    own = [receiver for platform, receiver in _receivers if platform is serving]
    for receiver in (own or [receiver for _, receiver in _receivers])[-1:]:
        receiver(notification)


def receive(platform: Platform, receiver: Callable[[Notification], None]) -> Callable[[], None]:
    """Registers who brings messages of a local AWS to its functions.

    Returns:
        Ends the registration.
    """
    entry = (platform, receiver)
    _receivers.append(entry)
    return lambda: _receivers.remove(entry)
