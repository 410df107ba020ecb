"""Points in time as the language writes them: RFC 3339 with an upper-case T and Z or an offset."""

import re
from datetime import UTC, datetime

_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")


def parse_timestamp(text: object) -> datetime | None:
    """The point in time that a string names; None for any other string or value."""
    if not isinstance(text, str) or (match := _TIMESTAMP.fullmatch(text)) is None:
        return None
    if match[1]:
        text = text.replace(match[1], match[1][:7])
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def iso_timestamp(seconds: float) -> str:
    """Seconds since the epoch as ``2024-05-06T07:08:09.123Z``."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
