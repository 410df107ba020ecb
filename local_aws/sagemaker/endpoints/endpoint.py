"""An endpoint's record: its configuration, its fleets, its status, and how that is told."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from attrs import define, field

from local_aws.sagemaker.endpoints.configs import EndpointConfig
from local_aws.sagemaker.endpoints.fleet import Fleet
from local_aws.sagemaker.resource_names import now, validation_error
from local_aws.sagemaker.runtime.capture import DataCapture
from local_aws.sagemaker.runtime.routing import EndpointRoute

IN_SERVICE = "InService"
FAILED = "Failed"

_EVENT_STATUS = {
    "Creating": "CREATING",
    "InService": "IN_SERVICE",
    "Updating": "UPDATING",
    "SystemUpdating": "SYSTEM_UPDATING",
    "RollingBack": "ROLLING_BACK",
    "Failed": "FAILED",
    "Deleting": "DELETING",
}


@define(eq=False, kw_only=True)
class Endpoint:
    """One endpoint.

    Attributes:
        config: the configuration that serves, or that is being created.
        route: how requests find it; has its name, account and region.
        on_change: called, without any lock held, after each change of status.
        fleet: the containers that serve; None before the first came into service.
        pending: the configuration of an update under way.
        capture: of the fleet that serves.
        components: names of the inference components on it, with their variants.
    """

    config: EndpointConfig
    route: EndpointRoute
    on_change: Callable[["Endpoint"], None]
    fleet: Fleet | None = None
    pending: EndpointConfig | None = None
    capture: DataCapture | None = None
    components: dict[str, str] = field(factory=dict)
    created: datetime = field(factory=now)
    modified: datetime = field(factory=now)
    _failure_reason: str | None = None
    _deployment_config: dict[str, Any] | None = None
    _lock: threading.RLock = field(factory=threading.RLock)

    @property
    def name(self) -> str:
        """Its name."""
        return self.route.name

    @property
    def arn(self) -> str:
        """Its ARN."""
        return self.route.arn

    @property
    def status(self) -> str:
        """EndpointStatus."""
        return self.route.status

    def begin(self, status: str, *, pending: EndpointConfig | None = None) -> None:
        """Something starts that takes time: ``Updating`` or ``Deleting``.

        Raises:
            AwsError: ``ValidationException`` where something is under way already, or where a failed endpoint is
                to be updated, which can only be deleted.
        """
        with self._lock:
            allowed = (IN_SERVICE, FAILED) if status == "Deleting" else (IN_SERVICE,)
            if self.status == FAILED and FAILED not in allowed:
                raise validation_error(f'Cannot update endpoint "{self.arn}" in status Failed: it can only be deleted.')
            if self.status not in allowed:
                raise validation_error(f'Cannot update in-progress endpoint "{self.arn}".')
            if status == "Deleting" and self.components:
                raise validation_error(
                    f'Cannot delete endpoint "{self.arn}": inference components are on it, which are to be deleted '
                    f"before: {', '.join(sorted(self.components))}."
                )
            if pending is not None:
                self._check_components(pending)
            self.pending = pending
            self._set(status)
        self.on_change(self)

    def _check_components(self, config: EndpointConfig) -> None:
        """Models that share an endpoint stay on it when it changes."""
        if config.shared != self.config.shared:
            raise validation_error(
                f'Cannot update endpoint "{self.arn}": the variants of its configuration and of {config.name} must '
                "either all have a ModelName, or none."
            )
        there = {variant["VariantName"] for variant in config.variants}
        if gone := sorted(set(self.components.values()) - there):
            raise validation_error(
                f'Cannot update endpoint "{self.arn}": inference components are on variants that {config.name} does '
                f"not have: {', '.join(gone)}."
            )

    def place(self, component: str, variant: str) -> None:
        """Takes an inference component.

        Raises:
            AwsError: ``ValidationException`` where it cannot.
        """
        with self._lock:
            if not self.config.shared:
                raise validation_error(
                    f'Cannot create inference component {component} on endpoint "{self.arn}": the variants of its '
                    "configuration have models of their own."
                )
            if self.status not in (IN_SERVICE, "Updating"):
                raise validation_error(
                    f'Cannot create inference component {component} on endpoint "{self.arn}" in status {self.status}.'
                )
            if variant not in {each["VariantName"] for each in self.config.variants}:
                raise validation_error(f'Could not find variant "{variant}" of endpoint "{self.arn}".')
            self.components[component] = variant

    def release(self, component: str) -> None:
        """An inference component is gone."""
        with self._lock:
            self.components.pop(component, None)

    def serve(self, fleet: Fleet, capture: DataCapture | None) -> tuple[Fleet | None, DataCapture | None]:
        """Moves the traffic to a fleet at once; gives what served before."""
        with self._lock:
            before = self.fleet, self.capture
            self.fleet, self.capture, self.config = fleet, capture, fleet.config
            self.route.replace(fleet.routes(), capture, shared=fleet.config.shared)
        return before

    def refresh(self, fleet: Fleet) -> None:
        """A container of a fleet became healthy, or ceased to be, or weights changed."""
        with self._lock:
            if fleet is self.fleet:
                self.route.replace(fleet.routes(), self.capture, shared=fleet.config.shared)

    def settle(self, status: str, *, failure: str | None = None, deployment: dict[str, Any] | None = None) -> None:
        """What was under way has ended."""
        with self._lock:
            self.pending = None
            self._failure_reason = failure[:1024] if failure is not None else None
            if deployment is not None:
                self._deployment_config = deployment
            self._set(status)
        self.on_change(self)

    def _set(self, status: str) -> None:
        self.route.status = status
        self.modified = now()

    def describe(self) -> dict[str, Any]:
        """What DescribeEndpoint answers."""
        with self._lock:
            answer: dict[str, Any] = {
                "EndpointName": self.name,
                "EndpointArn": self.arn,
                "EndpointConfigName": self.config.name,
                "EndpointStatus": self.status,
                "CreationTime": self.created,
                "LastModifiedTime": self.modified,
            }
            if self.fleet is not None:
                answer["ProductionVariants"] = self.fleet.describe()
            if self.capture is not None:
                answer["DataCaptureConfig"] = _capture_summary(self.capture.config)
            if self._failure_reason is not None:
                answer["FailureReason"] = self._failure_reason
            if self._deployment_config is not None:
                answer["LastDeploymentConfig"] = self._deployment_config
            if self.pending is not None:
                answer["PendingDeploymentSummary"] = {
                    "EndpointConfigName": self.pending.name,
                    "ProductionVariants": [
                        {"VariantName": variant["VariantName"]} for variant in self.pending.variants
                    ],
                    "StartTime": self.modified,
                }
        return answer

    def event_record(self) -> dict[str, Any]:
        """The description as events have it: with their own words for the status."""
        described = self.describe()
        return described | {"EndpointStatus": _EVENT_STATUS[described["EndpointStatus"]]}


def _capture_summary(config: dict[str, Any]) -> dict[str, Any]:
    return {
        "EnableCapture": True,
        "CaptureStatus": "Started",
        "CurrentSamplingPercentage": config["InitialSamplingPercentage"],
        "DestinationS3Uri": config["DestinationS3Uri"],
        "KmsKeyId": config.get("KmsKeyId", ""),
    }
