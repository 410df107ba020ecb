"""AWS Lambda: versions, aliases, layers, event sources and asynchronous settings."""

from collections.abc import Mapping
from typing import Any

from local_aws.cloudformation.errors import ResourceError
from local_aws.cloudformation.resources.provider import Provider, ResourceScope, Schema
from local_aws.cloudformation.resources.shapes import request, without


class VersionProvider(Provider):
    """A published version of a function; Ref is its ARN."""

    type = "AWS::Lambda::Version"
    schema = Schema.of(
        "CodeSha256 Description FunctionName",
        required="FunctionName",
        create_only="CodeSha256 Description FunctionName",
        attributes="FunctionArn Version",
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Publishes what the function is now."""
        answer = scope.client("lambda").publish_version(**request("lambda", "PublishVersion", properties))
        return scope.created(str(answer["FunctionArn"]))

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the version."""
        del properties
        name, _, version = physical_id.rpartition(":")
        scope.client("lambda").delete_function(FunctionName=name, Qualifier=version)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """ARN and number."""
        del scope, properties
        return {"FunctionArn": physical_id, "Version": physical_id.rpartition(":")[2]}


class AliasProvider(Provider):
    """An alias of a function's version; Ref is its ARN."""

    type = "AWS::Lambda::Alias"
    schema = Schema.of(
        "Description FunctionName FunctionVersion Name RoutingConfig",
        required="FunctionName FunctionVersion Name",
        create_only="FunctionName Name",
        attributes="AliasArn",
        name="Name",
    )

    def _request(self, operation: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        arguments = dict(properties)
        if "RoutingConfig" in arguments:
            weights = arguments["RoutingConfig"].get("AdditionalVersionWeights", [])
            by_version = {item["FunctionVersion"]: float(item["FunctionWeight"]) for item in weights}
            arguments["RoutingConfig"] = {"AdditionalVersionWeights": by_version}
        return request("lambda", operation, arguments)

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the alias."""
        answer = scope.client("lambda").create_alias(**self._request("CreateAlias", properties))
        return scope.created(str(answer["AliasArn"]))

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Points the alias elsewhere."""
        del physical_id
        wanted = {"RoutingConfig": {}, **new} if "RoutingConfig" in old else new
        scope.client("lambda").update_alias(**self._request("UpdateAlias", wanted))
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the alias."""
        del physical_id
        scope.client("lambda").delete_alias(FunctionName=properties["FunctionName"], Name=properties["Name"])

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """The ARN."""
        del scope, properties
        return {"AliasArn": physical_id}


class EventInvokeConfigProvider(Provider):
    """What happens to asynchronous calls of a function."""

    type = "AWS::Lambda::EventInvokeConfig"
    schema = Schema.of(
        "DestinationConfig FunctionName MaximumEventAgeInSeconds MaximumRetryAttempts Qualifier",
        required="FunctionName Qualifier",
        create_only="FunctionName Qualifier",
    )

    def _put(self, scope: ResourceScope, properties: Mapping[str, Any]) -> None:
        scope.client("lambda").put_function_event_invoke_config(
            **request("lambda", "PutFunctionEventInvokeConfig", properties)
        )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Puts the configuration."""
        self._put(scope, properties)
        return scope.created(f"{properties['FunctionName']}|{properties['Qualifier']}")

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Puts the new configuration."""
        del physical_id, old
        self._put(scope, new)
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the configuration."""
        del physical_id
        scope.client("lambda").delete_function_event_invoke_config(
            FunctionName=properties["FunctionName"], Qualifier=properties["Qualifier"]
        )


class EventSourceMappingProvider(Provider):
    """A queue or stream that a function reads; Ref is the mapping's id."""

    type = "AWS::Lambda::EventSourceMapping"
    schema = Schema.of(
        "BatchSize BisectBatchOnFunctionError DestinationConfig Enabled EventSourceArn FilterCriteria FunctionName "
        "FunctionResponseTypes KmsKeyArn MaximumBatchingWindowInSeconds MaximumRecordAgeInSeconds MaximumRetryAttempts "
        "ParallelizationFactor ScalingConfig StartingPosition StartingPositionTimestamp Tags TumblingWindowInSeconds",
        required="FunctionName",
        create_only="EventSourceArn StartingPosition StartingPositionTimestamp",
        attributes="EventSourceMappingArn Id",
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the mapping and waits until it reads."""
        arguments = request("lambda", "CreateEventSourceMapping", properties)
        answer = scope.client("lambda").create_event_source_mapping(**arguments)
        scope.created(answer["UUID"])
        self._settle(scope, answer["UUID"])
        return str(answer["UUID"])

    def _settle(self, scope: ResourceScope, identifier: str) -> None:
        while True:
            state = scope.client("lambda").get_event_source_mapping(UUID=identifier)["State"]
            if state in {"Enabled", "Disabled"}:
                return
            if state == "Deleting":
                raise ResourceError(f"The event source mapping {identifier} is being deleted")
            scope.pause(0.1)

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes the mapping."""
        del old
        fixed = ("EventSourceArn", "StartingPosition", "StartingPositionTimestamp", "Tags")
        arguments = without(new, *fixed) | {"UUID": physical_id}
        scope.client("lambda").update_event_source_mapping(**request("lambda", "UpdateEventSourceMapping", arguments))
        self._settle(scope, physical_id)
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the mapping."""
        del properties
        scope.client("lambda").delete_event_source_mapping(UUID=physical_id)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """Id and ARN."""
        del properties
        return {
            "Id": physical_id,
            "EventSourceMappingArn": scope.arn("lambda", f"event-source-mapping:{physical_id}"),
        }


class LayerVersionProvider(Provider):
    """A version of a layer; Ref is its ARN."""

    type = "AWS::Lambda::LayerVersion"
    schema = Schema.of(
        "CompatibleArchitectures CompatibleRuntimes Content Description LayerName LicenseInfo",
        required="Content",
        create_only="CompatibleArchitectures CompatibleRuntimes Content Description LayerName LicenseInfo",
        attributes="LayerVersionArn",
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Publishes the version."""
        name = properties.get("LayerName") or scope.name(140)
        arguments = request("lambda", "PublishLayerVersion", {**properties, "LayerName": name})
        return scope.created(str(scope.client("lambda").publish_layer_version(**arguments)["LayerVersionArn"]))

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the version."""
        del properties
        layer, _, version = physical_id.rpartition(":")
        scope.client("lambda").delete_layer_version(LayerName=layer, VersionNumber=int(version))

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """The ARN."""
        del scope, properties
        return {"LayerVersionArn": physical_id}


class LayerVersionPermissionProvider(Provider):
    """Who may use a layer's version; Ref joins the version's ARN and the statement's id."""

    type = "AWS::Lambda::LayerVersionPermission"
    schema = Schema.of(
        "Action LayerVersionArn OrganizationId Principal",
        required="Action LayerVersionArn Principal",
        create_only="Action LayerVersionArn OrganizationId Principal",
        attributes="Id",
    )

    def _place(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        layer, _, version = str(properties["LayerVersionArn"]).rpartition(":")
        return {"LayerName": layer, "VersionNumber": int(version)}

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Adds the statement."""
        statement_id = scope.name(100)
        arguments = {**without(properties, "LayerVersionArn"), **self._place(properties), "StatementId": statement_id}
        scope.client("lambda").add_layer_version_permission(**request("lambda", "AddLayerVersionPermission", arguments))
        return scope.created(f"{properties['LayerVersionArn']}#{statement_id}")

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Takes the statement out."""
        scope.client("lambda").remove_layer_version_permission(
            **self._place(properties), StatementId=physical_id.rpartition("#")[2]
        )

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """The physical id."""
        del scope, properties
        return {"Id": physical_id}


PROVIDERS = (
    VersionProvider(),
    AliasProvider(),
    EventInvokeConfigProvider(),
    EventSourceMappingProvider(),
    LayerVersionProvider(),
    LayerVersionPermissionProvider(),
)
