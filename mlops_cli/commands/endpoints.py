"""``mlops invoke``: calling a live endpoint."""

import re
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import ClientError

from mlops_cli.commands.options import Aws
from mlops_cli.commands.running import PANEL
from mlops_cli.errors import BAD_INPUT, FAILED, CliError
from mlops_cli.project import from_caller
from mlops_cli.target import choose_target

_NAME = re.compile("[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
_TYPES = {".csv": "text/csv", ".json": "application/json", ".jsonl": "application/jsonlines"}


def add_to(app: typer.Typer) -> None:
    """Adds the command to the application."""
    app.command(rich_help_panel=PANEL)(invoke)


def invoke(
    endpoint: Annotated[str, typer.Argument(metavar="ENDPOINT", help="Name of the endpoint.")],
    file: Annotated[Path, typer.Option("--file", "-f", metavar="FILE", help="The request's body: .csv or .json rows.")],
    content_type: Annotated[
        str | None, typer.Option(metavar="TYPE", help="Type of the request. Default: by the file's ending.")
    ] = None,
    accept: Annotated[
        str | None, typer.Option(metavar="TYPE", help="Type of the answer. Default: the endpoint's choice.")
    ] = None,
    aws: Aws = False,
) -> None:
    """Send rows to an endpoint and print its predictions."""
    if not _NAME.fullmatch(endpoint):
        raise CliError(
            f"{endpoint!r} is no endpoint's name: expected letters, digits and inner hyphens, 63 at most",
            exit_code=BAD_INPUT,
        )
    path = from_caller(file)
    if not path.is_file():
        raise CliError(f"no such file: {file}", exit_code=BAD_INPUT)
    kind = content_type or _TYPES.get(path.suffix)
    if kind is None:
        raise CliError(
            f"{file}: cannot tell its type by its ending", hint="give it with --content-type", exit_code=BAD_INPUT
        )
    options = {} if accept is None else {"Accept": accept}
    try:
        answer = choose_target(aws=aws).client("sagemaker-runtime").invoke_endpoint(
            EndpointName=endpoint, ContentType=kind, Body=path.read_bytes(), **options
        )  # fmt: skip
    except ClientError as error:
        details = error.response["Error"]
        if details["Code"] == "ModelError":
            # AWS's message buries what the model said in a console's address
            status, said = error.response["OriginalStatusCode"], error.response["OriginalMessage"].strip()
            raise CliError(
                f"the model answered {status}: {said}", hint=f"its log: ./mlops logs {endpoint}", exit_code=FAILED
            ) from error
        wrong_name = details["Code"] in ("ValidationError", "ValidationException")
        raise CliError(
            f"{details['Code']}: {details['Message']}",
            hint="`./mlops run` makes one and names it after the execution" if wrong_name else None,
            exit_code=BAD_INPUT if wrong_name else FAILED,
        ) from error
    typer.echo(answer["Body"].read().decode(errors="replace").rstrip("\n"))
