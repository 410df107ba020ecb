"""The step that processes data."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from attrs import Factory, field, frozen

from constructs_lib.definitions.compute import (
    ComputeResources,
    ContainerImage,
    NetworkConfig,
    ProcessingInput,
    ProcessingOutput,
)
from constructs_lib.definitions.freezing import NO_MEMBERS, freeze_fields
from constructs_lib.definitions.needs import Need, PullImage, ReadObjects, WriteObjects
from constructs_lib.definitions.pipeline_options import PropertyFile
from constructs_lib.definitions.pipeline_values import JsonGet
from constructs_lib.definitions.steps.base import JobStep, name_from, sagemaker_tags
from constructs_lib.definitions.steps.sagemaker_jobs import SageMakerJob, instance_needs, report_needs, resource_config
from constructs_lib.definitions.values import StepOutput, Text, UniqueName, Whole

_ONE_DAY = 86400
_NAMED_OUTPUT = re.compile(r"(ProcessingOutputConfig\.Outputs)\['([^']*)'\]")
_NUMBERED_OUTPUT = re.compile(r"(ProcessingOutputConfig\.Outputs)\[(\d+)\]")


def _job_name(step: "ProcessingStep") -> Text:
    return UniqueName(name_from(step.name), per_attempt=True)


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class ProcessingStep(SageMakerJob, JobStep):
    """Runs a SageMaker processing job and waits for its end.

    Its output is the response of DescribeProcessingJob: ``step.output("ProcessingJobStatus")``. Where the container
    writes a message to ``/opt/ml/output/message``, it is ``step.output("ExitMessage")``.

    Args:
        image: the container.
        compute: the instances.
        entrypoint: the program and its first arguments, such as ``["python3",
            "/opt/ml/processing/input/code/preprocessing.py"]``. Default: that of the image.
        arguments: at most 100. Default: none.
        inputs: data copied into the container; at most 10, scripts among them. Default: none.
        outputs: data copied out of it; at most 10. Default: none.
        output_kms_key: ARN of the key that encrypts the outputs. Default: S3's own key for the account.
        environment: variables of the container. Default: none.
        max_runtime_seconds: the job is stopped after that time. Default: one day.
        network: Default: no VPC, traffic between instances encrypted.
        job_name: 1 to 63 letters, digits and inner hyphens, never used before in the account and region; an
            `ExecutionInput` lets the caller choose it. Default: the step's name, a hash of the execution's ARN and
            the number of the attempt (see `UniqueName`).
        tags: of the job. Default: none.
        wait: goes on when the job has ended; False goes on when it has started, its output then is that of
            CreateProcessingJob. Default: waits.
        property_files: JSON files among the outputs, of which later steps of a pipeline read members by `json_get`;
            Step Functions has nothing like them. Default: none.
    """

    kind: ClassVar[str] = "Processing job"
    pipeline_type: ClassVar[str | None] = "Processing"
    name_member: ClassVar[str | None] = "ProcessingJobName"
    job: ClassVar[str] = "ProcessingJob"
    rule: ClassVar[str] = "Processing"

    image: Text | ContainerImage
    compute: ComputeResources
    entrypoint: Sequence[Text] = ()
    arguments: Sequence[Text] = ()
    inputs: Sequence[ProcessingInput] = ()
    outputs: Sequence[ProcessingOutput] = ()
    output_kms_key: Text | None = None
    environment: Mapping[str, Text] = NO_MEMBERS
    max_runtime_seconds: Whole = _ONE_DAY
    network: NetworkConfig = field(default=NetworkConfig())
    job_name: Text = Factory(_job_name, takes_self=True)
    tags: Mapping[str, Text] = NO_MEMBERS
    wait: bool = True
    property_files: Sequence[PropertyFile] = ()

    @property
    def container(self) -> ContainerImage:
        """The container, with what is known of its repository."""
        return self.image if isinstance(self.image, ContainerImage) else ContainerImage(uri=self.image)

    def output_uri(self, name: str) -> Text:
        """The prefix in S3 that an output is copied to, for the channels and inputs of later steps.

        A step that only uses this address does not depend on the job: name the job in its `depends_on`.

        Raises:
            KeyError: there is no output of that name.
        """
        return {output.name: output.uri for output in self.outputs}[name]

    def output_location(self, name: str) -> StepOutput:
        """The prefix in S3 that an output is copied to, read from the job: who uses it runs after the job.

        Raises:
            KeyError: there is no output of that name.
        """
        number = {output.name: number for number, output in enumerate(self.outputs)}[name]
        return self.output(f"ProcessingOutputConfig.Outputs[{number}].S3Output.S3Uri")

    def output(self, path: str) -> StepOutput:
        """A member of what the step gives back, for use in later steps.

        Args:
            path: such as ``ProcessingJobStatus``; an output can be told by its name, as
                ``ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri``.
        """
        return StepOutput(self.name, _NAMED_OUTPUT.sub(self._numbered, path))

    def _numbered(self, found: re.Match[str]) -> str:
        numbers = {output.name: number for number, output in enumerate(self.outputs)}
        return f"{found[1]}[{numbers[found[2]]}]" if found[2] in numbers else found[0]

    def json_get(self, property_file: str | PropertyFile, path: str) -> JsonGet:
        """A member of one of the property files, for later steps and conditions of a pipeline.

        Args:
            property_file: one of `property_files`, or its name.
            path: of the member, such as ``regression_metrics.rmse.value``.
        """
        return JsonGet(self.name, property_file, path)

    def pipeline_property(self, path: str) -> str:
        """A path into the output, as SageMaker Pipelines writes it: outputs are told by their names."""
        return _NUMBERED_OUTPUT.sub(self._named, path)

    def _named(self, found: re.Match[str]) -> str:
        number = int(found[2])
        return f"{found[1]}['{self.outputs[number].name}']" if number < len(self.outputs) else found[0]

    def pipeline_needs(self, *, custom_prefix: bool) -> tuple[Need, ...]:
        """What the role of a pipeline must be allowed to do for the step: the service reads property files with it."""
        places = {output.name: output.uri for output in self.outputs}
        names = dict.fromkeys(file.output_name for file in self.property_files)
        files = [ReadObjects(uri=places[name], kms_key=self.output_kms_key) for name in names]
        return (*super().pipeline_needs(custom_prefix=custom_prefix), *files)

    @property
    def pipeline_members(self) -> Mapping[str, Any]:
        """What stands beside the Arguments in a pipeline's document."""
        if not self.property_files:
            return {}
        files = [
            {"PropertyFileName": found.name, "OutputName": found.output_name, "FilePath": found.path}
            for found in self.property_files
        ]
        return {"PropertyFiles": files}

    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make."""
        specification: dict[str, Any] = {
            "ImageUri": self.image.uri if isinstance(self.image, ContainerImage) else self.image
        }
        if self.entrypoint:
            specification["ContainerEntrypoint"] = list(self.entrypoint)
        if self.arguments:
            specification["ContainerArguments"] = list(self.arguments)
        return {
            "ProcessingJobName": self.job_name,
            "ProcessingInputs": [_input(given) for given in self.inputs] or None,
            "ProcessingOutputConfig": self._output_config() if self.outputs else None,
            "ProcessingResources": {"ClusterConfig": resource_config(self.compute)},
            "StoppingCondition": {"MaxRuntimeInSeconds": self.max_runtime_seconds},
            "AppSpecification": specification,
            "Environment": self.environment or None,
            "NetworkConfig": self._network_config(),
            "Tags": sagemaker_tags(self.tags),
        }

    def _output_config(self) -> dict[str, Any]:
        document: dict[str, Any] = {"Outputs": [_output(output) for output in self.outputs]}
        if self.output_kms_key is not None:
            document["KmsKeyId"] = self.output_kms_key
        return document

    def _network_config(self) -> dict[str, Any]:
        document: dict[str, Any] = {
            "EnableInterContainerTrafficEncryption": self.network.encrypt_traffic,
            "EnableNetworkIsolation": self.network.isolated,
        }
        vpc = self.network.vpc_config()
        if vpc is not None:
            document["VpcConfig"] = vpc
        return document

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""
        return (*self.start_needs, *self.role_needs)

    @property
    def job_needs(self) -> tuple[Need, ...]:
        """What the job's role must be allowed to do."""
        container = self.container
        return (
            PullImage(image=container.uri, repository_arn=container.repository_arn),
            *(ReadObjects(uri=given.uri, kms_key=given.kms_key) for given in self.inputs),
            *(WriteObjects(uri=output.uri, kms_key=self.output_kms_key) for output in self.outputs),
            *report_needs("ProcessingJob"),
            *instance_needs(self.compute, self.network),
        )

    @property
    def artifacts(self) -> Mapping[str, tuple[Text, Text | None]]:
        """Outputs that are addresses in S3."""
        return {
            f"ProcessingOutputConfig.Outputs[{number}].S3Output.S3Uri": (output.uri, self.output_kms_key)
            for number, output in enumerate(self.outputs)
        }


def _input(given: ProcessingInput) -> dict[str, Any]:
    return {
        "InputName": given.name,
        "S3Input": {
            "S3Uri": given.uri,
            "LocalPath": given.path,
            "S3DataType": given.data_type,
            "S3InputMode": given.input_mode,
            "S3DataDistributionType": given.distribution,
            "S3CompressionType": "None",
        },
    }


def _output(output: ProcessingOutput) -> dict[str, Any]:
    return {
        "OutputName": output.name,
        "S3Output": {"S3Uri": output.uri, "LocalPath": output.path, "S3UploadMode": output.upload_mode},
    }
