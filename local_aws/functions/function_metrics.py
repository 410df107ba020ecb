"""Lambda's CloudWatch metrics, sent in batches from the background."""

import logging
import threading
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from attrs import define, field
from botocore.exceptions import BotoCoreError, ClientError

from local_aws.functions.names import FunctionName
from local_aws.platform import Platform
from local_aws.timers import Timers

_log = logging.getLogger(__name__)

BATCH_SECONDS = 1.0
_UNITS = {"Duration": "Milliseconds"}


@define(eq=False)
class FunctionMetrics:
    """Counts Invocations, Errors, Throttles and Duration of the namespace AWS/Lambda.

    Args:
        platform: the local AWS.
        timers: when a batch is due.
    """

    platform: Platform
    timers: Timers
    _values: dict[tuple[str, str, str], list[float]] = field(factory=lambda: defaultdict(list))
    _lock: threading.Lock = field(factory=threading.Lock)

    def record(self, name: FunctionName, **values: float) -> None:
        """Adds one value to each metric that is named."""
        with self._lock:
            first = not self._values
            for metric, value in values.items():
                self._values[name.region, name.name, metric].append(value)
        if first:
            self.timers.after(BATCH_SECONDS, self._send)

    def _send(self) -> None:
        with self._lock:
            values, self._values = self._values, defaultdict(list)
        by_region: dict[str, list[dict[str, Any]]] = defaultdict(list)
        now = datetime.now(UTC)
        for (region, name, metric), found in values.items():
            for dimensions in ([{"Name": "FunctionName", "Value": name}], []):
                by_region[region].append(
                    {
                        "MetricName": metric,
                        "Dimensions": dimensions,
                        "Timestamp": now,
                        "Unit": _UNITS.get(metric, "Count"),
                        "StatisticValues": {
                            "SampleCount": len(found),
                            "Sum": sum(found),
                            "Minimum": min(found),
                            "Maximum": max(found),
                        },
                    }
                )
        for region, data in by_region.items():
            try:
                client = self.platform.client("cloudwatch", region=region)
                for start in range(0, len(data), 100):
                    client.put_metric_data(Namespace="AWS/Lambda", MetricData=data[start : start + 100])
            except (BotoCoreError, ClientError) as error:
                _log.warning("metrics of Lambda were lost: %s", error)
