"""CloudWatch metrics of invocations, counted per request and published together."""

import asyncio
from typing import Any, NamedTuple

from attrs import define, field

from local_aws.platform import Platform
from local_aws.sagemaker.resource_names import now
from local_aws.sagemaker.runtime.routing import EndpointRoute

_NAMESPACE = "AWS/SageMaker"
_PUBLISH_SECONDS = 5.0


class Series(NamedTuple):
    """What answers are counted for.

    Attributes:
        route: the endpoint.
        variant: that answered.
        container: of the model; "" for all that is not told by container.
        component: the inference component; "" for all that is not told by component.
    """

    route: EndpointRoute
    variant: str
    container: str = ""
    component: str = ""


class _Counts:
    __slots__ = ("client_errors", "highest", "latency", "lowest", "requests", "server_errors")

    def __init__(self) -> None:
        self.requests = self.client_errors = self.server_errors = 0
        self.latency = self.highest = 0.0
        self.lowest = float("inf")


@define(eq=False)
class InvocationMetrics:
    """Counts on the event loop; a thread publishes what came together in five seconds.

    Args:
        platform: the local AWS.
    """

    platform: Platform
    _counts: dict[Series, _Counts] = field(factory=dict)
    _scheduled: bool = False

    def count(self, series: Series, status: int, microseconds: float) -> None:
        """Counts one answer.

        Args:
            series: what it is counted for.
            status: of the container's answer; 0 where there was none.
            microseconds: until it came.
        """
        counts = self._counts.get(series)
        if counts is None:
            counts = self._counts[series] = _Counts()
            if not self._scheduled:
                self._scheduled = True
                asyncio.get_running_loop().call_later(_PUBLISH_SECONDS, self._publish_later)
        counts.requests += 1
        counts.latency += microseconds
        counts.lowest = min(counts.lowest, microseconds)
        counts.highest = max(counts.highest, microseconds)
        if 400 <= status < 500:
            counts.client_errors += 1
        elif not 200 <= status < 300:
            counts.server_errors += 1

    def publish(self) -> None:
        """Sends what was counted since the last time."""
        counts, self._counts = self._counts, {}
        for series, count in counts.items():
            cloudwatch = self.platform.client("cloudwatch", region=series.route.region)
            cloudwatch.put_metric_data(Namespace=_NAMESPACE, MetricData=_data(series, count))

    def _publish_later(self) -> None:
        self._scheduled = False
        self.platform.workers.submit(self.publish)


def _data(series: Series, count: _Counts) -> list[dict[str, Any]]:
    dimensions = {"EndpointName": series.route.name, "VariantName": series.variant}
    if series.component:
        dimensions = {"InferenceComponentName": series.component}
    if series.container:
        dimensions["ContainerName"] = series.container
    common = {
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        "Timestamp": now(),
    }

    def total(name: str, amount: int, low: float = 0.0) -> dict[str, Any]:
        statistics = {"SampleCount": count.requests, "Sum": amount, "Minimum": low, "Maximum": min(1, amount)}
        return common | {"MetricName": name, "Unit": "None", "StatisticValues": statistics}

    latency = {
        "SampleCount": count.requests,
        "Sum": count.latency,
        "Minimum": count.lowest,
        "Maximum": count.highest,
    }
    return [
        total("Invocations", count.requests, 1.0),
        total("Invocation4XXErrors", count.client_errors),
        total("Invocation5XXErrors", count.server_errors),
        total("InvocationModelErrors", count.client_errors + count.server_errors),
        common
        | {
            "MetricName": "ContainerLatency" if series.container else "ModelLatency",
            "Unit": "Microseconds",
            "StatisticValues": latency,
        },
    ]
