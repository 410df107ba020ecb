"""What jobs run on, where, and what they read and write."""

from collections.abc import Sequence
from typing import Literal

from attrs import field, frozen

from constructs_lib.definitions.freezing import freeze_fields
from constructs_lib.definitions.values import Text, Whole


@frozen(kw_only=True)
class ComputeResources:
    """The instances of a job.

    Args:
        instance_type: such as ``ml.m5.large``.
        instance_count: at least 1. Default: one.
        volume_size_gib: disk of each instance; at least 1. Default: 30 GiB.
        volume_kms_key: ARN of the key that encrypts the disks; instances with NVMe disks take none. Default: a key
            of AWS's that exists for the time of the job.
    """

    instance_type: Text
    instance_count: Whole = 1
    volume_size_gib: Whole = 30
    volume_kms_key: Text | None = None


@frozen(kw_only=True, field_transformer=freeze_fields)
class NetworkConfig:
    """The network of a job or model.

    Args:
        subnets: ids of the subnets of a VPC; 1 to 16. Default: no VPC.
        security_groups: their ids; 1 to 5, given together with the subnets. Default: none.
        isolated: the containers get no network at all. Default: they have one.
        encrypt_traffic: encrypts what the instances of one job send each other; it makes distributed training
            slower, and changes nothing with one instance. Default: encrypted.
    """

    subnets: Sequence[Text] = ()
    security_groups: Sequence[Text] = ()
    isolated: bool = False
    encrypt_traffic: bool = True

    def vpc_config(self) -> dict[str, list[Text]] | None:
        """The VpcConfig of SageMaker's requests; None without a VPC."""
        if not self.subnets and not self.security_groups:
            return None
        return {"SecurityGroupIds": list(self.security_groups), "Subnets": list(self.subnets)}


@frozen(kw_only=True)
class ContainerImage:
    """A container image in ECR.

    Args:
        uri: its address; by digest (``...@sha256:...``) what runs is provably what was built.
        repository_arn: of its repository, from which the job's role is allowed to pull. Default: derived from the
            address; a token says nothing of its repository, so that the role may then pull from all of the account.
    """

    uri: Text
    repository_arn: Text | None = None


@frozen(kw_only=True, field_transformer=freeze_fields)
class Channel:
    """Input data of a job, at ``/opt/ml/input/data/<name>`` in its container.

    Args:
        name: letters, digits, ``.``, ``-`` and ``_``; 1 to 64.
        uri: prefix in S3: all objects whose address begins with it.
        content_type: what the data is, such as ``text/csv``. Default: not said.
        input_mode: ``File`` copies the data first, ``FastFile`` streams it as files, ``Pipe`` as pipes.
            Default: the mode of the job, ``File``.
        distribution: ``FullyReplicated`` gives each instance all of it, ``ShardedByS3Key`` its share of the
            objects. Default: all of it.
        data_type: what `uri` is: ``S3Prefix`` a prefix, ``ManifestFile`` the address of a list of objects,
            ``AugmentedManifestFile`` of JSON lines with objects and what is known of them. A role that is made for the
            step may read the list; the objects in it need one that is brought. Default: a prefix.
        attribute_names: what is taken of each line of an augmented manifest; at most 16. Default: nothing.
        compression: of data that are streamed as pipes. Default: none.
        record_wrapper: ``RecordIO`` puts each streamed object into a record. Default: as it is.
        shuffle_seed: has the objects, or an augmented manifest's lines, shuffled, in each epoch anew. Default: their
            order stays.
        kms_key: ARN of the key that encrypts the data, which the job's role then may use. Default: none.
    """

    name: str
    uri: Text
    content_type: Text | None = None
    input_mode: Literal["File", "FastFile", "Pipe"] | None = None
    distribution: Literal["FullyReplicated", "ShardedByS3Key"] = "FullyReplicated"
    data_type: Literal["S3Prefix", "ManifestFile", "AugmentedManifestFile"] = "S3Prefix"
    attribute_names: Sequence[str] = ()
    compression: Literal["None", "Gzip"] | None = None
    record_wrapper: Literal["None", "RecordIO"] | None = None
    shuffle_seed: Whole | None = None
    kms_key: Text | None = None


@frozen(kw_only=True)
class MetricDefinition:
    """A metric that SageMaker reads from a job's log.

    Args:
        name: such as ``validation:rmse``; 1 to 255 characters.
        regex: finds the value in a line; its first group is the number; 1 to 500 characters.
    """

    name: str
    regex: str


