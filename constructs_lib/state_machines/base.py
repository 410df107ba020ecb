"""What every workflow offers, made here or brought along: grants, rules on its executions, metrics."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from constructs import Construct

if TYPE_CHECKING:  # most workflows have no rules, and these modules load five of the CDK's
    from constructs_lib.events.delivery import Delivery
    from constructs_lib.events.rules import EventRule
    from constructs_lib.events.targets import EventTarget

ExecutionStatus = Literal["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]
"""Status of an execution."""

_CHANGE_KEY = ("detail.executionArn", "detail.status", "detail.redriveCount")


class WorkflowGrants:
    """Permissions on a workflow."""

    def __init__(self, state_machine_arn: str) -> None:
        self._state_machine_arn = state_machine_arn

    def start_execution(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets `grantee` start executions."""
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=["states:StartExecution"], resource_arns=[self._state_machine_arn]
        )


class IStepFunctionsWorkflow(Protocol):
    """A workflow: made by `StepFunctionsWorkflow`, or brought along by `from_state_machine_arn`."""

    @property
    def state_machine_arn(self) -> str:
        """The state machine's ARN."""

    @property
    def grants(self) -> WorkflowGrants:
        """Permissions on it."""

    def on_status(
        self,
        construct_id: str,
        *,
        statuses: Sequence[ExecutionStatus],
        targets: "Sequence[EventTarget]",
        delivery: "Delivery | None" = None,
    ) -> "EventRule":
        """Calls `targets` when an execution has come to one of `statuses`."""

    def on_started(
        self, construct_id: str, *, targets: "Sequence[EventTarget]", delivery: "Delivery | None" = None
    ) -> "EventRule":
        """Calls `targets` when an execution has started."""

    def on_succeeded(
        self, construct_id: str, *, targets: "Sequence[EventTarget]", delivery: "Delivery | None" = None
    ) -> "EventRule":
        """Calls `targets` when an execution has succeeded."""

    def on_failed(
        self, construct_id: str, *, targets: "Sequence[EventTarget]", delivery: "Delivery | None" = None
    ) -> "EventRule":
        """Calls `targets` when an execution has failed."""

    def on_timed_out(
        self, construct_id: str, *, targets: "Sequence[EventTarget]", delivery: "Delivery | None" = None
    ) -> "EventRule":
        """Calls `targets` when an execution has run out of time."""

    def on_aborted(
        self, construct_id: str, *, targets: "Sequence[EventTarget]", delivery: "Delivery | None" = None
    ) -> "EventRule":
        """Calls `targets` when an execution was stopped."""

    def metric_executions_started(self) -> cloudwatch.Metric:
        """Executions started; use the sum."""

    def metric_executions_succeeded(self) -> cloudwatch.Metric:
        """Executions that succeeded; use the sum."""

    def metric_executions_failed(self) -> cloudwatch.Metric:
        """Executions that failed; use the sum."""

    def metric_executions_timed_out(self) -> cloudwatch.Metric:
        """Executions that ran out of time; use the sum."""

    def metric_executions_aborted(self) -> cloudwatch.Metric:
        """Executions that were stopped; use the sum."""

    def metric_execution_throttled(self) -> cloudwatch.Metric:
        """States and retries that had to wait for the account's limits; use the sum."""

    def metric_executions_redriven(self) -> cloudwatch.Metric:
        """Executions that were taken up again where they had failed; use the sum."""

    def metric_execution_time(self) -> cloudwatch.Metric:
        """Milliseconds from start to end of an execution, on average."""


