"""Event times of records: ISO-8601 texts or Unix seconds, as nanoseconds since 1970."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

_ISO = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{3}|\d{9}))?Z")
_ISO_FORMS = "yyyy-MM-dd'T'HH:mm:ssZ, yyyy-MM-dd'T'HH:mm:ss.SSSZ or yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSSZ"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 10**9
_EARLIEST = -62135596800  # 0001-01-01
_LATEST = 253402300799  # 9999-12-31T23:59:59
_UNITS = {
    "Seconds": timedelta(seconds=1),
    "Minutes": timedelta(minutes=1),
    "Hours": timedelta(hours=1),
    "Days": timedelta(days=1),
    "Weeks": timedelta(weeks=1),
}


@lru_cache(maxsize=4096)
def iso_time(text: str) -> int:
    """Nanoseconds of a text in one of the three forms that Feature Store takes, UTC as ``Z``.

    Raises:
        ValueError: it is in no such form, or no moment.
    """
    match = _ISO.fullmatch(text)
    if match is None:
        raise ValueError(f"expected an ISO-8601 time as {_ISO_FORMS}")
    moment = datetime.fromisoformat(match[1]).replace(tzinfo=UTC)
    seconds = (moment - _EPOCH) // timedelta(seconds=1)
    return seconds * _SECOND + int((match[2] or "0").ljust(9, "0"))


@lru_cache(maxsize=4096)
def unix_time(text: str) -> int:
    """Nanoseconds of a number of seconds.

    Raises:
        ValueError: it is no number, or lies outside the years 1 to 9999.
    """
    try:
        seconds = Decimal(text)
    except InvalidOperation:
        raise ValueError("expected Unix seconds") from None
    if not seconds.is_finite() or not _EARLIEST <= seconds <= _LATEST:
        raise ValueError("expected Unix seconds within the years 1 to 9999")
    return int(seconds * _SECOND)


def moment_of(nanoseconds: int) -> datetime:
    """The moment, to the microsecond."""
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)


def ttl_nanoseconds(duration: dict[str, Any]) -> int:
    """The length of a TtlDuration."""
    return int(_UNITS[duration["Unit"]] / timedelta(seconds=1)) * int(duration["Value"]) * _SECOND


def iso_text(nanoseconds: int) -> str:
    """The moment as ISO-8601 with milliseconds; that of the latest that there is for what lies beyond."""
    moment = moment_of(min(nanoseconds, _LATEST * _SECOND))
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
