"""The operations on aliases: names for versions, with a share of traffic for a second one."""

import re
import uuid
from typing import Any

from attrs import define

from local_aws.functions.names import LATEST, FunctionName
from local_aws.functions.records import Alias, Function, Registry, not_found
from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.gateway.operations import OperationGroup, operation
from local_aws.pages import page

_NAME = re.compile(r"(?!\d+$)[a-zA-Z0-9_-]{1,128}")


@define(eq=False)
class Aliases(OperationGroup):
    """Aliases of functions.

    Args:
        registry: the functions.
    """

    service = "lambda"

    registry: Registry

    @operation("CreateAlias")
    def create_alias(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Names a version."""
        name = FunctionName.read(context, request["FunctionName"]).qualified(request["Name"])
        if not _NAME.fullmatch(request["Name"]):
            raise _invalid(
                f"Value '{request['Name']}' at 'name' failed to satisfy constraint: Member must satisfy regular "
                r"expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)"
            )
        function = self.registry.function(name)
        with self.registry.lock:
            if request["Name"] in function.aliases:
                raise AwsError("ResourceConflictException", f"Alias already exists: {name.arn}", Type="User")
            alias = Alias(name=request["Name"], version=request["FunctionVersion"])
            self._set(function, name, alias, request)
            function.aliases[alias.name] = alias
            return _described(name, alias)

    @operation("GetAlias")
    def get_alias(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """An alias with its version and weights."""
        name = FunctionName.read(context, request["FunctionName"]).qualified(request["Name"])
        function = self.registry.function(name)
        with self.registry.lock:
            return _described(name, function.alias(name))

    @operation("ListAliases")
    def list_aliases(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The aliases of a function, or those that point at one version."""
        name = FunctionName.read(context, request["FunctionName"])
        function = self.registry.function(name)
        wanted = request.get("FunctionVersion")
        with self.registry.lock:
            found = [
                _described(name.qualified(alias.name), alias)
                for _, alias in sorted(function.aliases.items())
                if wanted is None or wanted == alias.version or wanted in alias.weights
            ]
        items, marker = page(found, request.get("Marker"), request.get("MaxItems"), 50)
        return {"Aliases": items, "NextMarker": marker}

    @operation("UpdateAlias")
    def update_alias(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Points an alias at another version, or changes its weights."""
        name = FunctionName.read(context, request["FunctionName"]).qualified(request["Name"])
        function = self.registry.function(name)
        with self.registry.lock:
            alias = function.alias(name)
            given = request.get("RevisionId")
            if given is not None and given != alias.revision_id:
                raise AwsError(
                    "PreconditionFailedException",
                    "The RevisionId provided does not match the latest RevisionId. Call the GetAlias API to retrieve "
                    "the latest RevisionId",
                    Type="User",
                )
            self._set(function, name, alias, request)
            return _described(name, alias)

    @operation("DeleteAlias")
    def delete_alias(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Removes an alias; that it is gone already is no error."""
        name = FunctionName.read(context, request["FunctionName"]).qualified(request["Name"])
        function = self.registry.function(name)
        with self.registry.lock:
            function.aliases.pop(request["Name"], None)
            function.policies.pop(request["Name"], None)
            function.event_invoke.pop(request["Name"], None)

    def _set(self, function: Function, name: FunctionName, alias: Alias, request: dict[str, Any]) -> None:
        version = request.get("FunctionVersion") or alias.version
        weights = alias.weights
        if request.get("RoutingConfig") is not None:
            weights = dict(request["RoutingConfig"].get("AdditionalVersionWeights") or {})
        for number in (version, *weights):
            if number != LATEST and number not in function.versions:
                raise not_found(name.qualified(number))
        if weights and (LATEST in weights or version == LATEST):
            raise _invalid("$LATEST is not supported for an alias pointing to more than 1 version")
        if len(weights) > 1 or version in weights:
            raise _invalid("an alias routes to its version and at most one other: " + ", ".join(weights))
        for number, weight in weights.items():
            if not 0 <= weight <= 1:
                raise _invalid(f"the weight of version {number} must lie between 0 and 1: got {weight}")
        alias.version, alias.weights = version, weights
        alias.description = request.get("Description", alias.description)
        alias.revision_id = str(uuid.uuid4())


def _described(name: FunctionName, alias: Alias) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "AliasArn": name.arn,
        "Name": alias.name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
        "RevisionId": alias.revision_id,
    }
    if alias.weights:
        answer["RoutingConfig"] = {"AdditionalVersionWeights": dict(alias.weights)}
    return answer


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message, Type="User")
