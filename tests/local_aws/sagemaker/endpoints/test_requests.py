"""Requests about models and configurations that are refused, and how those that are not are told."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.conftest import BUCKET, Account

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/any:1"
VARIANT = {"VariantName": "v", "ModelName": "described", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}


@pytest.mark.parametrize(
    ("container", "message"),
    [
        ({"Image": "python:3.12"}, "Invalid image URI python:3.12. Please provide a valid Amazon Elastic Container"),
        ({}, "a container needs an Image"),
        (
            {"Image": IMAGE, "ModelDataUrl": "https://example.com/m"},
            "model data: 'https://example.com/m' is no S3",
        ),
        (
            {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/absent.tar.gz"},
            f"Could not find model data at s3://{BUCKET}/absent",
        ),
        ({"Image": IMAGE, "Mode": "MultiModel"}, "does not offer in CreateModel: Mode MultiModel"),
    ],
)
def test_models_are_refused(account: Account, role: str, container: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        account.client("sagemaker").create_model(ModelName="refused", PrimaryContainer=container, ExecutionRoleArn=role)
    with pytest.raises(ClientError, match=r'Could not find model "arn:aws:sagemaker:.*:model/refused"\.'):
        account.client("sagemaker").describe_model(ModelName="refused")


def test_model_data_that_the_role_may_not_read_is_refused(account: Account) -> None:
    account.client("s3").put_object(Bucket=BUCKET, Key="hidden.tar.gz", Body=b"x")
    deny = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    role = account.role("reads-no-model", {"Version": "2012-10-17", "Statement": [deny]})
    with pytest.raises(ClientError, match=f"Could not access model data at s3://{BUCKET}/hidden.tar.gz. Please ensure"):
        account.client("sagemaker").create_model(
            ModelName="hidden",
            PrimaryContainer={"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/hidden.tar.gz"},
            ExecutionRoleArn=role,
        )


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"ProductionVariants": [VARIANT, VARIANT]}, "variant v is there twice"),
        ({"ProductionVariants": [VARIANT | {"ModelName": "absent"}]}, 'Could not find model "arn:aws:.*:model/absent"'),
        (
            {"ProductionVariants": [{"VariantName": "v", "ModelName": "m"}]},
            "v needs InstanceType; variant v needs",
        ),
        (
            {"ProductionVariants": [VARIANT | {"ServerlessConfig": {"MemorySizeInMB": 1500, "MaxConcurrency": 1}}]},
            "variant v is serverless: InstanceType and InitialInstanceCount cannot be given; .* a multiple of 1024",
        ),
        (
            {"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://b/o"}}},
            "does not offer in CreateEndpointConfig: AsyncInferenceConfig",
        ),
    ],
)
def test_configurations_are_refused(account: Account, role: str, members: dict[str, Any], message: str) -> None:
    request = {"EndpointConfigName": "refused", "ProductionVariants": [VARIANT]} | members
    with pytest.raises(ClientError, match=message):
        account.client("sagemaker").create_endpoint_config(**request)
    with pytest.raises(ClientError, match=r'Could not find endpoint configuration ".*endpoint-config/refused"\.'):
        account.client("sagemaker").create_endpoint(EndpointName="refused", EndpointConfigName="refused")


def test_models_and_configurations_are_described_and_deleted(account: Account, role: str) -> None:
    sagemaker = account.client("sagemaker")
    account.model("described", IMAGE, role, Tags=[{"Key": "k", "Value": "v"}])
    model = sagemaker.describe_model(ModelName="described")
    assert model["PrimaryContainer"] == {"Image": IMAGE}
    assert (model["ExecutionRoleArn"], model["EnableNetworkIsolation"]) == (role, False)
    assert sagemaker.list_tags(ResourceArn=model["ModelArn"])["Tags"] == [{"Key": "k", "Value": "v"}]
    capture = {
        "InitialSamplingPercentage": 50,
        "DestinationS3Uri": f"s3://{BUCKET}/capture",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    sagemaker.create_endpoint_config(
        EndpointConfigName="described", ProductionVariants=[VARIANT], DataCaptureConfig=capture
    )
    config = sagemaker.describe_endpoint_config(EndpointConfigName="described")
    assert config["ProductionVariants"] == [VARIANT | {"InitialVariantWeight": 1.0}]
    assert config["DataCaptureConfig"] == capture
    sagemaker.delete_endpoint_config(EndpointConfigName="described")
    sagemaker.delete_model(ModelName="described")
    with pytest.raises(ClientError, match="Could not find endpoint configuration"):
        sagemaker.describe_endpoint_config(EndpointConfigName="described")
    with pytest.raises(ClientError, match="Could not find model"):
        sagemaker.delete_model(ModelName="described")
    assert len(account.events_of("SageMaker Model State Change", "described")) == 2
    assert len(account.events_of("SageMaker Endpoint Config State Change", "described")) == 2
