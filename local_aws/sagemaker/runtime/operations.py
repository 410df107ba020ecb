"""The operations of sagemaker-runtime that are no raw path at the gateway."""

from typing import Any, ClassVar

from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import NotAvailableLocallyError
from local_aws.gateway.operations import OperationGroup, operation


class RuntimeOperations(OperationGroup):
    """Marks the service as ours; what is offered is served by `InvocationRoute` and `StreamRoute`."""

    service: ClassVar[str] = "sagemaker-runtime"

    @operation("InvokeEndpointAsync")
    def invoke_endpoint_async(self, _context: RequestContext, _request: dict[str, Any]) -> None:
        """Refused: asynchronous endpoints are not here."""
        raise NotAvailableLocallyError("sagemaker-runtime:InvokeEndpointAsync (asynchronous endpoints)")
