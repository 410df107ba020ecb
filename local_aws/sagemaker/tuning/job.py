"""A tuning job's record, and the training jobs that it has started."""

from collections import Counter
from typing import Any

from attrs import define, field, frozen

from local_aws.sagemaker.jobs.record import ENDED, JobRecord
from local_aws.sagemaker.training.job import TrainingJob

_SUMMARY = (
    "TrainingJobName",
    "TrainingJobArn",
    "CreationTime",
    "TrainingStartTime",
    "TrainingEndTime",
    "TrainingJobStatus",
    "FailureReason",
)


@frozen(kw_only=True)
class Objective:
    """What a search is for.

    Attributes:
        metric: its name among the metric definitions.
        maximize: whether more is better.
    """

    metric: str
    maximize: bool

    @classmethod
    def of(cls, objective: dict[str, Any]) -> "Objective":
        """Reads HyperParameterTuningJobObjective or TuningObjective."""
        return cls(metric=objective["MetricName"], maximize=objective["Type"] == "Maximize")

    def better(self, value: float, other: float) -> bool:
        """Whether a value is better than another."""
        return value > other if self.maximize else value < other


@frozen(kw_only=True)
class Tried:
    """One training job of a tuning job.

    Attributes:
        job: the training job.
        tuning_job_name: of the tuning job.
        values: the hyperparameters that were searched.
        objective: what for.
        definition_name: of its definition, where the tuning job has several.
    """

    job: TrainingJob
    tuning_job_name: str
    values: dict[str, str]
    objective: Objective
    definition_name: str | None

    @property
    def value(self) -> float | None:
        """The final value of the objective; None before the end, or where there is none."""
        return self.job.metric(self.objective.metric) if self.job.status in ENDED else None

    @property
    def objective_status(self) -> str:
        """``Pending``, ``Succeeded`` or ``Failed``."""
        if self.job.status not in ENDED:
            return "Pending"
        return "Succeeded" if self.value is not None and self.job.status != "Failed" else "Failed"

    @property
    def counter(self) -> str:
        """Under which of TrainingJobStatusCounters it falls."""
        if self.job.status not in ENDED:
            return "InProgress"
        if self.job.status != "Failed":
            return self.job.status
        own_fault = (self.job.failure_reason or "").startswith("InternalServerError")
        return "RetryableError" if own_fault else "NonRetryableError"

    def describe(self) -> dict[str, Any]:
        """A HyperParameterTrainingJobSummary."""
        described = self.job.describe()
        summary = {name: described[name] for name in _SUMMARY if name in described}
        summary |= {
            "TuningJobName": self.tuning_job_name,
            "TunedHyperParameters": self.values,
            "ObjectiveStatus": self.objective_status,
        }
        if self.definition_name is not None:
            summary["TrainingJobDefinitionName"] = self.definition_name
        if (value := self.value) is not None:
            summary["FinalHyperParameterTuningJobObjectiveMetric"] = {
                "MetricName": self.objective.metric,
                "Value": value,
                "Type": "Maximize" if self.objective.maximize else "Minimize",
            }
        return summary


def best_of(tried: list[Tried]) -> Tried | None:
    """The training job with the best value; None where none has succeeded."""
    best: Tried | None = None
    best_value: float | None = None
    for one in tried:
        value = one.value if one.objective_status == "Succeeded" else None
        if value is not None and (best_value is None or one.objective.better(value, best_value)):
            best, best_value = one, value
    return best


@define(eq=False, kw_only=True)
class TuningJob(JobRecord):
    """One tuning job.

    Attributes:
        parents: the jobs that it starts warm from.
        overall: whether the best job may be one of the parents', as their data and algorithm are the same.
    """

    parents: tuple["TuningJob", ...] = ()
    overall: bool = False
    _tried: list[Tried] = field(factory=list)

    @property
    def tried(self) -> list[Tried]:
        """Its training jobs so far."""
        with self._lock:
            return list(self._tried)

    @property
    def everything_tried(self) -> list[Tried]:
        """Its training jobs, and those of its parents and their parents."""
        return [one for parent in self.parents for one in parent.everything_tried] + self.tried

    def add(self, tried: Tried) -> None:
        """It has started another training job."""
        with self._lock:
            self._tried.append(tried)

    def describe(self) -> dict[str, Any]:
        """What DescribeHyperParameterTuningJob answers."""
        tried = self.tried
        statuses = Counter(one.counter for one in tried)
        objectives = Counter(one.objective_status for one in tried)
        with self._lock:
            answer = self.request | {
                "HyperParameterTuningJobArn": self.arn,
                "HyperParameterTuningJobStatus": self.status,
                "CreationTime": self.created,
                "LastModifiedTime": self.modified,
                "TrainingJobStatusCounters": {
                    name: statuses[name]
                    for name in ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped")
                },
                "ObjectiveStatusCounters": {name: objectives[name] for name in ("Succeeded", "Pending", "Failed")},
            }
            if self.failure_reason is not None:
                answer["FailureReason"] = self.failure_reason
            if self.ended is not None:
                answer["HyperParameterTuningEndTime"] = self.ended
            if self.started is not None and self.ended is not None:
                seconds = round((self.ended - self.started).total_seconds())
                answer["ConsumedResources"] = {"RuntimeInSeconds": seconds}
        if best := best_of(tried):
            answer["BestTrainingJob"] = best.describe()
        if self.overall and (best := best_of(self.everything_tried)):
            answer["OverallBestTrainingJob"] = best.describe()
        return answer

    def summary(self, members: tuple[str, ...]) -> dict[str, Any]:
        """What List operations answer of it; see `JobRecord.summary`."""
        config = self.request["HyperParameterTuningJobConfig"]
        return super().summary(members) | {"Strategy": config["Strategy"], "ResourceLimits": config["ResourceLimits"]}
