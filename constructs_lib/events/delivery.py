"""How events are brought to their targets: tried again, and kept where that is of no use."""

from functools import partial

from attrs import field, frozen
from aws_cdk import Acknowledgment, Annotations, Duration, RemovalPolicy, Stack, Validations
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from constructs_lib.monitoring.alarms import IAlarmTopic, alarm_on_any
from constructs_lib.permissions import Statement

_MOST_RETRIES = 185
_SHORTEST_AGE_SECONDS = 60
_LONGEST_AGE_SECONDS = 86_400


@frozen(kw_only=True)
class Delivery:
    """How often a target is tried, and where an event goes that it never took.

    A target that refuses (it is gone, or may not be called) is not tried again; one that is throttled or fails is, with
    growing waits.

    Attributes:
        max_retries: how often a target is tried again; 0 to 185. Default: 185, which is what AWS does.
        max_event_age: after which it is not tried any more; 1 minute to 24 hours. Default: 24 hours.
        dead_letter_queue: a standard queue that keeps what was not taken. Default: a new `DeadLetterQueue` for all
            targets of the rule.
        encryption_key: encrypts what is made for the delivery: that queue, and the logs of what starts workflows once.
            EventBridge and CloudWatch Logs must be allowed to use it, as with `EncryptionKey`. Default: AWS encrypts
            both by keys of its own.
    """

    max_retries: int = _MOST_RETRIES
    max_event_age: Duration = field(factory=partial(Duration.seconds, _LONGEST_AGE_SECONDS))
    dead_letter_queue: sqs.IQueue | None = None
    encryption_key: kms.IKey | None = None

    def problems(self) -> list[str]:
        """What is out of range."""
        problems = []
        if not 0 <= self.max_retries <= _MOST_RETRIES:
            problems.append(f"max_retries: got {self.max_retries}, expected 0 to {_MOST_RETRIES}")
        seconds = self.max_event_age.to_seconds(integral=False)
        if not _SHORTEST_AGE_SECONDS <= seconds <= _LONGEST_AGE_SECONDS:
            problems.append(
                f"max_event_age: got {seconds:g} s, expected {_SHORTEST_AGE_SECONDS} to {_LONGEST_AGE_SECONDS}"
            )
        if self.dead_letter_queue is not None and self.dead_letter_queue.fifo:
            problems.append("dead_letter_queue: got a FIFO queue, expected a standard one")
        return problems


class DeadLetterQueue(Construct):
    """A queue for events that no target took: encrypted, TLS only, with an alarm when something is in it.

    Messages are the events, with the rule, the target and the error as attributes. They are kept for 14 days, and go
    with the queue when it leaves its stack.

    Examples:
        >>> from aws_cdk import App
        >>> dead_letters = DeadLetterQueue(Stack(App(), "Training"), "DeadLetters")
        >>> Delivery(max_retries=3, dead_letter_queue=dead_letters.queue).problems()
        []
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        alarm_topic: IAlarmTopic | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        """Defines the queue.

        Args:
            scope: where it is defined.
            construct_id: its name there.
            alarm_topic: where its alarm is announced. Default: the alarm is seen in CloudWatch only.
            encryption_key: encrypts the messages; EventBridge must be allowed to use it, as with `EncryptionKey`.
                Default: SQS encrypts them by a key of its own.
        """
        super().__init__(scope, construct_id)
        self.queue = sqs.Queue(
            self,
            "Resource",
            encryption=sqs.QueueEncryption.SQS_MANAGED if encryption_key is None else sqs.QueueEncryption.KMS,
            encryption_master_key=encryption_key,
            enforce_ssl=True,
            retention_period=Duration.days(14),
            removal_policy=RemovalPolicy.DESTROY,
        )
        """The queue."""
        Validations.of(self.queue).acknowledge(
            Acknowledgment(id="AwsSolutions-SQS3", reason="this is a dead-letter queue itself")
        )
        self.alarm: cloudwatch.Alarm = alarm_on_any(
            self,
            "Alarm",
            self.queue.metric_approximate_number_of_messages_visible(statistic="Maximum"),
            description=f"an event was not delivered, and is kept in the queue of {self.node.path}",
            topic=alarm_topic,
        )
        """Goes off when something is in it."""


def dead_letters(scope: Construct, delivery: Delivery) -> sqs.IQueue:
    """The queue that keeps what was not taken; defined in `scope`, unless one is given."""
    if delivery.dead_letter_queue is not None:
        return delivery.dead_letter_queue
    return DeadLetterQueue(scope, "DeadLetters", encryption_key=delivery.encryption_key).queue


def admit_rule(scope: Construct, queue: sqs.IQueue, rule_arn: str) -> None:
    """Lets a rule send to a queue, by the queue's own policy.

    Args:
        scope: the rule's construct.
        queue: in this stack, or in another one of the account.
        rule_arn: of the rule.
    """
    # a policy in another stack that named this rule would make the two stacks wait for each other
    same = Stack.of(queue) is Stack.of(scope)
    added = queue.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("events.amazonaws.com")],
            actions=["sqs:SendMessage"],
            resources=[queue.queue_arn],
            conditions=(
                {"ArnEquals": {"aws:SourceArn": rule_arn}}
                if same
                else {"StringEquals": {"aws:SourceAccount": Stack.of(scope).account}}
            ),
        )
    )
    if not added.statement_added:
        Annotations.of(scope).add_warning_v2(
            "mlops:queuePolicy",
            f"the policy of {queue.node.path}, which is not of this app, must let events.amazonaws.com send messages",
        )


def send_statements(queue: sqs.IQueue) -> list[Statement]:
    """What a role needs to send to a queue."""
    key = queue.encryption_master_key
    statements = [Statement(actions=["sqs:SendMessage"], resources=[queue.queue_arn])]
    if key is not None:
        statements.append(Statement(actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[key.key_arn]))
    return statements
