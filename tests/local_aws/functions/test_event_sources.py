"""Functions that are fed from SQS queues."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.functions.deployments import Deployments, until

PRINT = """
import json
def handler(event, context):
    bodies = [record["body"] for record in event["Records"]]
    print("batch", json.dumps(sorted(bodies)))
    bad = [record["messageId"] for record in event["Records"] if record["body"] == "bad"]
    return {"batchItemFailures": [{"itemIdentifier": one} for one in bad]}
"""


def read(arn: str) -> dict[str, Any]:
    actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    return {"Effect": "Allow", "Action": actions, "Resource": arn}


def waiting(deployed: Deployments, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = deployed.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(value) for value in found.values())


def test_messages_arrive_and_are_deleted(deployed: Deployments) -> None:
    url, arn = deployed.queue("q")
    name = deployed.function("f", PRINT, read(arn))
    made = deployed.functions.create_event_source_mapping(EventSourceArn=arn, FunctionName=name, BatchSize=2)
    assert (made["State"], made["BatchSize"]) == ("Creating", 2)
    deployed.client("sqs").send_message(
        QueueUrl=url, MessageBody="one", MessageAttributes={"k": {"DataType": "String", "StringValue": "v"}}
    )
    deployed.log(name, 'batch ["one"]')
    until(lambda: waiting(deployed, url) == 0)
    found = deployed.functions.get_event_source_mapping(UUID=made["UUID"])
    assert (found["State"], found["LastProcessingResult"]) == ("Enabled", "OK")
    listed = deployed.functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    assert [one["UUID"] for one in listed] == [made["UUID"]]
    with pytest.raises(ClientError, match="already exists"):
        deployed.functions.create_event_source_mapping(EventSourceArn=arn, FunctionName=name)
    assert deployed.functions.delete_event_source_mapping(UUID=made["UUID"])["State"] == "Deleting"
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        deployed.functions.get_event_source_mapping(UUID=made["UUID"])


def test_only_the_failed_messages_of_a_batch_stay(deployed: Deployments) -> None:
    url, arn = deployed.queue("q")
    name = deployed.function("f", PRINT, read(arn))
    for body in ("good", "bad"):
        deployed.client("sqs").send_message(QueueUrl=url, MessageBody=body)
    made = deployed.functions.create_event_source_mapping(
        EventSourceArn=arn, FunctionName=name, FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    deployed.log(name, "bad")
    until(lambda: waiting(deployed, url) == 1)
    deployed.functions.delete_event_source_mapping(UUID=made["UUID"])


def test_messages_of_a_failed_function_go_to_the_queues_own_dead_letter_queue(deployed: Deployments) -> None:
    dead_url, dead = deployed.queue("dead")
    redrive = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 1})
    url, arn = deployed.queue("q", VisibilityTimeout="1", RedrivePolicy=redrive)
    name = deployed.function("f", "def handler(event, context):\n    raise ValueError(1)", read(arn), Timeout=1)
    deployed.client("sqs").send_message(QueueUrl=url, MessageBody="poison")
    made = deployed.functions.create_event_source_mapping(EventSourceArn=arn, FunctionName=name)
    assert deployed.message(dead_url)["Body"] == "poison"
    deployed.functions.delete_event_source_mapping(UUID=made["UUID"])


def test_a_mapping_can_be_stopped_and_started(deployed: Deployments) -> None:
    url, arn = deployed.queue("q")
    name = deployed.function("f", PRINT, read(arn))
    functions = deployed.functions
    made = functions.create_event_source_mapping(EventSourceArn=arn, FunctionName=name, Enabled=False)
    assert functions.get_event_source_mapping(UUID=made["UUID"])["State"] == "Disabled"
    deployed.client("sqs").send_message(QueueUrl=url, MessageBody="later")
    functions.update_event_source_mapping(UUID=made["UUID"], Enabled=True)
    deployed.log(name, 'batch ["later"]')
    functions.delete_event_source_mapping(UUID=made["UUID"])


def test_what_is_no_mapping(deployed: Deployments) -> None:
    _, arn = deployed.queue("q", VisibilityTimeout="10")
    name = deployed.function("f", PRINT, read(arn), Timeout=20)
    create = deployed.functions.create_event_source_mapping
    with pytest.raises(ClientError, match="Queue visibility timeout: 10 seconds is less than Function timeout: 20"):
        create(EventSourceArn=arn, FunctionName=name)
    with pytest.raises(ClientError, match="event source mappings from 'arn:aws:kinesis"):
        create(EventSourceArn="arn:aws:kinesis:us-east-1:123456789012:stream/s", FunctionName=name)
    with pytest.raises(ClientError, match="BatchSize must lie between 1 and 10000"):
        create(EventSourceArn=arn, FunctionName=name, BatchSize=20000)
    with pytest.raises(ClientError, match="Maximum batch window in seconds must be greater than 0"):
        create(EventSourceArn=arn, FunctionName=name, BatchSize=50)
    closed = deployed.function("closed", PRINT)
    with pytest.raises(ClientError, match="SQS Error Code: AccessDenied"):
        create(EventSourceArn=arn, FunctionName=closed)
