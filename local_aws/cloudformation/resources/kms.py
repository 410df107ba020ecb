"""AWS KMS: keys and aliases."""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from local_aws.cloudformation.resources.provider import (
    Provider,
    ResourceScope,
    Schema,
    changed_properties,
    tag_changes,
    tag_list,
    tags_of,
)
from local_aws.cloudformation.resources.shapes import json_text, request, truth, without

_FIXED = frozenset({"KeySpec", "KeyUsage", "Origin", "MultiRegion"})


class KeyProvider(Provider):
    """A key. Deleting it schedules its deletion after PendingWindowInDays (default 30)."""

    type = "AWS::KMS::Key"
    schema = Schema.of(
        "BypassPolicyLockoutSafetyCheck Description EnableKeyRotation Enabled KeyPolicy KeySpec KeyUsage MultiRegion "
        "Origin PendingWindowInDays RotationPeriodInDays Tags",
        attributes="Arn KeyId",
    )

    def update_problems(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
        """A key's nature is fixed, and AWS refuses rather than lose a key by replacing it."""
        if fixed := sorted(_FIXED & changed_properties(old, new)):
            yield f"Update to {', '.join(fixed)} of an existing KMS key is not allowed"

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the key, sets rotation and state."""
        client = scope.client("kms")
        arguments = without(
            properties,
            "EnableKeyRotation",
            "Enabled",
            "KeyPolicy",
            "PendingWindowInDays",
            "RotationPeriodInDays",
            "Tags",
        )
        if "KeyPolicy" in properties:
            arguments["Policy"] = json_text(properties["KeyPolicy"])
        arguments["Tags"] = tag_list(tags_of(properties), key="TagKey", value="TagValue")
        key_id: str = client.create_key(**request("kms", "CreateKey", arguments))["KeyMetadata"]["KeyId"]
        scope.created(key_id)
        self._set_rotation(client, key_id, {}, properties)
        if "Enabled" in properties and not truth(properties["Enabled"]):
            client.disable_key(KeyId=key_id)
        return key_id

    def _set_rotation(self, client: Any, key_id: str, old: dict[str, Any], new: dict[str, Any]) -> None:
        if truth(new.get("EnableKeyRotation")):
            arguments: dict[str, Any] = {"KeyId": key_id}
            if "RotationPeriodInDays" in new:
                arguments["RotationPeriodInDays"] = int(new["RotationPeriodInDays"])
            client.enable_key_rotation(**arguments)
        elif truth(old.get("EnableKeyRotation")):
            client.disable_key_rotation(KeyId=key_id)

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes policy, description, rotation, state and tags."""
        client, changed = scope.client("kms"), changed_properties(old, new)
        if "Enabled" in changed and truth(new.get("Enabled", True)):
            client.enable_key(KeyId=physical_id)
        if "KeyPolicy" in changed and "KeyPolicy" in new:
            client.put_key_policy(KeyId=physical_id, PolicyName="default", Policy=json_text(new["KeyPolicy"]))
        if "Description" in changed:
            client.update_key_description(KeyId=physical_id, Description=str(new.get("Description", "")))
        if {"EnableKeyRotation", "RotationPeriodInDays"} & changed:
            self._set_rotation(client, physical_id, old, new)
        added, removed = tag_changes(old, new)
        if removed:
            client.untag_resource(KeyId=physical_id, TagKeys=removed)
        if added:
            client.tag_resource(KeyId=physical_id, Tags=tag_list(added, key="TagKey", value="TagValue"))
        if "Enabled" in changed and not truth(new.get("Enabled", True)):
            client.disable_key(KeyId=physical_id)
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Schedules the deletion; a key that waits for it already is done."""
        days = int(properties.get("PendingWindowInDays", 30))
        try:
            scope.client("kms").schedule_key_deletion(KeyId=physical_id, PendingWindowInDays=days)
        except ClientError as error:
            if error.response["Error"]["Code"] != "KMSInvalidStateException":
                raise

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """ARN and id."""
        del properties
        return {"Arn": scope.arn("kms", f"key/{physical_id}"), "KeyId": physical_id}


class AliasProvider(Provider):
    """An alias of a key."""

    type = "AWS::KMS::Alias"
    schema = Schema.of(
        "AliasName TargetKeyId", required="AliasName TargetKeyId", create_only="AliasName", name="AliasName"
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the alias."""
        name = str(properties["AliasName"])
        scope.client("kms").create_alias(AliasName=name, TargetKeyId=properties["TargetKeyId"])
        return scope.created(name)

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Points the alias to another key."""
        del old
        scope.client("kms").update_alias(AliasName=physical_id, TargetKeyId=new["TargetKeyId"])
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the alias; the key stays."""
        del properties
        scope.client("kms").delete_alias(AliasName=physical_id)


PROVIDERS = (KeyProvider(), AliasProvider())
