"""An app of CDK's default network, and of a function and security groups within it."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.strangers.account import Account

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_a_default_network_and_what_runs_in_it(project: Account) -> None:
    app, ec2 = project.app("network"), project.client("ec2")
    app.deploy()
    vpc, outputs = project.outputs("Network")["VpcId"], project.outputs("Service")
    within = [{"Name": "vpc-id", "Values": [vpc]}]
    names = ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")
    assert names["EnableDnsHostnames"]["Value"] is True
    subnets = ec2.describe_subnets(Filters=within)["Subnets"]
    assert sorted(subnet["MapPublicIpOnLaunch"] for subnet in subnets) == [False, False, True, True]
    routes = [
        route
        for table in ec2.describe_route_tables(Filters=within)["RouteTables"]
        for route in table["Routes"]
        if route.get("DestinationCidrBlock") == "0.0.0.0/0"
    ]
    assert sum("NatGatewayId" in route for route in routes) == 2
    assert sum(route.get("GatewayId", "").startswith("igw-") for route in routes) == 2
    kinds = {found["VpcEndpointType"] for found in ec2.describe_vpc_endpoints(Filters=within)["VpcEndpoints"]}
    assert kinds == {"Gateway", "Interface"}
    default = ec2.describe_security_groups(Filters=[*within, {"Name": "group-name", "Values": ["default"]}])
    assert default["SecurityGroups"][0]["IpPermissions"] == []
    assert default["SecurityGroups"][0]["IpPermissionsEgress"] == []

    assert descriptions(project, outputs["StoreOut"]) == {"database, first"}
    answer = project.client("lambda").invoke(FunctionName=outputs["FunctionOut"])
    assert json.loads(answer["Payload"].read()) == "within"

    app.deploy(version="second")
    assert descriptions(project, outputs["StoreOut"]) == {"database, second"}

    app.destroy(version="second")
    with pytest.raises(ClientError, match=r"InvalidVpcID\.NotFound"):
        ec2.describe_vpcs(VpcIds=[vpc])


def descriptions(account: Account, group: str) -> set[str]:
    """What is said of a group's rules for the database's port."""
    found = account.client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    rules = [rule for rule in found["IpPermissions"] if rule.get("FromPort") == 5432]
    return {pair["Description"] for rule in rules for pair in rule["UserIdGroupPairs"]}
