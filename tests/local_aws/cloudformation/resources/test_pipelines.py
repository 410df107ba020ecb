"""SageMaker pipelines in templates."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.cloudformation.conftest import Deployer

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
ROLE = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}}


def document(message: str) -> str:
    fail = {"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": message}}
    return json.dumps({"Version": "2020-12-01", "Metadata": {}, "Parameters": [], "Steps": [fail]})


def parts(name: str, definition: dict[str, Any], **properties: Any) -> dict[str, Any]:
    pipeline = {
        "PipelineName": name,
        "PipelineDefinition": definition,
        "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
    } | properties
    return {"Role": ROLE, "It": {"Type": "AWS::SageMaker::Pipeline", "Properties": pipeline}}


def test_a_pipeline_comes_changes_and_goes(stacks: Deployer) -> None:
    name = stacks.new_name()
    first = parts(
        name,
        {"PipelineDefinitionBody": document("one")},
        ParallelismConfiguration={"MaxParallelExecutionSteps": "3"},
        Tags=[{"Key": "team", "Value": "a"}],
    )
    stack = stacks.create(first, name=name, outputs={"Ref": {"Value": {"Ref": "It"}}})
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
    assert stacks.outputs(stack) == {"Ref": name}
    sagemaker = stacks.client("sagemaker")
    made = sagemaker.describe_pipeline(PipelineName=name)
    assert made["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 3}
    assert made["PipelineDefinition"] == document("one")

    second = parts(name, {"PipelineDefinitionBody": document("two")}, PipelineDescription="d")
    stack = stacks.update(name, second)

    assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.reasons(name)
    changed = sagemaker.describe_pipeline(PipelineName=name)
    assert (changed["PipelineDefinition"], changed["PipelineDescription"]) == (document("two"), "d")
    assert sagemaker.list_tags(ResourceArn=changed["PipelineArn"])["Tags"] == []
    assert stacks.delete(name)["StackStatus"] == "DELETE_COMPLETE"
    with pytest.raises(ClientError, match="does not exist"):
        sagemaker.describe_pipeline(PipelineName=name)


def test_a_definition_in_s3(stacks: Deployer) -> None:
    name = stacks.new_name()
    s3, bucket = stacks.client("s3"), f"{name.lower()}-definitions"
    s3.create_bucket(Bucket=bucket)
    etag = s3.put_object(Bucket=bucket, Key="one.json", Body=document("one").encode())["ETag"]
    location = {"Bucket": bucket, "Key": "one.json", "ETag": etag.strip('"')}

    stack = stacks.create(parts(name, {"PipelineDefinitionS3Location": location}), name=name)

    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
    described = stacks.client("sagemaker").describe_pipeline(PipelineName=name)
    assert described["PipelineDefinition"] == document("one")
    assert stacks.delete(name)["StackStatus"] == "DELETE_COMPLETE"

    other = stacks.new_name()
    stale = parts(other, {"PipelineDefinitionS3Location": location | {"ETag": "0"}})
    assert stacks.create(stale, name=other)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert f"s3://{bucket}/one.json has the ETag" in stacks.reasons(other)


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        ({"Body": "{}"}, r"/PipelineDefinition: extraneous key \[Body\] is not permitted"),
        ({}, "/PipelineDefinition: expected one of PipelineDefinitionBody and PipelineDefinitionS3Location"),
    ],
)
def test_definitions_that_are_refused_before_anything_is_made(
    stacks: Deployer, definition: dict[str, Any], reason: str
) -> None:
    name = stacks.new_name()
    with pytest.raises(ClientError, match=reason):
        stacks.create(parts(name, definition), name=name)


def test_a_definition_that_sagemaker_refuses(stacks: Deployer) -> None:
    name = stacks.new_name()
    stack = stacks.create(parts(name, {"PipelineDefinitionBody": "{}"}), name=name)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "Unable to parse pipeline definition" in stacks.reasons(name)
