"""Who waits in an event loop for something that other threads tell."""

import asyncio
import threading
from collections.abc import Hashable, Iterable

from attrs import define, field


@define(eq=False)
class Waiters:
    """Events of `asyncio` that are set from any thread, by what they wait for."""

    _waiting: dict[Hashable, list[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = field(factory=dict)
    _lock: threading.Lock = field(factory=threading.Lock)

    def add(self, key: Hashable, told: asyncio.Event) -> None:
        """From now on `wake` sets `told`; to be called in the loop that waits for it."""
        with self._lock:
            self._waiting.setdefault(key, []).append((asyncio.get_running_loop(), told))

    def remove(self, key: Hashable, told: asyncio.Event) -> None:
        """Nobody waits for it any more."""
        with self._lock:
            left = [pair for pair in self._waiting.get(key, ()) if pair[1] is not told]
            if left:
                self._waiting[key] = left
            else:
                self._waiting.pop(key, None)

    def wake(self, keys: Iterable[Hashable]) -> None:
        """Sets the events of all who wait for one of these."""
        with self._lock:
            waiting = [pair for key in keys for pair in self._waiting.get(key, ())]
        for loop, told in waiting:
            if not loop.is_closed():
                loop.call_soon_threadsafe(told.set)
