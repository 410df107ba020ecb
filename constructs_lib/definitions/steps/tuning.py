"""The step that looks for the best hyperparameters."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from attrs import Factory, field, frozen

from constructs_lib.definitions.compute import (
    Channel,
    ComputeResources,
    ContainerImage,
    MetricDefinition,
    NetworkConfig,
)
from constructs_lib.definitions.freezing import NO_MEMBERS, freeze_fields
from constructs_lib.definitions.interruptions import Checkpoints, SpotTraining, interruptible, retry_strategy
from constructs_lib.definitions.members import present
from constructs_lib.definitions.needs import (
    Need,
    PullImage,
    ReadObjects,
    WriteObjects,
)
from constructs_lib.definitions.outputs import MergedOutput, OperationOutput, Output
from constructs_lib.definitions.steps.base import JobStep, name_from, sagemaker_tags
from constructs_lib.definitions.steps.sagemaker_jobs import (
    SageMakerJob,
    channel_document,
    instance_needs,
    report_needs,
    resource_config,
)
from constructs_lib.definitions.tuning import (
    CategoricalRange,
    ContinuousRange,
    IntegerRange,
    Objective,
    Range,
    TuningLimits,
)
from constructs_lib.definitions.values import Join, Reference, ShortUniqueName, Text, Whole

_ONE_DAY = 86400
_SHORT = 19


def _job_name(step: "TuningStep") -> Text:
    return ShortUniqueName(name_from(step.name)[:_SHORT].rstrip("-"))


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class TuningStep(SageMakerJob, JobStep):
    """Runs a SageMaker tuning job and waits for its end: many training jobs, of which the best is kept in mind.

    Its output is the response of DescribeHyperParameterTuningJob: ``step.output("BestTrainingJob.TrainingJobName")``.

    Args:
        image: the training container.
        compute: the instances of each training job.
        output_uri: prefix in S3 under which each training job's model is written.
        objective: what is looked for.
        ranges: what is varied; at least one.
        limits: how many training jobs.
        metrics: what to read from the log, the objective's among it; at most 40.
        strategy: how values are chosen. Default: Bayesian.
        early_stopping: whether training jobs that promise nothing are stopped. Default: they are not.
        random_seed: makes the search the same each time, as far as results allow; from 0 on. Default: another one each
            time.
        output_kms_key: ARN of the key that encrypts the output. Default: S3's own key for the account.
        channels: input data; at most 20. Default: none.
        hyperparameters: texts that are the same for all training jobs. Default: none.
        environment: variables of the container. Default: none.
        max_runtime_seconds: each training job is stopped after that time. Default: one day.
        spot: trains on spare instances, for a part of the price. Default: on instances that nobody takes back.
        checkpoints: where the program keeps what an interrupted job goes on from. Default: nothing is kept.
        max_retry_attempts: how often SageMaker itself starts a job again that ended by a fault of its own; 1 to 30.
            Default: never.
        network: Default: no VPC, traffic between instances encrypted.
        job_name: 1 to 32 letters, digits and inner hyphens, never used before in the account and region. Default: the
            step's name and random digits (see `ShortUniqueName`).
        input_mode: how channels arrive that do not say it. Default: copied before training starts.
        tags: of the job. Default: none.
        wait: goes on when the job has ended; False goes on when it has started, its output then is that of
            CreateHyperParameterTuningJob. Default: waits.
    """

    kind: ClassVar[str] = "Tuning job"
    pipeline_type: ClassVar[str | None] = "Tuning"
    name_member: ClassVar[str | None] = "HyperParameterTuningJobName"
    job: ClassVar[str] = "HyperParameterTuningJob"
    rule: ClassVar[str] = "Tuning"
    role_member: ClassVar[str] = "TrainingJobDefinition.RoleArn"

    image: Text | ContainerImage
    compute: ComputeResources
    output_uri: Text
    objective: Objective
    ranges: Sequence[Range]
    limits: TuningLimits
    metrics: Sequence[MetricDefinition]
    strategy: Literal["Bayesian", "Random", "Grid", "Hyperband"] = "Bayesian"
    early_stopping: bool = False
    random_seed: Whole | None = None
    output_kms_key: Text | None = None
    channels: Sequence[Channel] = ()
    hyperparameters: Mapping[str, Text] = NO_MEMBERS
    environment: Mapping[str, Text] = NO_MEMBERS
    max_runtime_seconds: Whole = _ONE_DAY
    spot: SpotTraining | None = None
    checkpoints: Checkpoints | None = None
    max_retry_attempts: Whole | None = None
    network: NetworkConfig = field(default=NetworkConfig())
    job_name: Text = Factory(_job_name, takes_self=True)
    input_mode: Literal["File", "FastFile", "Pipe"] = "File"
    tags: Mapping[str, Text] = NO_MEMBERS
    wait: bool = True

    @property
    def container(self) -> ContainerImage:
        """The training container, with what is known of its repository."""
        return self.image if isinstance(self.image, ContainerImage) else ContainerImage(uri=self.image)

    @property
    def best_model_uri(self) -> Text:
        """``model.tar.gz`` of the best training job, for later steps."""
        folder = self.output_uri.rstrip("/") if isinstance(self.output_uri, str) else self.output_uri
        return Join("/", [folder, self.output("BestTrainingJob.TrainingJobName"), "output/model.tar.gz"])

    def top_model_uri(self, number: int, bucket: Text, prefix: Text = "") -> Text:
        """``model.tar.gz`` of one of the best training jobs, for later steps of a pipeline.

        Args:
            number: 0 is the best, 1 the second best; at most 49.
            bucket: name of the bucket of `output_uri`.
            prefix: of `output_uri`, without slashes at its ends. Default: none.
        """
        folder = [prefix] if isinstance(prefix, Reference) or prefix else []
        name = self.output(f"TrainingJobSummaries[{number}].TrainingJobName")
        return Join("/", ["s3:/", bucket, *folder, name, "output/model.tar.gz"])

    @property
    def named_by_service(self) -> str:
        """What SageMaker Pipelines calls the job: the execution's id, the beginning of the step's name, and more."""
        return f"*-{self.name.replace('_', '-')[:6].strip('-')}*"

    @property
    def pipeline_response(self) -> Output | None:
        """What the step gives back in SageMaker Pipelines: the job, and its training jobs, the best first."""
        jobs = OperationOutput(service="sagemaker", operation="ListTrainingJobsForHyperParameterTuningJob")
        job = OperationOutput(service="sagemaker", operation="DescribeHyperParameterTuningJob")
        return MergedOutput(parts=[job, jobs])

    def role_request(self) -> dict[str, Any]:
        """Nothing: the role stands inside of the training jobs' definition."""
        return {}

    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make."""
        limits = {
            "MaxNumberOfTrainingJobs": self.limits.max_jobs,
            "MaxParallelTrainingJobs": self.limits.max_parallel_jobs,
            "MaxRuntimeInSeconds": self.limits.max_runtime_seconds,
        }
        ranges = {
            "ContinuousParameterRanges": [_range(found) for found in self.ranges if isinstance(found, ContinuousRange)],
            "IntegerParameterRanges": [_range(found) for found in self.ranges if isinstance(found, IntegerRange)],
            "CategoricalParameterRanges": [
                {"Name": found.name, "Values": list(found.options)}
                for found in self.ranges
                if isinstance(found, CategoricalRange)
            ],
        }
        config = {
            "Strategy": self.strategy,
            "HyperParameterTuningJobObjective": {"Type": self.objective.goal, "MetricName": self.objective.metric},
            "ResourceLimits": present(limits),
            "ParameterRanges": {kind: found for kind, found in ranges.items() if found},
            "TrainingJobEarlyStoppingType": "Auto" if self.early_stopping else "Off",
            "RandomSeed": self.random_seed,
        }
        return {
            "HyperParameterTuningJobName": self.job_name,
            "HyperParameterTuningJobConfig": present(config),
            "TrainingJobDefinition": self._training(),
            "Tags": sagemaker_tags(self.tags),
        }

    def _training(self) -> dict[str, Any]:
        document = {
            "StaticHyperParameters": self.hyperparameters or None,
            "AlgorithmSpecification": {
                "TrainingImage": self.container.uri,
                "TrainingInputMode": self.input_mode,
                "MetricDefinitions": [{"Name": metric.name, "Regex": metric.regex} for metric in self.metrics],
            },
            "RoleArn": self.role,
            "InputDataConfig": [channel_document(channel) for channel in self.channels] or None,
            "VpcConfig": self.network.vpc_config(),
            "OutputDataConfig": present({"S3OutputPath": self.output_uri, "KmsKeyId": self.output_kms_key}),
            "ResourceConfig": resource_config(self.compute),
            **interruptible(self.max_runtime_seconds, self.spot, self.checkpoints),
            "RetryStrategy": retry_strategy(self.max_retry_attempts),
            "EnableNetworkIsolation": self.network.isolated,
            "EnableInterContainerTrafficEncryption": self.network.encrypt_traffic,
            "Environment": self.environment or None,
        }
        return present(document)

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""
        return (*self.start_needs, *self.role_needs)

    @property
    def job_needs(self) -> tuple[Need, ...]:
        """What the role of the training jobs must be allowed to do."""
        return (
            PullImage(image=self.container.uri, repository_arn=self.container.repository_arn),
            *(ReadObjects(uri=channel.uri, kms_key=channel.kms_key) for channel in self.channels),
            WriteObjects(uri=self.output_uri, kms_key=self.output_kms_key),
            *report_needs("TrainingJob"),
            *(() if self.checkpoints is None else self.checkpoints.needs),
            *instance_needs(self.compute, self.network),
        )


def _range(found: ContinuousRange | IntegerRange) -> dict[str, Any]:
    return {
        "Name": found.name,
        "MinValue": str(found.lowest),
        "MaxValue": str(found.highest),
        "ScalingType": found.scaling,
    }
