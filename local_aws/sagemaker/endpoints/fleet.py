"""The containers of an endpoint: one variant's, and all variants' of a configuration."""

import queue
import shutil
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
from local_aws.sagemaker.endpoints.configs import EndpointConfig
from local_aws.sagemaker.endpoints.instance import ModelInstance
from local_aws.sagemaker.endpoints.model_data import ModelDataError, fetch_model_data, place_model
from local_aws.sagemaker.endpoints.models import Model
from local_aws.sagemaker.endpoints.settings import EndpointSettings
from local_aws.sagemaker.resource_names import now
from local_aws.sagemaker.roles import assume_execution_role
from local_aws.sagemaker.runtime.routing import VariantRoute

LOG_GROUP = "/aws/sagemaker/Endpoints/"


class DeploymentError(Exception):
    """A fleet did not come into service; the message is the endpoint's FailureReason."""


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


@define(eq=False, kw_only=True)
class VariantFleet:
    """The containers of one variant.

    Attributes:
        ground: what it stands on.
        endpoint_name: for logs.
        region: of the endpoint.
        variant: of the configuration.
        model: that it runs.
        folder: of this fleet on disk.
        on_change: called when a container became healthy or ceased to be.
        weight: its present share of the traffic.
    """

    ground: Ground
    endpoint_name: str
    region: str
    variant: dict[str, Any]
    model: Model
    folder: Path
    on_change: Callable[[], None]
    weight: float
    resolved_image: str = ""
    resolved_at: Any = field(factory=now)
    _instances: list[tuple[ModelInstance, LogStream]] = field(factory=list)
    _credentials: Credentials | None = None
    _stopped: bool = False
    _lock: threading.Lock = field(factory=threading.Lock)

    @property
    def name(self) -> str:
        """The variant's name."""
        return str(self.variant["VariantName"])

    @property
    def initial_count(self) -> int:
        """Instances to begin with: a serverless variant is one."""
        return int(self.variant.get("InitialInstanceCount", 1))

    @property
    def count(self) -> int:
        """Instances that are there."""
        return len(self._instances)

    def route(self) -> VariantRoute:
        """How requests reach it now."""
        ports = (instance.address for instance, _ in self._instances)
        return VariantRoute(self.name, self.weight, tuple(port for port in ports if port is not None))

    def prepare(self) -> None:
        """Fetches what each instance needs.

        Raises:
            DeploymentError: the role cannot be assumed, or the model data cannot be had.
        """
        try:
            self._credentials = assume_execution_role(self.ground.platform, self.model.role_arn)
            fetch_model_data(self.ground.platform, self.region, self.model, self._credentials, self.folder / "model")
        except (AwsError, ModelDataError) as error:
            raise DeploymentError(error.message if isinstance(error, AwsError) else str(error)) from error
        image = self.model.container["Image"]
        try:
            digest = image_digest(self.ground.platform, image, self._credentials)
        except EngineError:
            self.resolved_image = image  # the container's start tells what is wrong
        else:
            self.resolved_image = str(evolve(ImageReference.parse(image), tag=None, digest=digest))

    def add(self, count: int) -> None:
        """Starts instances and waits until all are healthy; on failure those that were added are ended.

        Raises:
            DeploymentError: one did not become healthy.
        """
        answers: queue.SimpleQueue[ModelInstance] = queue.SimpleQueue()
        added = [self._instance(answers) for _ in range(count)]
        with self._lock:
            if self._stopped:
                raise DeploymentError(f"production variant {self.name} was stopped")
            self._instances += added
            for instance, _ in added:
                instance.start()
        for _ in added:
            instance = answers.get()
            if instance.failure is not None:
                self._end(added)
                raise DeploymentError(self._reason(instance.failure))

    def scale(self, count: int) -> None:
        """Changes the number of instances.

        Raises:
            DeploymentError: a new one did not become healthy.
        """
        surplus = self._instances[count:]
        if surplus:
            with self._lock:
                del self._instances[count:]
            self.on_change()
            self._end(surplus)
        elif count > len(self._instances):
            self.add(count - len(self._instances))

    def stop(self) -> None:
        """Ends every instance; none can be added afterwards."""
        with self._lock:
            self._stopped = True
        self._end(list(self._instances))

    def _end(self, instances: list[tuple[ModelInstance, LogStream]]) -> None:
        with self._lock:
            self._instances = [entry for entry in self._instances if entry not in instances]
        for instance, _ in instances:
            if instance.address is not None:
                self.ground.retire(instance.address)
        threads = [threading.Thread(target=_end_instance, args=entry, name="model instance end") for entry in instances]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _instance(self, answers: "queue.SimpleQueue[ModelInstance]") -> tuple[ModelInstance, LogStream]:
        identity = f"i-{uuid.uuid4().hex[:17]}"
        volume = self.folder / identity
        place_model(self.folder / "model", volume)
        log = LogStream(self.ground.platform, self.region, LOG_GROUP + self.endpoint_name, f"{self.name}/{identity}")
        settings = self.ground.settings
        instance = ModelInstance(
            engine=self.ground.engine(),
            spec=RunSpec(
                image=self.resolved_image,
                arguments=("serve",),
                environment=self._environment(),
                opt_ml=volume,
                on_line=log.write,
                serve=True,
                credentials=self._credentials,
            ),
            write=log.write,
            settings=settings,
            startup_seconds=self.variant.get("ContainerStartupHealthCheckTimeoutInSeconds", settings.startup_seconds),
            on_first=answers.put,
            on_change=self.on_change,
        )
        return instance, log

    def _environment(self) -> dict[str, str]:
        environment = {"AWS_REGION": self.region, "PYTHONUNBUFFERED": "1"}
        if not self.model.isolated and self._credentials is not None:
            environment["AWS_ENDPOINT_URL"] = self.ground.platform.endpoint_url
            environment.update(self._credentials.environment())
        environment.update(self.model.container.get("Environment", {}))
        return environment

    def _reason(self, failure: str) -> str:
        if failure in ("exit code 126", "exit code 127"):
            return (
                f"CannotStartContainerError. Please ensure the model container for variant {self.name} starts "
                "correctly when invoked with 'docker run <image> serve'"
            )
        if failure.startswith(("exit code", "no healthy")):
            return (
                f"The primary container for production variant {self.name} did not pass the ping health check. "
                "Please check CloudWatch logs for this endpoint."
            )
        return f"The primary container for production variant {self.name} could not be started: {failure}"

    def describe(self) -> dict[str, Any]:
        """The variant's part of DescribeEndpoint."""
        described: dict[str, Any] = {
            "VariantName": self.name,
            "DeployedImages": [
                {
                    "SpecifiedImage": self.model.container["Image"],
                    "ResolvedImage": self.resolved_image,
                    "ResolutionTime": self.resolved_at,
                }
            ],
            "CurrentWeight": self.weight,
            "DesiredWeight": self.weight,
        }
        if "ServerlessConfig" in self.variant:
            serverless = self.variant["ServerlessConfig"]
            return described | {"CurrentServerlessConfig": serverless, "DesiredServerlessConfig": serverless}
        return described | {"CurrentInstanceCount": self.count, "DesiredInstanceCount": self.count}


