"""Rules: which events are of interest, and what is called when one comes."""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from constructs_lib.environments.roles import service_role
from constructs_lib.events.delivery import Delivery, admit_rule, dead_letters
from constructs_lib.events.inputs import EventValue
from constructs_lib.events.targets import Binding, BoundTarget, EventTarget
from constructs_lib.permissions.statements import merged

_MOST_TARGETS = 5
_BY_ID = (EventValue("id"),)


class EventRule(Construct):
    """Calls targets when an event of the account's default bus matches a pattern.

    Created are the rule, a role where targets need one, what each target needs, and, unless one is given, a
    `DeadLetterQueue` for all of the targets. Events of AWS services cost nothing.

    Examples:
        >>> from aws_cdk import App
        >>> from constructs_lib.environments.storage import EncryptionKey
        >>> from constructs_lib.events.targets import NotificationTarget
        >>> from constructs_lib.monitoring.alarms import AlarmTopic
        >>> stack = Stack(App(), "Training")
        >>> topic = AlarmTopic(stack, "News", encryption_key=EncryptionKey(stack, "Key").key).topic
        >>> pattern = {"source": ["aws.sagemaker"], "detail-type": ["SageMaker Model State Change"]}
        >>> rule = EventRule(stack, "Models", pattern=pattern, targets=[NotificationTarget(topic=topic)])
        >>> rule.rule_arn.startswith("${Token")
        True
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        pattern: Mapping[str, Any],
        targets: Sequence[EventTarget],
        once_key: Sequence[EventValue] = _BY_ID,
        delivery: Delivery | None = None,
        description: str | None = None,
    ) -> None:
        """Defines the rule.

        Args:
            scope: where it is defined.
            construct_id: its name there.
            pattern: in EventBridge's own form: ``source``, ``detail-type``, ``detail``.
            targets: 1 to 5.
            once_key: values of the event that are the same in each event of one thing that happened; see
                `WorkflowTarget`. Default: the event's id, which only its duplicates share.
            delivery: how often targets are tried, and what keeps what they do not take. Default: `Delivery`'s own
                defaults.
            description: what it is for, as EventBridge's pages show it. Default: none.

        Raises:
            ValueError: all problems of the targets and the delivery together.
        """
        super().__init__(scope, construct_id)
        chosen = Delivery() if delivery is None else delivery
        self._check(pattern, targets, chosen)
        self.rule = events.CfnRule(self, "Resource", description=description, event_pattern=pattern, state="ENABLED")
        """The rule."""
        self.dead_letter_queue: sqs.IQueue = dead_letters(self, chosen)
        """Keeps events that a target did not take."""
        admit_rule(self, self.dead_letter_queue, self.rule_arn)
        bound = [
            target.bind(
                Binding(
                    scope=Construct(self, f"Target{number}"),
                    rule_arn=self.rule_arn,
                    once_key=once_key,
                    dead_letter_queue=self.dead_letter_queue,
                    encryption_key=chosen.encryption_key,
                )
            )
            for number, target in enumerate(targets)
        ]
        self.rule.targets = [*self._target_properties(bound, chosen)]

    @property
    def rule_arn(self) -> str:
        """The rule's ARN."""
        return self.rule.attr_arn

    def _check(self, pattern: Mapping[str, Any], targets: Sequence[EventTarget], delivery: Delivery) -> None:
        problems = [] if pattern else ["pattern: got nothing, expected what events are to match"]
        if not 1 <= len(targets) <= _MOST_TARGETS:
            problems.append(f"targets: got {len(targets)}, expected 1 to {_MOST_TARGETS}")
        for number, target in enumerate(targets):
            problems += [f"targets[{number}].{problem}" for problem in target.problems()]
        problems += [f"delivery.{problem}" for problem in delivery.problems()]
        if problems:
            raise ValueError("\n".join(f"{self.node.path}: {problem}" for problem in problems))

    def _target_properties(
        self, bound: Sequence[BoundTarget], delivery: Delivery
    ) -> list[events.CfnRule.TargetProperty]:
        statements = merged(statement for target in bound for statement in target.statements)
        role_arn = None
        if statements:
            role_arn = service_role(
                self,
                "Role",
                service="events.amazonaws.com",
                description="calls the targets of a rule",
                statements=statements,
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            ).role_arn
        return [
            events.CfnRule.TargetProperty(
                id=f"Target{number}",
                arn=target.arn,
                role_arn=role_arn if target.statements else None,
                dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=self.dead_letter_queue.queue_arn),
                retry_policy=events.CfnRule.RetryPolicyProperty(
                    maximum_retry_attempts=delivery.max_retries,
                    maximum_event_age_in_seconds=int(delivery.max_event_age.to_seconds()),
                ),
                **target.members,
            )
            for number, target in enumerate(bound)
        ]
