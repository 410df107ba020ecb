"""The context object, ``$$``."""

import re

from tests.local_aws.stepfunctions.workbench import Workbench

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def test_its_members(bench: Workbench) -> None:
    machine = bench.machine(
        {"StartAt": "S", "States": {"S": {"Type": "Pass", "Parameters": {"c.$": "$$"}, "End": True}}},
        name="context-machine",
    )
    result = bench.ended(bench.start(machine, {"in": 1}, name="context-run"))
    context = result.output["c"]
    assert _TIME.fullmatch(context["Execution"].pop("StartTime"))
    assert _TIME.fullmatch(context["State"].pop("EnteredTime"))
    assert context == {
        "Execution": {
            "Id": result.arn,
            "Input": {"in": 1},
            "Name": "context-run",
            "RoleArn": bench.role,
            "RedriveCount": 0,
        },
        "StateMachine": {"Id": machine, "Name": "context-machine"},
        "State": {"Name": "S"},
    }


def test_the_retry_count_of_a_task(bench: Workbench) -> None:
    seen: list[int] = []

    def handler(event: int) -> int:
        seen.append(event)
        if len(seen) < 3:
            raise ValueError
        return event

    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": bench.function(handler), "Payload.$": "$$.State.RetryCount"},
        "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1}],
        "OutputPath": "$.Payload",
    }
    assert bench.run_state(state, skip=True).output == 2
    assert seen == [0, 1, 2]


def test_the_execution_s_input_stays(bench: Workbench) -> None:
    definition = {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Pass", "Result": "other", "Next": "B"},
            "B": {"Type": "Pass", "Parameters": {"name.$": "$$.Execution.Input.JobName", "now.$": "$"}, "End": True},
        },
    }
    assert bench.run(definition, {"JobName": "j"}).output == {"name": "j", "now": "other"}
