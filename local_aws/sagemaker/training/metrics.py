"""Metrics read from a job's output by the regular expressions of its MetricDefinitions."""

import math
import re
import threading
from datetime import datetime
from typing import Any

from attrs import define, field

from local_aws.sagemaker.resource_names import now
from local_aws.sagemaker.training.job import TrainingJob

_NAMESPACE = "/aws/sagemaker/TrainingJobs"
_FLUSH_SECONDS = 1.0
_BATCH = 500


@define(eq=False)
class MetricReader:
    """Looks for metrics in each line of output; the values go into the job and, in batches, to CloudWatch.

    Args:
        job: whose output is read; its request has the definitions.
        cloudwatch: a client of the job's region.
    """

    job: TrainingJob
    cloudwatch: Any
    _patterns: list[tuple[str, re.Pattern[str]]] = field(init=False)
    _values: list[tuple[str, float, datetime]] = field(factory=list)
    _timer: threading.Timer | None = None
    _lock: threading.Lock = field(factory=threading.Lock)

    def __attrs_post_init__(self) -> None:
        definitions = self.job.request["AlgorithmSpecification"].get("MetricDefinitions", ())
        self._patterns = [(metric["Name"], re.compile(metric["Regex"])) for metric in definitions]

    def read(self, line: str) -> None:
        """Takes what a line says: the first group of a match, else the whole match, where it is a finite number."""
        for name, pattern in self._patterns:
            match = pattern.search(line)
            if match is None:
                continue
            value = _number(match[1] if pattern.groups else match[0])
            if value is not None:
                moment = now()
                self.job.measured(name, value, moment)
                self._publish_later(name, value, moment)

    def close(self) -> None:
        """Publishes what is left."""
        with self._lock:
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
            self._flush()

    def _publish_later(self, name: str, value: float, moment: datetime) -> None:
        with self._lock:
            self._values.append((name, value, moment))
            if self._timer is None:
                self._timer = threading.Timer(_FLUSH_SECONDS, self._flush)
                self._timer.daemon = True
                self._timer.start()

    def _flush(self) -> None:
        with self._lock:
            values, self._values = self._values, []
            self._timer = None
        dimensions = [{"Name": "TrainingJobName", "Value": self.job.name}]
        for start in range(0, len(values), _BATCH):
            self.cloudwatch.put_metric_data(
                Namespace=_NAMESPACE,
                MetricData=[
                    {"MetricName": name, "Value": value, "Timestamp": moment, "Dimensions": dimensions}
                    for name, value, moment in values[start : start + _BATCH]
                ],
            )


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None
