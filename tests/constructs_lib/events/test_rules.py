from pathlib import Path

import pytest
from aws_cdk import App, Duration, Stack
from aws_cdk import aws_sqs as sqs

from constructs_lib.definitions import Join
from constructs_lib.environments.storage import EncryptionKey
from constructs_lib.events.delivery import DeadLetterQueue, Delivery
from constructs_lib.events.inputs import EventValue
from constructs_lib.events.rules import EventRule
from constructs_lib.events.targets import (
    NotificationTarget,
    PipelineTarget,
    QueueTarget,
    WorkflowTarget,
)
from constructs_lib.monitoring.alarms import AlarmTopic
from tests.constructs_lib.events.callees import PATTERN, Machine, Pipeline, targets_of
from tests.constructs_lib.synthesis import only, resources, statements, template_of


def test_each_target_has_retries_and_the_rules_dead_letter_queue(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        queues = [sqs.Queue(stack, f"Queue{number}", enforce_ssl=True) for number in range(2)]
        targets = [QueueTarget(queue=queue) for queue in queues]
        delivery = Delivery(max_retries=3, max_event_age=Duration.hours(1))
        EventRule(stack, "Rule", pattern=PATTERN, targets=targets, delivery=delivery, description="tells")

    template = template_of(define, tmp_path)
    assert only(template, "AWS::Events::Rule")["Description"] == "tells"
    (letters,) = [name for name in resources(template, "AWS::SQS::Queue") if name.startswith("RuleDeadLetters")]
    for target in targets_of(template):
        assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": [letters, "Arn"]}}
        assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 3}
        assert "RoleArn" not in target
    (rule,) = resources(template, "AWS::Events::Rule")
    (policy,) = [
        found["Properties"]["PolicyDocument"]["Statement"]
        for found in resources(template, "AWS::SQS::QueuePolicy").values()
        if found["Properties"]["Queues"] == [{"Ref": letters}]
    ]
    assert policy[1] == {
        "Action": "sqs:SendMessage",
        "Condition": {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [rule, "Arn"]}}},
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Resource": {"Fn::GetAtt": [letters, "Arn"]},
    }


def test_targets_that_take_a_role_share_one_that_may_call_them_and_no_more(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        key = EncryptionKey(stack, "Key").key
        EventRule(
            stack,
            "Rule",
            pattern=PATTERN,
            targets=[
                NotificationTarget(
                    topic=AlarmTopic(stack, "News", encryption_key=key).topic,
                    message=Join(": ", ["changed", EventValue("detail-type")]),
                ),
                WorkflowTarget(workflow=Machine(), input=EventValue("detail"), once=False),
                PipelineTarget(pipeline=Pipeline(), parameters={"Rows": "10", "Job": EventValue("detail.JobName")}),
            ],
            delivery=Delivery(dead_letter_queue=DeadLetterQueue(stack, "Letters", encryption_key=key).queue),
        )

    template = template_of(define, tmp_path, nag=True)
    (topic,) = resources(template, "AWS::SNS::Topic")
    key = {"Fn::GetAtt": ["KeyE447D366", "Arn"]}
    assert statements(template, "RuleRole") == [
        {"Action": "sns:Publish", "Effect": "Allow", "Resource": {"Ref": topic}},
        {"Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Effect": "Allow", "Resource": key},
        {"Action": "states:StartExecution", "Effect": "Allow", "Resource": Machine().state_machine_arn},
        {"Action": "sagemaker:StartPipelineExecution", "Effect": "Allow", "Resource": Pipeline().pipeline_arn},
    ]
    (role,) = [found for name, found in resources(template, "AWS::IAM::Role").items() if name.startswith("RuleRole")]
    (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "events.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    news, workflow, pipeline = targets_of(template)
    assert news["InputTransformer"] == {
        "InputPathsMap": {"value0": "$.detail-type"},
        "InputTemplate": '"changed: <value0>"',
    }
    assert workflow["InputTransformer"]["InputTemplate"] == "<value0>"
    assert pipeline["SageMakerPipelineParameters"]["PipelineParameterList"] == [
        {"Name": "Rows", "Value": "10"},
        {"Name": "Job", "Value": "$.detail.JobName"},
    ]
    assert len({str(target["RoleArn"]) for target in (news, workflow, pipeline)}) == 1


def test_two_rules_do_not_take_each_others_executions_for_their_own(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        for name in ("One", "Two"):
            EventRule(stack, name, pattern=PATTERN, targets=[WorkflowTarget(workflow=Machine())])

    rules = resources(template_of(define, tmp_path), "AWS::Events::Rule").values()
    keys = {rule["Properties"]["Targets"][0]["InputTransformer"]["InputTemplate"] for rule in rules}
    assert len(keys) == 2


@pytest.fixture(scope="module")
def stack() -> Stack:
    return Stack(App(), "Test")


@pytest.fixture(scope="module")
def queue(stack: Stack) -> sqs.Queue:
    return sqs.Queue(stack, "Queue")


def test_everything_that_is_wrong_with_a_rule_is_told_together(stack: Stack, queue: sqs.Queue) -> None:
    wrong = QueueTarget(queue=queue, message_group_id="jobs", message=EventValue("$"))
    with pytest.raises(ValueError, match=r"^Test/Wrong: pattern: ") as caught:
        EventRule(stack, "Wrong", pattern={}, targets=[wrong], delivery=Delivery(max_retries=200))
    assert str(caught.value).split("\n") == [
        "Test/Wrong: pattern: got nothing, expected what events are to match",
        (
            "Test/Wrong: targets[0].message: got EventValue('$'), expected a path such as detail.TrainingJobName or "
            "resources[0]"
        ),
        "Test/Wrong: targets[0].message_group_id: got 'jobs', expected none for a standard queue",
        "Test/Wrong: delivery.max_retries: got 200, expected 0 to 185",
    ]


@pytest.mark.parametrize("count", [0, 6])
def test_a_rule_has_one_to_five_targets(stack: Stack, queue: sqs.Queue, count: int) -> None:
    with pytest.raises(ValueError, match=rf"^Test/Rule{count}: targets: got {count}, expected 1 to 5$"):
        EventRule(stack, f"Rule{count}", pattern=PATTERN, targets=[QueueTarget(queue=queue)] * count)
