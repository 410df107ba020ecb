"""Lists in pages."""

import base64
from collections.abc import Sequence
from typing import Any, TypeVar

from local_aws.gateway.errors import AwsError

T = TypeVar("T")
_DEFAULT = 100
_MOST = 1000


def page(items: Sequence[T], request: dict[str, Any], *, default: int = _DEFAULT) -> tuple[list[T], dict[str, str]]:
    """The items that a list request asks for, and its ``nextToken`` where more follow.

    Raises:
        AwsError: ``ValidationException`` for a page that is too large, ``InvalidToken`` for a token of another making.
    """
    size = request.get("maxResults") or default
    if size > _MOST:
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: Value '{size}' at 'maxResults' failed to satisfy constraint: Member must "
            f"have value less than or equal to {_MOST}",
        )
    start = _position(request.get("nextToken"))
    end = start + size
    following = {"nextToken": base64.b64encode(f"from {end}".encode()).decode()} if end < len(items) else {}
    return list(items[start:end]), following


def _position(token: str | None) -> int:
    if token is None:
        return 0
    try:
        word, number = base64.b64decode(token, validate=True).decode().split()
        if word == "from":
            return int(number)
    except ValueError:
        pass
    raise AwsError("InvalidToken", "Invalid Token: 'Invalid token'")
