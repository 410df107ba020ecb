"""The Resource of a Task state."""

import pytest

from local_aws.stepfunctions.language.resources import parse_resource


@pytest.mark.parametrize(
    ("arn", "kind", "names"),
    [
        ("arn:aws:lambda:us-east-1:123456789012:function:f", "lambda", ("lambda", "invoke")),
        ("arn:aws:lambda:us-east-1:123456789012:function:f:live", "lambda", ("lambda", "invoke")),
        ("arn:aws:states:us-east-1:123456789012:activity:a", "activity", ("states", "activity")),
        ("arn:aws:states:::lambda:invoke", "optimized", ("lambda", "invoke")),
        ("arn:aws:states:::lambda:invoke.waitForTaskToken", "optimized", ("lambda", "invoke.waitForTaskToken")),
        ("arn:aws:states:::states:startExecution.sync:2", "optimized", ("states", "startExecution.sync:2")),
        ("arn:aws-cn:states:::sagemaker:createModel", "optimized", ("sagemaker", "createModel")),
        ("arn:aws:states:::aws-sdk:s3:getObject", "sdk", ("aws-sdk:s3", "getObject")),
    ],
)
def test_kinds(arn: str, kind: str, names: tuple[str, str]) -> None:
    resource = parse_resource(arn)
    assert resource is not None
    assert resource.kind == kind
    assert (resource.resource_type, resource.resource) == names


@pytest.mark.parametrize(
    "arn", ["", "lambda", "arn:aws:lambda:us-east-1:1:function:f", "arn:aws:sns:us-east-1:123456789012:t"]
)
def test_what_is_none(arn: str) -> None:
    assert parse_resource(arn) is None


def test_patterns() -> None:
    token = parse_resource("arn:aws:states:::sqs:sendMessage.waitForTaskToken")
    job = parse_resource("arn:aws:states:::sagemaker:createTrainingJob.sync")
    assert token is not None
    assert job is not None
    assert (token.waits_for_token, token.waits_for_job) == (True, False)
    assert (job.waits_for_token, job.waits_for_job) == (False, True)
