"""Messages of SNS topics that reach functions."""

import json
from typing import Any

from tests.local_aws.functions.deployments import REGION, Deployments

PRINT = "import json\ndef handler(event, context):\n    print(json.dumps(event['Records'][0]))"


def subscribed(deployed: Deployments, *, allowed: bool, **attributes: str) -> tuple[str, str]:
    """A function's name and the ARN of a topic that it is subscribed to."""
    sns = deployed.client("sns")
    name = deployed.function("f", PRINT)
    topic: str = sns.create_topic(Name=deployed.name("topic"))["TopicArn"]
    function = f"arn:aws:lambda:{REGION}:123456789012:function:{name}"
    if allowed:
        deployed.functions.add_permission(
            FunctionName=name,
            StatementId="topic",
            Action="lambda:InvokeFunction",
            Principal="sns.amazonaws.com",
            SourceArn=topic,
        )
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function, Attributes=attributes)
    return name, topic


def received(deployed: Deployments, name: str, text: str) -> list[dict[str, Any]]:
    return [json.loads(message) for message in deployed.log(name, text) if message.startswith("{")]


def test_a_function_gets_what_its_topic_gets(deployed: Deployments) -> None:
    name, topic = subscribed(deployed, allowed=True)
    deployed.client("sns").publish(
        TopicArn=topic,
        Message="the text",
        Subject="about it",
        MessageAttributes={"k": {"DataType": "String", "StringValue": "v"}},
    )
    record = received(deployed, name, "the text")[0]
    assert record["EventSource"] == "aws:sns"
    assert record["EventSubscriptionArn"].startswith(f"{topic}:")
    note = record["Sns"]
    assert (note["Type"], note["TopicArn"], note["Subject"]) == ("Notification", topic, "about it")
    assert note["Message"] == "the text"
    assert note["MessageAttributes"] == {"k": {"Type": "String", "Value": "v"}}
    assert {"SigningCertUrl", "UnsubscribeUrl", "Signature", "MessageId", "Timestamp"} <= set(note)


def test_filters_and_messages_for_each_protocol(deployed: Deployments) -> None:
    name, topic = subscribed(deployed, allowed=True, FilterPolicy=json.dumps({"kind": ["wanted"]}))
    sns = deployed.client("sns")
    for kind in ("other", "wanted"):
        sns.publish(
            TopicArn=topic,
            Message=json.dumps({"default": f"default {kind}", "lambda": f"lambda {kind}"}),
            MessageStructure="json",
            MessageAttributes={"kind": {"DataType": "String", "StringValue": kind}},
        )
    records = received(deployed, name, "lambda wanted")
    assert [record["Sns"]["Message"] for record in records] == ["lambda wanted"]


def test_a_message_that_the_function_does_not_allow_goes_to_the_dead_letter_queue(deployed: Deployments) -> None:
    url, queue = deployed.queue("dead")
    statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:*", "Resource": queue}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    deployed.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    _, topic = subscribed(deployed, allowed=False, RedrivePolicy=json.dumps({"deadLetterTargetArn": queue}))
    deployed.client("sns").publish(TopicArn=topic, Message="lost")
    assert json.loads(deployed.message(url)["Body"])["Message"] == "lost"
