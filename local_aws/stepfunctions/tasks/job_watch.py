"""The end of jobs that executions wait for: told by events, and looked at now and then in case one is lost."""

import asyncio
from typing import Any

from attrs import define, field

from local_aws.stepfunctions.tasks.integrations import INTEGRATIONS
from local_aws.waiters import Waiters

_EVENT_IDS = {row.sync.detail_type: row.sync.event_id for row in INTEGRATIONS.values() if row.sync is not None}


@define(eq=False)
class JobWatch:
    """Wakes whoever waits for a job when an event of it arrives."""

    _waiters: Waiters = field(factory=Waiters)

    def watch(self, detail_type: str, job: str) -> asyncio.Event:
        """An event that is set whenever something is told of the job; must be called in the engine's loop."""
        told = asyncio.Event()
        self._waiters.add((detail_type, job), told)
        return told

    def forget(self, detail_type: str, job: str, told: asyncio.Event) -> None:
        """Ends a watch."""
        self._waiters.remove((detail_type, job), told)

    def receive(self, _account: str, _region: str, event: dict[str, Any]) -> None:
        """Takes every event of every service; the platform's event sink."""
        detail_type = event.get("detail-type", "")
        event_id = _EVENT_IDS.get(detail_type)
        if event_id is not None:
            self._waiters.wake([(detail_type, event_id(event.get("detail", {})))])
