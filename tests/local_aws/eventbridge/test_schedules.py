"""Schedule expressions: when they are due, and which are none."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_aws.eventbridge.schedules import parse_schedule
from local_aws.gateway.errors import AwsError

START = datetime(2024, 2, 27, 12, 30, 30, tzinfo=UTC)  # a Tuesday in a leap year


def times(expression: str, count: int, start: datetime = START) -> list[str]:
    schedule = parse_schedule(expression)
    found, moment = [], start
    for _ in range(count):
        following = schedule.next_after(moment)
        if following is None:
            break
        found.append(following.strftime("%Y-%m-%d %H:%M"))
        moment = following
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("rate(5 minutes)", ["2024-02-27 12:35", "2024-02-27 12:40"]),
        ("rate(1 hour)", ["2024-02-27 13:30"]),
        ("rate(7 days)", ["2024-03-05 12:30"]),
        ("cron(0 10 * * ? *)", ["2024-02-28 10:00", "2024-02-29 10:00"]),
        ("cron(15 12 ? * MON-FRI *)", ["2024-02-28 12:15", "2024-02-29 12:15", "2024-03-01 12:15", "2024-03-04 12:15"]),
        ("cron(0/15 * * * ? *)", ["2024-02-27 12:45", "2024-02-27 13:00"]),
        ("cron(0 8 1 * ? *)", ["2024-03-01 08:00", "2024-04-01 08:00"]),
        ("cron(0/5 8-9 ? * 2,4 2024)", ["2024-02-28 08:00", "2024-02-28 08:05"]),
        ("cron(0 0 L * ? *)", ["2024-02-29 00:00", "2024-03-31 00:00", "2024-04-30 00:00"]),
        ("cron(0 0 L-2 * ? *)", ["2024-03-29 00:00", "2024-04-28 00:00"]),
        ("cron(0 0 LW * ? *)", ["2024-02-29 00:00", "2024-03-29 00:00"]),
        ("cron(0 0 15W * ? *)", ["2024-03-15 00:00", "2024-04-15 00:00", "2024-05-15 00:00", "2024-06-14 00:00"]),
        ("cron(0 0 1W * ? *)", ["2024-03-01 00:00", "2024-04-01 00:00", "2024-05-01 00:00", "2024-06-03 00:00"]),
        ("cron(0 0 31W * ? *)", ["2024-03-29 00:00", "2024-05-31 00:00"]),
        ("cron(0 0 ? * 5L *)", ["2024-02-29 00:00", "2024-03-28 00:00"]),
        ("cron(0 0 ? * FRIL *)", ["2024-03-29 00:00"]),
        ("cron(0 0 ? * L *)", ["2024-03-02 00:00"]),
        ("cron(0 0 ? * TUE#2 *)", ["2024-03-12 00:00"]),
        ("cron(0 0 ? * FRI-MON *)", ["2024-03-01 00:00", "2024-03-02 00:00", "2024-03-03 00:00", "2024-03-04 00:00"]),
        ("cron(0 0 29 FEB ? *)", ["2024-02-29 00:00", "2028-02-29 00:00"]),
        ("cron(0 0 30 2 ? *)", []),
        ("cron(0 0 1 1 ? 2023)", []),
        ("cron(0 22-2 * * ? *)", ["2024-02-27 22:00", "2024-02-27 23:00", "2024-02-28 00:00"]),
        ("cron(59 23 31 12 ? 2024-2025)", ["2024-12-31 23:59", "2025-12-31 23:59"]),
    ],
)
def test_next_times(expression: str, expected: list[str]) -> None:
    assert times(expression, max(len(expected), 1)) == expected


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("every day", "'every day' is neither rate(value unit) nor cron(fields)"),
        ("rate(5 minute)", "grammatical number"),
        ("rate(1 minutes)", "grammatical number"),
        ("rate(0 minutes)", "positive number"),
        ("rate(5 seconds)", "neither rate"),
        ("cron(0 10 * * ?)", "has 5 fields where cron has 6"),
        ("cron(0 10 * * * *)", "must have ? in exactly one of day-of-month and day-of-week"),
        ("cron(0 10 ? * ? *)", "must have ? in exactly one"),
        ("cron(60 10 * * ? *)", "'60' where a value from 0 to 59 is needed"),
        ("cron(0 24 * * ? *)", "'24' where a value from 0 to 23"),
        ("cron(0 0 0 * ? *)", "'0' where a value from 1 to 31"),
        ("cron(0 0 * 13 ? *)", "'13' where a value from 1 to 12"),
        ("cron(0 0 ? * 8 *)", "'8' where a value from 1 to 7"),
        ("cron(0 0 ? * MO *)", "'MO' where a value from 1 to 7"),
        ("cron(0 0 * * ? 1969)", "'1969' where a value from 1970 to 2199"),
        ("cron(0/0 0 * * ? *)", "the increment '0' where a positive number is needed"),
        ("cron(0/x 0 * * ? *)", "the increment 'X'"),
    ],
)
def test_what_is_no_schedule(expression: str, reason: str) -> None:
    with pytest.raises(AwsError) as caught:
        parse_schedule(expression)
    assert caught.value.code == "ValidationException"
    assert caught.value.message.startswith("Parameter ScheduleExpression is not valid. Reason: ")
    assert reason in caught.value.message


@given(
    st.integers(0, 59),
    st.integers(0, 23),
    st.integers(1, 12),
    st.integers(1, 7),
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 - hypothesis wants them naive
)
def test_cron_finds_the_first_minute_that_fits(
    minute: int, hour: int, month: int, weekday: int, start: datetime
) -> None:
    start = start.replace(tzinfo=UTC)
    found = parse_schedule(f"cron({minute} {hour} ? {month} {weekday} *)").next_after(start)
    assert found is not None
    assert found > start
    assert (found.minute, found.hour, found.month) == (minute, hour, month)
    assert found.isoweekday() % 7 + 1 == weekday
    day = start.replace(hour=hour, minute=minute, second=0, microsecond=0)
    while day < found:
        fits = day > start and day.month == month and day.isoweekday() % 7 + 1 == weekday
        assert not fits
        day += timedelta(days=1)
