"""Models: images, their model data and a role."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar

from attrs import define, field, frozen
from botocore.exceptions import ClientError

from local_aws.gateway.context import RegionalState, RequestContext
from local_aws.gateway.errors import NotAvailableLocallyError
from local_aws.gateway.limits import ValidatedGroup
from local_aws.gateway.operations import operation
from local_aws.platform import Platform
from local_aws.sagemaker.container_definitions import (
    ServingContainer,
    container_faults,
    data_address,
    data_is_there,
    serving_containers,
)
from local_aws.sagemaker.listing import Listed, page_of, with_token
from local_aws.sagemaker.registry.deployable import PackageContainers
from local_aws.sagemaker.resource_names import arn_of, event_detail, now, validation_error
from local_aws.sagemaker.roles import assume_execution_role
from local_aws.sagemaker.tags import TagStore

_MOST_CONTAINERS = 15
_NOT_OFFERED_IN_CONTAINERS = (
    "ImageConfig",
    "AdditionalModelDataSources",
    "MultiModelConfig",
    "ContainerMetricsConfig",
)


@frozen(kw_only=True)
class Model:
    """One model.

    Attributes:
        name: unique among the models of its account and region.
        arn: of the model.
        request: the CreateModel request without tags.
        containers: in their order; of a model package, what the package says.
        created: when.
    """

    name: str
    arn: str
    request: dict[str, Any]
    containers: tuple[ServingContainer, ...]
    created: datetime = field(factory=now)

    @property
    def has_role(self) -> bool:
        """Whether it has an execution role: without one it can only be an inference component's."""
        return "ExecutionRoleArn" in self.request

    @property
    def role_arn(self) -> str:
        """The execution role of a model that has one."""
        return str(self.request["ExecutionRoleArn"])

    @property
    def isolated(self) -> bool:
        """Whether the container gets neither network nor credentials; here: no credentials and no endpoint."""
        return bool(self.request.get("EnableNetworkIsolation", False))

    @property
    def direct(self) -> bool:
        """Whether a request names the one container that answers it; else it goes through all of them in order."""
        mode = self.request.get("InferenceExecutionConfig", {}).get("Mode", "Serial")
        return mode == "Direct" and len(self.containers) > 1

    def describe(self) -> dict[str, Any]:
        """What DescribeModel answers."""
        return {"EnableNetworkIsolation": False} | self.request | {"ModelArn": self.arn, "CreationTime": self.created}


