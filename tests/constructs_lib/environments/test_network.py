from pathlib import Path
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2

from constructs_lib.endpoints.endpoint import Endpoint
from constructs_lib.endpoints.variants import RegisteredModel, Variant
from constructs_lib.environments.network import Network
from constructs_lib.images.build import ContainerBuild
from constructs_lib.images.repository import ImageRepository
from tests.constructs_lib.synthesis import only, resources, statements, template_of

PACKAGE = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/housing/3"
GROUP = {"Fn::GetAtt": ["LiveSecurityGroupA4ABF5CB", "GroupId"]}


def vpc(stack: Stack) -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-0123456789abcdef1",
        availability_zones=["a", "b"],
        private_subnet_ids=["subnet-0123456789abcdefa", "subnet-0123456789abcdefb"],
        public_subnet_ids=["subnet-0123456789abcdefc", "subnet-0123456789abcdefd"],
    )


def own_group(stack: Stack) -> ec2.ISecurityGroup:
    return ec2.SecurityGroup.from_security_group_id(stack, "Own", "sg-0123456789abcdef1")


def endpoint(stack: Stack, network: Network) -> None:
    variant = Variant(model=RegisteredModel(model_package_arn=PACKAGE), instance_type="ml.m5.large")
    Endpoint(stack, "Live", variants=[variant], network=network)


def arn(resource: str) -> dict[str, Any]:
    place = ["arn:", {"Ref": "AWS::Partition"}, ":ec2:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}]
    return {"Fn::Join": ["", [*place, f":{resource}"]]}


def test_by_default_containers_run_in_private_subnets_behind_a_security_group_of_their_own(tmp_path: Path) -> None:
    template = template_of(lambda stack: endpoint(stack, Network(vpc=vpc(stack))), tmp_path, nag=True)
    assert only(template, "AWS::SageMaker::Model")["VpcConfig"] == {
        "Subnets": ["subnet-0123456789abcdefa", "subnet-0123456789abcdefb"],
        "SecurityGroupIds": [GROUP],
    }
    group = only(template, "AWS::EC2::SecurityGroup")
    assert (group["VpcId"], group["GroupDescription"]) == ("vpc-0123456789abcdef1", "containers of Test/Live")
    assert "SecurityGroupIngress" not in group
    assert [rule["CidrIp"] for rule in group["SecurityGroupEgress"]] == ["0.0.0.0/0"]


def test_subnets_and_security_groups_can_be_brought_along(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        found = vpc(stack)
        endpoint(stack, Network(vpc=found, subnets=found.public_subnets[:1], security_groups=[own_group(stack)]))

    template = template_of(define, tmp_path)
    assert only(template, "AWS::SageMaker::Model")["VpcConfig"] == {
        "Subnets": ["subnet-0123456789abcdefc"],
        "SecurityGroupIds": ["sg-0123456789abcdef1"],
    }
    assert resources(template, "AWS::EC2::SecurityGroup") == {}


def test_a_build_in_a_vpc_may_join_it_there_alone(tmp_path: Path) -> None:
    (tmp_path / "container").mkdir()
    (tmp_path / "container" / "Dockerfile").write_text("FROM scratch\n")

    def define(stack: Stack) -> None:
        network = Network(vpc=vpc(stack), security_groups=[own_group(stack)])
        repository = ImageRepository(stack, "Images")
        ContainerBuild(stack, "Build", source=tmp_path / "container", repository=repository, network=network)

    template = template_of(define, tmp_path, nag=True)
    assert only(template, "AWS::CodeBuild::Project")["VpcConfig"] == {
        "VpcId": "vpc-0123456789abcdef1",
        "Subnets": ["subnet-0123456789abcdefa", "subnet-0123456789abcdefb"],
        "SecurityGroupIds": ["sg-0123456789abcdef1"],
    }
    by_action = {
        action: found["Resource"]
        for found in statements(template, "BuildBuildRole")
        for action in ([found["Action"]] if isinstance(found["Action"], str) else found["Action"])
    }
    interfaces = arn("network-interface/*")
    places = [
        "security-group/sg-0123456789abcdef1",
        "subnet/subnet-0123456789abcdefa",
        "subnet/subnet-0123456789abcdefb",
    ]
    assert by_action["ec2:CreateNetworkInterface"] == [interfaces, *map(arn, places)]
    assert by_action["ec2:CreateNetworkInterfacePermission"] == interfaces
    assert by_action["ec2:DeleteNetworkInterface"] == interfaces
    assert by_action["ec2:DescribeSubnets"] == "*"
    functions = resources(template, "AWS::Lambda::Function").values()
    assert not any("VpcConfig" in function["Properties"] for function in functions)
