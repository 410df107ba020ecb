"""Custom resources: a Lambda function or an SNS topic makes them, and answers on a URL."""

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import evolve

from local_aws.cloudformation.callbacks import Callback, Callbacks
from local_aws.cloudformation.errors import OperationCancelledError, ResourceError
from local_aws.cloudformation.intrinsics import Pending
from local_aws.cloudformation.resources.provider import Provider, ResourceScope, Schema

_MAX_TIMEOUT_SECONDS = 3600
_LOOK_SECONDS = 1.0


def _strings(value: Any) -> Any:
    """Properties as a custom resource gets them: numbers and booleans are strings."""
    if isinstance(value, dict):
        return {key: _strings(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_strings(item) for item in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if value is None else str(value)


class CustomProvider(Provider):
    """``Custom::…``; any attribute that the function gives in Data can be read."""

    type = "Custom::*"
    schema = evolve(Schema.of("", required="ServiceToken"), attributes=None)

    def problems(self, properties: Mapping[str, Any]) -> Iterator[str]:
        """Any property is allowed; the service token must be an ARN, the timeout in range."""
        token = properties.get("ServiceToken")
        if token is None:
            yield "Property ServiceToken cannot be empty."
        elif not isinstance(token, Pending) and str(token).split(":")[2:3] not in (["lambda"], ["sns"]):
            yield f"Invalid service token {token}: expected the ARN of a Lambda function or an SNS topic"
        timeout = str(properties.get("ServiceTimeout", _MAX_TIMEOUT_SECONDS))
        if "ServiceTimeout" in properties and not (timeout.isdigit() and 1 <= int(timeout) <= _MAX_TIMEOUT_SECONDS):
            yield f"ServiceTimeout must be a number of seconds from 1 to {_MAX_TIMEOUT_SECONDS}, got {timeout}"

    def update_problems(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
        """The function or topic behind it must stay."""
        if old.get("ServiceToken") != new.get("ServiceToken"):
            yield "Modifying service token is not allowed."

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Asks for the creation and waits for the answer.

        A creation that fails without an id gets one, so that the rollback asks for the removal of whatever was made.
        """
        try:
            answer = self._ask(scope, "Create", properties)
        except (ResourceError, OperationCancelledError):
            if scope.physical_id is None:
                scope.created(scope.name(128))
            raise
        return str(answer["PhysicalResourceId"])

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Asks for the change; another physical id in the answer makes it a replacement."""
        answer = self._ask(scope, "Update", new, physical_id=physical_id, old=old)
        return str(answer["PhysicalResourceId"])

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Asks for the removal and waits for the answer."""
        self._ask(scope, "Delete", properties, physical_id=physical_id)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """The Data of the last answer."""
        del physical_id, properties
        return dict(scope.kept.get("Data", {}))

    def _ask(
        self,
        scope: ResourceScope,
        kind: str,
        properties: Mapping[str, Any],
        *,
        physical_id: str | None = None,
        old: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        callbacks: Callbacks = scope.services["callbacks"]
        callback = callbacks.open()
        message: dict[str, Any] = {
            "RequestType": kind,
            "ServiceToken": properties["ServiceToken"],
            "ResponseURL": callback.url,
            "StackId": scope.stack_id,
            "RequestId": str(uuid.uuid4()),
            "LogicalResourceId": scope.logical_id,
            "ResourceType": scope.type,
            "ResourceProperties": _strings(properties),
        }
        if physical_id is not None:
            message["PhysicalResourceId"] = physical_id
        if old is not None:
            message["OldResourceProperties"] = _strings(old)
        try:
            self._send(scope, str(properties["ServiceToken"]), message)
            timeout = float(properties.get("ServiceTimeout", _MAX_TIMEOUT_SECONDS))
            answer = self._wait(scope, callback, timeout)
        finally:
            callbacks.close(callback)
        return self._read(scope, kind, answer, message)

    def _send(self, scope: ResourceScope, token: str, message: Mapping[str, Any]) -> None:
        service, region = [*token.split(":"), "", "", "", ""][2:4]
        if service == "lambda":
            scope.client("lambda", region).invoke(
                FunctionName=token, InvocationType="Event", Payload=json.dumps(message)
            )
        else:
            scope.client("sns", region).publish(
                TopicArn=token, Subject="AWS CloudFormation custom resource request", Message=json.dumps(message)
            )

    def _wait(self, scope: ResourceScope, callback: Callback, timeout: float) -> dict[str, Any]:
        deadline = time.monotonic() + timeout
        while True:
            left = deadline - time.monotonic()
            # an answer wakes at once; the short look is for the end of the whole stack operation
            answers = callback.wait(1, min(_LOOK_SECONDS, max(left, 0.0)))
            if answers:
                return answers[0]
            if left <= 0:
                raise ResourceError(
                    "CloudFormation did not receive a response from your Custom Resource. Please check your logs for "
                    f"requestId of {scope.logical_id}; it had {timeout:g} seconds."
                )
            if scope.cancelled.is_set():
                raise OperationCancelledError("Resource creation cancelled")

    def _read(
        self, scope: ResourceScope, kind: str, answer: Mapping[str, Any], message: Mapping[str, Any]
    ) -> dict[str, Any]:
        physical_id = answer.get("PhysicalResourceId") or message.get("PhysicalResourceId")
        if kind == "Create" and physical_id:
            scope.created(str(physical_id))
        status = answer.get("Status")
        if status == "FAILED":
            reason = answer.get("Reason") or "the function gave no reason"
            raise ResourceError(
                f"Received response status [FAILED] from custom resource. Message returned: {reason} "
                f"(RequestId: {message['RequestId']})"
            )
        if status != "SUCCESS":
            raise ResourceError(f"Invalid response status [{status}] from custom resource: expected SUCCESS or FAILED")
        for name in ("StackId", "RequestId", "LogicalResourceId"):
            if answer.get(name, message[name]) != message[name]:
                raise ResourceError(f"Invalid response: {name} does not match the request's")
        if not physical_id:
            raise ResourceError("Invalid PhysicalResourceId: the answer of a creation must have one")
        if kind != "Delete":
            data = answer.get("Data")
            if data is not None and not isinstance(data, dict):
                raise ResourceError("Invalid response: Data must be an object")
            scope.kept["Data"] = _strings(_flat(data or {}))
        return {**answer, "PhysicalResourceId": physical_id}


def _flat(data: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested data under dotted names too, as Fn::GetAtt reads them."""
    result: dict[str, Any] = {}
    for key, value in data.items():
        result[f"{prefix}{key}"] = value
        if isinstance(value, dict):
            result |= _flat(value, f"{prefix}{key}.")
    return result


class CustomResourceProvider(CustomProvider):
    """``AWS::CloudFormation::CustomResource``."""

    type = "AWS::CloudFormation::CustomResource"


PROVIDERS = (CustomProvider(),)
