"""AWS Secrets Manager: secrets and their policies."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.cloudformation.errors import ResourceError
from local_aws.cloudformation.resources.provider import (
    Provider,
    ResourceScope,
    Schema,
    changed_properties,
    tag_changes,
    tag_list,
    tags_of,
)
from local_aws.cloudformation.resources.shapes import json_text, only, request, truth, without


class SecretProvider(Provider):
    """A secret, given or generated; Ref is its ARN."""

    type = "AWS::SecretsManager::Secret"
    schema = Schema.of(
        "Description GenerateSecretString KmsKeyId Name SecretString Tags",
        create_only="Name",
        attributes="Id",
        name="Name",
    )

    def problems(self, properties: Mapping[str, Any]) -> Iterator[str]:
        """Adds: a secret is either given or generated."""
        yield from super().problems(properties)
        if "SecretString" in properties and "GenerateSecretString" in properties:
            yield "You can't specify both SecretString and GenerateSecretString"

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the secret."""
        client = scope.client("secretsmanager")
        arguments = only(properties, "Description", "KmsKeyId") | {
            "Name": properties.get("Name") or scope.name(512),
            "SecretString": _content(client, properties),
        }
        if tags := tag_list(tags_of(properties)):
            arguments["Tags"] = tags
        return scope.created(str(client.create_secret(**request("secretsmanager", "CreateSecret", arguments))["ARN"]))

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes content, key, description and tags."""
        client, changed = scope.client("secretsmanager"), changed_properties(old, new)
        arguments: dict[str, Any] = only(new, "KmsKeyId")
        if "Description" in changed:
            arguments["Description"] = new.get("Description", "")
        if {"SecretString", "GenerateSecretString"} & changed:
            arguments["SecretString"] = _content(client, new)
        if arguments:
            client.update_secret(SecretId=physical_id, **arguments)
        added, removed = tag_changes(old, new)
        if removed:
            client.untag_resource(SecretId=physical_id, TagKeys=removed)
        if added:
            client.tag_resource(SecretId=physical_id, Tags=tag_list(added))
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the secret at once."""
        del properties
        scope.client("secretsmanager").delete_secret(SecretId=physical_id, ForceDeleteWithoutRecovery=True)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """The ARN."""
        del scope, properties
        return {"Id": physical_id}


def _content(client: Any, properties: Mapping[str, Any]) -> str:
    if "GenerateSecretString" not in properties:
        return str(properties.get("SecretString", "{}"))
    rules = properties["GenerateSecretString"]
    arguments = request(
        "secretsmanager", "GetRandomPassword", without(rules, "SecretStringTemplate", "GenerateStringKey")
    )
    password = str(client.get_random_password(**arguments)["RandomPassword"])
    if "GenerateStringKey" not in rules:
        return password
    try:
        document = json.loads(rules.get("SecretStringTemplate", "{}"))
    except ValueError as error:
        raise ResourceError(f"GenerateSecretString: SecretStringTemplate is not JSON: {error}") from error
    return json.dumps(document | {rules["GenerateStringKey"]: password})


class ResourcePolicyProvider(Provider):
    """The policy of a secret; Ref is the secret's ARN."""

    type = "AWS::SecretsManager::ResourcePolicy"
    schema = Schema.of(
        "BlockPublicPolicy ResourcePolicy SecretId",
        required="ResourcePolicy SecretId",
        create_only="SecretId",
        attributes="Id",
    )

    def _put(self, scope: ResourceScope, properties: Mapping[str, Any]) -> None:
        scope.client("secretsmanager").put_resource_policy(
            SecretId=properties["SecretId"],
            ResourcePolicy=json_text(properties["ResourcePolicy"]),
            BlockPublicPolicy=truth(properties.get("BlockPublicPolicy")),
        )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Puts the policy."""
        self._put(scope, properties)
        return scope.created(str(properties["SecretId"]))

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Puts the new policy."""
        del physical_id, old
        self._put(scope, new)
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the policy."""
        del properties
        scope.client("secretsmanager").delete_resource_policy(SecretId=physical_id)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """The secret's ARN."""
        del scope, properties
        return {"Id": physical_id}


PROVIDERS = (SecretProvider(), ResourcePolicyProvider())
