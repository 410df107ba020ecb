"""What each step of an execution did and made."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from attrs import frozen
from rich.table import Table
from rich.text import Text

from constructs_lib.rendering.diagrams.run import duration
from mlops_cli.history import Progress, Step
from mlops_cli.presentation import MARKS
from mlops_cli.target import Target


@frozen(kw_only=True)
class Row:
    """A step.

    Attributes:
        step: what is known of it.
        job: name of its job or endpoint, or id of its build; None where it has none.
        made: addresses in S3 and ARNs of what it made.
    """

    step: Step
    job: str | None
    made: tuple[str, ...]


def rows(target: Target, progress: Progress) -> list[Row]:
    """The steps of an execution; what their jobs made is asked of the services."""
    found = []
    for step in progress.in_order():
        visit = step.telling
        told = _told(visit.output)
        described = _described(target, told) if told else {}
        found.append(Row(step=step, job=visit.log, made=tuple(dict.fromkeys(_made(described or told)))))
    return found


def made_lines(listed: list[Row]) -> Iterator[str]:
    """What each step left: its job, addresses, ARNs; a line each, since they are long and are copied."""
    for row in listed:
        if row.job or row.made:
            yield f"{row.step.name}:"
            yield from (f"  {text}" for text in ((f"job {row.job}",) if row.job else ()) + row.made)


def step_table(listed: list[Row], progress: Progress) -> Table:
    """The table of status and times."""
    mark, colour = MARKS[progress.status]
    title = Text(f"{mark} execution {progress.name}: {progress.status}", style=colour)
    table = Table(title=title, title_justify="left")
    for name in ("step", "status", "took", "attempts"):
        table.add_column(name, justify="right" if name in ("took", "attempts") else "left")
    now = datetime.now(UTC)
    for row in listed:
        step = row.step
        mark, colour = MARKS[step.status]
        table.add_row(
            Text(f"{'  ' * len(step.scope)}{step.name}"),
            Text(f"{mark} {step.status}", style=colour),
            duration(step.seconds(now)),
            str(step.attempts) if step.attempts > 1 else "",
        )
    return table


def _told(output: str | None) -> dict[str, Any]:
    """What a step gave, where that is an object."""
    try:
        told = json.loads(output or "{}")
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


_DESCRIPTIONS = {
    "ProcessingJob": ("describe_processing_job", "ProcessingJobName"),
    "TrainingJob": ("describe_training_job", "TrainingJobName"),
    "TransformJob": ("describe_transform_job", "TransformJobName"),
    "TuningJob": ("describe_hyper_parameter_tuning_job", "HyperParameterTuningJobName"),
}


def _described(target: Target, told: Mapping[str, Any]) -> dict[str, Any]:
    """The description of the job that a pipeline's metadata name; empty where they name none."""
    for kind, (operation, member) in _DESCRIPTIONS.items():
        arn = told[kind].get("Arn") if isinstance(told.get(kind), dict) else None
        if isinstance(arn, str):
            described = getattr(target.client("sagemaker"), operation)(**{member: arn.rpartition("/")[2]})
            return {**told, **described}
    return {}


def _made(told: Mapping[str, Any]) -> Iterator[str]:
    """What a job's description, a response or a pipeline's metadata say was made."""
    for output in told.get("ProcessingOutputConfig", {}).get("Outputs", ()):
        if "S3Output" in output:
            yield str(output["S3Output"]["S3Uri"])
    artifacts = told.get("ModelArtifacts", {}).get("S3ModelArtifacts")
    if artifacts:
        yield str(artifacts)
    if "S3OutputPath" in told.get("TransformOutput", {}):
        yield str(told["TransformOutput"]["S3OutputPath"])
    best = told.get("BestTrainingJob", {}).get("TrainingJobName")
    if best:
        yield f"best training job {best}"
    for kind in ("Model", "RegisterModel", "EndpointConfig", "Endpoint", "InferenceComponent"):
        if isinstance(told.get(kind), dict) and "Arn" in told[kind]:
            yield str(told[kind]["Arn"])
    if isinstance(noted := told.get("Lineage"), dict):
        for kind in ("ActionArns", "ArtifactArns", "ContextArns"):
            yield from noted.get(kind, {}).values()
    for member in ("ModelArn", "ModelPackageArn", "EndpointConfigArn", "EndpointArn"):
        if isinstance(told.get(member), str):
            yield told[member]
