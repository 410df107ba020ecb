"""Workflows and pipelines that start by the clock."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from constructs_lib.definitions.values import references
from constructs_lib.environments.roles import service_role
from constructs_lib.events.delivery import Delivery, dead_letters, send_statements
from constructs_lib.events.inputs import execution_input_problems
from constructs_lib.events.pipeline_parameters import parameter_problems
from constructs_lib.events.targets import IStartable, IStartablePipeline
from constructs_lib.events.timing import At, Timing, utc_text
from constructs_lib.permissions import Statement

_LONGEST_WINDOW_MINUTES = 1440
_ACTIONS = {"pipeline": "sagemaker:StartPipelineExecution", "workflow": "states:StartExecution"}


class _Schedule(Construct):
    """A schedule with its role and what keeps the calls that were not taken."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        calls: str,
        target_arn: str,
        target: Callable[[], Mapping[str, Any]],
        problems: Iterable[str],
        timing: Timing,
        window: Duration | None,
        group: scheduler.IScheduleGroup | None,
        delivery: Delivery | None,
        enabled: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        chosen = Delivery() if delivery is None else delivery
        self._check(timing, problems, window, chosen)
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
            description=f"starts a {calls} by the clock",
            statements=[
                Statement(actions=[_ACTIONS[calls]], resources=[target_arn]),
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
                arn=target_arn,
                role_arn=role.role_arn,
                **target(),
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

    def _check(self, timing: Timing, problems: Iterable[str], window: Duration | None, delivery: Delivery) -> None:
        found = [*(f"timing.{problem}" for problem in timing.problems()), *problems]
        if window is not None:
            minutes = window.to_minutes(integral=False)
            if not 1 <= minutes <= _LONGEST_WINDOW_MINUTES or minutes % 1:
                found.append(f"window: got {minutes:g} min, expected 1 to {_LONGEST_WINDOW_MINUTES} whole ones")
        found += [f"delivery.{problem}" for problem in delivery.problems()]
        if found:
            raise ValueError("\n".join(f"{self.node.path}: {problem}" for problem in found))


class WorkflowSchedule(_Schedule):
    """Starts a workflow at given times, by EventBridge Scheduler.

    Created are the schedule, its role and, unless one is given, a `DeadLetterQueue`. The first 14 million calls of a
    month cost nothing. Scheduler calls at least once: very rarely, an execution starts twice.

    Examples:
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
        super().__init__(
            scope,
            construct_id,
            calls="workflow",
            target_arn=workflow.state_machine_arn,
            target=lambda: {"input": Stack.of(scope).to_json_string({} if input is None else input)},
            problems=_input_problems(workflow, input),
            timing=timing,
            window=window,
            group=group,
            delivery=delivery,
            enabled=enabled,
        )


class PipelineSchedule(_Schedule):
    """Starts a SageMaker pipeline at given times, by EventBridge Scheduler.

    Created are the schedule, its role and, unless one is given, a `DeadLetterQueue`. The first 14 million calls of a
    month cost nothing. Scheduler calls at least once: very rarely, an execution starts twice.

    Examples:
        >>> from aws_cdk import App
        >>> from constructs_lib.definitions import FailStep, PipelineDefinition
        >>> from constructs_lib.events.timing import Cron
        >>> from constructs_lib.pipelines.pipeline import SageMakerPipeline
        >>> stack = Stack(App(), "Training")
        >>> definition = PipelineDefinition(name="nightly", steps=[FailStep(name="Stop", cause="nothing to do")])
        >>> pipeline = SageMakerPipeline(stack, "Pipeline", definition=definition)
        >>> nightly = PipelineSchedule(stack, "Nightly", pipeline=pipeline, timing=Cron(hour="2"))
        >>> nightly.schedule.schedule_expression
        'cron(0 2 * * ? *)'
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        pipeline: IStartablePipeline,
        timing: Timing,
        parameters: Mapping[str, str] | None = None,
        window: Duration | None = None,
        group: scheduler.IScheduleGroup | None = None,
        delivery: Delivery | None = None,
        enabled: bool = True,
    ) -> None:
        """Defines the schedule.

        Args:
            scope: where it is defined.
            construct_id: its name there.
            pipeline: that is started.
            timing: when.
            parameters: texts, by the parameter's name. Default: the pipeline's own defaults.
            window: how much later than its time it may start, so that not all schedules of a company call at once; 1
                minute to 24 hours. Default: at its time, to the minute.
            group: of schedules that belong together. Default: the account's default group.
            delivery: how often a start is tried, and what keeps what could not be started. Default: `Delivery`'s own
                defaults.
            enabled: whether it calls. Default: it does.

        Raises:
            ValueError: all problems of the timing, the parameters, the window and the delivery together.
        """
        given = {} if parameters is None else parameters
        super().__init__(
            scope,
            construct_id,
            calls="pipeline",
            target_arn=pipeline.pipeline_arn,
            target=lambda: _parameters(given),
            problems=parameter_problems(pipeline, given, event=False),
            timing=timing,
            window=window,
            group=group,
            delivery=delivery,
            enabled=enabled,
        )


def _parameters(given: Mapping[str, str]) -> Mapping[str, Any]:
    if not given:
        return {}
    listed = [
        scheduler.CfnSchedule.SageMakerPipelineParameterProperty(name=name, value=value)
        for name, value in given.items()
    ]
    parameters = scheduler.CfnSchedule.SageMakerPipelineParametersProperty(pipeline_parameter_list=listed)
    return {"sage_maker_pipeline_parameters": parameters}


def _input_problems(workflow: IStartable, given: Mapping[str, Any] | None) -> list[str]:
    found = [f"got {value!r}, expected plain values: a schedule has no event" for value in references(given)]
    found += execution_input_problems(workflow, {} if given is None else given)
    return [f"input: {problem}" for problem in found]


def _window(window: Duration | None) -> scheduler.CfnSchedule.FlexibleTimeWindowProperty:
    if window is None:
        return scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF")
    return scheduler.CfnSchedule.FlexibleTimeWindowProperty(
        mode="FLEXIBLE", maximum_window_in_minutes=int(window.to_minutes())
    )
