"""Requests about training jobs that are refused, each with the message that AWS gives."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.conftest import BUCKET, Account

RESOURCES = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}


@pytest.fixture(scope="session")
def image(account: Account) -> str:
    return account.engine.image("plain", train="print('done')")


def test_every_value_out_of_its_limits_is_named_at_once(account: Account, role: str, image: str) -> None:
    with pytest.raises(ClientError) as caught:
        account.create_training_job(
            "bad_name",
            image,
            role,
            ResourceConfig=RESOURCES | {"InstanceType": "ml.m5.huge"},
            HyperParameters={"a": "x" * 2501},
        )
    message = caught.value.response["Error"]["Message"]
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert message.startswith("3 validation errors detected: Value 'bad_name' at 'trainingJobName' failed to satisfy ")
    assert "Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}" in message
    assert (
        "Value 'ml.m5.huge' at 'resourceConfig.instanceType' failed to satisfy constraint: Member must satisfy enum"
        in message
    )
    assert "at 'hyperParameters.a.value' failed to satisfy constraint: Member must have length less than" in message


def test_a_name_is_taken_for_ever(account: Account, role: str, image: str) -> None:
    arn = account.training_job("taken-1", image, role)["TrainingJobArn"]
    with pytest.raises(ClientError, match=r"Job name must be unique within an AWS account and region") as caught:
        account.create_training_job("taken-1", image, role)
    assert caught.value.response["Error"]["Code"] == "ResourceInUse"
    assert arn in str(caught.value)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (
            {"ResourceConfig": RESOURCES | {"InstanceCount": 0}},
            "ResourceConfig.InstanceCount: got 0, expected at least 1",
        ),
        (
            {"ResourceConfig": {"InstanceType": "ml.m5.large"}},
            "ResourceConfig needs InstanceCount; ResourceConfig needs Vol",
        ),
        (
            {"AlgorithmSpecification": {"MetricDefinitions": [{"Name": "m", "Regex": "(["}]}},
            r"the regex of metric m is not valid: got '\(\['",
        ),
        (
            {"OutputDataConfig": {"S3OutputPath": "https://example.com/x"}},
            "S3OutputPath: 'https://example.com/x' is no S3 address",
        ),
        (
            {"EnableManagedSpotTraining": True},
            "needs a MaxWaitTimeInSeconds of at least MaxRuntimeInSeconds: got None and 60",
        ),
        (
            {"CheckpointConfig": {"S3Uri": f"s3://{BUCKET}/c", "LocalPath": "/data/c"}},
            "CheckpointConfig.LocalPath: got '/data/c', expected a folder below /opt/ml",
        ),
        (
            {"InputDataConfig": [{"ChannelName": "a", "CompressionType": "Gzip", "DataSource": {}}]},
            "channel a needs exactly one data source, got .*; channel a: CompressionType and RecordWrapperType are for",
        ),
    ],
)
def test_contradictions_are_refused(
    account: Account, role: str, image: str, members: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=message) as caught:
        account.create_training_job("contradiction", image, role, **members)
    assert caught.value.response["Error"]["Code"] == "ValidationException"


_PLAN = "arn:aws:sagemaker:us-east-1:123456789012:training-plan/p"


@pytest.mark.parametrize(
    ("members", "what"),
    [
        ({"AlgorithmSpecification": {"TrainingInputMode": "Pipe"}}, "AlgorithmSpecification.TrainingInputMode Pipe"),
        ({"ResourceConfig": RESOURCES | {"TrainingPlanArn": _PLAN}}, "ResourceConfig.TrainingPlanArn"),
        (
            {
                "InputDataConfig": [
                    {
                        "ChannelName": "a",
                        "DataSource": {
                            "S3DataSource": {"S3DataType": "AugmentedManifestFile", "S3Uri": f"s3://{BUCKET}/m"}
                        },
                    }
                ]
            },
            r"S3DataType AugmentedManifestFile \(channel a\)",
        ),
    ],
)
def test_what_only_aws_has_is_refused_by_name(
    account: Account, role: str, image: str, members: dict[str, Any], what: str
) -> None:
    with pytest.raises(ClientError, match=rf"in CreateTrainingJob: {what}") as caught:
        account.create_training_job("unavailable", image, role, **members)
    assert caught.value.response["Error"]["Code"] == "NotAvailableLocally"


def test_a_role_that_is_not_there_is_refused(account: Account, image: str) -> None:
    with pytest.raises(ClientError, match=r"Could not assume role arn:aws:iam::123456789012:role/absent. Please"):
        account.create_training_job("no-role", image, "arn:aws:iam::123456789012:role/absent")


def test_a_role_that_does_not_trust_sagemaker_is_refused(account: Account, image: str) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    role = account.role("for-lambda", trust=trust)
    with pytest.raises(ClientError, match=r"allows principal 'sagemaker.amazonaws.com' to assume the role"):
        account.create_training_job("no-trust", image, role)


def _input(uri: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri}
    return {"InputDataConfig": [{"ChannelName": "training", "DataSource": {"S3DataSource": source}}]}


def test_an_address_without_objects_is_refused(account: Account, role: str, image: str) -> None:
    uri = f"s3://{BUCKET}/no/such/data"
    with pytest.raises(
        ClientError, match=f'No S3 objects found under S3 URL "{uri}" given in input data source'
    ) as caught:
        account.create_training_job("no-data", image, role, **_input(uri))
    assert f'"s3:ListBucket" permissions on bucket "{BUCKET}".' in str(caught.value)
    with pytest.raises(ClientError, match=r"Requested resource not found."):
        account.client("sagemaker").describe_training_job(TrainingJobName="no-data")


def test_a_bucket_that_the_role_may_not_list_is_refused(account: Account, image: str) -> None:
    role = account.role(
        "lists-nothing",
        {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:ListBucket", "Resource": "*"}]},
    )
    with pytest.raises(ClientError, match=r"No S3 objects found .* Error message from S3: .*s3:ListBucket"):
        account.create_training_job("no-list", image, role, **_input(f"s3://{BUCKET}/data"))


def test_jobs_that_ended_or_never_were_cannot_be_stopped(account: Account, role: str, image: str) -> None:
    sagemaker = account.client("sagemaker")
    account.training_job("ended-1", image, role)
    with pytest.raises(ClientError, match=r"rejected because the training job is in status Completed."):
        sagemaker.stop_training_job(TrainingJobName="ended-1")
    with pytest.raises(ClientError, match=r"Requested resource not found."):
        sagemaker.stop_training_job(TrainingJobName="never-was")
    with pytest.raises(ClientError, match=r"training job ended-1 cannot be updated: the local AWS has no profiler"):
        sagemaker.update_training_job(TrainingJobName="ended-1")
    with pytest.raises(ClientError, match="does not offer sagemaker:CreateAutoMLJobV2") as caught:
        sagemaker.create_auto_ml_job_v2(
            AutoMLJobName="none",
            AutoMLJobInputDataConfig=[],
            OutputDataConfig={"S3OutputPath": "s3://none"},
            AutoMLProblemTypeConfig={"TextClassificationJobConfig": {"ContentColumn": "a", "TargetLabelColumn": "b"}},
            RoleArn=role,
        )
    assert caught.value.response["Error"]["Code"] == "NotAvailableLocally"


def test_jobs_are_listed_by_name_status_and_time_in_pages(account: Account, role: str, image: str) -> None:
    sagemaker = account.client("sagemaker")
    before = datetime.now(UTC)
    for number in range(3):
        account.training_job(f"told-in-pages-{number}", image, role)
    pages = sagemaker.get_paginator("list_training_jobs").paginate(
        NameContains="TOLD-in", StatusEquals="Completed", CreationTimeAfter=before, PaginationConfig={"PageSize": 2}
    )
    found = [[job["TrainingJobName"] for job in page["TrainingJobSummaries"]] for page in pages]
    assert found == [["told-in-pages-0", "told-in-pages-1"], ["told-in-pages-2"]]
    newest = sagemaker.list_training_jobs(SortBy="CreationTime", SortOrder="Descending", MaxResults=1)
    assert newest["TrainingJobSummaries"][0]["TrainingJobName"] == "told-in-pages-2"
    assert sagemaker.list_training_jobs(CreationTimeBefore=before, NameContains="told-in")["TrainingJobSummaries"] == []
    with pytest.raises(ClientError, match=r"The token is not valid."):
        sagemaker.list_training_jobs(NextToken="rubbish")


def test_tags_stay_with_the_job(account: Account, role: str, image: str) -> None:
    sagemaker = account.client("sagemaker")
    arn = account.training_job("tagged-1", image, role, Tags=[{"Key": "team", "Value": "a"}])["TrainingJobArn"]
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "stage", "Value": "dev"}, {"Key": "team", "Value": "b"}])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [
        {"Key": "team", "Value": "b"},
        {"Key": "stage", "Value": "dev"},
    ]
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["team"])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "stage", "Value": "dev"}]
    assert account.events_of("SageMaker Training Job State Change", "tagged-1")[0]["Tags"] == {"team": "a"}
    with pytest.raises(ClientError, match=f'Could not find resource "{arn}x".'):
        sagemaker.list_tags(ResourceArn=arn + "x")
    with pytest.raises(ClientError, match=r"got 51 tags for"):
        sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": str(n), "Value": ""} for n in range(50)])
