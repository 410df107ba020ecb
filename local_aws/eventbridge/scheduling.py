"""Fires rules with a schedule."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from attrs import define, field

from local_aws.alarm_clock import Alarm, AlarmClock
from local_aws.eventbridge.records import Rule


def _utc_now() -> datetime:
    return datetime.now(UTC)


@define(eq=False)
class RuleClock:
    """Knows when each rule is due.

    Args:
        fire: what happens with a rule that is due, and its event; must return at once.
        now: the time. Default: the machine's.

    Attributes:
        alarms: one for each rule.
    """

    fire: Callable[[Rule, dict[str, Any]], None]
    now: Callable[[], datetime] = _utc_now
    alarms: AlarmClock[Rule] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.alarms = AlarmClock(self._ring, self.now)

    def update(self, rule: Rule) -> None:
        """Takes note of a rule that is new, or whose schedule or state has changed."""
        moment = rule.schedule.next_after(self.now()) if rule.enabled and rule.schedule is not None else None
        self.alarms.set(rule.arn, None if moment is None else Alarm(moment, rule))

    def forget(self, rule: Rule) -> None:
        """Never fires a rule again."""
        self.alarms.set(rule.arn, None)

    def run_due(self) -> float:
        """Fires every rule that is due.

        Returns:
            Seconds until the next one is, at most half a minute.
        """
        return self.alarms.run_due()

    def stop(self) -> None:
        """Fires nothing more."""
        self.alarms.stop()

    def _ring(self, alarm: Alarm[Rule], now: datetime) -> Alarm[Rule] | None:
        rule = alarm.entry
        self.fire(rule, _event(rule, alarm.moment))
        moment = rule.schedule.next_after(alarm.moment) if rule.schedule is not None else None
        # what was missed while the machine slept is not made up for
        while moment is not None and moment <= now and rule.schedule is not None:
            moment = rule.schedule.next_after(moment)
        return None if moment is None else Alarm(moment, rule)


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
