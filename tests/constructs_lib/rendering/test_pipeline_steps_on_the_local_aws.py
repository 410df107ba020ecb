"""SageMaker pipelines that a workflow starts, run by the local AWS with the rights that the library derives."""

import json
from typing import Any

import pytest

from constructs_lib.definitions import PipelineStep, WorkflowDefinition
from constructs_lib.permissions import engine_statements
from constructs_lib.rendering import render_states
from local_aws.server import LocalAws
from tests.constructs_lib.samples import workflow
from tests.local_aws.sagemaker.conftest import Account

PLACE = {"partition": "aws", "region": "us-east-1", "account": "123456789012"}
NOTHING_TO_DO = {"Type": "Equals", "LeftValue": {"Get": "Parameters.Wanted"}, "RightValue": "yes"}


def _trust(service: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.fixture(scope="module")
def account(local_aws: LocalAws) -> Account:
    """An account with the pipeline ``started-by-workflows``, which succeeds where its parameter is ``yes``."""
    found = Account(local_aws.platform, None, [])  # type: ignore[arg-type]  # no job runs, so no engine is needed
    stop = {"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": "not wanted"}}
    check = {
        "Name": "Check",
        "Type": "Condition",
        "Arguments": {"Conditions": [NOTHING_TO_DO], "IfSteps": [], "ElseSteps": [stop]},
    }
    parameters = [{"Name": "Wanted", "Type": "String"}]
    found.client("sagemaker").create_pipeline(
        PipelineName="started-by-workflows",
        PipelineDefinition=json.dumps({"Version": "2020-12-01", "Parameters": parameters, "Steps": [check]}),
        RoleArn=found.role("started-by-workflows", trust=_trust("sagemaker.amazonaws.com")),
        ClientRequestToken="a-token-of-thirty-two-characters-",
    )
    return found


def _started(wanted: str, name: str) -> WorkflowDefinition:
    step = PipelineStep(name="Run", pipeline_name="started-by-workflows", parameters={"Wanted": wanted}, poll_seconds=1)
    return workflow(step, name=name)


def _run(account: Account, definition: WorkflowDefinition) -> dict[str, Any]:
    statements = [found.to_dict() for found in engine_statements(definition, **PLACE)]
    states = account.client("stepfunctions")
    machine = states.create_state_machine(
        name=definition.name,
        definition=json.dumps(render_states(definition)),
        roleArn=account.role(
            definition.name, {"Version": "2012-10-17", "Statement": statements}, _trust("states.amazonaws.com")
        ),
    )["stateMachineArn"]
    arn = states.start_execution(stateMachineArn=machine)["executionArn"]
    return account.eventually(
        lambda: dict(states.describe_execution(executionArn=arn)), lambda found: found["status"] != "RUNNING"
    )


def test_a_workflow_waits_for_the_pipeline(account: Account) -> None:
    ended = _run(account, _started("yes", "waits-for-a-pipeline"))
    assert ended["status"] == "SUCCEEDED", ended


def test_a_pipeline_that_fails_fails_the_workflow(account: Account) -> None:
    ended = _run(account, _started("no", "meets-a-failed-pipeline"))
    assert (ended["status"], ended["error"]) == ("FAILED", "PipelineFailed")
    assert "Step failure: One or multiple steps failed." in ended["cause"]
