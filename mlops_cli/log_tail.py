"""The last lines of a log group's streams."""

from typing import Any

from botocore.exceptions import ClientError

from mlops_cli.target import Target


def tail(target: Target, group: str, stream_prefix: str, lines: int) -> list[str]:
    """The last lines of the streams with a prefix, oldest first; empty where there is no such group or stream."""
    logs = target.client("logs")
    try:
        streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=stream_prefix)["logStreams"]
        found: list[dict[str, Any]] = []
        for stream in streams:
            found += logs.get_log_events(
                logGroupName=group, logStreamName=stream["logStreamName"], limit=lines, startFromHead=False
            )["events"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return []
    found.sort(key=lambda event: event["timestamp"])
    return [event["message"].rstrip() for event in found[-lines:]]
