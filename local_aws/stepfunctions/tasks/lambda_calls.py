"""Lambda functions called by Task states."""

import base64
import json
from typing import Any

from local_aws.stepfunctions.language.documents import parse_json, to_json
from local_aws.stepfunctions.language.errors import StatesError
from local_aws.stepfunctions.tasks.aws_calls import sdk_metadata
from local_aws.stepfunctions.tasks.wire_shapes import to_request


def invocation(operation: Any, arguments: Any) -> tuple[dict[str, Any], list[str]]:
    """The request of ``lambda:invoke``: its Payload is any JSON, and so is its ClientContext."""
    if not isinstance(arguments, dict):
        return {}, ['The field "FunctionName" is required but was missing']
    plain = {name: value for name, value in arguments.items() if name not in {"Payload", "ClientContext"}}
    request, problems = to_request(operation.input_shape, plain)
    if "Payload" in arguments:
        request["Payload"] = to_json(arguments["Payload"]).encode()
    if arguments.get("ClientContext") is not None:
        context = arguments["ClientContext"]
        text = context if isinstance(context, str) else base64.b64encode(to_json(context).encode()).decode()
        request["ClientContext"] = text
    return request, problems


def function_result(answer: dict[str, Any]) -> dict[str, Any]:
    """The result of ``lambda:invoke``, from botocore's answer.

    Raises:
        StatesError: the function failed; the error's name is its exception's.
    """
    body = answer["Payload"].read().decode() if answer.get("Payload") is not None else ""
    if answer.get("FunctionError"):
        raise _function_error(body)
    try:
        payload: Any = parse_json(body) if body else None
    except ValueError:
        payload = body
    result: dict[str, Any] = {"ExecutedVersion": answer.get("ExecutedVersion", "$LATEST"), "Payload": payload}
    if answer.get("LogResult") is not None:
        result["LogResult"] = answer["LogResult"]
    metadata = sdk_metadata(answer.get("ResponseMetadata", {}))
    return {**result, **metadata, "StatusCode": answer.get("StatusCode")}


def _function_error(body: str) -> StatesError:
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    name = told.get("errorType") if isinstance(told, dict) else None
    if isinstance(name, str) and name:
        return StatesError(name, body)
    return StatesError(
        "Lambda.Unknown",
        "The cause could not be determined because Lambda did not return an error type. Returned payload: " + body,
    )
