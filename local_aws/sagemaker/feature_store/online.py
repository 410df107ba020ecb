"""The online store: the latest record of each identifier, in memory."""

import threading
import time
from collections.abc import Iterator

from attrs import define, field

Values = dict[str, str | list[str]]
"""A record's values by feature, as the client wrote them."""


class OnlineRecord:
    """The latest that is known of one identifier.

    Attributes:
        event_time: in nanoseconds.
        values: by feature; None for a record that was deleted softly.
        expires: in nanoseconds; None for a record that stays.
        size: bytes of its values.
    """

    __slots__ = ("event_time", "expires", "size", "values")

    def __init__(self, event_time: int, values: Values | None, expires: int | None) -> None:
        self.event_time = event_time
        self.values = values
        self.expires = expires
        self.size = sum(len(name) + _size(value) for name, value in values.items()) if values else 0


@define(eq=False)
class OnlineStore:
    """Records of one group; called from any thread.

    Attributes:
        size: bytes of all values.
    """

    size: int = 0
    _records: dict[str, OnlineRecord] = field(factory=dict)
    _lock: threading.Lock = field(factory=threading.Lock)

    def put(self, identifier: str, record: OnlineRecord) -> bool:
        """Takes a record whose event time is later than that of the one that is there; whether it was."""
        with self._lock:
            known = self._live(identifier)
            if known is not None and known.event_time >= record.event_time:
                return False
            self._replace(identifier, record)
            return True

    def change(self, identifier: str, values: Values, event_time: int | None, lifetime: int | None) -> Values | None:
        """Changes some values of a record; gives all that it has now, None where there is no such record.

        Args:
            identifier: of the record.
            values: the new ones, by feature.
            event_time: the new one, in nanoseconds. Default: stays.
            lifetime: from the event time to the expiration, in nanoseconds. Default: the expiration stays.

        Raises:
            ValueError: the record is later than `event_time`.
        """
        with self._lock:
            known = self._live(identifier)
            if known is None or known.values is None:
                return None
            moment = known.event_time if event_time is None else event_time
            if moment < known.event_time:
                raise ValueError("the record's EventTime is later than the update's")
            merged = known.values | values
            expires = known.expires if lifetime is None else moment + lifetime
            self._replace(identifier, OnlineRecord(moment, merged, expires))
            return merged

    def get(self, identifier: str) -> OnlineRecord | None:
        """The record; None where there is none, or it was deleted or has expired."""
        with self._lock:
            known = self._live(identifier)
        return None if known is None or known.values is None else known

    def remove(self, identifier: str, event_time: int) -> bool:
        """Removes a record that is not later than `event_time`; False where it is, and stays."""
        with self._lock:
            known = self._live(identifier)
            if known is None:
                return True
            if known.event_time >= event_time:
                return False
            self._drop(identifier)
            return True

    def identifiers(self, *, deleted: bool) -> Iterator[str]:
        """Those of all records, in order.

        Args:
            deleted: also those that were deleted softly.
        """
        with self._lock:
            known = sorted(self._records)
        for identifier in known:
            with self._lock:
                record = self._live(identifier)
            if record is not None and (deleted or record.values is not None):
                yield identifier

    def _live(self, identifier: str) -> OnlineRecord | None:
        known = self._records.get(identifier)
        if known is not None and known.expires is not None and known.expires <= time.time_ns():
            self._drop(identifier)
            return None
        return known

    def _replace(self, identifier: str, record: OnlineRecord) -> None:
        self._drop(identifier)
        self._records[identifier] = record
        self.size += record.size

    def _drop(self, identifier: str) -> None:
        known = self._records.pop(identifier, None)
        if known is not None:
            self.size -= known.size


def _size(value: str | list[str]) -> int:
    return len(value) if isinstance(value, str) else sum(map(len, value))
