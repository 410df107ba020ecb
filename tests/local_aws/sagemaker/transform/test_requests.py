"""Requests about transform jobs that are refused."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.conftest import BUCKET, Account


def test_a_name_is_taken_for_ever(account: Account, adder: str) -> None:
    account.put(r1__in__a="1\n")
    account.transform_job("r1", adder)
    with pytest.raises(ClientError, match=r"Job name must be unique .*:transform-job/r1\)"):
        account.create_transform_job("r1", adder)


def test_unknown_names_are_told(account: Account) -> None:
    with pytest.raises(ClientError, match="Could not find requested job with name: nobody"):
        account.client("sagemaker").describe_transform_job(TransformJobName="nobody")
    with pytest.raises(ClientError, match=r'Could not find model "arn:aws:sagemaker:.*:model/no-model"'):
        account.create_transform_job("r2", "no-model")


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (
            {"MaxConcurrentTransforms": 20, "MaxPayloadInMB": 6},
            r"MaxConcurrentTransforms \* MaxPayloadInMB must not exceed 100 MB: got 20 \* 6",
        ),
        (
            {"DataProcessing": {"InputFilter": "features", "OutputFilter": "$..x"}},
            r"InputFilter: 'features' does not start with \$; DataProcessing.OutputFilter: '\$..x' is not understood",
        ),
        (
            {"DataProcessing": {"JoinSource": "Input"}, "TransformOutput": {"Accept": "image/png"}},
            "DataProcessing needs a TransformOutput.Accept among application/json, .*: got 'image/png'",
        ),
        (
            {"DataProcessing": {"JoinSource": "Input"}, "TransformOutput": {"Accept": "application/json"}},
            "JoinSource Input needs one format of input and output: got 'text/csv' and 'application/json'",
        ),
        ({"TransformOutput": {"S3OutputPath": "https://example.com/x"}}, "TransformOutput.S3OutputPath: 'https://exam"),
    ],
)
def test_contradictions_are_refused(account: Account, adder: str, members: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message) as caught:
        account.create_transform_job("r3", adder, **members)
    assert caught.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"TransformInput": {"SplitType": "RecordIO"}}, "SplitType RecordIO"),
        ({"TransformInput": {"SplitType": "TFRecord"}}, "SplitType TFRecord"),
        (
            {
                "TransformInput": {
                    "DataSource": {"S3DataSource": {"S3DataType": "AugmentedManifestFile", "S3Uri": f"s3://{BUCKET}/m"}}
                }
            },
            "S3DataType AugmentedManifestFile",
        ),
        (
            {"DataCaptureConfig": {"DestinationS3Uri": f"s3://{BUCKET}/c", "GenerateInferenceId": True}},
            "DataCaptureConfig.GenerateInferenceId",
        ),
    ],
)
def test_what_only_aws_has_is_named(account: Account, adder: str, members: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=f"in CreateTransformJob: {message}"):
        account.create_transform_job("r4", adder, **members)
