"""What an execution tells the rest of the account: events and metrics."""

import logging
import queue
import threading
from datetime import datetime
from typing import Any

from attrs import define, field
from botocore.exceptions import BotoCoreError, ClientError

from local_aws.platform import Platform
from local_aws.sagemaker.pipelines.records import EXECUTING, OPEN, Execution, StepRun
from local_aws.sagemaker.pipelines.resolving import moment_text
from local_aws.sagemaker.resource_names import now

_log = logging.getLogger(__name__)
_NAMESPACE = "AWS/Sagemaker/ModelBuildingPipeline"
_EXECUTION_EVENT = "SageMaker Model Building Pipeline Execution Status Change"
_STEP_EVENT = "SageMaker Model Building Pipeline Execution Step Status Change"
_AT_ONCE = 500


@define(eq=False)
class Notifications:
    """Sends events at once, metrics in the background.

    Args:
        platform: the local AWS.
    """

    platform: Platform
    _metrics: "queue.SimpleQueue[tuple[str, dict[str, Any]]]" = field(factory=queue.SimpleQueue)
    _sending: threading.Lock = field(factory=threading.Lock)
    _scheduled: bool = False

    def execution_began(self, execution: Execution, *, again: bool) -> None:
        """An execution was started, or runs again."""
        self._execution_event(execution, execution.status if again else EXECUTING)
        self._count(execution, "ExecutionStarted", None, execution.begun)

    def execution_changed(self, execution: Execution, before: str) -> None:
        """An execution has another status."""
        self._execution_event(execution, before)
        if execution.status not in OPEN and execution.ended is not None:
            self._count(execution, f"Execution{execution.status}", None, execution.ended)
            self._duration(execution, "ExecutionDuration", None, execution.begun, execution.ended)

    def step_began(self, execution: Execution, run: StepRun) -> None:
        """A step begins."""
        self._step_event(execution, run, run.status)
        self._count(execution, "StepStarted", run, run.started)

    def step_changed(self, execution: Execution, run: StepRun, before: str) -> None:
        """A step that has not ended has another status than before."""
        self._step_event(execution, run, before)

    def step_ended(self, execution: Execution, run: StepRun, before: str) -> None:
        """A step has ended.

        Args:
            execution: that it is part of.
            run: its record.
            before: its status until then.
        """
        ended = run.ended or now()
        self._step_event(execution, run, before)
        self._count(execution, f"Step{run.status}", run, ended)
        self._duration(execution, "StepDuration", run, run.started, ended)

    def flush(self) -> None:
        """Sends all metrics that wait."""
        with self._sending:
            waiting: dict[str, list[dict[str, Any]]] = {}
            while not self._metrics.empty():
                region, datum = self._metrics.get()
                waiting.setdefault(region, []).append(datum)
            for region, data in waiting.items():
                self._put(region, data)

    def _put(self, region: str, data: list[dict[str, Any]]) -> None:
        client = self.platform.client("cloudwatch", region=region)
        for start in range(0, len(data), _AT_ONCE):
            try:
                client.put_metric_data(Namespace=_NAMESPACE, MetricData=data[start : start + _AT_ONCE])
            except (ClientError, BotoCoreError) as error:
                _log.warning("metrics of pipelines were not kept: %s", error)

    def _execution_event(self, execution: Execution, before: str) -> None:
        pipeline = execution.pipeline
        self.platform.emit(
            account=pipeline.account,
            region=pipeline.region,
            source="aws.sagemaker",
            detail_type=_EXECUTION_EVENT,
            detail={
                "pipelineExecutionDisplayName": execution.display_name,
                "currentPipelineExecutionStatus": execution.status,
                "previousPipelineExecutionStatus": before,
                "executionStartTime": moment_text(execution.begun),
                "executionEndTime": moment_text(execution.ended) if execution.ended is not None else "",
                "pipelineExecutionDescription": execution.description or "",
                "pipelineArn": pipeline.arn,
                "pipelineExecutionArn": execution.arn,
            },
            resources=[pipeline.arn, execution.arn],
        )

    def _step_event(self, execution: Execution, run: StepRun, before: str) -> None:
        pipeline = execution.pipeline
        detail: dict[str, Any] = {
            "metadata": _event_metadata(run.metadata),
            "stepStartTime": moment_text(run.started),
            "stepEndTime": moment_text(run.ended) if run.ended is not None else "",
            "stepName": run.step.name,
            "stepType": run.step.type,
            "previousStepStatus": before,
            "currentStepStatus": run.status,
            "pipelineArn": pipeline.arn,
            "pipelineExecutionArn": execution.arn,
        }
        if run.failure is not None:
            detail["failureReason"] = run.failure
        if run.cached_from is not None:
            detail["cacheHitResult"] = {"sourcePipelineExecutionArn": run.cached_from}
        self.platform.emit(
            account=pipeline.account,
            region=pipeline.region,
            source="aws.sagemaker",
            detail_type=_STEP_EVENT,
            detail=detail,
            resources=[pipeline.arn, execution.arn],
        )

    def _count(self, execution: Execution, name: str, run: StepRun | None, moment: datetime) -> None:
        self._metric(execution, run, {"MetricName": name, "Timestamp": moment, "Value": 1.0, "Unit": "Count"})

    def _duration(self, execution: Execution, name: str, run: StepRun | None, began: datetime, ended: datetime) -> None:
        milliseconds = (ended - began).total_seconds() * 1000
        told = {"MetricName": name, "Timestamp": ended, "Value": milliseconds, "Unit": "Milliseconds"}
        self._metric(execution, run, told)

    def _metric(self, execution: Execution, run: StepRun | None, told: dict[str, Any]) -> None:
        dimensions = [{"Name": "PipelineName", "Value": execution.pipeline.name}]
        if run is not None:
            dimensions.append({"Name": "StepName", "Value": run.step.name})
        datum = told | {"Dimensions": dimensions}
        self._metrics.put((execution.pipeline.region, datum))
        self._send_soon()

    def _send_soon(self) -> None:
        if self._scheduled:
            return
        self._scheduled = True
        try:
            self.platform.workers.submit(self._send)
        except RuntimeError:  # the server is being stopped; `flush` sends what is left
            self._scheduled = False

    def _send(self) -> None:
        self._scheduled = False
        self.flush()


def _event_metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    """Metadata as events spell it: ``processingJob.arn``."""
    return {
        kind[0].lower() + kind[1:]: {member[0].lower() + member[1:]: value for member, value in inner.items()}
        for kind, inner in metadata.items()
        if isinstance(inner, dict)
    }
