"""The commands, put together."""

import signal
import sys

import typer

from mlops_cli.commands import deploying, endpoints, local, machine, running
from mlops_cli.errors import INTERRUPTED, CliError

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
        app(standalone_mode=False)
    except CliError as error:
        from mlops_cli.presentation import print_error  # rich is loaded when there is something to say

        print_error(error)
        sys.exit(error.exit_code)
    except typer.Exit as done:
        sys.exit(done.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        sys.stderr.write("interrupted\n")
        sys.exit(INTERRUPTED)
    except Exception as error:
        import click  # part of typer

        if isinstance(error, click.ClickException):
            error.show()
            sys.exit(error.exit_code)
        raise


def _interrupt(number: int, frame: object) -> None:  # noqa: ARG001 - a signal handler's signature
    raise KeyboardInterrupt
