"""Which containers answer for an endpoint; read by every request, replaced as a whole by whoever changes it."""

import itertools
import random
from typing import TYPE_CHECKING

from attrs import define, field

if TYPE_CHECKING:
    from local_aws.sagemaker.runtime.capture import DataCapture


@define(eq=False)
class VariantRoute:
    """The healthy containers of one variant.

    Args:
        name: of the variant.
        weight: its share of the traffic, relative to the other variants' weights.
        ports: of its healthy containers, on 127.0.0.1.
    """

    name: str
    weight: float
    ports: tuple[int, ...]
    _turns: "itertools.count[int]" = field(factory=itertools.count)

    def port(self) -> int | None:
        """The next container in turn; None while no container is healthy."""
        if len(self.ports) == 1:
            return self.ports[0]
        return self.ports[next(self._turns) % len(self.ports)] if self.ports else None


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
        capture: takes requests and answers for data capture, where the endpoint has it.
    """

    account: str
    region: str
    name: str
    status: str = "Creating"
    serving: bool = False
    variants: dict[str, VariantRoute] = field(factory=dict)
    capture: "DataCapture | None" = None
    _cumulative: list[float] = field(factory=list)
    _choices: list[VariantRoute] = field(factory=list)

    @property
    def arn(self) -> str:
        """The endpoint's ARN."""
        return f"arn:aws:sagemaker:{self.region}:{self.account}:endpoint/{self.name}"

    def replace(self, variants: list[VariantRoute], capture: "DataCapture | None") -> None:
        """Sends the requests that come from now on to other containers."""
        weights = [variant.weight for variant in variants]
        self._choices, self._cumulative = variants, list(itertools.accumulate(weights))
        self.variants = {variant.name: variant for variant in variants}
        self.capture = capture
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
