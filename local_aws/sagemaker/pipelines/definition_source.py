"""Where a pipeline's definition comes from: the request, or S3."""

from typing import Any

from botocore.exceptions import ClientError

from local_aws.gateway.context import RequestContext
from local_aws.platform import Platform
from local_aws.sagemaker.resource_names import validation_error


def definition_text(platform: Platform, context: RequestContext, request: dict[str, Any]) -> str | None:
    """The definition that a request gives; None where it gives none.

    Raises:
        AwsError: ``ValidationException`` where it gives two, or the object cannot be read.
    """
    location = request.get("PipelineDefinitionS3Location")
    if location is None:
        text: str | None = request.get("PipelineDefinition")
        return text
    if "PipelineDefinition" in request:
        raise validation_error("PipelineDefinition and PipelineDefinitionS3Location exclude each other.")
    wanted = {"Bucket": location["Bucket"], "Key": location["ObjectKey"]}
    if "VersionId" in location:
        wanted["VersionId"] = location["VersionId"]
    try:
        body: bytes = platform.client("s3", region=context.region).get_object(**wanted)["Body"].read()
    except ClientError as error:
        told = error.response["Error"]
        raise validation_error(
            f"Unable to read the pipeline definition s3://{location['Bucket']}/{location['ObjectKey']}: "
            f"{told.get('Code')}: {told.get('Message')}"
        ) from error
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise validation_error(f"Unable to parse pipeline definition. It is not UTF-8: {error}") from error
