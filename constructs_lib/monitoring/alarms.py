"""Alarms, and the topic that carries them to people."""

from typing import Protocol

from attrs import frozen
from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct


class IAlarmTopic(Protocol):
    """Where alarms are announced: made by `AlarmTopic`, or brought along by `AlarmTopic.from_topic`."""

    @property
    def topic(self) -> sns.ITopic:
        """The topic."""


@frozen
class _ImportedTopic:
    topic: sns.ITopic


class AlarmTopic(Construct):
    """An encrypted topic that the account's CloudWatch alarms publish to, over TLS only.

    Examples:
        >>> from aws_cdk import App
        >>> from constructs_lib.environments.storage import EncryptionKey
        >>> stack = Stack(App(), "Monitoring")
        >>> alarms = AlarmTopic(stack, "Alarms", encryption_key=EncryptionKey(stack, "Key").key)
        >>> alarms.topic.topic_arn.startswith("${Token")
        True
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, encryption_key: kms.IKey, email: str | None = None
    ) -> None:
        """Defines the topic.

        Args:
            scope: where it is defined.
            construct_id: its name there.
            encryption_key: encrypts the messages; CloudWatch must be allowed to use it, as with `EncryptionKey`.
            email: who is written to; the address has to confirm it once. Default: nobody.
        """
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(self, "Resource", master_key=encryption_key, enforce_ssl=True)
        """The topic."""
        # a policy of the topic's own takes the place of SNS's default one
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsOfThisAccount",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )
        if email is not None:
            from aws_cdk import aws_sns_subscriptions as subscriptions  # most topics have nobody to write to

            self.topic.add_subscription(subscriptions.EmailSubscription(email))

    @staticmethod
    def from_topic(topic: sns.ITopic) -> IAlarmTopic:
        """Takes a topic that is defined elsewhere; CloudWatch must be allowed to publish to it, and to use its key."""
        return _ImportedTopic(topic)


def alarm_on_any(
    scope: Construct, construct_id: str, metric: cloudwatch.Metric, *, description: str, topic: IAlarmTopic | None
) -> cloudwatch.Alarm:
    """An alarm that goes off when a count is one or more within five minutes; no data is good news.

    Args:
        scope: where it is defined.
        construct_id: its name there.
        metric: what is counted.
        description: what has happened when it goes off.
        topic: where it is announced; None only shows it in CloudWatch.
    """
    alarm = cloudwatch.Alarm(
        scope,
        construct_id,
        metric=metric.with_(period=Duration.minutes(5)),
        threshold=1,
        evaluation_periods=1,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        alarm_description=description,
    )
    if topic is not None:
        alarm.add_alarm_action(actions.SnsAction(topic.topic))
    return alarm
