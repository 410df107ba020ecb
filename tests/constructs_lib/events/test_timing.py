from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from aws_cdk import Duration

from constructs_lib.events.timing import At, Cron, Rate, Within, utc_text
from local_aws.scheduler.timing import Timing as LocalTiming

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("timing", "expression"),
    [
        (At(moment=datetime(2027, 3, 1, 6, 30)), "at(2027-03-01T06:30:00)"),  # noqa: DTZ001 - the zone stands beside
        (Rate(every=Duration.minutes(1)), "rate(1 minute)"),
        (Rate(every=Duration.minutes(90)), "rate(90 minutes)"),
        (Rate(every=Duration.hours(6)), "rate(6 hours)"),
        (Rate(every=Duration.days(1)), "rate(1 day)"),
        (Rate(every=Duration.days(7)), "rate(7 days)"),
        (Cron(), "cron(0 * * * ? *)"),
        (Cron(hour="6", weekday="MON-FRI"), "cron(0 6 ? * MON-FRI *)"),
        (Cron(minute="0/15", day="L-3", month="JAN,6", year="2027-2030"), "cron(0/15 * L-3 JAN,6 ? 2027-2030)"),
        (Cron(day="1,15W,LW", hour="22-2"), "cron(0 22-2 1,15W,LW * ? *)"),
        (Cron(weekday="FRI#2"), "cron(0 * ? * FRI#2 *)"),
        (Cron(weekday="2L,FRI-MON"), "cron(0 * ? * 2L,FRI-MON *)"),
    ],
)
def test_an_expression_as_aws_writes_it(timing: At | Rate | Cron, expression: str) -> None:
    assert timing.problems() == []
    assert timing.expression == expression
    # what is taken here is taken there
    LocalTiming.read({"ScheduleExpression": expression}, NOON)


@pytest.mark.parametrize(
    ("timing", "problem"),
    [
        (
            At(moment=NOON),
            "moment: got 2027-03-01T12:00:00+00:00, expected whole seconds, without a time zone",
        ),
        (
            At(moment=datetime(2027, 3, 1), time_zone="Europe/Atlantis"),  # noqa: DTZ001 - the zone stands beside
            "time_zone: got 'Europe/Atlantis', expected a name of the IANA database, such as Europe/Berlin",
        ),
        (Rate(every=Duration.seconds(30)), "every: got 30 s, expected whole minutes, at least one"),
        (Rate(every=Duration.seconds(90)), "every: got 90 s, expected whole minutes, at least one"),
        (
            Rate(every=Duration.hours(1), within=Within(start=NOON, end=NOON)),
            "within.end: got 2027-03-01T12:00:00+00:00, expected a time after 2027-03-01T12:00:00+00:00",
        ),
        (
            Cron(within=Within(start=NOON.replace(tzinfo=None))),
            "within.start: got 2027-03-01T12:00:00, expected it with a time zone",
        ),
        (Cron(time_zone="/etc"), "time_zone: got '/etc', expected a name of the IANA database, such as Europe/Berlin"),
        (Cron(minute="60"), "minute: got '60', expected 0 to 59, *, or lists, ranges and steps of them"),
        (Cron(minute="0/0"), "minute: got '0/0', expected 0 to 59, *, or lists, ranges and steps of them"),
        (Cron(hour="1-24"), "hour: got '1-24', expected 0 to 23, *, or lists, ranges and steps of them"),
        (Cron(hour="?"), "hour: got '?', expected 0 to 23, *, or lists, ranges and steps of them"),
        (Cron(day="32"), "day: got '32', expected 1 to 31, *, or lists, ranges and steps of them"),
        (
            Cron(month="JANUARY"),
            "month: got 'JANUARY', expected 1 to 12 or JAN to DEC, *, or lists, ranges and steps of them",
        ),
        (Cron(weekday="0"), "weekday: got '0', expected 1 to 7 or SUN to SAT, *, or lists, ranges and steps of them"),
        (
            Cron(weekday="MON#6"),
            "weekday: got 'MON#6', expected 1 to 7 or SUN to SAT, *, or lists, ranges and steps of them",
        ),
        (
            Cron(weekday="MON#1,FRI#2"),
            "weekday: got 'MON#1,FRI#2', expected 1 to 7 or SUN to SAT, *, or lists, ranges and steps of them",
        ),
        (Cron(year="1969"), "year: got '1969', expected 1970 to 2199, *, or lists, ranges and steps of them"),
        (Cron(day="1", weekday="MON"), "day and weekday: got '1' and 'MON', expected ? for one of them"),
        (Cron(day="?"), "day and weekday: got '?' and '?', expected ? for one of them"),
    ],
)
def test_what_eventbridge_would_not_take(timing: Any, problem: str) -> None:
    assert timing.problems() == [problem]


def test_all_problems_are_told_at_once() -> None:
    assert len(Cron(minute="a", hour="b", day="1", weekday="8", time_zone="c").problems()) == 5


def test_times_stand_in_templates_in_utc() -> None:
    assert utc_text(datetime(2027, 3, 1, 12, tzinfo=timezone(timedelta(hours=2)))) == "2027-03-01T10:00:00Z"
    assert utc_text(None) is None
