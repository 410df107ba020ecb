"""Calls of AWS services with the rights of an execution's role."""

import threading
from typing import Any

from attrs import define, field
from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import OperationModel
from botocore.validate import ParamValidator

from local_aws.gateway.errors import AwsError
from local_aws.platform import Platform
from local_aws.sagemaker.jobs.role_keys import RoleKeys
from local_aws.sagemaker.pipelines.failures import StepFailedError, of_call

# a session of a role that was deleted and made anew meets one of these
_STALE = frozenset({"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"})


@define(eq=False)
class RoleCalls:
    """Calls services as one role; blocks, so it is for worker threads.

    Args:
        platform: the local AWS.
        role_arn: the role.
        region: where.
    """

    platform: Platform
    role_arn: str
    region: str
    _keys: RoleKeys | None = None
    _lock: threading.Lock = field(factory=threading.Lock)

    def call(self, service: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """One call; gives botocore's answer.

        Raises:
            StepFailedError: it failed, or the role cannot be assumed.
        """
        try:
            return self.ask(service, operation, request)
        except (ClientError, BotoCoreError) as error:
            raise of_call(service, operation, error) from error

    def ask(self, service: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """The same, for who looks at the error.

        Raises:
            StepFailedError: the role cannot be assumed.
            ClientError: the call failed.
        """
        try:
            return self._ask(service, operation, request)
        except ClientError as error:
            if error.response["Error"].get("Code") not in _STALE:
                raise
            with self._lock:
                self._keys = None
        return self._ask(service, operation, request)

    def _ask(self, service: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        client = self._role_keys().client(service)
        _check(client.meta.service_model.operation_model(operation), request)
        names = client.meta.method_to_api_mapping
        method = getattr(client, next(name for name, api in names.items() if api == operation))
        answer: dict[str, Any] = method(**request)
        return answer

    def _role_keys(self) -> RoleKeys:
        with self._lock:
            if self._keys is None:
                try:
                    self._keys = RoleKeys(self.platform, self.role_arn, self.region)
                except AwsError as error:
                    raise StepFailedError(f"ClientError: {error.message}") from error
            return self._keys


def _check(operation: OperationModel, request: dict[str, Any]) -> None:
    """Refuses what cannot even be sent, such as a text where an object belongs, as the service would."""
    report = ParamValidator().validate(request, operation.input_shape)
    if report.has_errors():
        refusal = {"Code": "ValidationException", "Message": report.generate_report()}
        raise ClientError({"Error": refusal, "ResponseMetadata": {"HTTPStatusCode": 400}}, str(operation.name))
