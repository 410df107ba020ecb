"""Fn::GetStackOutput: outputs of stacks that need not export them."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.cloudformation.conftest import Deployer, parameter


def read(stack: Any, output: str = "Out", **more: Any) -> dict[str, Any]:
    return {"Fn::GetStackOutput": {"StackName": stack, "OutputName": output, **more}}


def producer(stacks: Deployer, value: str = "shared") -> str:
    return str(stacks.create({"One": parameter(value)}, **output_of("One"))["StackName"])


def output_of(logical_id: str) -> dict[str, Any]:
    return {"outputs": {"Out": {"Value": {"Fn::GetAtt": [logical_id, "Value"]}}}}


def role(stacks: Deployer, principal: dict[str, str], *actions: str) -> str:
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    name = stacks.new_name()
    properties = {
        "RoleName": name,
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "Policies": [
            {
                "PolicyName": "rights",
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}],
                },
            }
        ],
    }
    stacks.create({"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}, name=name)
    return f"arn:aws:iam::123456789012:role/{name}"


def test_an_output_is_read_anew_with_each_update(stacks: Deployer) -> None:
    source = producer(stacks)
    reader = {"One": parameter({"Fn::Join": ["-", ["a", read(source, Region={"Ref": "AWS::Region"})]]})}
    consumer = stacks.create(reader, **output_of("One"))
    assert stacks.outputs(consumer) == {"Out": "a-shared"}

    stacks.update(source, {"One": parameter("changed")}, **output_of("One"))
    assert stacks.outputs(stacks.describe(consumer["StackName"])) == {"Out": "a-shared"}
    consumer = stacks.update(consumer["StackName"], reader, **output_of("One"))
    assert stacks.outputs(consumer) == {"Out": "a-changed"}

    assert stacks.delete(source)["StackStatus"] == "DELETE_COMPLETE"
    with pytest.raises(ClientError, match=f"Fn::GetStackOutput cannot read stack {source}.* does not exist"):
        stacks.update(consumer["StackName"], reader, **output_of("One"))


def test_the_short_form_and_another_region(stacks: Deployer) -> None:
    elsewhere = Deployer(stacks.aws, region="eu-west-1")
    source = producer(elsewhere, "far")
    body = f"""
    Resources:
      One:
        Type: AWS::SSM::Parameter
        Properties:
          Type: String
          Value: !GetStackOutput
            StackName: {source}
            OutputName: Out
            Region: eu-west-1
    Outputs:
      Out:
        Value: !GetAtt One.Value
    """
    name = stacks.new_name()
    stacks.cloudformation.create_stack(StackName=name, TemplateBody=body)
    assert stacks.outputs(stacks.settled(name)) == {"Out": "far"}
    elsewhere.remove(source)


def test_a_name_that_a_resource_gives(stacks: Deployer) -> None:
    source = producer(stacks)
    resources = {"Name": parameter(source), "One": parameter(read({"Fn::GetAtt": ["Name", "Value"]}))}
    assert stacks.outputs(stacks.create(resources, **output_of("One"))) == {"Out": "shared"}


def test_a_role_that_may_read(stacks: Deployer) -> None:
    source = producer(stacks)
    reader = role(stacks, {"AWS": "123456789012"}, "cloudformation:DescribeStacks")
    consumer = stacks.create({"One": parameter(read(source, RoleArn=reader))}, **output_of("One"))
    assert stacks.outputs(consumer) == {"Out": "shared"}


def test_who_may_not_read(stacks: Deployer) -> None:
    source = producer(stacks)
    maker = role(stacks, {"Service": "cloudformation.amazonaws.com"}, "ssm:*")
    with pytest.raises(ClientError, match="not authorized to perform: cloudformation:DescribeStacks"):
        stacks.create({"One": parameter(read(source))}, RoleARN=maker)
    nobody = "arn:aws:iam::123456789012:role/no-such-role"
    with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole"):
        stacks.create({"One": parameter(read(source, RoleArn=nobody))})


def test_what_is_not_there(stacks: Deployer) -> None:
    source = producer(stacks)
    with pytest.raises(ClientError, match=f"stack {source} has no output named Nope"):
        stacks.create({"One": parameter(read(source, "Nope"))})
    with pytest.raises(ClientError, match="cannot read stack no-such-stack"):
        stacks.create({"One": parameter(read("no-such-stack"))})


@pytest.mark.parametrize(
    "argument",
    [
        pytest.param({"StackName": "s"}, id="no-output"),
        pytest.param({"StackName": "s", "OutputName": "o", "Account": "1"}, id="unknown-member"),
        pytest.param(["s", "o"], id="list"),
    ],
)
def test_malformed_arguments(stacks: Deployer, argument: Any) -> None:
    body = json.dumps({"Resources": {"One": parameter({"Fn::GetStackOutput": argument})}})
    with pytest.raises(ClientError, match="Fn::GetStackOutput requires StackName and OutputName"):
        stacks.cloudformation.create_stack(StackName=stacks.new_name(), TemplateBody=body)
