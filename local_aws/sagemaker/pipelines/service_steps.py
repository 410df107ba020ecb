"""Steps that SageMaker's own operations carry out: how each of them is begun, looked at and stopped."""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import field, frozen

from local_aws.sagemaker.pipelines.records import random_name

_JOB_NAME_LENGTH = 63
_RANDOM_LENGTH = 10


@frozen(kw_only=True)
class ServiceStep:
    """How steps of one type are carried out.

    Attributes:
        create: the operation that begins it.
        describe: the operation that tells how it is, and what its properties are.
        metadata: its member of a step's Metadata.
        arn: the member of the answer that has the ARN.
        name: the member of the request that has the name; None where the service numbers by itself.
        named_by_user: whether the request's own name is kept.
        named_length: characters that a name may have.
        described_by: the member of the describing request; `name`, where it is None.
        status: the member of the description that tells the status; None for what is done at once.
        going: statuses before the end.
        succeeded: the status of success.
        stop: the operation that stops it; None where nothing does.
        change: the operation that is called where the name is taken; None where that is a failure.
        unchanged: members of the request that this operation does not take.
        grouped: whether it belongs to a model package group, which is made where it is not there.
        experiment: whether it may belong to an experiment.
        artifacts: addresses that its result consists of, from the description.
    """

    create: str
    describe: str
    metadata: str
    arn: str
    name: str | None = None
    named_by_user: bool = False
    named_length: int = _JOB_NAME_LENGTH
    described_by: str | None = None
    status: str | None = None
    going: frozenset[str] = frozenset({"InProgress", "Stopping"})
    succeeded: str = "Completed"
    stop: str | None = None
    change: str | None = None
    unchanged: frozenset[str] = frozenset({"Tags"})
    grouped: bool = False
    experiment: bool = False
    artifacts: Callable[[Mapping[str, Any]], list[str]] = field(default=lambda _description: [])

    def job_name(self, execution_id: str, step: str, *, prefix: str | None = None) -> str:
        """A new name for what the step makes.

        Args:
            execution_id: of the execution.
            step: its name.
            prefix: that the user wants in front. Default: AWS's own.
        """
        end = f"{execution_id}-{{}}-{random_name(_RANDOM_LENGTH)}"
        if prefix is not None:
            tail = f"-{execution_id}-{random_name(_RANDOM_LENGTH)}"
            return prefix[: self.named_length - len(tail)].rstrip("-") + tail
        if len(end) + len("pipelines-") < self.named_length:
            end = f"pipelines-{end}"
        room = self.named_length - (len(end) - len("{}"))
        return end.format(step.replace("_", "-").strip("-")[:room].strip("-"))

    def target(self, name: str | None, arn: str) -> dict[str, str]:
        """The request that describes or stops it."""
        if self.described_by is not None:
            return {self.described_by: arn}
        return {str(self.name): str(name)}


def _processing_artifacts(description: Mapping[str, Any]) -> list[str]:
    outputs = description.get("ProcessingOutputConfig", {}).get("Outputs", [])
    return [entry["S3Output"]["S3Uri"] for entry in outputs if "S3Output" in entry]


def _training_artifacts(description: Mapping[str, Any]) -> list[str]:
    address = description.get("ModelArtifacts", {}).get("S3ModelArtifacts")
    return [address] if address else []


def _tuning_artifacts(description: Mapping[str, Any]) -> list[str]:
    best = description.get("BestTrainingJob")
    if best is None:
        return []
    definitions = [description.get("TrainingJobDefinition"), *description.get("TrainingJobDefinitions", ())]
    name = best.get("TrainingJobDefinitionName")
    folders = [
        each["OutputDataConfig"]["S3OutputPath"].rstrip("/")
        for each in definitions
        if each is not None and name in (None, each.get("DefinitionName"))
    ]
    return [f"{folder}/{best['TrainingJobName']}/output/model.tar.gz" for folder in folders]


def _transform_artifacts(description: Mapping[str, Any]) -> list[str]:
    return [description["TransformOutput"]["S3OutputPath"]]


SERVICE_STEPS: Mapping[str, ServiceStep] = {
    "Processing": ServiceStep(
        create="CreateProcessingJob",
        describe="DescribeProcessingJob",
        stop="StopProcessingJob",
        metadata="ProcessingJob",
        name="ProcessingJobName",
        arn="ProcessingJobArn",
        status="ProcessingJobStatus",
        experiment=True,
        artifacts=_processing_artifacts,
    ),
    "Training": ServiceStep(
        create="CreateTrainingJob",
        describe="DescribeTrainingJob",
        stop="StopTrainingJob",
        metadata="TrainingJob",
        name="TrainingJobName",
        arn="TrainingJobArn",
        status="TrainingJobStatus",
        experiment=True,
        artifacts=_training_artifacts,
    ),
    "Tuning": ServiceStep(
        create="CreateHyperParameterTuningJob",
        describe="DescribeHyperParameterTuningJob",
        stop="StopHyperParameterTuningJob",
        metadata="TuningJob",
        name="HyperParameterTuningJobName",
        named_length=32,
        arn="HyperParameterTuningJobArn",
        status="HyperParameterTuningJobStatus",
        artifacts=_tuning_artifacts,
    ),
    "Transform": ServiceStep(
        create="CreateTransformJob",
        describe="DescribeTransformJob",
        stop="StopTransformJob",
        metadata="TransformJob",
        name="TransformJobName",
        arn="TransformJobArn",
        status="TransformJobStatus",
        experiment=True,
        artifacts=_transform_artifacts,
    ),
    "Model": ServiceStep(
        create="CreateModel", describe="DescribeModel", metadata="Model", name="ModelName", arn="ModelArn"
    ),
    "RegisterModel": ServiceStep(
        create="CreateModelPackage",
        describe="DescribeModelPackage",
        metadata="RegisterModel",
        described_by="ModelPackageName",
        arn="ModelPackageArn",
        status="ModelPackageStatus",
        going=frozenset({"Pending", "InProgress"}),
        grouped=True,
    ),
    "EndpointConfig": ServiceStep(
        create="CreateEndpointConfig",
        describe="DescribeEndpointConfig",
        metadata="EndpointConfig",
        name="EndpointConfigName",
        named_by_user=True,
        arn="EndpointConfigArn",
    ),
    "Endpoint": ServiceStep(
        create="CreateEndpoint",
        describe="DescribeEndpoint",
        metadata="Endpoint",
        name="EndpointName",
        named_by_user=True,
        arn="EndpointArn",
        status="EndpointStatus",
        going=frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack"}),
        succeeded="InService",
        change="UpdateEndpoint",
    ),
    "InferenceComponent": ServiceStep(
        create="CreateInferenceComponent",
        describe="DescribeInferenceComponent",
        metadata="InferenceComponent",
        name="InferenceComponentName",
        named_by_user=True,
        arn="InferenceComponentArn",
        status="InferenceComponentStatus",
        going=frozenset({"Creating", "Updating"}),
        succeeded="InService",
        change="UpdateInferenceComponent",
        unchanged=frozenset({"EndpointName", "Tags", "VariantName"}),
    ),
}
