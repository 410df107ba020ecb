"""The last lines of what jobs, builds and endpoints wrote to CloudWatch Logs."""

import re
from typing import Any

from botocore.exceptions import ClientError

from mlops_cli.target import Target

_FAILED_BUILD_LINES = 200
_COMMAND_FAILED = re.compile(r"\[Container\] \S+ \S+ Command did not exit successfully ")


def of_training_job(target: Target, name: str, lines: int) -> list[str]:
    """The last lines of a training job; empty where there is none of that name."""
    return tail(target, "/aws/sagemaker/TrainingJobs", f"{name}/", lines)


def of_endpoint(target: Target, name: str, lines: int) -> list[str]:
    """The last lines of an endpoint; empty where there is none of that name."""
    return tail(target, f"/aws/sagemaker/Endpoints/{name}", "", lines)


def of_build(target: Target, build_id: str, lines: int) -> list[str]:
    """The last lines of a build, from wherever its project logs to; empty where there is none of that id."""
    found = target.client("codebuild").batch_get_builds(ids=[build_id])["builds"]
    logs = found[0].get("logs", {}) if found else {}
    if "groupName" not in logs or "streamName" not in logs:
        return []
    return tail(target, logs["groupName"], logs["streamName"], lines)


def of_failed_build(target: Target, build_id: str, lines: int) -> list[str]:
    """The last lines of a build before the first command that failed, and that command."""
    return until_failure(of_build(target, build_id, _FAILED_BUILD_LINES))[-lines:]


def until_failure(lines: list[str]) -> list[str]:
    """The lines of a build's log up to the first command that failed; what CodeBuild does after it is no news."""
    for number, line in enumerate(lines):
        if _COMMAND_FAILED.match(line):
            return lines[: number + 1]
    return lines


def tail(target: Target, group: str, stream_prefix: str, lines: int) -> list[str]:
    """The last lines of the streams with a prefix, oldest first; empty where there is no such group or stream."""
    logs = target.client("logs")
    try:
        prefix = {"logStreamNamePrefix": stream_prefix} if stream_prefix else {}
        streams = logs.describe_log_streams(logGroupName=group, **prefix)["logStreams"]
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
