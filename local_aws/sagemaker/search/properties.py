"""Properties of records by their paths: ``HyperParameters.depth``, ``Tags.team``, ``Metrics.rmse``."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

_STATISTICS = {"max": "Max", "min": "Min", "last": "Last", "count": "Count", "avg": "Avg", "stddev": "StdDev"}
_METRICS, _FINAL_METRICS = "Metrics", "FinalMetricDataList"


def values_at(record: Mapping[str, Any], path: str) -> list[Any]:
    """Every value that a path leads to: several where it leads through a list, none where there is no such property."""
    if path.startswith(f"{_METRICS}.") and _METRICS not in record:
        path = path.replace(_METRICS, _FINAL_METRICS, 1)
    return [value for value in _follow(record, path.split(".")) if isinstance(value, str | int | float | datetime)]


def _follow(value: Any, parts: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        yield from _through(value, parts)
    elif not parts:
        yield from _leaf(value)
    elif isinstance(value, Mapping):
        # names of hyperparameters, parameters and tags may hold dots themselves
        for length in range(1, len(parts) + 1):
            name = ".".join(parts[:length])
            if name in value:
                yield from _follow(value[name], parts[length:])


def _through(items: list[Any], parts: list[str]) -> Iterator[Any]:
    path = ".".join(parts)
    for item in items:
        if isinstance(item, Mapping) and "Key" in item and "Value" in item:
            if item["Key"] == path:
                yield item["Value"]
        elif isinstance(item, Mapping) and "MetricName" in item:
            yield from _metric(item, path)
        else:
            yield from _follow(item, parts)


def _metric(metric: Mapping[str, Any], path: str) -> Iterator[Any]:
    name, _, statistic = path.rpartition(".")
    if metric["MetricName"] == path:
        yield metric.get("Value", metric.get("Last"))
    elif metric["MetricName"] == name and (member := _STATISTICS.get(statistic.lower())) in metric:
        yield metric[str(member)]


def _leaf(value: Any) -> Iterator[Any]:
    """A parameter of a trial component is a number or a text, with its type around it; an artifact, an address."""
    if isinstance(value, Mapping):
        yield from (value[name] for name in ("NumberValue", "StringValue", "Value") if name in value)
    else:
        yield value
