"""Options that several commands share."""

from typing import Annotated

import typer

Aws = Annotated[bool, typer.Option("--aws", help="Use the AWS account in use instead of the local AWS.")]
Environment = Annotated[
    str, typer.Option("--env", "-e", envvar="MLOPS_ENVIRONMENT", help="Environment of cdk.json: dev, staging or prod.")
]
