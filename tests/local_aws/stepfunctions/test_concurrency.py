"""Many executions at once, and the end of the server while some run."""

import json
from typing import Any

import pytest

from local_aws.gateway.app import Gateway
from local_aws.platform import Platform
from local_aws.server import LocalAws
from local_aws.stepfunctions.service import register_stepfunctions
from tests.local_aws.stepfunctions.workbench import Workbench


def test_a_hundred_executions_are_all_right(bench: Workbench) -> None:
    double = bench.function(lambda event: event * 2)
    item = {
        "StartAt": "Double",
        "States": {"Double": {"Type": "Task", "Resource": double, "End": True}},
    }
    definition: dict[str, Any] = {
        "StartAt": "Note",
        "States": {
            "Note": {"Type": "Pass", "Assign": {"n.$": "$.n"}, "Next": "Both"},
            "Both": {
                "Type": "Parallel",
                "Branches": [
                    {
                        "StartAt": "Each",
                        "States": {"Each": {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": item, "End": True}},
                    },
                    {
                        "StartAt": "Later",
                        "States": {"Later": {"Type": "Wait", "Seconds": 0, "OutputPath": "$.n", "End": True}},
                    },
                ],
                "Next": "Sum",
            },
            "Sum": {
                "Type": "Pass",
                "Parameters": {"doubled.$": "$[0]", "n.$": "$[1]", "same.$": "$n", "id.$": "$$.Execution.Name"},
                "End": True,
            },
        },
    }
    machine = bench.machine(definition)
    executions = [bench.start(machine, {"n": n, "items": [n, n + 1]}, name=f"run-{n}") for n in range(100)]
    for n, execution in enumerate(executions):
        result = bench.ended(execution)
        assert result.output == {"doubled": [2 * n, 2 * n + 2], "n": n, "same": n, "id": f"run-{n}"}
        assert [event["id"] for event in result.events] == list(range(1, len(result.events) + 1))


def test_nested_executions_hold_no_threads(bench: Workbench) -> None:
    """A chain of executions that each wait for the next: none of them occupies a worker."""
    leaf = bench.machine(
        {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 30, "OutputPath": "$.x", "End": True}}}
    )
    machine = leaf
    for _ in range(5):
        task = {
            "Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution.sync:2",
            "Parameters": {"StateMachineArn": machine, "Input.$": "$"},
            "OutputPath": "$.Output",
            "End": True,
        }
        machine = bench.machine({"StartAt": "S", "States": {"S": task}})
    assert bench.ended(bench.start(machine, {"x": "deep"}), skip=True).output == "deep"


def test_the_end_of_the_server_aborts_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[dict[str, Any]] = []

    def register(gateway: Gateway, platform: Platform) -> None:
        platform.on_event(lambda _account, _region, event: events.append(event))
        register_stepfunctions(gateway, platform)

    monkeypatch.setattr("local_aws.server.register_services", register)
    with LocalAws() as running:
        iam, states = (running.platform.client(name, region="us-east-1") for name in ("iam", "stepfunctions"))
        trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
        wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 100_000, "End": True}}}
        machine = states.create_state_machine(name="m", definition=json.dumps(wait), roleArn=role)["stateMachineArn"]
        executions = {states.start_execution(stateMachineArn=machine)["executionArn"] for _ in range(10)}
    ended = {event["resources"][0] for event in events if event["detail"]["status"] == "ABORTED"}
    assert ended == executions
