import doctest
import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Duration, Stack
from aws_cdk import aws_stepfunctions as stepfunctions

from constructs_lib.definitions import Allowed, Catch, DefinitionError, FailStep, WorkflowDefinition
from constructs_lib.state_machines import states
from constructs_lib.state_machines.states import StepState, hand_written
from constructs_lib.state_machines.workflow import StepFunctionsWorkflow
from tests.constructs_lib.samples import endpoint, function, processing
from tests.constructs_lib.synthesis import Template, only, statements, template_of


def states_of(template: Template) -> dict[str, Any]:
    machine = only(template, "AWS::StepFunctions::StateMachine")["DefinitionString"]
    texts = [machine] if isinstance(machine, str) else machine["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else "known-later" for part in texts)
    found: dict[str, Any] = json.loads(text)["States"]
    return found


def chain(stack: Stack) -> None:
    """A hand-written chain of a job, an endpoint and a state of the CDK's."""
    prepare = StepState(stack, "Prepare", step=processing("Prepare", role=None, job_name="job"), result_path="$.job")
    serve = StepState(stack, "Serve", step=endpoint("Serve"))
    told = stepfunctions.Pass(stack, "Told")
    body = stepfunctions.DefinitionBody.from_chainable(prepare.state.next(serve.state).next(told))
    machine = stepfunctions.StateMachine(stack, "Machine", definition_body=body)
    prepare.grant(machine)
    serve.grant(machine)


def test_steps_are_states_of_a_hand_written_chain(tmp_path: Path) -> None:
    template = template_of(chain, tmp_path)
    found = states_of(template)
    assert list(found) == ["Prepare", "Serve", "Told"]
    prepare = found["Prepare"]
    assert prepare["Resource"].endswith(":states:::sagemaker:createProcessingJob.sync")
    assert (prepare["ResultPath"], prepare["Next"]) == ("$.job", "Serve")
    assert prepare["Parameters"]["RoleArn"] == "known-later"
    assert found["Serve"]["Type"] == "Parallel"
    assert found["Serve"]["ResultSelector"] == {"Result.$": "$[0]"}
    assert list(found["Serve"]["Branches"][0]["States"])[:3] == ["Serve", "Serve: describe", "Serve: in service?"]


def test_the_chain_may_do_what_its_steps_do(tmp_path: Path) -> None:
    template = template_of(chain, tmp_path)
    actions = {
        action
        for found in statements(template, "MachineRole")
        for action in ([found["Action"]] if isinstance(found["Action"], str) else found["Action"])
    }
    assert {"sagemaker:CreateProcessingJob", "sagemaker:DescribeEndpoint", "iam:PassRole", "events:PutRule"} <= actions
    job = statements(template, "PrepareJobRolesPrepare")
    assert any("logs:PutLogEvents" in found["Action"] for found in job)


def test_catches_belong_to_the_chain() -> None:
    step = function("A", catch=[Catch(next_step=FailStep(name="Failed"))])
    with pytest.raises(DefinitionError, match="A: catch: got catches, expected none: add_catch of the state leads to"):
        StepState(Stack(App(), "S"), "A", step=step)


def test_a_state_of_the_cdk_is_a_step_of_a_workflow(tmp_path: Path) -> None:
    def flow(stack: Stack) -> None:
        wait = stepfunctions.Wait(stack, "Wait a bit", time=stepfunctions.WaitTime.duration(Duration.seconds(5)))
        call = stepfunctions.CustomState(
            stack,
            "Look",
            state_json={"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sts:getCallerIdentity", "Parameters": {}},
        )
        call.next(wait)
        reason = "sts:GetCallerIdentity takes no resource"
        look = hand_written(call, allowed=[Allowed(actions=["sts:GetCallerIdentity"], resources=["*"], reason=reason)])
        last = function("Last", payload={"account": look.output("Account")})
        definition = WorkflowDefinition(name="mixed", steps=[look, hand_written(wait), last])
        StepFunctionsWorkflow(stack, "Flow", definition=definition)

    template = template_of(flow, tmp_path)
    found = states_of(template)
    assert found["Look"] == {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sts:getCallerIdentity",
        "Parameters": {},
        "ResultPath": None,
        "Assign": {"Look": {"Account.$": "$.Account"}},
        "Next": "Wait a bit",
    }
    assert found["Wait a bit"] == {"Type": "Wait", "Seconds": 5, "Next": "Last"}
    assert any("sts:GetCallerIdentity" in found["Action"] for found in statements(template, "FlowRole"))


def test_the_example_of_the_docstring() -> None:
    result = doctest.testmod(states)
    assert (result.attempted > 0, result.failed) == (True, 0)
