"""Workflows that start by the clock."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from constructs_lib.definitions.values import references
from constructs_lib.environments.roles import service_role
from constructs_lib.events.delivery import Delivery, dead_letters, send_statements
from constructs_lib.events.inputs import execution_input_problems
from constructs_lib.events.targets import IStartable
from constructs_lib.events.timing import At, Timing, utc_text
from constructs_lib.permissions import Statement

_LONGEST_WINDOW_MINUTES = 1440


class WorkflowSchedule(Construct):
    """Starts a workflow at given times, by EventBridge Scheduler.

    Created are the schedule, its role and, unless one is given, a `DeadLetterQueue`. The first 14 million calls of a
    month cost nothing. Scheduler calls at least once: very rarely, an execution starts twice.

    Example:
        >>> from aws_cdk import App
        >>> from constructs_lib.definitions import LambdaStep, WorkflowDefinition
        >>> from constructs_lib.events.timing import Cron
        >>> from constructs_lib.state_machines.workflow import StepFunctionsWorkflow
        >>> stack = Stack(App(), "Training")
        >>> hello = LambdaStep(name="Hello", function_arn="arn:aws:lambda:eu-west-1:111122223333:function:hello")
        >>> definition = WorkflowDefinition(name="greeting", steps=[hello])
        >>> workflow = StepFunctionsWorkflow(stack, "Greeting", definition=definition)
        >>> nightly = WorkflowSchedule(stack, "Nightly", workflow=workflow, timing=Cron(hour="2"))
        >>> nightly.schedule.schedule_expression
        'cron(0 2 * * ? *)'
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workflow: IStartable,
        timing: Timing,
        input: Mapping[str, Any] | None = None,  # noqa: A002 - what Step Functions calls it
        window: Duration | None = None,
        group: scheduler.IScheduleGroup | None = None,
        delivery: Delivery | None = None,
        enabled: bool = True,
    ) -> None:
        """Defines the schedule.

        Args:
            scope: where it is defined.
            construct_id: its name there.
            workflow: that is started.
            timing: when.
            input: the execution's input; Scheduler fills in texts such as ``<aws.scheduler.scheduled-time>`` and
                ``<aws.scheduler.execution-id>``. Default: an empty object.
            window: how much later than its time it may start, so that not all schedules of a company call at once; 1
                minute to 24 hours. Default: at its time, to the minute.
            group: of schedules that belong together. Default: the account's default group.
            delivery: how often a start is tried, and what keeps what could not be started. Default: `Delivery`'s own
                defaults.
            enabled: whether it calls. Default: it does.

        Raises:
            ValueError: all problems of the timing, the input, the window and the delivery together.
        """
        super().__init__(scope, construct_id)
        chosen = Delivery() if delivery is None else delivery
        self._check(workflow, timing, input, window, chosen)
        self.dead_letter_queue: sqs.IQueue = dead_letters(self, chosen)
        """Keeps what could not be started."""
        stack = Stack.of(self)
        group_name = "default" if group is None else group.schedule_group_name
        group_arn = stack.format_arn(
            service="scheduler",
            resource="schedule-group",
            resource_name=group_name,
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
        role = service_role(
            self,
            "Role",
            service="scheduler.amazonaws.com",
            description="starts a workflow by the clock",
            statements=[
                Statement(actions=["states:StartExecution"], resources=[workflow.state_machine_arn]),
                *send_statements(self.dead_letter_queue),
            ],
            conditions={
                "StringEquals": {"aws:SourceAccount": stack.account},
                "ArnEquals": {"aws:SourceArn": group_arn},
            },
        )
        within = None if isinstance(timing, At) else timing.within
        self.schedule = scheduler.CfnSchedule(
            self,
            "Resource",
            group_name=None if group is None else group_name,
            schedule_expression=timing.expression,
            schedule_expression_timezone=timing.time_zone,
            start_date=None if within is None else utc_text(within.start),
            end_date=None if within is None else utc_text(within.end),
            state="ENABLED" if enabled else "DISABLED",
            flexible_time_window=_window(window),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=workflow.state_machine_arn,
                role_arn=role.role_arn,
                input=stack.to_json_string({} if input is None else input),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=self.dead_letter_queue.queue_arn),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_retry_attempts=chosen.max_retries,
                    maximum_event_age_in_seconds=int(chosen.max_event_age.to_seconds()),
                ),
            ),
        )
        """The schedule."""
        if group is not None:
            # a group's name is known beforehand, so it does not tell which of the two comes first
            self.schedule.node.add_dependency(group)

    def _check(
        self,
        workflow: IStartable,
        timing: Timing,
        given: Mapping[str, Any] | None,
        window: Duration | None,
        delivery: Delivery,
    ) -> None:
        problems = [f"timing.{problem}" for problem in timing.problems()]
        problems += [
            f"input: got {value!r}, expected plain values: a schedule has no event" for value in references(given)
        ]
        problems += [
            f"input: {problem}" for problem in execution_input_problems(workflow, {} if given is None else given)
        ]
        if window is not None:
            minutes = window.to_minutes(integral=False)
            if not 1 <= minutes <= _LONGEST_WINDOW_MINUTES or minutes % 1:
                problems.append(f"window: got {minutes:g} min, expected 1 to {_LONGEST_WINDOW_MINUTES} whole ones")
        problems += [f"delivery.{problem}" for problem in delivery.problems()]
        if problems:
            raise ValueError("\n".join(f"{self.node.path}: {problem}" for problem in problems))


def _window(window: Duration | None) -> scheduler.CfnSchedule.FlexibleTimeWindowProperty:
    if window is None:
        return scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF")
    return scheduler.CfnSchedule.FlexibleTimeWindowProperty(
        mode="FLEXIBLE", maximum_window_in_minutes=int(window.to_minutes())
    )
