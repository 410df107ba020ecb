"""AWS Systems Manager: parameters."""

from typing import Any

from local_aws.cloudformation.resources.names import physical_name
from local_aws.cloudformation.resources.provider import (
    Provider,
    ResourceScope,
    Schema,
    tag_changes,
    tag_list,
    tags_of,
)
from local_aws.cloudformation.resources.shapes import request, without


class ParameterProvider(Provider):
    """A parameter of type String or StringList; Ref is its name."""

    type = "AWS::SSM::Parameter"
    tags_as_map = True
    schema = Schema.of(
        "AllowedPattern DataType Description Name Policies Tags Tier Type Value",
        required="Type Value",
        create_only="Name",
        attributes="Arn Type Value",
        name="Name",
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Puts the parameter; one of that name must not exist."""
        name = str(properties.get("Name") or physical_name("CFN", scope.logical_id, limit=128))
        arguments = without(properties, "Tags") | {"Name": name, "Overwrite": False}
        if tags := tag_list(tags_of(properties)):
            arguments["Tags"] = tags
        scope.client("ssm").put_parameter(**request("ssm", "PutParameter", arguments))
        return scope.created(name)

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Puts a new version of the parameter."""
        client = scope.client("ssm")
        arguments = without(new, "Tags") | {"Name": physical_id, "Overwrite": True}
        client.put_parameter(**request("ssm", "PutParameter", arguments))
        added, removed = tag_changes(old, new)
        if removed:
            client.remove_tags_from_resource(ResourceType="Parameter", ResourceId=physical_id, TagKeys=removed)
        if added:
            client.add_tags_to_resource(ResourceType="Parameter", ResourceId=physical_id, Tags=tag_list(added))
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the parameter."""
        del properties
        scope.client("ssm").delete_parameter(Name=physical_id)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """ARN, type and value."""
        return {
            "Arn": scope.arn("ssm", f"parameter/{physical_id.removeprefix('/')}"),
            "Type": properties["Type"],
            "Value": properties["Value"],
        }


PROVIDERS = (ParameterProvider(),)
