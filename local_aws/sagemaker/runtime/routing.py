"""Which containers answer for an endpoint; read by every request, replaced as a whole by whoever changes it."""

import itertools
import random
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import define, field

if TYPE_CHECKING:
    from local_aws.sagemaker.runtime.capture import DataCapture


Leg = tuple[str, int]
"""A container on a request's way: its name, and its port on 127.0.0.1."""

Way = tuple[Leg, ...]
"""The containers that answer a request one after the other."""


@define(eq=False)
class VariantRoute:
    """The ways that requests to one variant can take.

    Args:
        name: of the variant.
        weight: its share of the traffic, relative to the other variants' weights.
        ways: through each instance that can answer, by the container that a request names; None for requests that name
            none. A way through several containers is an inference pipeline.
    """

    name: str
    weight: float
    ways: Mapping[str | None, Sequence[Way]]
    _turns: "itertools.count[int]" = field(factory=itertools.count)

    @classmethod
    def of(
        cls,
        name: str,
        weight: float,
        containers: Sequence[str],
        instances: Sequence[Sequence[int | None]],
        *,
        direct: bool = False,
    ) -> "VariantRoute":
        """From the containers that are healthy.

        Args:
            name: of the variant.
            weight: of the variant.
            containers: names of the model's containers, in their order.
            instances: the ports of each instance's containers; None for one that is not healthy.
            direct: whether a request names its container.
        """
        legs = [list(zip(containers, ports, strict=True)) for ports in instances]
        if direct:
            return cls(name, weight, {each: _through(legs, each) for each in containers})
        whole = [tuple((each, port) for each, port in leg if port is not None) for leg in legs]
        return cls(name, weight, {None: [way for way in whole if len(way) == len(containers)]})

    def way(self, container: str | None) -> Way | None:
        """The next way in turn; None while no instance can answer.

        Raises:
            KeyError: there is no such container, or requests must name one, or must not.
        """
        ways = self.ways[container]
        if len(ways) == 1:
            return ways[0]
        return ways[next(self._turns) % len(ways)] if ways else None


def _through(instances: Sequence[Sequence[tuple[str, int | None]]], container: str) -> list[Way]:
    return [((name, port),) for legs in instances for name, port in legs if name == container and port is not None]


@define(eq=False, kw_only=True)
class EndpointRoute:
    """How requests to one endpoint travel.

    Attributes:
        account: of the endpoint.
        region: of the endpoint.
        name: of the endpoint.
        status: the endpoint's; requests pass while it serves.
        serving: whether there is a fleet that takes requests.
        variants: by name, in the order of the configuration.
        shared: whether requests name the inference component that answers them.
        components: the ways to each, by its name.
        capture: takes requests and answers for data capture, where the endpoint has it.
    """

    account: str
    region: str
    name: str
    status: str = "Creating"
    serving: bool = False
    variants: dict[str, VariantRoute] = field(factory=dict)
    shared: bool = False
    components: dict[str, VariantRoute] = field(factory=dict)
    capture: "DataCapture | None" = None
    _cumulative: list[float] = field(factory=list)
    _choices: list[VariantRoute] = field(factory=list)

    @property
    def arn(self) -> str:
        """The endpoint's ARN."""
        return f"arn:aws:sagemaker:{self.region}:{self.account}:endpoint/{self.name}"

    def replace(self, variants: list[VariantRoute], capture: "DataCapture | None", *, shared: bool = False) -> None:
        """Sends the requests that come from now on to other containers."""
        weights = [variant.weight for variant in variants]
        self._choices, self._cumulative = variants, list(itertools.accumulate(weights))
        self.variants = {variant.name: variant for variant in variants}
        self.capture = capture
        self.shared = shared
        self.serving = True

    def choose(self) -> VariantRoute:
        """A variant, at random by weight; all alike where every weight is 0."""
        choices, cumulative = self._choices, self._cumulative
        if len(choices) == 1:
            return choices[0]
        if not cumulative[-1]:
            return random.choice(choices)  # noqa: S311 - balancing needs no secrecy
        return random.choices(choices, cum_weights=cumulative)[0]  # noqa: S311


@define(eq=False)
class RouteTable:
    """The endpoints that requests can name, by account, region and name."""

    _routes: dict[tuple[str, str, str], EndpointRoute] = field(factory=dict)

    def put(self, route: EndpointRoute) -> None:
        """Makes an endpoint known."""
        self._routes[route.account, route.region, route.name] = route

    def remove(self, route: EndpointRoute) -> None:
        """Forgets an endpoint."""
        route.serving = False
        self._routes.pop((route.account, route.region, route.name), None)

    def get(self, account: str, region: str, name: str) -> EndpointRoute | None:
        """The route of an endpoint, or None."""
        return self._routes.get((account, region, name))
