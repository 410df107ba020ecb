"""Alarms under a time that a test moves."""

from datetime import UTC, datetime, timedelta

from local_aws.alarm_clock import Alarm, AlarmClock, MovableTime

NOON = datetime(2024, 5, 6, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_alarms_ring_in_order_and_say_when_they_ring_next() -> None:
    rung: list[str] = []
    now = NOON

    def ring(alarm: Alarm[str], at: datetime) -> Alarm[str] | None:
        rung.append(f"{alarm.entry} {alarm.moment:%H:%M} at {at:%H:%M}")
        return Alarm(alarm.moment + 2 * MINUTE, alarm.entry) if alarm.entry == "again" else None

    clock = AlarmClock(ring, lambda: now)
    clock.set("b", Alarm(NOON + 2 * MINUTE, "again"))
    clock.set("a", Alarm(NOON + MINUTE, "once"))
    assert clock.run_due() == 30
    now = NOON + 2 * MINUTE
    clock.run_due()
    assert rung == ["once 12:01 at 12:02", "again 12:02 at 12:02"]
    assert clock.next_due() == NOON + 4 * MINUTE
    clock.set("b", None)
    assert clock.next_due() is None
    clock.stop()


def test_an_alarm_that_is_set_anew_while_it_rings_keeps_what_was_set() -> None:
    def ring(alarm: Alarm[str], _at: datetime) -> Alarm[str] | None:
        clock.set("a", Alarm(NOON + 9 * MINUTE, "new"))
        return Alarm(alarm.moment + MINUTE, alarm.entry)

    clock = AlarmClock(ring, lambda: NOON)
    clock.set("a", Alarm(NOON, "old"))
    clock.run_due()
    assert clock.next_due() == NOON + 9 * MINUTE
    clock.stop()


def test_time_that_is_moved_rings_everything_on_the_way_at_its_time() -> None:
    time = MovableTime()
    began = time.now()
    rung: list[datetime] = []

    def ring(alarm: Alarm[str], at: datetime) -> Alarm[str] | None:
        rung.append(alarm.moment)
        assert at - alarm.moment < MINUTE
        return Alarm(alarm.moment + timedelta(hours=1), alarm.entry)

    clock = AlarmClock(ring, time.now)
    time.governs(clock)
    clock.set("hourly", Alarm(began + timedelta(hours=1), "hourly"))
    now = time.advance(timedelta(hours=3, minutes=30))
    assert rung == [began + timedelta(hours=hours) for hours in (1, 2, 3)]
    assert timedelta(hours=3, minutes=30) <= now - began < timedelta(hours=3, minutes=40)
    clock.stop()
