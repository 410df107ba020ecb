"""Asynchronous invocations: retries, destinations, dead letters, metrics."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.functions import asynchronous, function_metrics
from tests.local_aws.functions.deployments import REGION, Deployments, until

FAIL = "def handler(event, context):\n    print('attempt', context.aws_request_id)\n    raise ValueError('no luck')"
FINE = "def handler(event, context):\n    return {'did': event}"


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asynchronous, "RETRY_SECONDS", (0.01, 0.02))
    monkeypatch.setattr(asynchronous, "THROTTLE_SECONDS", (0.01, 0.05))


def send(arn: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn}


def invoke_event(deployed: Deployments, name: str, event: Any) -> None:
    answer = deployed.functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event).encode())
    assert answer["StatusCode"] == 202
    assert answer["Payload"].read() == b""


def test_aws_own_waits_are_one_and_two_minutes() -> None:
    assert asynchronous.RETRY_SECONDS == (60.0, 120.0)


def test_three_attempts_then_the_dead_letter_queue(deployed: Deployments, quick_retries: None) -> None:
    url, arn = deployed.queue("dead")
    name = deployed.function("f", FAIL, send(arn), DeadLetterConfig={"TargetArn": arn})
    invoke_event(deployed, name, {"n": 1})
    message = deployed.message(url)
    assert json.loads(message["Body"]) == {"n": 1}
    attributes = {key: value["StringValue"] for key, value in message["MessageAttributes"].items()}
    request_id = attributes.pop("RequestID")
    assert attributes == {"ErrorCode": "200", "ErrorMessage": "no luck"}
    until(lambda: sum("attempt" in m for m in deployed.log(name, "REPORT")) == 3)
    attempts = [message for message in deployed.log(name, "REPORT") if message.startswith("attempt")]
    assert attempts == [f"attempt {request_id}"] * 3


def test_destinations_get_a_record(deployed: Deployments, quick_retries: None) -> None:
    good_url, good = deployed.queue("good")
    bad_url, bad = deployed.queue("bad")
    source = "def handler(event, context):\n    return {'did': event} if event else 1 / 0"
    name = deployed.function("f", source, send(good), send(bad))
    functions = deployed.functions
    functions.put_function_event_invoke_config(
        FunctionName=name,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnSuccess": {"Destination": good}, "OnFailure": {"Destination": bad}},
    )
    invoke_event(deployed, name, 5)
    record = json.loads(deployed.message(good_url)["Body"])
    assert record["requestContext"]["condition"] == "Success"
    assert record["requestContext"]["approximateInvokeCount"] == 1
    assert record["requestContext"]["functionArn"] == f"arn:aws:lambda:{REGION}:123456789012:function:{name}:$LATEST"
    assert record["requestPayload"] == 5
    assert record["responsePayload"] == {"did": 5}
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}
    invoke_event(deployed, name, 0)
    record = json.loads(deployed.message(bad_url)["Body"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert record["responsePayload"]["errorType"] == "ZeroDivisionError"


def test_destinations_of_the_other_kinds(deployed: Deployments, quick_retries: None) -> None:
    url, queue = deployed.queue("q")
    events, sns = deployed.client("events"), deployed.client("sns")
    bus = events.create_event_bus(Name=deployed.name("bus"))["EventBusArn"]
    topic = sns.create_topic(Name=deployed.name("topic"))["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    rule = events.put_rule(
        Name="all", EventBusName=deployed.name("bus"), EventPattern=json.dumps({"source": ["lambda"]})
    )["RuleArn"]
    events.put_targets(Rule="all", EventBusName=deployed.name("bus"), Targets=[{"Id": "q", "Arn": queue}])
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": ["events.amazonaws.com", "sns.amazonaws.com"]},
        "Action": "sqs:*",
        "Resource": queue,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    deployed.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    other = deployed.function("other", "import json\ndef handler(event, context):\n    print(json.dumps(event))")
    other_arn = f"arn:aws:lambda:{REGION}:123456789012:function:{other}"
    rights = [
        {"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus},
        {"Effect": "Allow", "Action": "sns:Publish", "Resource": topic},
        {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": other_arn},
    ]
    name = deployed.function("f", FINE, *rights)
    functions = deployed.functions

    functions.put_function_event_invoke_config(FunctionName=name, DestinationConfig={"OnSuccess": {"Destination": bus}})
    invoke_event(deployed, name, 1)
    event = json.loads(deployed.message(url)["Body"])
    assert event["detail-type"] == "Lambda Function Invocation Result - Success"
    assert event["resources"] == [bus, f"arn:aws:lambda:{REGION}:123456789012:function:{name}:$LATEST"]
    assert event["detail"]["responsePayload"] == {"did": 1}
    assert rule.endswith("/all")

    functions.update_function_event_invoke_config(
        FunctionName=name, DestinationConfig={"OnSuccess": {"Destination": topic}}
    )
    invoke_event(deployed, name, 2)
    note = json.loads(deployed.message(url)["Body"])
    assert json.loads(note["Message"])["requestPayload"] == 2

    functions.update_function_event_invoke_config(
        FunctionName=name, DestinationConfig={"OnSuccess": {"Destination": other_arn}}
    )
    invoke_event(deployed, name, 3)
    printed = next(m for m in deployed.log(other, "requestPayload") if "requestPayload" in m)
    assert json.loads(printed)["responsePayload"] == {"did": 3}


def test_a_throttled_event_waits(deployed: Deployments, quick_retries: None) -> None:
    name = deployed.function("f", FINE)
    deployed.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    invoke_event(deployed, name, 1)
    deployed.functions.delete_function_concurrency(FunctionName=name)
    assert any("REPORT" in message for message in deployed.log(name, "REPORT"))


def test_an_event_that_is_too_old_is_given_up(
    deployed: Deployments, quick_retries: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asynchronous, "DEFAULT_AGE_SECONDS", 0)
    url, arn = deployed.queue("bad")
    name = deployed.function("f", FAIL, send(arn))
    deployed.functions.put_function_event_invoke_config(
        FunctionName=name, DestinationConfig={"OnFailure": {"Destination": arn}}
    )
    invoke_event(deployed, name, 1)
    record = json.loads(deployed.message(url)["Body"])
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == 1
    assert "responsePayload" not in record


def test_configurations_of_asynchronous_invocation(deployed: Deployments) -> None:
    name = deployed.function("f", FINE, Publish=True)
    functions = deployed.functions
    with pytest.raises(ClientError, match="doesn't have an EventInvokeConfig"):
        functions.get_function_event_invoke_config(FunctionName=name)
    functions.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0, MaximumEventAgeInSeconds=60)
    functions.put_function_event_invoke_config(FunctionName=name, Qualifier="1", MaximumRetryAttempts=2)
    functions.update_function_event_invoke_config(FunctionName=name, MaximumEventAgeInSeconds=90)
    found = functions.get_function_event_invoke_config(FunctionName=name)
    assert (found["MaximumRetryAttempts"], found["MaximumEventAgeInSeconds"]) == (0, 90)
    assert found["FunctionArn"].endswith(":$LATEST")
    listed = functions.list_function_event_invoke_configs(FunctionName=name)["FunctionEventInvokeConfigs"]
    assert [one["FunctionArn"].rpartition(":")[2] for one in listed] == ["$LATEST", "1"]
    functions.delete_function_event_invoke_config(FunctionName=name)
    with pytest.raises(ClientError, match="doesn't have an EventInvokeConfig"):
        functions.delete_function_event_invoke_config(FunctionName=name)
    for arguments, message in (
        ({"MaximumRetryAttempts": 3}, "MaximumRetryAttempts must lie between 0 and 2: got 3"),
        ({"MaximumEventAgeInSeconds": 30_000}, "MaximumEventAgeInSeconds must lie between 60 and 21600: got 30000"),
        ({"MaximumEventAgeInSeconds": 5}, "MaximumEventAgeInSeconds, value: 5, valid min value: 60"),
        (
            {"DestinationConfig": {"OnFailure": {"Destination": "x"}}},
            "The provided destination config OnFailure is invalid",
        ),
        ({"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:s3:::b"}}}, "does not offer S3 destinations"),
        (
            {
                "DestinationConfig": {
                    "OnFailure": {"Destination": f"arn:aws:lambda:{REGION}:123456789012:function:{name}"}
                }
            },
            "You can't specify the function as a destination for itself",
        ),
    ):
        with pytest.raises(ClientError, match=message):
            functions.put_function_event_invoke_config(FunctionName=name, **arguments)


def test_metrics_of_functions(deployed: Deployments, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(function_metrics, "BATCH_SECONDS", 0.05)
    name = deployed.function("f", "def handler(event, context):\n    return 1 if event else 1 / 0")
    deployed.invoke(name, 1)
    deployed.failure(name, 0)

    def total(metric: str) -> float:
        now = datetime.now(UTC)
        points = deployed.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=[{"Name": "FunctionName", "Value": name}],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(hours=1),
            Period=7200,
            Statistics=["Sum"],
        )["Datapoints"]
        found: float = sum(point["Sum"] for point in points)
        return found

    until(lambda: total("Invocations") == 2)
    assert total("Errors") == 1
    assert total("Duration") > 0
