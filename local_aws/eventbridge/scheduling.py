"""Fires rules with a schedule, in real time."""

import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from attrs import define, field

from local_aws.eventbridge.records import Rule

# the clock of the machine may be set while a thread sleeps: it looks again at least this often
_LONGEST_SLEEP_SECONDS = 30.0


def _utc_now() -> datetime:
    return datetime.now(UTC)


@define(eq=False)
class RuleClock:
    """Knows when each rule is due; one thread sleeps until the next one.

    Args:
        fire: what happens with a rule that is due, and its event; must return at once.
        now: the time. Default: the machine's.
    """

    fire: Callable[[Rule, dict[str, Any]], None]
    now: Callable[[], datetime] = _utc_now
    _due: dict[str, tuple[datetime, Rule]] = field(factory=dict)
    _changed: threading.Condition = field(factory=threading.Condition)
    _thread: threading.Thread | None = None
    _stopped: bool = False

    def update(self, rule: Rule) -> None:
        """Takes note of a rule that is new, or whose schedule or state has changed."""
        moment = rule.schedule.next_after(self.now()) if rule.enabled and rule.schedule is not None else None
        with self._changed:
            if moment is None:
                self._due.pop(rule.arn, None)
            else:
                self._due[rule.arn] = (moment, rule)
                if self._thread is None and not self._stopped:
                    self._thread = threading.Thread(target=self._run, name="schedules", daemon=True)
                    self._thread.start()
            self._changed.notify()

    def forget(self, rule: Rule) -> None:
        """Never fires a rule again."""
        with self._changed:
            self._due.pop(rule.arn, None)

    def run_due(self) -> float:
        """Fires every rule that is due.

        Returns:
            Seconds until the next one is, at most half a minute.
        """
        now = self.now()
        fired: list[tuple[datetime, Rule]] = []
        with self._changed:
            for arn, (moment, rule) in list(self._due.items()):
                if moment > now:
                    continue
                fired.append((moment, rule))
                following = rule.schedule.next_after(moment) if rule.schedule is not None else None
                # what was missed while the machine slept is not made up for
                while following is not None and following <= now and rule.schedule is not None:
                    following = rule.schedule.next_after(following)
                if following is None:
                    del self._due[arn]
                else:
                    self._due[arn] = (following, rule)
            next_due = min((moment for moment, _ in self._due.values()), default=None)
        for moment, rule in fired:
            self.fire(rule, _event(rule, moment))
        if next_due is None:
            return _LONGEST_SLEEP_SECONDS
        return max(0.0, min((next_due - self.now()).total_seconds(), _LONGEST_SLEEP_SECONDS))

    def stop(self) -> None:
        """Ends the thread."""
        with self._changed:
            self._stopped = True
            self._due.clear()
            self._changed.notify()

    def _run(self) -> None:
        while True:
            seconds = self.run_due()
            with self._changed:
                if self._stopped:
                    return
                self._changed.wait(seconds)
                if self._stopped:
                    return


def _event(rule: Rule, moment: datetime) -> dict[str, Any]:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": rule.account,
        "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": rule.region,
        "resources": [rule.arn],
        "detail": {},
    }
