"""A training job's record: what was asked for, how far it is, and how that is told."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from attrs import define, field

from local_aws.sagemaker.resource_names import now

IN_PROGRESS = "InProgress"
STOPPING = "Stopping"
ENDED = frozenset({"Completed", "Failed", "Stopped"})

_MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Stopping": "Stopping the training job",
    "Uploading": "Uploading generated training model",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
}

_ECHOED = (
    "HyperParameters",
    "RoleArn",
    "InputDataConfig",
    "ResourceConfig",
    "VpcConfig",
    "StoppingCondition",
    "CheckpointConfig",
    "DebugHookConfig",
    "ExperimentConfig",
    "TensorBoardOutputConfig",
    "ProfilerConfig",
    "Environment",
    "RetryStrategy",
    "InfraCheckConfig",
    "RemoteDebugConfig",
)


@define(eq=False, kw_only=True)
class TrainingJob:
    """One training job.

    Attributes:
        name: unique among the jobs of its account and region, for ever.
        arn: of the job.
        account: in which it runs.
        region: in which it runs.
        request: the CreateTrainingJob request.
        on_change: called, without any lock held, after each change of status.
        stop_requested: set once the job is to stop.
    """

    name: str
    arn: str
    account: str
    region: str
    request: dict[str, Any]
    on_change: Callable[["TrainingJob"], None]
    stop_requested: threading.Event = field(factory=threading.Event)
    created: datetime = field(factory=now)
    modified: datetime = field(factory=now)
    status: str = IN_PROGRESS
    _transitions: list[dict[str, Any]] = field(factory=list)
    _failure_reason: str | None = None
    _training_started: datetime | None = None
    _training_ended: datetime | None = None
    _model_uri: str | None = None
    _metrics: dict[str, tuple[float, datetime]] = field(factory=dict)
    _stop_action: Callable[[], None] | None = None
    _lock: threading.RLock = field(factory=threading.RLock)

    @property
    def secondary_status(self) -> str:
        """The last step that was entered."""
        with self._lock:
            return str(self._transitions[-1]["Status"]) if self._transitions else "Starting"

    def enter(self, step: str) -> None:
        """The job goes on to its next step, such as ``Downloading``; while it is stopped, only to ``Uploading``."""
        with self._lock:
            if self.status == STOPPING and step != "Uploading":
                return
            self._enter(step)
        self.on_change(self)

    def request_stop(self) -> bool:
        """Asks the job to stop, and calls the action of `while_running`; False where the job has ended already."""
        with self._lock:
            if self.status in ENDED:
                return False
            first = self.status != STOPPING
            if first:
                self.status = STOPPING
                self._enter("Stopping")
                self.stop_requested.set()
            action = self._stop_action
        if first:
            self.on_change(self)
            if action is not None:
                action()
        return True

    def while_running(self, stop: Callable[[], None] | None) -> None:
        """Says how to stop what runs now, or that nothing does; called at once where a stop was asked for before."""
        with self._lock:
            self._stop_action = stop
            late = stop is not None and self.stop_requested.is_set()
        if late and stop is not None:
            stop()

    def training_began(self) -> None:
        """The instances work from here on: what is billed."""
        with self._lock:
            self._training_started = now()

    def model_at(self, uri: str) -> None:
        """Where the model artifacts are."""
        with self._lock:
            self._model_uri = uri

    def measured(self, name: str, value: float, moment: datetime) -> None:
        """A metric has a new value; the last one is the final one."""
        with self._lock:
            self._metrics[name] = (value, moment)

    def end(self, status: str, *, step: str | None = None, failure: str | None = None) -> None:
        """The job has ended.

        Args:
            status: ``Completed``, ``Failed`` or ``Stopped``.
            step: its last secondary status. Default: the same word.
            failure: the reason of a failure; AWS keeps its first 1,024 characters.
        """
        with self._lock:
            if self._training_started is not None:
                self._training_ended = now()
            self._failure_reason = failure[:1024] if failure is not None else None
            self.status = status
            self._enter(step or status)
            self._transitions[-1]["EndTime"] = self.modified
        self.on_change(self)

    def _enter(self, step: str) -> None:
        moment = now()
        if self._transitions:
            self._transitions[-1].setdefault("EndTime", moment)
        self._transitions.append({"Status": step, "StartTime": moment, "StatusMessage": _MESSAGES[step]})
        self.modified = moment

    def describe(self) -> dict[str, Any]:
        """What DescribeTrainingJob answers."""
        request = self.request
        with self._lock:
            answer: dict[str, Any] = {
                "TrainingJobName": self.name,
                "TrainingJobArn": self.arn,
                "TrainingJobStatus": self.status,
                "SecondaryStatus": self.secondary_status,
                "SecondaryStatusTransitions": [dict(transition) for transition in self._transitions],
                "CreationTime": self.created,
                "LastModifiedTime": self.modified,
                "AlgorithmSpecification": {"EnableSageMakerMetricsTimeSeries": False}
                | request["AlgorithmSpecification"],
                "OutputDataConfig": {"KmsKeyId": "", "CompressionType": "GZIP"} | request["OutputDataConfig"],
                "EnableNetworkIsolation": request.get("EnableNetworkIsolation", False),
                "EnableInterContainerTrafficEncryption": request.get("EnableInterContainerTrafficEncryption", False),
                "EnableManagedSpotTraining": request.get("EnableManagedSpotTraining", False),
                "ProfilingStatus": "Disabled",
            }
            answer |= {name: request[name] for name in _ECHOED if name in request}
            answer |= self._outcome()
        return answer

    def _outcome(self) -> dict[str, Any]:
        outcome: dict[str, Any] = {}
        if self._failure_reason is not None:
            outcome["FailureReason"] = self._failure_reason
        if self._model_uri is not None:
            outcome["ModelArtifacts"] = {"S3ModelArtifacts": self._model_uri}
        if self._metrics:
            outcome["FinalMetricDataList"] = [
                {"MetricName": name, "Value": value, "Timestamp": moment}
                for name, (value, moment) in self._metrics.items()
            ]
        if self._training_started is not None:
            outcome["TrainingStartTime"] = self._training_started
            if self._training_ended is not None:
                seconds = max(1, round((self._training_ended - self._training_started).total_seconds()))
                count = self.request["ResourceConfig"].get("InstanceCount", 1)
                outcome["TrainingEndTime"] = self._training_ended
                outcome["TrainingTimeInSeconds"] = seconds
                outcome["BillableTimeInSeconds"] = seconds * count
        return outcome