@frozen(kw_only=True)
class ServerlessCapacity:
    """What serves a model that has no instances: it costs what its requests take.

    Args:
        memory_mb: 1024 to 6144, in steps of 1024.
        max_concurrency: requests at the same time; 1 to 200.
        provisioned_concurrency: requests for which capacity is kept ready, and paid. Default: none.
    """

    memory_mb: Whole
    max_concurrency: Whole
    provisioned_concurrency: Whole | None = None


@frozen(kw_only=True)
class ProductionVariant:
    """One of the models behind an endpoint, or instances that inference components share.

    Args:
        model_name: name of the model, such as ``model_step.model_name``. Default: inference components bring models.
        instance_type: such as ``ml.m5.large``. Default: `serverless` serves it.
        instance_count: at least 1. Default: one.
        serverless: serves without instances. Default: on instances.
        volume_size_gib: disk of each instance, where its type has none of its own. Default: the service's.
        variant_name: Default: ``AllTraffic``.
        initial_weight: its share of the traffic, in proportion to the other variants' weights; at least 0.
            Default: 1. Without a model it is not said: requests name their inference component.
        startup_timeout_seconds: how long the container may take until it answers ``/ping``; 60 to 3600.
            Default: the service's.
        download_timeout_seconds: how long the model may take to be loaded from S3; 60 to 3600. Default: the service's.
    """

    model_name: Text | None = None
    instance_type: Text | None = None
    instance_count: Whole = 1
    serverless: ServerlessCapacity | None = None
    volume_size_gib: Whole | None = None
    variant_name: str = "AllTraffic"
    initial_weight: float = 1.0
    startup_timeout_seconds: Whole | None = None
    download_timeout_seconds: Whole | None = None


@frozen(kw_only=True, field_transformer=freeze_fields)
class DataCapture:
    """Keeps what goes through an endpoint, as JSON lines in S3.

    Args:
        destination_uri: prefix in S3.
        sampling_percentage: share of the requests; 0 to 100. Default: all of them.
        capture_input: keeps the requests. Default: kept.
        capture_output: keeps the responses. Default: kept.
        csv_content_types: kept as text. Default: ``text/csv``.
        json_content_types: kept as JSON. Default: ``application/json``. Other types are kept in Base64.
        kms_key: ARN of the key that encrypts what is kept. Default: the bucket's own encryption.
    """

    destination_uri: Text
    sampling_percentage: Whole = 100
    capture_input: bool = True
    capture_output: bool = True
    csv_content_types: Sequence[str] = field(default=("text/csv",))
    json_content_types: Sequence[str] = field(default=("application/json",))
    kms_key: Text | None = None


@frozen(kw_only=True)
class ProcessingInput:
    """Data, or a script, that is copied into a processing container.

    Args:
        name: of the input; 1 to 255 characters.
        uri: prefix in S3: all objects whose address begins with it.
        path: folder in the container, below ``/opt/ml/processing``.
        input_mode: ``File`` copies the data first, ``Pipe`` streams it. Default: copied.
        distribution: ``FullyReplicated`` gives each instance all of it, ``ShardedByS3Key`` its share of the
            objects. Default: all of it.
        data_type: ``ManifestFile`` where `uri` is the address of a list of objects, which a role that is made for the
            step may not read. Default: it is a prefix.
        kms_key: ARN of the key that encrypts the data, which the job's role then may use. Default: none.
    """

    name: str
    uri: Text
    path: str
    input_mode: Literal["File", "Pipe"] = "File"
    distribution: Literal["FullyReplicated", "ShardedByS3Key"] = "FullyReplicated"
    data_type: Literal["S3Prefix", "ManifestFile"] = "S3Prefix"
    kms_key: Text | None = None


@frozen(kw_only=True)
class ProcessingOutput:
    """Data that is copied out of a processing container.

    Args:
        name: of the output; 1 to 64 characters.
        path: folder in the container, below ``/opt/ml/processing``.
        uri: prefix in S3.
        upload_mode: ``EndOfJob`` copies the data when the container has ended, ``Continuous`` while it runs.
            Default: at the end.
    """

    name: str
    path: str
    uri: Text
    upload_mode: Literal["EndOfJob", "Continuous"] = "EndOfJob"
