"""The instances that serve one model: fetched data, started, scaled, ended."""

import queue
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import define, evolve, field, frozen

from local_aws.containers.engine import ContainerEngine, EngineError, RunSpec
from local_aws.containers.references import ImageReference
from local_aws.containers.registry import image_digest
from local_aws.gateway.errors import AwsError
from local_aws.log_streams import LogStream
from local_aws.platform import Credentials, Platform
from local_aws.sagemaker.container_definitions import ServingContainer
from local_aws.sagemaker.endpoints.host import HostFailure, ModelHost, Place
from local_aws.sagemaker.endpoints.model_data import ModelDataError, fetch_model_data, place_model
from local_aws.sagemaker.endpoints.settings import EndpointSettings
from local_aws.sagemaker.resource_names import now
from local_aws.sagemaker.roles import assume_execution_role


class DeploymentError(Exception):
    """Something did not come into service; the message is the FailureReason."""


@frozen(kw_only=True)
class Ground:
    """What every fleet stands on.

    Attributes:
        platform: the local AWS.
        engine: gives the container engine.
        settings: times and counts.
        retire: told of each container's port before the container is ended.
    """

    platform: Platform
    engine: Callable[[], ContainerEngine]
    settings: EndpointSettings
    retire: Callable[[int], None]


@frozen(kw_only=True)
class Served:
    """What a fleet serves, and as what it is known.

    Attributes:
        subject: in messages, such as ``production variant blue``.
        region: where.
        containers: of the model.
        direct: whether requests name the container that answers them.
        role_arn: with whose rights they run.
        isolated: whether they get neither credentials nor the address of this AWS.
        log_group: of their output.
        log_prefix: of the streams in it, before an instance's id.
        startup_seconds: a container's time to its first healthy /ping.
    """

    subject: str
    region: str
    containers: tuple[ServingContainer, ...]
    direct: bool
    role_arn: str
    isolated: bool
    log_group: str
    log_prefix: str
    startup_seconds: float


@define(eq=False, kw_only=True)
class ModelFleet:
    """The instances of one model.

    Attributes:
        ground: what it stands on.
        served: what it serves.
        folder: of this fleet on disk.
        on_change: called when a container became healthy or ceased to be.
        images: of the containers, by digest where it is known.
    """

    ground: Ground
    served: Served
    folder: Path
    on_change: Callable[[], None]
    images: list[dict[str, Any]] = field(factory=list)
    _hosts: list[ModelHost] = field(factory=list)
    _credentials: Credentials | None = None
    _stopped: bool = False
    _lock: threading.Lock = field(factory=threading.Lock)

    @property
    def count(self) -> int:
        """Instances that are there."""
        return len(self._hosts)

    def ports(self) -> list[tuple[int | None, ...]]:
        """Of each instance's containers; None for one that is not healthy."""
        return [host.ports for host in self._hosts]

    def prepare(self) -> None:
        """Fetches what each instance needs.

        Raises:
            DeploymentError: the role cannot be assumed, or model data cannot be had.
        """
        platform = self.ground.platform
        try:
            self._credentials = assume_execution_role(platform, self.served.role_arn)
            for container in self.served.containers:
                fetch_model_data(
                    platform, self.served.region, container, self._credentials, self._data_folder(container)
                )
        except (AwsError, ModelDataError) as error:
            raise DeploymentError(error.message if isinstance(error, AwsError) else str(error)) from error
        self.images = [self._image(container.definition["Image"]) for container in self.served.containers]

    def add(self, count: int) -> None:
        """Starts instances and waits until all are healthy; on failure those that were added are ended.

        Raises:
            DeploymentError: one did not become healthy.
        """
        answers: queue.SimpleQueue[ModelHost] = queue.SimpleQueue()
        added = [self._host(answers) for _ in range(count)]
        with self._lock:
            if self._stopped:
                raise DeploymentError(f"{self.served.subject} was stopped")
            self._hosts += added
            for host in added:
                host.start()
        for _ in added:
            failure = answers.get().failure
            if failure is not None:
                self._end(added)
                raise DeploymentError(self._reason(failure))

    def scale(self, count: int) -> None:
        """Changes the number of instances.

        Raises:
            DeploymentError: a new one did not become healthy.
        """
        surplus = self._hosts[count:]
        if surplus:
            with self._lock:
                del self._hosts[count:]
            self.on_change()
            self._end(surplus)
        elif count > len(self._hosts):
            self.add(count - len(self._hosts))

    def stop(self) -> None:
        """Ends every instance; none can be added afterwards."""
        with self._lock:
            self._stopped = True
        self._end(list(self._hosts))

    def _end(self, hosts: list[ModelHost]) -> None:
        with self._lock:
            self._hosts = [host for host in self._hosts if host not in hosts]
        for host in hosts:
            for port in host.ports:
                if port is not None:
                    self.ground.retire(port)
        threads = [threading.Thread(target=host.stop, name="model instance end") for host in hosts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _host(self, answers: "queue.SimpleQueue[ModelHost]") -> ModelHost:
        identity = f"i-{uuid.uuid4().hex[:17]}"
        return ModelHost(
            engine=self.ground.engine(),
            places=[
                self._place(identity, container, image["ResolvedImage"])
                for container, image in zip(self.served.containers, self.images, strict=True)
            ],
            settings=self.ground.settings,
            startup_seconds=self.served.startup_seconds,
            on_first=answers.put,
            on_change=self.on_change,
        )

    def _place(self, identity: str, container: ServingContainer, image: str) -> Place:
        served = self.served
        volume = self.folder / identity / container.name
        place_model(self._data_folder(container), volume)
        alone = len(served.containers) == 1
        stream = f"{served.log_prefix}/{identity}" + ("" if alone else f"/{container.name}")
        log = LogStream(self.ground.platform, served.region, served.log_group, stream)
        spec = RunSpec(
            image=image,
            arguments=("serve",),
            environment=self._environment(container),
            opt_ml=volume,
            on_line=log.write,
            serve=True,
            credentials=self._credentials,
        )
        return Place(container=container, spec=spec, log=log)

    def _data_folder(self, container: ServingContainer) -> Path:
        return self.folder / "models" / container.name

    def _image(self, name: str) -> dict[str, Any]:
        resolved = name  # where its digest is not known, the container's start tells what is wrong
        try:
            digest = image_digest(self.ground.platform, name, self._credentials)
        except EngineError:
            pass
        else:
            resolved = str(evolve(ImageReference.parse(name), tag=None, digest=digest))
        return {"SpecifiedImage": name, "ResolvedImage": resolved, "ResolutionTime": now()}

    def _environment(self, container: ServingContainer) -> dict[str, str]:
        environment = {"AWS_REGION": self.served.region, "PYTHONUNBUFFERED": "1"}
        if not self.served.isolated and self._credentials is not None:
            environment["AWS_ENDPOINT_URL"] = self.ground.platform.endpoint_url
            environment.update(self._credentials.environment())
        return environment | container.environment

    def _reason(self, failure: HostFailure) -> str:
        subject, container = self.served.subject, failure.container.described
        if failure.reason in ("exit code 126", "exit code 127"):
            return (
                f"CannotStartContainerError. Please ensure the model container for {subject.split(' ', 1)[1]} starts "
                "correctly when invoked with 'docker run <image> serve'"
            )
        if failure.reason.startswith(("exit code", "no healthy")):
            return (
                f"The {container} for {subject} did not pass the ping health check. Please check CloudWatch logs for "
                "this endpoint."
            )
        return f"The {container} for {subject} could not be started: {failure.reason}"
