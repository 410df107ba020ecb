"""Task tokens: SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.stepfunctions.workbench import Workbench

WAITING = "arn:aws:states:::lambda:invoke.waitForTaskToken"


def waiting(bench: Workbench, answer: Any = None, **members: Any) -> tuple[str, str]:
    """Starts an execution that waits for its token; gives both."""
    tokens: list[str] = []

    def handler(event: Any) -> Any:
        tokens.append(event["TaskToken"])
        return answer

    state = {
        "Type": "Task",
        "Resource": WAITING,
        "Parameters": {
            "FunctionName": bench.function(handler),
            "Payload": {"TaskToken.$": "$$.Task.Token", "Overrides.$": "$.Overrides"},
        },
        "End": True,
        **members,
    }
    execution = bench.start(bench.machine({"StartAt": "S", "States": {"S": state}}), {"Overrides": {}})
    bench.at(execution, "TaskSubmitted")
    return execution, tokens[0]


def test_success_gives_the_task_s_result(bench: Workbench) -> None:
    execution, token = waiting(bench, answer="of the function, dropped")
    assert bench.client().describe_execution(executionArn=execution)["status"] == "RUNNING"
    bench.client().send_task_success(taskToken=token, output='{"ImageUri": "i"}')
    result = bench.ended(execution)
    assert result.output == {"ImageUri": "i"}
    assert result.types[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]
    assert result.details("TaskScheduled")["resource"] == "invoke.waitForTaskToken"
    assert token in result.details("TaskScheduled")["parameters"]


def test_failure_fails_the_task(bench: Workbench) -> None:
    execution, token = waiting(bench)
    bench.client().send_task_failure(taskToken=token, error="ContainerBuildFailed", cause="build b: BUILD exited 1")
    result = bench.ended(execution)
    assert (result.error, result.cause) == ("ContainerBuildFailed", "build b: BUILD exited 1")
    assert result.types[-2:] == ["TaskFailed", "ExecutionFailed"]


def test_a_token_is_answered_once(bench: Workbench) -> None:
    execution, token = waiting(bench)
    bench.client().send_task_success(taskToken=token, output="1")
    with pytest.raises(ClientError, match=r"TaskTimedOut.*Task Timed Out: 'Provided task does not exist anymore'"):
        bench.client().send_task_failure(taskToken=token)
    assert bench.ended(execution).output == 1


def test_a_token_of_another_making(bench: Workbench) -> None:
    for operation, members in (
        ("send_task_success", {"taskToken": "bm9uZQ==", "output": "1"}),
        ("send_task_failure", {"taskToken": "no base64!"}),
        ("send_task_heartbeat", {"taskToken": "x"}),
    ):
        with pytest.raises(ClientError, match=r"InvalidToken.*Invalid Token: 'Invalid token'"):
            getattr(bench.client(), operation)(**members)


def test_an_output_that_is_no_json(bench: Workbench) -> None:
    execution, token = waiting(bench)
    with pytest.raises(ClientError, match=r"InvalidOutput.*Invalid Output: "):
        bench.client().send_task_success(taskToken=token, output="{")
    bench.client().send_task_success(taskToken=token, output="null")
    assert bench.ended(execution).status == "SUCCEEDED"


def test_the_answer_may_come_before_the_call_returns(bench: Workbench) -> None:
    def handler(event: Any) -> None:
        bench.client().send_task_success(taskToken=event["t"], output='"early"')

    state = {
        "Type": "Task",
        "Resource": WAITING,
        "Parameters": {"FunctionName": bench.function(handler), "Payload": {"t.$": "$$.Task.Token"}},
    }
    assert bench.run_state(state).output == "early"


def test_no_answer_in_time(bench: Workbench) -> None:
    execution, token = waiting(bench, TimeoutSeconds=3600)
    bench.clock.advance(3601)
    result = bench.ended(execution)
    assert (result.error, result.cause) == ("States.Timeout", None)
    assert result.details("TaskScheduled")["timeoutInSeconds"] == 3600
    assert result.details("TaskTimedOut") == {
        "resourceType": "lambda",
        "resource": "invoke.waitForTaskToken",
        "error": "States.Timeout",
    }
    with pytest.raises(ClientError, match="TaskTimedOut"):
        bench.client().send_task_success(taskToken=token, output="1")


def test_heartbeats_keep_the_task_alive(bench: Workbench) -> None:
    execution, token = waiting(bench, HeartbeatSeconds=60, TimeoutSeconds=3600)
    for _ in range(3):
        bench.clock.advance(50)
        bench.client().send_task_heartbeat(taskToken=token)
        assert bench.client().describe_execution(executionArn=execution)["status"] == "RUNNING"
    bench.clock.advance(61)
    result = bench.ended(execution)
    assert result.error == "States.Timeout"
    assert result.details("TaskScheduled")["heartbeatInSeconds"] == 60
    assert result.types[-2:] == ["TaskTimedOut", "ExecutionFailed"]


@pytest.mark.parametrize("names", [["States.HeartbeatTimeout"], ["States.Timeout"], ["States.ALL"]])
def test_a_missed_heartbeat_answers_to_its_names(bench: Workbench, names: list[str]) -> None:
    state = {"Catch": [{"ErrorEquals": names, "Next": "H"}], "HeartbeatSecondsPath": "$.beat"}
    task = {
        "Type": "Task",
        "Resource": WAITING,
        "Parameters": {"FunctionName": bench.function(lambda event: event), "Payload": {"t.$": "$$.Task.Token"}},
        "End": True,
        **state,
    }
    definition = {"StartAt": "S", "States": {"S": task, "H": {"Type": "Pass", "End": True}}}
    execution = bench.start(bench.machine(definition), {"beat": 30})
    bench.at(execution, "TaskSubmitted")
    bench.clock.advance(31)
    assert bench.ended(execution).output == {"Error": "States.Timeout"}


def test_the_first_call_fails(bench: Workbench) -> None:
    state = {
        "Type": "Task",
        "Resource": WAITING,
        "Parameters": {"FunctionName": "absent", "Payload": {"t.$": "$$.Task.Token"}},
    }
    result = bench.run_state(state)
    assert result.error == "Lambda.ResourceNotFoundException"
    assert result.types[-2:] == ["TaskSubmitFailed", "ExecutionFailed"]


def test_a_retried_task_has_another_token(bench: Workbench) -> None:
    tokens: list[str] = []
    state = {
        "Type": "Task",
        "Resource": WAITING,
        "Parameters": {
            "FunctionName": bench.function(lambda event: tokens.append(event["t"])),
            "Payload": {"t.$": "$$.Task.Token"},
        },
        "Retry": [{"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 15, "MaxAttempts": 2, "BackoffRate": 4.0}],
        "End": True,
    }
    execution = bench.start(bench.machine({"StartAt": "S", "States": {"S": state}}))
    bench.at(execution, "TaskSubmitted")
    bench.client().send_task_failure(taskToken=tokens[0], error="E")
    bench.at(execution, "TaskFailed")
    bench.clock.advance(16)
    while len(tokens) < 2 or len([e for e in bench.history(execution) if e["type"] == "TaskSubmitted"]) < 2:
        pass
    assert tokens[0] != tokens[1]
    bench.client().send_task_success(taskToken=tokens[1], output="2")
    assert bench.ended(execution).output == 2


def test_in_jsonata_the_token_is_in_the_context(bench: Workbench) -> None:
    def handler(event: Any) -> None:
        bench.client().send_task_success(taskToken=event["t"], output="3")

    state = {
        "Type": "Task",
        "Resource": WAITING,
        "Arguments": {"FunctionName": bench.function(handler), "Payload": {"t": "{% $states.context.Task.Token %}"}},
    }
    assert bench.run_state(state, QueryLanguage="JSONata").output == 3


def test_messages_to_a_queue_with_a_token(bench: Workbench) -> None:
    sqs = bench.client("sqs")
    queue = sqs.create_queue(QueueName="callbacks")["QueueUrl"]
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": queue, "MessageBody": {"token.$": "$$.Task.Token", "job.$": "$.job"}},
        "End": True,
    }
    execution = bench.start(bench.machine({"StartAt": "S", "States": {"S": state}}), {"job": 7})
    bench.at(execution, "TaskSubmitted")
    body = json.loads(sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"])
    assert body["job"] == 7
    bench.client().send_task_success(taskToken=body["token"], output='"done"')
    assert bench.ended(execution).output == "done"
