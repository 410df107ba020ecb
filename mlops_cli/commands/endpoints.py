"""``mlops invoke``: calling a live endpoint."""

from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import ClientError

from mlops_cli.commands.options import Aws
from mlops_cli.errors import BAD_INPUT, FAILED, CliError
from mlops_cli.project import from_caller
from mlops_cli.target import choose_target

_TYPES = {".csv": "text/csv", ".json": "application/json", ".jsonl": "application/jsonlines"}


def add_to(app: typer.Typer) -> None:
    """Adds the command to the application."""
    app.command()(invoke)


def invoke(
    endpoint: Annotated[str, typer.Argument(help="Name of the endpoint.")],
    file: Annotated[Path, typer.Option("--file", "-f", help="The request's body: .csv or .json rows.")],
    content_type: Annotated[str | None, typer.Option(help="Default: by the file's ending.")] = None,
    accept: Annotated[str | None, typer.Option(help="Type of the answer. Default: the endpoint's choice.")] = None,
    aws: Aws = False,
) -> None:
    """Send rows to an endpoint and print its predictions."""
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
        wrong_name = details["Code"] in ("ValidationError", "ValidationException")
        raise CliError(
            f"{details['Code']}: {details['Message']}",
            hint=f"its log: ./mlops logs {endpoint}" if details["Code"] == "ModelError" else None,
            exit_code=BAD_INPUT if wrong_name else FAILED,
        ) from error
    typer.echo(answer["Body"].read().decode(errors="replace").rstrip("\n"))
