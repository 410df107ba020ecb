"""Sample data of the reference workflows, for an environment whose data bucket holds none yet."""

import importlib
from typing import Any

import typer

from mlops_cli import deployment
from mlops_cli.project import WORKFLOWS
from mlops_cli.target import Target

ROWS = 10_000
SEED = 47


def ensure(target: Target, environment: str, workflow: str) -> None:
    """Uploads a reference workflow's sample data unless its training prefix holds something already."""
    if not _has_sample_data(workflow):
        return
    bucket, prefix = _place(deployment.outputs(target, environment))
    s3 = target.client("s3")
    if s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1).get("KeyCount"):
        return
    typer.echo(f"no data under s3://{bucket}/{prefix}: uploading {ROWS} sample rows")
    upload(target, environment, workflow)


def upload(target: Target, environment: str, workflow: str, *, rows: int = ROWS) -> list[Any]:
    """Generates and uploads training and validation rows.

    Returns:
        the rows held back for tests: header first, then rows in the order of the training data's columns.
    """
    bucket, prefix = _place(deployment.outputs(target, environment))
    data = importlib.import_module(f"workflows.{workflow.replace('-', '_')}.data")
    parts = data.split(list(data.houses(rows, seed=SEED)))
    s3 = target.client("s3")
    for channel in ("training", "validation"):
        key = prefix.replace("training/", f"{channel}/") + "houses.csv"
        s3.put_object(Bucket=bucket, Key=key, Body=data.to_csv(parts[channel]).encode(), ContentType="text/csv")
    return [data.COLUMNS, *parts["test"]]


def _has_sample_data(workflow: str) -> bool:
    module = workflow.replace("-", "_")
    # a state machine of another name or hand is no reference workflow
    return module.isidentifier() and (WORKFLOWS / module / "data.py").is_file()


def _place(outputs: dict[str, str]) -> tuple[str, str]:
    bucket, _, prefix = outputs["TrainingDataUri"].removeprefix("s3://").partition("/")
    return bucket, prefix
