"""Time as executions see it: one object, so that a test or a time machine can take its place."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol


class Alarm(Protocol):
    """Something that will happen, and can be called off."""

    def cancel(self) -> None:
        """Calls it off; no harm once it has happened."""


class Clock(Protocol):
    """What executions ask of time."""

    def now(self) -> float:
        """Seconds since the epoch."""

    def call_at(self, when: float, action: Callable[[], None]) -> Alarm:
        """Runs `action` in the engine's loop at `when` (seconds since the epoch), at once if that has passed."""


class SystemClock:
    """The machine's time, in the loop that runs when it is asked."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def call_at(self, when: float, action: Callable[[], None]) -> Alarm:
        """Runs `action` in the running loop at `when`."""
        return asyncio.get_running_loop().call_later(max(0.0, when - time.time()), action)


async def sleep_until(clock: Clock, when: float) -> None:
    """Returns at `when`."""
    woken = asyncio.get_running_loop().create_future()

    def wake() -> None:
        if not woken.done():
            woken.set_result(None)

    alarm = clock.call_at(when, wake)
    try:
        await woken
    finally:
        alarm.cancel()
