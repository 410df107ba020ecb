"""An inference component's record: what it serves and where, its copies, its status, and how that is told."""

import threading
from datetime import datetime
from typing import Any

from attrs import define, field

from local_aws.sagemaker.endpoints.endpoint import FAILED, IN_SERVICE, Endpoint
from local_aws.sagemaker.endpoints.model_fleet import ModelFleet
from local_aws.sagemaker.resource_names import now, validation_error
from local_aws.sagemaker.runtime.routing import VariantRoute

CREATING, UPDATING, DELETING = "Creating", "Updating", "Deleting"


@define(eq=False, kw_only=True)
class InferenceComponent:
    """One inference component.

    Attributes:
        name: unique among those of its account and region.
        arn: of it.
        endpoint: that it is on.
        variant: of the endpoint.
        specification: of the request that it was made or last changed by.
        copies: that are wanted.
        status: InferenceComponentStatus.
        fleet: the copies that serve; None before the first came into service.
    """

    name: str
    arn: str
    endpoint: Endpoint
    variant: str
    specification: dict[str, Any]
    copies: int
    status: str = CREATING
    fleet: ModelFleet | None = None
    created: datetime = field(factory=now)
    modified: datetime = field(factory=now)
    _failure_reason: str | None = None
    _lock: threading.RLock = field(factory=threading.RLock)

    def begin(self, status: str) -> None:
        """Something starts that takes time: ``Updating`` or ``Deleting``.

        Raises:
            AwsError: ``ValidationException`` where something is under way already.
        """
        with self._lock:
            if self.status not in (IN_SERVICE, FAILED):
                raise validation_error(
                    f'Cannot {"delete" if status == DELETING else "update"} inference component "{self.arn}" in status '
                    f"{self.status}."
                )
            self._set(status)

    def settle(self, status: str, *, failure: str | None = None) -> None:
        """What was under way has ended."""
        with self._lock:
            self._failure_reason = failure[:1024] if failure is not None else None
            self._set(status)

    def serve(self, fleet: ModelFleet, specification: dict[str, Any]) -> ModelFleet | None:
        """Moves the requests to other copies at once; gives those that served before."""
        with self._lock:
            before, self.fleet, self.specification = self.fleet, fleet, specification
            self.refresh(fleet)
        return before

    def refresh(self, fleet: ModelFleet) -> None:
        """A container of some copies became healthy, or ceased to be."""
        with self._lock:
            if fleet is not self.fleet or self.status == DELETING:
                return
            names = [container.name for container in fleet.served.containers]
            route = VariantRoute.of(self.variant, 1.0, names, fleet.ports(), direct=fleet.served.direct)
            self.endpoint.route.components[self.name] = route

    def _set(self, status: str) -> None:
        self.status = status
        self.modified = now()

    def describe(self) -> dict[str, Any]:
        """What DescribeInferenceComponent answers."""
        with self._lock:
            current = 0 if self.fleet is None else self.fleet.count
            answer = self.summary() | {
                "Specification": self._told_specification(),
                "RuntimeConfig": {"DesiredCopyCount": self.copies, "CurrentCopyCount": current},
            }
            return answer if self._failure_reason is None else answer | {"FailureReason": self._failure_reason}

    def summary(self) -> dict[str, Any]:
        """Its part of ListInferenceComponents."""
        return {
            "InferenceComponentName": self.name,
            "InferenceComponentArn": self.arn,
            "EndpointName": self.endpoint.name,
            "EndpointArn": self.endpoint.arn,
            "VariantName": self.variant,
            "InferenceComponentStatus": self.status,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
        }

    def _told_specification(self) -> dict[str, Any]:
        if (given := self.specification.get("Container")) is None:
            return self.specification
        container = {name: given[name] for name in ("ArtifactUrl", "Environment") if name in given}
        if self.fleet is not None and self.fleet.images:
            container["DeployedImage"] = self.fleet.images[0]
        return self.specification | {"Container": container}
