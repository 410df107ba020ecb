"""Options that several commands share."""

from typing import Annotated

import typer

from mlops_cli.project import environments


def _known(value: str) -> str:
    known = environments()
    if value not in known:
        raise typer.BadParameter(f"got {value!r}, expected one of {', '.join(known)}")
    return value


Aws = Annotated[bool, typer.Option("--aws", help="Use the AWS account in use instead of the local AWS.")]
Environment = Annotated[
    str,
    typer.Option(
        "--env",
        "-e",
        metavar="NAME",
        envvar="MLOPS_ENVIRONMENT",
        callback=_known,
        help="Environment of cdk.json: dev, staging or prod.",
    ),
]
