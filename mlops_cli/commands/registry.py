"""``mlops approve``, ``reject`` and ``lineage``: versions of models, what is decided of them, what made them."""

import json
from typing import Annotated

import typer

from mlops_cli.commands.options import Aws
from mlops_cli.target import choose_target
from mlops_cli.versions import Decision

_PANEL = "Models"

Version = Annotated[
    str,
    typer.Argument(
        metavar="VERSION", help="ARN of a version, or a group's name for the newest that waits for a decision."
    ),
]
Reason = Annotated[str | None, typer.Option("--reason", "-r", metavar="TEXT", help="Why; kept with the version.")]


def add_to(app: typer.Typer) -> None:
    """Adds the commands to the application."""
    for command in (approve, reject, lineage):
        app.command(rich_help_panel=_PANEL)(command)


def approve(version: Version, reason: Reason = None, aws: Aws = False) -> None:
    """Show a model's metrics and approve it; what waits for approvals deploys it."""
    _decide(version, "Approved", reason, aws=aws)


def reject(version: Version, reason: Reason = None, aws: Aws = False) -> None:
    """Show a model's metrics and reject it."""
    _decide(version, "Rejected", reason, aws=aws)


def lineage(
    thing: Annotated[
        str,
        typer.Argument(
            metavar="THING",
            help="An endpoint, a version's ARN, a group's name for its newest version, or an address in S3.",
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON, sorted by kind, and as a graph.")] = False,
    aws: Aws = False,
) -> None:
    """Show what made a model: jobs, parameters, data, code, images.

    What a thing was made of stands below it, further in. Jobs have their parameters and metrics, images their digests.
    """
    from mlops_cli.lineage import lineage_of  # loaded when they are needed, as boto3 is
    from mlops_cli.presentation import say

    found = lineage_of(choose_target(aws=aws), thing)
    if as_json:
        say(json.dumps(found.document(), indent=2))
        return
    for depth, origin, again in found.rows():
        indent = "  " * depth
        say(f"{indent}{origin.kind}: {origin.name}{' (see above)' if again else ''}")
        for name, value in () if again else origin.told.items():
            say(f"{indent}    {name} = {value}", style="dim")


def _decide(given: str, decision: Decision, reason: str | None, *, aws: bool) -> None:
    from mlops_cli import versions  # see above
    from mlops_cli.presentation import say

    target = choose_target(aws=aws)
    version = versions.find_version(target, given)
    say(f"{version.name}: {version.status}")
    told = list(versions.metrics(target, version))
    for name, value in told:
        say(f"  {name}: {value}")
    if not told:
        say("  no metrics were registered with it")
    versions.decide(target, version, decision, reason)
    say(f"{decision.lower()}: {version.arn}", style="green" if decision == "Approved" else "yellow")
