"""PutRecord and BatchWriteRecord at the gateway: raw paths, served before AWS's protocols are looked at.

Ingestion writes thousands of records a second: the general way in, by the service's model, costs a request far more
than the record does.
"""

import json
import logging
import re
from collections.abc import Callable
from typing import Any

from attrs import define

from local_aws.gateway.app import ClientDisconnectedError, Receive, Scope, Send, read_body, respond
from local_aws.gateway.context import Principal
from local_aws.gateway.errors import AwsError
from local_aws.gateway.http import HttpRequest, Signature
from local_aws.gateway.refusals import internal
from local_aws.sagemaker.feature_store.groups import group_arn
from local_aws.sagemaker.feature_store.records import validation
from local_aws.sagemaker.feature_store.store import RecordStore
from local_aws.sagemaker.runtime.invocations import request_id

PUT_RECORD = ("PUT", r"/FeatureGroup/(.+)")
BATCH_WRITE_RECORD = ("POST", r"/BatchWriteRecord()")

_TTL_UNITS = ("Seconds", "Minutes", "Hours", "Days", "Weeks")
_BATCH = 25
Answer = dict[str, Any] | None

_log = logging.getLogger(__name__)


@define(eq=False)
class WriteRoute:
    """Serves one of the two operations.

    Args:
        store: the records.
        carry_out: the operation: the store, who asks, the region, the group's name in the path, and the request.
    """

    store: RecordStore
    carry_out: Callable[[RecordStore, Principal, str, str, dict[str, Any]], Answer]

    async def __call__(self, scope: Scope, receive: Receive, send: Send, match: re.Match[str]) -> None:
        """Serves one request, on the event loop: it waits for nothing."""
        try:
            request = HttpRequest.of(scope, await read_body(receive))
        except ClientDisconnectedError:
            return
        try:
            status, body, error_type = 200, self._answer(request, match[1]), None
        except AwsError as error:
            status, body, error_type = error.status or 400, _message(error), error.code
        except Exception as fault:  # noqa: BLE001 - a fault of any kind is an answer, not a hang
            _log.exception("%s %s failed", request.method, request.raw_path)
            failure = internal("the feature store", fault)
            status, body, error_type = 500, _message(failure), failure.code
        headers = [("content-type", "application/json"), ("x-amzn-requestid", request_id().decode())]
        if error_type is not None:
            headers.append(("x-amzn-errortype", error_type))
        await respond(send, status, headers, body)

    def _answer(self, request: HttpRequest, name: str) -> bytes:
        signature = Signature.of(request)
        principal = self.store.authority.principal(signature.access_key, "sagemaker-featurestore-runtime")
        answer = self.carry_out(self.store, principal, signature.region, name, _document(request.body))
        return b"" if answer is None else json.dumps(answer).encode()


def put_record(store: RecordStore, principal: Principal, region: str, name: str, request: dict[str, Any]) -> Answer:
    """PutRecord.

    Raises:
        AwsError: the record is not written.
    """
    _require(store, principal, "PutRecord", group_arn(principal.account, region, name))
    _check_options(request)
    store.put(store.open(principal, region, name), request)
    return None


def batch_write_record(
    store: RecordStore, principal: Principal, region: str, _: str, request: dict[str, Any]
) -> Answer:
    """BatchWriteRecord: entries that cannot be written are told one by one, all others are written.

    Raises:
        AwsError: nothing is written.
    """
    entries = request.get("Entries")
    if not isinstance(entries, list) or not 1 <= len(entries) <= _BATCH:
        raise validation(f"expected Entries, a list of 1 to {_BATCH}")
    if not all(isinstance(entry, dict) and isinstance(entry.get("FeatureGroupName"), str) for entry in entries):
        raise validation("expected a FeatureGroupName in each of the Entries")
    for reference in {entry["FeatureGroupName"] for entry in entries}:
        _require(store, principal, "BatchWriteRecord", group_arn(principal.account, region, reference))
    _check_options(request)
    errors = []
    for entry in entries:
        try:
            _check_options(entry)
            store.put(store.open(principal, region, entry["FeatureGroupName"]), entry, request.get("TtlDuration"))
        except AwsError as error:
            errors.append({"Entry": entry, "ErrorCode": error.code, "ErrorMessage": error.message})
    return {"Errors": errors, "UnprocessedEntries": []}


def _message(error: AwsError) -> bytes:
    return json.dumps({"message": error.message}).encode()


def _require(store: RecordStore, principal: Principal, operation: str, arn: str) -> None:
    store.authority.require(principal, f"sagemaker:{operation}", arn)


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError as error:
        raise AwsError("SerializationException", f"the request could not be read: {error}", status=400) from None
    if not isinstance(document, dict):
        raise AwsError("SerializationException", "the request could not be read: expected a JSON object", status=400)
    return document


def _check_options(request: dict[str, Any]) -> None:
    targets, ttl = request.get("TargetStores"), request.get("TtlDuration")
    if targets is not None and (not isinstance(targets, list) or not 1 <= len(targets) <= 2):
        raise validation("expected TargetStores, a list of 1 or 2")
    if ttl is None:
        return
    value = ttl.get("Value") if isinstance(ttl, dict) else None
    if not isinstance(value, int) or isinstance(value, bool) or value < 1 or ttl.get("Unit") not in _TTL_UNITS:
        raise validation(f"expected a TtlDuration with a Value from 1 and a Unit of {', '.join(_TTL_UNITS)}")
