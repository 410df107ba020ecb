from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Duration, Stack
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Annotations, Match

from constructs_lib.environments.storage import EncryptionKey
from constructs_lib.events.delivery import DeadLetterQueue, Delivery, admit_rule, send_statements
from constructs_lib.monitoring.alarms import AlarmTopic
from tests.constructs_lib.synthesis import only, resources, template_of

RULE = "arn:aws:events:eu-west-1:111122223333:rule/r"


def test_a_dead_letter_queue_is_encrypted_and_announces_what_is_in_it(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        key = EncryptionKey(stack, "Key").key
        DeadLetterQueue(stack, "Letters", encryption_key=key, alarm_topic=AlarmTopic(stack, "News", encryption_key=key))

    template = template_of(define, tmp_path, nag=True)
    queue = only(template, "AWS::SQS::Queue")
    assert queue["KmsMasterKeyId"] == {"Fn::GetAtt": ["KeyE447D366", "Arn"]}
    assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600
    (deny,) = only(template, "AWS::SQS::QueuePolicy")["PolicyDocument"]["Statement"]
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    alarm = only(template, "AWS::CloudWatch::Alarm")
    assert (alarm["MetricName"], alarm["Statistic"], alarm["Threshold"]) == (
        "ApproximateNumberOfMessagesVisible",
        "Maximum",
        1,
    )
    (topic,) = resources(template, "AWS::SNS::Topic")
    assert alarm["AlarmActions"] == [{"Ref": topic}]


def test_without_a_key_sqs_encrypts(tmp_path: Path) -> None:
    queue = only(template_of(lambda stack: DeadLetterQueue(stack, "Letters"), tmp_path, nag=True), "AWS::SQS::Queue")
    assert queue["SqsManagedSseEnabled"] is True


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({"max_retries": -1}, "max_retries: got -1, expected 0 to 185"),
        ({"max_retries": 186}, "max_retries: got 186, expected 0 to 185"),
        ({"max_event_age": Duration.seconds(59)}, "max_event_age: got 59 s, expected 60 to 86400"),
        ({"max_event_age": Duration.hours(25)}, "max_event_age: got 90000 s, expected 60 to 86400"),
    ],
)
def test_a_delivery_out_of_range(members: Any, problem: str) -> None:
    assert Delivery(**members).problems() == [problem]


def test_a_delivery_keeps_no_letters_in_a_fifo_queue() -> None:
    queue = sqs.Queue(Stack(App(), "Test"), "Queue", fifo=True)
    assert Delivery(dead_letter_queue=queue).problems() == [
        "dead_letter_queue: got a FIFO queue, expected a standard one"
    ]


@pytest.mark.parametrize("members", [{}, {"max_retries": 0, "max_event_age": Duration.minutes(1)}])
def test_a_delivery_within_range(members: Any) -> None:
    assert Delivery(**members).problems() == []


def test_a_rule_of_another_stack_is_admitted_by_its_account() -> None:
    app = App()
    here, there = Stack(app, "Here"), Stack(app, "There")
    queue = sqs.Queue(there, "Queue")
    admit_rule(here, queue, RULE)
    (policy,) = [found for found in queue.node.find_all() if isinstance(found, sqs.CfnQueuePolicy)]
    (statement,) = there.resolve(policy.policy_document)["Statement"]
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_a_queue_that_is_not_of_the_app_cannot_be_told_to_admit_the_rule() -> None:
    stack = Stack(App(), "Test")
    admit_rule(stack, sqs.Queue.from_queue_arn(stack, "Queue", "arn:aws:sqs:eu-west-1:111122223333:q"), RULE)
    Annotations.from_stack(stack).has_warning(
        "/Test",
        Match.string_like_regexp("the policy of Test/Queue, which is not of this app, must let .* send messages"),
    )


def test_sending_needs_the_queues_key_too() -> None:
    stack = Stack(App(), "Test")
    key = EncryptionKey(stack, "Key").key
    plain, encrypted = sqs.Queue(stack, "Plain"), sqs.Queue(stack, "Encrypted", encryption_master_key=key)
    assert [statement.actions for statement in send_statements(plain)] == [("sqs:SendMessage",)]
    assert [statement.actions for statement in send_statements(encrypted)] == [
        ("sqs:SendMessage",),
        ("kms:Decrypt", "kms:GenerateDataKey"),
    ]
