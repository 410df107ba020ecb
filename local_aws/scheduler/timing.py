"""When a schedule is due: ``at(…)``, ``rate(…)`` and ``cron(…)`` in a time zone, within dates."""

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import frozen

from local_aws.eventbridge.schedules import Rate, Schedule, parse_schedule
from local_aws.gateway.errors import AwsError

_AT = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)")


@frozen(kw_only=True)
class Timing:
    """When a schedule is due.

    Attributes:
        once: the one time of ``at(…)``.
        recurring: of ``rate(…)`` and ``cron(…)``.
        zone: in which cron's times are told.
        created: when the schedule was made: a rate without a start date begins then.
        start: before which it is never due.
        end: after which it is never due.
    """

    once: datetime | None
    recurring: Schedule | None
    zone: ZoneInfo
    created: datetime
    start: datetime | None
    end: datetime | None

    @classmethod
    def read(cls, request: dict[str, Any], created: datetime) -> "Timing":
        """Reads a CreateSchedule or UpdateSchedule request.

        Raises:
            AwsError: ``ValidationException``: expression, time zone or dates are not valid.
        """
        name = request.get("ScheduleExpressionTimezone") or "UTC"
        try:
            zone = ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise _invalid(f"Invalid ScheduleExpressionTimezone {name}.") from error
        start, end = (_aware(request.get(member)) for member in ("StartDate", "EndDate"))
        if start is not None and end is not None and end <= start:
            raise _invalid("The EndDate must come after the StartDate.")
        text = request["ScheduleExpression"]
        once, recurring = None, None
        if match := _AT.fullmatch(text):
            once = _moment(text, match[1], zone)
        else:
            try:
                recurring = parse_schedule(text)
            except AwsError as error:
                raise _invalid(f"Invalid Schedule Expression {text}. {error.message}") from error
        return cls(once=once, recurring=recurring, zone=zone, created=created, start=start, end=end)

    def first(self, now: datetime) -> datetime | None:
        """The first time that it is due from now on; None where it never is again."""
        if self.once is not None:
            return self.once if self.once >= now else None
        if isinstance(self.recurring, Rate):
            # a rate is counted from its start, which is its first time
            moment: datetime | None = self.start or self.created
            while moment is not None and moment < now:
                moment = moment + self.recurring.interval
            return self._within(moment)
        return self.after(max(now, self.start) if self.start is not None else now)

    def after(self, moment: datetime) -> datetime | None:
        """The next time after a moment that it is due; None where there is none."""
        if self.recurring is None:
            return None
        if isinstance(self.recurring, Rate):
            return self._within(self.recurring.next_after(moment))
        wall = moment.astimezone(self.zone).replace(tzinfo=UTC, fold=0)
        while True:
            # cron's times are read off a clock on the wall
            following = self.recurring.next_after(wall)
            if following is None:
                return None
            wall = following
            found = following.replace(tzinfo=self.zone).astimezone(UTC)
            exists = found.astimezone(self.zone).replace(tzinfo=UTC, fold=0) == following
            # a time that the clock skips in spring is skipped; one that it shows twice in autumn counts once
            if exists and found > moment:
                return self._within(found)

    def _within(self, moment: datetime | None) -> datetime | None:
        if moment is None or (self.end is not None and moment > self.end):
            return None
        return moment


def _moment(text: str, wall: str, zone: ZoneInfo) -> datetime:
    try:
        return datetime.fromisoformat(wall).replace(tzinfo=zone).astimezone(UTC)
    except ValueError as error:
        raise _invalid(f"Invalid Schedule Expression {text}. {error}") from error


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)
