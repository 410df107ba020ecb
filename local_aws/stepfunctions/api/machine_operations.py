"""State machines: create, update, delete, describe, list, validate; tags."""

import uuid
from typing import Any, ClassVar

from attrs import define, evolve

from local_aws.gateway.context import RegionalState, RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.gateway.operations import OperationGroup, operation
from local_aws.stepfunctions.api.arns import check_name, check_role, make_arn, parse_arn
from local_aws.stepfunctions.api.machine_checks import MachineChecks
from local_aws.stepfunctions.api.pages import page
from local_aws.stepfunctions.api.records import RegionRecords, StateMachine, Version, date
from local_aws.stepfunctions.language.compiler import compile_machine
from local_aws.stepfunctions.running.engine import Engine
from local_aws.stepfunctions.running.executions import Revision
from local_aws.stepfunctions.validation.definitions import diagnose, require_valid

_NO_LOGGING = {"level": "OFF", "includeExecutionData": False}
_NO_TRACING = {"enabled": False}
_UPDATABLE = ("definition", "roleArn", "loggingConfiguration", "tracingConfiguration", "encryptionConfiguration")


@define(eq=False)
class MachineOperations(OperationGroup):
    """Operations on state machines.

    Args:
        records: by account and region.
        engine: stops the executions of a deleted state machine.
        checks: of roles and log groups.
    """

    service: ClassVar[str] = "stepfunctions"

    records: RegionalState[RegionRecords]
    engine: Engine
    checks: MachineChecks

    @operation("CreateStateMachine")
    def create(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Makes a state machine; the same request again gives the same one."""
        name = request["name"]
        check_name(name)
        check_role(request["roleArn"])
        kind = _machine_type(request.get("type", "STANDARD"))
        _check_version_description(request)
        raw = require_valid(request["definition"], kind)
        now = self.engine.clock.now()
        revision = Revision(
            arn=make_arn(context, "stateMachine", name),
            name=name,
            region=context.region,
            account=context.account,
            definition=request["definition"],
            machine=compile_machine(raw),
            role_arn=request["roleArn"],
            type=kind,
            logging=_logging(request.get("loggingConfiguration")),
            tracing=request.get("tracingConfiguration") or _NO_TRACING,
            encryption=request.get("encryptionConfiguration"),
            revision_id=None,
            updated=now,
        )
        self.checks.check(context, revision, raw)
        records = self.records[context]
        with records.lock:
            existing = records.machines.get(revision.arn)
            if existing is None:
                existing = StateMachine(arn=revision.arn, name=name, created=now, current=revision)
                records.machines[revision.arn] = existing
                records.tag(revision.arn, request.get("tags", []))
            elif not _is_same(existing.current, revision):
                raise AwsError("StateMachineAlreadyExists", f"State Machine Already Exists: '{revision.arn}'")
            answer: dict[str, Any] = {"stateMachineArn": revision.arn, "creationDate": date(existing.created)}
            if request.get("publish"):
                version = publish_version(existing, request.get("versionDescription"), now)
                answer["stateMachineVersionArn"] = version.arn
        return answer

    @operation("UpdateStateMachine")
    def update(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Changes a state machine; executions that run go on as they started."""
        records = self.records[context]
        machine = records.machine(request["stateMachineArn"])
        _refuse_qualifier(request["stateMachineArn"])
        if not any(field in request for field in _UPDATABLE):
            raise AwsError(
                "MissingRequiredParameter",
                "Either the definition, the role ARN, the LoggingConfiguration, the EncryptionConfiguration or the "
                "TracingConfiguration must be specified",
            )
        _check_version_description(request)
        current = machine.current
        definition = request.get("definition", current.definition)
        raw = require_valid(definition, current.type)
        role = request.get("roleArn", current.role_arn)
        check_role(role)
        now = self.engine.clock.now()
        changed = evolve(
            current,
            definition=definition,
            machine=compile_machine(raw) if "definition" in request else current.machine,
            role_arn=role,
            logging=_logging(request["loggingConfiguration"]) if "loggingConfiguration" in request else current.logging,
            tracing=request.get("tracingConfiguration", current.tracing),
            encryption=request.get("encryptionConfiguration", current.encryption),
            revision_id=str(uuid.uuid4()),
            updated=now,
        )
        self.checks.check(context, changed, raw)
        with records.lock:
            machine.current = changed
            answer: dict[str, Any] = {"updateDate": date(now), "revisionId": changed.revision_id}
            if request.get("publish"):
                answer["stateMachineVersionArn"] = publish_version(machine, request.get("versionDescription"), now).arn
        return answer

    @operation("DeleteStateMachine")
    def delete(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Removes a state machine, its versions and its executions; running ones are aborted."""
        parse_arn(request["stateMachineArn"], "stateMachine")
        _refuse_qualifier(request["stateMachineArn"])
        records = self.records[context]
        with records.lock:
            machine = records.machines.pop(request["stateMachineArn"], None)
            if machine is None:
                return {}
            records.tags.pop(machine.arn, None)
            executions = [each for each in records.executions.values() if each.revision.arn == machine.arn]
        for execution in executions:
            self.engine.abort(execution, None, "The state machine was deleted.")
        with records.lock:
            for execution in executions:
                records.executions.pop(execution.arn, None)
        return {}

    @operation("DescribeStateMachine")
    def describe(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """A state machine, or one of its versions."""
        machine = self.records[context].machine(request["stateMachineArn"])
        version = find_version(machine, request["stateMachineArn"])
        revision = machine.current if version is None else version.revision
        described = {
            "stateMachineArn": request["stateMachineArn"] if version is not None else machine.arn,
            "name": machine.name,
            "status": "ACTIVE",
            "definition": revision.definition,
            "roleArn": revision.role_arn,
            "type": revision.type,
            "creationDate": date(machine.created if version is None else version.created),
            "loggingConfiguration": revision.logging,
            "tracingConfiguration": revision.tracing,
        }
        if revision.revision_id is not None:
            described["revisionId"] = revision.revision_id
        if revision.encryption is not None:
            described["encryptionConfiguration"] = revision.encryption
        if version is not None and version.description is not None:
            described["description"] = version.description
        return described

    @operation("DescribeStateMachineForExecution")
    def describe_for_execution(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The state machine as it was when an execution started."""
        revision = self.records[context].execution(request["executionArn"]).revision
        described = {
            "stateMachineArn": revision.arn,
            "name": revision.name,
            "definition": revision.definition,
            "roleArn": revision.role_arn,
            "updateDate": date(revision.updated),
            "loggingConfiguration": revision.logging,
            "tracingConfiguration": revision.tracing,
        }
        return described | ({} if revision.revision_id is None else {"revisionId": revision.revision_id})

    @operation("ListStateMachines")
    def list_all(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Every state machine, by name."""
        records = self.records[context]
        with records.lock:
            machines = sorted(records.machines.values(), key=lambda machine: machine.name)
        shown, following = page(machines, request)
        return {
            "stateMachines": [
                {
                    "stateMachineArn": machine.arn,
                    "name": machine.name,
                    "type": machine.current.type,
                    "creationDate": date(machine.created),
                }
                for machine in shown
            ],
            **following,
        }

    @operation("ValidateStateMachineDefinition")
    def validate(self, _context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The faults of a definition, without making anything."""
        wanted = {"ERROR"} if request.get("severity", "ERROR") == "ERROR" else {"ERROR", "WARNING"}
        kind = _machine_type(request.get("type", "STANDARD"))
        found = [fault for fault in diagnose(request["definition"], kind) if fault.severity in wanted]
        most = request.get("maxResults") or 100
        return {
            "result": "FAIL" if any(fault.severity == "ERROR" for fault in found) else "OK",
            "diagnostics": [
                {
                    "severity": fault.severity,
                    "code": fault.code,
                    "message": fault.message,
                    **({"location": fault.location} if fault.location else {}),
                }
                for fault in found[:most]
            ],
            "truncated": len(found) > most,
        }

    @operation("TagResource")
    def tag(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Adds tags to a state machine or an activity."""
        self._require_resource(context, request["resourceArn"])
        self.records[context].tag(request["resourceArn"], request["tags"])
        return {}

    @operation("UntagResource")
    def untag(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Removes tags."""
        self._require_resource(context, request["resourceArn"])
        records = self.records[context]
        with records.lock:
            for key in request["tagKeys"]:
                records.tags.get(request["resourceArn"], {}).pop(key, None)
        return {}

    @operation("ListTagsForResource")
    def list_tags(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The tags of a state machine or an activity."""
        self._require_resource(context, request["resourceArn"])
        tags = self.records[context].tags.get(request["resourceArn"], {})
        return {"tags": [{"key": key, "value": value} for key, value in sorted(tags.items())]}

    def _require_resource(self, context: RequestContext, arn: str) -> None:
        parsed = parse_arn(arn, "stateMachine", "activity")
        records = self.records[context]
        try:
            if parsed.kind == "activity":
                records.activities.get(arn)
            else:
                records.machine(arn)
        except AwsError:
            raise AwsError("ResourceNotFound", f"Resource not found: '{arn}'", resourceName=arn) from None


def publish_version(machine: StateMachine, description: str | None, now: float) -> Version:
    """Publishes a state machine's current revision; the newest version again where nothing has changed since."""
    newest = machine.versions[max(machine.versions)] if machine.versions else None
    if newest is not None and newest.revision is machine.current:
        return newest
    number = machine.next_version
    machine.next_version += 1
    version = Version(arn=f"{machine.arn}:{number}", revision=machine.current, description=description, created=now)
    machine.versions[number] = version
    return version


def find_version(machine: StateMachine, arn: str) -> Version | None:
    """The version that an ARN names; None for an ARN without a qualifier.

    Raises:
        AwsError: ``StateMachineDoesNotExist`` for a version or an alias that is not there.
    """
    qualifier = arn.removeprefix(machine.arn).removeprefix(":")
    if not qualifier:
        return None
    if qualifier.isdigit() and int(qualifier) in machine.versions:
        return machine.versions[int(qualifier)]
    raise AwsError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")


def _refuse_qualifier(arn: str) -> None:
    if ":" in parse_arn(arn, "stateMachine").name:
        raise AwsError(
            "ValidationException", "Invalid request: a state machine version or alias cannot be changed here"
        )


def _machine_type(kind: str) -> str:
    if kind not in {"STANDARD", "EXPRESS"}:
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: Value '{kind}' at 'type' failed to satisfy constraint: Member must satisfy "
            "enum value set: [STANDARD, EXPRESS]",
        )
    return kind


def _check_version_description(request: dict[str, Any]) -> None:
    if request.get("versionDescription") and not request.get("publish"):
        raise AwsError("ValidationException", "Version description can only be set when publish is true")


def _is_same(current: Revision, wanted: Revision) -> bool:
    # as on AWS, another role or other tags do not make it another request
    return all(
        getattr(current, name) == getattr(wanted, name)
        for name in ("definition", "type", "logging", "tracing", "encryption")
    )


def _logging(configuration: dict[str, Any] | None) -> dict[str, Any]:
    if not configuration:
        return _NO_LOGGING
    configured = {**_NO_LOGGING, **configuration}
    if configured["level"] != "OFF" and len(configured.get("destinations", [])) != 1:
        raise AwsError(
            "InvalidLoggingConfiguration",
            "Invalid Logging Configuration: Must specify exactly one Log Destination.",
        )
    return configured
