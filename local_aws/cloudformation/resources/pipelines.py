"""Pipelines of Amazon SageMaker."""

from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.cloudformation.errors import ResourceError
from local_aws.cloudformation.resources.provider import (
    Provider,
    ResourceScope,
    Schema,
    tag_changes,
    tag_list,
    tags_of,
)
from local_aws.cloudformation.resources.shapes import json_text, only, request, shape_problems

_SERVICE = "sagemaker"
_BODY, _LOCATION = "PipelineDefinitionBody", "PipelineDefinitionS3Location"
_LOCATION_MEMBERS = {"Bucket": "Bucket", "Key": "ObjectKey", "Version": "VersionId"}


class PipelineProvider(Provider):
    """A pipeline; its physical id is its name."""

    type = "AWS::SageMaker::Pipeline"
    schema = Schema.of(
        "ParallelismConfiguration PipelineDefinition PipelineDescription PipelineDisplayName PipelineName RoleArn Tags",
        required="PipelineDefinition PipelineName RoleArn",
        create_only="PipelineName",
        name="PipelineName",
    )

    def problems(self, properties: Mapping[str, Any]) -> Iterator[str]:
        """Adds: a definition that is given twice or not at all, and nested members that SageMaker does not know."""
        yield from super().problems(properties)
        definition = properties.get("PipelineDefinition")
        if isinstance(definition, dict):
            if unknown := sorted(set(definition) - {_BODY, _LOCATION}):
                yield f"/PipelineDefinition: extraneous key [{', '.join(unknown)}] is not permitted"
            elif len(definition) != 1:
                yield f"/PipelineDefinition: expected one of {_BODY} and {_LOCATION}"
        yield from shape_problems(_SERVICE, "CreatePipeline", only(properties, "ParallelismConfiguration"))

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes it.

        Raises:
            ResourceError: the object in S3 is another than the template says.
        """
        arguments = _arguments(scope, properties) | {"Tags": tag_list(tags_of(properties))}
        scope.client(_SERVICE).create_pipeline(**_request("CreatePipeline", arguments))
        return scope.created(str(properties["PipelineName"]))

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes definition, descriptions, role, parallelism and tags."""
        client = scope.client(_SERVICE)
        arn = client.update_pipeline(**_request("UpdatePipeline", _arguments(scope, new)))["PipelineArn"]
        added, removed = tag_changes(old, new)
        if removed:
            client.delete_tags(ResourceArn=arn, TagKeys=removed)
        if added:
            client.add_tags(ResourceArn=arn, Tags=tag_list(added))
        return physical_id

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes it, with its executions, none of which may run."""
        del properties
        scope.client(_SERVICE).delete_pipeline(**_request("DeletePipeline", {"PipelineName": physical_id}))


def _request(operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return request(_SERVICE, operation, dict(arguments))


def _arguments(scope: ResourceScope, properties: Mapping[str, Any]) -> dict[str, Any]:
    names = ("ParallelismConfiguration", "PipelineDescription", "PipelineDisplayName", "PipelineName", "RoleArn")
    definition = properties["PipelineDefinition"]
    if _BODY in definition:
        return only(properties, *names) | {"PipelineDefinition": json_text(definition[_BODY])}
    location = definition[_LOCATION]
    wanted = {member: location[name] for name, member in _LOCATION_MEMBERS.items() if name in location}
    if "ETag" in location:
        version = only(wanted, "VersionId")
        found = scope.client("s3").head_object(Bucket=wanted["Bucket"], Key=wanted["ObjectKey"], **version)["ETag"]
        if found.strip('"') != str(location["ETag"]).strip('"'):
            raise ResourceError(
                f"The pipeline definition s3://{wanted['Bucket']}/{wanted['ObjectKey']} has the ETag {found}, "
                f"expected {location['ETag']}"
            )
    return only(properties, *names) | {"PipelineDefinitionS3Location": wanted}
