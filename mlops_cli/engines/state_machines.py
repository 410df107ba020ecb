"""Workflows in Step Functions."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from mlops_cli.engines.selection import Selection
from mlops_cli.errors import BAD_INPUT, CliError
from mlops_cli.execution_input import checked, named_after, published_schema
from mlops_cli.failures import failure
from mlops_cli.history import RUNNING, Progress, Step
from mlops_cli.target import Target

if TYPE_CHECKING:
    from constructs_lib.rendering.diagrams import Graph

__all__ = [
    "failure",
    "find",
    "graph",
    "graph_of_execution",
    "made_by_runs",
    "newest",
    "refresh",
    "retry",
    "start",
    "stop",
    "workflow_of",
]

_ENDPOINT_NAME = re.compile(r'"EndpointName"\s*:\s*"([^"]+)"')
_COUNTED = {
    "pending": "waiting",
    "running": RUNNING,
    "succeeded": "SUCCEEDED",
    "failed": "FAILED",
    "timedOut": "TIMED_OUT",
    "aborted": "ABORTED",
}


def workflow_of(execution: str) -> str:
    """The state machine that an execution belongs to."""
    return execution.replace(":execution:", ":stateMachine:").rpartition(":")[0]


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


def newest(target: Target, state_machine: str) -> str | None:
    """A state machine's newest execution; None where it has none."""
    found = target.client("stepfunctions").list_executions(stateMachineArn=state_machine, maxResults=1)["executions"]
    return str(found[0]["executionArn"]) if found else None


def start(
    target: Target,
    state_machine: str,
    given: Mapping[str, str],
    *,
    name: str,
    selection: Selection | None = None,
) -> str:
    """Starts an execution; gives its ARN.

    Args:
        target: the AWS to run on.
        state_machine: its ARN.
        given: members of the input, as texts. Those that end in ``Name`` and are not given are named after the
            execution.
        name: of the execution.
        selection: refused: a state machine runs from its first state.

    Raises:
        CliError: an input that is not what the workflow asks for, with all that is wrong, or a name that is taken.
    """
    if selection is not None:
        raise CliError(
            "Step Functions runs all steps of a workflow: --from, --only and --reference are for SageMaker pipelines",
            hint="`./mlops retry` goes on with an execution that failed, where it failed",
            exit_code=BAD_INPUT,
        )
    schema = published_schema(target, state_machine)
    values = _by_names(target, state_machine, given, name) if schema is None else checked(schema, given, name)
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


def _by_names(target: Target, state_machine: str, given: Mapping[str, str], name: str) -> dict[str, Any]:
    """The input of a state machine that publishes no schema: members that its definition reads."""
    wanted = input_names(target, state_machine)
    unknown = sorted(set(given) - set(wanted))
    if unknown and wanted:
        raise CliError(
            f"unknown input {', '.join(unknown)}; the workflow reads {', '.join(wanted)}", exit_code=BAD_INPUT
        )
    values = {member: named_after(name, member) for member in wanted if member.endswith("Name")} | dict(given)
    missing = sorted(set(wanted) - set(values))
    if missing:
        raise CliError(
            f"missing input {', '.join(missing)}",
            hint=f"give it with --input {missing[0]}=VALUE",
            exit_code=BAD_INPUT,
        )
    return values


def refresh(target: Target, progress: Progress) -> None:
    """Brings what is known of an execution up to date."""
    stepfunctions = target.client("stepfunctions")
    # the status first: the history of an execution that has ended is whole
    status = stepfunctions.describe_execution(executionArn=progress.arn)["status"]
    for event in _events_after(stepfunctions, progress.arn, progress.last_event):
        progress.add(event)
    for step in progress.steps.values():
        runs = [visit.map_run for visit in step.visits.values() if visit.map_run is not None]
        if runs:
            _count(stepfunctions, step, runs)
    progress.status = status


def stop(target: Target, execution: str) -> None:
    """Stops an execution and its jobs."""
    described = target.client("stepfunctions").describe_execution(executionArn=execution)
    if described["status"] != RUNNING:
        raise CliError(f"the execution has ended: {described['status']}", exit_code=BAD_INPUT)
    target.client("stepfunctions").stop_execution(executionArn=execution, cause="stopped by the user")


def retry(target: Target, execution: str) -> None:
    """Goes on with an execution at the states that failed or were stopped."""
    try:
        target.client("stepfunctions").redrive_execution(executionArn=execution)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionNotRedrivable":
            raise
        raise CliError(
            f"the execution cannot go on: {error.response['Error']['Message']}", exit_code=BAD_INPUT
        ) from error


def made_by_runs(target: Target, state_machine: str) -> set[str]:
    """What executions made bears the names that their input gives, their own name, or one that the definition gives."""
    stepfunctions = target.client("stepfunctions")
    definition = stepfunctions.describe_state_machine(stateMachineArn=state_machine)["definition"]
    names: set[str] = set(_ENDPOINT_NAME.findall(definition))
    for page in stepfunctions.get_paginator("list_executions").paginate(stateMachineArn=state_machine):
        for execution in page["executions"]:
            names.add(execution["name"])
            described = stepfunctions.describe_execution(executionArn=execution["executionArn"])
            values = json.loads(described.get("input") or "{}")
            if isinstance(values, dict):
                named = (value for key, value in values.items() if key.endswith("Name"))
                names |= {name for name in named if isinstance(name, str)}
    return names


def graph(target: Target, state_machine: str, *, title: str) -> "Graph":
    """A state machine as it is deployed now."""
    described = target.client("stepfunctions").describe_state_machine(stateMachineArn=state_machine)
    return _drawn(described["definition"], title)


def graph_of_execution(target: Target, execution: str, *, title: str) -> "Graph":
    """A state machine as an execution runs it."""
    described = target.client("stepfunctions").describe_state_machine_for_execution(executionArn=execution)
    return _drawn(described["definition"], title)


def _drawn(definition: str, title: str) -> "Graph":
    from constructs_lib.rendering.diagrams import Graph  # start-up of other commands stays short

    return Graph.from_states(json.loads(definition), title=title)


def _count(stepfunctions: Any, step: Step, runs: list[str]) -> None:
    """Iterations that run as executions of their own are not in the history, but counted by their Map Run."""
    counts: Counter[str] = Counter()
    for run in runs:
        found = stepfunctions.describe_map_run(mapRunArn=run)["itemCounts"]
        counts += Counter({status: found[member] for member, status in _COUNTED.items()})
    step.counts = dict(counts)


def _events_after(stepfunctions: Any, execution: str, seen: int) -> Iterator[dict[str, Any]]:
    """The events with an id above `seen`, oldest first; reads backwards, so a long history is not read again."""
    new: list[dict[str, Any]] = []
    # the first look takes all there is in as few requests as may be, the others what little has come since
    pages = stepfunctions.get_paginator("get_execution_history").paginate(
        executionArn=execution, reverseOrder=True, PaginationConfig={"PageSize": 100 if seen else 1000}
    )
    for page in pages:
        for event in page["events"]:
            if event["id"] <= seen:
                return iter(reversed(new))
            new.append(event)
    return iter(reversed(new))