@define(eq=False)
class ModelOperations(ValidatedGroup):
    """CreateModel, DescribeModel, DeleteModel and ListModels.

    Args:
        platform: the local AWS.
        packages: gives the containers of model packages.
        tags: where the models' tags are kept.
    """

    service: ClassVar[str] = "sagemaker"
    _platform: Platform
    _packages: PackageContainers
    _tags: TagStore
    _models: RegionalState[dict[str, Model]] = field(factory=lambda: RegionalState(dict))

    def find(self, context: RequestContext, name: str) -> Model:
        """A model by its name.

        Raises:
            AwsError: ``ValidationException`` where there is none.
        """
        model = self._models[context].get(name)
        if model is None:
            raise validation_error(f'Could not find model "{arn_of(context, "model", name)}".')
        return model

    @operation("CreateModel")
    def create_model(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Records a model, once its role, where it has one, can be assumed and its data is there."""
        if faults := list(_faults(request)):
            raise validation_error("; ".join(faults))
        if missing := list(_not_offered(request)):
            raise NotAvailableLocallyError(f"in CreateModel: {', '.join(missing)}")
        definitions = self._packages.resolve(context, _containers(request))
        if faults := list(_order_faults(request, definitions)):
            raise validation_error("; ".join(faults))
        name = request["ModelName"]
        model = Model(
            name=name,
            arn=arn_of(context, "model", name),
            request={key: value for key, value in request.items() if key != "Tags"},
            containers=serving_containers(definitions),
        )
        models = self._models[context]
        if name in models:
            raise _taken(model)
        if model.has_role:
            self._require_data(context, model)
        if models.setdefault(name, model) is not model:
            raise _taken(model)
        self._tags.create(model.arn, request.get("Tags"))
        self._announce(context, model)
        return {"ModelArn": model.arn}

    @operation("DescribeModel")
    def describe_model(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """All of a model."""
        return self.find(context, request["ModelName"]).describe()

    @operation("DeleteModel")
    def delete_model(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Forgets a model; endpoints that run it go on."""
        model = self.find(context, request["ModelName"])
        self._models[context].pop(model.name, None)
        self._announce(context, model)
        self._tags.forget(model.arn)

    @operation("ListModels")
    def list_models(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Summaries of models, a page at a time."""
        page, token = page_of(
            list(self._models[context].values()),
            request,
            lambda model: Listed(name=model.name, created=model.created),
        )
        summaries = [{"ModelName": model.name, "ModelArn": model.arn, "CreationTime": model.created} for model in page]
        return with_token({"Models": summaries}, token)

    def _require_data(self, context: RequestContext, model: Model) -> None:
        credentials = assume_execution_role(self._platform, model.role_arn)
        s3 = self._platform.client("s3", region=context.region, credentials=credentials)
        for container in model.containers:
            if (address := data_address(container.definition)) is not None:
                _require_object(s3, address, f'the role "{model.role_arn}"', context.region)

    def _announce(self, context: RequestContext, model: Model) -> None:
        self._platform.emit(
            account=context.account,
            region=context.region,
            source="aws.sagemaker",
            detail_type="SageMaker Model State Change",
            detail=event_detail(model.describe(), self._tags.of(model.arn)),
            resources=[model.arn],
        )


def _require_object(s3: Any, address: str, reader: str, region: str) -> None:
    try:
        found = data_is_there(s3, address)
    except ClientError as error:
        raise validation_error(
            f"Could not access model data at {address}. Please ensure that {reader} exists and that its trust "
            'relationship policy allows the action "sts:AssumeRole" for the service principal '
            '"sagemaker.amazonaws.com". Also ensure that the role has "s3:GetObject" permissions and that the object '
            f"is located in {region}."
        ) from error
    if not found:
        raise validation_error(f"Could not find model data at {address}.")


def _containers(request: dict[str, Any]) -> list[dict[str, Any]]:
    return [request["PrimaryContainer"]] if "PrimaryContainer" in request else list(request.get("Containers", ()))


def _taken(model: Model) -> Exception:
    return validation_error(f'Cannot create already existing model "{model.arn}".')


def _faults(request: dict[str, Any]) -> Iterator[str]:
    if ("PrimaryContainer" in request) == ("Containers" in request):
        yield "exactly one of PrimaryContainer and Containers is needed"
    if request.get("Containers") == []:
        yield "Containers: got none, expected at least one"
    for container in _containers(request):
        if "ModelPackageName" in container:
            for name in ("Image", "ModelDataUrl", "ModelDataSource"):
                if name in container:
                    yield f"a container with ModelPackageName cannot have {name}"
        elif "Image" not in container:
            yield "a container needs an Image"
        elif "InferenceSpecificationName" in container:
            yield "InferenceSpecificationName needs ModelPackageName"
        yield from container_faults(container)


def _order_faults(request: dict[str, Any], definitions: list[dict[str, Any]]) -> Iterator[str]:
    """What AWS would not accept of how the containers of one model are named and run together."""
    count = len(definitions)
    if count > _MOST_CONTAINERS:
        yield f"got {count} containers, expected at most {_MOST_CONTAINERS}"
    direct = request.get("InferenceExecutionConfig", {}).get("Mode") == "Direct"
    if direct and count < 2:
        yield "InferenceExecutionConfig: Mode Direct needs at least two containers"
    names = [definition["ContainerHostname"] for definition in definitions if "ContainerHostname" in definition]
    if 1 < count != len(names) and (names or direct):
        yield f"ContainerHostname is needed in each of the {count} containers, got it in {len(names)}"
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"ContainerHostname {name} is there more than once"


def _not_offered(request: dict[str, Any]) -> Iterator[str]:
    for container in _containers(request):
        yield from (name for name in _NOT_OFFERED_IN_CONTAINERS if name in container)
        if container.get("Mode", "SingleModel") != "SingleModel":
            yield f"Mode {container['Mode']}"
        source = container.get("ModelDataSource", {}).get("S3DataSource", {})
        yield from (f"S3DataSource.{name}" for name in ("HubAccessConfig", "ManifestS3Uri") if name in source)
