"""Inference components as the API has them."""

from typing import Any, ClassVar

from attrs import define, field

from local_aws.gateway.context import RegionalState, RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.gateway.limits import ValidatedGroup
from local_aws.gateway.operations import operation
from local_aws.sagemaker.container_definitions import serving_containers
from local_aws.sagemaker.endpoints.model_fleet import Served
from local_aws.sagemaker.endpoints.models import ModelOperations
from local_aws.sagemaker.endpoints.operations import EndpointOperations
from local_aws.sagemaker.endpoints.settings import EndpointSettings
from local_aws.sagemaker.inference_components.component import DELETING, UPDATING, InferenceComponent
from local_aws.sagemaker.inference_components.placement import Placements
from local_aws.sagemaker.inference_components.request_rules import check_change, check_creation, definition_of
from local_aws.sagemaker.listing import Listed, page_of, with_token
from local_aws.sagemaker.resource_names import arn_of, validation_error
from local_aws.sagemaker.tags import TagStore

LOG_GROUP = "/aws/sagemaker/InferenceComponents/"
_KIND = "inference-component"


@define(eq=False)
class InferenceComponentOperations(ValidatedGroup):
    """The operations on inference components.

    Args:
        placements: carry out what is asked.
        endpoints: where components are.
        models: where they find their models.
        settings: times of a container that serves.
        tags: where the components' tags are kept.
    """

    service: ClassVar[str] = "sagemaker"
    _placements: Placements
    _endpoints: EndpointOperations
    _models: ModelOperations
    _settings: EndpointSettings
    _tags: TagStore
    _components: RegionalState[dict[str, InferenceComponent]] = field(factory=lambda: RegionalState(dict))

    @operation("CreateInferenceComponent")
    def create_inference_component(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Accepts a component and starts its copies."""
        check_creation(request)
        name, specification = request["InferenceComponentName"], request["Specification"]
        endpoint = self._endpoints.find(context, request)
        component = InferenceComponent(
            name=name,
            arn=arn_of(context, _KIND, name),
            endpoint=endpoint,
            variant=request["VariantName"],
            specification=specification,
            copies=request["RuntimeConfig"]["CopyCount"],
        )
        served = self._served(context, component, specification)
        if self._components[context].setdefault(name, component) is not component:
            raise validation_error(f'Cannot create already existing inference component "{component.arn}".')
        try:
            endpoint.place(name, component.variant)
        except AwsError:
            del self._components[context][name]
            raise
        self._tags.create(component.arn, request.get("Tags"))
        self._placements.place(component, served, specification, component.copies)
        return {"InferenceComponentArn": component.arn}

    @operation("DescribeInferenceComponent")
    def describe_inference_component(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """All of a component."""
        return self._find(context, request).describe()

    @operation("ListInferenceComponents")
    def list_inference_components(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Summaries of components, a page at a time."""
        wanted = [
            component
            for component in list(self._components[context].values())
            if request.get("EndpointNameEquals") in (None, component.endpoint.name)
            and request.get("VariantNameEquals") in (None, component.variant)
        ]
        page, token = page_of(wanted, request, _look)
        return with_token({"InferenceComponents": [component.summary() for component in page]}, token)

    @operation("UpdateInferenceComponent")
    def update_inference_component(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Puts a component on another specification, a number of copies, or both."""
        component = self._find(context, request)
        specification = None
        if "Specification" in request:
            specification = _changed(component.specification, request["Specification"])
        check_change(request, specification, "UpdateInferenceComponent")
        copies = request.get("RuntimeConfig", {}).get("CopyCount", component.copies)
        if specification is None and component.fleet is not None:
            component.begin(UPDATING)
            self._placements.scale(component, copies)
        else:
            wanted = specification or component.specification
            served = self._served(context, component, wanted)
            component.begin(UPDATING)
            self._placements.place(component, served, wanted, copies)
        return {"InferenceComponentArn": component.arn}

    @operation("UpdateInferenceComponentRuntimeConfig")
    def update_runtime_config(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Changes the number of copies."""
        component = self._find(context, request)
        component.begin(UPDATING)
        self._placements.scale(component, request["DesiredRuntimeConfig"]["CopyCount"])
        return {"InferenceComponentArn": component.arn}

    @operation("DeleteInferenceComponent")
    def delete_inference_component(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Ends a component's copies; its name is free when they are gone."""
        component = self._find(context, request)
        component.begin(DELETING)
        component.endpoint.route.components.pop(component.name, None)

        def gone() -> None:
            self._components[context].pop(component.name, None)
            self._tags.forget(component.arn)
            component.endpoint.release(component.name)

        self._placements.delete(component, gone)

    def _find(self, context: RequestContext, request: dict[str, Any]) -> InferenceComponent:
        name = request["InferenceComponentName"]
        component = self._components[context].get(name)
        if component is None:
            raise validation_error(f'Could not find inference component "{arn_of(context, _KIND, name)}".')
        return component

    def _served(self, context: RequestContext, component: InferenceComponent, specification: dict[str, Any]) -> Served:
        config = component.endpoint.config
        isolated, direct = config.isolated, False
        if (container := specification.get("Container")) is not None:
            containers = serving_containers([definition_of(container)])
        else:
            model = self._models.find(context, specification["ModelName"])
            containers, direct = model.containers, model.direct
            isolated = isolated or model.isolated
        startup = specification.get("StartupParameters", {})
        return Served(
            subject=f"inference component {component.name}",
            region=context.region,
            containers=containers,
            direct=direct,
            role_arn=config.role_arn,
            isolated=isolated,
            log_group=LOG_GROUP + component.name,
            log_prefix=component.variant,
            startup_seconds=startup.get("ContainerStartupHealthCheckTimeoutInSeconds", self._settings.startup_seconds),
        )


def _look(component: InferenceComponent) -> Listed:
    return Listed(name=component.name, created=component.created, modified=component.modified, status=component.status)


def _changed(before: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """A specification after an update: a model takes the place of a container, and the other way round."""
    gone = {"Container": "ModelName", "ModelName": "Container"}
    dropped = {gone[name] for name in given if name in gone}
    return {name: value for name, value in before.items() if name not in dropped} | given
