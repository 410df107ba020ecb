"""AWS Lambda: functions."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from local_aws.cloudformation.errors import ResourceError, is_absent
from local_aws.cloudformation.resources import function_parts
from local_aws.cloudformation.resources.inline_code import response_module
from local_aws.cloudformation.resources.provider import (
    Provider,
    ResourceScope,
    Schema,
    changed_properties,
    tag_changes,
    tags_of,
)
from local_aws.cloudformation.resources.shapes import request, shape_problems, without

_CODE = frozenset({"Architectures", "Code"})
_OWN_CALLS = frozenset({"Code", "ReservedConcurrentExecutions", "Tags"})
_CODE_KEYS = frozenset({"ImageUri", "S3Bucket", "S3Key", "S3ObjectVersion", "ZipFile"})
_INLINE_LIMIT = 4 * 1024 * 1024
# a configuration that is gone from the template gets Lambda's default back
_DEFAULTS: dict[str, Any] = {
    "DeadLetterConfig": {"TargetArn": ""},
    "Description": "",
    "Environment": {"Variables": {}},
    "EphemeralStorage": {"Size": 512},
    "KmsKeyArn": "",
    "Layers": [],
    "MemorySize": 128,
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
    "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
}


class FunctionProvider(Provider):
    """A function; Ref is its name."""

    type = "AWS::Lambda::Function"
    schema = Schema.of(
        "Architectures Code DeadLetterConfig Description Environment EphemeralStorage FunctionName Handler ImageConfig "
        "KmsKeyArn Layers LoggingConfig MemorySize PackageType ReservedConcurrentExecutions Role Runtime SnapStart "
        "Tags Timeout TracingConfig VpcConfig",
        required="Code Role",
        create_only="FunctionName PackageType",
        attributes="Arn",
        name="FunctionName",
    )

    def problems(self, properties: Mapping[str, Any]) -> Iterator[str]:
        """Adds: members of the code and of nested properties that Lambda does not know."""
        yield from super().problems(properties)
        code = properties.get("Code")
        if isinstance(code, dict):
            unknown = sorted(set(code) - _CODE_KEYS)
            if unknown:
                yield f"/Code: extraneous key [{', '.join(unknown)}] is not permitted"
            if not {"ZipFile", "S3Bucket", "ImageUri"} & set(code):
                yield "Please provide a source for function code."
        known = {name: value for name, value in properties.items() if name in self.schema.properties}
        yield from shape_problems("lambda", "CreateFunction", without(known, "Code", "ReservedConcurrentExecutions"))

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the function and waits until it can be called."""
        client = scope.client("lambda")
        name = str(properties.get("FunctionName") or scope.name(64))
        arguments = request("lambda", "CreateFunction", without(properties, *_OWN_CALLS) | {"FunctionName": name})
        arguments |= {"Code": _code(properties), "Tags": tags_of(properties)}
        client.create_function(**arguments)
        scope.created(name)
        self._settle(scope, name)
        self._set_concurrency(client, name, properties)
        return name

    def _set_concurrency(self, client: Any, name: str, properties: Mapping[str, Any]) -> None:
        if "ReservedConcurrentExecutions" in properties:
            limit = int(properties["ReservedConcurrentExecutions"])
            client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=limit)

    def _settle(self, scope: ResourceScope, name: str) -> None:
        while True:
            state = scope.client("lambda").get_function_configuration(FunctionName=name)
            states = (state.get("State", "Active"), state.get("LastUpdateStatus", "Successful"))
            if "Failed" in states:
                reason = state.get("StateReason") or state.get("LastUpdateStatusReason") or "no reason given"
                raise ResourceError(f"The function {name} did not become active: {reason}")
            if states == ("Active", "Successful"):
                return
            scope.pause(0.1)

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes code, then configuration, concurrency and tags."""
        client, changed = scope.client("lambda"), changed_properties(old, new)
        if changed & _CODE:
            arguments: dict[str, Any] = {"FunctionName": physical_id, **_code(new)}
            if "Architectures" in new:
                arguments["Architectures"] = new["Architectures"]
            client.update_function_code(**arguments)
            self._settle(scope, physical_id)
        settings = changed - _CODE - _OWN_CALLS
        if settings:
            wanted = {name: new.get(name, _DEFAULTS.get(name)) for name in settings}
            wanted = {name: value for name, value in wanted.items() if value is not None}
            wanted["FunctionName"] = physical_id
            client.update_function_configuration(**request("lambda", "UpdateFunctionConfiguration", wanted))
            self._settle(scope, physical_id)
        if "ReservedConcurrentExecutions" in changed:
            if "ReservedConcurrentExecutions" in new:
                self._set_concurrency(client, physical_id, new)
            else:
                client.delete_function_concurrency(FunctionName=physical_id)
        added, removed = tag_changes(old, new)
        arn = scope.arn("lambda", f"function:{physical_id}")
        if removed:
            client.untag_resource(Resource=arn, TagKeys=removed)
        if added:
            client.tag_resource(Resource=arn, Tags=added)
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the function with its versions."""
        del properties
        scope.client("lambda").delete_function(FunctionName=physical_id)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """The ARN."""
        del properties
        return {"Arn": scope.arn("lambda", f"function:{physical_id}")}


def _code(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The code as Lambda takes it; a text in the template becomes an archive with AWS's response module beside it."""
    code = dict(properties["Code"])
    source = code.get("ZipFile")
    if source is None:
        return code
    if len(str(source).encode()) > _INLINE_LIMIT:
        raise ResourceError(f"Code: ZipFile must be at most {_INLINE_LIMIT} bytes")
    python = str(properties.get("Runtime", "")).startswith("python")
    handler = str(properties.get("Handler", "index.handler")).partition(".")[0]
    if handler != "index":
        raise ResourceError(f"Handler: code given as ZipFile is in the file index, got the handler {handler}")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("index.py" if python else "index.js", str(source))
        file.writestr(*response_module(python=python))
    return {"ZipFile": archive.getvalue()}


class PermissionProvider(Provider):
    """A statement of a function's policy; Ref is its statement id."""

    type = "AWS::Lambda::Permission"
    schema = Schema.of(
        "Action EventSourceToken FunctionName FunctionUrlAuthType Principal PrincipalOrgID SourceAccount SourceArn",
        required="Action FunctionName Principal",
        create_only="Action EventSourceToken FunctionName FunctionUrlAuthType Principal PrincipalOrgID SourceAccount "
        "SourceArn",
        attributes="Id",
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Adds the statement."""
        statement_id = scope.name(100)
        arguments = {**properties, "StatementId": statement_id}
        scope.client("lambda").add_permission(**request("lambda", "AddPermission", arguments))
        return scope.created(statement_id)

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Takes the statement out; with the function it is gone already."""
        try:
            scope.client("lambda").remove_permission(FunctionName=properties["FunctionName"], StatementId=physical_id)
        except ClientError as error:
            if not is_absent(error):
                raise

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """The statement id."""
        del scope, properties
        return {"Id": physical_id}


PROVIDERS = (FunctionProvider(), PermissionProvider(), *function_parts.PROVIDERS)