@define(eq=False, kw_only=True)
class Fleet:
    """The containers of all variants of one configuration.

    Attributes:
        config: that it was made from.
        variants: by name.
        folder: of this fleet on disk.
    """

    config: EndpointConfig
    variants: dict[str, VariantFleet]
    folder: Path

    @classmethod
    def make(
        cls,
        ground: Ground,
        endpoint_name: str,
        region: str,
        config: EndpointConfig,
        on_change: Callable[["Fleet"], None],
    ) -> "Fleet":
        """A fleet that is not yet launched."""
        folder = ground.platform.state_dir / "endpoints" / uuid.uuid4().hex
        fleet = cls(config=config, variants={}, folder=folder)
        for variant in config.variants:
            name = variant["VariantName"]
            fleet.variants[name] = VariantFleet(
                ground=ground,
                endpoint_name=endpoint_name,
                region=region,
                variant=variant,
                model=config.models[name],
                folder=folder / name,
                on_change=lambda: on_change(fleet),
                weight=float(variant["InitialVariantWeight"]),
            )
        return fleet

    def launch(self, counts: dict[str, int]) -> None:
        """Brings every variant into service; on failure nothing is left running.

        Args:
            counts: instances by variant. Default: the configuration's.

        Raises:
            DeploymentError: a variant did not come into service.
        """
        failures: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()

        def launch(variant: VariantFleet) -> None:
            try:
                variant.prepare()
                variant.add(counts.get(variant.name, variant.initial_count))
            except BaseException as error:  # noqa: BLE001 - told to whoever waits
                failures.put(error)
            else:
                failures.put(None)

        for variant in self.variants.values():
            threading.Thread(target=launch, args=(variant,), name=f"launch {variant.name}", daemon=True).start()
        for _ in self.variants:
            failure = failures.get()
            if failure is not None:
                self.stop()
                raise failure

    def routes(self) -> list[VariantRoute]:
        """How requests reach each variant now."""
        return [variant.route() for variant in self.variants.values()]

    def stop(self) -> None:
        """Ends every container and removes their files."""
        for variant in self.variants.values():
            variant.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def describe(self) -> list[dict[str, Any]]:
        """ProductionVariants of DescribeEndpoint."""
        return [variant.describe() for variant in self.variants.values()]


def _end_instance(instance: ModelInstance, log: LogStream) -> None:
    instance.stop()
    log.close()
