"""What a step, or the job that it starts, does with AWS: plain data from which IAM statements are derived.

A name or address may be a reference; the statements then cover what it can be, and no more than that.
"""

from collections.abc import Sequence

from attrs import frozen

from constructs_lib.definitions.freezing import freeze_fields
from constructs_lib.definitions.values import Text


@frozen(kw_only=True, field_transformer=freeze_fields)
class ApiAccess:
    """Calls of an API on one named resource of the own account and region.

    Attributes:
        actions: IAM actions, such as ``sagemaker:CreateModel``.
        resource_type: as in the resource's ARN, such as ``model``; the service is that of the first action.
        name: of the resource.
        separator: between the type and the name in the ARN.
        below: kind of what lies below the resource, all of which is meant then, such as ``execution``.
    """

    actions: Sequence[str]
    resource_type: str
    name: Text
    separator: str = "/"
    below: str | None = None


@frozen(kw_only=True, field_transformer=freeze_fields)
class Calls:
    """Calls of an API on resources that are known by their ARNs.

    Attributes:
        actions: IAM actions, such as ``sns:Publish``.
        resources: ARNs.
        reason: why a resource holds a wildcard; None where none does.
    """

    actions: Sequence[str]
    resources: Sequence[Text]
    reason: str | None = None


@frozen(kw_only=True)
class RunWorkflow:
    """Starting executions of another state machine.

    Attributes:
        state_machine_arn: of it.
        wait: whether the end of an execution is waited for, and a waiting execution is stopped with its parent.
    """

    state_machine_arn: Text
    wait: bool


@frozen(kw_only=True, field_transformer=freeze_fields)
class UseKey:
    """Use of a key for what a service keeps encrypted.

    Attributes:
        kms_key: ARN of the key.
        actions: such as ``kms:Decrypt``.
    """

    kms_key: Text
    actions: Sequence[str]


@frozen(kw_only=True)
class ManagedRule:
    """The EventBridge rule through which Step Functions hears of the end of a job that it runs with ``.sync``.

    Attributes:
        name: of the rule, given by AWS.
    """

    name: str


@frozen(kw_only=True)
class InvokeFunction:
    """Invocation of a Lambda function.

    Attributes:
        function_arn: without a version or alias.
        qualifier: version or alias; None for the function itself.
    """

    function_arn: Text
    qualifier: Text | None = None


@frozen(kw_only=True)
class PassRole:
    """Handing a role to a service.

    Attributes:
        role: ARN of the role.
        service: principal of the service, such as ``sagemaker.amazonaws.com``.
    """

    role: Text
    service: str


@frozen(kw_only=True)
class ReadObjects:
    """Reading the objects of S3 under a prefix.

    Attributes:
        uri: ``s3://bucket/prefix``.
        kms_key: ARN of the key that encrypts them, or None.
    """

    uri: Text
    kms_key: Text | None = None


@frozen(kw_only=True)
class ReadObject:
    """Reading one object of S3.

    Attributes:
        bucket: name of the bucket.
        key: of the object.
        kms_key: ARN of the key that encrypts it, or None.
        below: whether the key is a prefix, and any object under it is meant; which one, another object tells.
    """

    bucket: Text
    key: Text
    kms_key: Text | None = None
    below: bool = False


@frozen(kw_only=True)
class ListObjects:
    """Listing the objects of S3 under a prefix.

    Attributes:
        bucket: name of the bucket.
        prefix: of the keys; empty for all.
    """

    bucket: Text
    prefix: Text


@frozen(kw_only=True)
class WriteResults:
    """Writing the results of a distributed Map to S3, in parts where they are large.

    Attributes:
        bucket: name of the bucket.
        prefix: of the folder; empty for the top of the bucket.
        kms_key: ARN of the key that encrypts them, or None.
    """

    bucket: Text
    prefix: Text
    kms_key: Text | None = None


@frozen(kw_only=True)
class WriteObjects:
    """Writing objects to S3 under a prefix.

    Attributes:
        uri: ``s3://bucket/prefix``.
        kms_key: ARN of the key that encrypts them, or None.
    """

    uri: Text
    kms_key: Text | None = None


@frozen(kw_only=True)
class PullImage:
    """Pulling a container image from ECR.

    Attributes:
        image: address of the image.
        repository_arn: of its repository; None to derive it from the address.
    """

    image: Text
    repository_arn: Text | None = None


@frozen(kw_only=True)
class WriteLogs:
    """Writing to a log group of CloudWatch Logs, which is created when it is missing.

    Attributes:
        log_group: its name; may end in ``*``.
    """

    log_group: str


@frozen(kw_only=True, field_transformer=freeze_fields)
class PublishMetrics:
    """Publishing metrics to namespaces of CloudWatch.

    Attributes:
        namespaces: such as ``/aws/sagemaker/TrainingJobs``.
    """

    namespaces: Sequence[str]


@frozen(kw_only=True)
class EncryptVolumes:
    """Encryption of the instances' disks.

    Attributes:
        kms_key: ARN of the key.
    """

    kms_key: Text


@frozen(kw_only=True, field_transformer=freeze_fields)
class JoinNetwork:
    """Network interfaces in subnets of a VPC.

    Attributes:
        subnets: their ids.
        security_groups: their ids.
    """

    subnets: Sequence[Text]
    security_groups: Sequence[Text]


Need = (
    ApiAccess
    | Calls
    | RunWorkflow
    | UseKey
    | ManagedRule
    | InvokeFunction
    | PassRole
    | ReadObjects
    | ReadObject
    | ListObjects
    | WriteObjects
    | WriteResults
    | PullImage
    | WriteLogs
    | PublishMetrics
    | EncryptVolumes
    | JoinNetwork
)
"""Anything of the above."""
