"""A clock that tests can put forward."""

import asyncio
import threading
import time
from collections.abc import Callable

from attrs import define, field


@define(eq=False)
class ManualAlarm:
    """An alarm of a `ManualClock`."""

    when: float
    action: Callable[[], None]
    loop: asyncio.AbstractEventLoop
    handle: asyncio.TimerHandle | None = None
    over: bool = False

    def cancel(self) -> None:
        self.over = True
        if self.handle is not None:
            self.handle.cancel()

    def ring(self) -> None:
        if not self.over:
            self.cancel()
            self.action()


@define(eq=False)
class ManualClock:
    """Real time, which `advance` moves on at a stroke."""

    skipped: float = 0.0
    _alarms: list[ManualAlarm] = field(factory=list)
    _lock: threading.Lock = field(factory=threading.Lock)

    def now(self) -> float:
        return time.time() + self.skipped

    def call_at(self, when: float, action: Callable[[], None]) -> ManualAlarm:
        loop = asyncio.get_running_loop()
        alarm = ManualAlarm(when, action, loop)
        alarm.handle = loop.call_later(max(0.0, when - self.now()), alarm.ring)
        with self._lock:
            self._alarms = [each for each in self._alarms if not each.over]
            self._alarms.append(alarm)
        return alarm

    def next_alarm(self) -> float | None:
        """When the next alarm is due; None where there is none."""
        with self._lock:
            return min((alarm.when for alarm in self._alarms if not alarm.over), default=None)

    def advance(self, seconds: float) -> None:
        """Moves time on; what is due by then happens, earliest first."""
        self.skipped += seconds
        with self._lock:
            due = sorted((a for a in self._alarms if not a.over and a.when <= self.now()), key=lambda a: a.when)
        for alarm in due:
            alarm.loop.call_soon_threadsafe(alarm.ring)

    def skip_to_next(self) -> None:
        """Moves on to the next alarm."""
        due = self.next_alarm()
        if due is not None and due > self.now():
            self.advance(due - self.now() + 0.1)
