"""Time as schedules see it: alarms that ring at set times, under a clock that can be moved ahead."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from attrs import define, field, frozen

E = TypeVar("E")

# the clock of the machine may be set while a thread sleeps: it looks again at least this often
_LONGEST_SLEEP_SECONDS = 30.0


@frozen
class Alarm(Generic[E]):
    """What is to ring when.

    Attributes:
        moment: when.
        entry: what for.
    """

    moment: datetime
    entry: E


@define(eq=False)
class AlarmClock(Generic[E]):
    """Rings alarms when they are due; one thread sleeps until the next one.

    Args:
        ring: does what is due at the time that is given, and tells the next alarm of the same key; None for no more.
            It must return at once.
        now: the time.
    """

    ring: Callable[[Alarm[E], datetime], Alarm[E] | None]
    now: Callable[[], datetime]
    _due: dict[str, Alarm[E]] = field(factory=dict)
    _ringing: dict[str, Alarm[E]] = field(factory=dict)
    _changed: threading.Condition = field(factory=threading.Condition)
    _turn: threading.RLock = field(factory=threading.RLock)
    _thread: threading.Thread | None = None
    _stopped: bool = False

    def set(self, key: str, alarm: Alarm[E] | None) -> None:
        """Sets the alarm of a key in place of the one that it has; None for no more."""
        with self._changed:
            self._due.pop(key, None)
            self._ringing.pop(key, None)
            if alarm is not None:
                self._due[key] = alarm
                if self._thread is None and not self._stopped:
                    self._thread = threading.Thread(target=self._run, name="schedules", daemon=True)
                    self._thread.start()
            self._changed.notify()

    def next_due(self) -> datetime | None:
        """When the next alarm rings; None where there is none."""
        # what rings just now first says when it rings again
        with self._turn, self._changed:
            return min((alarm.moment for alarm in self._due.values()), default=None)

    def run_due(self) -> float:
        """Rings every alarm that is due.

        Returns:
            Seconds until the next one is, at most half a minute.
        """
        with self._turn:
            self._ring_due(self.now())
        next_due = self.next_due()
        if next_due is None:
            return _LONGEST_SLEEP_SECONDS
        return max(0.0, min((next_due - self.now()).total_seconds(), _LONGEST_SLEEP_SECONDS))

    def wake(self) -> None:
        """The time has changed: looks at once."""
        with self._changed:
            self._changed.notify()

    def stop(self) -> None:
        """Ends the thread."""
        with self._changed:
            self._stopped = True
            self._due.clear()
            self._ringing.clear()
            self._changed.notify()

    def _ring_due(self, now: datetime) -> None:
        with self._changed:
            due = {key: alarm for key, alarm in self._due.items() if alarm.moment <= now}
            for key in due:
                self._ringing[key] = self._due.pop(key)
        for key, alarm in sorted(due.items(), key=lambda item: item[1].moment):
            following = self.ring(alarm, now)
            with self._changed:
                # who set the alarm anew while it rang has said when it is due
                if self._ringing.get(key) is alarm:
                    del self._ringing[key]
                    if following is not None:
                        self._due[key] = following

    def _run(self) -> None:
        while True:
            seconds = self.run_due()
            with self._changed:
                if self._stopped:
                    return
                self._changed.wait(seconds)
                if self._stopped:
                    return


@define(eq=False)
class MovableTime:
    """The machine's time, and as far ahead of it as somebody has moved it."""

    _ahead: timedelta = timedelta()
    _clocks: list[AlarmClock[Any]] = field(factory=list)
    _lock: threading.Lock = field(factory=threading.Lock)

    def now(self) -> datetime:
        """The time in UTC."""
        return datetime.now(UTC) + self._ahead

    def governs(self, clock: AlarmClock[Any]) -> None:
        """Moves an alarm clock's alarms along with the time."""
        self._clocks.append(clock)

    def advance(self, by: timedelta) -> datetime:
        """Moves the time ahead, and rings on the way each alarm at its time; gives the new time."""
        with self._lock:
            target = self.now() + by
            while True:
                moments = [moment for clock in self._clocks if (moment := clock.next_due()) is not None]
                step = min([*moments, target])
                if step > self.now():
                    self._ahead += step - self.now()
                for clock in self._clocks:
                    clock.run_due()
                if step >= target:
                    break
        for clock in self._clocks:
            clock.wake()
        return self.now()
