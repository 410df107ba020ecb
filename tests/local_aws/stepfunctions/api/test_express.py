"""EXPRESS state machines."""

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.stepfunctions.workbench import Workbench

PASS = {"StartAt": "S", "States": {"S": {"Type": "Pass", "Parameters": {"got.$": "$.a"}, "End": True}}}


def test_run_to_its_end_in_one_call(bench: Workbench) -> None:
    machine = bench.machine(PASS, type="EXPRESS")
    answer = bench.client().start_sync_execution(stateMachineArn=machine, input='{"a": 1}', name="n")
    assert (answer["status"], answer["output"], answer["name"]) == ("SUCCEEDED", '{"got":1}', "n")
    assert ":express:" in answer["executionArn"]
    assert answer["billingDetails"]["billedDurationInMilliseconds"] % 100 == 0
    # names are not unique: each call is an execution of its own
    again = bench.client().start_sync_execution(stateMachineArn=machine, input='{"a": 1}', name="n")
    assert again["executionArn"] != answer["executionArn"]


def test_a_failure_is_told(bench: Workbench) -> None:
    machine = bench.machine(
        {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "C"}}}, type="EXPRESS"
    )
    answer = bench.client().start_sync_execution(stateMachineArn=machine)
    assert (answer["status"], answer["error"], answer["cause"]) == ("FAILED", "E", "C")


def test_only_express_machines(bench: Workbench) -> None:
    with pytest.raises(ClientError, match=r"StateMachineTypeNotSupported.*not supported by this type of state machine"):
        bench.client().start_sync_execution(stateMachineArn=bench.machine(PASS))
    with pytest.raises(ClientError, match="StateMachineTypeNotSupported"):
        bench.client().list_executions(stateMachineArn=bench.machine(PASS, type="EXPRESS"))


def test_started_without_waiting(bench: Workbench) -> None:
    seen: list[int] = []
    task = {"Type": "Task", "Resource": bench.function(seen.append), "End": True}
    machine = bench.machine({"StartAt": "S", "States": {"S": task}}, type="EXPRESS")
    execution = bench.start(machine, 5)
    with pytest.raises(ClientError, match="ExecutionDoesNotExist"):
        bench.client().describe_execution(executionArn=execution)


@pytest.mark.parametrize("pattern", [".waitForTaskToken", ".sync"])
def test_no_callbacks_and_no_jobs(bench: Workbench, pattern: str) -> None:
    resource = {".sync": "codebuild:startBuild", ".waitForTaskToken": "lambda:invoke"}[pattern]
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}{pattern}", "End": True}
    with pytest.raises(ClientError, match=f"Express state machine does not support '{pattern}' service integration"):
        bench.machine({"StartAt": "S", "States": {"S": task}}, type="EXPRESS")
