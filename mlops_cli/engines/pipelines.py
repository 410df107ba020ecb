"""Workflows in SageMaker Pipelines."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from mlops_cli.engines.selection import Selection
from mlops_cli.errors import BAD_INPUT, CliError
from mlops_cli.execution_input import checked
from mlops_cli.failures import Failure
from mlops_cli.history import RUNNING, Progress, Step, Visit
from mlops_cli.target import Target

if TYPE_CHECKING:
    from constructs_lib.rendering.diagrams import Graph

_STATUSES = {
    "Starting": RUNNING,
    "Executing": RUNNING,
    "Stopping": RUNNING,
    "Stopped": "ABORTED",
    "Failed": "FAILED",
    "Succeeded": "SUCCEEDED",
}
_TYPES = {"String": "string", "Integer": "integer", "Float": "number", "Boolean": "boolean"}
_TAKEN = {"CacheHitResult": "CACHED", "SelectiveExecutionResult": "REUSED"}
_JOBS = ("ProcessingJob", "TrainingJob", "TuningJob", "TransformJob")
_MADE = ("Model", "RegisterModel", "Endpoint", "EndpointConfig", "InferenceComponent")
_LONGEST_NAME = 82


def workflow_of(execution: str) -> str:
    """The pipeline that an execution belongs to."""
    return execution.partition("/execution/")[0]


def find(target: Target, pipeline: str, name: str) -> str | None:
    """A pipeline's execution of a display name, or of an id; None where it has none."""
    for execution in _executions(target, pipeline):
        arn = str(execution["PipelineExecutionArn"])
        if name in (execution.get("PipelineExecutionDisplayName"), arn.rpartition("/")[2]):
            return arn
    return None


def newest(target: Target, pipeline: str) -> str | None:
    """A pipeline's newest execution; None where it has none."""
    return next((str(found["PipelineExecutionArn"]) for found in _executions(target, pipeline)), None)


def start(
    target: Target,
    pipeline: str,
    given: Mapping[str, str],
    *,
    name: str,
    selection: Selection | None = None,
) -> str:
    """Starts an execution; gives its ARN.

    Args:
        target: the AWS to run on.
        pipeline: its ARN.
        given: parameters, as texts; the pipeline's own defaults stand for the others.
        name: by which the execution is shown.
        selection: the steps to run, if not all.

    Raises:
        CliError: parameters that are not what the pipeline asks for, with all that is wrong, or steps that it does
            not have.
    """
    document = _document(target, pipeline)
    values = checked(parameter_schema(document), given, name)
    request: dict[str, Any] = {
        "PipelineName": _name(pipeline),
        "PipelineExecutionDisplayName": name[:_LONGEST_NAME].rstrip("-"),
    }
    if values:
        request["PipelineParameters"] = [{"Name": key, "Value": _text(value)} for key, value in values.items()]
    if selection is not None:
        request["SelectiveExecutionConfig"] = _selective(target, pipeline, document, selection)
    started = target.client("sagemaker").start_pipeline_execution(**request)
    return str(started["PipelineExecutionArn"])


def parameter_schema(document: Mapping[str, Any]) -> dict[str, Any]:
    """What a pipeline's parameters must be, as a JSON Schema."""
    properties: dict[str, Any] = {}
    required = []
    for parameter in document.get("Parameters", ()):
        rules: dict[str, Any] = {"type": _TYPES.get(parameter.get("Type"), "string")}
        if parameter.get("EnumValues"):
            rules["enum"] = parameter["EnumValues"]
        properties[parameter["Name"]] = rules
        if "DefaultValue" not in parameter:
            required.append(parameter["Name"])
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def refresh(target: Target, progress: Progress) -> None:
    """Brings what is known of an execution up to date."""
    sagemaker = target.client("sagemaker")
    # the status first: the steps of an execution that has ended are all listed
    described = sagemaker.describe_pipeline_execution(PipelineExecutionArn=progress.arn)
    progress.status = _STATUSES[described["PipelineExecutionStatus"]]
    progress.started = described["CreationTime"]
    progress.ended = None if progress.status == RUNNING else described["LastModifiedTime"]
    progress.cause = described.get("FailureReason")
    pages = sagemaker.get_paginator("list_pipeline_execution_steps").paginate(
        PipelineExecutionArn=progress.arn, SortOrder="Ascending"
    )
    for page in pages:
        for told in page["PipelineExecutionSteps"]:
            name = told["StepName"]
            step = progress.steps.setdefault(name, Step(name=name, scope=()))
            step.visits[()] = _visit(told, described["CreationTime"])


def _visit(told: Mapping[str, Any], begun: datetime) -> Visit:
    status = _STATUSES[told["StepStatus"]]
    taken = next((word for member, word in _TAKEN.items() if member in told), None)
    # a step that waits for its turn has no time yet
    started = told.get("StartTime", begun)
    metadata = told.get("Metadata", {})
    job = next((metadata[kind]["Arn"] for kind in _JOBS if "Arn" in metadata.get(kind, {})), None)
    failed = status == "FAILED"
    return Visit(
        started=started,
        # the times of a step that a selective execution leaves out are another execution's
        ended=started if taken == "REUSED" else told.get("EndTime"),
        status=taken or status,
        attempts=max(1, told.get("AttemptCount", 1)),
        output=json.dumps(metadata, default=str) if metadata else None,
        error="" if failed else None,
        cause=told.get("FailureReason") if failed else None,
        log=None if job is None else str(job).rpartition("/")[2],
        endpoint=str(metadata["Endpoint"]["Arn"]).rpartition("/")[2] if "Arn" in metadata.get("Endpoint", {}) else None,
    )


