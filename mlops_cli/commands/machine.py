"""``mlops doctor``, ``demo`` and ``test``: this machine and this checkout."""

import enum
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from mlops_cli import local_server
from mlops_cli.errors import UNAVAILABLE
from mlops_cli.project import CDK, ROOT, output_file


def add_to(app: typer.Typer) -> None:
    """Adds the commands to the application."""
    app.command(rich_help_panel="Begin here")(demo)
    app.command(rich_help_panel="Begin here")(doctor)
    app.command(
        rich_help_panel="Begin here",
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
        help="Run the test suite; arguments go to pytest.",
    )(test)


def doctor() -> None:
    """Say what this machine has: Python, Node, CDK, container engine, port. Exit code 3 when something is missing."""
    missing = False
    for label, value, fine in _findings():
        typer.echo(f"{'ok     ' if fine else 'MISSING'} {label}: {value}")
        missing |= not fine
    if missing:
        raise typer.Exit(UNAVAILABLE)


def _findings() -> list[tuple[str, str, bool]]:
    node = _version("node", "--version")
    cdk = _version("node", str(CDK), "--version") if CDK.exists() and node else None
    server = local_server.running_server()
    return [
        ("Python", f"{platform.python_version()} ({sys.executable})", sys.version_info >= (3, 11)),
        ("Node", node or "not on PATH: ./mlops installs one", node is not None),
        ("CDK command line", cdk or "not installed: npm ci", cdk is not None),
        ("container engine", *_engine()),
        (
            "local AWS",
            f"runs at {server.endpoint_url}" if server else f"not running; port {local_server.describe_port()}",
            True,
        ),
        ("processors and memory", f"{os.cpu_count()}, {_memory_gib():.0f} GiB", True),
    ]


def _engine() -> tuple[str, bool]:
    # the local AWS is loaded only where it is asked
    from local_aws.containers.engine import EngineError, choose_engine
    from local_aws.platform import Platform

    with tempfile.TemporaryDirectory() as scratch:
        ground = Platform(endpoint_url="http://127.0.0.1:0", state_dir=Path(scratch), cache_dir=Path(scratch))
        try:
            return choose_engine(ground).description, True
        except EngineError as error:
            return str(error), False
        finally:
            ground.stop()


def _version(*command: str) -> str | None:
    if shutil.which(command[0]) is None:
        return None
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def _memory_gib() -> float:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30


class DemoPart(enum.StrEnum):
    """Workflows that the demo runs, in this order."""

    byoc_housing = "byoc-housing"
    housing_ray = "housing-ray"


def demo(
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Also write what happened to this file.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            metavar="PORT",
            help="Port of the local AWS; 0: a free one. Default: 4577, else a free one.",
        ),
    ] = None,
    only: Annotated[
        DemoPart | None, typer.Option(help="Run this workflow alone. Default: byoc-housing, then housing-ray.")
    ] = None,
) -> None:
    """Start the local AWS, deploy the app, run its workflows, and call the live endpoints that come out of them."""
    from mlops_cli.demo import run_demo

    parts = tuple(DemoPart) if only is None else (only,)
    run_demo(port=port, json_file=None if json_file is None else output_file(json_file), parts=parts)


def test(context: typer.Context) -> None:
    """Run the test suite; arguments go to pytest."""
    sys.exit(subprocess.run([sys.executable, "-m", "pytest", *context.args], cwd=ROOT, check=False).returncode)
