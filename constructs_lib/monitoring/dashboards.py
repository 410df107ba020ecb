"""Dashboards."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from constructs_lib.state_machines.base import IStepFunctionsWorkflow

_HALF, _WHOLE = 12, 24


class WorkflowDashboard(Construct):
    """A CloudWatch dashboard of workflows: how many executions start, how they end, how long they take.

    Each workflow has a row; alarms stand above them. A dashboard costs three US dollars a month beyond an
    account's first three.

    Examples:
        >>> from aws_cdk import App, Stack
        >>> from constructs_lib.definitions import LambdaStep, WorkflowDefinition
        >>> from constructs_lib.state_machines.workflow import StepFunctionsWorkflow
        >>> stack = Stack(App(), "Training")
        >>> hello = LambdaStep(name="Hello", function_arn="arn:aws:lambda:eu-west-1:111122223333:function:hello")
        >>> definition = WorkflowDefinition(name="greeting", steps=[hello])
        >>> workflow = StepFunctionsWorkflow(stack, "Greeting", definition=definition)
        >>> alarms = [workflow.failed_alarm, workflow.timed_out_alarm]
        >>> dashboard = WorkflowDashboard(stack, "Dashboard", workflows={"Greeting": workflow}, alarms=alarms)
        >>> dashboard.dashboard.dashboard_name.startswith("${Token")
        True
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workflows: Mapping[str, IStepFunctionsWorkflow],
        alarms: Sequence[cloudwatch.IAlarm] = (),
    ) -> None:
        """Defines the dashboard.

        Args:
            scope: where it is defined.
            construct_id: its name there.
            workflows: one or more, by the title of their row.
            alarms: whose state is shown, such as those of the workflows and of their dead-letter queues. Default: none.

        Raises:
            ValueError: there is no workflow.
        """
        super().__init__(scope, construct_id)
        if not workflows:
            raise ValueError(f"{self.node.path}: workflows: got none, expected at least one")
        self.dashboard = cloudwatch.Dashboard(self, "Resource")
        """The dashboard."""
        if alarms:
            self.dashboard.add_widgets(cloudwatch.AlarmStatusWidget(title="Alarms", alarms=[*alarms], width=_WHOLE))
        for title, workflow in workflows.items():
            self.dashboard.add_widgets(_executions(title, workflow), _duration(title, workflow))


def _executions(title: str, workflow: IStepFunctionsWorkflow) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title=f"{title}: executions",
        width=_HALF,
        left=[
            workflow.metric_executions_started(),
            workflow.metric_executions_succeeded(),
            workflow.metric_executions_failed(),
            workflow.metric_executions_timed_out(),
            workflow.metric_executions_aborted(),
            workflow.metric_execution_throttled(),
        ],
        left_y_axis=cloudwatch.YAxisProps(min=0, label="count", show_units=False),
    )


def _duration(title: str, workflow: IStepFunctionsWorkflow) -> cloudwatch.GraphWidget:
    time = workflow.metric_execution_time()
    return cloudwatch.GraphWidget(
        title=f"{title}: duration",
        width=_HALF,
        left=[time.with_(label="average"), time.with_(statistic="Maximum", label="longest")],
        left_y_axis=cloudwatch.YAxisProps(min=0),
    )
