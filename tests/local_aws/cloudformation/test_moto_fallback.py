"""Types that moto's own models make: nothing is passed over in silence."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.cloudformation.conftest import Deployer

pytestmark = pytest.mark.slow


def network(**vpc: Any) -> dict[str, Any]:
    return {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.1.0.0/16", **vpc}},
        "Subnet": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.1.1.0/24"},
        },
    }


def test_life(stacks: Deployer) -> None:
    stack = stacks.create(
        network(Tags=[{"Key": "a", "Value": "b"}]), outputs={"Cidr": {"Value": {"Fn::GetAtt": ["Vpc", "CidrBlock"]}}}
    )
    name, ec2 = stack["StackName"], stacks.client("ec2")
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
    assert stacks.outputs(stack) == {"Cidr": "10.1.0.0/16"}
    vpc = stacks.resources(name)["Vpc"]["PhysicalResourceId"]
    assert ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["Tags"] == [{"Key": "a", "Value": "b"}]
    changed = network(Tags=[{"Key": "a", "Value": "c"}])
    stack = stacks.update(name, changed)
    assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.reasons(name)
    assert stacks.resources(name)["Vpc"]["PhysicalResourceId"] != vpc
    with pytest.raises(ClientError, match=r"InvalidVpcID\.NotFound"):
        ec2.describe_vpcs(VpcIds=[vpc])
    assert stacks.delete(name)["StackStatus"] == "DELETE_COMPLETE"


def test_a_property_that_moto_passes_over_fails_the_stack(stacks: Deployer) -> None:
    stack = stacks.create(network(EnableDnsHostnames=True))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "does not offer the properties EnableDnsHostnames of AWS::EC2::VPC" in stacks.reasons(stack["StackName"])


def test_an_attribute_that_the_model_lacks(stacks: Deployer) -> None:
    with pytest.raises(ClientError, match="resource Vpc does not support attribute type Nope in Fn::GetAtt"):
        stacks.create(network(), outputs={"Nope": {"Value": {"Fn::GetAtt": ["Vpc", "Nope"]}}})
