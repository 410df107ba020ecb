"""Endpoints as the API has them."""

from collections.abc import Iterator
from typing import Any, ClassVar

from attrs import define, field

from local_aws.gateway.context import RegionalState, RequestContext
from local_aws.gateway.errors import NotAvailableLocallyError
from local_aws.gateway.limits import ValidatedGroup
from local_aws.gateway.operations import operation
from local_aws.platform import Platform
from local_aws.sagemaker.endpoints.configs import EndpointConfigOperations
from local_aws.sagemaker.endpoints.deployment import Deployments
from local_aws.sagemaker.endpoints.endpoint import Endpoint
from local_aws.sagemaker.listing import Listed, page_of, with_token
from local_aws.sagemaker.resource_names import arn_of, event_detail, validation_error
from local_aws.sagemaker.runtime.routing import EndpointRoute, RouteTable
from local_aws.sagemaker.tags import TagStore


@define(eq=False)
class EndpointOperations(ValidatedGroup):
    """CreateEndpoint, DescribeEndpoint, ListEndpoints, UpdateEndpoint(WeightsAndCapacities) and DeleteEndpoint.

    Args:
        platform: the local AWS.
        deployments: carry out what is asked.
        configs: where endpoints find their configurations.
        routes: where requests find the endpoints.
        tags: where the endpoints' tags are kept.
    """

    service: ClassVar[str] = "sagemaker"
    _platform: Platform
    _deployments: Deployments
    _configs: EndpointConfigOperations
    _routes: RouteTable
    _tags: TagStore
    _endpoints: RegionalState[dict[str, Endpoint]] = field(factory=lambda: RegionalState(dict))

    @operation("CreateEndpoint")
    def create_endpoint(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Accepts an endpoint and starts its containers."""
        _check_deployment(request, "CreateEndpoint")
        name = request["EndpointName"]
        config = self._configs.find(context, request["EndpointConfigName"])
        route = EndpointRoute(account=context.account, region=context.region, name=name)
        endpoint = Endpoint(config=config, route=route, on_change=self._announce)
        if self._endpoints[context].setdefault(name, endpoint) is not endpoint:
            raise validation_error(f'Cannot create already existing endpoint "{endpoint.arn}".')
        self._tags.create(endpoint.arn, request.get("Tags"))
        self._routes.put(route)
        self._announce(endpoint)
        self._deployments.create(endpoint)
        return {"EndpointArn": endpoint.arn}

    @operation("DescribeEndpoint")
    def describe_endpoint(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """All of an endpoint."""
        return self.find(context, request).describe()

    @operation("ListEndpoints")
    def list_endpoints(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Summaries of endpoints, a page at a time."""
        page, token = page_of(list(self._endpoints[context].values()), request, _look)
        summaries = [
            {
                "EndpointName": endpoint.name,
                "EndpointArn": endpoint.arn,
                "CreationTime": endpoint.created,
                "LastModifiedTime": endpoint.modified,
                "EndpointStatus": endpoint.status,
            }
            for endpoint in page
        ]
        return with_token({"Endpoints": summaries}, token)

    @operation("UpdateEndpoint")
    def update_endpoint(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Moves an endpoint to another configuration, blue/green and all at once."""
        _check_deployment(request, "UpdateEndpoint")
        endpoint = self.find(context, request)
        config = self._configs.find(context, request["EndpointConfigName"])
        endpoint.begin("Updating", pending=config)
        self._deployments.update(endpoint, config, request)
        return {"EndpointArn": endpoint.arn}

    @operation("UpdateEndpointWeightsAndCapacities")
    def update_weights_and_capacities(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Changes variants' shares of the traffic and numbers of instances."""
        endpoint = self.find(context, request)
        wanted = request["DesiredWeightsAndCapacities"]
        if faults := list(_adjustment_faults(endpoint, wanted)):
            raise validation_error("; ".join(faults))
        endpoint.begin("Updating")
        self._deployments.adjust(endpoint, wanted)
        return {"EndpointArn": endpoint.arn}

    @operation("DeleteEndpoint")
    def delete_endpoint(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Ends an endpoint's containers; its name is free when they are gone."""
        endpoint = self.find(context, request)
        endpoint.begin("Deleting")
        self._routes.remove(endpoint.route)

        def gone() -> None:
            self._endpoints[context].pop(endpoint.name, None)
            self._tags.forget(endpoint.arn)

        self._deployments.delete(endpoint, gone)

    def find(self, context: RequestContext, request: dict[str, Any]) -> Endpoint:
        """The endpoint that a request names.

        Raises:
            AwsError: ``ValidationException`` where there is none.
        """
        name = request["EndpointName"]
        endpoint = self._endpoints[context].get(name)
        if endpoint is None:
            raise validation_error(f'Could not find endpoint "{arn_of(context, "endpoint", name)}".')
        return endpoint

    def _announce(self, endpoint: Endpoint) -> None:
        route = endpoint.route
        self._platform.emit(
            account=route.account,
            region=route.region,
            source="aws.sagemaker",
            detail_type="SageMaker Endpoint State Change",
            detail=event_detail(endpoint.event_record(), self._tags.of(endpoint.arn)),
            resources=[endpoint.arn],
        )


def _look(endpoint: Endpoint) -> Listed:
    return Listed(name=endpoint.name, created=endpoint.created, modified=endpoint.modified, status=endpoint.status)


def _check_deployment(request: dict[str, Any], operation_name: str) -> None:
    deployment = request.get("DeploymentConfig", {})
    missing = [name for name in ("RollingUpdatePolicy", "AutoRollbackConfiguration") if name in deployment]
    policy = deployment.get("BlueGreenUpdatePolicy", {})
    routing = policy.get("TrafficRoutingConfiguration", {}).get("Type", "ALL_AT_ONCE")
    if routing != "ALL_AT_ONCE":
        missing.append(f"TrafficRoutingConfiguration {routing}")
    if request.get("RetainDeploymentConfig"):
        missing.append("RetainDeploymentConfig")
    if missing:
        raise NotAvailableLocallyError(f"in {operation_name}: {', '.join(missing)}")


def _adjustment_faults(endpoint: Endpoint, wanted: list[dict[str, Any]]) -> Iterator[str]:
    variants = {variant["VariantName"]: variant for variant in endpoint.config.variants}
    for change in wanted:
        name = change["VariantName"]
        if name not in variants:
            yield f'Could not find variant "{name}" of endpoint "{endpoint.arn}".'
            continue
        if "ServerlessUpdateConfig" in change:
            yield f"variant {name}: concurrency of serverless variants is not limited by the local AWS"
        count = change.get("DesiredInstanceCount")
        if count is not None and "ServerlessConfig" in variants[name]:
            yield f"variant {name} is serverless: it has no DesiredInstanceCount"
        elif count is not None and count < 1:
            yield f"variant {name}: DesiredInstanceCount: got {count}, expected at least 1"
