"""Rules with a schedule, under a clock that the test sets."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import define, field

from local_aws.eventbridge.records import Rule
from local_aws.eventbridge.schedules import parse_schedule
from local_aws.eventbridge.scheduling import RuleClock

NOON = datetime(2024, 5, 6, 12, 0, tzinfo=UTC)


@define
class Clock:
    """A time that moves when told, and what was fired at it."""

    time: datetime = NOON
    fired: list[tuple[str, dict[str, Any]]] = field(factory=list)

    def rules(self) -> RuleClock:
        return RuleClock(lambda rule, event: self.fired.append((rule.name, event)), lambda: self.time)


def rule(name: str, expression: str, **members: Any) -> Rule:
    arn = f"arn:aws:events:us-east-1:123456789012:rule/{name}"
    return Rule(
        name=name,
        arn=arn,
        bus="default",
        account="123456789012",
        region="us-east-1",
        schedule=parse_schedule(expression),
        **members,
    )


def test_a_rate_fires_after_each_interval_with_a_scheduled_event() -> None:
    clock = Clock()
    rules = clock.rules()
    rules.update(rule("five", "rate(5 minutes)"))
    assert rules.run_due() == 30
    clock.time += timedelta(minutes=4, seconds=50)
    assert rules.run_due() == 10
    assert clock.fired == []
    clock.time += timedelta(seconds=10)
    rules.run_due()
    name, event = clock.fired[0]
    assert name == "five"
    assert len(event.pop("id")) == 36
    assert event == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": "2024-05-06T12:05:00Z",
        "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:123456789012:rule/five"],
        "detail": {},
    }
    clock.time += timedelta(minutes=5)
    rules.run_due()
    assert [event["time"] for _, event in clock.fired] == ["2024-05-06T12:05:00Z", "2024-05-06T12:10:00Z"]
    rules.stop()


def test_what_was_missed_is_not_made_up_for() -> None:
    clock = Clock()
    rules = clock.rules()
    rules.update(rule("minute", "rate(1 minute)"))
    clock.time += timedelta(minutes=10, seconds=30)
    rules.run_due()
    assert len(clock.fired) == 1
    clock.time += timedelta(seconds=30)
    rules.run_due()
    assert [event["time"] for _, event in clock.fired] == ["2024-05-06T12:01:00Z", "2024-05-06T12:11:00Z"]
    rules.stop()


def test_rules_that_are_disabled_or_forgotten_do_not_fire() -> None:
    clock = Clock()
    rules = clock.rules()
    off, gone, on = (rule(name, "cron(0 13 * * ? *)") for name in ("off", "gone", "on"))
    for one in (off, gone, on):
        rules.update(one)
    off.state = "DISABLED"
    rules.update(off)
    rules.forget(gone)
    clock.time += timedelta(hours=1)
    rules.run_due()
    assert [name for name, _ in clock.fired] == ["on"]
    rules.stop()


def test_a_rule_that_never_comes_is_no_work() -> None:
    clock = Clock()
    rules = clock.rules()
    rules.update(rule("past", "cron(0 0 1 1 ? 2020)"))
    rules.update(rule("once", "cron(1 12 6 5 ? 2024)"))
    clock.time += timedelta(minutes=1)
    assert rules.run_due() == 30
    clock.time += timedelta(days=400)
    rules.run_due()
    assert [name for name, _ in clock.fired] == ["once"]
    rules.stop()


def test_the_thread_fires_by_itself() -> None:
    fired = threading.Event()
    moment = datetime.now(UTC) - timedelta(minutes=1) + timedelta(seconds=0.2)
    times = iter([moment])
    rules = RuleClock(lambda rule, event: fired.set(), lambda: next(times, None) or datetime.now(UTC))
    rules.update(rule("soon", "rate(1 minute)"))
    assert fired.wait(10)
    rules.stop()
