"""Error answers for requests that no service's model can word: unknown services, garbage, faults of the server."""

import json
from collections.abc import Container
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from local_aws.gateway.errors import AwsError, NotAvailableLocallyError
from local_aws.gateway.http import HttpRequest, Signature
from local_aws.gateway.wire import services_of

Answer = tuple[int, list[tuple[str, str]], bytes]


def plain(status: int, code: str, message: str) -> Answer:
    """An error as JSON, for a client whose protocol is not known."""
    body = json.dumps({"__type": code, "message": message}).encode()
    return status, [("content-type", "application/json")], body


def answer(request: HttpRequest, error: AwsError, request_id: str) -> Answer:
    """An error in the wire format that the request's own suggests."""
    status = error.status or 400
    if "json" in request.header("content-type") or request.header("x-amz-target"):
        status, headers, body = plain(status, error.code, error.message)
        return status, [*headers, ("x-amzn-requestid", request_id), ("x-amzn-errortype", error.code)], body
    text = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{text}<RequestId>{request_id}</RequestId></Error>'
    return status, [("content-type", "application/xml"), ("x-amzn-requestid", request_id)], xml.encode()


def unknown(request: HttpRequest, signature: Signature, answered: Container[str]) -> AwsError:
    """The error for a request in which no operation can be recognized.

    Args:
        request: as it came.
        signature: tells the service that was meant.
        answered: the services that the local AWS has.
    """
    shown = f"{request.method} {request.raw_path}"
    if signature.access_key is None:
        return AwsError(
            "MissingAuthenticationToken",
            f"{shown} is not signed and is no request that AWS would recognize",
            status=403,
        )
    if not any(service in answered for service in services_of(signature.signing_name)):
        return NotAvailableLocallyError(f"the service {signature.signing_name!r} (asked for {shown})")
    target = request.header("x-amz-target")
    what = f"operation {target}" if target else f"operation at {shown}"
    return AwsError("UnknownOperationException", f"the service {signature.signing_name!r} has no {what}", status=404)


def check_time(signature: Signature) -> None:
    """Refuses presigned URLs whose time is over.

    Raises:
        AwsError: ``AccessDenied``, in S3's words.
    """
    if signature.expires is not None and signature.expires < datetime.now(UTC):
        raise AwsError("AccessDenied", "Request has expired", status=403)


def internal(what: str, error: Exception) -> AwsError:
    """The error for a fault of the server: names the operation; the traceback is in the server's log."""
    return AwsError(
        "InternalFailure",
        f"the local AWS failed in {what} ({type(error).__name__}: {error}); its log has the traceback",
        status=500,
    )
