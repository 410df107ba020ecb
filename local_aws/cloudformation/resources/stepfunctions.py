"""AWS Step Functions: state machines, their versions and aliases, and activities."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.cloudformation.resources.provider import (
    Provider,
    ResourceScope,
    Schema,
    tag_changes,
    tag_list,
    tags_of,
)
from local_aws.cloudformation.resources.shapes import only, request

_SOURCES = ("Definition", "DefinitionS3Location", "DefinitionString")
_SUBSTITUTION = re.compile(r"\$\{([A-Za-z0-9_.-]+)\}")


class StateMachineProvider(Provider):
    """A state machine; Ref is its ARN."""

    type = "AWS::StepFunctions::StateMachine"
    schema = Schema.of(
        "Definition DefinitionS3Location DefinitionString DefinitionSubstitutions EncryptionConfiguration "
        "LoggingConfiguration RoleArn StateMachineName StateMachineType Tags TracingConfiguration",
        required="RoleArn",
        create_only="StateMachineName StateMachineType",
        attributes="Arn Name StateMachineRevisionId",
        name="StateMachineName",
    )

    def problems(self, properties: Mapping[str, Any]) -> Iterator[str]:
        """Adds: exactly one source of the definition."""
        yield from super().problems(properties)
        given = [name for name in _SOURCES if name in properties]
        if len(given) != 1:
            yield f"exactly one of {', '.join(_SOURCES)} must be given, got {', '.join(given) or 'none'}"

    def _settings(self, scope: ResourceScope, properties: Mapping[str, Any]) -> dict[str, Any]:
        settings = only(
            properties, "EncryptionConfiguration", "LoggingConfiguration", "RoleArn", "TracingConfiguration"
        )
        return settings | {"Definition": _definition(scope, properties)}

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the state machine."""
        arguments = self._settings(scope, properties) | {
            "Name": properties.get("StateMachineName") or scope.name(80),
            "Type": properties.get("StateMachineType", "STANDARD"),
            "Tags": tag_list(tags_of(properties)),
        }
        client = scope.client("stepfunctions")
        answer = client.create_state_machine(**request("stepfunctions", "CreateStateMachine", arguments))
        return scope.created(str(answer["stateMachineArn"]))

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes definition, role, logging, tracing and tags."""
        client = scope.client("stepfunctions")
        arguments = self._settings(scope, new) | {"StateMachineArn": physical_id}
        if "LoggingConfiguration" in old and "LoggingConfiguration" not in new:
            arguments["LoggingConfiguration"] = {"Level": "OFF"}
        if "TracingConfiguration" in old and "TracingConfiguration" not in new:
            arguments["TracingConfiguration"] = {"Enabled": False}
        client.update_state_machine(**request("stepfunctions", "UpdateStateMachine", arguments))
        set_tags(client, physical_id, old, new)
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the state machine."""
        del properties
        scope.client("stepfunctions").delete_state_machine(stateMachineArn=physical_id)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """ARN, name and revision."""
        del properties
        found = scope.client("stepfunctions").describe_state_machine(stateMachineArn=physical_id)
        return {
            "Arn": physical_id,
            "Name": physical_id.rpartition(":")[2],
            "StateMachineRevisionId": found.get("revisionId") or "INITIAL",
        }


