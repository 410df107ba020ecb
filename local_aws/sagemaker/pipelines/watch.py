"""The end of jobs that steps wait for: told by events, and looked at now and then in case one is lost."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from attrs import define, field

from local_aws.waiters import Waiters

_GOING = frozenset({"InProgress", "Stopping", "CREATING", "UPDATING", "ROLLING_BACK"})


@define(eq=False)
class Watch:
    """Wakes whoever waits for a resource when an event tells that it goes on no more."""

    _waiters: Waiters = field(factory=Waiters)

    @contextmanager
    def on(self, arn: str, told: asyncio.Event) -> Iterator[None]:
        """While this lasts, `told` is set by events of a resource; to be called in the engine's loop."""
        self._waiters.add(arn, told)
        try:
            yield
        finally:
            self._waiters.remove(arn, told)

    def receive(self, _account: str, _region: str, event: dict[str, Any]) -> None:
        """Takes every event of every service; the platform's event sink."""
        if event.get("source") != "aws.sagemaker":
            return
        # the status of a part, as that of a feature group's offline store, is an object
        values = [value for name, value in event.get("detail", {}).items() if name.endswith("Status")]
        if any(isinstance(value, str) and value in _GOING for value in values):
            return
        self._waiters.wake(event.get("resources", ()))
