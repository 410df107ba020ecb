"""Calls of any operation through the SDK integrations."""

from typing import Any

import pytest

from local_aws.stepfunctions.tasks.sdk_names import (
    botocore_service,
    exception_name,
    member_name,
    operation_name,
    pascal_service_id,
    service_model,
)
from tests.local_aws.stepfunctions.workbench import Workbench


def sdk(action: str, **parameters: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": f"arn:aws:states:::aws-sdk:{action}", "Parameters": parameters}


def test_an_object_read_back(bench: Workbench) -> None:
    bench.client("s3").create_bucket(Bucket="sdk-bucket")
    definition = {
        "StartAt": "Put",
        "States": {
            "Put": {**sdk("s3:putObject", Bucket="sdk-bucket", Key="k", **{"Body.$": "$"}), "Next": "Get"},
            "Get": {**sdk("s3:getObject", Bucket="sdk-bucket", Key="k"), "End": True},
        },
    }
    output = bench.run(definition, {"a": 1}).output
    assert output["Body"] == '{"a":1}'
    # the SDK integrations give times as text, and no metadata
    assert output["LastModified"].endswith("Z")
    assert "SdkHttpMetadata" not in output
    assert output["ETag"]


def test_members_are_pascal_case_both_ways(bench: Workbench) -> None:
    result = bench.run_state(sdk("sfn:listStateMachines", MaxResults=1))
    machine = result.output["StateMachines"][0]
    assert set(machine) == {"StateMachineArn", "Name", "Type", "CreationDate"}
    assert result.details("TaskScheduled")["resourceType"] == "aws-sdk:sfn"
    assert result.details("TaskScheduled")["resource"] == "listStateMachines"


@pytest.mark.parametrize(
    ("state", "error", "cause"),
    [
        (
            sdk("s3:getObject", Bucket="someNonexistentBucketName", Key="k"),
            "S3.NoSuchBucketException",
            "The specified bucket does not exist (Service: S3, Status Code: 404, Request ID: ",
        ),
        (
            sdk(
                "sfn:describeStateMachine", StateMachineArn="arn:aws:states:us-east-1:123456789012:stateMachine:absent"
            ),
            "Sfn.StateMachineDoesNotExistException",
            "(Service: Sfn, Status Code: 400, Request ID: ",
        ),
        (
            sdk("dynamodb:getItem", TableName="absent", Key={"id": {"S": "1"}}),
            "DynamoDb.ResourceNotFoundException",
            "(Service: DynamoDb, Status Code: 400, Request ID: ",
        ),
        (
            sdk("s3:putBucketPolicy", Bucket="absent-bucket", Policy="not json"),
            "S3.",
            "(Service: S3, Status Code: ",
        ),
    ],
)
def test_error_names(bench: Workbench, state: dict[str, Any], error: str, cause: str) -> None:
    result = bench.run_state(state)
    assert str(result.error).startswith(error)
    assert cause in str(result.cause)


def test_a_code_that_the_model_lacks_is_the_service_s_own_exception(bench: Workbench) -> None:
    role = bench.make_role("reads-nothing")
    definition = {"StartAt": "S", "States": {"S": {**sdk("sfn:listStateMachines"), "End": True}}}
    result = bench.run(definition, roleArn=role)
    assert result.error == "Sfn.SfnException"
    assert "is not authorized to perform: states:ListStateMachines" in str(result.cause)


@pytest.mark.parametrize(
    ("state", "given", "problem"),
    [
        (
            sdk("s3:getObject", Bucket="b", **{"Key.$": "$.k"}),
            {"k": 5},
            "The value for the field 'Key' must be a STRING",
        ),
        (
            sdk("s3:listObjectsV2", Bucket="b", **{"MaxKeys.$": "$.k"}),
            {"k": "5"},
            "The value for the field 'MaxKeys' must be a INTEGER",
        ),
        (
            sdk("s3:deleteObjects", Bucket="b", **{"Delete.$": "$.k"}),
            {"k": {"Objects": 1}},
            "The value for the field 'Objects' must be an ARRAY",
        ),
        (
            sdk("s3:deleteObjects", Bucket="b", **{"Delete.$": "$.k"}),
            {"k": {"Objects": [{"Kez": 1}]}},
            'The field "Kez" is not supported by Step Functions',
        ),
    ],
)
def test_arguments_of_the_wrong_shape_do_not_start_the_task(
    bench: Workbench, state: dict[str, Any], given: Any, problem: str
) -> None:
    result = bench.run_state(state, given)
    assert result.error == "States.Runtime"
    assert "could not be used to start the Task: [" in str(result.cause)
    assert problem in str(result.cause)
    assert "TaskScheduled" not in result.types


@pytest.mark.parametrize(
    ("segment", "service"),
    [
        ("s3", "s3"),
        ("sfn", "stepfunctions"),
        ("cloudwatchlogs", "logs"),
        ("eventbridge", "events"),
        ("sagemakerruntime", "sagemaker-runtime"),
        ("sagemakerfeaturestoreruntime", "sagemaker-featurestore-runtime"),
        ("applicationautoscaling", "application-autoscaling"),
        ("stepfunctions", None),
        ("nope", None),
    ],
)
def test_service_segments(segment: str, service: str | None) -> None:
    assert botocore_service(segment) == service


@pytest.mark.parametrize(
    ("service", "name"),
    [
        ("sagemaker", "SageMaker"),
        ("dynamodb", "DynamoDb"),
        ("logs", "CloudWatchLogs"),
        ("secretsmanager", "SecretsManager"),
        ("sqs", "Sqs"),
    ],
)
def test_service_names_in_errors(service: str, name: str) -> None:
    assert pascal_service_id(service_model(service)) == name


def test_actions() -> None:
    model = service_model("sagemaker")
    assert operation_name(model, "describeEndpoint") == "DescribeEndpoint"
    assert operation_name(model, "DescribeEndpoint") is None
    assert operation_name(model, "describeNothing") is None


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("trainingJobArn", "TrainingJobArn"),
        ("ARN", "Arn"),
        ("ETag", "ETag"),
        ("SSEKMSKeyId", "SsekmsKeyId"),
        ("id", "Id"),
        ("S3Uri", "S3Uri"),
    ],
)
def test_member_names(name: str, written: str) -> None:
    assert member_name(name) == written


@pytest.mark.parametrize(
    ("shape", "name"),
    [
        ("ResourceNotFound", "ResourceNotFoundException"),
        ("NoSuchKey", "NoSuchKeyException"),
        ("ConflictException", "ConflictException"),
        ("LimitFault", "LimitException"),
    ],
)
def test_exception_names(shape: str, name: str) -> None:
    assert exception_name(shape) == name
