"""What a CreateTransformJob request must keep to beyond the limits of its model, and what is not offered here."""

from collections.abc import Iterator
from typing import Any

from local_aws.gateway.errors import NotAvailableLocallyError
from local_aws.sagemaker.resource_names import validation_error
from local_aws.sagemaker.s3_locations import S3Location
from local_aws.sagemaker.transform.filters import FilterError, RecordFilter

DEFAULT_PAYLOAD_MB = 6
_MOST_MB = 100
_FORMATS = frozenset({"text/csv", "application/json", "application/jsonlines"})


def check_request(request: dict[str, Any]) -> None:
    """Checks a CreateTransformJob request.

    Raises:
        AwsError: ``ValidationException`` with every fault of the request.
        NotAvailableLocallyError: it asks for something that only AWS has; all of it is named.
    """
    if faults := list(_faults(request)):
        raise validation_error("; ".join(faults))
    if missing := list(_not_offered(request)):
        raise NotAvailableLocallyError(f"in CreateTransformJob: {', '.join(missing)}")


def _faults(request: dict[str, Any]) -> Iterator[str]:
    given, wanted = request["TransformInput"], request["TransformOutput"]
    uris = {
        "TransformInput": given["DataSource"]["S3DataSource"]["S3Uri"],
        "TransformOutput.S3OutputPath": wanted["S3OutputPath"],
    }
    if "DataCaptureConfig" in request:
        uris["DataCaptureConfig.DestinationS3Uri"] = request["DataCaptureConfig"]["DestinationS3Uri"]
    for name, uri in uris.items():
        try:
            S3Location.parse(uri)
        except ValueError as error:
            yield f"{name}: {error}"
    payload = request.get("MaxPayloadInMB", DEFAULT_PAYLOAD_MB)
    concurrent = request.get("MaxConcurrentTransforms", 1)
    if payload * max(concurrent, 1) > _MOST_MB:
        yield f"MaxConcurrentTransforms * MaxPayloadInMB must not exceed {_MOST_MB} MB: got {concurrent} * {payload}"
    processing = request.get("DataProcessing", {})
    for name in ("InputFilter", "OutputFilter"):
        try:
            RecordFilter(processing.get(name, "$"))
        except FilterError as error:
            yield f"DataProcessing.{name}: {error}"
    if _associates(processing):
        kind, accept = given.get("ContentType", ""), wanted.get("Accept", "")
        for name, value in (("TransformInput.ContentType", kind), ("TransformOutput.Accept", accept)):
            if value.partition(";")[0] not in _FORMATS:
                yield f"DataProcessing needs a {name} among {', '.join(sorted(_FORMATS))}: got {value!r}"
        if processing.get("JoinSource") == "Input" and ("csv" in kind) != ("csv" in accept):
            yield f"JoinSource Input needs one format of input and output: got {kind!r} and {accept!r}"


def _associates(processing: dict[str, Any]) -> bool:
    filters = (processing.get(name, "$") for name in ("InputFilter", "OutputFilter"))
    return processing.get("JoinSource") == "Input" or any(text != "$" for text in filters)


def _not_offered(request: dict[str, Any]) -> Iterator[str]:
    given = request["TransformInput"]
    source = given["DataSource"]["S3DataSource"]["S3DataType"]
    if source not in ("S3Prefix", "ManifestFile"):
        yield f"S3DataType {source}"
    if given.get("SplitType", "None") not in ("None", "Line"):
        yield f"SplitType {given['SplitType']}"
    if request.get("DataCaptureConfig", {}).get("GenerateInferenceId"):
        yield "DataCaptureConfig.GenerateInferenceId"
