"""A stack's resources as the API describes them."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.cloudformation.conftest import Deployer


def test_resources_as_the_api_describes_them(stacks: Deployer) -> None:
    topic = {"Type": "AWS::SNS::Topic", "Metadata": {"why": "a test"}}
    stack = stacks.create({"Topic": topic, "Other": {"Type": "AWS::SQS::Queue"}})
    name, cloudformation = stack["StackName"], stacks.cloudformation
    detail = cloudformation.describe_stack_resource(StackName=name, LogicalResourceId="Topic")["StackResourceDetail"]
    assert json.loads(detail["Metadata"]) == {"why": "a test"}
    assert detail["ResourceStatus"] == "CREATE_COMPLETE"
    arn = detail["PhysicalResourceId"]
    found = cloudformation.describe_stack_resources(PhysicalResourceId=arn)["StackResources"]
    assert {item["LogicalResourceId"] for item in found} == {"Topic", "Other"}
    found = cloudformation.describe_stack_resources(StackName=name, LogicalResourceId="Other")["StackResources"]
    assert [item["ResourceType"] for item in found] == ["AWS::SQS::Queue"]
    with pytest.raises(ClientError, match=f"Resource Nope does not exist for stack {name}"):
        cloudformation.describe_stack_resource(StackName=name, LogicalResourceId="Nope")
    with pytest.raises(ClientError, match="Stack for nothing does not exist"):
        cloudformation.describe_stack_resources(PhysicalResourceId="nothing")
    with pytest.raises(ClientError, match="does not wait for signals"):
        cloudformation.signal_resource(StackName=name, LogicalResourceId="Topic", UniqueId="u", Status="SUCCESS")
