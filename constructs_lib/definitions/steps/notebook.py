"""The step that runs a notebook."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from attrs import Factory, field, frozen

from constructs_lib.definitions.compute import Channel, ComputeResources, ContainerImage, NetworkConfig
from constructs_lib.definitions.freezing import NO_MEMBERS, freeze_fields
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
from constructs_lib.definitions.values import Join, Reference, StepOutput, Text, Whole

_TWO_DAYS = 172800
_CHANNEL = "sagemaker_headless_execution_pipelinestep"
_OUTPUTS = {
    "ComputingJobName": "TrainingJobName",
    "ComputingJobStatus": "TrainingJobStatus",
    "NotebookJobInputLocation": "InputDataConfig[0].DataSource.S3DataSource.S3Uri",
    "NotebookJobOutputLocationPrefix": "OutputDataConfig.S3OutputPath",
    "InputNotebookName": "Environment['SM_INPUT_NOTEBOOK_NAME']",
    "OutputNotebookName": "Environment['SM_OUTPUT_NOTEBOOK_NAME']",
}


def _job_name(step: "NotebookJobStep") -> Text:
    return name_from(step.name)


def _compute() -> ComputeResources:
    return ComputeResources(instance_type="ml.m5.large")


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class NotebookJobStep(SageMakerJob, JobStep):
    """Runs a notebook from its first cell to its last, in a training job; ``output.tar.gz`` holds what was run.

    Its output is the response of DescribeTrainingJob, and what SageMaker's notebook jobs call it:
    ``step.output("NotebookJobOutputLocationPrefix")``. Only SageMaker Pipelines has it.

    Args:
        image: the container, which has the kernel and SageMaker's scheduler of notebooks.
        notebook: name of the file in `input_uri`, such as ``train.ipynb``.
        input_uri: prefix in S3 with the notebook and all files that it needs; made of their content, so that an
            unchanged notebook is served from the cache.
        output_uri: prefix in S3 under which ``<job's name>/output/output.tar.gz`` is written.
        region: where the job runs, which the notebook finds in ``AWS_DEFAULT_REGION``.
        kernel: name of the kernel. Default: ``python3``.
        compute: the instances. Default: one ml.m5.large with 30 GiB.
        parameters: of the notebook, which replace those of its cell tagged ``parameters``. Default: none.
        environment: variables of the kernel. Default: none.
        init_script: name of a shell script in `input_uri` that runs first. Default: none.
        job_name: the beginning of the job's name, and the name of the executed notebook: a letter, then letters,
            digits and inner hyphens. Default: the step's name.
        output_kms_key: ARN of the key that encrypts the output. Default: S3's own key for the account.
        input_kms_key: ARN of the key that encrypts the input, which the job's role then may use. Default: none.
        max_runtime_seconds: the job is stopped after that time. Default: two days.
        max_retry_attempts: how often the job itself begins again after an error of the service; 1 to 30. Default: once.
        network: Default: no VPC, traffic between instances encrypted.
        tags: of the job. Default: none but those by which SageMaker Studio finds notebook jobs.
    """

    kind: ClassVar[str] = "Notebook job"
    pipeline_type: ClassVar[str | None] = "Training"
    only_in_pipelines: ClassVar[bool] = True
    named_by_pipelines: ClassVar[bool] = False  # SageMaker takes the name as the beginning of its own
    name_member: ClassVar[str | None] = "TrainingJobName"
    job: ClassVar[str] = "TrainingJob"
    rule: ClassVar[str] = "Training"

    image: Text | ContainerImage
    notebook: str
    input_uri: Text
    output_uri: Text
    region: Text
    kernel: Text = "python3"
    compute: ComputeResources = field(factory=_compute)
    parameters: Mapping[str, Text] = NO_MEMBERS
    environment: Mapping[str, Text] = NO_MEMBERS
    init_script: str | None = None
    job_name: Text = Factory(_job_name, takes_self=True)
    output_kms_key: Text | None = None
    input_kms_key: Text | None = None
    max_runtime_seconds: Whole = _TWO_DAYS
    max_retry_attempts: Whole = 1
    network: NetworkConfig = field(default=NetworkConfig())
    tags: Mapping[str, Text] = NO_MEMBERS
    wait: bool = True

    def output(self, path: str) -> StepOutput:
        """A member of what the step gives back, for use in later steps.

        Args:
            path: of DescribeTrainingJob, or one of the names that notebook jobs have for it.
        """
        return StepOutput(self.name, _OUTPUTS.get(path, path))

    @property
    def container(self) -> ContainerImage:
        """The container, with what is known of its repository."""
        return self.image if isinstance(self.image, ContainerImage) else ContainerImage(uri=self.image)

    @property
    def channels(self) -> Sequence[Channel]:
        """The notebook and its files, as the job's input."""
        return (Channel(name=_CHANNEL, uri=self.input_uri, kms_key=self.input_kms_key),)

    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make."""
        marks = {
            "sagemaker:name": self.job_name,
            "sagemaker:notebook-name": self.notebook,
            "sagemaker:notebook-job-origin": "PIPELINE_STEP",
            "sagemaker:is-studio-archived": "false",
        }
        return {
            "TrainingJobName": self.job_name,
            "AlgorithmSpecification": {
                "TrainingImage": self.container.uri,
                "TrainingInputMode": "File",
                "ContainerEntrypoint": ["amazon_sagemaker_scheduler"],
            },
            "HyperParameters": self.parameters or None,
            "InputDataConfig": [channel_document(channel) for channel in self.channels],
            "OutputDataConfig": present({"S3OutputPath": self.output_uri, "KmsKeyId": self.output_kms_key}),
            "ResourceConfig": resource_config(self.compute),
            "StoppingCondition": {"MaxRuntimeInSeconds": self.max_runtime_seconds},
            "RetryStrategy": {"MaximumRetryAttempts": self.max_retry_attempts},
            "EnableNetworkIsolation": self.network.isolated,
            "EnableInterContainerTrafficEncryption": self.network.encrypt_traffic,
            "VpcConfig": self.network.vpc_config(),
            "Environment": self._environment(),
            "Tags": sagemaker_tags({**self.tags, **marks}),
        }

    def _environment(self) -> dict[str, Text]:
        name = self.job_name
        executed = Join("", [name, ".ipynb"]) if isinstance(name, Reference) else f"{name}.ipynb"
        script = {} if self.init_script is None else {"SM_INIT_SCRIPT": self.init_script}
        return {
            **self.environment,
            "AWS_DEFAULT_REGION": self.region,
            "SM_JOB_DEF_VERSION": "1.0",
            "SM_ENV_NAME": "sagemaker-default-env",
            "SM_SKIP_EFS_SIMULATION": "true",
            "SM_EXECUTION_INPUT_PATH": f"/opt/ml/input/data/{_CHANNEL}",
            "SM_KERNEL_NAME": self.kernel,
            "SM_INPUT_NOTEBOOK_NAME": self.notebook,
            "SM_OUTPUT_NOTEBOOK_NAME": executed,
            **script,
        }

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""
        return (*self.start_needs, *self.role_needs)

    def name_in_pipeline(self, name: Text, *, custom_prefix: bool) -> Text:  # noqa: ARG002 - it is a prefix always
        """What SageMaker Pipelines calls the job, with ``*`` for what it adds to the name."""
        return Join("", [name, "*"])

    @property
    def job_needs(self) -> tuple[Need, ...]:
        """What the job's role must be allowed to do."""
        return (
            PullImage(image=self.container.uri, repository_arn=self.container.repository_arn),
            *(ReadObjects(uri=channel.uri, kms_key=channel.kms_key) for channel in self.channels),
            WriteObjects(uri=self.output_uri, kms_key=self.output_kms_key),
            *report_needs("TrainingJob"),
            *instance_needs(self.compute, self.network),
        )

    @property
    def artifacts(self) -> Mapping[str, tuple[Text, Text | None]]:
        """Outputs that are addresses in S3."""
        return {"ModelArtifacts.S3ModelArtifacts": (self.output_uri, self.output_kms_key)}
