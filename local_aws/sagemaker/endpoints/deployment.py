"""What takes an endpoint from one state to the next: create, update with rollback, scale, delete."""

import logging
import threading
from collections.abc import Callable
from typing import Any

from attrs import define, field

from local_aws.log_streams import LogStream
from local_aws.sagemaker.endpoints.configs import EndpointConfig
from local_aws.sagemaker.endpoints.endpoint import FAILED, IN_SERVICE, Endpoint
from local_aws.sagemaker.endpoints.fleet import LOG_GROUP, Fleet
from local_aws.sagemaker.endpoints.model_fleet import DeploymentError, Ground
from local_aws.sagemaker.runtime.capture import DataCapture

_log = logging.getLogger(__name__)

_INTERNAL = "Request to service failed. If failure persists after retry, contact customer support."


@define(eq=False)
class Deployments:
    """Carries out what endpoints are asked for, each in a thread of the platform's workers.

    Args:
        ground: what fleets stand on.
    """

    ground: Ground
    _fleets: set[Fleet] = field(factory=set)
    _captures: set[DataCapture] = field(factory=set)
    _closing: threading.Event = field(factory=threading.Event)
    _lock: threading.Lock = field(factory=threading.Lock)

    def create(self, endpoint: Endpoint) -> None:
        """Brings a new endpoint into service, or into ``Failed``."""
        self._submit(endpoint, lambda: self._create(endpoint))

    def update(self, endpoint: Endpoint, config: EndpointConfig, plan: dict[str, Any]) -> None:
        """Replaces an endpoint's fleet: the new one is healthy before traffic moves, else the old one stays.

        Args:
            endpoint: that is ``Updating``.
            config: of the new fleet.
            plan: the UpdateEndpoint request.
        """
        self._submit(endpoint, lambda: self._update(endpoint, config, plan))

    def adjust(self, endpoint: Endpoint, wanted: list[dict[str, Any]]) -> None:
        """Changes weights and counts of variants: DesiredWeightsAndCapacities."""
        self._submit(endpoint, lambda: self._adjust(endpoint, wanted))

    def delete(self, endpoint: Endpoint, gone: Callable[[], None]) -> None:
        """Ends an endpoint's containers, then says that it is gone."""
        self._submit(endpoint, lambda: self._delete(endpoint, gone))

    def stop(self) -> None:
        """Ends every container and writes what was captured, for the server's end."""
        self._closing.set()
        with self._lock:
            fleets, captures = list(self._fleets), list(self._captures)
        for capture in captures:
            capture.close()
        threads = [threading.Thread(target=fleet.stop, name="fleet end") for fleet in fleets]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _submit(self, endpoint: Endpoint, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            except Exception:  # noqa: BLE001 - an endpoint must not stay in progress for ever
                if not self._closing.is_set():
                    _log.exception("endpoint %s", endpoint.arn)
                endpoint.settle(IN_SERVICE if endpoint.fleet is not None else FAILED, failure=_INTERNAL)

        self.ground.platform.workers.submit(run)

    def _create(self, endpoint: Endpoint) -> None:
        fleet = self._fleet(endpoint, endpoint.config)
        try:
            fleet.launch({})
        except DeploymentError as error:
            self._forget(fleet)
            endpoint.settle(FAILED, failure=str(error))
            return
        endpoint.serve(fleet, self._capture(endpoint, endpoint.config))
        endpoint.settle(IN_SERVICE)

    def _update(self, endpoint: Endpoint, config: EndpointConfig, plan: dict[str, Any]) -> None:
        counts, weights = _retained(endpoint, plan)
        fleet = self._fleet(endpoint, config)
        try:
            fleet.launch(counts)
        except DeploymentError as error:
            self._forget(fleet)
            endpoint.settle(IN_SERVICE, failure=str(error))
            return
        for name, weight in weights.items():
            if name in fleet.variants:
                fleet.variants[name].weight = weight
        retains_capture = _retains(plan, "DataCaptureConfig")
        capture = endpoint.capture if retains_capture else self._capture(endpoint, config)
        old_fleet, old_capture = endpoint.serve(fleet, capture)
        policy = plan.get("DeploymentConfig", {}).get("BlueGreenUpdatePolicy", {})
        self._closing.wait(policy.get("TerminationWaitInSeconds", 0))
        if old_fleet is not None:
            self._forget(old_fleet)
            old_fleet.stop()
        if old_capture is not None and old_capture is not capture:
            self._close(old_capture)
        endpoint.settle(IN_SERVICE, deployment=plan.get("DeploymentConfig"))

    def _adjust(self, endpoint: Endpoint, wanted: list[dict[str, Any]]) -> None:
        fleet = endpoint.fleet
        if fleet is None:
            raise DeploymentError("the endpoint has no containers")
        failure = None
        for change in wanted:
            variant = fleet.variants[change["VariantName"]]
            if "DesiredWeight" in change:
                variant.weight = float(change["DesiredWeight"])
            try:
                variant.scale(change.get("DesiredInstanceCount", variant.count))
            except DeploymentError as error:
                failure = str(error)
        endpoint.refresh(fleet)
        endpoint.settle(IN_SERVICE, failure=failure)

    def _delete(self, endpoint: Endpoint, gone: Callable[[], None]) -> None:
        if endpoint.fleet is not None:
            self._forget(endpoint.fleet)
            endpoint.fleet.stop()
        if endpoint.capture is not None:
            self._close(endpoint.capture)
        gone()

    def _fleet(self, endpoint: Endpoint, config: EndpointConfig) -> Fleet:
        fleet = Fleet.make(self.ground, endpoint.name, endpoint.route.region, config, endpoint.refresh)
        with self._lock:
            if self._closing.is_set():
                raise DeploymentError("the server stops")
            self._fleets.add(fleet)
        return fleet

    def _forget(self, fleet: Fleet) -> None:
        with self._lock:
            self._fleets.discard(fleet)

    def _capture(self, endpoint: Endpoint, config: EndpointConfig) -> DataCapture | None:
        if config.capture is None:
            return None
        log = LogStream(self.ground.platform, endpoint.route.region, LOG_GROUP + endpoint.name, "data-capture")
        capture = DataCapture(
            platform=self.ground.platform,
            endpoint_name=endpoint.name,
            region=endpoint.route.region,
            role_arn=config.role_arn,
            config=config.capture,
            flush_seconds=self.ground.settings.capture_seconds,
            report=log.write,
        )
        with self._lock:
            self._captures.add(capture)
        return capture

    def _close(self, capture: DataCapture) -> None:
        with self._lock:
            self._captures.discard(capture)
        capture.close()


def _retains(plan: dict[str, Any], kind: str) -> bool:
    excluded = {entry["VariantPropertyType"] for entry in plan.get("ExcludeRetainedVariantProperties", ())}
    return bool(plan.get("RetainAllVariantProperties")) and kind not in excluded


def _retained(endpoint: Endpoint, plan: dict[str, Any]) -> tuple[dict[str, int], dict[str, float]]:
    """Instance counts and weights that an update keeps."""
    variants = endpoint.fleet.variants.values() if endpoint.fleet is not None else ()
    counts = {variant.name: variant.count for variant in variants}
    weights = {variant.name: variant.weight for variant in variants}
    return (
        counts if _retains(plan, "DesiredInstanceCount") else {},
        weights if _retains(plan, "DesiredWeight") else {},
    )
