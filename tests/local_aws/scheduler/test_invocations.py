"""Schedules that are due call what they are for, on a time that the test moves."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.functions.deployments import until
from tests.local_aws.scheduler.conftest import ACCOUNT, REGION, Scheduler


def now(scheduler: Scheduler) -> datetime:
    return scheduler.aws.platform.time.now()


def at(moment: datetime) -> str:
    return f"at({moment:%Y-%m-%dT%H:%M:%S})"


def test_a_schedule_that_is_due_once_calls_once_and_goes(scheduler: Scheduler) -> None:
    url, arn = scheduler.queue()
    due = (now(scheduler) + timedelta(hours=2)).replace(microsecond=0)
    name = scheduler.schedule(
        {"Arn": arn, "RoleArn": scheduler.role("sqs:SendMessage"), "Input": "at <aws.scheduler.scheduled-time>"},
        at(due),
        ActionAfterCompletion="DELETE",
    )
    scheduler.advance(hours=1)
    assert "Messages" not in scheduler.client("sqs").receive_message(QueueUrl=url)
    scheduler.advance(hours=2)
    assert [message["Body"] for message in scheduler.received(url)] == [f"at {due:%Y-%m-%dT%H:%M:%SZ}"]
    with pytest.raises(ClientError, match=f"Schedule {name} does not exist"):
        scheduler.client().get_schedule(Name=name)


def test_a_rate_calls_at_once_and_then_every_time_until_its_end(scheduler: Scheduler) -> None:
    url, arn = scheduler.queue()
    start = now(scheduler)
    scheduler.schedule(
        {"Arn": arn, "RoleArn": scheduler.role("sqs:SendMessage")},
        "rate(1 hour)",
        EndDate=start + timedelta(hours=2, minutes=30),
    )
    scheduler.advance(hours=6)
    events = sorted(
        (json.loads(message["Body"]) for message in scheduler.received(url, 3)), key=lambda each: each["time"]
    )
    moments = [datetime.fromisoformat(event["time"]) for event in events]
    assert [later - moments[0] for later in moments] == [timedelta(hours=hours) for hours in range(3)]
    first = events[0]
    assert (first["source"], first["detail-type"], first["detail"]) == ("aws.scheduler", "Scheduled Event", "{}")
    assert first["resources"][0].startswith(f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/s-")
    assert "Messages" not in scheduler.client("sqs").receive_message(QueueUrl=url)


def test_a_flexible_window_calls_later_but_within_it(scheduler: Scheduler) -> None:
    url, arn = scheduler.queue()
    due = (now(scheduler) + timedelta(hours=1)).replace(microsecond=0)
    scheduler.schedule(
        {"Arn": arn, "RoleArn": scheduler.role("sqs:SendMessage"), "Input": "<aws.scheduler.scheduled-time>"},
        at(due),
        FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 30},
    )
    scheduler.advance(hours=1, minutes=31)
    assert scheduler.received(url)[0]["Body"] == f"{due:%Y-%m-%dT%H:%M:%SZ}"


def test_a_disabled_schedule_calls_nothing_until_it_is_enabled(scheduler: Scheduler) -> None:
    url, arn = scheduler.queue()
    target = {"Arn": arn, "RoleArn": scheduler.role("sqs:SendMessage"), "Input": "x"}
    name = scheduler.schedule(target, "rate(1 hour)", State="DISABLED")
    scheduler.advance(hours=3)
    assert "Messages" not in scheduler.client("sqs").receive_message(QueueUrl=url)
    scheduler.client().update_schedule(
        Name=name, ScheduleExpression="rate(1 hour)", FlexibleTimeWindow={"Mode": "OFF"}, Target=target
    )
    scheduler.advance(hours=1)
    assert scheduler.received(url)[0]["Body"] == "x"
    scheduler.client().delete_schedule(Name=name)


def test_each_kind_of_target(scheduler: Scheduler) -> None:
    role = scheduler.role("*")
    url, queue = scheduler.queue()
    fifo_url, fifo = scheduler.queue(FifoQueue="true")
    states = scheduler.client("stepfunctions")
    machine_role = scheduler.role("s3:ListAllMyBuckets", trust={"Principal": {"Service": "states.amazonaws.com"}})
    machine = states.create_state_machine(
        name="scheduled",
        definition=json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}),
        roleArn=machine_role,
    )["stateMachineArn"]
    topic = scheduler.client("sns").create_topic(Name="scheduled")["TopicArn"]
    scheduler.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"}
    )
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sqs:SendMessage", "Resource": queue}
            for service in ("sns.amazonaws.com", "events.amazonaws.com")
        ],
    }
    scheduler.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    events = scheduler.client("events")
    events.put_rule(Name="mine", EventPattern=json.dumps({"source": ["mine"]}))
    events.put_targets(Rule="mine", Targets=[{"Id": "q", "Arn": queue, "InputPath": "$.detail"}])
    bucket = {"Bucket": "scheduled-bucket"}
    targets: list[dict[str, Any]] = [
        {"Arn": fifo, "Input": "fifo", "SqsParameters": {"MessageGroupId": "g"}},
        {"Arn": machine, "Input": '{"n": 1}'},
        {"Arn": topic, "Input": "from the topic"},
        {
            "Arn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default",
            "Input": '{"from": "the bus"}',
            "EventBridgeParameters": {"DetailType": "d", "Source": "mine"},
        },
        {"Arn": "arn:aws:scheduler:::aws-sdk:s3:createBucket", "Input": json.dumps(bucket)},
    ]
    for target in targets:
        scheduler.schedule(target | {"RoleArn": role}, at(now(scheduler) + timedelta(minutes=5)))
    scheduler.advance(minutes=6)
    assert sorted(message["Body"] for message in scheduler.received(url, 2)) == [
        "from the topic",
        '{"from":"the bus"}',
    ]
    assert scheduler.received(fifo_url)[0]["Body"] == "fifo"
    listed = until(lambda: states.list_executions(stateMachineArn=machine, statusFilter="SUCCEEDED")["executions"])
    assert json.loads(states.describe_execution(executionArn=listed[0]["executionArn"])["input"]) == {"n": 1}
    until(lambda: "scheduled-bucket" in [each["Name"] for each in scheduler.client("s3").list_buckets()["Buckets"]])


def test_a_pipeline_is_started_with_its_parameters(scheduler: Scheduler) -> None:
    sagemaker = scheduler.client("sagemaker")
    stop = {"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": {"Get": "Parameters.N"}}}
    definition = {"Version": "2020-12-01", "Parameters": [{"Name": "N", "Type": "String"}], "Steps": [stop]}
    arn = sagemaker.create_pipeline(
        PipelineName="scheduled",
        PipelineDefinition=json.dumps(definition),
        RoleArn=scheduler.role("s3:GetObject", trust={"Principal": {"Service": "sagemaker.amazonaws.com"}}),
    )["PipelineArn"]
    parameters = {"PipelineParameterList": [{"Name": "N", "Value": "night"}]}
    target = {"Arn": arn, "SageMakerPipelineParameters": parameters}
    role = scheduler.role("sagemaker:StartPipelineExecution", resource=arn)
    scheduler.schedule(target | {"RoleArn": role}, at(now(scheduler) + timedelta(minutes=5)))
    scheduler.advance(minutes=6)

    def failed() -> list[str]:
        listed = sagemaker.list_pipeline_executions(PipelineName="scheduled")["PipelineExecutionSummaries"]
        return [each["PipelineExecutionArn"] for each in listed if each["PipelineExecutionStatus"] == "Failed"]

    [execution] = until(failed)
    [step] = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=execution)["PipelineExecutionSteps"]
    assert step["FailureReason"] == "night"


def test_the_role_may_ask_for_the_schedules_group(scheduler: Scheduler) -> None:
    url, arn = scheduler.queue()
    groups = {"ArnEquals": {"aws:SourceArn": f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/default"}}
    role = scheduler.role("sqs:SendMessage", trust={"Condition": groups})
    scheduler.schedule({"Arn": arn, "RoleArn": role, "Input": "in"}, at(now(scheduler) + timedelta(minutes=5)))
    scheduler.advance(minutes=6)
    assert scheduler.received(url)[0]["Body"] == "in"


def test_what_is_not_allowed_lands_in_the_dead_letter_queue(scheduler: Scheduler) -> None:
    dead_url, dead = scheduler.queue()
    _, arn = scheduler.queue()
    role = scheduler.role("sqs:SendMessage", resource=dead)
    target = {"Arn": arn, "RoleArn": role, "Input": "lost", "DeadLetterConfig": {"Arn": dead}}
    name = scheduler.schedule(target, at(now(scheduler) + timedelta(minutes=5)))
    scheduler.advance(minutes=6)
    (message,) = scheduler.received(dead_url)
    told = {key: value["StringValue"] for key, value in message["MessageAttributes"].items()}
    assert message["Body"] == "lost"
    assert told["SCHEDULE_ARN"].endswith(f":schedule/default/{name}")
    assert (told["TARGET_ARN"], told["ERROR_CODE"], told["RETRY_ATTEMPTS"]) == (arn, "NO_PERMISSIONS", "0")
    assert "EXHAUSTED_RETRY_CONDITION" not in told


def test_a_target_that_fails_is_tried_again_as_often_as_allowed(
    scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local_aws.scheduler.invocations.BACKOFF_SECONDS", (0.01, 0.02))
    dead_url, dead = scheduler.queue()

    def throttled(*_: Any, **__: Any) -> None:
        error = {
            "Error": {"Code": "ThrottlingException", "Message": "slow"},
            "ResponseMetadata": {"HTTPStatusCode": 400},
        }
        raise ClientError(error, "Publish")

    monkeypatch.setattr("local_aws.scheduler.invocations.call_of", throttled)
    target = {
        "Arn": f"arn:aws:sns:{REGION}:{ACCOUNT}:none",
        "RoleArn": scheduler.role("sqs:SendMessage"),
        "Input": "attempt <aws.scheduler.attempt-number>",
        "RetryPolicy": {"MaximumRetryAttempts": 3},
        "DeadLetterConfig": {"Arn": dead},
    }
    scheduler.schedule(target, at(now(scheduler) + timedelta(minutes=5)))
    scheduler.advance(minutes=6)
    (message,) = scheduler.received(dead_url)
    told = {key: value["StringValue"] for key, value in message["MessageAttributes"].items()}
    assert message["Body"] == "attempt 4"
    assert told["ERROR_CODE"] == "THROTTLING"
    assert told["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"
    assert told["RETRY_ATTEMPTS"] == "3"