def set_tags(client: Any, arn: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Turns old tags into new ones."""
    added, removed = tag_changes(old, new)
    if removed:
        client.untag_resource(resourceArn=arn, tagKeys=removed)
    if added:
        client.tag_resource(resourceArn=arn, tags=tag_list(added, key="key", value="value"))


def _definition(scope: ResourceScope, properties: Mapping[str, Any]) -> str:
    if "DefinitionString" in properties:
        text = str(properties["DefinitionString"])
    elif "Definition" in properties:
        text = json.dumps(properties["Definition"])
    else:
        place = properties["DefinitionS3Location"]
        arguments = only(place, "Bucket", "Key") | ({"VersionId": place["Version"]} if place.get("Version") else {})
        text = scope.client("s3").get_object(**arguments)["Body"].read().decode()
    substitutions = properties.get("DefinitionSubstitutions") or {}

    def replace(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in substitutions:
            return match.group(0)
        value = substitutions[name]
        return ("true" if value else "false") if isinstance(value, bool) else str(value)

    return _SUBSTITUTION.sub(replace, text)


class ActivityProvider(Provider):
    """An activity; Ref is its ARN."""

    type = "AWS::StepFunctions::Activity"
    schema = Schema.of(
        "EncryptionConfiguration Name Tags",
        required="Name",
        create_only="EncryptionConfiguration Name",
        attributes="Arn Name",
        name="Name",
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the activity."""
        arguments = {**properties, "Tags": tag_list(tags_of(properties))}
        client = scope.client("stepfunctions")
        answer = client.create_activity(**request("stepfunctions", "CreateActivity", arguments))
        return scope.created(str(answer["activityArn"]))

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes the tags."""
        set_tags(scope.client("stepfunctions"), physical_id, old, new)
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the activity."""
        del properties
        scope.client("stepfunctions").delete_activity(activityArn=physical_id)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """ARN and name."""
        del scope, properties
        return {"Arn": physical_id, "Name": physical_id.rpartition(":")[2]}


class VersionProvider(Provider):
    """A published version of a state machine; Ref is its ARN."""

    type = "AWS::StepFunctions::StateMachineVersion"
    schema = Schema.of(
        "Description StateMachineArn StateMachineRevisionId",
        required="StateMachineArn",
        create_only="Description StateMachineArn StateMachineRevisionId",
        attributes="Arn",
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Publishes what the state machine is now."""
        arguments = only(properties, "Description", "StateMachineArn")
        if "StateMachineRevisionId" in properties:
            arguments["RevisionId"] = properties["StateMachineRevisionId"]
        client = scope.client("stepfunctions")
        answer = client.publish_state_machine_version(
            **request("stepfunctions", "PublishStateMachineVersion", arguments)
        )
        return scope.created(str(answer["stateMachineVersionArn"]))

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the version."""
        del properties
        scope.client("stepfunctions").delete_state_machine_version(stateMachineVersionArn=physical_id)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """The ARN."""
        del scope, properties
        return {"Arn": physical_id}


class AliasProvider(Provider):
    """An alias of one or two versions; Ref is its ARN. Its traffic moves at once: DeploymentPreference is refused."""

    type = "AWS::StepFunctions::StateMachineAlias"
    schema = Schema.of(
        "Description Name RoutingConfiguration",
        create_only="Name",
        attributes="Arn",
        name="Name",
    )

    def problems(self, properties: Mapping[str, Any]) -> Iterator[str]:
        """An alias needs its versions."""
        yield from super().problems(properties)
        if "RoutingConfiguration" not in properties:
            yield "required key [RoutingConfiguration] not found"

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the alias."""
        arguments = {"Name": properties.get("Name") or scope.name(80), **properties}
        answer = scope.client("stepfunctions").create_state_machine_alias(
            **request("stepfunctions", "CreateStateMachineAlias", arguments)
        )
        return scope.created(str(answer["stateMachineAliasArn"]))

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes description and versions."""
        arguments = {
            "StateMachineAliasArn": physical_id,
            **({"Description": ""} if "Description" in old else {}),
            **only(new, "Description", "RoutingConfiguration"),
        }
        scope.client("stepfunctions").update_state_machine_alias(
            **request("stepfunctions", "UpdateStateMachineAlias", arguments)
        )
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the alias."""
        del properties
        scope.client("stepfunctions").delete_state_machine_alias(stateMachineAliasArn=physical_id)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """The ARN."""
        del scope, properties
        return {"Arn": physical_id}


PROVIDERS = (StateMachineProvider(), ActivityProvider(), VersionProvider(), AliasProvider())
