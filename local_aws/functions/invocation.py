"""The Invoke operation: which version runs, whether it may, and what the caller gets."""

import base64
import binascii
import json
from typing import Any

from attrs import define

from local_aws.functions.asynchronous import AsyncEvent, AsyncQueue
from local_aws.functions.environments import Invocation
from local_aws.functions.names import FunctionName
from local_aws.functions.runner import Runner
from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import AwsError, NotAvailableLocallyError
from local_aws.gateway.operations import OperationGroup, operation

SYNCHRONOUS_LIMIT = 6_291_456
ASYNCHRONOUS_LIMIT = 1_048_576
_CLIENT_CONTEXT_LIMIT = 3583
_TAIL_BYTES = 4096


@define(eq=False)
class Invocations(OperationGroup):
    """Runs handlers, for callers that wait and for those that do not."""

    service = "lambda"

    runner: Runner
    queue: AsyncQueue

    @operation("Invoke")
    def invoke(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Runs a function and answers with its result, or queues an event for it."""
        name = FunctionName.read(context, request["FunctionName"], request.get("Qualifier"))
        if request.get("DurableExecutionName"):
            raise NotAvailableLocallyError("durable Lambda functions")
        kind = request.get("InvocationType") or "RequestResponse"
        if kind not in {"RequestResponse", "Event", "DryRun"}:
            raise AwsError(
                "InvalidParameterValueException",
                f"Invalid InvocationType '{kind}': expected RequestResponse, Event or DryRun",
            )
        payload = _payload(request.get("Payload"), ASYNCHRONOUS_LIMIT if kind == "Event" else SYNCHRONOUS_LIMIT)
        client_context = _client_context(request.get("ClientContext"))
        version = self.runner.resolve(name)
        if kind == "DryRun":
            return {"StatusCode": 204, "Payload": b""}
        if kind == "Event":
            self.queue.accept(AsyncEvent(name=name, request_id=context.request_id, payload=payload))
            return {"StatusCode": 202, "Payload": b""}
        outcome = self.runner.run(
            name,
            version,
            Invocation(
                request_id=context.request_id, payload=payload, invoked_arn=name.arn, client_context=client_context
            ),
        )
        answer: dict[str, Any] = {
            "StatusCode": 200,
            "ExecutedVersion": version.number,
            "Payload": outcome.payload,
        }
        if outcome.function_error is not None:
            answer["FunctionError"] = outcome.function_error
        if request.get("LogType") == "Tail":
            answer["LogResult"] = base64.b64encode(outcome.log_tail.encode()[-_TAIL_BYTES:]).decode()
        return answer

    @operation("InvokeAsync")
    def invoke_async(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Refused: AWS has deprecated it."""
        raise NotAvailableLocallyError("lambda:InvokeAsync, which is deprecated: use Invoke with InvocationType Event")


def _payload(payload: Any, limit: int) -> bytes:
    data: bytes = payload.encode() if isinstance(payload, str) else (payload or b"")
    if len(data) > limit:
        raise AwsError(
            "RequestTooLargeException",
            f"{len(data)} byte payload is too large for the RequestResponse invocation type (limit {limit} bytes)"
            if limit == SYNCHRONOUS_LIMIT
            else f"{len(data)} byte payload is too large for the Event invocation type (limit {limit} bytes)",
            Type="User",
        )
    if not data:
        return b"{}"
    try:
        json.loads(data)
    except ValueError as error:
        raise AwsError(
            "InvalidRequestContentException", f"Could not parse request body into json: {error}", Type="User"
        ) from error
    return data


def _client_context(text: str | None) -> dict[str, Any] | None:
    if not text:
        return None
    try:
        found = json.loads(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError) as error:
        raise AwsError(
            "InvalidRequestContentException", f"Client context must be valid Base64-encoded JSON: {error}"
        ) from error
    if len(text) > _CLIENT_CONTEXT_LIMIT or not isinstance(found, dict):
        raise AwsError(
            "InvalidRequestContentException",
            f"Client context must be a Base64-encoded JSON object of at most {_CLIENT_CONTEXT_LIMIT} bytes",
        )
    return found
