"""Lists in pages: markers of AWS's List operations."""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from local_aws.gateway.errors import AwsError

T = TypeVar("T")


def page(
    items: Sequence[T],
    marker: str | None,
    limit: int | None,
    most: int,
    *,
    code: str = "InvalidParameterValueException",
) -> tuple[list[T], str | None]:
    """One page of a list, and the marker of the next; None at the end.

    Args:
        items: the whole list, in a stable order.
        marker: what the page before gave. Default: the first page.
        limit: how many items the client wants. Default: `most`.
        most: the service's own maximum for a page.
        code: the service's error code for a marker that is none.

    Raises:
        AwsError: the marker was not made here.
    """
    try:
        start = int(base64.b64decode(marker, validate=True)) if marker else 0
    except (binascii.Error, ValueError) as error:
        raise AwsError(code, f"the pagination token '{marker}' was not given by an earlier answer") from error
    end = start + min(limit or most, most)
    following = base64.b64encode(str(end).encode()).decode() if end < len(items) else None
    return list(items[start:end]), following
