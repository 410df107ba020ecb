"""The end of jobs that steps wait for: told by events, and looked at now and then in case one is lost."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from attrs import define, field

_GOING = frozenset({"InProgress", "Stopping", "CREATING", "UPDATING", "ROLLING_BACK"})


@define(eq=False)
class Watch:
    """Wakes whoever waits for a resource when an event tells that it goes on no more."""

    _waiting: dict[str, list[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = field(factory=dict)
    _lock: threading.Lock = field(factory=threading.Lock)

    @contextmanager
    def on(self, arn: str, told: asyncio.Event) -> Iterator[None]:
        """While this lasts, `told` is set by events of a resource; to be called in the engine's loop."""
        entry = (asyncio.get_running_loop(), told)
        with self._lock:
            self._waiting.setdefault(arn, []).append(entry)
        try:
            yield
        finally:
            with self._lock:
                self._waiting[arn].remove(entry)
                if not self._waiting[arn]:
                    del self._waiting[arn]

    def receive(self, _account: str, _region: str, event: dict[str, Any]) -> None:
        """Takes every event of every service; the platform's event sink."""
        if event.get("source") != "aws.sagemaker":
            return
        # the status of a part, as that of a feature group's offline store, is an object
        values = [value for name, value in event.get("detail", {}).items() if name.endswith("Status")]
        if any(isinstance(value, str) and value in _GOING for value in values):
            return
        with self._lock:
            waiting = [entry for arn in event.get("resources", ()) for entry in self._waiting.get(arn, ())]
        for loop, told in waiting:
            if not loop.is_closed():
                loop.call_soon_threadsafe(told.set)