def stop(target: Target, execution: str) -> None:
    """Stops an execution and its jobs."""
    described = target.client("sagemaker").describe_pipeline_execution(PipelineExecutionArn=execution)
    if _STATUSES[described["PipelineExecutionStatus"]] != RUNNING:
        raise CliError(f"the execution has ended: {described['PipelineExecutionStatus']}", exit_code=BAD_INPUT)
    target.client("sagemaker").stop_pipeline_execution(PipelineExecutionArn=execution)


def retry(target: Target, execution: str) -> None:
    """Goes on with an execution at the steps that failed or were stopped."""
    try:
        target.client("sagemaker").retry_pipeline_execution(PipelineExecutionArn=execution)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("ValidationException", "ConflictException"):
            raise
        raise CliError(
            f"the execution cannot go on: {error.response['Error']['Message']}", exit_code=BAD_INPUT
        ) from error


def made_by_runs(target: Target, pipeline: str) -> set[str]:
    """What the steps of executions made, as their metadata tell."""
    steps = target.client("sagemaker").get_paginator("list_pipeline_execution_steps")
    made: set[str] = set()
    for execution in _executions(target, pipeline):
        for page in steps.paginate(PipelineExecutionArn=execution["PipelineExecutionArn"]):
            for step in page["PipelineExecutionSteps"]:
                arns = [
                    told["Arn"] for kind, told in step.get("Metadata", {}).items() if kind in _MADE and "Arn" in told
                ]
                made |= {arn if ":model-package/" in arn else arn.rpartition("/")[2] for arn in arns}
    return made


def failure(progress: Progress) -> Failure:
    """Why an execution failed: the first step that did, since others are stopped for its sake."""
    failed = [step for step in progress.steps.values() if step.status == "FAILED"]
    if not failed:
        return Failure(step=None, error=progress.status, cause=progress.cause or "")
    visit = min(failed, key=lambda step: step.ended or step.started).telling
    name = next(step.name for step in failed if step.telling is visit)
    return Failure(step=name, error="", cause=visit.cause or "", job=visit.log, endpoint=visit.endpoint)


def graph(target: Target, pipeline: str, *, title: str) -> "Graph":
    """A pipeline as it is deployed now."""
    return _drawn(_document(target, pipeline), title)


def graph_of_execution(target: Target, execution: str, *, title: str) -> "Graph":
    """A pipeline as an execution runs it."""
    described = target.client("sagemaker").describe_pipeline_definition_for_execution(PipelineExecutionArn=execution)
    return _drawn(json.loads(described["PipelineDefinition"]), title)


def _drawn(document: Mapping[str, Any], title: str) -> "Graph":
    from constructs_lib.rendering.diagrams import pipeline_graph  # start-up of other commands stays short

    return pipeline_graph(document, title=title)


def _selective(target: Target, pipeline: str, document: Mapping[str, Any], selection: Selection) -> dict[str, Any]:
    """The request for a part of the steps."""
    drawn = _drawn(document, "")
    known = list(drawn.names())
    named = [*selection.only, *(() if selection.start is None else (selection.start,))]
    unknown = [name for name in named if name not in known]
    if unknown:
        raise CliError(
            f"the pipeline has no step {', '.join(map(repr, unknown))}; its steps are {', '.join(known)}",
            exit_code=BAD_INPUT,
        )
    chosen = set(selection.only)
    if selection.start is not None:
        chosen |= _with_all_behind(selection.start, drawn)
    request: dict[str, Any] = {"SelectedSteps": [{"StepName": name} for name in known if name in chosen]}
    if len(chosen) < len(known):
        request["SourcePipelineExecutionArn"] = _reference(target, pipeline, selection.reference)
    return request


def _with_all_behind(start: str, drawn: "Graph") -> set[str]:
    """A step and all that wait for it."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [edge.target for edge in drawn.edges if edge.source == name]
    return found


def _reference(target: Target, pipeline: str, reference: str | None) -> str:
    if reference is not None and reference.startswith("arn:"):
        return reference
    found = newest(target, pipeline) if reference is None else find(target, pipeline, reference)
    if found is None:
        wanted = "an execution" if reference is None else f"an execution {reference!r}"
        raise CliError(
            f"the steps that are not chosen need {wanted} that their outputs come from, and the pipeline has none",
            hint="run the whole pipeline first, or name one with --reference",
            exit_code=BAD_INPUT,
        )
    return found


def _executions(target: Target, pipeline: str) -> Iterator[dict[str, Any]]:
    """The executions of a pipeline, the newest first."""
    pages = target.client("sagemaker").get_paginator("list_pipeline_executions")
    for page in pages.paginate(PipelineName=_name(pipeline), SortBy="CreationTime", SortOrder="Descending"):
        yield from page["PipelineExecutionSummaries"]


def _document(target: Target, pipeline: str) -> dict[str, Any]:
    described = target.client("sagemaker").describe_pipeline(PipelineName=_name(pipeline))
    document: dict[str, Any] = json.loads(described["PipelineDefinition"])
    return document


def _name(pipeline: str) -> str:
    return pipeline.rpartition("/")[2]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
