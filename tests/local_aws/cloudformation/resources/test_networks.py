"""EC2's networks: made, changed in place, removed."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.cloudformation.conftest import Deployer


def network(*, public: bool = True, name: str = "one", target: str = "Gateway", **vpc: Any) -> dict[str, Any]:
    """A VPC with a subnet that leads to the internet, by its gateway or by NAT."""
    leads_to = {"GatewayId": {"Ref": "Gateway"}} if target == "Gateway" else {"NatGatewayId": {"Ref": "Nat"}}
    tags = {"Tags": [{"Key": "Name", "Value": name}]}
    return {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.1.0.0/16", **vpc, **tags}},
        "Subnet": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {
                "VpcId": {"Ref": "Vpc"},
                "CidrBlock": {"Fn::Select": [0, {"Fn::Cidr": [{"Fn::GetAtt": ["Vpc", "CidrBlock"]}, 4, 8]}]},
                "AvailabilityZone": {"Fn::Select": [0, {"Fn::GetAZs": ""}]},
                "MapPublicIpOnLaunch": public,
                **tags,
            },
        },
        "Gateway": {"Type": "AWS::EC2::InternetGateway", "Properties": tags},
        "Attachment": {
            "Type": "AWS::EC2::VPCGatewayAttachment",
            "Properties": {"VpcId": {"Ref": "Vpc"}, "InternetGatewayId": {"Ref": "Gateway"}},
        },
        "Table": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}, **tags}},
        "Association": {
            "Type": "AWS::EC2::SubnetRouteTableAssociation",
            "Properties": {"RouteTableId": {"Ref": "Table"}, "SubnetId": {"Ref": "Subnet"}},
        },
        "Route": {
            "Type": "AWS::EC2::Route",
            "DependsOn": "Attachment",
            "Properties": {"RouteTableId": {"Ref": "Table"}, "DestinationCidrBlock": "0.0.0.0/0", **leads_to},
        },
        "Address": {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc", **tags}},
        "Nat": {
            "Type": "AWS::EC2::NatGateway",
            "Properties": {
                "AllocationId": {"Fn::GetAtt": ["Address", "AllocationId"]},
                "SubnetId": {"Ref": "Subnet"},
                **tags,
            },
        },
    }


def ids(stacks: Deployer, name: str) -> dict[str, str]:
    return {key: item["PhysicalResourceId"] for key, item in stacks.resources(name).items()}


def default_route(stacks: Deployer, table: str) -> dict[str, Any]:
    found = stacks.client("ec2").describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    return next(route for route in found if route.get("DestinationCidrBlock") == "0.0.0.0/0")


def test_a_network_is_made_changed_in_place_and_removed(stacks: Deployer) -> None:
    outputs = {name: {"Value": {"Fn::GetAtt": ["Vpc", name]}} for name in ("DefaultSecurityGroup", "DefaultNetworkAcl")}
    stack = stacks.create(network(EnableDnsHostnames="true"), outputs=outputs)
    name, ec2 = stack["StackName"], stacks.client("ec2")
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
    made = ids(stacks, name)

    def names(attribute: str) -> bool:
        found = ec2.describe_vpc_attribute(VpcId=made["Vpc"], Attribute=attribute)
        return bool(found[attribute[0].upper() + attribute[1:]]["Value"])

    def tag(kind: str) -> str:
        tags = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [made[kind]]}])["Tags"]
        return str({item["Key"]: item["Value"] for item in tags}["Name"])

    assert (names("enableDnsHostnames"), names("enableDnsSupport")) == (True, True)
    group = ec2.describe_security_groups(GroupIds=[stacks.outputs(stack)["DefaultSecurityGroup"]])["SecurityGroups"][0]
    assert (group["VpcId"], group["GroupName"]) == (made["Vpc"], "default")
    subnet = ec2.describe_subnets(SubnetIds=[made["Subnet"]])["Subnets"][0]
    assert (subnet["CidrBlock"], subnet["MapPublicIpOnLaunch"]) == ("10.1.0.0/24", True)
    assert default_route(stacks, made["Table"])["GatewayId"] == made["Gateway"]
    assert {tag(kind) for kind in ("Vpc", "Subnet", "Gateway", "Table", "Nat")} == {"one"}

    changed = network(public=False, name="two", target="Nat", EnableDnsSupport=False)
    stack = stacks.update(name, changed, outputs=outputs)
    assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.reasons(name)
    assert ids(stacks, name) == made
    assert (names("enableDnsHostnames"), names("enableDnsSupport")) == (False, False)
    assert ec2.describe_subnets(SubnetIds=[made["Subnet"]])["Subnets"][0]["MapPublicIpOnLaunch"] is False
    assert default_route(stacks, made["Table"])["NatGatewayId"] == made["Nat"]
    assert {tag(kind) for kind in ("Vpc", "Subnet", "Gateway", "Table", "Nat")} == {"two"}
    address = ec2.describe_addresses(PublicIps=[made["Address"]])["Addresses"][0]
    assert address["Tags"] == [{"Key": "Name", "Value": "two"}]

    stack = stacks.delete(name)
    assert stack["StackStatus"] == "DELETE_COMPLETE", stacks.reasons(stack["StackId"])
    with pytest.raises(ClientError, match=r"InvalidVpcID\.NotFound"):
        ec2.describe_vpcs(VpcIds=[made["Vpc"]])
    with pytest.raises(ClientError, match=r"InvalidAddress\.NotFound"):
        ec2.describe_addresses(PublicIps=[made["Address"]])


VPC = {"Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.2.0.0/16"}}}


def group(**properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::EC2::SecurityGroup",
        "Properties": {"GroupDescription": "d", "VpcId": {"Ref": "Vpc"}, **properties},
    }


def rule(kind: str, **properties: Any) -> dict[str, Any]:
    return {
        "Type": f"AWS::EC2::SecurityGroup{kind}",
        "Properties": {"GroupId": {"Ref": "Group"}, "IpProtocol": "tcp", **properties},
    }


def test_the_rules_of_a_group(stacks: Deployer) -> None:
    one, two = ({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "10.0.0.0/8"} for port in (1, 2))

    def resources(**properties: Any) -> dict[str, Any]:
        return VPC | {"Group": group(**properties)}

    stack = stacks.create(resources(SecurityGroupIngress=[one]))
    name, ec2 = stack["StackName"], stacks.client("ec2")
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
    physical_id = ids(stacks, name)["Group"]

    def rules() -> tuple[list[Any], list[Any]]:
        found = ec2.describe_security_groups(GroupIds=[physical_id])["SecurityGroups"][0]
        ports, protocols = found["IpPermissions"], found["IpPermissionsEgress"]
        return sorted(item["FromPort"] for item in ports), [item["IpProtocol"] for item in protocols]

    assert rules() == ([1], ["-1"])
    stacks.update(name, resources(SecurityGroupIngress=[two], SecurityGroupEgress=[two]))
    assert rules() == ([2], ["tcp"])
    stacks.update(name, resources())
    assert rules() == ([], ["-1"])
    assert ids(stacks, name)["Group"] == physical_id


def test_rules_by_themselves(stacks: Deployer) -> None:
    def resources(description: str) -> dict[str, Any]:
        ports = {"FromPort": 1, "ToPort": 2}
        return VPC | {
            "Group": group(SecurityGroupEgress=[{"IpProtocol": "udp", "FromPort": 9, "ToPort": 9, "CidrIpv6": "::/0"}]),
            "Other": group(),
            "In": rule("Ingress", **ports, SourceSecurityGroupId={"Ref": "Other"}, Description=description),
            "Out": rule("Egress", **ports, DestinationSecurityGroupId={"Ref": "Other"}, Description=description),
        }

    stack = stacks.create(resources("one"))
    name, ec2 = stack["StackName"], stacks.client("ec2")
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
    made = ids(stacks, name)

    def described() -> set[str]:
        found = ec2.describe_security_groups(GroupIds=[made["Group"]])["SecurityGroups"][0]
        every = [*found["IpPermissions"], *found["IpPermissionsEgress"]]
        return {pair.get("Description", "") for item in every for pair in item["UserIdGroupPairs"]}

    assert described() == {"one"}
    assert stacks.update(name, resources("two"))["StackStatus"] == "UPDATE_COMPLETE", stacks.reasons(name)
    assert described() == {"two"}
    rest = {key: value for key, value in resources("two").items() if key not in {"In", "Out"}}
    assert stacks.update(name, rest)["StackStatus"] == "UPDATE_COMPLETE", stacks.reasons(name)
    assert described() == set()


def test_an_endpoint_of_a_vpc(stacks: Deployer) -> None:
    def resources(*tables: str, policy: dict[str, Any] | None = None) -> dict[str, Any]:
        own = {} if policy is None else {"PolicyDocument": policy}
        table = {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}}}
        endpoint = {
            "VpcId": {"Ref": "Vpc"},
            "ServiceName": {"Fn::Sub": "com.amazonaws.${AWS::Region}.s3"},
            "VpcEndpointType": "Gateway",
            "RouteTableIds": [{"Ref": name} for name in tables],
            **own,
        }
        return VPC | {"A": table, "B": table, "Endpoint": {"Type": "AWS::EC2::VPCEndpoint", "Properties": endpoint}}

    stack = stacks.create(resources("A"))
    name, ec2 = stack["StackName"], stacks.client("ec2")
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
    made = ids(stacks, name)

    def tables() -> list[str]:
        found = ec2.describe_vpc_endpoints(VpcEndpointIds=[made["Endpoint"]])["VpcEndpoints"][0]
        return list(found["RouteTableIds"])

    assert tables() == [made["A"]]
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    stack = stacks.update(name, resources("B", policy={"Version": "2012-10-17", "Statement": [statement]}))
    assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.reasons(name)
    assert ids(stacks, name) == made
    assert tables() == [made["B"]]
    assert stacks.delete(name)["StackStatus"] == "DELETE_COMPLETE"


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        pytest.param(
            group(SecurityGroupIngress=[{"IpProtocol": "tcp", "Port": 1}]), r"extraneous key \[Port\]", id="rule"
        ),
        pytest.param(rule("Ingress", GroupId=None), "Property GroupId cannot be empty", id="no-group"),
        pytest.param(
            {"Type": "AWS::EC2::VPCGatewayAttachment", "Properties": {"VpcId": "v", "VpnGatewayId": "g"}},
            "unsupported property VpnGatewayId",
            id="vpn",
        ),
        pytest.param(
            {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16", "Ipv4IpamPoolId": "p"}},
            "unsupported property Ipv4IpamPoolId",
            id="pool",
        ),
    ],
)
def test_what_is_not_offered(stacks: Deployer, resource: dict[str, Any], message: str) -> None:
    properties = {key: value for key, value in resource["Properties"].items() if value is not None}
    with pytest.raises(ClientError, match=message):
        stacks.create(VPC | {"Group": group(), "It": resource | {"Properties": properties}})


def test_a_rule_for_nobody(stacks: Deployer) -> None:
    stack = stacks.create(VPC | {"Group": group(), "It": rule("Ingress", FromPort=1, ToPort=1)})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "needs a CIDR block, a group or a prefix list" in stacks.reasons(stack["StackName"])
