"""State machines' versions and aliases, and activities, as stacks make them."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.cloudformation.conftest import Deployer

TRUST = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [TRUST]}},
}
MACHINE = {
    "Type": "AWS::StepFunctions::StateMachine",
    "Properties": {
        "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
        "Definition": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}},
    },
}


def test_activities_and_versions_of_a_state_machine(stacks: Deployer) -> None:
    name = stacks.new_name()
    stack = stacks.create(
        {
            "Role": ROLE,
            "Machine": MACHINE,
            "Version": {
                "Type": "AWS::StepFunctions::StateMachineVersion",
                "Properties": {"StateMachineArn": {"Ref": "Machine"}, "Description": "d"},
            },
            "Activity": {"Type": "AWS::StepFunctions::Activity", "Properties": {"Name": name}},
        },
        name=name,
        outputs={"Name": {"Value": {"Fn::GetAtt": ["Activity", "Name"]}}},
    )
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
    states, made = stacks.client("stepfunctions"), stacks.resources(name)
    assert stacks.outputs(stack) == {"Name": name}
    assert states.describe_activity(activityArn=made["Activity"]["PhysicalResourceId"])["name"] == name
    machine = made["Machine"]["PhysicalResourceId"]
    versions = states.list_state_machine_versions(stateMachineArn=machine)["stateMachineVersions"]
    assert [item["stateMachineVersionArn"] for item in versions] == [made["Version"]["PhysicalResourceId"]]
    assert stacks.delete(name)["StackStatus"] == "DELETE_COMPLETE"


def test_an_alias_of_a_state_machine_is_made_and_changed(stacks: Deployer) -> None:
    def template(**alias: Any) -> dict[str, Any]:
        routing = [{"StateMachineVersionArn": {"Ref": "Version"}, "Weight": 100}]
        return {
            "Role": ROLE,
            "Machine": MACHINE,
            "Version": {
                "Type": "AWS::StepFunctions::StateMachineVersion",
                "Properties": {"StateMachineArn": {"Ref": "Machine"}},
            },
            "Alias": {
                "Type": "AWS::StepFunctions::StateMachineAlias",
                "Properties": {"Name": "live", "RoutingConfiguration": routing} | alias,
            },
        }

    stack = stacks.create(template(Description="d"))
    name, states = stack["StackName"], stacks.client("stepfunctions")
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
    arn = stacks.resources(name)["Alias"]["PhysicalResourceId"]
    assert arn.endswith(":live")
    assert states.describe_state_machine_alias(stateMachineAliasArn=arn)["description"] == "d"
    updated = stacks.update(name, template(Description="e"))
    assert updated["StackStatus"] == "UPDATE_COMPLETE", stacks.reasons(name)
    found = states.describe_state_machine_alias(stateMachineAliasArn=arn)
    version = stacks.resources(name)["Version"]["PhysicalResourceId"]
    assert (found["description"], found["routingConfiguration"]) == (
        "e", [{"stateMachineVersionArn": version, "weight": 100}],
    )  # fmt: skip
    assert stacks.delete(name)["StackStatus"] == "DELETE_COMPLETE"
    with pytest.raises(ClientError, match="unsupported property DeploymentPreference"):
        stacks.create(template(DeploymentPreference={"Type": "LINEAR"}))
