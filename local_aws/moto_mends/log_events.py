"""FilterLogEvents: filter patterns as CloudWatch Logs reads them, events of all streams in the order of time.

Faults mended: moto knows one phrase or one row of words; any other pattern (``?ERROR ?WARN``, ``-DEBUG``,
``{ $.level = "ERROR" }``) matches every event. Streams follow one another unless the caller asks otherwise, with a
parameter that AWS ignores.
"""

from typing import Any

from moto.logs import models
from moto.logs.exceptions import InvalidParameterException

from local_aws.log_patterns import LogPatternError, Matcher, compiled

_moto_filter = models.LogGroup.filter_log_events


class _Pattern:
    """What moto asks of a pattern."""

    def __init__(self, pattern: str | None) -> None:
        self.matches: Matcher = compiled(pattern or "")


def apply() -> None:
    """Puts the mended parts in place of moto's."""
    models.EventMessageFilter = _Pattern
    models.LogGroup.filter_log_events = _filter


def _filter(self: Any, *arguments: Any) -> Any:
    *others, pattern, _ = arguments
    try:
        compiled(pattern or "")
    except LogPatternError as error:
        raise InvalidParameterException(msg=str(error)) from error
    return _moto_filter(self, *others, pattern, interleaved=True)
