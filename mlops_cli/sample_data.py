"""Sample data of the reference workflows, for an environment whose data bucket holds none yet."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import typer
from attrs import frozen

from mlops_cli import deployment, packages
from mlops_cli.project import WORKFLOWS
from mlops_cli.target import Target
from workflows.byoc_housing import data as houses
from workflows.housing_ray.data import files as house_files

ROWS = 10_000
SEED = 47
_HELD_BACK = 100


@frozen(kw_only=True)
class Sample:
    """Sample data of a workflow.

    Attributes:
        output: the stack output that names the prefix in S3 which the workflow reads.
        described: for a person.
        upload: puts it under a prefix of a bucket; gives the rows that are held back, with their header.
    """

    output: str
    described: str
    upload: Callable[[Target, str, str], list[Any]]


def ensure(target: Target, environment: str, workflow: str) -> None:
    """Uploads a reference workflow's sample data unless its prefix holds something already."""
    sample = _SAMPLES.get(workflow)
    if sample is None:  # a state machine of another name or hand is no reference workflow
        return
    bucket, prefix = _place(target, environment, sample)
    if target.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1).get("KeyCount"):
        return
    typer.echo(f"no data under s3://{bucket}/{prefix}: uploading {sample.described}")
    sample.upload(target, bucket, prefix)


def upload(target: Target, environment: str, workflow: str) -> list[Any]:
    """Uploads a reference workflow's sample data.

    Returns:
        the rows held back for tests: header first, then rows in the order of the data's columns.
    """
    sample = _SAMPLES[workflow]
    return sample.upload(target, *_place(target, environment, sample))


def _upload_houses(target: Target, bucket: str, prefix: str) -> list[Any]:
    parts = houses.split(list(houses.houses(ROWS, seed=SEED)))
    for channel in ("training", "validation"):
        key = prefix.replace("training/", f"{channel}/") + "houses.csv"
        _put(target, bucket, key, houses.to_csv(parts[channel]).encode())
    return [houses.COLUMNS, *parts["test"]]


def _upload_tumours(target: Target, bucket: str, prefix: str) -> list[Any]:
    """The data come with a package of the workflow's container; the workflow holds rows back itself."""
    workflow = WORKFLOWS / "sklearn_processing"
    container = workflow / "container"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cancer.csv"
        installed = packages.folder_with(container / "requirements.txt")
        packages.run(workflow / "raw_data.py", str(file), imports=[container, installed])
        _put(target, bucket, f"{prefix}{file.name}", file.read_bytes())
    return []


def _upload_houses_in_files(target: Target, bucket: str, prefix: str) -> list[Any]:
    for name, text in house_files(ROWS, seed=SEED):
        _put(target, bucket, prefix + name, text.encode())
    return [houses.COLUMNS, *list(houses.houses(ROWS + _HELD_BACK, seed=SEED))[ROWS:]]


_SAMPLES: Final[Mapping[str, Sample]] = MappingProxyType(
    {
        "byoc-housing": Sample(output="TrainingDataUri", described=f"{ROWS} sample rows", upload=_upload_houses),
        "housing-ray": Sample(
            output="HousingRayRawDataUri",
            described=f"{ROWS} sample rows in several files",
            upload=_upload_houses_in_files,
        ),
        "sklearn-processing": Sample(
            output="SklearnProcessingRawDataUri",
            described="the breast-cancer data that scikit-learn ships",
            upload=_upload_tumours,
        ),
    }
)


def _put(target: Target, bucket: str, key: str, body: bytes) -> None:
    target.client("s3").put_object(Bucket=bucket, Key=key, Body=body, ContentType="text/csv")


def _place(target: Target, environment: str, sample: Sample) -> tuple[str, str]:
    """The bucket and the prefix that a workflow reads."""
    uri = deployment.outputs(target, environment)[sample.output]
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    return bucket, prefix
