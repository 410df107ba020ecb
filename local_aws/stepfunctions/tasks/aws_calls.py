"""Calls of AWS services for Task states: with a role's rights, and errors as Step Functions names them.

Everything here blocks: it runs in worker threads.
"""

from collections.abc import Callable
from typing import Any

from attrs import define, frozen
from botocore.exceptions import BotoCoreError, ClientError

from local_aws.stepfunctions.language.errors import StatesError, runtime_error
from local_aws.stepfunctions.tasks.integrations import Integration
from local_aws.stepfunctions.tasks.roles import RoleSessions, RoleUse
from local_aws.stepfunctions.tasks.sdk_names import exception_name, pascal_service_id, service_model
from local_aws.stepfunctions.tasks.wire_shapes import epoch_milliseconds, iso_8601, to_json_result

_NOT_AVAILABLE = "NotAvailableLocally"
_HEADERS = {"content-length": "Content-Length", "content-type": "Content-Type", "date": "Date"}


@frozen(kw_only=True)
class Dialect:
    """How a kind of integration spells errors and answers.

    Attributes:
        optimized: the row of an optimized integration; None for the SDK integrations.
    """

    optimized: Integration | None = None

    def error(self, service: str, failure: ClientError) -> StatesError:
        """The error of a failed call."""
        model = service_model(service)
        told = failure.response.get("Error", {})
        metadata = failure.response.get("ResponseMetadata", {})
        code, message = str(told.get("Code", "")), told.get("Message") or failure.response.get("message") or ""
        if code == _NOT_AVAILABLE:
            return runtime_error(str(message))
        # where a service was once a query service, botocore gives the old code, and the model's beside it
        shape = model.shape_for_error_code(code) or model.shape_for_error_code(told.get("QueryErrorCode", ""))
        status, request = metadata.get("HTTPStatusCode"), metadata.get("RequestId")
        if self.optimized is not None:
            row = self.optimized
            name = self.optimized.base_error if shape is None else exception_name(shape.name)
            cause = (
                f"{message} (Service: {row.sdk}; Status Code: {status}; Error Code: {code}; "
                f"Request ID: {request}; Proxy: null)"
            )
            return StatesError(f"{row.prefix}.{name}", cause)
        prefix = pascal_service_id(model)
        name = f"{prefix}Exception" if shape is None else exception_name(shape.name)
        return StatesError(
            f"{prefix}.{name}", f"{message} (Service: {prefix}, Status Code: {status}, Request ID: {request})"
        )

    def unreachable(self, service: str, failure: BotoCoreError) -> StatesError:
        """The error of a call that got no answer, or whose request could not be written."""
        prefix = self.optimized.prefix if self.optimized else pascal_service_id(service_model(service))
        return StatesError(f"{prefix}.SdkClientException", str(failure))

    def result(self, operation: Any, answer: dict[str, Any], *, metadata: bool) -> dict[str, Any]:
        """An answer as a task's result.

        Args:
            operation: its model.
            answer: as botocore gives it.
            metadata: whether AWS's SDK metadata belongs to it.
        """
        members = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
        times = iso_8601 if self.optimized is None else epoch_milliseconds
        result: dict[str, Any] = to_json_result(operation.output_shape, members, times) if members else {}
        if metadata and self.optimized is not None and not self.optimized.bare:
            result.update(sdk_metadata(answer.get("ResponseMetadata", {})))
        return result


def sdk_metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    """``SdkHttpMetadata`` and ``SdkResponseMetadata`` of an answer."""
    headers = {_HEADERS.get(name, name): value for name, value in metadata.get("HTTPHeaders", {}).items()}
    return {
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": metadata.get("HTTPStatusCode"),
        },
        "SdkResponseMetadata": {"RequestId": metadata.get("RequestId")},
    }


@define(eq=False)
class AwsCalls:
    """Calls services.

    Args:
        roles: whose rights the calls have.
    """

    roles: RoleSessions

    def call(
        self, service: str, operation: str, request: dict[str, Any], *, role: RoleUse, region: str, dialect: Dialect
    ) -> dict[str, Any]:
        """One call; gives botocore's answer.

        Raises:
            StatesError: it failed.
        """

        def use(client: Any) -> Any:
            return _method(client, operation)(**request)

        try:
            answer: dict[str, Any] = self.roles.call(service, region, role, use)
        except ClientError as failure:
            raise dialect.error(service, failure) from None
        except BotoCoreError as failure:
            raise dialect.unreachable(service, failure) from None
        return answer


def _method(client: Any, operation: str) -> Callable[..., Any]:
    names = client.meta.method_to_api_mapping
    method: Callable[..., Any] = getattr(client, next(name for name, api in names.items() if api == operation))
    return method
