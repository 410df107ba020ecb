"""The steps that put models behind an endpoint."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from attrs import Factory, frozen

from constructs_lib.definitions.compute import DataCapture, ProductionVariant, ServerlessCapacity
from constructs_lib.definitions.freezing import NO_MEMBERS, freeze_fields
from constructs_lib.definitions.members import present
from constructs_lib.definitions.needs import ApiAccess, Calls, EncryptVolumes, Need, PassRole, WriteObjects
from constructs_lib.definitions.outputs import OperationOutput, Output
from constructs_lib.definitions.steps.base import TaskStep, name_from, sagemaker_tags
from constructs_lib.definitions.steps.integrations import Integration, Precedence, WaitLoop
from constructs_lib.definitions.values import Reference, Text, UniqueName

_CREATE = Integration(service="sagemaker", action="createEndpoint")
_UPDATE = Integration(service="sagemaker", action="updateEndpoint")
# parts of what CreateEndpoint and UpdateEndpoint answer while others are at the same endpoint
_BUSY = ("already existing", "in-progress")


def _config_name(step: "EndpointConfigStep") -> Text:
    return UniqueName(name_from(step.name))


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class EndpointConfigStep(TaskStep):
    """Creates an endpoint configuration: which models an endpoint runs, on what, and how much of it is kept.

    Its output is the response of CreateEndpointConfig: ``step.output("EndpointConfigArn")``. The configuration stays
    when the workflow ends; it costs nothing.

    Args:
        variants: the models and their instances; 1 to 10.
        data_capture: what is kept of requests and responses. Default: nothing.
        volume_kms_key: ARN of the key that encrypts the instances' disks. Default: a key of AWS's.
        execution_role: ARN of the role with which inference components run on the endpoint. Default: none, as models
            have roles of their own.
        config_name: 1 to 63 letters, digits and inner hyphens, unique in the account and region. Default: the step's
            name and a hash of the execution's ARN (see `UniqueName`).
        tags: of the configuration. Default: none.
    """

    kind: ClassVar[str] = "Endpoint configuration"
    pipeline_type: ClassVar[str | None] = "EndpointConfig"
    cached_by_pipelines: ClassVar[bool] = True
    retried_by_pipelines: ClassVar[bool] = True
    name_member: ClassVar[str | None] = "EndpointConfigName"

    variants: Sequence[ProductionVariant]
    data_capture: DataCapture | None = None
    volume_kms_key: Text | None = None
    execution_role: Text | None = None
    config_name: Text = Factory(_config_name, takes_self=True)
    tags: Mapping[str, Text] = NO_MEMBERS

    @property
    def integration(self) -> Integration:
        """The call that the step makes."""
        return Integration(service="sagemaker", action="createEndpointConfig")

    @property
    def response(self) -> Output:
        """What the step gives back."""
        return OperationOutput(service="sagemaker", operation="CreateEndpointConfig")

    @property
    def pipeline_response(self) -> Output | None:
        """What the step gives back in SageMaker Pipelines."""
        return OperationOutput(service="sagemaker", operation="DescribeEndpointConfig")

    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make."""
        return {
            "EndpointConfigName": self.config_name,
            "ProductionVariants": [_variant(variant) for variant in self.variants],
            "DataCaptureConfig": None if self.data_capture is None else _data_capture(self.data_capture),
            "KmsKeyId": self.volume_kms_key,
            "ExecutionRoleArn": self.execution_role,
            "Tags": sagemaker_tags(self.tags),
        }

    @property
    def made_name(self) -> Reference | None:
        """The configuration's name: the definition gives it, and an Endpoint step that reads it waits for it."""
        name = self.config_name
        return name if isinstance(name, UniqueName) and not name.per_attempt else None

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""
        actions = ["sagemaker:CreateEndpointConfig", *(["sagemaker:AddTags"] if self.tags else [])]
        config = ApiAccess(actions=actions, resource_type="endpoint-config", name=self.config_name)
        key = () if self.volume_kms_key is None else (EncryptVolumes(kms_key=self.volume_kms_key),)
        role = self.execution_role
        passed = () if role is None else (PassRole(role=role, service="sagemaker.amazonaws.com"),)
        return (config, *key, *passed)

    @property
    def model_needs(self) -> tuple[tuple[Text, Need], ...]:
        """Captured data is written by the roles of the models."""
        if self.data_capture is None:
            return ()
        capture = WriteObjects(uri=self.data_capture.destination_uri, kms_key=self.data_capture.kms_key)
        return tuple((found.model_name, capture) for found in self.variants if found.model_name is not None)


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class EndpointStep(TaskStep):
    """Creates or updates an endpoint and waits until it is in service. It costs what its instances cost until deleted.

    Its output is the response of DescribeEndpoint: ``step.output("EndpointArn")``. Where the endpoint does not come
    into service, the step fails with the service's reason, or goes where a Catch of ``EndpointFailed``,
    ``States.TaskFailed`` or ``States.ALL`` says. An update that was rolled back is in service again, with the old
    configuration: that is a failure too. A Retry repeats the request, not the waiting.

    Args:
        endpoint_name: 1 to 63 letters, digits and inner hyphens, unique in the account and region.
        config_name: name of the endpoint configuration, such as ``config_step.config_name``.
        mode: ``create`` fails where the endpoint exists, ``update`` where it does not, ``create or update`` does what
            is called for, and waits while somebody else changes the endpoint. Default: creates it.
        newest_wins: with ``create or update``, fails where the endpoint has a configuration that was made later than
            this one, as when deployments wait for each other. Default: False, who comes last wins.
        wait: False goes on as soon as the request is accepted; the endpoint may then still fail, and the output
            is that of CreateEndpoint. Default: waits.
        poll_seconds: pause between two looks at the endpoint; 1 to 99999999. Default: five seconds.
        tags: of the endpoint. Default: none.
    """

    kind: ClassVar[str] = "Endpoint"
    pipeline_type: ClassVar[str | None] = "Endpoint"
    cached_by_pipelines: ClassVar[bool] = True
    name_member: ClassVar[str | None] = "EndpointName"

    endpoint_name: Text
    config_name: Text
    mode: Literal["create", "update", "create or update"] = "create"
    newest_wins: bool = False
    wait: bool = True
    poll_seconds: int = 5
    tags: Mapping[str, Text] = NO_MEMBERS

    @property
    def integration(self) -> Integration:
        """The call that the step makes."""
        return _CREATE if self.mode == "create" else _UPDATE

    @property
    def response(self) -> Output:
        """What the step gives back."""
        operation = "DescribeEndpoint" if self.wait else self.integration.operation
        return OperationOutput(service="sagemaker", operation=operation)

    @property
    def pipeline_response(self) -> Output | None:
        """What the step gives back in SageMaker Pipelines."""
        return OperationOutput(service="sagemaker", operation="DescribeEndpoint")

    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make."""
        tags = sagemaker_tags(self.tags) if self.mode == "create" else None
        return {"EndpointName": self.endpoint_name, "EndpointConfigName": self.config_name, "Tags": tags}

    @property
    def wait_loop(self) -> WaitLoop | None:
        """How the step waits: Step Functions has no ``.sync`` for endpoints."""
        if not self.wait:
            return None
        choosing = self.mode == "create or update"
        creation = {
            "EndpointName": self.endpoint_name,
            "EndpointConfigName": self.config_name,
            **({"Tags": sagemaker_tags(self.tags)} if self.tags else {}),
        }
        return WaitLoop(
            expected={} if self.mode == "create" else {"EndpointConfigName": self.config_name},
            otherwise=_CREATE if choosing else None,
            otherwise_request=creation if choosing else {},
            absent="SageMaker.SageMakerException" if choosing else "",
            busy=_BUSY if choosing else (),
            precedence=self._precedence if choosing and self.newest_wins else None,
            question=Integration(service="sagemaker", action="describeEndpoint", sdk=True),
            request={"EndpointName": self.endpoint_name},
            status="EndpointStatus",
            done=("InService",),
            pending=("Creating", "Updating", "SystemUpdating", "RollingBack"),
            reason="FailureReason",
            subject="endpoint",
            goal="in service",
            poll_seconds=self.poll_seconds,
        )

    @property
    def _precedence(self) -> Precedence:
        return Precedence(
            question=Integration(service="sagemaker", action="describeEndpointConfig", sdk=True),
            own={"EndpointConfigName": self.config_name},
            name="EndpointConfigName",
            moment="CreationTime",
        )

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""
        needs = self._needs(self.mode)
        if not self.newest_wins:
            return needs
        reason = "what the endpoint has may be any configuration"
        return (*needs, Calls(actions=["sagemaker:DescribeEndpointConfig"], resources=["*"], reason=reason))

    def pipeline_needs(self, *, custom_prefix: bool) -> tuple[Need, ...]:  # noqa: ARG002 - the definition names it
        """What the role of a pipeline must be allowed to do for the step: it updates an endpoint that exists."""
        return tuple(self._in_pipeline(need, custom_prefix=False) for need in self._needs("create or update"))

    def _needs(self, mode: str) -> tuple[Need, ...]:
        requests = {
            "create": ["sagemaker:CreateEndpoint"],
            "update": ["sagemaker:UpdateEndpoint"],
            "create or update": ["sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint"],
        }[mode]
        tagging = ["sagemaker:AddTags"] if self.tags and mode != "update" else []
        looking = ["sagemaker:DescribeEndpoint"] if self.wait else []
        return (
            ApiAccess(actions=[*requests, *tagging, *looking], resource_type="endpoint", name=self.endpoint_name),
            ApiAccess(actions=requests, resource_type="endpoint-config", name=self.config_name),
        )


def _variant(variant: ProductionVariant) -> dict[str, Any]:
    document = {
        "VariantName": variant.variant_name,
        "ModelName": variant.model_name,
        "InstanceType": variant.instance_type,
        "InitialInstanceCount": variant.instance_count if variant.serverless is None else None,
        "ServerlessConfig": None if variant.serverless is None else _serverless(variant.serverless),
        "VolumeSizeInGB": variant.volume_size_gib,
        # without a model there is nothing to choose between: requests name their inference component
        "InitialVariantWeight": None if variant.model_name is None else variant.initial_weight,
        "ContainerStartupHealthCheckTimeoutInSeconds": variant.startup_timeout_seconds,
        "ModelDataDownloadTimeoutInSeconds": variant.download_timeout_seconds,
    }
    return present(document)


def _serverless(capacity: ServerlessCapacity) -> dict[str, Any]:
    document = {
        "MemorySizeInMB": capacity.memory_mb,
        "MaxConcurrency": capacity.max_concurrency,
        "ProvisionedConcurrency": capacity.provisioned_concurrency,
    }
    return present(document)


def _data_capture(capture: DataCapture) -> dict[str, Any]:
    modes = [*(["Input"] if capture.capture_input else []), *(["Output"] if capture.capture_output else [])]
    types = {
        "CsvContentTypes": list(capture.csv_content_types) or None,
        "JsonContentTypes": list(capture.json_content_types) or None,
    }
    document = {
        "EnableCapture": True,
        "InitialSamplingPercentage": capture.sampling_percentage,
        "DestinationS3Uri": capture.destination_uri,
        "KmsKeyId": capture.kms_key,
        "CaptureOptions": [{"CaptureMode": mode} for mode in modes],
        "CaptureContentTypeHeader": present(types) or None,
    }
    return present(document)
