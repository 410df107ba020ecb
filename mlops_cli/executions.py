"""Running executions of a state machine: starting one, and following it."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from mlops_cli.errors import BAD_INPUT, CliError
from mlops_cli.execution_input import named_after, problems, published_schema, typed
from mlops_cli.history import RUNNING, Progress, Step
from mlops_cli.target import Target

_COUNTED = {
    "pending": "waiting",
    "running": RUNNING,
    "succeeded": "SUCCEEDED",
    "failed": "FAILED",
    "timedOut": "TIMED_OUT",
    "aborted": "ABORTED",
}


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
        given: members of the input, as texts. Those that end in ``Name`` and are not given are named after the
            execution.
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
        member: named_after(name, member)
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
    values = {member: named_after(name, member) for member in wanted if member.endswith("Name")} | dict(given)
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
    for step in progress.steps.values():
        runs = [visit.map_run for visit in step.visits.values() if visit.map_run is not None]
        if runs:
            _count(stepfunctions, step, runs)
    progress.status = status


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
