"""When a schedule calls: once, at a rate, or by the clock on the wall."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import frozen
from aws_cdk import Duration

_FIELDS = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day", 1, 31, ()),
    ("month", 1, 12, ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")),
    ("weekday", 1, 7, ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")),
    ("year", 1970, 2199, ()),
)
_UNITS = (("day", 1440), ("hour", 60), ("minute", 1))
_SPECIAL_DAY = re.compile(r"L(-([0-9]|[12][0-9]|30))?|LW|([1-9]|[12][0-9]|3[01])W")
_SPECIAL_WEEKDAY = re.compile(r"L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5])")


@frozen(kw_only=True)
class Within:
    """The time in which a schedule with repetitions calls.

    Attributes:
        start: before which it never calls, with a time zone. Default: no such time; a rate begins at deployment.
        end: after which it never calls, with a time zone. Default: no such time.
    """

    start: datetime | None = None
    end: datetime | None = None

    def problems(self) -> list[str]:
        """Times without a zone, or in the wrong order."""
        given = [(name, moment) for name, moment in (("start", self.start), ("end", self.end)) if moment is not None]
        problems = [
            f"{name}: got {moment.isoformat()}, expected it with a time zone"
            for name, moment in given
            if moment.tzinfo is None
        ]
        if not problems and self.start is not None and self.end is not None and self.end <= self.start:
            problems.append(f"end: got {self.end.isoformat()}, expected a time after {self.start.isoformat()}")
        return problems


@frozen(kw_only=True)
class At:
    """Once.

    Attributes:
        moment: as a clock on the wall of `time_zone` shows it; without a time zone of its own, to the second.
        time_zone: of the IANA database, such as ``Europe/Berlin``. Default: UTC.
    """

    moment: datetime
    time_zone: str = "UTC"

    def problems(self) -> list[str]:
        """A zone that nobody knows, or a time that says more than AWS takes."""
        problems = _zone_problems(self.time_zone)
        if self.moment.tzinfo is not None or self.moment.microsecond:
            problems.append(f"moment: got {self.moment.isoformat()}, expected whole seconds, without a time zone")
        return problems

    @property
    def expression(self) -> str:
        """As AWS writes it."""
        return f"at({self.moment:%Y-%m-%dT%H:%M:%S})"


@frozen(kw_only=True)
class Rate:
    """Again and again.

    Attributes:
        every: whole minutes, at least one.
        within: when it begins and ends. Default: at deployment, and never.
    """

    every: Duration
    within: Within = Within()

    time_zone = "UTC"

    def problems(self) -> list[str]:
        """Less than a minute, or no whole minutes."""
        problems = [f"within.{problem}" for problem in self.within.problems()]
        seconds = self.every.to_seconds(integral=False)
        if seconds < 60 or seconds % 60:
            problems.append(f"every: got {seconds:g} s, expected whole minutes, at least one")
        return problems

    @property
    def expression(self) -> str:
        """As AWS writes it, in the largest unit that fits."""
        minutes = int(self.every.to_minutes())
        unit, size = next(found for found in _UNITS if minutes % found[1] == 0)
        number = minutes // size
        return f"rate({number} {unit}{'' if number == 1 else 's'})"


@frozen(kw_only=True)
class Cron:
    """By the clock on the wall. Each field has EventBridge's own form: ``*``, ``,``, ``-``, ``/``, ``L``, ``W``, ``#``.

    A time that the clock skips in spring is skipped; one that it shows twice in autumn counts once.

    Attributes:
        minute: 0 to 59. Default: 0.
        hour: 0 to 23. Default: each.
        day: of the month, 1 to 31. Default: each, or ``?`` where a weekday is given.
        month: 1 to 12, or JAN to DEC. Default: each.
        weekday: 1 to 7, or SUN to SAT. Default: ``?``, which means that the day decides.
        year: 1970 to 2199. Default: each.
        time_zone: of the IANA database, such as ``Europe/Berlin``. Default: UTC.
        within: when it begins and ends. Default: at once, and never.

    Examples:
        >>> Cron(hour="6", weekday="MON-FRI", time_zone="Europe/Berlin").expression
        'cron(0 6 ? * MON-FRI *)'
    """

    minute: str = "0"
    hour: str = "*"
    day: str | None = None
    month: str = "*"
    weekday: str = "?"
    year: str = "*"
    time_zone: str = "UTC"
    within: Within = Within()

    def problems(self) -> list[str]:
        """Fields that EventBridge does not take, and a day beside a weekday."""
        problems = [*_zone_problems(self.time_zone), *(f"within.{problem}" for problem in self.within.problems())]
        for (name, lowest, highest, names), text in zip(_FIELDS, self._texts, strict=True):
            wrong = [part for part in text.split(",") if not _is_part(name, part, lowest, highest, names)]
            alone = len(text.split(",")) == 1
            if text == "?" and name in ("day", "weekday"):
                continue
            if wrong or ("#" in text and not alone):
                expected = f"{lowest} to {highest}" + (f" or {names[0]} to {names[-1]}" if names else "")
                problems.append(f"{name}: got {text!r}, expected {expected}, *, or lists, ranges and steps of them")
        if (self._texts[2] == "?") == (self.weekday == "?"):
            problems.append(f"day and weekday: got {self._texts[2]!r} and {self.weekday!r}, expected ? for one of them")
        return problems

    @property
    def expression(self) -> str:
        """As AWS writes it."""
        return f"cron({' '.join(self._texts)})"

    @property
    def _texts(self) -> tuple[str, str, str, str, str, str]:
        day = self.day
        if day is None:
            day = "*" if self.weekday == "?" else "?"
        return self.minute, self.hour, day, self.month, self.weekday, self.year


Timing = At | Rate | Cron
"""When a schedule calls."""


def utc_text(moment: datetime | None) -> str | None:
    """A time as templates have it."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _zone_problems(name: str) -> list[str]:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return [f"time_zone: got {name!r}, expected a name of the IANA database, such as Europe/Berlin"]
    return []


def _is_part(name: str, part: str, lowest: int, highest: int, names: tuple[str, ...]) -> bool:
    if (name == "day" and _SPECIAL_DAY.fullmatch(part)) or (name == "weekday" and _SPECIAL_WEEKDAY.fullmatch(part)):
        return True
    span, slash, step = part.partition("/")
    if slash and not (step.isdecimal() and int(step) >= 1):
        return False
    if span == "*":
        return True
    first, dash, last = span.partition("-")
    ends = [first, last] if dash else [first]
    return all(end in names or (end.isdecimal() and lowest <= int(end) <= highest) for end in ends)
