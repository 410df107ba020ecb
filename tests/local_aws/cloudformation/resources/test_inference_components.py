"""Inference components in templates, and the endpoints that they share; none has copies, as here is no image."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.sagemaker.endpoints.deployment import Deployments
from local_aws.sagemaker.inference_components.placement import Placements
from tests.local_aws.cloudformation.conftest import Deployer

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/absent:1"


def parts(name: str, *, greeting: str = "hello", copies: str = "0", **properties: Any) -> dict[str, Any]:
    """An endpoint without models, and a component on it."""
    variant = {"VariantName": "shared", "InstanceType": "ml.m5.large", "InitialInstanceCount": "1"}
    component = {
        "InferenceComponentName": name,
        "EndpointName": {"Fn::GetAtt": ["Endpoint", "EndpointName"]},
        "VariantName": "shared",
        "Specification": {
            "Container": {"Image": IMAGE, "Environment": {"GREETING": greeting}},
            "ComputeResourceRequirements": {"MinMemoryRequiredInMb": "512"},
        },
        "RuntimeConfig": {"CopyCount": copies},
    } | properties
    return {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}},
        "Config": {
            "Type": "AWS::SageMaker::EndpointConfig",
            "Properties": {"ProductionVariants": [variant], "ExecutionRoleArn": {"Fn::GetAtt": ["Role", "Arn"]}},
        },
        "Endpoint": {
            "Type": "AWS::SageMaker::Endpoint",
            "Properties": {"EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]}},
        },
        "It": {"Type": "AWS::SageMaker::InferenceComponent", "Properties": component},
    }


def test_a_component_comes_changes_and_goes(stacks: Deployer) -> None:
    name = stacks.new_name()
    outputs = {
        "Ref": {"Value": {"Ref": "It"}},
        "Status": {"Value": {"Fn::GetAtt": ["It", "InferenceComponentStatus"]}},
        "Copies": {"Value": {"Fn::GetAtt": ["It", "RuntimeConfig.CurrentCopyCount"]}},
    }
    stack = stacks.create(parts(name, Tags=[{"Key": "team", "Value": "a"}]), name=name, outputs=outputs)
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
    arn = f"arn:aws:sagemaker:us-east-1:123456789012:inference-component/{name}"
    assert stacks.outputs(stack) == {"Ref": arn, "Status": "InService", "Copies": "0"}
    sagemaker = stacks.client("sagemaker")
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"][-1] == {"Key": "team", "Value": "a"}

    stack = stacks.update(name, parts(name, greeting="bonjour"))

    assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.reasons(name)
    found = sagemaker.describe_inference_component(InferenceComponentName=name)
    assert found["Specification"]["Container"]["Environment"] == {"GREETING": "bonjour"}
    assert stacks.delete(name)["StackStatus"] == "DELETE_COMPLETE", stacks.reasons(name)
    with pytest.raises(ClientError, match="Could not find inference component"):
        sagemaker.describe_inference_component(InferenceComponentName=name)


def test_an_update_that_cannot_serve_is_rolled_back_with_its_reason(stacks: Deployer) -> None:
    name = stacks.new_name()
    assert stacks.create(parts(name), name=name)["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
    stack = stacks.update(name, parts(name, copies="1"))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    reasons = stacks.reasons(name)
    assert f"The inference component {name} is InService: " in reasons
    assert "could not be started" in reasons


def test_what_is_not_offered_fails_the_stack(stacks: Deployer) -> None:
    name = stacks.new_name()
    adapter = {"BaseInferenceComponentName": "base", "Container": {"ArtifactUrl": "s3://bucket/adapter"}}
    stack = stacks.create(parts(name, Specification=adapter), name=name)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "does not offer in CreateInferenceComponent" in stacks.reasons(name)


@pytest.mark.parametrize("work", [(Deployments, "_create"), (Placements, "_place")], ids=["endpoint", "component"])
def test_a_creation_that_is_given_up_leaves_nothing(
    stacks: Deployer, monkeypatch: pytest.MonkeyPatch, work: tuple[type, str]
) -> None:
    """SageMaker deletes nothing that is being created."""
    name = stacks.new_name()
    stacks.give_up(name, parts(name), work, monkeypatch)
    sagemaker = stacks.client("sagemaker")
    assert sagemaker.list_endpoints(NameContains=name)["Endpoints"] == []
    assert sagemaker.list_inference_components(NameContains=name)["InferenceComponents"] == []
