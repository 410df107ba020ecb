"""The step that trains a model."""

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
from constructs_lib.definitions.needs import Need, PullImage, ReadObjects, WriteObjects
from constructs_lib.definitions.steps.base import JobStep, name_from, sagemaker_tags
from constructs_lib.definitions.steps.sagemaker_jobs import (
    SageMakerJob,
    channel_document,
    instance_needs,
    report_needs,
    resource_config,
)
from constructs_lib.definitions.values import Text, UniqueName, Whole

_ONE_DAY = 86400


def _job_name(step: "TrainingStep") -> Text:
    return UniqueName(name_from(step.name), per_attempt=True)


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class TrainingStep(SageMakerJob, JobStep):
    """Runs a SageMaker training job and waits for its end.

    Its output is the response of DescribeTrainingJob: ``step.output("ModelArtifacts.S3ModelArtifacts")``.

    Args:
        image: the training container, by digest where what was trained must be known.
        compute: the instances.
        entrypoint: the program and its first arguments, in place of the image's own. Default: that of the image.
        arguments: at most 100. Default: ``train``; none with an entrypoint.
        output_uri: prefix in S3 under which ``<job name>/output/model.tar.gz`` is written.
        output_kms_key: ARN of the key that encrypts the output. Default: S3's own key for the account.
        channels: input data; at most 20. Default: none.
        hyperparameters: texts, at most 100. Default: none.
        metrics: what to read from the log; at most 40. Default: none.
        environment: variables of the container. Default: none.
        max_runtime_seconds: the job is stopped after that time. Default: one day.
        spot: trains on spare instances, for a part of the price. Default: on instances that nobody takes back.
        checkpoints: where the program keeps what an interrupted job goes on from. Default: nothing is kept.
        max_retry_attempts: how often SageMaker itself starts a job again that ended by a fault of its own; 1 to 30.
            Default: never.
        network: Default: no VPC, traffic between instances encrypted.
        job_name: 1 to 63 letters, digits and inner hyphens, never used before in the account and region; an
            `ExecutionInput` lets the caller choose it. Default: the step's name, a hash of the execution's ARN and
            the number of the attempt (see `UniqueName`).
        input_mode: how channels arrive that do not say it. Default: copied before training starts.
        tags: of the job. Default: none.
        wait: goes on when the job has ended; False goes on when it has started, its output then is that of
            CreateTrainingJob. Default: waits.
    """

    kind: ClassVar[str] = "Training job"
    pipeline_type: ClassVar[str | None] = "Training"
    name_member: ClassVar[str | None] = "TrainingJobName"
    job: ClassVar[str] = "TrainingJob"
    rule: ClassVar[str] = "Training"

    image: Text | ContainerImage
    compute: ComputeResources
    output_uri: Text
    entrypoint: Sequence[Text] = ()
    arguments: Sequence[Text] = ()
    output_kms_key: Text | None = None
    channels: Sequence[Channel] = ()
    hyperparameters: Mapping[str, Text] = NO_MEMBERS
    metrics: Sequence[MetricDefinition] = ()
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

    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make."""
        algorithm = {
            "TrainingImage": self.container.uri,
            "TrainingInputMode": self.input_mode,
            "ContainerEntrypoint": list(self.entrypoint) or None,
            "ContainerArguments": list(self.arguments) or None,
            "MetricDefinitions": [{"Name": metric.name, "Regex": metric.regex} for metric in self.metrics] or None,
        }
        return {
            "TrainingJobName": self.job_name,
            "AlgorithmSpecification": present(algorithm),
            "HyperParameters": self.hyperparameters or None,
            "InputDataConfig": [channel_document(channel) for channel in self.channels] or None,
            "OutputDataConfig": present({"S3OutputPath": self.output_uri, "KmsKeyId": self.output_kms_key}),
            "ResourceConfig": resource_config(self.compute),
            **interruptible(self.max_runtime_seconds, self.spot, self.checkpoints),
            "RetryStrategy": retry_strategy(self.max_retry_attempts),
            "EnableNetworkIsolation": self.network.isolated,
            "EnableInterContainerTrafficEncryption": self.network.encrypt_traffic,
            "VpcConfig": self.network.vpc_config(),
            "Environment": self.environment or None,
            "Tags": sagemaker_tags(self.tags),
        }

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""
        return (*self.start_needs, *self.role_needs)

    @property
    def job_needs(self) -> tuple[Need, ...]:
        """What the job's role must be allowed to do."""
        return (
            PullImage(image=self.container.uri, repository_arn=self.container.repository_arn),
            *(ReadObjects(uri=channel.uri, kms_key=channel.kms_key) for channel in self.channels),
            WriteObjects(uri=self.output_uri, kms_key=self.output_kms_key),
            *report_needs("TrainingJob"),
            *(() if self.checkpoints is None else self.checkpoints.needs),
            *instance_needs(self.compute, self.network),
        )

    @property
    def artifacts(self) -> Mapping[str, tuple[Text, Text | None]]:
        """Outputs that are addresses in S3."""
        return {"ModelArtifacts.S3ModelArtifacts": (self.output_uri, self.output_kms_key)}
