"""What SageMaker's jobs have in common: how they are started and waited for, and what their instances need."""

import re
from abc import ABC
from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

from attrs import frozen

from constructs_lib.definitions.compute import Channel, ComputeResources, NetworkConfig
from constructs_lib.definitions.freezing import NO_MEMBERS
from constructs_lib.definitions.members import present
from constructs_lib.definitions.needs import (
    ApiAccess,
    EncryptVolumes,
    JoinNetwork,
    ManagedRule,
    Need,
    PublishMetrics,
    WriteLogs,
)
from constructs_lib.definitions.outputs import OperationOutput, Output
from constructs_lib.definitions.steps.base import TaskStep
from constructs_lib.definitions.steps.integrations import Integration
from constructs_lib.definitions.values import Text

_INSIDE = re.compile(r"(?<=[a-z])(?=[A-Z])")
"""Where a new word begins inside of a name in camel case."""


@frozen(kw_only=True, eq=False, slots=False)
class SageMakerJob(TaskStep, ABC):
    """A task that starts a job, and waits for its end if that is wanted.

    Args:
        job_name: of the job.
        tags: of the job. Default: none.
        wait: goes on when the job has ended, rather than when it has started. Default: waits.
    """

    job: ClassVar[str]
    """As in the names of the job's operations, such as ``TrainingJob``."""

    rule: ClassVar[str]
    """As in the name of the EventBridge rule that AWS keeps for such jobs, such as ``Training``."""

    named_by_pipelines: ClassVar[bool] = True
    cached_by_pipelines: ClassVar[bool] = True
    retried_by_pipelines: ClassVar[bool] = True

    job_name: Text
    tags: Mapping[str, Text] = NO_MEMBERS
    wait: bool = True

    @property
    def integration(self) -> Integration:
        """The call that the step makes."""
        return _integration(self.job, self.wait)

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
            resource_type=_resource_type(self.job),
            name=self.job_name,
            rule=self.rule,
            wait=self.wait,
            tags=self.tags,
        )


@cache
def _integration(job: str, wait: bool) -> Integration:
    return Integration(service="sagemaker", action=f"create{job}", pattern="sync" if wait else "request")


@cache
def _resource_type(job: str) -> str:
    """As in the ARN of a job, such as ``training-job``."""
    return _INSIDE.sub("-", job).lower()


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


@cache
def report_needs(job: str) -> tuple[Need, ...]:
    """What a job's role needs because of its logs and metrics; `job` as in the names of its operations."""
    reports = f"/aws/sagemaker/{job}s"
    return (WriteLogs(log_group=reports), PublishMetrics(namespaces=[reports]))


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
    document = {
        "InstanceType": compute.instance_type,
        "InstanceCount": compute.instance_count,
        "VolumeSizeInGB": compute.volume_size_gib,
    }
    if compute.volume_kms_key is not None:
        document["VolumeKmsKeyId"] = compute.volume_kms_key
    return document


def channel_document(channel: Channel) -> dict[str, Any]:
    """A channel, in the form of SageMaker's requests."""
    source = {
        "S3DataType": channel.data_type,
        "S3Uri": channel.uri,
        "S3DataDistributionType": channel.distribution,
        "AttributeNames": list(channel.attribute_names) or None,
    }
    document = {
        "ChannelName": channel.name,
        "DataSource": {"S3DataSource": present(source)},
        "ContentType": channel.content_type,
        "CompressionType": channel.compression,
        "RecordWrapperType": channel.record_wrapper,
        "InputMode": channel.input_mode,
        "ShuffleConfig": None if channel.shuffle_seed is None else {"Seed": channel.shuffle_seed},
    }
    return present(document)
