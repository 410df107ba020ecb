"""The step that makes a model of a registered version."""

from typing import Any

from constructs_lib.definitions import ExecutionInput, NetworkConfig, RegisteredModelStep, WorkflowDefinition
from constructs_lib.permissions import engine_statements, job_statements
from constructs_lib.rendering import render_states
from tests.constructs_lib.samples import ROLE, TOKEN

PLACE = {"partition": "aws", "region": "eu-west-1", "account": "111122223333"}


def definition(**changed: Any) -> WorkflowDefinition:
    given: dict[str, Any] = {
        "name": "Make model",
        "model_package_arn": ExecutionInput("Version"),
        "role": ROLE,
        "model_name": "m",
    }
    step = RegisteredModelStep(**{**given, **changed})
    return WorkflowDefinition(name="deploy", steps=[step])


def test_the_registry_tells_all_but_the_variables() -> None:
    network = NetworkConfig(subnets=["subnet-1"], security_groups=["sg-1"])
    made = definition(environment={"LEVEL": TOKEN}, tags={"team": "pricing"}, network=network)
    assert render_states(made)["States"]["Make model"]["Parameters"] == {
        "ModelName": "m",
        "PrimaryContainer": {
            "ModelPackageName.$": "$$.Execution.Input.Version",
            "Environment": {"LEVEL": TOKEN},
        },
        "EnableNetworkIsolation": False,
        "VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
        "Tags": [{"Key": "team", "Value": "pricing"}],
        "ExecutionRoleArn": ROLE,
    }


def test_the_engine_makes_the_model_and_hands_over_its_role() -> None:
    create, hand_over, *_ = (found.to_dict() for found in engine_statements(definition(), **PLACE))
    assert (create["Action"], create["Resource"]) == (
        ["sagemaker:CreateModel"],
        ["arn:aws:sagemaker:eu-west-1:111122223333:model/m"],
    )
    assert (hand_over["Action"], hand_over["Resource"]) == (["iam:PassRole"], [ROLE])


def test_a_role_made_for_the_step_logs_and_joins_the_network() -> None:
    made = definition(role=None, network=NetworkConfig(subnets=["subnet-1"], security_groups=["sg-1"]))
    (step,) = made.steps_without_role
    found = job_statements(step, definition=made, **PLACE)
    actions = {action for statement in found for action in statement.actions}
    assert {"logs:PutLogEvents", "cloudwatch:PutMetricData", "ec2:CreateNetworkInterface"} <= actions
    assert not any(action.startswith(("ecr:", "s3:")) for action in actions)
