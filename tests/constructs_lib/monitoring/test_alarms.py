from pathlib import Path

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns

from constructs_lib.environments.storage import EncryptionKey
from constructs_lib.monitoring.alarms import AlarmTopic, alarm_on_any
from tests.constructs_lib.synthesis import only, resources, template_of


def test_the_topic_is_encrypted_and_takes_alarms_of_the_account(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        AlarmTopic(stack, "Alarms", encryption_key=EncryptionKey(stack, "Key").key, email="team@example.org")

    template = template_of(define, tmp_path, nag=True)
    ((name, topic),) = resources(template, "AWS::SNS::Topic").items()
    assert topic["Properties"]["KmsMasterKeyId"] == {"Fn::GetAtt": ["KeyE447D366", "Arn"]}
    deny, allow = only(template, "AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert allow == {
        "Action": "sns:Publish",
        "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Resource": {"Ref": name},
        "Sid": "AlarmsOfThisAccount",
    }
    subscription = only(template, "AWS::SNS::Subscription")
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "team@example.org")


def test_a_topic_of_ones_own_is_used(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        metric = cloudwatch.Metric(namespace="AWS/States", metric_name="ExecutionsFailed", statistic="Sum")
        own = AlarmTopic.from_topic(sns.Topic.from_topic_arn(stack, "Own", "arn:aws:sns:eu-west-1:111122223333:own"))
        alarm_on_any(stack, "Heard", metric, description="it failed", topic=own)

    template = template_of(define, tmp_path)
    assert only(template, "AWS::CloudWatch::Alarm")["AlarmActions"] == ["arn:aws:sns:eu-west-1:111122223333:own"]


def test_an_alarm_goes_off_at_one_and_not_without_data(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        metric = cloudwatch.Metric(namespace="AWS/States", metric_name="ExecutionsFailed", statistic="Sum")
        topic = AlarmTopic(stack, "Alarms", encryption_key=EncryptionKey(stack, "Key").key)
        alarm_on_any(stack, "Heard", metric, description="it failed", topic=topic)
        alarm_on_any(stack, "Silent", metric, description="it failed", topic=None)

    template = template_of(define, tmp_path)
    (topic,) = resources(template, "AWS::SNS::Topic")
    heard, silent = [alarm["Properties"] for alarm in resources(template, "AWS::CloudWatch::Alarm").values()]
    assert heard["AlarmActions"] == [{"Ref": topic}]
    assert "AlarmActions" not in silent
    assert heard["AlarmDescription"] == "it failed"
    assert (heard["Threshold"], heard["ComparisonOperator"]) == (1, "GreaterThanOrEqualToThreshold")
    assert (heard["Period"], heard["EvaluationPeriods"], heard["TreatMissingData"]) == (300, 1, "notBreaching")
