"""What CodeBuild accepts of projects and builds, and what of it the local AWS carries out."""

import re
from collections.abc import Mapping
from typing import Any

from local_aws.gateway.errors import AwsError, NotAvailableLocallyError

PROJECT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-_]{1,149}")
_VARIABLE_NAME = re.compile(r"[A-Za-z_]\w*")
_ENVIRONMENTS = ("LINUX_CONTAINER", "LINUX_GPU_CONTAINER", "ARM_CONTAINER")
_COMPUTE = (
    "BUILD_GENERAL1_SMALL",
    "BUILD_GENERAL1_MEDIUM",
    "BUILD_GENERAL1_LARGE",
    "BUILD_GENERAL1_XLARGE",
    "BUILD_GENERAL1_2XLARGE",
)
_VARIABLE_TYPES = ("PLAINTEXT", "PARAMETER_STORE", "SECRETS_MANAGER")
_MINUTES = {"timeoutInMinutes": (5, 2160), "queuedTimeoutInMinutes": (5, 480)}


def invalid(message: str) -> AwsError:
    """The service's error for a request that it does not accept."""
    return AwsError("InvalidInputException", message)


def check_project(project: Mapping[str, Any]) -> None:
    """Checks a project as it would stand, or a build's settings in the same form.

    Raises:
        AwsError: ``InvalidInputException`` with all that is wrong, or ``NotAvailableLocally``.
    """
    problems: list[str] = []
    if not PROJECT_NAME.fullmatch(project["name"]):
        problems.append(f"Project name {project['name']!r} does not match {PROJECT_NAME.pattern}")
    problems += _source_problems(project["source"], "source")
    identifiers: list[str] = []
    for number, source in enumerate(project.get("secondarySources", [])):
        problems += _source_problems(source, f"secondarySources[{number}]")
        identifiers.append(source.get("sourceIdentifier", ""))
    if "" in identifiers or len(set(identifiers)) < len(identifiers):
        problems.append("secondarySources: each needs a sourceIdentifier of its own")
    problems += _artifacts_problems(project["artifacts"], "artifacts")
    for number, artifacts in enumerate(project.get("secondaryArtifacts", [])):
        problems += _artifacts_problems(artifacts, f"secondaryArtifacts[{number}]")
        if not artifacts.get("artifactIdentifier"):
            problems.append(f"secondaryArtifacts[{number}]: artifactIdentifier is required")
    problems += _environment_problems(project["environment"])
    for name, (least, most) in _MINUTES.items():
        minutes = project.get(name)
        if minutes is not None and not least <= minutes <= most:
            problems.append(f"Invalid {name}: {minutes}; expected {least} to {most}")
    if project["source"]["type"] == "NO_SOURCE" and not project["source"].get("buildspec"):
        problems.append("Buildspec must be provided when source type is NO_SOURCE")
    limit = project.get("concurrentBuildLimit")
    if limit is not None and limit < 1:
        problems.append(f"Invalid concurrentBuildLimit: {limit}; expected 1 or more")
    if problems:
        raise invalid("; ".join(problems))
    _check_available(project)


def _source_problems(source: Mapping[str, Any], where: str) -> list[str]:
    kind, location = source["type"], source.get("location")
    if kind == "S3" and (not location or "/" not in location.removeprefix("arn:aws:s3:::").strip("/")):
        return [f"Invalid project {where}: location {location!r} of an S3 source must be bucket/path/object.zip"]
    if kind == "NO_SOURCE" and location:
        return [f"Invalid project {where}: a location must not be given for source type NO_SOURCE"]
    return []


def _artifacts_problems(artifacts: Mapping[str, Any], where: str) -> list[str]:
    if artifacts["type"] == "S3" and not artifacts.get("location"):
        return [f"Invalid {where}: location must be the name of a bucket"]
    problems = []
    for name, allowed in (("packaging", ("NONE", "ZIP")), ("namespaceType", ("NONE", "BUILD_ID"))):
        if artifacts.get(name) not in {None, *allowed}:
            problems.append(f"Invalid {where}: {name} {artifacts[name]!r}; expected one of {', '.join(allowed)}")
    return problems


def _environment_problems(environment: Mapping[str, Any]) -> list[str]:
    problems = []
    names: list[str] = []
    for variable in environment.get("environmentVariables", []):
        names.append(variable["name"])
        if not _VARIABLE_NAME.fullmatch(variable["name"]):
            problems.append(f"Invalid environment variable name {variable['name']!r}")
        if variable.get("type", "PLAINTEXT") not in _VARIABLE_TYPES:
            problems.append(
                f"Invalid type {variable['type']!r} of environment variable {variable['name']}: "
                f"expected one of {', '.join(_VARIABLE_TYPES)}"
            )
    if twice := sorted({name for name in names if names.count(name) > 1}):
        problems.append(f"environment variables are given twice: {', '.join(twice)}")
    return problems


def _check_available(project: Mapping[str, Any]) -> None:
    sources = [project["source"], *project.get("secondarySources", [])]
    artifacts = [project["artifacts"], *project.get("secondaryArtifacts", [])]
    environment = project["environment"]
    for what, found, offered in (
        ("source type", [source["type"] for source in sources], ("S3", "NO_SOURCE")),
        ("artifacts type", [each["type"] for each in artifacts], ("S3", "NO_ARTIFACTS")),
        ("environment type", [environment["type"]], _ENVIRONMENTS),
        ("compute type", [environment["computeType"]], _COMPUTE),
    ):
        for value in found:
            if value not in offered:
                raise NotAvailableLocallyError(f"CodeBuild's {what} {value} (it has {', '.join(offered)})")
    if project.get("logsConfig", {}).get("s3Logs", {}).get("status") == "ENABLED":
        raise NotAvailableLocallyError("CodeBuild's logs in S3")
    for name in ("vpcConfig", "fileSystemLocations", "buildBatchConfig"):
        if project.get(name):
            raise NotAvailableLocallyError(f"CodeBuild's {name}")
    if environment.get("fleet"):
        raise NotAvailableLocallyError("CodeBuild's fleets")
    if project.get("autoRetryLimit"):
        raise NotAvailableLocallyError("CodeBuild's autoRetryLimit")
