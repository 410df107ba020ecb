"""Running executions of a state machine: starting one, following it, and finding out why it failed."""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from attrs import define, field, frozen
from botocore.exceptions import ClientError

from mlops_cli.errors import BAD_INPUT, CliError
from mlops_cli.execution_input import problems, published_schema, typed
from mlops_cli.target import Target

RUNNING = "RUNNING"
SUCCEEDED = "SUCCEEDED"
ENDPOINT_FAILED = "EndpointFailed"
"""The error of an endpoint step whose endpoint did not come into service."""
_FAILURES = ("Failed", "TimedOut", "Aborted", "StartFailed", "SubmitFailed", "ScheduleFailed")


@define(kw_only=True)
class Step:
    """A state of an execution; helper states (``name: …``) count to the step that they serve.

    Attributes:
        name: of the state.
        status: RUNNING, SUCCEEDED, FAILED, or CAUGHT (it failed, and a Catch went on).
        started: when it was first entered.
        ended: when it was last left, or None.
        attempts: how often its task was started; what its helper states do is none.
        error: the last error's name.
        cause: the last error's cause.
        endpoint: the name of the endpoint that its requests were about, or None.
    """

    name: str
    started: datetime
    status: str = RUNNING
    ended: datetime | None = None
    attempts: int = 0
    error: str | None = None
    cause: str | None = None
    endpoint: str | None = None

    def seconds(self, now: datetime) -> float:
        """How long it took, or has taken until `now`."""
        return ((self.ended or now) - self.started).total_seconds()


@define(kw_only=True)
class Progress:
    """What is known of an execution so far.

    Attributes:
        arn: of the execution.
        status: as Step Functions gives it.
        steps: in the order in which they were entered.
        error: the execution's error, where it failed.
        cause: that error's cause.
    """

    arn: str
    status: str = RUNNING
    steps: dict[str, Step] = field(factory=dict)
    error: str | None = None
    cause: str | None = None
    _by_event: dict[int, str] = field(factory=dict)

    @property
    def name(self) -> str:
        """The execution's name."""
        return self.arn.rsplit(":", 1)[-1]

    @property
    def last_event(self) -> int:
        """The id of the newest event that was taken into account; 0 before the first."""
        return next(reversed(self._by_event), 0)

    def add(self, event: dict[str, Any]) -> None:
        """Takes one event of the history into account."""
        kind, when = event["type"], event["timestamp"]
        details: dict[str, Any] = next((value for key, value in event.items() if key.endswith("EventDetails")), {})
        moves = kind.endswith(("StateEntered", "StateExited"))
        state = details["name"] if moves else self._by_event.get(event.get("previousEventId", 0), "")
        if kind.endswith("StateEntered"):
            name = _step_name(state)
            step = self.steps.setdefault(name, Step(name=name, started=when))
            step.status, step.ended = RUNNING, None
            if kind == "FailStateEntered":
                step.status = "FAILED"
        elif kind.endswith("StateExited"):
            step = self.steps[_step_name(state)]
            step.ended = when
            step.status = "CAUGHT" if step.error is not None and step.status == "FAILED" else SUCCEEDED
        elif kind.startswith("Execution"):
            self._end(kind, when, details)
        elif _step_name(state) in self.steps:
            self._task_event(self.steps[_step_name(state)], kind, details, helper=state != _step_name(state))
        self._by_event[event["id"]] = state

    def _task_event(self, step: Step, kind: str, details: dict[str, Any], *, helper: bool) -> None:
        if kind.endswith("Scheduled"):
            step.attempts += not helper
            step.status = RUNNING
            step.endpoint = _endpoint_of(details) or step.endpoint
        elif kind.endswith(_FAILURES):
            step.status = "FAILED"
            step.error, step.cause = details.get("error"), details.get("cause")
        elif kind.endswith("Succeeded"):
            step.error = step.cause = None

    def _end(self, kind: str, when: datetime, details: dict[str, Any]) -> None:
        if kind == "ExecutionStarted":
            return
        self.error, self.cause = details.get("error"), details.get("cause")
        for step in self.steps.values():
            if step.ended is None:
                step.ended = when
                if kind != "ExecutionSucceeded":
                    step.status = "FAILED" if step.status != SUCCEEDED else step.status
                    step.error, step.cause = step.error or self.error, step.cause or self.cause


