"""Versions and aliases of state machines."""

import re
from typing import Any, ClassVar

from attrs import define

from local_aws.gateway.context import RegionalState, RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.gateway.operations import OperationGroup, operation
from local_aws.stepfunctions.api.arns import parse_arn
from local_aws.stepfunctions.api.machine_operations import find_version, publish_version
from local_aws.stepfunctions.api.pages import page
from local_aws.stepfunctions.api.records import Alias, RegionRecords, StateMachine, date
from local_aws.stepfunctions.running.engine import Engine

_ALIAS_NAME = re.compile(r"(?=.*[a-zA-Z_\-.])[a-zA-Z0-9_\-.]{1,80}")


@define(eq=False)
class VersionOperations(OperationGroup):
    """Operations on versions and aliases.

    Args:
        records: by account and region.
        engine: gives the time.
    """

    service: ClassVar[str] = "stepfunctions"

    records: RegionalState[RegionRecords]
    engine: Engine

    @operation("PublishStateMachineVersion")
    def publish(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Publishes what a state machine is now."""
        records = self.records[context]
        with records.lock:
            machine = records.machine(request["stateMachineArn"])
            wanted = request.get("revisionId")
            if wanted is not None and wanted != (machine.current.revision_id or "INITIAL"):
                raise AwsError(
                    "ConflictException",
                    f"Failed to publish the State Machine version for revision {wanted}. The current State Machine "
                    f"revision is {machine.current.revision_id or 'INITIAL'}.",
                )
            version = publish_version(machine, request.get("description"), self.engine.clock.now())
        return {"stateMachineVersionArn": version.arn, "creationDate": date(version.created)}

    @operation("ListStateMachineVersions")
    def list_versions(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The versions of a state machine, newest first."""
        machine = self.records[context].machine(request["stateMachineArn"])
        newest_first = [machine.versions[number] for number in sorted(machine.versions, reverse=True)]
        shown, following = page(newest_first, request)
        return {
            "stateMachineVersions": [
                {"stateMachineVersionArn": version.arn, "creationDate": date(version.created)} for version in shown
            ],
            **following,
        }

    @operation("DeleteStateMachineVersion")
    def delete_version(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Removes a version that no alias names."""
        arn = request["stateMachineVersionArn"]
        records = self.records[context]
        number = parse_arn(arn, "stateMachine").name.rpartition(":")[2]
        if not number.isdigit():
            raise AwsError("ValidationException", f"'{arn}' is not the ARN of a state machine version")
        with records.lock:
            try:
                machine = records.machine(arn)
            except AwsError:
                return {}
            users = sorted(alias.name for alias in machine.aliases.values() if arn in _versions(alias))
            if users:
                raise AwsError(
                    "ConflictException",
                    "Version to be deleted must not be referenced by an alias. Current list of aliases referencing "
                    f"this version: [{', '.join(users)}]",
                )
            machine.versions.pop(int(number), None)
        return {}

    @operation("CreateStateMachineAlias")
    def create_alias(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Names one version, or two with weights."""
        if _ALIAS_NAME.fullmatch(request["name"]) is None:
            raise AwsError("InvalidName", f"Invalid Name: '{request['name']}'")
        records = self.records[context]
        with records.lock:
            machine = self._routed(records, request["routingConfiguration"])
            now = self.engine.clock.now()
            wanted = Alias(
                arn=f"{machine.arn}:{request['name']}",
                name=request["name"],
                description=request.get("description"),
                routing=request["routingConfiguration"],
                created=now,
                updated=now,
            )
            alias = machine.aliases.setdefault(wanted.name, wanted)
            if (alias.routing, alias.description) != (wanted.routing, wanted.description):
                raise AwsError(
                    "ConflictException",
                    f"Failed to create alias because an alias with the same name and a different routing "
                    f"configuration already exists: {alias.arn}",
                )
        return {"stateMachineAliasArn": alias.arn, "creationDate": date(alias.created)}

    @operation("UpdateStateMachineAlias")
    def update_alias(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Changes where an alias leads, or its description."""
        records = self.records[context]
        with records.lock:
            _, alias = self._alias(records, request["stateMachineAliasArn"])
            if "routingConfiguration" in request:
                self._routed(records, request["routingConfiguration"])
                alias.routing = request["routingConfiguration"]
            alias.description = request.get("description", alias.description)
            alias.updated = self.engine.clock.now()
        return {"updateDate": date(alias.updated)}

    @operation("DescribeStateMachineAlias")
    def describe_alias(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """An alias."""
        _, alias = self._alias(self.records[context], request["stateMachineAliasArn"])
        described = {
            "stateMachineAliasArn": alias.arn,
            "name": alias.name,
            "routingConfiguration": alias.routing,
            "creationDate": date(alias.created),
            "updateDate": date(alias.updated),
        }
        return described if alias.description is None else {**described, "description": alias.description}

    @operation("ListStateMachineAliases")
    def list_aliases(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The aliases of a state machine, or of one version."""
        machine = self.records[context].machine(request["stateMachineArn"])
        version = find_version(machine, request["stateMachineArn"])
        aliases = [
            alias for _, alias in sorted(machine.aliases.items()) if version is None or version.arn in _versions(alias)
        ]
        shown, following = page(aliases, request)
        return {
            "stateMachineAliases": [
                {"stateMachineAliasArn": alias.arn, "creationDate": date(alias.created)} for alias in shown
            ],
            **following,
        }

    @operation("DeleteStateMachineAlias")
    def delete_alias(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Removes an alias."""
        records = self.records[context]
        with records.lock:
            machine, alias = self._alias(records, request["stateMachineAliasArn"])
            del machine.aliases[alias.name]
        return {}

    def _alias(self, records: RegionRecords, arn: str) -> tuple[StateMachine, Alias]:
        name = parse_arn(arn, "stateMachine").name.rpartition(":")[2]
        try:
            machine = records.machine(arn)
            return machine, machine.aliases[name]
        except (AwsError, KeyError):
            raise AwsError(
                "ResourceNotFound", "Request references a resource that does not exist.", resourceName=arn
            ) from None

    def _routed(self, records: RegionRecords, routes: list[dict[str, Any]]) -> StateMachine:
        """The state machine whose versions a routing configuration names.

        Raises:
            AwsError: ``ValidationException`` or ``ResourceNotFound``.
        """
        arns = [route["stateMachineVersionArn"] for route in routes]
        weight = sum(route["weight"] for route in routes)
        if not 1 <= len(routes) <= 2 or weight != 100 or len(set(arns)) != len(arns):
            raise AwsError(
                "ValidationException",
                f"The routing configuration must name one or two versions whose weights add up to 100, got {routes}",
                reason="INVALID_ROUTING_CONFIGURATION",
            )
        machines = set()
        for arn in arns:
            try:
                machine = records.machine(arn)
                version = find_version(machine, arn)
            except AwsError as error:
                if error.code != "StateMachineDoesNotExist":
                    raise
                raise AwsError(
                    "ResourceNotFound", "Request references a resource that does not exist.", resourceName=arn
                ) from None
            if version is None:
                raise AwsError("ValidationException", f"'{arn}' is not the ARN of a state machine version")
            machines.add(machine.arn)
        if len(machines) != 1:
            raise AwsError(
                "ValidationException",
                "The versions of a routing configuration must belong to one state machine",
                reason="INVALID_ROUTING_CONFIGURATION",
            )
        return machine


def _versions(alias: Alias) -> set[str]:
    return {route["stateMachineVersionArn"] for route in alias.routing}
