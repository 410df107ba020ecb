"""Requests about processing jobs that are refused."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.conftest import Account
from tests.local_aws.sagemaker.processing.requests import output, outputs, source

ATHENA = {
    "AthenaDatasetDefinition": {
        "Catalog": "c",
        "Database": "d",
        "QueryString": "SELECT 1",
        "OutputS3Uri": "s3://b/o",
        "OutputFormat": "PARQUET",
    },
    "LocalPath": "/opt/ml/processing/athena",
}


@pytest.fixture(scope="session")
def image(account: Account) -> str:
    return account.engine.image("pj-plain", run="")


def test_a_name_is_taken_for_ever(account: Account, role: str, image: str) -> None:
    account.processing_job("pj-taken", image, role)
    with pytest.raises(ClientError, match=r"Job name must be unique .*:processing-job/pj-taken\)") as caught:
        account.create_processing_job("pj-taken", image, role)
    assert caught.value.response["Error"]["Code"] == "ResourceInUse"


def test_an_unknown_name_is_told(account: Account) -> None:
    client = account.client("sagemaker")
    for ask in (client.describe_processing_job, client.stop_processing_job):
        with pytest.raises(ClientError, match="Could not find requested job with name: pj-nobody"):
            ask(ProcessingJobName="pj-nobody")


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (
            {"ProcessingInputs": [source("a", "x"), source("a", "y")]},
            "input a is there 2 times; LocalPath .*/a is there",
        ),
        (
            {"ProcessingInputs": [source("a", "x", LocalPath="/data")]},
            "input a: LocalPath: got '/data', expected a folder below /opt/ml/processing",
        ),
        (
            {"ProcessingInputs": [source("a", "x", LocalPath="/opt/ml/processing/../x")]},
            r"input a: LocalPath: got '/opt/ml/processing/\.\./x'",
        ),
        ({"ProcessingInputs": [{"InputName": "a"}]}, "input a needs exactly one of S3Input and DatasetDefinition"),
        ({"ProcessingInputs": [source("a", "x", S3CompressionType="Gzip")]}, "Gzip is for S3InputMode Pipe only"),
        (
            {"ProcessingInputs": [{"InputName": "a", "S3Input": {"S3Uri": "s3://b/k", "S3DataType": "S3Prefix"}}]},
            "input a: LocalPath is needed unless AppManaged is true; input a: S3InputMode is needed",
        ),
        (
            {"ProcessingOutputConfig": outputs({"OutputName": "o"})},
            "output o needs exactly one of S3Output and FeatureStoreOutput",
        ),
        (
            {"ProcessingOutputConfig": outputs(output("o", "k", S3Uri="https://example.com/x"))},
            "output o: 'https://example.com/x' is no S3 address",
        ),
        (
            {"count": 101},
            "Value '101' at 'processingResources.clusterConfig.instanceCount' failed to satisfy constraint",
        ),
        (
            {"ProcessingResources": {"ClusterConfig": {"VolumeSizeInGB": 1}}},
            "ClusterConfig needs InstanceType; ProcessingResources.ClusterConfig needs InstanceCount",
        ),
    ],
)
def test_contradictions_are_refused(
    account: Account, role: str, image: str, members: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=message) as caught:
        account.create_processing_job("pj-refused", image, role, **members)
    assert caught.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (
            {"ProcessingInputs": [{"InputName": "a", "DatasetDefinition": ATHENA}]},
            r"DatasetDefinition \(input a: Athena and Redshift are not here\)",
        ),
        ({"ProcessingInputs": [source("a", "x", S3InputMode="Pipe")]}, r"S3InputMode Pipe \(input a\)"),
        (
            {
                "ProcessingOutputConfig": outputs(
                    {"OutputName": "o", "FeatureStoreOutput": {"FeatureGroupName": "g"}, "AppManaged": True}
                )
            },
            r"FeatureStoreOutput \(output o\)",
        ),
    ],
)
def test_what_only_aws_has_is_named(
    account: Account, role: str, image: str, members: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=f"in CreateProcessingJob: .*{message}"):
        account.create_processing_job("pj-elsewhere", image, role, **members)


def test_a_role_that_cannot_be_assumed_is_refused(account: Account, image: str) -> None:
    with pytest.raises(ClientError, match="Could not assume role"):
        account.create_processing_job("pj-role", image, "arn:aws:iam::123456789012:role/nobody")
