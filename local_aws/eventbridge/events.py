"""Events: the PutEvents operation, and the form of an event."""

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from attrs import define

from local_aws.eventbridge.records import Bus, Buses
from local_aws.eventbridge.router import Router
from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import AwsError, NotAvailableLocallyError
from local_aws.gateway.operations import OperationGroup, operation

_ENTRIES = 10
_SIZE = 262_144
_REQUIRED = ("id", "account", "source", "time", "region", "resources", "detail-type")


@define(eq=False)
class Events(OperationGroup):
    """PutEvents, and the entrance for events of AWS services.

    Args:
        buses: the records.
        router: brings events to the rules.
    """

    service = "events"

    buses: Buses
    router: Router

    @operation("PutEvents")
    def put_events(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Puts up to ten events on buses; each entry is answered for itself."""
        entries = request["Entries"]
        if request.get("EndpointId"):
            raise NotAvailableLocallyError("global endpoints of EventBridge")
        if not 1 <= len(entries) <= _ENTRIES:
            raise AwsError(
                "ValidationException",
                f"1 validation error detected: Value at 'entries' has {len(entries)} members: Member must have length "
                f"between 1 and {_ENTRIES}",
            )
        size = sum(_size(entry) for entry in entries)
        if size >= _SIZE:
            raise AwsError(
                "ValidationException",
                f"Total size of the entries in the request is over the limit: {size} bytes where less than {_SIZE} are "
                "allowed.",
            )
        answers = [self._put(context, entry) for entry in entries]
        failed = sum(1 for answer in answers if "ErrorCode" in answer)
        return {"FailedEntryCount": failed, "Entries": answers}

    def _put(self, context: RequestContext, entry: dict[str, Any]) -> dict[str, str]:
        problem = _problem(entry, context)
        if problem is not None:
            return {"ErrorCode": problem[0], "ErrorMessage": problem[1]}
        bus = self.buses.find(context.account, context.region, entry.get("EventBusName"))
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": entry["DetailType"],
            "source": entry["Source"],
            "account": context.account,
            "time": timestamp(entry.get("Time")),
            "region": context.region,
            "resources": list(entry.get("Resources") or ()),
            "detail": json.loads(entry["Detail"]),
        }
        # as on AWS, an event for a bus that does not exist is taken and goes nowhere
        if bus is not None:
            self.router.route(bus, event)
        return {"EventId": event["id"]}

    def of_service(self, account: str, region: str, event: Mapping[str, Any]) -> None:
        """Puts an event of an AWS service on the account's default bus."""
        bus: Bus = self.buses.of(account, region)["default"]
        full = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": event["detail-type"],
            "source": event["source"],
            "account": account,
            "time": event.get("time") or timestamp(None),
            "region": region,
            "resources": list(event["resources"]),
            # what the service sent is copied as JSON, times and all, so that nobody changes it later
            "detail": json.loads(json.dumps(event["detail"], default=_plain)),
        }
        self.router.route(bus, full)


def timestamp(moment: datetime | None) -> str:
    """A time as events carry it; now where none is given."""
    return (moment or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def check_event(text: str) -> dict[str, Any]:
    """Reads an event for TestEventPattern.

    Raises:
        AwsError: ``ValidationException``: no JSON object, or a member is missing.
    """
    try:
        event = json.loads(text)
    except ValueError as error:
        raise AwsError("ValidationException", f"Parameter Event is not valid. Reason: {error}") from error
    if not isinstance(event, dict):
        raise AwsError("ValidationException", "Parameter Event is not valid. Reason: Event is not an object.")
    missing = [member for member in _REQUIRED if member not in event]
    if missing:
        raise AwsError("ValidationException", f"Parameter Event is not valid. Reason: {', '.join(missing)} is missing.")
    return event


def _problem(entry: dict[str, Any], context: RequestContext) -> tuple[str, str] | None:
    for member in ("Source", "DetailType", "Detail"):
        if not entry.get(member):
            return (
                "InvalidArgument",
                f"Parameter {member} is not valid. Reason: {member} is a required argument.",
            )
    if entry["Source"].startswith("aws.") and context.principal.service is None:
        return "NotAuthorizedForSourceException", "Not authorized for the source."
    try:
        detail = json.loads(entry["Detail"])
    except ValueError:
        return "MalformedDetail", "Detail is malformed."
    if not isinstance(detail, dict):
        return "MalformedDetail", "Detail is malformed."
    return None


def _size(entry: dict[str, Any]) -> int:
    """The bytes that AWS counts of an entry."""
    size = 14 if entry.get("Time") is not None else 0
    texts = [entry.get(member) or "" for member in ("Source", "DetailType", "Detail")]
    return size + sum(len(text.encode()) for text in (*texts, *(entry.get("Resources") or ())))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return timestamp(value)
    return str(value)
