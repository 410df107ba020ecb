"""The containers of an endpoint: one variant's, and all variants' of a configuration."""

import queue
import shutil
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import define

from local_aws.sagemaker.endpoints.configs import EndpointConfig
from local_aws.sagemaker.endpoints.model_fleet import Ground, ModelFleet, Served
from local_aws.sagemaker.runtime.routing import VariantRoute

LOG_GROUP = "/aws/sagemaker/Endpoints/"


@define(eq=False, kw_only=True)
class VariantFleet:
    """The instances of one variant.

    Attributes:
        variant: of the configuration.
        instances: of its model.
        weight: its present share of the traffic.
    """

    variant: dict[str, Any]
    instances: ModelFleet
    weight: float

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
        return self.instances.count

    def routes(self) -> list[VariantRoute]:
        """How requests reach it now."""
        served = self.instances.served
        names = [container.name for container in served.containers]
        return [VariantRoute.of(self.name, self.weight, names, self.instances.ports(), direct=served.direct)]

    def launch(self, count: int) -> None:
        """Brings instances into service.

        Raises:
            DeploymentError: one did not become healthy, or what they need cannot be had.
        """
        self.instances.prepare()
        self.instances.add(count)

    def scale(self, count: int) -> None:
        """Changes the number of instances.

        Raises:
            DeploymentError: a new one did not become healthy.
        """
        self.instances.scale(count)

    def stop(self) -> None:
        """Ends every instance."""
        self.instances.stop()

    def describe(self) -> dict[str, Any]:
        """The variant's part of DescribeEndpoint."""
        described: dict[str, Any] = {
            "VariantName": self.name,
            "DeployedImages": self.instances.images,
            "CurrentWeight": self.weight,
            "DesiredWeight": self.weight,
        }
        if "ServerlessConfig" in self.variant:
            serverless = self.variant["ServerlessConfig"]
            return described | {"CurrentServerlessConfig": serverless, "DesiredServerlessConfig": serverless}
        return described | {"CurrentInstanceCount": self.count, "DesiredInstanceCount": self.count}


@define(eq=False, kw_only=True)
class SharedVariant:
    """A variant that inference components bring their models to: it has a number of instances, and runs nothing.

    Attributes:
        variant: of the configuration.
        weight: as it was asked for; requests name their component.
        count: instances, as they were asked for.
    """

    variant: dict[str, Any]
    weight: float
    count: int = 0

    @property
    def name(self) -> str:
        """The variant's name."""
        return str(self.variant["VariantName"])

    @property
    def initial_count(self) -> int:
        """Instances to begin with."""
        return int(self.variant["InitialInstanceCount"])

    def routes(self) -> list[VariantRoute]:
        """None: requests go to inference components."""
        return []

    def launch(self, count: int) -> None:
        """Notes the number of instances."""
        self.count = count

    def scale(self, count: int) -> None:
        """Notes the number of instances."""
        self.count = count

    def stop(self) -> None:
        """Nothing runs."""

    def describe(self) -> dict[str, Any]:
        """The variant's part of DescribeEndpoint."""
        told = {
            name: self.variant[name] for name in ("ManagedInstanceScaling", "RoutingConfig") if name in self.variant
        }
        return told | {
            "VariantName": self.name,
            "CurrentWeight": self.weight,
            "DesiredWeight": self.weight,
            "CurrentInstanceCount": self.count,
            "DesiredInstanceCount": self.count,
        }


@define(eq=False, kw_only=True)
class Fleet:
    """The containers of all variants of one configuration.

    Attributes:
        config: that it was made from.
        variants: by name.
        folder: of this fleet on disk.
    """

    config: EndpointConfig
    variants: dict[str, VariantFleet | SharedVariant]
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
            weight = float(variant["InitialVariantWeight"])
            if config.shared:
                fleet.variants[name] = SharedVariant(variant=variant, weight=weight)
                continue
            model = config.models[name]
            served = Served(
                subject=f"production variant {name}",
                region=region,
                containers=model.containers,
                direct=model.direct,
                role_arn=model.role_arn,
                isolated=model.isolated,
                log_group=LOG_GROUP + endpoint_name,
                log_prefix=name,
                startup_seconds=variant.get(
                    "ContainerStartupHealthCheckTimeoutInSeconds", ground.settings.startup_seconds
                ),
            )
            fleet.variants[name] = VariantFleet(
                variant=variant,
                instances=ModelFleet(
                    ground=ground, served=served, folder=folder / name, on_change=lambda: on_change(fleet)
                ),
                weight=weight,
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

        def launch(variant: VariantFleet | SharedVariant) -> None:
            try:
                variant.launch(counts.get(variant.name, variant.initial_count))
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
        return [route for variant in self.variants.values() for route in variant.routes()]

    def stop(self) -> None:
        """Ends every container and removes their files."""
        for variant in self.variants.values():
            variant.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def describe(self) -> list[dict[str, Any]]:
        """ProductionVariants of DescribeEndpoint."""
        return [variant.describe() for variant in self.variants.values()]
