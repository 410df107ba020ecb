"""The credentials of a job's execution role, for as long as the job takes."""

import time
from typing import Any

from attrs import define, field

from local_aws.platform import Credentials, Platform
from local_aws.sagemaker.roles import assume_execution_role

_FRESH_SECONDS = 1800


@define(eq=False)
class RoleKeys:
    """Credentials of one role, assumed anew before they are too old.

    Args:
        platform: the local AWS.
        role_arn: the execution role.
        region: where it is used.

    Raises:
        AwsError: ``ValidationException`` where the role does not exist or does not trust SageMaker.
    """

    platform: Platform
    role_arn: str
    region: str
    _keys: Credentials = field(init=False)
    _taken: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._take()

    def credentials(self) -> Credentials:
        """Credentials that hold for another half of their hour."""
        if time.monotonic() - self._taken > _FRESH_SECONDS:
            self._take()
        return self._keys

    def client(self, service: str) -> Any:
        """A client of a service with these credentials."""
        return self.platform.client(service, region=self.region, credentials=self.credentials())

    def environment(self, *, isolated: bool) -> dict[str, str]:
        """What a container gets to call AWS with; only the region where it is isolated from the network."""
        environment = {"AWS_REGION": self.region, "PYTHONUNBUFFERED": "1"}
        if not isolated:
            environment |= {"AWS_ENDPOINT_URL": self.platform.endpoint_url, **self.credentials().environment()}
        return environment

    def _take(self) -> None:
        self._keys = assume_execution_role(self.platform, self.role_arn)
        self._taken = time.monotonic()
