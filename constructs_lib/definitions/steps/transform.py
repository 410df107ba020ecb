"""The step that has a model predict many rows at once."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from attrs import Factory, frozen

from constructs_lib.definitions.freezing import NO_MEMBERS, freeze_fields
from constructs_lib.definitions.members import present
from constructs_lib.definitions.needs import (
    EncryptVolumes,
    Need,
    ReadObjects,
    WriteObjects,
)
from constructs_lib.definitions.steps.base import name_from, sagemaker_tags
from constructs_lib.definitions.steps.sagemaker_jobs import SageMakerJob, report_needs
from constructs_lib.definitions.transform import DataProcessing, TransformInput, TransformOutput
from constructs_lib.definitions.values import Text, UniqueName, Whole


def _job_name(step: "TransformStep") -> Text:
    return UniqueName(name_from(step.name), per_attempt=True)


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class TransformStep(SageMakerJob):
    """Runs a SageMaker transform job and waits for its end. It runs under the model's role.

    Its output is the response of DescribeTransformJob: ``step.output("TransformOutput.S3OutputPath")``.

    Args:
        model_name: of the model, such as ``model_step.model_name``.
        data: what is predicted.
        result: where predictions are written.
        instance_type: such as ``ml.m5.large``.
        instance_count: at least 1. Default: one.
        volume_kms_key: ARN of the key that encrypts the instances' disks. Default: a key of AWS's.
        processing: what of a row goes to the model, and what of it to the result. Default: all; the prediction.
        strategy: whether a request holds one record or as many as fit. Default: the service chooses.
        max_concurrent_requests: to each instance. Default: the service chooses.
        max_payload_mb: largest request. Default: 6.
        environment: variables of the container. Default: none.
        job_name: 1 to 63 letters, digits and inner hyphens, never used before in the account and region. Default: the
            step's name, a hash of the execution's ARN and the number of the attempt (see `UniqueName`).
        tags: of the job. Default: none.
        wait: goes on when the job has ended; False goes on when it has started, its output then is that of
            CreateTransformJob. Default: waits.
    """

    kind: ClassVar[str] = "Transform job"
    pipeline_type: ClassVar[str | None] = "Transform"
    name_member: ClassVar[str | None] = "TransformJobName"
    job: ClassVar[str] = "TransformJob"
    rule: ClassVar[str] = "Transform"

    model_name: Text
    data: TransformInput
    result: TransformOutput
    instance_type: Text
    instance_count: Whole = 1
    volume_kms_key: Text | None = None
    processing: DataProcessing | None = None
    strategy: Literal["MultiRecord", "SingleRecord"] | None = None
    max_concurrent_requests: Whole | None = None
    max_payload_mb: Whole | None = None
    environment: Mapping[str, Text] = NO_MEMBERS
    job_name: Text = Factory(_job_name, takes_self=True)
    tags: Mapping[str, Text] = NO_MEMBERS
    wait: bool = True

    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make."""
        taken = {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": self.data.uri}},
            "ContentType": self.data.content_type,
            "SplitType": self.data.split,
            "CompressionType": self.data.compression,
        }
        made = {
            "S3OutputPath": self.result.uri,
            "Accept": self.result.accept,
            "AssembleWith": self.result.assemble,
            "KmsKeyId": self.result.kms_key,
        }
        resources = {
            "InstanceType": self.instance_type,
            "InstanceCount": self.instance_count,
            "VolumeKmsKeyId": self.volume_kms_key,
        }
        return {
            "TransformJobName": self.job_name,
            "ModelName": self.model_name,
            "MaxConcurrentTransforms": self.max_concurrent_requests,
            "MaxPayloadInMB": self.max_payload_mb,
            "BatchStrategy": self.strategy,
            "Environment": self.environment or None,
            "TransformInput": present(taken),
            "TransformOutput": present(made),
            "TransformResources": present(resources),
            "DataProcessing": None
            if self.processing is None
            else {
                "InputFilter": self.processing.input_filter,
                "OutputFilter": self.processing.output_filter,
                "JoinSource": "Input" if self.processing.join_input else "None",
            },
            "Tags": sagemaker_tags(self.tags),
        }

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""
        key = () if self.volume_kms_key is None else (EncryptVolumes(kms_key=self.volume_kms_key),)
        return (*self.start_needs, *key)

    @property
    def model_needs(self) -> tuple[tuple[Text, Need], ...]:
        """The job reads and writes under the model's role."""
        needs: list[Need] = [
            ReadObjects(uri=self.data.uri, kms_key=self.data.kms_key),
            WriteObjects(uri=self.result.uri, kms_key=self.result.kms_key),
            *report_needs("TransformJob"),
        ]
        return tuple((self.model_name, need) for need in needs)
