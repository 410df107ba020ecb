"""The service sagemaker-metrics: what a run logs while it goes on, kept with its trial component."""

import statistics
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, ClassVar

from attrs import define, field, frozen

from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.gateway.limits import ValidatedGroup
from local_aws.gateway.operations import operation
from local_aws.sagemaker.lineage.records import TRIAL_COMPONENT, Entity, LineageRecords

_ITERATION = "IterationNumber"
_PERIOD_SECONDS = {"OneMinute": 60, "FiveMinute": 300, "OneHour": 3600}


@frozen
class _Point:
    time: datetime
    step: int | None
    value: float


_STATISTICS: dict[str, Callable[[Sequence[float]], float]] = {
    "Min": min,
    "Max": max,
    "Avg": statistics.fmean,
    "Count": len,
    "StdDev": statistics.pstdev,
    "Last": lambda values: values[-1],
}


@define(eq=False)
class MetricOperations(ValidatedGroup):
    """BatchPutMetrics and BatchGetMetrics.

    Args:
        records: where the trial components are.
    """

    service: ClassVar[str] = "sagemaker-metrics"
    _records: LineageRecords
    _points: dict[str, dict[str, list[_Point]]] = field(factory=lambda: defaultdict(lambda: defaultdict(list)))
    _lock: threading.Lock = field(factory=threading.Lock)

    @operation("BatchPutMetrics")
    def batch_put_metrics(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Keeps values, and tells of them in the trial component's Metrics."""
        component = self._component(context, request["TrialComponentName"])
        with self._lock:
            known = self._points[component.arn]
            for each in request["MetricData"]:
                known[each["MetricName"]].append(_Point(each["Timestamp"], each.get("Step"), each["Value"]))
            # a job's component has metrics of its job too
            metrics = [each for each in component.members.get("Metrics", ()) if each["SourceArn"] != component.arn]
            metrics += [_summary(component.arn, name, points) for name, points in known.items()]
            self._records.change(component, {"Metrics": metrics}, context.principal.arn)
        return {}

    @operation("BatchGetMetrics")
    def batch_get_metrics(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Statistics of what was logged: a query that cannot be answered is told in its own result."""
        arns = {entity.arn for entity in self._records.all(context, TRIAL_COMPONENT)}
        return {"MetricQueryResults": [self._result(query, arns) for query in request["MetricQueries"]]}

    def _component(self, context: RequestContext, name: str) -> Entity:
        # the service takes names in small letters only, whatever the component is called
        for entity in self._records.all(context, TRIAL_COMPONENT):
            if str(entity.name).lower() == name:
                return entity
        raise AwsError("ResourceNotFound", f"TrialComponent '{name}' does not exist.")

    def _result(self, query: dict[str, Any], arns: set[str]) -> dict[str, Any]:
        arn, by_step = query["ResourceArn"], query["XAxisType"] == _ITERATION
        if arn not in arns:
            return _refused(f"Resource '{arn}' is no trial component.")
        if by_step != (query["Period"] == _ITERATION):
            return _refused(f"Period {query['Period']} does not go with XAxisType {query['XAxisType']}.")
        with self._lock:
            points = list(self._points.get(arn, {}).get(query["MetricName"], ()))
        groups: dict[int, list[float]] = defaultdict(list)
        for point in sorted(points, key=lambda each: each.time):
            where = point.step if by_step else _floor(point.time, _PERIOD_SECONDS[query["Period"]])
            if where is not None and query.get("Start", where) <= where <= query.get("End", where):
                groups[where].append(point.value)
        statistic = _STATISTICS[query["MetricStat"]]
        places = sorted(groups)
        values = [float(statistic(groups[place])) for place in places]
        return {"Status": "Complete", "XAxisValues": places, "MetricValues": values}


def _floor(time: datetime, seconds: int) -> int:
    return int(time.timestamp()) // seconds * seconds


def _refused(message: str) -> dict[str, Any]:
    return {"Status": "ValidationError", "Message": message, "XAxisValues": [], "MetricValues": []}


def _summary(arn: str, name: str, points: Sequence[_Point]) -> dict[str, Any]:
    in_order = sorted(points, key=lambda each: each.time)
    values = [point.value for point in in_order]
    told = {statistic: of(values) for statistic, of in _STATISTICS.items()}
    return {"MetricName": name, "SourceArn": arn, "TimeStamp": in_order[-1].time, **told}
