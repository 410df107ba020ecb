"""What a tuning job searches: one or several training job definitions, each with ranges and an objective."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from attrs import frozen

from local_aws.sagemaker.tuning.job import Objective
from local_aws.sagemaker.tuning.ranges import read_ranges
from local_aws.sagemaker.tuning.search import Plan

_OBJECTIVE_PARAMETER = "_tuning_objective_metric"
"""The static hyperparameter by which an algorithm learns what it is tuned for."""

_FLEXIBLE = "HyperParameterTuningResourceConfig"
_COPIED = (
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "VpcConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "StoppingCondition",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "CheckpointConfig",
    "RetryStrategy",
    "Environment",
)


@frozen
class Definition:
    """One training job definition of a CreateHyperParameterTuningJob request.

    Attributes:
        request: the whole request.
        own: the definition.
    """

    request: dict[str, Any]
    own: dict[str, Any]

    @classmethod
    def all_of(cls, request: dict[str, Any]) -> "tuple[Definition, ...]":
        """Every definition of a request."""
        if "TrainingJobDefinition" in request:
            return (cls(request, request["TrainingJobDefinition"]),)
        return tuple(cls(request, own) for own in request.get("TrainingJobDefinitions", ()))

    @property
    def name(self) -> str | None:
        """DefinitionName."""
        return self.own.get("DefinitionName")

    @property
    def objective_request(self) -> dict[str, Any] | None:
        """The objective as it is asked for: the definition's, else the tuning job's."""
        config = self.request["HyperParameterTuningJobConfig"]
        found: dict[str, Any] | None = self.own.get("TuningObjective", config.get("HyperParameterTuningJobObjective"))
        return found

    @property
    def objective(self) -> Objective:
        """What its training jobs are compared by.

        Raises:
            KeyError: the request names none; it is refused for that.
        """
        if self.objective_request is None:
            raise KeyError("HyperParameterTuningJobObjective")
        return Objective.of(self.objective_request)

    @property
    def ranges_request(self) -> dict[str, Any]:
        """The ranges as they are asked for."""
        config = self.request["HyperParameterTuningJobConfig"]
        found: dict[str, Any] = self.own.get("HyperParameterRanges", config.get("ParameterRanges", {}))
        return found

    def plan(self) -> Plan:
        """How it is searched.

        Raises:
            ValueError: a bound of a range is no number.
        """
        config = self.request["HyperParameterTuningJobConfig"]
        band = config.get("StrategyConfig", {}).get("HyperbandStrategyConfig", {})
        return Plan(
            strategy=config["Strategy"],
            maximize=self.objective.maximize,
            ranges=read_ranges(self.ranges_request),
            seed=config.get("RandomSeed"),
            early_stopping=config.get("TrainingJobEarlyStoppingType", "Off") == "Auto",
            resources=(band.get("MinResource", 1), band.get("MaxResource", 1)),
        )

    def training_request(self, number: int, values: dict[str, str]) -> dict[str, Any]:
        """The CreateTrainingJob request of one training job.

        Args:
            number: of the training job, from 1.
            values: the hyperparameters that are searched.
        """
        tuning = self.request["HyperParameterTuningJobName"]
        name = f"{tuning}-{number:03d}-{uuid4().hex[:8]}"
        request = {member: self.own[member] for member in _COPIED if member in self.own}
        if _FLEXIBLE in self.own:
            request["ResourceConfig"] = _resources(self.own[_FLEXIBLE])
        request["TrainingJobName"] = name
        request["HyperParameters"] = {
            **self.own.get("StaticHyperParameters", {}),
            _OBJECTIVE_PARAMETER: self.objective.metric,
            **values,
        }
        if "CheckpointConfig" in request:
            # checkpoints of one training job are nothing to another's
            checkpoints = request["CheckpointConfig"]
            request["CheckpointConfig"] = checkpoints | {"S3Uri": f"{checkpoints['S3Uri'].rstrip('/')}/{name}"}
        return request

    def faults(self) -> Iterator[str]:
        """What is wrong with its objective and ranges."""
        label = f"definition {self.name}: " if self.name else ""
        if _FLEXIBLE in self.own and "ResourceConfig" in self.own:
            yield f"{label}ResourceConfig and {_FLEXIBLE} exclude each other"
        if self.objective_request is None:
            yield f"{label}an objective is needed"
            return
        metrics = [metric["Name"] for metric in self.own["AlgorithmSpecification"].get("MetricDefinitions", ())]
        if self.objective.metric not in metrics:
            yield f"{label}the objective metric {self.objective.metric} is not among the MetricDefinitions {metrics}"
        try:
            plan = self.plan()
        except ValueError as error:
            yield f"{label}{error}"
            return
        if not plan.ranges:
            yield f"{label}at least one hyperparameter range is needed"
        names = [found.name for found in plan.ranges]
        static = self.own.get("StaticHyperParameters", {})
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"{label}{name} has more than one range"
        yield from (f"{label}{name} is static and has a range" for name in names if name in static)
        yield from (f"{label}{fault}" for found in plan.ranges for fault in found.faults())
        if plan.strategy == "Grid":
            yield from self._grid_faults(label)

    def _grid_faults(self, label: str) -> Iterator[str]:
        if any(self.ranges_request.get(kind) for kind in ("IntegerParameterRanges", "ContinuousParameterRanges")):
            yield f"{label}Strategy Grid takes categorical ranges only"
            return
        wanted = self.request["HyperParameterTuningJobConfig"]["ResourceLimits"].get("MaxNumberOfTrainingJobs")
        count = self.plan().combinations()
        if wanted is not None and wanted != count:
            yield f"{label}Strategy Grid makes {count} training jobs: got MaxNumberOfTrainingJobs {wanted}"


def _resources(flexible: dict[str, Any]) -> dict[str, Any]:
    """The ResourceConfig that a HyperParameterTuningResourceConfig means: there is room for what is named first."""
    chosen = flexible.get("InstanceConfigs", [{}])[0]
    members = ("InstanceType", "InstanceCount", "VolumeSizeInGB", "VolumeKmsKeyId")
    return {member: (flexible | chosen)[member] for member in members if member in flexible | chosen}
