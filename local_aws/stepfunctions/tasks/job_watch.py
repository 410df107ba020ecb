"""The end of jobs that executions wait for: told by events, and looked at now and then in case one is lost."""

import asyncio
import threading
from typing import Any

from attrs import define, field

from local_aws.stepfunctions.tasks.integrations import INTEGRATIONS

_EVENT_IDS = {row.sync.detail_type: row.sync.event_id for row in INTEGRATIONS.values() if row.sync is not None}


@define(eq=False)
class JobWatch:
    """Wakes whoever waits for a job when an event of it arrives."""

    _waiting: dict[tuple[str, str], list[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = field(factory=dict)
    _lock: threading.Lock = field(factory=threading.Lock)

    def watch(self, detail_type: str, job: str) -> asyncio.Event:
        """An event that is set whenever something is told of the job; must be called in the engine's loop."""
        told = asyncio.Event()
        with self._lock:
            self._waiting.setdefault((detail_type, job), []).append((asyncio.get_running_loop(), told))
        return told

    def forget(self, detail_type: str, job: str, told: asyncio.Event) -> None:
        """Ends a watch."""
        with self._lock:
            left = [pair for pair in self._waiting.get((detail_type, job), []) if pair[1] is not told]
            if left:
                self._waiting[(detail_type, job)] = left
            else:
                self._waiting.pop((detail_type, job), None)

    def receive(self, _account: str, _region: str, event: dict[str, Any]) -> None:
        """Takes every event of every service; the platform's event sink."""
        detail_type = event.get("detail-type", "")
        event_id = _EVENT_IDS.get(detail_type)
        if event_id is None:
            return
        with self._lock:
            waiting = list(self._waiting.get((detail_type, event_id(event.get("detail", {}))), []))
        for loop, told in waiting:
            if not loop.is_closed():
                loop.call_soon_threadsafe(told.set)
