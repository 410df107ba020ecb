"""``mlops diff``: what a deployment would change in the workflows, and which steps then run again."""

from pathlib import Path
from typing import Annotated

import typer

from mlops_cli.cdk import Cdk
from mlops_cli.changes.assembly import read_assembly
from mlops_cli.changes.comparison import Comparison, between, with_deployed
from mlops_cli.commands.options import Aws, Environment
from mlops_cli.errors import BAD_INPUT, CliError
from mlops_cli.project import LOCAL_ENVIRONMENT, from_caller
from mlops_cli.target import choose_target


def add_to(app: typer.Typer) -> None:
    """Adds the command to the application."""
    app.command(rich_help_panel="The app in an account")(diff)


def diff(
    workflow: Annotated[
        str | None,
        typer.Argument(metavar="WORKFLOW", help="Name of a workflow, a pipeline or a state machine. Default: all."),
    ] = None,
    before: Annotated[
        Path | None,
        typer.Option("--from", metavar="FOLDER", help="A cloud assembly to compare with. Default: what is deployed."),
    ] = None,
    after: Annotated[
        Path | None,
        typer.Option("--to", metavar="FOLDER", help="The cloud assembly to compare. Default: the app, synthesized."),
    ] = None,
    aws: Aws = False,
    environment: Environment = LOCAL_ENVIRONMENT,
) -> None:
    """Tell which steps of pipelines run again and why, and which states of state machines differ."""
    from mlops_cli.changes.tables import show  # rich is loaded when there is something to show

    if before is not None and after is not None:
        found = between(read_assembly(from_caller(before)), read_assembly(from_caller(after)))
    else:
        target = choose_target(aws=aws)
        folder = Cdk(target, quiet=True).synth(environment) if after is None else from_caller(after)
        new = read_assembly(folder)
        found = with_deployed(target, new) if before is None else between(read_assembly(from_caller(before)), new)
    for comparison in chosen(found, workflow):
        show(comparison)


def chosen(found: list[Comparison], workflow: str | None) -> list[Comparison]:
    """The comparisons of a workflow, or all.

    Raises:
        CliError: there is no such workflow; the message lists those that there are.
    """
    picked = [comparison for comparison in found if workflow is None or workflow in comparison.names]
    if not picked:
        known = ", ".join(comparison.names[0] for comparison in found) or "none"
        wanted = "workflow" if workflow is None else f"workflow {workflow!r}"
        raise CliError(f"no {wanted} is in the app; there are: {known}", exit_code=BAD_INPUT)
    return picked
