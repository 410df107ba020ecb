"""How long ago the steps ran that a pipeline's cache may give."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from mlops_cli.engines import engine_of
from mlops_cli.target import Target

# what the service's durations have: P1Y2M3W4DT5H6M7S, of years and months by their calendar's mean
_DURATION = re.compile(
    r"P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)
_DAYS = {"years": 365.25, "months": 30.4375, "weeks": 7, "days": 1, "hours": 1 / 24, "minutes": 1 / 1440}
_SECONDS_OF_A_DAY = 86_400


def stale_steps(target: Target, pipeline: str, limits: Mapping[str, str | None]) -> dict[str, str]:
    """The steps of which the newest execution has no run that the cache would give, and why.

    Args:
        target: the AWS that the pipeline is in.
        pipeline: its ARN.
        limits: how old a run may be, by step: an ISO 8601 duration, or None for the service's own limit.
    """
    newest = engine_of(pipeline).newest(target, pipeline)
    if newest is None:
        return dict.fromkeys(limits, "the pipeline has not been run")
    steps = {step["StepName"]: step for step in _steps(target, newest)}
    sources: dict[str, dict[str, dict[str, Any]]] = {}
    stale = {}
    for name, limit in limits.items():
        step = steps.get(name, {})
        source = step.get("CacheHitResult", {}).get("SourcePipelineExecutionArn")
        if source is not None:
            if source not in sources:
                sources[source] = {found["StepName"]: found for found in _steps(target, source)}
            step = sources[source].get(name, {})
        if step.get("StepStatus") != "Succeeded":
            stale[name] = "it did not succeed in the newest execution"
        elif limit is not None and (age := datetime.now(UTC) - step["EndTime"]) > duration_of(limit):
            stale[name] = f"its run ended {age.total_seconds() / 3600:.1f} hours ago, and is kept for {limit}"
    return stale


def duration_of(text: str) -> timedelta:
    """What an ISO 8601 duration comes to.

    Raises:
        ValueError: it is none.

    Examples:
        >>> duration_of("P1DT12H")
        datetime.timedelta(days=1, seconds=43200)
    """
    match = _DURATION.fullmatch(text)
    if match is None or text.endswith(("P", "T")):
        raise ValueError(f"got {text!r}, expected an ISO 8601 duration such as 'PT12H'")
    parts = {name: int(value or 0) for name, value in match.groupdict().items()}
    seconds = parts.pop("seconds") + sum(_DAYS[name] * value for name, value in parts.items()) * _SECONDS_OF_A_DAY
    return timedelta(seconds=round(seconds))


def _steps(target: Target, execution: str) -> list[dict[str, Any]]:
    pages = target.client("sagemaker").get_paginator("list_pipeline_execution_steps")
    return [step for page in pages.paginate(PipelineExecutionArn=execution) for step in page["PipelineExecutionSteps"]]
