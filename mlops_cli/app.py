"""The commands, put together."""

import signal
import sys

import typer

from mlops_cli.commands import deploying, endpoints, local, machine, running
from mlops_cli.errors import UNAVAILABLE, CliError

app = typer.Typer(
    name="mlops",
    help="Deploy, run, watch and call machine-learning workflows, on an embedded local AWS or on AWS.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(local.app, name="local")
deploying.add_to(app)
running.add_to(app)
endpoints.add_to(app)
machine.add_to(app)


def main() -> None:
    """Runs a command; every expected failure ends in one message and the exit code that belongs to it."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        app()
    except Exception as error:
        told = error if isinstance(error, CliError) else _refusal(error)
        if told is None:
            raise
        from mlops_cli.presentation import print_error  # rich is loaded when there is something to say

        print_error(told)
        sys.exit(told.exit_code)


def _refusal(error: Exception) -> CliError | None:
    """What AWS's refusal, or its silence, means to a person; None for what is no such thing."""
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
    from botocore.exceptions import ConnectionError as NoConnectionError

    if isinstance(error, NoConnectionError | HTTPClientError):
        return CliError(
            f"AWS does not answer: {error}",
            hint="if it is the local one, it has ended: `./mlops local status` tells, `./mlops local up` starts it",
            exit_code=UNAVAILABLE,
        )
    if isinstance(error, ClientError):
        details = error.response["Error"]
        return CliError(f"{error.operation_name}: {details['Code']}: {details.get('Message', '')}")
    return CliError(str(error)) if isinstance(error, BotoCoreError) else None


def _interrupt(number: int, frame: object) -> None:  # noqa: ARG001 - a signal handler's signature
    """Ends a terminated command as Ctrl-C would: exit code 130, nothing left half-done."""
    raise KeyboardInterrupt
