"""Step caching: what makes two steps the same, and for how long."""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

# "Default cache key attributes by pipeline step type" of the developer guide; all else may change without a rerun
_ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "Processing": ("AppSpecification", "Environment", "ProcessingInputs"),
    "Training": (
        "AlgorithmSpecification",
        "CheckpointConfig",
        "DebugHookConfig",
        "DebugRuleConfigurations",
        "Environment",
        "HyperParameters",
        "InputDataConfig",
    ),
    "Tuning": ("HyperParameterTuningJobConfig", "TrainingJobDefinition", "TrainingJobDefinitions"),
    "Transform": ("DataProcessing", "Environment", "ModelName", "TransformInput"),
    "AutoML": ("AutoMLJobConfig", "AutoMLJobObjective", "InputDataConfig", "ProblemType"),
}
_INNER: Mapping[str, tuple[str, ...]] = {
    "TrainingJobDefinition": (
        "AlgorithmSpecification",
        "HyperParameterRanges",
        "InputDataConfig",
        "StaticHyperParameters",
        "TuningObjective",
    ),
    "AutoMLJobConfig": ("CompletionCriteria", "CandidateGenerationConfig", "DataSplitConfig", "Mode"),
}
_DURATION = re.compile(
    r"P?(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T?(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?",
    re.IGNORECASE,
)


def parse_duration(text: Any) -> timedelta:
    """A duration of ISO 8601, such as ``P30D``; AWS also takes ``30d``.

    Raises:
        ValueError: it is none.
    """
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    found = {name: float(value) for name, value in match.groupdict().items() if value} if match is not None else {}
    if not found:
        raise ValueError(f"got {text!r}, expected a duration such as 'P30D' or 'PT1H'")
    days = found.pop("years", 0) * 365 + found.pop("months", 0) * 30 + found.pop("days", 0)
    return timedelta(days=days, **found)


def cache_key(kind: str, name: str, request: Mapping[str, Any]) -> str:
    """What a step must share with an earlier one to take its result.

    Args:
        kind: the step's type.
        name: the step's name.
        request: resolved; of types without a documented list of attributes, all of it counts.
    """
    wanted = _ATTRIBUTES.get(kind)
    counted = {member: value for member, value in request.items() if wanted is None or member in wanted}
    for member, inner in _INNER.items():
        if kind in _ATTRIBUTES and isinstance(counted.get(member), dict):
            counted[member] = {part: value for part, value in counted[member].items() if part in inner}
    return json.dumps([kind, name, counted], sort_keys=True)


def is_fresh(ended: datetime, now: datetime, cache: Mapping[str, Any]) -> bool:
    """Whether a result of that time may still be taken."""
    return "ExpireAfter" not in cache or now - ended <= parse_duration(cache["ExpireAfter"])