def _endpoint_of(details: dict[str, Any]) -> str | None:
    if details.get("resource") not in ("createEndpoint", "updateEndpoint", "describeEndpoint"):
        return None
    name = json.loads(details.get("parameters") or "{}").get("EndpointName")
    return name if isinstance(name, str) else None


def _step_name(state: str) -> str:
    return state.partition(": ")[0]


def input_names(target: Target, state_machine: str) -> list[str]:
    """The members of the execution input that a state machine reads, from its deployed definition."""
    definition = target.client("stepfunctions").describe_state_machine(stateMachineArn=state_machine)["definition"]
    return sorted(set(re.findall(r"\$\$\.Execution\.Input\.([A-Za-z_]\w*)", definition)))


def find(target: Target, state_machine: str, name: str) -> str | None:
    """The ARN of a state machine's execution of a name; None where it has none."""
    arn = f"{state_machine.replace(':stateMachine:', ':execution:')}:{name}"
    try:
        target.client("stepfunctions").describe_execution(executionArn=arn)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("ExecutionDoesNotExist", "InvalidArn"):
            raise
        return None
    return arn


def start(target: Target, state_machine: str, given: dict[str, str], *, name: str) -> str:
    """Starts an execution; gives its ARN.

    Args:
        target: the AWS to run on.
        state_machine: its ARN.
        given: members of the input, as texts. Those that end in ``Name`` and are not given get the execution's name.
        name: of the execution.

    Raises:
        CliError: an input that is not what the workflow asks for, with all that is wrong, or a name that is taken.
    """
    schema = published_schema(target, state_machine)
    values = _by_names(target, state_machine, given, name) if schema is None else _by_schema(schema, given, name)
    try:
        started = target.client("stepfunctions").start_execution(
            stateMachineArn=state_machine, name=name, input=json.dumps(values)
        )
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in ("ExecutionAlreadyExists", "InvalidName", "StateMachineDoesNotExist", "InvalidArn"):
            raise CliError(f"{code}: {error.response['Error']['Message']}", exit_code=BAD_INPUT) from error
        raise
    return str(started["executionArn"])


def _by_schema(schema: Mapping[str, Any], given: Mapping[str, str], name: str) -> dict[str, Any]:
    """The input, checked against the schema that the workflow publishes."""
    properties: Mapping[str, Any] = schema.get("properties", {})
    named = {
        member: name
        for member in schema.get("required", ())
        if member.endswith("Name") and properties.get(member, {}).get("type") in (None, "string")
    }
    values = typed(schema, {**named, **given})
    found = problems(schema, values)
    if found:
        missing = [member for member in schema.get("required", ()) if member not in values]
        count = f"{len(found)} problem" + ("s" if len(found) > 1 else "")
        raise CliError(
            "\n".join([f"the input is not valid, {count}:", *found]),
            hint=f"give it with --input {missing[0]}=VALUE" if missing else None,
            exit_code=BAD_INPUT,
        )
    return values


def _by_names(target: Target, state_machine: str, given: Mapping[str, str], name: str) -> dict[str, Any]:
    """The input of a state machine that publishes no schema: members that its definition reads."""
    wanted = input_names(target, state_machine)
    unknown = sorted(set(given) - set(wanted))
    if unknown and wanted:
        raise CliError(
            f"unknown input {', '.join(unknown)}; the workflow reads {', '.join(wanted)}", exit_code=BAD_INPUT
        )
    values = {member: name for member in wanted if member.endswith("Name")} | dict(given)
    missing = sorted(set(wanted) - set(values))
    if missing:
        raise CliError(
            f"missing input {', '.join(missing)}",
            hint=f"give it with --input {missing[0]}=VALUE",
            exit_code=BAD_INPUT,
        )
    return values


