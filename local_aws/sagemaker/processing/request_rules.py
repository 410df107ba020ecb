"""What a CreateProcessingJob request must keep to beyond the limits of its model, and what is not offered here."""

from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from local_aws.gateway.errors import NotAvailableLocallyError
from local_aws.sagemaker.resource_names import validation_error
from local_aws.sagemaker.s3_locations import S3Location

OPT_ML = PurePosixPath("/opt/ml")
PROCESSING = OPT_ML / "processing"


def check_request(request: dict[str, Any]) -> None:
    """Checks a CreateProcessingJob request.

    Raises:
        AwsError: ``ValidationException`` with every fault of the request.
        NotAvailableLocallyError: it asks for something that only AWS has; all of it is named.
    """
    if faults := list(_faults(request)):
        raise validation_error("; ".join(faults))
    if missing := list(_not_offered(request)):
        raise NotAvailableLocallyError(f"in CreateProcessingJob: {', '.join(missing)}")


def outputs(request: dict[str, Any]) -> list[dict[str, Any]]:
    """The outputs that a request asks for."""
    return list(request.get("ProcessingOutputConfig", {}).get("Outputs", ()))


def _faults(request: dict[str, Any]) -> Iterator[str]:
    cluster = request["ProcessingResources"]["ClusterConfig"]
    if "InstancePreferences" not in cluster:
        for name in ("InstanceType", "InstanceCount"):
            if name not in cluster:
                yield f"ProcessingResources.ClusterConfig needs {name}"
    inputs = request.get("ProcessingInputs", [])
    yield from _repeated("input", [entry["InputName"] for entry in inputs])
    yield from _repeated("output", [entry["OutputName"] for entry in outputs(request)])
    paths = []
    for entry in inputs:
        name = f"input {entry['InputName']}"
        if ("S3Input" in entry) == ("DatasetDefinition" in entry):
            yield f"{name} needs exactly one of S3Input and DatasetDefinition"
        if "S3Input" in entry:
            source = entry["S3Input"]
            paths.append(source.get("LocalPath"))
            yield from _location_faults(name, source, app_managed=entry.get("AppManaged", False))
            # "Gzip can only be used if Pipe mode is specified as the S3InputMode" (API reference)
            if source.get("S3CompressionType", "None") == "Gzip" and source.get("S3InputMode", "File") == "File":
                yield f"{name}: S3CompressionType Gzip is for S3InputMode Pipe only"
            if not entry.get("AppManaged", False) and "S3InputMode" not in source:
                yield f"{name}: S3InputMode is needed unless AppManaged is true"
    for entry in outputs(request):
        name = f"output {entry['OutputName']}"
        if ("S3Output" in entry) == ("FeatureStoreOutput" in entry):
            yield f"{name} needs exactly one of S3Output and FeatureStoreOutput"
        if "S3Output" in entry:
            paths.append(entry["S3Output"].get("LocalPath"))
            yield from _location_faults(name, entry["S3Output"], app_managed=entry.get("AppManaged", False))
    yield from _repeated("LocalPath", [path for path in paths if path is not None])


def _repeated(what: str, names: list[str]) -> Iterator[str]:
    yield from (f"{what} {name} is there {count} times" for name, count in Counter(names).items() if count > 1)


def _location_faults(name: str, location: dict[str, Any], *, app_managed: bool) -> Iterator[str]:
    try:
        S3Location.parse(location["S3Uri"])
    except ValueError as error:
        yield f"{name}: {error}"
    path = location.get("LocalPath")
    if path is None:
        if not app_managed:
            yield f"{name}: LocalPath is needed unless AppManaged is true"
    elif not PurePosixPath(path).is_relative_to(PROCESSING) or ".." in PurePosixPath(path).parts:
        yield f"{name}: LocalPath: got {path!r}, expected a folder below {PROCESSING}"


def _not_offered(request: dict[str, Any]) -> Iterator[str]:
    if "InstancePreferences" in request["ProcessingResources"]["ClusterConfig"]:
        yield "ClusterConfig.InstancePreferences"
    for entry in request.get("ProcessingInputs", ()):
        name = entry["InputName"]
        yield from (
            f"{kind} (input {name}: Athena and Redshift are not here)"
            for kind in ("DatasetDefinition",)
            if kind in entry
        )
        if entry.get("S3Input", {}).get("S3InputMode") == "Pipe":
            yield f"S3InputMode Pipe (input {name})"
    for entry in outputs(request):
        if "FeatureStoreOutput" in entry:
            yield f"FeatureStoreOutput (output {entry['OutputName']})"
