"""What a CreateTrainingJob request must keep to beyond the limits of its model, and what is not offered here."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from local_aws.gateway.errors import NotAvailableLocallyError
from local_aws.sagemaker.resource_names import validation_error
from local_aws.sagemaker.s3_locations import S3Location

OPT_ML = PurePosixPath("/opt/ml")

_NOT_OFFERED = (
    "DebugRuleConfigurations",
    "ProfilerRuleConfigurations",
    "SessionChainingConfig",
    "ServerlessJobConfig",
    "MlflowConfig",
    "ModelPackageConfig",
)
_RESOURCES_NOT_OFFERED = (
    "InstanceGroups",
    "TrainingPlanArn",
    "InstancePlacementConfig",
    "InstancePreferences",
)


def check_request(request: dict[str, Any]) -> None:
    """Checks a CreateTrainingJob request.

    Raises:
        AwsError: ``ValidationException`` with every fault of the request.
        NotAvailableLocallyError: it asks for something that only AWS has; all of it is named.
    """
    if faults := list(_faults(request)):
        raise validation_error("; ".join(faults))
    if missing := list(_not_offered(request)):
        raise NotAvailableLocallyError(f"in CreateTrainingJob: {', '.join(missing)}")


def _faults(request: dict[str, Any]) -> Iterator[str]:
    algorithm = request["AlgorithmSpecification"]
    if ("TrainingImage" in algorithm) == ("AlgorithmName" in algorithm):
        yield "AlgorithmSpecification needs exactly one of TrainingImage and AlgorithmName"
    for metric in algorithm.get("MetricDefinitions", ()):
        try:
            re.compile(metric["Regex"])
        except re.error as error:
            yield f"the regex of metric {metric['Name']} is not valid: got {metric['Regex']!r}: {error}"
    yield from _resource_faults(request.get("ResourceConfig"))
    yield from _channel_faults(request.get("InputDataConfig", ()))
    for name, uri in _uris(request):
        try:
            S3Location.parse(uri)
        except ValueError as error:
            yield f"{name}: {error}"
    stopping = request.get("StoppingCondition", {})
    if request.get("EnableManagedSpotTraining"):
        wait, runtime = stopping.get("MaxWaitTimeInSeconds"), stopping.get("MaxRuntimeInSeconds", 0)
        if wait is None or wait < runtime:
            yield (
                "EnableManagedSpotTraining needs a MaxWaitTimeInSeconds of at least MaxRuntimeInSeconds: "
                f"got {wait} and {runtime}"
            )
    elif "MaxWaitTimeInSeconds" in stopping:
        yield "MaxWaitTimeInSeconds is for jobs with EnableManagedSpotTraining only"
    for name, path in _local_paths(request):
        if not PurePosixPath(path).is_relative_to(OPT_ML) or ".." in PurePosixPath(path).parts:
            yield f"{name}: got {path!r}, expected a folder below {OPT_ML}"


def _resource_faults(resources: dict[str, Any] | None) -> Iterator[str]:
    if resources is None:
        yield "ResourceConfig is required"
        return
    if any(name in resources for name in ("InstanceGroups", "InstancePreferences")):
        return
    for name in ("InstanceType", "InstanceCount", "VolumeSizeInGB"):
        if name not in resources:
            yield f"ResourceConfig needs {name}"
    for name in ("InstanceCount", "VolumeSizeInGB"):
        if resources.get(name, 1) < 1:
            yield f"ResourceConfig.{name}: got {resources[name]}, expected at least 1"


def _channel_faults(channels: list[dict[str, Any]]) -> Iterator[str]:
    seen = set()
    for channel in channels:
        name = channel["ChannelName"]
        if name in seen:
            yield f"channel {name} is there twice"
        seen.add(name)
        if len(channel["DataSource"]) != 1:
            yield f"channel {name} needs exactly one data source, got {sorted(channel['DataSource'])}"
        # "used only in Pipe mode; in File mode, leave this field unset" (API reference of Channel)
        if channel.get("CompressionType", "None") != "None" or channel.get("RecordWrapperType", "None") != "None":
            yield f"channel {name}: CompressionType and RecordWrapperType are for Pipe mode only"


def _not_offered(request: dict[str, Any]) -> Iterator[str]:
    yield from (name for name in _NOT_OFFERED if request.get(name))
    algorithm, resources = request["AlgorithmSpecification"], request["ResourceConfig"]
    yield from (f"AlgorithmSpecification.{name}" for name in ("AlgorithmName",) if name in algorithm)
    if "TrainingImageConfig" in algorithm:
        yield "AlgorithmSpecification.TrainingImageConfig (images outside ECR)"
    yield from (f"ResourceConfig.{name}" for name in _RESOURCES_NOT_OFFERED if name in resources)
    if request.get("RemoteDebugConfig", {}).get("EnableRemoteDebug"):
        yield "RemoteDebugConfig.EnableRemoteDebug"
    if algorithm["TrainingInputMode"] == "Pipe":
        yield "AlgorithmSpecification.TrainingInputMode Pipe"
    for channel in request.get("InputDataConfig", ()):
        name, source = channel["ChannelName"], channel["DataSource"]
        if channel.get("InputMode") == "Pipe":
            yield f"InputMode Pipe (channel {name})"
        yield from (f"{kind} (channel {name})" for kind in source if kind != "S3DataSource")
        s3 = source.get("S3DataSource", {})
        if s3.get("S3DataType", "S3Prefix") not in ("S3Prefix", "ManifestFile"):
            yield f"S3DataType {s3['S3DataType']} (channel {name})"
        yield from (f"{kind} (channel {name})" for kind in ("InstanceGroupNames", "HubAccessConfig") if kind in s3)


def _uris(request: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for channel in request.get("InputDataConfig", ()):
        if "S3DataSource" in channel["DataSource"]:
            yield f"channel {channel['ChannelName']}", channel["DataSource"]["S3DataSource"]["S3Uri"]
    yield "OutputDataConfig.S3OutputPath", request["OutputDataConfig"]["S3OutputPath"]
    if "CheckpointConfig" in request:
        yield "CheckpointConfig.S3Uri", request["CheckpointConfig"]["S3Uri"]
    if "TensorBoardOutputConfig" in request:
        yield "TensorBoardOutputConfig.S3OutputPath", request["TensorBoardOutputConfig"]["S3OutputPath"]


def _local_paths(request: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("CheckpointConfig", "TensorBoardOutputConfig"):
        if "LocalPath" in request.get(name, {}):
            yield f"{name}.LocalPath", request[name]["LocalPath"]