def follow(target: Target, execution: str, on_change: Callable[[Progress], None]) -> Progress:
    """Follows an execution to its end.

    Args:
        target: the AWS that it runs on.
        execution: its ARN.
        on_change: called after each look, with what is known.

    Returns:
        what is known at the end.
    """
    progress = Progress(arn=execution)
    while True:
        _refresh(target, progress)
        on_change(progress)
        if progress.status != RUNNING:
            return progress
        time.sleep(target.poll_seconds)


def look(target: Target, execution: str) -> Progress:
    """What is known of an execution now."""
    progress = Progress(arn=execution)
    _refresh(target, progress)
    return progress


def _refresh(target: Target, progress: Progress) -> None:
    stepfunctions = target.client("stepfunctions")
    # the status first: the history of an execution that has ended is whole
    status = stepfunctions.describe_execution(executionArn=progress.arn)["status"]
    for event in _events_after(stepfunctions, progress.arn, progress.last_event):
        progress.add(event)
    progress.status = status


def _events_after(stepfunctions: Any, execution: str, seen: int) -> Iterator[dict[str, Any]]:
    """The events with an id above `seen`, oldest first; reads backwards, so a long history is not read again."""
    new: list[dict[str, Any]] = []
    pages = stepfunctions.get_paginator("get_execution_history").paginate(
        executionArn=execution, reverseOrder=True, PaginationConfig={"PageSize": 100}
    )
    for page in pages:
        for event in page["events"]:
            if event["id"] <= seen:
                return iter(reversed(new))
            new.append(event)
    return iter(reversed(new))


@frozen(kw_only=True)
class Failure:
    """Why an execution failed.

    Attributes:
        step: the state that failed, or None when no state did.
        error: the error's name.
        cause: for a person: the job's FailureReason where the cause is a job's description.
        job: the training job that failed, or None.
        build: the id of the build that failed, or None.
        endpoint: the endpoint that did not come into service, or None.
    """

    step: str | None
    error: str
    cause: str
    job: str | None = None
    build: str | None = None
    endpoint: str | None = None

    @property
    def log(self) -> str | None:
        """What ``mlops logs`` takes to show the log of what failed; None where there is none."""
        return self.job or self.build or self.endpoint


def failure(progress: Progress) -> Failure:
    """Finds the step that failed, and what it said; a caught task says more than the Fail state that follows."""
    failed = [step for step in progress.steps.values() if step.error is not None]
    tasks = [step for step in failed if step.attempts]
    step = (tasks or failed)[-1] if failed else None
    error = (step.error if step else progress.error) or progress.status
    cause = (step.cause if step else progress.cause) or ""
    name = step.name if step else None
    try:
        document = json.loads(cause)
    except ValueError:
        document = None
    if isinstance(document, dict) and "TrainingJobName" in document:
        return Failure(
            step=name,
            error=error,
            cause=_job_s_reason(document),
            job=document["TrainingJobName"],
        )
    build = re.search(r"[A-Za-z0-9][\w-]+:[0-9a-f]{8}-[0-9a-f-]{27}", cause)
    if build is not None:
        return Failure(step=name, error=error, cause=cause, build=build[0])
    if isinstance(document, dict) and "errorMessage" in document:
        cause = f"{document.get('errorType', 'error')}: {document['errorMessage']}"
    # a request that was refused made no endpoint, so nothing of that name has a log of this failure
    endpoint = step.endpoint if step is not None and error == ENDPOINT_FAILED else None
    return Failure(step=name, error=error, cause=cause, endpoint=endpoint)


def _job_s_reason(job: dict[str, Any]) -> str:
    if job.get("FailureReason"):
        return str(job["FailureReason"])
    status, step = job.get("TrainingJobStatus", ""), job.get("SecondaryStatus", "")
    limit = job.get("StoppingCondition", {}).get("MaxRuntimeInSeconds")
    if step == "MaxRuntimeExceeded":
        return f"the training job was stopped: {step}, its limit is {limit} s"
    return f"the training job is {status}" + (f" ({step})" if step not in ("", status) else "")
