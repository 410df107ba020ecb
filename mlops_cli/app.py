"""The commands, put together."""

import signal
import sys

import typer

from mlops_cli.commands import comparing, deploying, endpoints, local, machine, registry, running
from mlops_cli.errors import BAD_INPUT, FAILED, UNAVAILABLE, CliError

app = typer.Typer(
    name="mlops",
    help="Deploy, run, watch and call machine-learning workflows, on an embedded local AWS or on AWS.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
machine.add_to(app)
app.add_typer(local.app, name="local", rich_help_panel="The local AWS")
deploying.add_to(app)
comparing.add_to(app)
running.add_to(app)
endpoints.add_to(app)
registry.add_to(app)

_CREDENTIALS_REFUSED = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_CREDENTIALS_HINT = "sign in (`aws sso login`, `aws configure`), or name another profile with AWS_PROFILE"
_WORDS_REFUSED = frozenset({"ExecutionDoesNotExist", "InvalidArn", "InvalidName", "StateMachineDoesNotExist"})


def main() -> None:
    """Runs a command; every expected failure ends in one message and the exit code that belongs to it."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        app(prog_name="./mlops")
    except Exception as error:
        told = error if isinstance(error, CliError) else _refusal(error)
        if told is None:
            raise
        from mlops_cli.presentation import print_error  # rich is loaded when there is something to say

        print_error(told)
        sys.exit(told.exit_code)


def _refusal(error: Exception) -> CliError | None:
    """What AWS's refusal, or its silence, means to a person; None for what is no such thing."""
    from botocore import exceptions as boto

    if isinstance(error, boto.ConnectionError | boto.HTTPClientError):
        return CliError(
            f"AWS does not answer: {error}",
            hint="if it is the local one, it has ended: `./mlops local status` tells, `./mlops local up` starts it",
            exit_code=UNAVAILABLE,
        )
    if isinstance(error, boto.NoCredentialsError | boto.PartialCredentialsError | boto.ProfileNotFound):
        return CliError(f"AWS needs credentials: {error}", hint=_CREDENTIALS_HINT, exit_code=UNAVAILABLE)
    if isinstance(error, boto.ClientError):
        details = error.response["Error"]
        message = f"{error.operation_name}: {details['Code']}: {details.get('Message', '')}"
        if details["Code"] in _CREDENTIALS_REFUSED:
            return CliError(message, hint=_CREDENTIALS_HINT, exit_code=UNAVAILABLE)
        return CliError(message, exit_code=BAD_INPUT if details["Code"] in _WORDS_REFUSED else FAILED)
    return CliError(str(error)) if isinstance(error, boto.BotoCoreError) else None


def _interrupt(number: int, frame: object) -> None:  # noqa: ARG001 - a signal handler's signature
    """Ends a terminated command as Ctrl-C would: exit code 130, nothing left half-done."""
    raise KeyboardInterrupt
