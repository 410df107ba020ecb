"""What JSON, and the services that read it, can hold of what Python has."""

import math
from typing import Any

from constructs_lib.checks.wording import shown

_LEAST, _GREATEST = -(2**63), 2**63 - 1


def json_problem(value: Any) -> str | None:
    """What of a text or number is lost on the way to a service; None for most, and for values of other types."""
    if isinstance(value, str):
        return None if value.isascii() or _is_unicode(value) else f"got {shown(value)}, expected whole characters"
    if isinstance(value, float) and not math.isfinite(value):
        return f"got {value}, expected a number that is finite"
    if isinstance(value, int) and not _LEAST <= value <= _GREATEST:
        return f"got {value}, expected a whole number of at most 64 bits"
    return None


def _is_unicode(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a character that UTF-16 writes in two parts
        return False
    return True
