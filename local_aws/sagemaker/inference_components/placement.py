"""What takes an inference component from one state to the next: create, update with rollback, scale, delete."""

import logging
import shutil
import threading
import uuid
from collections.abc import Callable
from typing import Any

from attrs import define, field

from local_aws.sagemaker.endpoints.endpoint import FAILED, IN_SERVICE
from local_aws.sagemaker.endpoints.model_fleet import DeploymentError, Ground, ModelFleet, Served
from local_aws.sagemaker.inference_components.component import InferenceComponent

_log = logging.getLogger(__name__)

_INTERNAL = "Request to service failed. If failure persists after retry, contact customer support."


@define(eq=False)
class Placements:
    """Carries out what inference components are asked for, each in a thread of the platform's workers.

    Args:
        ground: what their copies stand on.
    """

    ground: Ground
    _fleets: set[ModelFleet] = field(factory=set)
    _closing: threading.Event = field(factory=threading.Event)
    _lock: threading.Lock = field(factory=threading.Lock)

    def place(self, component: InferenceComponent, served: Served, specification: dict[str, Any], copies: int) -> None:
        """Brings copies of a model into service: the first, or new ones, which are healthy before requests go to them.

        Args:
            component: that is ``Creating`` or ``Updating``.
            served: what the copies serve.
            specification: that says so.
            copies: how many.
        """
        component.copies = copies
        self._submit(component, lambda: self._place(component, served, specification))

    def scale(self, component: InferenceComponent, copies: int) -> None:
        """Changes the number of copies."""
        component.copies = copies
        self._submit(component, lambda: self._scale(component))

    def delete(self, component: InferenceComponent, gone: Callable[[], None]) -> None:
        """Ends a component's copies, then says that it is gone."""
        self._submit(component, lambda: self._delete(component, gone))

    def stop(self) -> None:
        """Ends every copy, for the server's end."""
        self._closing.set()
        with self._lock:
            fleets = list(self._fleets)
        threads = [threading.Thread(target=fleet.stop, name="copies end") for fleet in fleets]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _submit(self, component: InferenceComponent, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            except DeploymentError as error:
                _settle(component, str(error))
            except Exception:  # noqa: BLE001 - a component must not stay in progress for ever
                if not self._closing.is_set():
                    _log.exception("inference component %s", component.arn)
                _settle(component, _INTERNAL)

        self.ground.platform.workers.submit(run)

    def _place(self, component: InferenceComponent, served: Served, specification: dict[str, Any]) -> None:
        fleet = self._fleet(component, served)
        try:
            fleet.prepare()
            fleet.add(component.copies)
        except DeploymentError:
            self._end(fleet)
            raise
        before = component.serve(fleet, specification)
        if before is not None:
            self._end(before)
        _settle(component)

    def _scale(self, component: InferenceComponent) -> None:
        fleet = component.fleet
        if fleet is None:
            raise DeploymentError("the inference component has never been in service")
        fleet.scale(component.copies)
        component.refresh(fleet)
        _settle(component)

    def _delete(self, component: InferenceComponent, gone: Callable[[], None]) -> None:
        if component.fleet is not None:
            self._end(component.fleet)
        gone()

    def _fleet(self, component: InferenceComponent, served: Served) -> ModelFleet:
        folder = self.ground.platform.state_dir / "inference-components" / uuid.uuid4().hex

        def refresh() -> None:
            component.refresh(fleet)

        fleet = ModelFleet(ground=self.ground, served=served, folder=folder, on_change=refresh)
        with self._lock:
            if self._closing.is_set():
                raise DeploymentError("the server stops")
            self._fleets.add(fleet)
        return fleet

    def _end(self, fleet: ModelFleet) -> None:
        with self._lock:
            self._fleets.discard(fleet)
        fleet.stop()
        shutil.rmtree(fleet.folder, ignore_errors=True)


def _settle(component: InferenceComponent, failure: str | None = None) -> None:
    """After a failure, copies that served before serve on."""
    if failure is not None and component.fleet is not None:
        component.copies = component.fleet.count
    serving = failure is None or component.fleet is not None
    component.settle(IN_SERVICE if serving else FAILED, failure=failure)
