"""Executions: start, stop, redrive, describe, list, and their histories."""

import random
import re
import uuid
from typing import Any, ClassVar

from attrs import define

from local_aws.gateway.context import RegionalState, RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.gateway.operations import OperationGroup, operation
from local_aws.stepfunctions.api.arns import check_name
from local_aws.stepfunctions.api.machine_operations import find_version
from local_aws.stepfunctions.api.pages import page
from local_aws.stepfunctions.api.records import RegionRecords, StateMachine, date
from local_aws.stepfunctions.language.documents import Scope, is_too_large, parse_json, to_json
from local_aws.stepfunctions.running.engine import Engine
from local_aws.stepfunctions.running.executions import ENDED, Branch, Execution, Revision
from local_aws.stepfunctions.running.history import History, without_data

_STATUSES = ENDED | {"RUNNING", "PENDING_REDRIVE"}
_EXPRESS_NOT_SUPPORTED = "This operation is not supported by this type of state machine"


@define(eq=False)
class ExecutionOperations(OperationGroup):
    """Operations on executions.

    Args:
        records: by account and region.
        engine: runs them.
    """

    service: ClassVar[str] = "stepfunctions"

    records: RegionalState[RegionRecords]
    engine: Engine

    @operation("StartExecution")
    def start(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Starts an execution; a name that runs with the same input gives the one that runs."""
        records = self.records[context]
        revision, version, alias = self._target(records, request["stateMachineArn"])
        execution = self._make(revision, request, version, alias)
        if not revision.is_express:
            with records.lock:
                existing = records.executions.get(execution.arn)
                if existing is not None:
                    if existing.status == "RUNNING" and existing.input_text == execution.input_text:
                        return {"executionArn": existing.arn, "startDate": date(existing.started)}
                    raise AwsError("ExecutionAlreadyExists", f"Execution Already Exists: '{execution.arn}'")
                records.executions[execution.arn] = execution
            records.forget_old()
        self._begin(execution)
        return {"executionArn": execution.arn, "startDate": date(execution.started)}

    @operation("StartSyncExecution")
    def start_sync(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Runs an execution of an EXPRESS state machine to its end."""
        revision, version, alias = self._target(self.records[context], request["stateMachineArn"])
        if not revision.is_express:
            raise AwsError("StateMachineTypeNotSupported", _EXPRESS_NOT_SUPPORTED)
        execution = self._make(revision, request, version, alias)
        self._begin(execution)
        execution.ended.result()
        milliseconds = int(((execution.stopped or execution.started) - execution.started) * 1000)
        answer: dict[str, Any] = {
            "executionArn": execution.arn,
            "stateMachineArn": revision.arn,
            "name": execution.name,
            "startDate": date(execution.started),
            "stopDate": date(execution.stopped or execution.started),
            "status": "FAILED" if execution.status == "ABORTED" else execution.status,
            "input": execution.input_text,
            "inputDetails": {"included": True},
            # AWS bills in steps of 100 ms and 64 MB
            "billingDetails": {
                "billedMemoryUsedInMB": 64,
                "billedDurationInMilliseconds": -(-milliseconds // 100) * 100,
            },
        }
        return answer | _ending(execution)

    @operation("StopExecution")
    def stop(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Ends a running execution and the jobs that it waits for; one that has ended stays as it is."""
        execution = self.records[context].execution(request["executionArn"])
        self.engine.abort(execution, request.get("error"), request.get("cause"))
        return {"stopDate": date(execution.stopped or execution.started)}

    @operation("RedriveExecution")
    def redrive(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Runs a failed execution again from the states that failed."""
        execution = self.records[context].execution(request["executionArn"])
        now = self.engine.clock.now()
        with execution.lock:
            refusal = execution.redrive_refusal(now)
            if refusal is not None:
                raise AwsError("ExecutionNotRedrivable", refusal)
            execution.begin_redrive(now)
        self.engine.redrive(execution)
        return {"redriveDate": date(now)}

    @operation("DescribeExecution")
    def describe(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """An execution."""
        execution = self.records[context].execution(request["executionArn"])
        described = {
            **_summary(execution),
            "input": execution.input_text,
            "inputDetails": {"included": True},
        }
        if execution.trace_header is not None:
            described["traceHeader"] = execution.trace_header
        refusal = execution.redrive_refusal(self.engine.clock.now())
        described["redriveStatus"] = "REDRIVABLE" if refusal is None else "NOT_REDRIVABLE"
        if refusal is not None:
            described["redriveStatusReason"] = refusal
        return described | _ending(execution)

    @operation("ListExecutions")
    def list_all(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The executions of a state machine, a version or an alias, newest first."""
        records = self.records[context]
        if ("stateMachineArn" in request) == ("mapRunArn" in request):
            raise AwsError("ValidationException", "Must provide stateMachineArn or mapRunArn, but not both")
        status = request.get("statusFilter")
        if status is not None and status not in _STATUSES:
            raise AwsError(
                "ValidationException",
                f"1 validation error detected: Value '{status}' at 'statusFilter' failed to satisfy constraint: Member "
                "must satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]",
            )
        if "mapRunArn" in request:
            arn = records.map_run(request["mapRunArn"]).arn
        else:
            arn = request["stateMachineArn"]
            if records.machine(arn).current.is_express:
                raise AwsError("StateMachineTypeNotSupported", _EXPRESS_NOT_SUPPORTED)
        redriven = request.get("redriveFilter")
        with records.lock:
            found = [
                execution
                for execution in reversed(records.executions.values())
                if arn in {execution.revision.arn, execution.version_arn, execution.alias_arn, execution.map_run_arn}
                and status in {None, execution.status}
                and redriven in {None, "REDRIVEN" if execution.redrive_count else "NOT_REDRIVEN"}
            ]
        shown, following = page(found, request)
        return {"executions": [_summary(execution) for execution in shown], **following}

    @operation("GetExecutionHistory")
    def history(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The events of an execution."""
        execution = self.records[context].execution(request["executionArn"])
        events = list(execution.history.events)
        if request.get("reverseOrder"):
            events.reverse()
        shown, following = page(events, request)
        if request.get("includeExecutionData") is False:
            shown = [without_data(event) for event in shown]
        return {"events": shown, **following}

    def _target(self, records: RegionRecords, arn: str) -> tuple[Revision, str | None, str | None]:
        """What an ARN starts: the revision, and the version's and the alias's ARN."""
        machine = records.machine(arn)
        qualifier = arn.removeprefix(machine.arn).removeprefix(":")
        if qualifier in machine.aliases:
            routes = machine.aliases[qualifier].routing
            weights = [route["weight"] for route in routes]
            route = random.choices(routes, weights)[0]  # noqa: S311 - no secret
            version_arn = route["stateMachineVersionArn"]
            return _revision_of(machine, version_arn), version_arn, machine.aliases[qualifier].arn
        version = find_version(machine, arn)
        return (machine.current, None, None) if version is None else (version.revision, version.arn, None)

    def _make(self, revision: Revision, request: dict[str, Any], version: str | None, alias: str | None) -> Execution:
        name = request.get("name") or str(uuid.uuid4())
        check_name(name)
        text = request.get("input", "{}")
        value = _input_value(text)
        kind = "express" if revision.is_express else "execution"
        arn = f"arn:aws:states:{revision.region}:{revision.account}:{kind}:{revision.name}:{name}"
        if revision.is_express:
            arn = f"{arn}:{uuid.uuid4()}"
        history = History(self.engine.clock, limited=not revision.is_express, kept=not revision.is_express)
        compact = to_json(value)
        return Execution(
            arn=arn,
            name=name,
            revision=revision,
            input_text=text,
            input=value,
            started=self.engine.clock.now(),
            history=history,
            root=Branch(revision.machine, revision.machine.start_at, value, compact, Scope()),
            version_arn=version,
            alias_arn=alias,
            trace_header=request.get("traceHeader"),
        )

    def _begin(self, execution: Execution) -> None:
        details = {"input": execution.input_text, "roleArn": execution.revision.role_arn}
        qualifiers = {
            "stateMachineVersionArn": execution.version_arn,
            "stateMachineAliasArn": execution.alias_arn,
        }
        details |= {name: value for name, value in qualifiers.items() if value is not None}
        execution.history.listener = self.engine.notifications.history_listener(execution)
        execution.history.add("ExecutionStarted", 0, details)
        self.engine.start(execution)


_UNREADABLE_WORD = re.compile(r"\s*([A-Za-z_]\w*)")


def _input_value(text: str) -> Any:
    if is_too_large(text):
        raise AwsError("InvalidExecutionInput", "Invalid State Machine Execution Input: 'Input exceeds 262144 bytes'")
    if not text.strip():
        raise AwsError("InvalidExecutionInput", "Invalid State Machine Execution Input: 'Invalid execution input.'")
    try:
        return parse_json(text)
    except ValueError as error:
        word = _UNREADABLE_WORD.match(text)
        reason = (
            f"Unrecognized token '{word[1]}': was expecting (JSON String, Number, Array, Object or token 'null', "
            "'true' or 'false')"
            if word
            else str(error)
        )
        raise AwsError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{reason}'") from None


def _revision_of(machine: StateMachine, version_arn: str) -> Revision:
    version = find_version(machine, version_arn)
    return machine.current if version is None else version.revision


def _summary(execution: Execution) -> dict[str, Any]:
    summary: dict[str, Any] = {
        "executionArn": execution.arn,
        "stateMachineArn": execution.revision.arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": date(execution.started),
        "redriveCount": execution.redrive_count,
    }
    if execution.stopped is not None:
        summary["stopDate"] = date(execution.stopped)
    if execution.redriven is not None:
        summary["redriveDate"] = date(execution.redriven)
    if execution.map_run_arn is not None:
        summary["mapRunArn"] = execution.map_run_arn
    if execution.version_arn is not None:
        summary["stateMachineVersionArn"] = execution.version_arn
    if execution.alias_arn is not None:
        summary["stateMachineAliasArn"] = execution.alias_arn
    return summary


def _ending(execution: Execution) -> dict[str, Any]:
    if execution.status == "SUCCEEDED":
        return {"output": execution.output_text, "outputDetails": {"included": True}}
    told = {"error": execution.error, "cause": execution.cause}
    return {name: value for name, value in told.items() if value is not None}
