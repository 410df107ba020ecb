"""What every SageMaker pipeline offers, made here or brought along: grants, rules on its executions, metrics."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from constructs import Construct

if TYPE_CHECKING:  # most pipelines have no rules, and these modules load five of the CDK's
    from constructs_lib.events.delivery import Delivery
    from constructs_lib.events.jobs import PipelineStatus
    from constructs_lib.events.rules import EventRule
    from constructs_lib.events.targets import EventTarget


class PipelineGrants:
    """Permissions on a pipeline."""

    def __init__(self, pipeline_arn: str) -> None:
        self._pipeline_arn = pipeline_arn

    def start(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets `grantee` start executions."""
        return self._grant(grantee, ["sagemaker:StartPipelineExecution"], [self._pipeline_arn])

    def control(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets `grantee` start executions, and stop and retry those of this pipeline."""
        actions = ["StartPipelineExecution", "StopPipelineExecution", "RetryPipelineExecution"]
        arns = [self._pipeline_arn, f"{self._pipeline_arn}/execution/*"]
        return self._grant(grantee, [f"sagemaker:{action}" for action in actions], arns)

    def read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets `grantee` see the pipeline, its executions and their steps."""
        actions = [
            "DescribePipeline",
            "DescribePipelineDefinitionForExecution",
            "DescribePipelineExecution",
            "ListPipelineExecutionSteps",
            "ListPipelineExecutions",
            "ListPipelineParametersForExecution",
        ]
        arns = [self._pipeline_arn, f"{self._pipeline_arn}/execution/*"]
        return self._grant(grantee, [f"sagemaker:{action}" for action in actions], arns)

    @staticmethod
    def _grant(grantee: iam.IGrantable, actions: list[str], arns: list[str]) -> iam.Grant:
        return iam.Grant.add_to_principal(grantee=grantee, actions=actions, resource_arns=arns)


class ISageMakerPipeline(Protocol):
    """A pipeline: made by `SageMakerPipeline`, or brought along by one of its ``from_*`` functions."""

    @property
    def pipeline_arn(self) -> str:
        """The pipeline's ARN."""

    @property
    def pipeline_name(self) -> str:
        """The pipeline's name."""

    @property
    def grants(self) -> PipelineGrants:
        """Permissions on it."""

    def on_status(
        self,
        construct_id: str,
        *,
        statuses: "Sequence[PipelineStatus]",
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

    def on_stopped(
        self, construct_id: str, *, targets: "Sequence[EventTarget]", delivery: "Delivery | None" = None
    ) -> "EventRule":
        """Calls `targets` when an execution was stopped."""

    def metric_execution_started(self) -> cloudwatch.Metric:
        """Executions started; use the sum."""

    def metric_execution_succeeded(self) -> cloudwatch.Metric:
        """Executions that succeeded; use the sum."""

    def metric_execution_failed(self) -> cloudwatch.Metric:
        """Executions that failed; use the sum."""

    def metric_execution_stopped(self) -> cloudwatch.Metric:
        """Executions that were stopped; use the sum."""

    def metric_execution_duration(self) -> cloudwatch.Metric:
        """Milliseconds from start to end of an execution, on average."""


class PipelineBase(Construct):
    """What an `ISageMakerPipeline` can do with its ARN and its name alone."""

    pipeline_arn: str
    """The pipeline's ARN."""
    pipeline_name: str
    """The pipeline's name."""

    @property
    def grants(self) -> PipelineGrants:
        """Permissions on it."""
        return PipelineGrants(self.pipeline_arn)

    def on_status(
        self,
        construct_id: str,
        *,
        statuses: "Sequence[PipelineStatus]",
        targets: "Sequence[EventTarget]",
        delivery: "Delivery | None" = None,
    ) -> "EventRule":
        """Calls `targets` when an execution has come to one of `statuses`."""
        from constructs_lib.events.jobs import JobStateRule, PipelineExecutions  # see above

        executions = PipelineExecutions(pipeline_arns=[self.pipeline_arn], statuses=statuses)
        return JobStateRule(self, construct_id, jobs=executions, targets=targets, delivery=delivery)

    def on_started(
        self, construct_id: str, *, targets: "Sequence[EventTarget]", delivery: "Delivery | None" = None
    ) -> "EventRule":
        """Calls `targets` when an execution has started."""
        return self.on_status(construct_id, statuses=["Executing"], targets=targets, delivery=delivery)

    def on_succeeded(
        self, construct_id: str, *, targets: "Sequence[EventTarget]", delivery: "Delivery | None" = None
    ) -> "EventRule":
        """Calls `targets` when an execution has succeeded."""
        return self.on_status(construct_id, statuses=["Succeeded"], targets=targets, delivery=delivery)

    def on_failed(
        self, construct_id: str, *, targets: "Sequence[EventTarget]", delivery: "Delivery | None" = None
    ) -> "EventRule":
        """Calls `targets` when an execution has failed; see also `on_stopped`."""
        return self.on_status(construct_id, statuses=["Failed"], targets=targets, delivery=delivery)

    def on_stopped(
        self, construct_id: str, *, targets: "Sequence[EventTarget]", delivery: "Delivery | None" = None
    ) -> "EventRule":
        """Calls `targets` when an execution was stopped."""
        return self.on_status(construct_id, statuses=["Stopped"], targets=targets, delivery=delivery)

    def metric_execution_started(self) -> cloudwatch.Metric:
        """Executions started; use the sum."""
        return self._metric("ExecutionStarted", "Sum")

    def metric_execution_succeeded(self) -> cloudwatch.Metric:
        """Executions that succeeded; use the sum."""
        return self._metric("ExecutionSucceeded", "Sum")

    def metric_execution_failed(self) -> cloudwatch.Metric:
        """Executions that failed; use the sum."""
        return self._metric("ExecutionFailed", "Sum")

    def metric_execution_stopped(self) -> cloudwatch.Metric:
        """Executions that were stopped; use the sum."""
        return self._metric("ExecutionStopped", "Sum")

    def metric_execution_duration(self) -> cloudwatch.Metric:
        """Milliseconds from start to end of an execution, on average."""
        return self._metric("ExecutionDuration", "Average")

    def _metric(self, name: str, statistic: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/Sagemaker/ModelBuildingPipeline",
            metric_name=name,
            dimensions_map={"PipelineName": self.pipeline_name},
            statistic=statistic,
        )
