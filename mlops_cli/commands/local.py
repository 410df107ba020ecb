"""``mlops local``: the embedded AWS."""

import shlex
from datetime import timedelta
from typing import Annotated

import typer

from mlops_cli import local_server
from mlops_cli.commands.deploying import deploy_to
from mlops_cli.errors import UNAVAILABLE
from mlops_cli.project import LOCAL_ENVIRONMENT, LOCAL_LOG, shown
from mlops_cli.target import Target, choose_target

app = typer.Typer(
    help="Start, find and end the embedded AWS on 127.0.0.1: up, env, status, down.", no_args_is_help=True
)


@app.command()
def up(
    port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, metavar="PORT", help="Port on 127.0.0.1; 0: a free one. Default: 4577, else a free one."
        ),
    ] = None,
    deploy: Annotated[bool, typer.Option("--deploy/--no-deploy", help="Deploy the app after the start.")] = True,
) -> None:
    """Start the local AWS in the background, and deploy the app to it."""
    server = local_server.running_on(port)
    if server is None:
        server = local_server.start(port)
        typer.echo(f"local AWS: {server.endpoint_url} (process {server.pid}, log {shown(LOCAL_LOG)})")
    else:
        typer.echo(f"local AWS: {server.endpoint_url} (process {server.pid}) was running")
    if deploy:
        deploy_to(Target(endpoint_url=server.endpoint_url), LOCAL_ENVIRONMENT)


@app.command()
def env() -> None:
    """Print the exports that point any AWS client at the local AWS: eval "$(./mlops local env)"."""
    for name, value in choose_target(aws=False).variables().items():
        typer.echo(f"export {name}={shlex.quote(value)}")
    typer.echo("unset AWS_PROFILE AWS_SESSION_TOKEN")


@app.command()
def status() -> None:
    """Say whether the local AWS runs, and what it is made of. Exit code 3 when it does not run."""
    server = local_server.running_server()
    if server is None:
        typer.echo("the local AWS is not running")
        raise typer.Exit(UNAVAILABLE)
    found = local_server.health(server) or {}
    up = timedelta(seconds=round(found.get("uptime_seconds", 0)))
    typer.echo(f"endpoint: {server.endpoint_url}")
    typer.echo(f"process: {server.pid}, up for {up}, {found.get('resident_mib', 0):.0f} MiB")
    typer.echo(f"engine: {found.get('engine') or 'not known yet'}")
    services = found.get("services", {})
    for title, kind in (("services of its own", "local"), ("services kept by moto", "moto")):
        typer.echo(f"{title}: {', '.join(name for name in services if services[name] == kind)}")
    typer.echo(f"log: {shown(LOCAL_LOG)}")


@app.command()
def down() -> None:
    """End the local AWS with all that runs on it; its state is gone. Built container environments stay cached."""
    server = local_server.running_server()
    if server is None:
        typer.echo("the local AWS was not running")
        return
    local_server.stop(server)
    typer.echo("the local AWS has ended")