class WorkflowBase(Construct):
    """What an `IStepFunctionsWorkflow` can do with its ARN alone."""

    state_machine_arn: str
    """The state machine's ARN."""

    @property
    def grants(self) -> WorkflowGrants:
        """Permissions on it."""
        return WorkflowGrants(self.state_machine_arn)

    def on_status(
        self,
        construct_id: str,
        *,
        statuses: Sequence[ExecutionStatus],
        targets: "Sequence[EventTarget]",
        delivery: "Delivery | None" = None,
    ) -> "EventRule":
        """Calls `targets` when an execution has come to one of `statuses`."""
        from constructs_lib.events.inputs import EventValue  # see above
        from constructs_lib.events.rules import EventRule

        return EventRule(
            self,
            construct_id,
            pattern={
                "source": ["aws.states"],
                "detail-type": ["Step Functions Execution Status Change"],
                "detail": {"stateMachineArn": [self.state_machine_arn], "status": list(statuses)},
            },
            targets=targets,
            once_key=[EventValue(path) for path in _CHANGE_KEY],
            delivery=delivery,
        )

    def on_started(
        self, construct_id: str, *, targets: "Sequence[EventTarget]", delivery: "Delivery | None" = None
    ) -> "EventRule":
        """Calls `targets` when an execution has started."""
        return self.on_status(construct_id, statuses=["RUNNING"], targets=targets, delivery=delivery)

    def on_succeeded(
        self, construct_id: str, *, targets: "Sequence[EventTarget]", delivery: "Delivery | None" = None
    ) -> "EventRule":
        """Calls `targets` when an execution has succeeded."""
        return self.on_status(construct_id, statuses=["SUCCEEDED"], targets=targets, delivery=delivery)

    def on_failed(
        self, construct_id: str, *, targets: "Sequence[EventTarget]", delivery: "Delivery | None" = None
    ) -> "EventRule":
        """Calls `targets` when an execution has failed; see also `on_timed_out` and `on_aborted`."""
        return self.on_status(construct_id, statuses=["FAILED"], targets=targets, delivery=delivery)

    def on_timed_out(
        self, construct_id: str, *, targets: "Sequence[EventTarget]", delivery: "Delivery | None" = None
    ) -> "EventRule":
        """Calls `targets` when an execution has run out of time."""
        return self.on_status(construct_id, statuses=["TIMED_OUT"], targets=targets, delivery=delivery)

    def on_aborted(
        self, construct_id: str, *, targets: "Sequence[EventTarget]", delivery: "Delivery | None" = None
    ) -> "EventRule":
        """Calls `targets` when an execution was stopped."""
        return self.on_status(construct_id, statuses=["ABORTED"], targets=targets, delivery=delivery)

    def metric_executions_started(self) -> cloudwatch.Metric:
        """Executions started; use the sum."""
        return self._metric("ExecutionsStarted", "Sum")

    def metric_executions_succeeded(self) -> cloudwatch.Metric:
        """Executions that succeeded; use the sum."""
        return self._metric("ExecutionsSucceeded", "Sum")

    def metric_executions_failed(self) -> cloudwatch.Metric:
        """Executions that failed; use the sum."""
        return self._metric("ExecutionsFailed", "Sum")

    def metric_executions_timed_out(self) -> cloudwatch.Metric:
        """Executions that ran out of time; use the sum."""
        return self._metric("ExecutionsTimedOut", "Sum")

    def metric_executions_aborted(self) -> cloudwatch.Metric:
        """Executions that were stopped; use the sum."""
        return self._metric("ExecutionsAborted", "Sum")

    def metric_execution_throttled(self) -> cloudwatch.Metric:
        """States and retries that had to wait for the account's limits; use the sum."""
        return self._metric("ExecutionThrottled", "Sum")

    def metric_executions_redriven(self) -> cloudwatch.Metric:
        """Executions that were taken up again where they had failed; use the sum."""
        return self._metric("ExecutionsRedriven", "Sum")

    def metric_execution_time(self) -> cloudwatch.Metric:
        """Milliseconds from start to end of an execution, on average."""
        return self._metric("ExecutionTime", "Average")

    def _metric(self, name: str, statistic: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/States",
            metric_name=name,
            dimensions_map={"StateMachineArn": self.state_machine_arn},
            statistic=statistic,
        )
