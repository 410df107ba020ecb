"""Credentials of execution roles: assumed once, shared by executions, refreshed before they end."""

import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from attrs import define, evolve, field, frozen
from botocore.exceptions import ClientError

from local_aws.platform import Credentials, Platform
from local_aws.stepfunctions.language.errors import PERMISSIONS, TASK_FAILED, StatesError

SERVICE_PRINCIPAL = "states.amazonaws.com"
_LIFETIME_SECONDS = 30 * 60
# a session of a role that was deleted and made anew meets one of these, a denial among them
_STALE_CODES = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "UnauthorizedOperation",
        "UnrecognizedClientException",
    }
)


@frozen(kw_only=True)
class RoleUse:
    """Whose rights a task has.

    Attributes:
        execution: the execution role's ARN.
        region: of the execution; a role may trust the service there alone (``states.us-east-1.amazonaws.com``).
        task: the role that the task names in its Credentials; None: the execution role.
    """

    execution: str
    region: str
    task: str | None = None


@define(eq=False)
class RoleSessions:
    """Sessions of roles, by ARN.

    Args:
        platform: assumes them.
    """

    platform: Platform
    _sessions: dict[RoleUse, tuple[float, Credentials]] = field(factory=dict)
    _lock: threading.Lock = field(factory=threading.Lock)

    def call(self, service: str, region: str, role: RoleUse, use: Callable[[Any], Any]) -> Any:
        """Runs `use` with a client that has the role's rights; once more with a new session where a kept one fails.

        Raises:
            StatesError: the role cannot be assumed.
            botocore.exceptions.ClientError: the call failed.
        """
        with self._lock:
            held = self._sessions.get(role)
        credentials = self.credentials(role)
        try:
            return use(self.platform.client(service, region=region, credentials=credentials))
        except ClientError as error:
            if held is None or error.response["Error"]["Code"] not in _STALE_CODES:
                raise
            with self._lock:
                self._sessions.pop(role, None)
        return use(self.platform.client(service, region=region, credentials=self.credentials(role)))

    def credentials(self, role: RoleUse) -> Credentials:
        """The role's credentials.

        Raises:
            StatesError: ``States.Permissions`` where the service may not assume the execution role,
                ``States.TaskFailed`` where that role may not assume the task's.
        """
        with self._lock:
            held = self._sessions.get(role)
        if held is not None and held[0] > time.monotonic():
            return held[1]
        credentials = self._assume(role)
        with self._lock:
            self._sessions[role] = (time.monotonic() + _LIFETIME_SECONDS, credentials)
        return credentials

    def _assume(self, role: RoleUse) -> Credentials:
        name = uuid.uuid4().hex
        if role.task is None:
            try:
                return self._assume_for_service(role, name)
            except ClientError as error:
                raise StatesError(
                    PERMISSIONS,
                    f"Step Functions could not assume the execution role {role.execution}: "
                    f"{error.response['Error'].get('Message', error)}",
                ) from None
        sts = self.platform.client("sts", region="us-east-1", credentials=self.credentials(evolve(role, task=None)))
        try:
            keys = sts.assume_role(RoleArn=role.task, RoleSessionName=name)["Credentials"]
        except ClientError as error:
            raise StatesError(
                TASK_FAILED,
                f"The role {role.execution} is not authorized to assume the task state's role, {role.task}. "
                f"{error.response['Error'].get('Message', '')}".rstrip(),
            ) from None
        return Credentials(
            access_key_id=keys["AccessKeyId"],
            secret_access_key=keys["SecretAccessKey"],
            session_token=keys["SessionToken"],
        )

    def _assume_for_service(self, role: RoleUse, name: str) -> Credentials:
        try:
            return self.platform.assume(role.execution, session=name, service_principal=SERVICE_PRINCIPAL)
        except ClientError as error:
            regional = f"states.{role.region}.amazonaws.com"
            try:
                return self.platform.assume(role.execution, session=name, service_principal=regional)
            except ClientError:
                raise error from None
