"""The last lines of what jobs, builds and endpoints wrote to CloudWatch Logs."""

import re
from typing import Any

from botocore.exceptions import ClientError

from mlops_cli.target import Target

_FAILED_BUILD_LINES = 200
_JOB_GROUPS = ("/aws/sagemaker/TrainingJobs", "/aws/sagemaker/ProcessingJobs", "/aws/sagemaker/TransformJobs")
_JOB_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}")
_COMMAND_FAILED = re.compile(r"\[Container\] \S+ \S+ Command did not exit successfully ")


def of_anything(target: Target, name: str, lines: int) -> list[str]:
    """The last lines of a job or an endpoint of a name, or of a build of an id; empty where there is none."""
    if ":" in name:
        return of_build(target, name, lines)
    for find in (of_job, of_endpoint, of_tuning_job):
        found = find(target, name, lines)
        if found:
            return found
    return []


def of_job(target: Target, name: str, lines: int) -> list[str]:
    """The last lines of a training, processing or transform job; empty where there is none of that name."""
    for group in _JOB_GROUPS:
        found = tail(target, group, f"{name}/", lines)
        if found:
            return found
    return []


def of_tuning_job(target: Target, name: str, lines: int) -> list[str]:
    """A tuning job's training jobs, and the last lines of the one to look at; empty where there is no such tuning job.

    That is the newest one that failed, else the newest.
    """
    if not _JOB_NAME.fullmatch(name):
        return []
    try:
        jobs = target.client("sagemaker").list_training_jobs_for_hyper_parameter_tuning_job(
            HyperParameterTuningJobName=name, SortBy="CreationTime", SortOrder="Descending", MaxResults=100
        )["TrainingJobSummaries"]
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("ResourceNotFound", "ValidationException"):
            raise
        return []
    if not jobs:
        return []
    job = next((found for found in jobs if found["TrainingJobStatus"] == "Failed"), jobs[0])["TrainingJobName"]
    listed = [f"{found['TrainingJobName']}: {found['TrainingJobStatus']}" for found in reversed(jobs)]
    written = tail(target, _JOB_GROUPS[0], f"{job}/", lines)
    return [*listed[-lines:], f"end of the log of {job}:", *written]


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
