"""Events of buckets reach functions, queues, topics and EventBridge, as S3 may use them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.server import LocalAws
from tests.local_aws.functions.deployments import Deployments, deployments, until


@pytest.fixture
def made(local_aws: LocalAws, request: pytest.FixtureRequest) -> Iterator[Deployments]:
    with deployments(local_aws, request.node.name.replace("_", "-")[5:35].strip("-")) as functions:
        yield functions


@pytest.fixture
def bucket(made: Deployments) -> str:
    name = made.name("bucket")
    made.client("s3").create_bucket(Bucket=name)
    return name


def notify(made: Deployments, bucket: str, **configuration: Any) -> None:
    made.client("s3").put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=configuration)


def open_queue(made: Deployments, suffix: str, service: str = "s3.amazonaws.com", **conditions: Any) -> tuple[str, str]:
    """A queue that a service may write to."""
    url, arn = made.queue(suffix)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        **conditions,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return url, arn


def body(made: Deployments, url: str) -> Any:
    return json.loads(made.message(url)["Body"])


def test_a_function_is_called(made: Deployments, bucket: str) -> None:
    name = made.function("f", "import json\ndef handler(event, context):\n    print('got ' + json.dumps(event))\n")
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
    wanted = {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}
    with pytest.raises(ClientError, match="Unable to validate the following destination configurations"):
        notify(made, bucket, LambdaFunctionConfigurations=[wanted])
    assert "LambdaFunctionConfigurations" not in made.client("s3").get_bucket_notification_configuration(Bucket=bucket)
    made.functions.add_permission(
        FunctionName=name,
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn=f"arn:aws:s3:::{bucket}",
        SourceAccount="123456789012",
    )
    notify(made, bucket, LambdaFunctionConfigurations=[wanted])
    made.client("s3").put_object(Bucket=bucket, Key="a folder/é.csv", Body=b"12345")
    line = next(line for line in made.log(name, "got ") if line.startswith("got "))
    record = json.loads(line.removeprefix("got "))["Records"][0]
    assert (record["eventSource"], record["eventName"]) == ("aws:s3", "ObjectCreated:Put")
    assert record["s3"]["bucket"]["name"] == bucket
    assert (record["s3"]["object"]["key"], record["s3"]["object"]["size"]) == ("a+folder/%C3%A9.csv", 5)


def test_a_queue_must_let_s3_in(made: Deployments, bucket: str) -> None:
    closed = made.queue("closed")[1]
    with pytest.raises(ClientError, match=r"Unable to validate .*not authorized to perform: sqs:SendMessage"):
        notify(made, bucket, QueueConfigurations=[{"QueueArn": closed, "Events": ["s3:ObjectCreated:*"]}])
    url, arn = open_queue(made, "open", Condition={"ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"}})
    notify(
        made, bucket, QueueConfigurations=[{"QueueArn": arn, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]}]
    )
    assert body(made, url)["Event"] == "s3:TestEvent"
    s3 = made.client("s3")
    s3.put_object(Bucket=bucket, Key="k", Body=b"1")
    assert body(made, url)["Records"][0]["eventName"] == "ObjectCreated:Put"
    s3.delete_object(Bucket=bucket, Key="k")
    assert body(made, url)["Records"][0]["eventName"] == "ObjectRemoved:Delete"
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["VersionId"]
    assert body(made, url)["Records"][0]["s3"]["object"]["versionId"] == version
    s3.delete_object(Bucket=bucket, Key="k")
    assert body(made, url)["Records"][0]["eventName"] == "ObjectRemoved:DeleteMarkerCreated"


def test_a_queue_that_goes_later_keeps_nobody_from_writing(made: Deployments, bucket: str, caplog: Any) -> None:
    url, arn = open_queue(made, "q")
    notify(made, bucket, QueueConfigurations=[{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}])
    made.client("sqs").delete_queue(QueueUrl=url)
    made.client("s3").put_object(Bucket=bucket, Key="k", Body=b"1")
    until(lambda: [line for line in caplog.messages if f"{bucket} did not reach {arn}" in line])


def test_eventbridge_hears_of_everything(made: Deployments, bucket: str) -> None:
    url, arn = open_queue(made, "q", "events.amazonaws.com")
    events = made.client("events")
    pattern = json.dumps({"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}})
    events.put_rule(Name=made.name("rule"), EventPattern=pattern)
    events.put_targets(Rule=made.name("rule"), Targets=[{"Id": "q", "Arn": arn}])
    notify(made, bucket, EventBridgeConfiguration={})
    s3 = made.client("s3")
    s3.put_object(Bucket=bucket, Key="a b", Body=b"123")
    event = body(made, url)
    assert (event["detail-type"], event["resources"]) == ("Object Created", [f"arn:aws:s3:::{bucket}"])
    assert (event["detail"]["object"]["key"], event["detail"]["object"]["size"]) == ("a b", 3)
    assert event["detail"]["reason"] == "PutObject"
    s3.copy_object(Bucket=bucket, Key="c", CopySource={"Bucket": bucket, "Key": "a b"})
    assert body(made, url)["detail"]["reason"] == "CopyObject"
    s3.delete_object(Bucket=bucket, Key="c")
    event = body(made, url)
    assert (event["detail-type"], event["detail"]["deletion-type"]) == ("Object Deleted", "Permanently Deleted")
    events.remove_targets(Rule=made.name("rule"), Ids=["q"])
    events.delete_rule(Name=made.name("rule"))


def test_a_topic_is_told(made: Deployments, bucket: str) -> None:
    sns = made.client("sns")
    topic = sns.create_topic(Name=made.name("topic"))["TopicArn"]
    wanted = [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]
    with pytest.raises(ClientError, match=r"Unable to validate .*not authorized to perform: SNS:Publish"):
        notify(made, bucket, TopicConfigurations=wanted)
    statement = {
        "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sns:Publish", "Resource": topic,
    }  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    url, arn = open_queue(made, "q", "sns.amazonaws.com")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    notify(made, bucket, TopicConfigurations=wanted)
    assert json.loads(body(made, url)["Message"])["Event"] == "s3:TestEvent"
    made.client("s3").put_object(Bucket=bucket, Key="k", Body=b"1")
    told = body(made, url)
    assert told["Subject"] == "Amazon S3 Notification"
    assert json.loads(told["Message"])["Records"][0]["s3"]["object"]["key"] == "k"


def test_of_two_servers_in_a_process_the_one_that_is_asked_sends(made: Deployments, bucket: str) -> None:
    with LocalAws():
        name = made.function("f", "def handler(event, context):\n    print(event['Records'][0]['eventName'])\n")
        made.functions.add_permission(
            FunctionName=name, StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
        )
        arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
        wanted = {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}
        notify(made, bucket, LambdaFunctionConfigurations=[wanted])
        made.client("s3").put_object(Bucket=bucket, Key="k", Body=b"1")
        assert made.log(name, "ObjectCreated:Put")
