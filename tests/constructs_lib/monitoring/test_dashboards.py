import json
from pathlib import Path

import pytest
from aws_cdk import App, Stack

from constructs_lib.definitions import PassStep, WorkflowDefinition
from constructs_lib.monitoring.dashboards import WorkflowDashboard
from constructs_lib.state_machines.workflow import StepFunctionsWorkflow
from tests.constructs_lib.synthesis import only, template_of

ARN = "arn:aws:states:eu-west-1:111122223333:stateMachine:other"


def test_a_dashboard_has_a_row_for_each_workflow_below_the_alarms(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        definition = WorkflowDefinition(name="mine", steps=[PassStep(name="Rest")])
        mine = StepFunctionsWorkflow(stack, "Mine", definition=definition)
        other = StepFunctionsWorkflow.from_state_machine_arn(stack, "Other", ARN)
        WorkflowDashboard(stack, "Board", workflows={"Mine": mine, "Other": other}, alarms=[mine.failed_alarm])

    parts = only(template_of(define, tmp_path, nag=True), "AWS::CloudWatch::Dashboard")["DashboardBody"]["Fn::Join"][1]
    body = json.loads("".join(part if isinstance(part, str) else next(iter(part)) for part in parts))
    alarms, *graphs = body["widgets"]
    assert (alarms["type"], alarms["width"]) == ("alarm", 24)
    assert [graph["properties"]["title"] for graph in graphs] == [
        "Mine: executions",
        "Mine: duration",
        "Other: executions",
        "Other: duration",
    ]
    executions, duration = graphs[2]["properties"]["metrics"], graphs[3]["properties"]["metrics"]
    assert [metric[:4] for metric in executions] == [
        ["AWS/States", name, "StateMachineArn", ARN]
        for name in (
            "ExecutionsStarted",
            "ExecutionsSucceeded",
            "ExecutionsFailed",
            "ExecutionsTimedOut",
            "ExecutionsAborted",
            "ExecutionThrottled",
        )
    ]
    assert [(metric[1], metric[4].get("stat")) for metric in duration] == [
        ("ExecutionTime", None),
        ("ExecutionTime", "Maximum"),
    ]


def test_a_dashboard_shows_something() -> None:
    with pytest.raises(ValueError, match=r"^Test/Board: workflows: got none, expected at least one$"):
        WorkflowDashboard(Stack(App(), "Test"), "Board", workflows={})
