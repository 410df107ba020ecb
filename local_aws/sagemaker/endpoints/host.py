"""One instance of a model: its containers side by side, each kept serving by itself."""

import threading
from collections.abc import Callable, Sequence
from functools import partial

from attrs import define, field, frozen

from local_aws.containers.engine import ContainerEngine, RunSpec
from local_aws.log_streams import LogStream
from local_aws.sagemaker.container_definitions import ServingContainer
from local_aws.sagemaker.endpoints.instance import ModelInstance
from local_aws.sagemaker.endpoints.settings import EndpointSettings


@frozen(kw_only=True)
class Place:
    """What one container of an instance is run with.

    Attributes:
        container: of the model.
        spec: how it runs; with `serve`.
        log: takes its output, and what is told of it.
    """

    container: ServingContainer
    spec: RunSpec
    log: LogStream


@frozen
class HostFailure:
    """Why an instance never came into service.

    Attributes:
        container: that never became healthy.
        reason: of it.
    """

    container: ServingContainer
    reason: str


@define(eq=False, kw_only=True)
class ModelHost:
    """Runs the containers of one instance.

    Args:
        engine: runs them.
        places: in the order of the model's containers.
        settings: times and counts.
        startup_seconds: a container's time to its first healthy /ping.
        on_first: called once: when all containers are healthy, or when it is clear that one never will be.
        on_change: called whenever `ports` changes after that.

    Attributes:
        failure: why the instance never came into service.
    """

    engine: ContainerEngine
    places: Sequence[Place]
    settings: EndpointSettings
    startup_seconds: float
    on_first: Callable[["ModelHost"], None]
    on_change: Callable[[], None]
    failure: HostFailure | None = None
    _instances: list[ModelInstance] = field(init=False)
    _healthy: int = 0
    _told: bool = False
    _lock: threading.Lock = field(factory=threading.Lock)

    def __attrs_post_init__(self) -> None:
        self._instances = [
            ModelInstance(
                engine=self.engine,
                spec=place.spec,
                write=place.log.write,
                settings=self.settings,
                startup_seconds=self.startup_seconds,
                on_first=partial(self._reached, place),
                on_change=self.on_change,
            )
            for place in self.places
        ]

    @property
    def ports(self) -> tuple[int | None, ...]:
        """Of its containers, on 127.0.0.1, in their order; None for one that is not healthy."""
        return tuple(instance.address for instance in self._instances)

    def start(self) -> None:
        """Starts the containers and their keepers."""
        for instance in self._instances:
            instance.start()

    def stop(self) -> None:
        """Ends the containers; returns when they are gone, and their logs are handed over."""
        threads = [threading.Thread(target=each.stop, name="model instance end") for each in self._instances[1:]]
        for thread in threads:
            thread.start()
        self._instances[0].stop()
        for thread in threads:
            thread.join()
        for place in self.places:
            place.log.close()

    def _reached(self, place: Place, instance: ModelInstance) -> None:
        with self._lock:
            if self._told:
                return
            if instance.failure is not None:
                self.failure = HostFailure(place.container, instance.failure)
            else:
                self._healthy += 1
            self._told = self.failure is not None or self._healthy == len(self._instances)
            if not self._told:
                return
        self.on_first(self)
