"""Properties of steps that somebody else wrote: whether what a document reads of a step is there."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from constructs_lib.checks.output_types import OutputType, described
from constructs_lib.checks.service_model import operation
from constructs_lib.checks.wording import options

_OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "AutoML": ("DescribeAutoMLJob",),
    "Endpoint": ("DescribeEndpoint",),
    "EndpointConfig": ("DescribeEndpointConfig",),
    "InferenceComponent": ("DescribeInferenceComponent",),
    "Model": ("DescribeModel",),
    "Processing": ("DescribeProcessingJob",),
    "RegisterModel": ("DescribeModelPackage",),
    "Training": ("DescribeTrainingJob",),
    "Transform": ("DescribeTransformJob",),
    "Tuning": ("DescribeHyperParameterTuningJob", "ListTrainingJobsForHyperParameterTuningJob"),
}
"""What the properties of a step are; those of other types are not described by one response."""

# what the service adds to a response
_ADDED: Mapping[str, tuple[str, ...]] = {"AutoML": ("BestCandidateProperties",)}
_OUTPUTS = ("ProcessingOutputConfig", "Outputs")
_PART = re.compile(r"\['(?P<key>[^']+)'\]|\[(?P<position>\d+)\]|\.(?P<member>[^.\[\]]+)")


def property_problem(step: Mapping[str, Any], path: str) -> str | None:
    """Why a property leads nowhere; None where it leads somewhere, or the step's properties are not known.

    Args:
        step: of the document.
        path: after the step's name: ``.ModelArtifacts.S3ModelArtifacts``.
    """
    parts = _parts(path)
    if parts is None:
        return "expected member names, positions and keys, such as .A[0].B or .A['b']"
    kind = str(step.get("Type"))
    if kind in ("Callback", "Lambda"):
        return _output_parameter(step, parts)
    if kind == "Condition":
        return None if parts == ("Outcome",) else "expected Outcome, all that a Condition has"
    if not parts or kind not in _OPERATIONS or parts[0] in _ADDED.get(kind, ()):
        return None
    if kind == "Processing" and parts[:2] == _OUTPUTS and len(parts) > 2 and isinstance(parts[2], str):
        names = _output_names(step)
        if parts[2] not in names:
            return f"no output {parts[2]!r}, expected {options(names, parts[2]) or 'none: it has no outputs'}"
    found = [_followed(operation("sagemaker", name).output_shape, parts) for name in _OPERATIONS[kind]]
    return next((None for one in found if one.problem is None), found[0].problem)


def _parts(path: str) -> tuple[str | int, ...] | None:
    parts: list[str | int] = []
    end = 0
    while end < len(path):
        found = _PART.match(path, end)
        if found is None:
            return None
        position = found["position"]
        parts.append(found["key"] or found["member"] if position is None else int(position))
        end = found.end()
    return tuple(parts)


def _followed(shape: Any, parts: tuple[str | int, ...]) -> OutputType:
    """The service finds elements of lists by their names, too: for their shape, the first one stands for each."""
    return described(shape, tuple(_positions(shape, parts)))


def _positions(shape: Any, parts: tuple[str | int, ...]) -> Iterator[str | int]:
    for part in parts:
        kind = None if shape is None else shape.type_name
        yield 0 if kind == "list" else part
        if kind == "list":
            shape = shape.member
        elif kind == "map":
            shape = shape.value
        else:
            shape = shape.members.get(part) if kind == "structure" else None


def _output_names(step: Mapping[str, Any]) -> list[str]:
    config = (step.get("Arguments") or {}).get("ProcessingOutputConfig") or {}
    return [str(found.get("OutputName")) for found in config.get("Outputs") or ()]


def _output_parameter(step: Mapping[str, Any], parts: tuple[str | int, ...]) -> str | None:
    names = [str(found.get("OutputName")) for found in step.get("OutputParameters") or ()]
    if len(parts) != 2 or parts[0] != "OutputParameters":
        return "expected one of its OutputParameters, such as OutputParameters['name']"
    if parts[1] not in names:
        return f"no output parameter {parts[1]!r}, expected {options(names, str(parts[1])) or 'none: it has none'}"
    return None
