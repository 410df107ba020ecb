"""Says whether a metric is good enough."""

from typing import Any


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    metric = event["metric"]
    return {"name": metric["MetricName"], "good": metric["Value"] < 10}
