"""What SageMaker's jobs have in common: how they are started and waited for, and what their instances need."""

from collections.abc import Mapping
from typing import Any

from constructs_lib.definitions.compute import Channel, ComputeResources, NetworkConfig
from constructs_lib.definitions.needs import ApiAccess, EncryptVolumes, JoinNetwork, ManagedRule, Need
from constructs_lib.definitions.steps.base import Integration
from constructs_lib.definitions.values import Text


def job_integration(action: str, *, wait: bool) -> Integration:
    """The call that starts a job, and waits for its end if that is wanted."""
    return Integration(service="sagemaker", action=action, pattern="sync" if wait else "request")


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
    document = {
        "ChannelName": channel.name,
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "S3Prefix",
                "S3Uri": channel.uri,
                "S3DataDistributionType": channel.distribution,
            }
        },
        "ContentType": channel.content_type,
        "InputMode": channel.input_mode,
    }
    return {key: value for key, value in document.items() if value is not None}
