"""Which steps of a pipeline run again, and why: two documents beside each other."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Literal

from attrs import frozen

from constructs_lib.definitions.imported_pipeline import placed_steps
from constructs_lib.definitions.ordering import sorted_names
from constructs_lib.rendering.differences import differing_paths

Change = Literal["added", "changed", "removed", "stale", "uncached", "unchanged", "upstream"]

# "Default cache key attributes by pipeline step type" of the developer guide; of other types, every argument counts
_COMPARED: Mapping[str, tuple[str, ...]] = {
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
    "Tuning": (
        "HyperParameterTuningJobConfig",
        "TrainingJobDefinition.AlgorithmSpecification",
        "TrainingJobDefinition.HyperParameterRanges",
        "TrainingJobDefinition.InputDataConfig",
        "TrainingJobDefinition.StaticHyperParameters",
        "TrainingJobDefinition.TuningObjective",
        "TrainingJobDefinitions",
    ),
    "Transform": ("DataProcessing", "Environment", "ModelName", "TransformInput"),
    "AutoML": (
        "AutoMLJobConfig.CandidateGenerationConfig",
        "AutoMLJobConfig.CompletionCriteria",
        "AutoMLJobConfig.DataSplitConfig",
        "AutoMLJobConfig.Mode",
        "AutoMLJobObjective",
        "InputDataConfig",
        "ProblemType",
    ),
}
_PART = re.compile(r"\['([^']+)'\]|\[(\d+)\]|([^.\[\]]+)")
_MEMBERS = ("Arguments", "CheckType", "FunctionArn", "OutputParameters", "SqsQueueUrl", "Type")


@frozen(kw_only=True)
class StepChange:
    """What becomes of one step in the next execution.

    Attributes:
        step: its name.
        change: ``unchanged`` steps are served from the cache as long as it lasts; ``uncached`` ones run each time,
            ``upstream`` ones unless a step that runs tells them what it told before, such as an image that was not
            built anew; ``stale`` ones since no earlier run is fresh.
        paths: members that differ, such as ``Arguments.HyperParameters.eta``.
        because_of: steps that run again, and of which it reads what is not known before.
        cached_for: how long an earlier run is taken: an ISO 8601 duration. None is the service's own limit.
    """

    step: str
    change: Change
    paths: Sequence[str] = ()
    because_of: Sequence[str] = ()
    cached_for: str | None = None

    @property
    def reruns(self) -> bool:
        """Whether the step is run, as far as the documents tell."""
        return self.change not in ("removed", "unchanged")


def pipeline_changes(
    before: Mapping[str, Any], after: Mapping[str, Any], *, stale: Collection[str] = ()
) -> tuple[StepChange, ...]:
    """What becomes of each step of a pipeline whose document changes.

    The service compares what a step's arguments come to. So a step that reads an address which the document tells, such
    as that of an output, is served from the cache even where the step before it runs again.

    Parameters are an execution's: the answer is of an execution with the same ones. A default that changes counts as a
    change of the steps that read the parameter.

    Args:
        before: the document of the execution that is compared with.
        after: the document of the next one.
        stale: steps whose earlier run the cache does not give any more. Default: those of all steps are fresh.

    Returns:
        One change a step, each after those of the steps that it reads; removed steps last.
    """
    old, new = (_steps(document) for document in (before, after))
    defaults = [_defaults(document) for document in (before, after)]
    changed_defaults = {name for name, value in defaults[1].items() if defaults[0].get(name, value) != value}
    reads = {name: _reads(step, "Steps.") for name, step in new.items()}
    upstream = {name: {_first(found) for found in paths} & new.keys() for name, paths in reads.items()}
    changes: dict[str, StepChange] = {}
    for name in sorted_names(upstream):
        step = new[name]
        paths = () if name not in old else tuple(dict.fromkeys(_differing(old[name], step)))
        paths += tuple(f"Parameters.{read}" for read in _reads(step, "Parameters.") if read in changed_defaults)
        told = {path: [_told(steps, path) for steps in (old, new)] for path in reads[name]}
        if name in old:
            paths += tuple(f"Steps.{path}" for path, (was, will) in told.items() if was and will and was != will)
        waiting = {_first(path) for path, (_, will) in told.items() if not will} & upstream[name]
        rerun = tuple(sorted(found for found in waiting if changes[found].reruns))
        cache = step.get("CacheConfig") or {}
        changes[name] = StepChange(
            step=name,
            change=_change(step, known=name in old, paths=paths, rerun=rerun, stale=name in stale),
            paths=paths,
            because_of=rerun,
            cached_for=cache.get("ExpireAfter") if cache.get("Enabled") is True else None,
        )
    removed = [StepChange(step=name, change="removed") for name in old if name not in new]
    return (*changes.values(), *removed)


def _change(step: Mapping[str, Any], *, known: bool, paths: Sequence[str], rerun: Sequence[str], stale: bool) -> Change:
    if not known:
        return "added"
    if paths:
        return "changed"
    if (step.get("CacheConfig") or {}).get("Enabled") is not True:
        return "uncached"
    if rerun:
        return "upstream"
    return "stale" if stale else "unchanged"


def _steps(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The steps by name; a Condition without those inside of it, which stand for themselves."""
    found: dict[str, Mapping[str, Any]] = {}
    for step, _ in placed_steps(document.get("Steps")):
        inner = ("IfSteps", "ElseSteps") if step.get("Type") == "Condition" else ()
        arguments = {key: value for key, value in (step.get("Arguments") or {}).items() if key not in inner}
        found[str(step["Name"])] = {**step, "Arguments": arguments}
    return found


def _defaults(document: Mapping[str, Any]) -> dict[str, Any]:
    return {str(found.get("Name")): found.get("DefaultValue") for found in document.get("Parameters") or ()}


def _reads(value: Any, root: str) -> tuple[str, ...]:
    """What a value reads of steps or parameters, without the root."""
    return tuple(dict.fromkeys(_read_paths(value, root)))


def _read_paths(value: Any, root: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        path = value.get("Get")
        if isinstance(path, str) and path.startswith(root):
            yield path.removeprefix(root)
        for member in value.values():
            yield from _read_paths(member, root)
    elif isinstance(value, list | tuple):
        for element in value:
            yield from _read_paths(element, root)


def _first(path: str) -> str:
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def _told(steps: Mapping[str, Mapping[str, Any]], path: str) -> str | None:
    """What a property of a step will be, where the step's own arguments tell it as a text."""
    step = _first(path)
    value: Any = steps.get(step, {}).get("Arguments")
    for key, position, member in _PART.findall(path.removeprefix(step)):
        if isinstance(value, list | tuple):
            named = [item for item in value if isinstance(item, Mapping) and key and item.get("OutputName") == key]
            value = named[0] if named else value[int(position)] if position and int(position) < len(value) else None
        else:
            value = value.get(key or member) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else None


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """The members that differ, of those that the cache compares."""
    wanted = _COMPARED.get(str(after.get("Type")))
    for member in _MEMBERS:
        for path in differing_paths(before.get(member), after.get(member), member):
            argument = path.removeprefix("Arguments.")
            if member != "Arguments" or wanted is None or argument.startswith(wanted):
                yield path
