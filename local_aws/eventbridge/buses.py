"""The operations on event buses, their policies, and tags."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from attrs import define

from local_aws.eventbridge.records import DEFAULT_BUS, Bus, Buses, Rule
from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import AwsError, NotAvailableLocallyError
from local_aws.gateway.operations import OperationGroup, operation
from local_aws.pages import page

_NAME = re.compile(r"[.\-_A-Za-z0-9]{1,256}")
_PRINCIPAL = re.compile(r"\d{12}|\*")
_SETTINGS = ("Description", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig")
_POLICY_LIMIT = 10_240


@define(eq=False)
class EventBuses(OperationGroup):
    """Event buses.

    Args:
        buses: the records.
    """

    service = "events"

    buses: Buses

    @operation("CreateEventBus")
    def create_event_bus(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Makes a bus."""
        name = request["Name"]
        if request.get("EventSourceName"):
            raise NotAvailableLocallyError("partner event buses")
        if not _NAME.fullmatch(name):
            raise _invalid(f"Event bus name '{name}' must match [.\\-_A-Za-z0-9]+, at most 256 characters.")
        bus = Bus(
            name=name,
            arn=f"arn:aws:events:{context.region}:{context.account}:event-bus/{name}",
            settings={member: request[member] for member in _SETTINGS if request.get(member) is not None},
            tags={tag["Key"]: tag["Value"] for tag in request.get("Tags") or ()},
        )
        with self.buses.lock:
            buses = self.buses.of(context.account, context.region)
            if name in buses:
                raise AwsError("ResourceAlreadyExistsException", f"Event bus {name} already exists.")
            buses[name] = bus
        return {"EventBusArn": bus.arn, **bus.settings}

    @operation("DescribeEventBus")
    def describe_event_bus(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """A bus with its policy."""
        bus = self.buses.get(context, request.get("Name"))
        return {**bus.settings, **bus.describe()}

    @operation("UpdateEventBus")
    def update_event_bus(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Changes a bus's settings."""
        bus = self.buses.get(context, request.get("Name"))
        with self.buses.lock:
            given = {member: request[member] for member in _SETTINGS if request.get(member) is not None}
            bus.settings = {**bus.settings, **given}
            bus.modified = datetime.now(UTC)
        return {"Name": bus.name, "Arn": bus.arn, **bus.settings}

    @operation("DeleteEventBus")
    def delete_event_bus(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Removes a bus with no rules; that it is gone already is no error."""
        if request["Name"] == DEFAULT_BUS:
            raise _invalid("Cannot delete event bus default.")
        with self.buses.lock:
            buses = self.buses.of(context.account, context.region)
            bus = buses.get(request["Name"])
            if bus is not None and bus.rules:
                raise _invalid(f"Event bus {bus.name} can't be deleted since it has rules.")
            buses.pop(request["Name"], None)

    @operation("ListEventBuses")
    def list_event_buses(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The buses of the region."""
        prefix = request.get("NamePrefix") or ""
        with self.buses.lock:
            found = [
                bus.describe()
                for name, bus in sorted(self.buses.of(context.account, context.region).items())
                if name.startswith(prefix)
            ]
        items, token = page(found, request.get("NextToken"), request.get("Limit"), 100, code="ValidationException")
        return {"EventBuses": items, "NextToken": token}

    @operation("PutPermission")
    def put_permission(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Lets others put events on a bus: a single statement, or a whole policy."""
        bus = self.buses.get(context, request.get("EventBusName"))
        if request.get("Policy"):
            statements = _statements(request["Policy"])
        else:
            statements = {**bus.statements, **_statement(bus, request)}
        if len(json.dumps(list(statements.values()))) > _POLICY_LIMIT:
            raise AwsError(
                "PolicyLengthExceededException", f"The policy of {bus.name} is longer than {_POLICY_LIMIT} characters"
            )
        with self.buses.lock:
            bus.statements = statements
            bus.modified = datetime.now(UTC)

    @operation("RemovePermission")
    def remove_permission(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Removes a statement of a bus's policy, or all."""
        bus = self.buses.get(context, request.get("EventBusName"))
        with self.buses.lock:
            if request.get("RemoveAllPermissions"):
                bus.statements = {}
                return
            sid = request.get("StatementId")
            if sid not in bus.statements:
                what = "EventBus does not have a policy." if not bus.statements else f"Statement {sid} does not exist."
                raise AwsError("ResourceNotFoundException", what)
            bus.statements = {key: value for key, value in bus.statements.items() if key != sid}

    @operation("TagResource")
    def tag_resource(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Adds tags to a rule or a bus."""
        tagged = self._tagged(context, request["ResourceARN"])
        with self.buses.lock:
            tagged.tags |= {tag["Key"]: tag["Value"] for tag in request["Tags"]}

    @operation("UntagResource")
    def untag_resource(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Removes tags."""
        tagged = self._tagged(context, request["ResourceARN"])
        with self.buses.lock:
            tagged.tags = {key: value for key, value in tagged.tags.items() if key not in request["TagKeys"]}

    @operation("ListTagsForResource")
    def list_tags_for_resource(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The tags of a rule or a bus."""
        tags = self._tagged(context, request["ResourceARN"]).tags
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _tagged(self, context: RequestContext, arn: str) -> Bus | Rule:
        kind, _, name = arn.rpartition(":")[2].partition("/")
        bus_name, slash, rule_name = name.rpartition("/")
        if kind == "event-bus":
            return self.buses.get(context, arn)
        if kind == "rule":
            return self.buses.get(context, bus_name if slash else DEFAULT_BUS).rule(rule_name)
        raise AwsError("ResourceNotFoundException", f"The resource {arn} is neither a rule nor an event bus.")


def _statement(bus: Bus, request: dict[str, Any]) -> dict[str, dict[str, Any]]:
    missing = [name for name in ("Action", "Principal", "StatementId") if not request.get(name)]
    if missing:
        raise _invalid(f"Parameter(s) {', '.join(missing)} must be specified where there is no Policy.")
    if request["Action"] != "events:PutEvents":
        raise _invalid(f"Provided value in parameter 'action' is not supported: {request['Action']}.")
    principal = request["Principal"]
    if not _PRINCIPAL.fullmatch(principal):
        raise _invalid(f"Provided value '{principal}' in parameter 'principal' is neither an account id nor *.")
    statement: dict[str, Any] = {
        "Sid": request["StatementId"],
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else {"AWS": f"arn:aws:iam::{principal}:root"},
        "Action": "events:PutEvents",
        "Resource": bus.arn,
    }
    condition = request.get("Condition")
    if condition:
        statement["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}
    return {request["StatementId"]: statement}


def _statements(policy: str) -> dict[str, dict[str, Any]]:
    try:
        document = json.loads(policy)
        found = document["Statement"]
    except (ValueError, KeyError, TypeError) as error:
        raise _invalid(f"Parameter Policy is not valid. Reason: {error!r}") from error
    listed = found if isinstance(found, list) else [found]
    return {statement.get("Sid", str(number)): statement for number, statement in enumerate(listed)}


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)
