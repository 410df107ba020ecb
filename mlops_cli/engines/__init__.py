"""What runs workflows: Step Functions and SageMaker Pipelines, the same to every command.

Each engine is a module with the functions of `Engine`; `engine_of` finds it by an ARN.
"""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from mlops_cli.engines import pipelines, state_machines
from mlops_cli.engines.selection import Selection
from mlops_cli.failures import Failure
from mlops_cli.history import RUNNING, Progress
from mlops_cli.target import Target

if TYPE_CHECKING:
    from constructs_lib.rendering.diagrams import Graph

__all__ = ["Engine", "Selection", "engine_of", "follow", "look"]


class Engine(Protocol):
    """What the commands ask of an engine; workflows and executions are named by their ARNs."""

    def workflow_of(self, execution: str) -> str:
        """The workflow that an execution belongs to."""

    def find(self, target: Target, workflow: str, name: str) -> str | None:
        """A workflow's execution of a name; None where it has none."""

    def newest(self, target: Target, workflow: str) -> str | None:
        """A workflow's newest execution; None where it has none."""

    def start(
        self,
        target: Target,
        workflow: str,
        given: Mapping[str, str],
        *,
        name: str,
        selection: Selection | None = None,
    ) -> str:
        """Starts an execution; gives its ARN.

        Args:
            target: the AWS to run on.
            workflow: its ARN.
            given: members of the input, as texts.
            name: of the execution.
            selection: the steps to run, if not all.

        Raises:
            CliError: an input that is not what the workflow asks for, with all that is wrong.
        """

    def refresh(self, target: Target, progress: Progress) -> None:
        """Brings what is known of an execution up to date."""

    def stop(self, target: Target, execution: str) -> None:
        """Asks for the end of an execution and of its jobs.

        Raises:
            CliError: it has ended.
        """

    def retry(self, target: Target, execution: str) -> None:
        """Goes on with an execution where it failed or was stopped.

        Raises:
            CliError: it cannot go on.
        """

    def made_by_runs(self, target: Target, workflow: str) -> set[str]:
        """Names of models, endpoints and their configurations, and ARNs of model packages, that executions made."""

    def failure(self, progress: Progress) -> Failure:
        """Why an execution failed."""

    def graph(self, target: Target, workflow: str, *, title: str) -> "Graph":
        """A workflow as it is deployed now."""

    def graph_of_execution(self, target: Target, execution: str, *, title: str) -> "Graph":
        """A workflow as an execution runs it, which may be an older one."""


def engine_of(arn: str) -> Engine:
    """The engine of a workflow or an execution."""
    return pipelines if ":pipeline/" in arn else state_machines


def look(target: Target, execution: str) -> Progress:
    """What is known of an execution now."""
    progress = Progress(arn=execution)
    engine_of(execution).refresh(target, progress)
    return progress


def follow(target: Target, execution: str, on_change: Callable[[Progress], None]) -> Progress:
    """Follows an execution to its end.

    Args:
        target: the AWS that it runs on.
        execution: its ARN.
        on_change: called after each look, with what is known.

    Returns:
        what is known at the end.
    """
    engine, progress = engine_of(execution), Progress(arn=execution)
    while True:
        engine.refresh(target, progress)
        on_change(progress)
        if progress.status != RUNNING:
            return progress
        time.sleep(target.poll_seconds)
