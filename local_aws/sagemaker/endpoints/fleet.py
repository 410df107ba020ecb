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
from local_aws.sagemaker.endpoints.models import Model
from local_aws.sagemaker.runtime.routing import VariantRoute

LOG_GROUP = "/aws/sagemaker/Endpoints/"


@define(eq=False, kw_only=True)
class VariantFleet:
    """The instances of one variant.

    Attributes:
        variant: of the configuration.
        model: that it runs.
        instances: of the model.
        weight: its present share of the traffic.
    """

    variant: dict[str, Any]
    model: Model
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

    def route(self) -> VariantRoute:
        """How requests reach it now."""
        names = [container.name for container in self.model.containers]
        return VariantRoute.of(self.name, self.weight, names, self.instances.ports(), direct=self.model.direct)

    def launch(self, count: int) -> None:
        """Brings instances into service.

        Raises:
            DeploymentError: one did not become healthy, or what they need cannot be had.
        """
        self.instances.prepare()
        self.instances.add(count)

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
            model = config.models[name]
            served = Served(
                subject=f"production variant {name}",
                region=region,
                containers=model.containers,
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
                model=model,
                instances=ModelFleet(
                    ground=ground, served=served, folder=folder / name, on_change=lambda: on_change(fleet)
                ),
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
        return [variant.route() for variant in self.variants.values()]

    def stop(self) -> None:
        """Ends every container and removes their files."""
        for variant in self.variants.values():
            variant.instances.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def describe(self) -> list[dict[str, Any]]:
        """ProductionVariants of DescribeEndpoint."""
        return [variant.describe() for variant in self.variants.values()]
