"""What a subscriber of an SNS topic gets of a message; apart from the mends that ask, one a kind of subscriber."""

from collections.abc import Mapping
from typing import Any


def text_for(
    subscription: Any, message: str, attributes: Mapping[str, Any] | None, structure: str | None
) -> str | None:
    """The message as its subscriber's protocol gets it; None where the subscription's filter policy keeps it out.

    Args:
        subscription: moto's record of it.
        message: as published.
        attributes: of the message, which filter policies read.
        structure: ``json`` where the message holds a text for each protocol.
    """
    matcher = subscription._filter_policy_matcher  # noqa: SLF001 - moto's record has no other way to it
    if matcher is not None and not matcher.matches(attributes, message):
        return None
    if structure == "json":
        return str(subscription._parse_message_structure(message, subscription.protocol))  # noqa: SLF001 - the same
    return message
