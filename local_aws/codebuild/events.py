"""The events that CodeBuild sends to EventBridge."""

from datetime import datetime
from typing import Any

from local_aws.codebuild.state import BuildRecord, Phase
from local_aws.platform import Platform

SOURCE = "aws.codebuild"


def state_changed(platform: Platform, record: BuildRecord) -> None:
    """Sends "CodeBuild Build State Change" for the build's status as it stands."""
    build = record.snapshot()
    detail = {
        "build-status": build["buildStatus"],
        "project-name": build["projectName"],
        "build-id": build["arn"],
        "additional-information": _information(build),
        "current-phase": build["currentPhase"],
        "current-phase-context": "[]",
        "version": "1",
    }
    _emit(platform, record, "CodeBuild Build State Change", detail)


def phase_changed(platform: Platform, record: BuildRecord, phase: Phase) -> None:
    """Sends "CodeBuild Build Phase Change" for a phase that ended."""
    build = record.snapshot()
    detail = {
        "completed-phase": phase["phaseType"],
        "project-name": build["projectName"],
        "build-id": build["arn"],
        "completed-phase-context": "[" + ", ".join(_contexts(phase)) + "]",
        "additional-information": _information(build),
        "completed-phase-status": phase["phaseStatus"],
        "completed-phase-duration-seconds": phase["durationInSeconds"],
        "version": "1",
        "completed-phase-start": _time(phase["startTime"]),
        "completed-phase-end": _time(phase["endTime"]),
    }
    _emit(platform, record, "CodeBuild Build Phase Change", detail)


def _emit(platform: Platform, record: BuildRecord, detail_type: str, detail: dict[str, Any]) -> None:
    platform.emit(
        account=record.account,
        region=record.region,
        source=SOURCE,
        detail_type=detail_type,
        detail=detail,
        resources=[record.arn],
    )


def _information(build: dict[str, Any]) -> dict[str, Any]:
    environment, artifacts, source, logs = (build[name] for name in ("environment", "artifacts", "source", "logs"))
    information = {
        "artifact": {
            "md5sum": artifacts.get("md5sum", ""),
            "sha256sum": artifacts.get("sha256sum", ""),
            "location": artifacts.get("location", ""),
        },
        "environment": {
            "image": environment["image"],
            "privileged-mode": environment.get("privilegedMode", False),
            "compute-type": environment["computeType"],
            "type": environment["type"],
            "environment-variables": [
                {"name": each["name"], "type": each.get("type", "PLAINTEXT"), "value": each["value"]}
                for each in environment.get("environmentVariables", [])
            ],
        },
        "timeout-in-minutes": build["timeoutInMinutes"],
        "queued-timeout-in-minutes": build["queuedTimeoutInMinutes"],
        "build-complete": build["buildComplete"],
        "build-number": build["buildNumber"],
        "initiator": build["initiator"],
        "build-start-time": _time(build["startTime"]),
        "source": {
            name: source[member]
            for name, member in (("location", "location"), ("type", "type"), ("buildspec", "buildspec"))
            if source.get(member)
        },
        "source-version": build.get("sourceVersion", ""),
        "logs": {
            name: logs[member]
            for name, member in (
                ("group-name", "groupName"),
                ("stream-name", "streamName"),
                ("deep-link", "deepLink"),
            )
            if logs.get(member)
        },
        "phases": [_phase(phase) for phase in build["phases"]],
        "exported-environment-variables": build.get("exportedEnvironmentVariables", []),
    }
    if "endTime" in build:
        information["build-end-time"] = _time(build["endTime"])
    return information


def _phase(phase: Phase) -> dict[str, Any]:
    document: dict[str, Any] = {
        "phase-type": phase["phaseType"],
        "phase-context": _contexts(phase),
        "start-time": _time(phase["startTime"]),
    }
    if "endTime" in phase:
        document |= {
            "end-time": _time(phase["endTime"]),
            "duration-in-seconds": phase["durationInSeconds"],
            "phase-status": phase["phaseStatus"],
        }
    return document


def _contexts(phase: Phase) -> list[str]:
    return [f"{each['statusCode']}: {each['message']}" for each in phase.get("contexts", [])]


def _time(moment: datetime) -> str:
    """As CodeBuild writes times in events: ``Sep 1, 2017 4:12:29 PM``."""
    hour = moment.hour % 12 or 12
    return f"{moment:%b} {moment.day}, {moment.year} {hour}:{moment:%M:%S} {'AM' if moment.hour < 12 else 'PM'}"
