"""Pictures of deployed workflows, and of their executions."""

import enum
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_cli import engines
from mlops_cli.engines import engine_of
from mlops_cli.failures import told_by
from mlops_cli.history import RUNNING, Progress
from mlops_cli.target import Target

if TYPE_CHECKING:
    from constructs_lib.rendering.diagrams import Run

_REFRESH_SECONDS = 2


class GraphFormat(enum.StrEnum):
    """What ``graph`` draws."""

    mermaid = "mermaid"
    svg = "svg"
    html = "html"


def of_workflow(target: Target, arn: str, form: GraphFormat, *, workflow: str) -> str:
    """The picture of a deployed state machine or pipeline, as it is now."""
    from constructs_lib.rendering import diagrams  # start-up of other commands stays short

    graph = engine_of(arn).graph(target, arn, title=workflow)
    return str(getattr(diagrams, f"draw_{form}")(graph))


def of_execution(
    target: Target, progress: Progress, form: GraphFormat, *, workflow: str, refreshed: bool = False
) -> str:
    """The picture of an execution, on the definition that it runs, which may be an older one.

    Args:
        target: the AWS that it runs on.
        progress: what is known of it.
        form: of the picture.
        workflow: its name, for the title.
        refreshed: whether a browser is to load the page again while the execution runs.
    """
    from constructs_lib.rendering import diagrams  # see of_workflow

    title = f"{workflow}: {progress.name}"
    graph = engine_of(progress.arn).graph_of_execution(target, progress.arn, title=title)
    run = as_run(progress)
    if form is GraphFormat.html:
        again = _REFRESH_SECONDS if refreshed and progress.status == RUNNING else None
        return diagrams.draw_html(graph, run, refresh_seconds=again)
    return diagrams.draw_svg(graph, run) if form is GraphFormat.svg else diagrams.draw_mermaid(graph, run)


def keep_up_to_date(target: Target, execution: str, form: GraphFormat, file: Path, *, workflow: str) -> Progress:
    """Writes the picture of an execution again and again until it has ended."""
    due = 0.0

    def write(progress: Progress) -> None:
        nonlocal due
        if progress.status == RUNNING and time.monotonic() < due:
            return
        due = time.monotonic() + _REFRESH_SECONDS
        text = of_execution(target, progress, form, workflow=workflow, refreshed=True)
        # whoever reads the file at this moment finds the picture before or this one, whole
        partial = file.with_name(f".{file.name}.{os.getpid()}")
        partial.write_text(text, encoding="utf-8")
        partial.replace(file)

    return engines.follow(target, execution, write)


def as_run(progress: Progress) -> "Run":
    """What is known of an execution, as the pictures take it."""
    from constructs_lib.rendering.diagrams import Run, StepRun  # see of_workflow

    now = datetime.now(UTC)
    steps = {}
    for step in progress.steps.values():
        visit = step.telling
        steps[step.name] = StepRun(
            status=step.status,
            started=step.started,
            seconds=step.seconds(now),
            attempts=visit.attempts,
            iterations=step.iterations,
            input=visit.input,
            output=visit.output,
            error=visit.error,
            cause=visit.cause,
            reason=_reason(visit.cause),
            log=visit.log,
        )
    started = progress.started
    return Run(
        name=progress.name,
        status=progress.status,
        steps=steps,
        taken=frozenset(progress.taken),
        started=started,
        seconds=None if started is None else ((progress.ended or now) - started).total_seconds(),
        error=progress.error,
        cause=progress.cause,
    )


def _reason(cause: str | None) -> str | None:
    """What a person reads first, where the cause does not say it itself."""
    reason = told_by(cause or "")[0]
    return None if reason == (cause or "") else reason
