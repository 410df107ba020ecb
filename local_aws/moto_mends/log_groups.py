"""Log groups: found by a part of their name, kept for the days that CloudWatch Logs knows, not taken for streams.

Faults mended: moto takes no notice of ``logGroupNamePattern``, allows any number of days, and calls a missing stream a
missing group.
"""

from typing import Any

from moto.logs import models
from moto.logs.exceptions import InvalidParameterException, ResourceNotFoundException
from moto.logs.responses import LogsResponse

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
_RETENTIONS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip

_moto_describe = LogsResponse.describe_log_groups
_moto_groups = models.LogsBackend.describe_log_groups
_moto_events = models.LogGroup.get_log_events
_moto_put_retention = models.LogsBackend.put_retention_policy


def apply() -> None:
    """Puts the mended parts in place of moto's."""
    LogsResponse.describe_log_groups = _describe
    models.LogGroup.get_log_events = _events
    models.LogsBackend.put_retention_policy = _put_retention


def _describe(self: Any) -> Any:
    pattern = self._get_param("logGroupNamePattern")
    if not pattern:
        return _moto_describe(self)
    if self._get_param("logGroupNamePrefix"):
        raise InvalidParameterException(
            msg="LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
        )
    named = {name: group for name, group in self.logs_backend.groups.items() if pattern.lower() in name.lower()}
    return _moto_describe(_Asked(self, named))


class _Asked:
    """A request for some of the groups."""

    def __init__(self, request: Any, groups: dict[str, Any]) -> None:
        self._get_param = request._get_param  # noqa: SLF001 - moto's name of it
        self.logs_backend = self
        self.groups = groups

    describe_log_groups = _moto_groups


def _events(self: Any, log_stream_name: str, *arguments: Any) -> Any:
    if log_stream_name not in self.streams:
        raise ResourceNotFoundException(msg="The specified log stream does not exist.")
    return _moto_events(self, log_stream_name, *arguments)


def _put_retention(self: Any, log_group_name: str, retention_in_days: int) -> None:
    if retention_in_days not in _RETENTIONS:
        raise InvalidParameterException(
            constraint=f"Member must satisfy enum value set: {list(_RETENTIONS)}",
            parameter="retentionInDays",
            value=retention_in_days,
        )
    _moto_put_retention(self, log_group_name, retention_in_days)
