"""A training job's record: what was asked for, how far it is, and how that is told."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from attrs import define, field, frozen

from local_aws.sagemaker.jobs.record import ENDED, STOPPING, JobRecord

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


@frozen(kw_only=True)
class Follower:
    """A tuning job, as its training jobs know it.

    Attributes:
        tuning_job_arn: its ARN.
        measured: told of every value of a metric, by its name.
        ended: told of the end.
    """

    tuning_job_arn: str
    measured: Callable[["TrainingJob", str, float], None]
    ended: Callable[["TrainingJob"], None]


@define(eq=False, kw_only=True)
class TrainingJob(JobRecord):
    """One training job.

    Attributes:
        follower: the tuning job that started it.
    """

    follower: Follower | None = None
    _transitions: list[dict[str, Any]] = field(factory=list)
    _model_uri: str | None = None
    _metrics: dict[str, tuple[float, datetime]] = field(factory=dict)

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
            self._entered(step)
        self.on_change(self)

    def model_at(self, uri: str) -> None:
        """Where the model artifacts are."""
        with self._lock:
            self._model_uri = uri

    def measured(self, name: str, value: float, moment: datetime) -> None:
        """A metric has a new value; the last one is the final one."""
        with self._lock:
            self._metrics[name] = (value, moment)
        if self.follower is not None:
            self.follower.measured(self, name, value)

    def end(self, status: str, *, step: str | None = None, failure: str | None = None) -> None:
        """The job has ended; see `JobRecord.end`."""
        super().end(status, step=step, failure=failure)
        if self.follower is not None:
            self.follower.ended(self)

    def metric(self, name: str) -> float | None:
        """The last value of a metric; None where there is none yet."""
        with self._lock:
            return self._metrics[name][0] if name in self._metrics else None

    def _entered(self, step: str) -> None:
        super()._entered(step)
        if self._transitions:
            self._transitions[-1].setdefault("EndTime", self.modified)
        transition = {"Status": step, "StartTime": self.modified, "StatusMessage": _MESSAGES[step]}
        if self.status in ENDED:
            transition["EndTime"] = self.modified
        self._transitions.append(transition)

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
            if self.follower is not None:
                answer["TuningJobArn"] = self.follower.tuning_job_arn
            answer |= self._results()
        return answer

    def _results(self) -> dict[str, Any]:
        results = self._outcome("TrainingStartTime", "TrainingEndTime")
        if self._model_uri is not None:
            results["ModelArtifacts"] = {"S3ModelArtifacts": self._model_uri}
        if self._metrics:
            results["FinalMetricDataList"] = [
                {"MetricName": name, "Value": value, "Timestamp": moment}
                for name, (value, moment) in self._metrics.items()
            ]
        if self.started is not None and self.ended is not None:
            seconds = max(1, round((self.ended - self.started).total_seconds()))
            results["TrainingTimeInSeconds"] = seconds
            results["BillableTimeInSeconds"] = seconds * self.request["ResourceConfig"].get("InstanceCount", 1)
            if self.request["ResourceConfig"].get("KeepAlivePeriodInSeconds"):
                # a process is there at once: no instance is kept for the next job, and none is paid for
                results["WarmPoolStatus"] = {"Status": "Terminated", "ResourceRetainedBillableTimeInSeconds": 0}
        return results
