"""Executions: start, names, stop, describe, list, history."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.stepfunctions.workbench import Workbench

PASS = {"StartAt": "S", "States": {"S": {"Type": "Pass", "End": True}}}
WAIT = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1_000_000, "End": True}}}


def test_described(bench: Workbench) -> None:
    machine = bench.machine(PASS, name="described-runs")
    result = bench.ended(bench.start(machine, {"a": 1}, name="run-1", traceHeader="Root=1"))
    described = bench.client().describe_execution(executionArn=result.arn)
    assert described["startDate"] <= described["stopDate"]
    del described["ResponseMetadata"], described["startDate"], described["stopDate"]
    assert described == {
        "executionArn": "arn:aws:states:us-east-1:123456789012:execution:described-runs:run-1",
        "stateMachineArn": machine,
        "name": "run-1",
        "status": "SUCCEEDED",
        "input": '{"a": 1}',
        "inputDetails": {"included": True},
        "output": '{"a":1}',
        "outputDetails": {"included": True},
        "traceHeader": "Root=1",
        "redriveCount": 0,
        "redriveStatus": "NOT_REDRIVABLE",
        "redriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
    }


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("not json", "Invalid State Machine Execution Input: 'Unrecognized token 'not': was expecting \\(JSON String"),
        ("{'a': 1}", "Invalid State Machine Execution Input: '"),
        ("", "Invalid State Machine Execution Input: 'Invalid execution input.'"),
        ('{"a": NaN}', "NaN is not JSON"),
        (json.dumps("x" * 262_144), "Input exceeds 262144 bytes"),
    ],
)
def test_inputs_that_are_none(bench: Workbench, text: str, error: str) -> None:
    machine = bench.machine(PASS)
    with pytest.raises(ClientError, match=f"InvalidExecutionInput.*{error}|ValidationException"):
        bench.start(machine, input=text)


@pytest.mark.parametrize("text", ["5", '"s"', "null", "[1]", '{"ü": "☃"}'])
def test_any_json_is_an_input(bench: Workbench, text: str) -> None:
    assert bench.ended(bench.start(bench.machine(PASS), input=text)).output == json.loads(text)


def test_a_name_that_runs_with_the_same_input_is_the_same_execution(bench: Workbench) -> None:
    machine = bench.machine(WAIT)
    first = bench.start(machine, {"a": 1}, name="n")
    assert bench.start(machine, {"a": 1}, name="n") == first
    with pytest.raises(ClientError, match=f"ExecutionAlreadyExists.*Execution Already Exists: '{first}'"):
        bench.start(machine, {"a": 2}, name="n")
    bench.client().stop_execution(executionArn=first)
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        bench.start(machine, {"a": 1}, name="n")


@pytest.mark.parametrize("name", ["a b", "x" * 81, "a:b"])
def test_names(bench: Workbench, name: str) -> None:
    with pytest.raises(ClientError, match=r"InvalidName|ValidationException"):
        bench.start(bench.machine(PASS), name=name)


def test_no_such_machine(bench: Workbench) -> None:
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:absent"
    with pytest.raises(ClientError, match=f"StateMachineDoesNotExist.*State Machine Does Not Exist: '{arn}'"):
        bench.start(arn)


def test_stop(bench: Workbench) -> None:
    client = bench.client()
    execution = bench.start(bench.machine(WAIT))
    bench.at(execution, "WaitStateEntered")
    stopped = client.stop_execution(executionArn=execution, error="E", cause="C")["stopDate"]
    result = bench.ended(execution)
    assert (result.status, result.error, result.cause, result.output) == ("ABORTED", "E", "C", None)
    assert result.types == ["ExecutionStarted", "WaitStateEntered", "ExecutionAborted"]
    assert result.chain == [0, 0, 0]
    assert result.details("ExecutionAborted") == {"error": "E", "cause": "C"}
    # an execution that has ended stays as it is
    assert client.stop_execution(executionArn=execution, error="other")["stopDate"] == stopped
    assert bench.ended(execution).error == "E"


def test_stop_without_a_word(bench: Workbench) -> None:
    execution = bench.start(bench.machine(WAIT))
    bench.client().stop_execution(executionArn=execution)
    result = bench.ended(execution)
    assert (result.error, result.cause) == (None, None)
    assert result.details("ExecutionAborted") == {}


@pytest.mark.parametrize(
    "operation", ["describe_execution", "get_execution_history", "stop_execution", "redrive_execution"]
)
def test_executions_that_are_not_there(bench: Workbench, operation: str) -> None:
    call = getattr(bench.client(), operation)
    arn = "arn:aws:states:us-east-1:123456789012:execution:m:absent"
    with pytest.raises(ClientError, match=f"ExecutionDoesNotExist.*Execution Does Not Exist: '{arn}'"):
        call(executionArn=arn)
    with pytest.raises(ClientError, match=r"InvalidArn.*Invalid ARN prefix: nonsense"):
        call(executionArn="nonsense")


def test_an_arn_of_too_few_parts(bench: Workbench) -> None:
    with pytest.raises(ClientError, match=r"InvalidArn.*Invalid ARN: arn:nonsense"):
        bench.client().list_executions(stateMachineArn="arn:nonsense")


def test_lists(bench: Workbench) -> None:
    client = bench.client()
    machine = bench.machine(
        {
            "StartAt": "C",
            "States": {
                "C": {
                    "Type": "Choice",
                    "Choices": [{"Variable": "$.fail", "BooleanEquals": True, "Next": "F"}],
                    "Default": "S",
                },
                "F": {"Type": "Fail"},
                "S": {"Type": "Succeed"},
            },
        }
    )
    names = [f"run-{index}" for index in range(5)]
    for index, name in enumerate(names):
        bench.ended(bench.start(machine, {"fail": index == 2}, name=name))
    listed = client.list_executions(stateMachineArn=machine)["executions"]
    assert [execution["name"] for execution in listed] == names[::-1]
    assert {execution["status"] for execution in listed} == {"SUCCEEDED", "FAILED"}
    failed = client.list_executions(stateMachineArn=machine, statusFilter="FAILED")["executions"]
    assert [execution["name"] for execution in failed] == ["run-2"]
    first = client.list_executions(stateMachineArn=machine, maxResults=2)
    second = client.list_executions(stateMachineArn=machine, maxResults=2, nextToken=first["nextToken"])
    assert [each["name"] for each in first["executions"] + second["executions"]] == names[:0:-1]
    assert client.list_executions(stateMachineArn=machine, redriveFilter="REDRIVEN")["executions"] == []
    assert client.list_map_runs(executionArn=listed[0]["executionArn"])["mapRuns"] == []
    with pytest.raises(ClientError, match="Value 'succeeded' at 'statusFilter' failed to satisfy constraint"):
        client.list_executions(stateMachineArn=machine, statusFilter="succeeded")
    with pytest.raises(ClientError, match="Must provide stateMachineArn or mapRunArn, but not both"):
        client.list_executions()


def test_histories(bench: Workbench) -> None:
    client = bench.client()
    execution = bench.ended(bench.start(bench.machine(PASS), {"secret": 1})).arn

    def ids(**members: Any) -> list[int]:
        return [event["id"] for event in client.get_execution_history(executionArn=execution, **members)["events"]]

    assert ids() == [1, 2, 3, 4]
    assert ids(reverseOrder=True) == [4, 3, 2, 1]
    page = client.get_execution_history(executionArn=execution, maxResults=3)
    assert [event["id"] for event in page["events"]] == [1, 2, 3]
    assert ids(maxResults=3, nextToken=page["nextToken"]) == [4]
    without = client.get_execution_history(executionArn=execution, includeExecutionData=False)["events"]
    assert "secret" not in str(without)
    assert without[1]["stateEnteredEventDetails"] == {"name": "S"}


def test_the_end_of_a_machine_s_time(bench: Workbench) -> None:
    execution = bench.start(bench.machine({**WAIT, "TimeoutSeconds": 60}))
    bench.at(execution, "WaitStateEntered")
    bench.clock.advance(61)
    result = bench.ended(execution)
    assert (result.status, result.error) == ("TIMED_OUT", "States.Timeout")
    assert result.types[-1] == "ExecutionTimedOut"


def test_executions_outlive_an_input_of_other_spacing(bench: Workbench) -> None:
    result = bench.ended(bench.start(bench.machine(PASS), input='{ "a" :  1 }'))
    assert result.details("ExecutionStarted")["input"] == '{ "a" :  1 }'
    assert result.details("PassStateEntered")["input"] == '{"a":1}'
