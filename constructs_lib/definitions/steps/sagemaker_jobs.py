"""What SageMaker's jobs have in common: how they are started and waited for, and what their instances need."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import frozen

from constructs_lib.definitions.compute import Channel, ComputeResources, NetworkConfig
from constructs_lib.definitions.needs import ApiAccess, EncryptVolumes, JoinNetwork, ManagedRule, Need
from constructs_lib.definitions.outputs import OperationOutput, Output
from constructs_lib.definitions.steps.base import Integration, TaskStep
from constructs_lib.definitions.values import Text

_INSIDE = re.compile(r"(?<=[a-z])(?=[A-Z])")
"""Where a new word begins inside of a name in camel case."""


@frozen(kw_only=True, eq=False, slots=False)
class SageMakerJob(TaskStep, ABC):
    """A task that starts a job, and waits for its end if that is wanted."""

    job: ClassVar[str]
    """As in the names of the job's operations, such as ``TrainingJob``."""

    rule: ClassVar[str]
    """As in the name of the EventBridge rule that AWS keeps for such jobs, such as ``Training``."""

    named_by_pipelines: ClassVar[bool] = True
    cached_by_pipelines: ClassVar[bool] = True
    retried_by_pipelines: ClassVar[bool] = True

    @property
    @abstractmethod
    def job_name(self) -> Text:
        """Of the job."""

    @property
    @abstractmethod
    def tags(self) -> Mapping[str, Text]:
        """Of the job."""

    @property
    @abstractmethod
    def wait(self) -> bool:
        """Whether the step goes on when the job has ended, rather than when it has started."""

    @property
    def integration(self) -> Integration:
        """The call that the step makes."""
        return Integration(service="sagemaker", action=f"create{self.job}", pattern="sync" if self.wait else "request")

    @property
    def response(self) -> Output:
        """What the step gives back."""
        return OperationOutput(service="sagemaker", operation=f"{'Describe' if self.wait else 'Create'}{self.job}")

    @property
    def pipeline_response(self) -> Output | None:
        """What the step gives back in SageMaker Pipelines."""
        return OperationOutput(service="sagemaker", operation=f"Describe{self.job}")

    @property
    def start_needs(self) -> tuple[Need, ...]:
        """What the engine must be allowed to do to run the job, its role left aside."""
        return start_needs(
            self.job,
            resource_type=_INSIDE.sub("-", self.job).lower(),
            name=self.job_name,
            rule=self.rule,
            wait=self.wait,
            tags=self.tags,
        )


def start_needs(
    job: str, *, resource_type: str, name: Text, rule: str, wait: bool, tags: Mapping[str, Text]
) -> tuple[Need, ...]:
    """What the engine must be allowed to do to run a job.

    Args:
        job: as in the names of its operations, such as ``TrainingJob``.
        resource_type: as in its ARN.
        name: of the job.
        rule: as in the name of the EventBridge rule that AWS keeps for it, such as ``Training``.
        wait: whether its end is waited for.
        tags: of the job.
    """
    actions = [f"sagemaker:Create{job}"]
    if wait:  # Step Functions marks the jobs that it waits for with a tag of its own
        actions += ["sagemaker:AddTags", f"sagemaker:Describe{job}", f"sagemaker:Stop{job}"]
    elif tags:
        actions += ["sagemaker:AddTags"]
    access = ApiAccess(actions=actions, resource_type=resource_type, name=name)
    return (access, ManagedRule(name=f"StepFunctionsGetEventsForSageMaker{rule}JobsRule")) if wait else (access,)


def instance_needs(compute: ComputeResources, network: NetworkConfig) -> list[Need]:
    """What a job's role needs because of its disks and its network."""
    needs: list[Need] = []
    if compute.volume_kms_key is not None:
        needs.append(EncryptVolumes(kms_key=compute.volume_kms_key))
    if network.subnets:
        needs.append(JoinNetwork(subnets=network.subnets, security_groups=network.security_groups))
    return needs


def resource_config(compute: ComputeResources) -> dict[str, Any]:
    """The instances, in the form of SageMaker's requests."""
    return {
        "InstanceType": compute.instance_type,
        "InstanceCount": compute.instance_count,
        "VolumeSizeInGB": compute.volume_size_gib,
        "VolumeKmsKeyId": compute.volume_kms_key,
    }


def channel_document(channel: Channel) -> dict[str, Any]:
    """A channel, in the form of SageMaker's requests."""
    attributes = {"AttributeNames": list(channel.attribute_names)} if channel.attribute_names else {}
    document = {
        "ChannelName": channel.name,
        "DataSource": {
            "S3DataSource": {
                "S3DataType": channel.data_type,
                "S3Uri": channel.uri,
                "S3DataDistributionType": channel.distribution,
                **attributes,
            }
        },
        "ContentType": channel.content_type,
        "CompressionType": channel.compression,
        "RecordWrapperType": channel.record_wrapper,
        "InputMode": channel.input_mode,
        "ShuffleConfig": None if channel.shuffle_seed is None else {"Seed": channel.shuffle_seed},
    }
    return {key: value for key, value in document.items() if value is not None}
