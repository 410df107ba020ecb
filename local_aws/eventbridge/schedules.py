"""Schedule expressions of rules: ``rate(5 minutes)`` and ``cron(0 10 * * ? *)``, in UTC."""

import calendar
import re
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from attrs import frozen

from local_aws.gateway.errors import AwsError

_RATE = re.compile(r"rate\((\d+) (minute|minutes|hour|hours|day|days)\)")
_CRON = re.compile(r"cron\(([^()]*)\)")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIRST_YEAR, _LAST_YEAR = 1970, 2199


class Schedule(Protocol):
    """When a rule fires."""

    def next_after(self, moment: datetime) -> datetime | None:
        """The first time after a moment; None if there is none."""


@frozen
class Rate:
    """A fixed interval, counted from the moment at which the rule was made."""

    interval: timedelta

    def next_after(self, moment: datetime) -> datetime:
        """The moment and the interval."""
        return moment + self.interval


@frozen(kw_only=True)
class Cron:
    """Times by the calendar, in UTC.

    Attributes:
        minutes: of the hour.
        hours: of the day.
        months: 1 to 12.
        years: 1970 to 2199.
        days_of_month: 1 to 31; None where the day of the week rules.
        last_days: offsets from the end of the month (``L`` is 0, ``L-2`` is 2).
        nearest_weekdays: days whose nearest weekday is meant (``15W``); 0 is the last weekday (``LW``).
        days_of_week: 1 (Sunday) to 7; None where the day of the month rules.
        last_weekdays: weekdays of which the month's last is meant (``5L``).
        numbered_weekdays: weekday and its number within the month (``3#2``).
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    months: frozenset[int]
    years: frozenset[int]
    days_of_month: frozenset[int] | None
    last_days: frozenset[int] = frozenset()
    nearest_weekdays: frozenset[int] = frozenset()
    days_of_week: frozenset[int] | None = None
    last_weekdays: frozenset[int] = frozenset()
    numbered_weekdays: frozenset[tuple[int, int]] = frozenset()

    def next_after(self, moment: datetime) -> datetime | None:
        """The first minute after a moment that fits; None if none does until the end of 2199."""
        moment = moment.astimezone(UTC)
        hours, minutes = sorted(self.hours), sorted(self.minutes)
        for year in sorted(year for year in self.years if year >= moment.year):
            for month in sorted(self.months):
                if (year, month) < (moment.year, moment.month):
                    continue
                for day in self._days(year, month):
                    for hour in hours:
                        for minute in minutes:
                            found = datetime(year, month, day, hour, minute, tzinfo=UTC)
                            if found > moment:
                                return found
        return None

    def _days(self, year: int, month: int) -> list[int]:
        last = calendar.monthrange(year, month)[1]
        return [day for day in range(1, last + 1) if self._fits(date(year, month, day), last)]

    def _fits(self, day: date, last: int) -> bool:
        if self.days_of_month is not None:
            return (
                day.day in self.days_of_month
                or last - day.day in self.last_days
                or any(day.day == _nearest_weekday(day, wanted, last) for wanted in self.nearest_weekdays)
            )
        weekday = day.isoweekday() % 7 + 1
        return (
            (self.days_of_week is not None and weekday in self.days_of_week)
            or (weekday in self.last_weekdays and day.day + 7 > last)
            or (weekday, (day.day - 1) // 7 + 1) in self.numbered_weekdays
        )


def _nearest_weekday(day: date, wanted: int, last: int) -> int | None:
    """The weekday nearest to a day of the month, within the month."""
    if wanted > last:
        return None
    target = day.replace(day=wanted or last)
    weekday = target.isoweekday()
    if weekday == 6:
        return target.day - 1 if target.day > 1 else target.day + 2
    if weekday == 7:
        return target.day + 1 if target.day < last else target.day - 2
    return target.day


def parse_schedule(text: str) -> Schedule:
    """Reads a schedule expression.

    Raises:
        AwsError: ``ValidationException``: it is none.
    """
    if match := _RATE.fullmatch(text):
        number, unit = int(match[1]), match[2]
        # AWS wants the singular for one, and for one only
        if number > 0 and unit.endswith("s") == (number != 1):
            return Rate(timedelta(**{unit if unit.endswith("s") else f"{unit}s": number}))
        raise _invalid(f"'{text}' does not name a positive number with the unit in its grammatical number")
    if match := _CRON.fullmatch(text):
        fields = match[1].split()
        if len(fields) != 6:
            raise _invalid(f"'{text}' has {len(fields)} fields where cron has 6")
        return _cron(text, fields)
    raise _invalid(f"'{text}' is neither rate(value unit) nor cron(fields)")


def _cron(text: str, fields: list[str]) -> Cron:
    minute, hour, day, month, weekday, year = (field.upper() for field in fields)
    if (day == "?") == (weekday == "?"):
        raise _invalid(f"'{text}' must have ? in exactly one of day-of-month and day-of-week")
    days: set[int] = set()
    last_days: set[int] = set()
    nearest: set[int] = set()
    weekdays: set[int] = set()
    last_weekdays: set[int] = set()
    numbered: set[tuple[int, int]] = set()
    for part in day.split(",") if day != "?" else ():
        if found := re.fullmatch(r"L(?:-(\d+))?", part):
            last_days.add(_number(text, found[1] or "0", 0, 30, ()))
        elif part == "LW":
            nearest.add(0)
        elif found := re.fullmatch(r"(\d+)W", part):
            nearest.add(_number(text, found[1], 1, 31, ()))
        else:
            days |= _values(text, part, 1, 31, ())
    for part in weekday.split(",") if weekday != "?" else ():
        if part == "L":
            weekdays.add(7)
        elif found := re.fullmatch(r"(\w+)L", part):
            last_weekdays.add(_number(text, found[1], 1, 7, _WEEKDAYS))
        elif found := re.fullmatch(r"(\w+)#([1-5])", part):
            numbered.add((_number(text, found[1], 1, 7, _WEEKDAYS), int(found[2])))
        else:
            weekdays |= _values(text, part, 1, 7, _WEEKDAYS)
    return Cron(
        minutes=_list(text, minute, 0, 59, ()),
        hours=_list(text, hour, 0, 23, ()),
        months=_list(text, month, 1, 12, _MONTHS),
        years=_list(text, year, _FIRST_YEAR, _LAST_YEAR, ()),
        days_of_month=None if day == "?" else frozenset(days),
        last_days=frozenset(last_days),
        nearest_weekdays=frozenset(nearest),
        days_of_week=None if weekday == "?" else frozenset(weekdays),
        last_weekdays=frozenset(last_weekdays),
        numbered_weekdays=frozenset(numbered),
    )


def _list(text: str, field: str, low: int, high: int, names: tuple[str, ...]) -> frozenset[int]:
    found: set[int] = set()
    for part in field.split(","):
        found |= _values(text, part, low, high, names)
    return frozenset(found)


def _values(text: str, part: str, low: int, high: int, names: tuple[str, ...]) -> set[int]:
    span, slash, step = part.partition("/")
    first, dash, last = span.partition("-")
    if span == "*":
        start, end = low, high
    else:
        start = _number(text, first, low, high, names)
        end = _number(text, last, low, high, names) if dash else (high if slash else start)
    if slash and not (step.isdigit() and int(step) > 0):
        raise _invalid(f"'{text}' has the increment '{step}' where a positive number is needed")
    stride = int(step) if slash else 1
    if start <= end:
        return set(range(start, end + 1, stride))
    # a range such as FRI-MON runs over the end
    return {low + (value - low) % (high - low + 1) for value in range(start, end + high - low + 2, stride)}


def _number(text: str, value: str, low: int, high: int, names: tuple[str, ...]) -> int:
    if value in names:
        return names.index(value) + 1
    if not value.isdigit() or not low <= int(value) <= high:
        raise _invalid(f"'{text}' has '{value}' where a value from {low} to {high} is needed")
    return int(value)


def _invalid(reason: str) -> AwsError:
    return AwsError("ValidationException", f"Parameter ScheduleExpression is not valid. Reason: {reason}")
