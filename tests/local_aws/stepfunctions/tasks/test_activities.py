"""Activities and their workers."""

import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.stepfunctions.workbench import Workbench


def activity(bench: Workbench, name: str) -> str:
    arn: str = bench.client().create_activity(name=name)["activityArn"]
    return arn


def start(bench: Workbench, arn: str, **members: Any) -> str:
    state = {"Type": "Task", "Resource": arn, "End": True, **members}
    return bench.start(bench.machine({"StartAt": "S", "States": {"S": state}}), {"work": 1})


def test_a_worker_takes_the_work_and_answers(bench: Workbench) -> None:
    arn = activity(bench, "answered")
    execution = start(bench, arn, TimeoutSeconds=300)
    work = bench.client().get_activity_task(activityArn=arn, workerName="w-1")
    assert work["input"] == '{"work":1}'
    bench.client().send_task_success(taskToken=work["taskToken"], output='{"done":true}')
    result = bench.ended(execution)
    assert result.output == {"done": True}
    assert result.types == [
        "ExecutionStarted",
        "TaskStateEntered",
        "ActivityScheduled",
        "ActivityStarted",
        "ActivitySucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]
    assert result.details("ActivityScheduled") == {
        "resource": arn,
        "input": '{"work":1}',
        "inputDetails": {"truncated": False},
        "timeoutInSeconds": 300,
    }
    assert result.details("ActivityStarted") == {"workerName": "w-1"}


def test_a_worker_that_asks_first_waits_for_the_work(bench: Workbench) -> None:
    arn = activity(bench, "awaited")
    taken: list[Any] = []
    worker = threading.Thread(target=lambda: taken.append(bench.client().get_activity_task(activityArn=arn)))
    worker.start()
    execution = start(bench, arn)
    worker.join(20)
    bench.client().send_task_failure(taskToken=taken[0]["taskToken"], error="E", cause="C")
    result = bench.ended(execution)
    assert (result.error, result.cause) == ("E", "C")
    assert result.types[-2:] == ["ActivityFailed", "ExecutionFailed"]


def test_a_worker_that_misses_its_heartbeat(bench: Workbench) -> None:
    arn = activity(bench, "missed")
    execution = start(bench, arn, HeartbeatSeconds=10)
    work = bench.client().get_activity_task(activityArn=arn)
    bench.at(execution, "ActivityStarted")
    bench.clock.advance(9)
    bench.client().send_task_heartbeat(taskToken=work["taskToken"])
    bench.clock.advance(11)
    result = bench.ended(execution)
    assert (result.error, result.types[-2:]) == ("States.Timeout", ["ActivityTimedOut", "ExecutionFailed"])


def test_work_of_a_stopped_execution_is_taken_back(bench: Workbench) -> None:
    arn = activity(bench, "taken-back")
    execution = start(bench, arn)
    bench.at(execution, "ActivityScheduled")
    bench.client().stop_execution(executionArn=execution)
    second = start(bench, arn)
    work = bench.client().get_activity_task(activityArn=arn)
    bench.client().send_task_success(taskToken=work["taskToken"], output="2")
    assert bench.ended(second).output == 2


def test_an_activity_that_is_not_there(bench: Workbench) -> None:
    arn = "arn:aws:states:us-east-1:123456789012:activity:absent"
    with pytest.raises(ClientError, match=r"ActivityDoesNotExist.*Activity Does Not Exist: '"):
        bench.client().get_activity_task(activityArn=arn)
    result = bench.run_state({"Type": "Task", "Resource": arn})
    assert (result.status, result.cause) == ("FAILED", f"Activity Does Not Exist: '{arn}'")


def test_they_are_described_listed_and_deleted(bench: Workbench) -> None:
    client = bench.client()
    arn = activity(bench, "listed")
    assert activity(bench, "listed") == arn
    assert client.describe_activity(activityArn=arn)["name"] == "listed"
    names = [each["name"] for each in client.list_activities(maxResults=1000)["activities"]]
    assert names == sorted(names)
    assert "listed" in names
    client.tag_resource(resourceArn=arn, tags=[{"key": "k", "value": "v"}])
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "k", "value": "v"}]
    client.delete_activity(activityArn=arn)
    client.delete_activity(activityArn=arn)
    with pytest.raises(ClientError, match="ActivityDoesNotExist"):
        client.describe_activity(activityArn=arn)
    with pytest.raises(ClientError, match=r"InvalidName.*Invalid Name: 'a b'"):
        client.create_activity(name="a b")
