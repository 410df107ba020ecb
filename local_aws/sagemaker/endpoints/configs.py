"""Endpoint configurations: which models run where, and what is captured."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar

from attrs import define, field, frozen

from local_aws.gateway.context import RegionalState, RequestContext
from local_aws.gateway.errors import NotAvailableLocallyError
from local_aws.gateway.limits import ValidatedGroup
from local_aws.gateway.operations import operation
from local_aws.platform import Platform
from local_aws.sagemaker.endpoints.models import Model, ModelOperations
from local_aws.sagemaker.listing import Listed, page_of, with_token
from local_aws.sagemaker.resource_names import arn_of, event_detail, now, validation_error
from local_aws.sagemaker.s3_locations import S3Location
from local_aws.sagemaker.tags import TagStore

_NOT_OFFERED = (
    "AsyncInferenceConfig",
    "ExplainerConfig",
    "ShadowProductionVariants",
    "MetricsConfig",
    "CrossRegionTrafficConfig",
)
_NOT_OFFERED_IN_VARIANTS = (
    "AcceleratorType",
    "CoreDumpConfig",
    "InstancePools",
    "CapacityReservationConfig",
    "AcceleratorPartitionLayouts",
)
_ROUTING = ("LEAST_OUTSTANDING_REQUESTS", "RANDOM")


@frozen(kw_only=True)
class EndpointConfig:
    """One endpoint configuration, with the models that it named when it was made.

    Attributes:
        name: unique among the configurations of its account and region.
        arn: of the configuration.
        request: the CreateEndpointConfig request without tags.
        models: of each variant, by the variant's name; none where inference components bring the models.
        created: when.
    """

    name: str
    arn: str
    request: dict[str, Any]
    models: dict[str, Model]
    created: datetime = field(factory=now)

    @property
    def variants(self) -> list[dict[str, Any]]:
        """The production variants of the request."""
        found: list[dict[str, Any]] = self.request["ProductionVariants"]
        return found

    @property
    def shared(self) -> bool:
        """Whether inference components bring the models."""
        return not self.models

    @property
    def role_arn(self) -> str:
        """The role that writes what is captured, and with whose rights inference components run."""
        return next((model.role_arn for model in self.models.values()), None) or str(self.request["ExecutionRoleArn"])

    @property
    def isolated(self) -> bool:
        """Whether the containers of inference components get neither network nor credentials."""
        return bool(self.request.get("EnableNetworkIsolation", False))

    @property
    def capture(self) -> dict[str, Any] | None:
        """DataCaptureConfig, where it is there and not turned off."""
        config: dict[str, Any] | None = self.request.get("DataCaptureConfig")
        return config if config is not None and config.get("EnableCapture", True) else None

    def describe(self) -> dict[str, Any]:
        """What DescribeEndpointConfig answers."""
        return self.request | {"EndpointConfigArn": self.arn, "CreationTime": self.created}


@define(eq=False)
class EndpointConfigOperations(ValidatedGroup):
    """CreateEndpointConfig, DescribeEndpointConfig, DeleteEndpointConfig and ListEndpointConfigs.

    Args:
        platform: the local AWS.
        models: where variants find their models.
        tags: where the configurations' tags are kept.
    """

    service: ClassVar[str] = "sagemaker"
    _platform: Platform
    _models: ModelOperations
    _tags: TagStore
    _configs: RegionalState[dict[str, EndpointConfig]] = field(factory=lambda: RegionalState(dict))

    def find(self, context: RequestContext, name: str) -> EndpointConfig:
        """A configuration by its name.

        Raises:
            AwsError: ``ValidationException`` where there is none.
        """
        config = self._configs[context].get(name)
        if config is None:
            arn = arn_of(context, "endpoint-config", name)
            raise validation_error(f'Could not find endpoint configuration "{arn}".')
        return config

    @operation("CreateEndpointConfig")
    def create_endpoint_config(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Records a configuration, once its models are there."""
        if faults := list(_faults(request)):
            raise validation_error("; ".join(faults))
        if missing := list(_not_offered(request)):
            raise NotAvailableLocallyError(f"in CreateEndpointConfig: {', '.join(missing)}")
        name = request["EndpointConfigName"]
        variants = request["ProductionVariants"]
        config = EndpointConfig(
            name=name,
            arn=arn_of(context, "endpoint-config", name),
            request={key: value for key, value in request.items() if key != "Tags"}
            | {"ProductionVariants": [{"InitialVariantWeight": 1.0} | variant for variant in variants]},
            models={
                variant["VariantName"]: self._models.find(context, variant["ModelName"])
                for variant in variants
                if "ModelName" in variant
            },
        )
        if faults := list(_model_faults(config)):
            raise validation_error("; ".join(faults))
        if self._configs[context].setdefault(name, config) is not config:
            raise validation_error(f'Cannot create already existing endpoint configuration "{config.arn}".')
        self._tags.create(config.arn, request.get("Tags"))
        self._announce(context, config)
        return {"EndpointConfigArn": config.arn}

    @operation("DescribeEndpointConfig")
    def describe_endpoint_config(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """All of a configuration."""
        return self.find(context, request["EndpointConfigName"]).describe()

    @operation("DeleteEndpointConfig")
    def delete_endpoint_config(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Forgets a configuration; endpoints that were made from it go on."""
        config = self.find(context, request["EndpointConfigName"])
        self._configs[context].pop(config.name, None)
        self._announce(context, config)
        self._tags.forget(config.arn)

    @operation("ListEndpointConfigs")
    def list_endpoint_configs(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Summaries of configurations, a page at a time."""
        page, token = page_of(
            list(self._configs[context].values()),
            request,
            lambda config: Listed(name=config.name, created=config.created),
        )
        summaries = [
            {"EndpointConfigName": config.name, "EndpointConfigArn": config.arn, "CreationTime": config.created}
            for config in page
        ]
        return with_token({"EndpointConfigs": summaries}, token)

    def _announce(self, context: RequestContext, config: EndpointConfig) -> None:
        self._platform.emit(
            account=context.account,
            region=context.region,
            source="aws.sagemaker",
            detail_type="SageMaker Endpoint Config State Change",
            detail=event_detail(config.describe(), self._tags.of(config.arn)),
            resources=[config.arn],
        )


def _faults(request: dict[str, Any]) -> Iterator[str]:
    seen = set()
    shared = _is_shared(request)
    if shared and "ExecutionRoleArn" not in request:
        yield "ExecutionRoleArn is needed where variants have no ModelName: inference components run with its rights"
    for variant in request["ProductionVariants"]:
        name = variant["VariantName"]
        if name in seen:
            yield f"variant {name} is there twice"
        seen.add(name)
        if "ModelName" not in variant and not shared:
            yield f"variant {name} needs a ModelName: either all variants have one, or none has"
        if shared and "ServerlessConfig" in variant:
            yield f"variant {name} is serverless: it needs a ModelName"
        if "ServerlessConfig" in variant:
            if given := [key for key in ("InstanceType", "InitialInstanceCount") if key in variant]:
                yield f"variant {name} is serverless: {' and '.join(given)} cannot be given"
            if variant["ServerlessConfig"]["MemorySizeInMB"] % 1024:
                yield f"variant {name}: MemorySizeInMB must be a multiple of 1024"
        elif "InstancePools" not in variant:
            for key in ("InstanceType", "InitialInstanceCount"):
                if key not in variant:
                    yield f"variant {name} needs {key}"
    if "DataCaptureConfig" in request:
        try:
            S3Location.parse(request["DataCaptureConfig"]["DestinationS3Uri"])
        except ValueError as error:
            yield f"DataCaptureConfig.DestinationS3Uri: {error}"


def _is_shared(request: dict[str, Any]) -> bool:
    return not any("ModelName" in variant for variant in request["ProductionVariants"])


def _model_faults(config: EndpointConfig) -> Iterator[str]:
    for variant in config.variants:
        model = config.models.get(name := variant["VariantName"])
        if model is None:
            continue
        if not model.has_role:
            yield f"variant {name}: model {model.name} has no ExecutionRoleArn"
        if "ServerlessConfig" in variant and len(model.containers) > 1:
            yield f"variant {name} is serverless: its model cannot have several containers"


def _not_offered(request: dict[str, Any]) -> Iterator[str]:
    yield from (name for name in _NOT_OFFERED if name in request)
    for variant in request["ProductionVariants"]:
        suffix = f" (variant {variant['VariantName']})"
        yield from (name + suffix for name in _NOT_OFFERED_IN_VARIANTS if name in variant)
        if "ManagedInstanceScaling" in variant and not _is_shared(request):
            yield f"ManagedInstanceScaling of a variant with a model{suffix}"
        strategy = variant.get("RoutingConfig", {}).get("RoutingStrategy", "RANDOM")
        if strategy not in _ROUTING:
            yield f"RoutingStrategy {strategy}{suffix}"
