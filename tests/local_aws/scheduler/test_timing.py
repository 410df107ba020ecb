"""When schedules are due: expressions, time zones, dates."""

from datetime import UTC, datetime
from typing import Any

import pytest

from local_aws.gateway.errors import AwsError
from local_aws.scheduler.timing import Timing

NOW = datetime(2024, 3, 30, 22, 30, tzinfo=UTC)


def times(expression: str, count: int, now: datetime = NOW, created: datetime = NOW, **members: Any) -> list[str]:
    timing = Timing.read({"ScheduleExpression": expression, **members}, created)
    found: list[str] = []
    moment = timing.first(now)
    while moment is not None and len(found) < count:
        found.append(moment.strftime("%m-%d %H:%M"))
        moment = timing.after(moment)
    return found


@pytest.mark.parametrize(
    ("expression", "members", "expected"),
    [
        ("at(2024-04-01T09:00:00)", {}, ["04-01 09:00"]),
        ("at(2024-04-01T09:00:00)", {"ScheduleExpressionTimezone": "Asia/Tokyo"}, ["04-01 00:00"]),
        ("at(2024-03-30T22:00:00)", {}, []),
        # a rate begins when the schedule is made, or with its start date
        ("rate(1 hours)", {}, None),
        ("rate(2 hours)", {}, ["03-30 22:30", "03-31 00:30", "03-31 02:30"]),
        (
            "rate(2 hours)",
            {"StartDate": datetime(2024, 3, 31, 5, 0, tzinfo=UTC), "EndDate": datetime(2024, 3, 31, 8, 0, tzinfo=UTC)},
            ["03-31 05:00", "03-31 07:00"],
        ),
        (
            "rate(1 day)",
            {"StartDate": datetime(2024, 3, 1, 6, 0, tzinfo=UTC)},
            ["03-31 06:00", "04-01 06:00", "04-02 06:00"],
        ),
        ("cron(15 10 * * ? *)", {}, ["03-31 10:15", "04-01 10:15", "04-02 10:15"]),
        (
            "cron(15 10 * * ? *)",
            {"StartDate": datetime(2024, 4, 1, 11, 0, tzinfo=UTC)},
            ["04-02 10:15", "04-03 10:15", "04-04 10:15"],
        ),
        # the clocks of Berlin go from 02:00 to 03:00 on March 31: 02:30 is not there, and 10:00 is an hour earlier
        (
            "cron(30 2 * * ? *)",
            {"ScheduleExpressionTimezone": "Europe/Berlin"},
            ["04-01 00:30", "04-02 00:30", "04-03 00:30"],
        ),
        (
            "cron(0 10 * * ? *)",
            {"ScheduleExpressionTimezone": "Europe/Berlin"},
            ["03-31 08:00", "04-01 08:00", "04-02 08:00"],
        ),
    ],
)
def test_the_times_of_a_schedule(expression: str, members: dict[str, Any], expected: list[str] | None) -> None:
    if expected is None:
        with pytest.raises(AwsError, match="grammatical number"):
            times(expression, 3, **members)
        return
    assert times(expression, 3, **members) == expected


def test_a_time_that_the_clock_shows_twice_counts_once() -> None:
    evening = datetime(2024, 10, 26, 22, 0, tzinfo=UTC)
    # the clocks of Berlin go from 03:00 back to 02:00 on October 27
    found = times("cron(30 2 * * ? *)", 2, evening, evening, ScheduleExpressionTimezone="Europe/Berlin")
    assert found == ["10-27 00:30", "10-28 01:30"]
    between = datetime(2024, 10, 27, 1, 10, tzinfo=UTC)
    assert times("cron(30 2 * * ? *)", 1, between, ScheduleExpressionTimezone="Europe/Berlin") == ["10-28 01:30"]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"ScheduleExpression": "every day"}, "Invalid Schedule Expression every day. .*neither rate"),
        (
            {"ScheduleExpression": "at(2024-02-30T00:00:00)"},
            "Invalid Schedule Expression at.2024-02-30T00:00:00.. day is",
        ),
        ({"ScheduleExpression": "rate(1 day)", "ScheduleExpressionTimezone": "Mars/X"}, "Invalid .*Timezone Mars/X"),
        (
            {
                "ScheduleExpression": "rate(1 day)",
                "StartDate": datetime(2024, 5, 1, tzinfo=UTC),
                "EndDate": datetime(2024, 4, 1, tzinfo=UTC),
            },
            "The EndDate must come after the StartDate",
        ),
    ],
)
def test_what_is_no_schedule(members: dict[str, Any], message: str) -> None:
    with pytest.raises(AwsError, match=message):
        Timing.read(members, NOW)
