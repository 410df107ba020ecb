"""The graph of a SageMaker pipeline, whoever wrote its document."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from constructs_lib.rendering.diagrams.graph import Edge, Graph, Node
from constructs_lib.rendering.diagrams.labels import shortened

_KINDS = {
    "AutoML": "SageMaker AutoML job",
    "Callback": "Callback",
    "ClarifyCheck": "Clarify check",
    "Condition": "Condition",
    "EMR": "EMR step",
    "EMRServerless": "EMR Serverless job",
    "Endpoint": "SageMaker endpoint",
    "EndpointConfig": "SageMaker endpoint configuration",
    "Fail": "Fail",
    "InferenceComponent": "SageMaker inference component",
    "Lambda": "Lambda function",
    "Model": "SageMaker model",
    "Processing": "SageMaker processing job",
    "QualityCheck": "Quality check",
    "RegisterModel": "SageMaker model package",
    "Training": "SageMaker training job",
    "Transform": "SageMaker transform job",
    "Tuning": "SageMaker tuning job",
}
_SHAPES = {"Condition": "Choice", "Fail": "Fail"}
_OPERATORS = {
    "Equals": "=",
    "GreaterThan": ">",
    "GreaterThanOrEqualTo": "≥",
    "LessThan": "<",
    "LessThanOrEqualTo": "≤",
}


@frozen
class _Placed:
    """A step, and how it comes to run.

    Attributes:
        step: of the document.
        parents: names of the steps that it waits for, the Condition that it belongs to among them.
        way: of that Condition, in words; None for a step of the pipeline itself.
        condition: the name of that Condition.
    """

    step: Mapping[str, Any]
    parents: tuple[str, ...]
    way: str | None = None
    condition: str | None = None
    ancestors: set[str] = field(factory=set, init=False)

    @property
    def name(self) -> str:
        return str(self.step["Name"])


def pipeline_graph(document: Mapping[str, Any], *, title: str) -> Graph:
    """The graph of a pipeline: a way from each step to those that read its outputs or name it in DependsOn.

    A way that others imply is left out, so that a picture of many steps can be read.

    Args:
        document: the pipeline's definition, as a dictionary.
        title: of the picture.

    Raises:
        ValueError: the document has no steps, or steps wait for each other in a circle.
    """
    steps = document.get("Steps")
    if not isinstance(steps, list) or not steps:
        raise ValueError("got a document without Steps, expected a pipeline definition")
    placed = {found.name: found for found in _placed(steps)}
    edges: list[Edge] = []
    for found in _in_order(placed):
        edges += _edges(found, placed)
    left = {edge.source for edge in edges}
    return Graph(
        title=title,
        starts=tuple(name for name, found in placed.items() if not _known(found.parents, placed)),
        nodes=tuple(_node(found, ends=name not in left) for name, found in placed.items()),
        edges=tuple(edges),
    )


def _placed(steps: Sequence[Mapping[str, Any]]) -> Iterator[_Placed]:
    """All steps as they are listed, those inside of Conditions behind them."""
    waiting: list[tuple[Mapping[str, Any], str | None, str | None]] = [(step, None, None) for step in reversed(steps)]
    while waiting:
        step, way, condition = waiting.pop()
        read = dict.fromkeys(_steps_read(step))
        named = [str(name).partition(".")[0] for name in step.get("DependsOn", ())]
        around = [] if condition is None else [condition]
        yield _Placed(step, tuple(dict.fromkeys([*around, *named, *read])), way, condition)
        if step.get("Type") == "Condition":
            arguments = step.get("Arguments", {})
            ways = (("IfSteps", condition_label(arguments.get("Conditions", ()))), ("ElseSteps", "otherwise"))
            for member, label in reversed(ways):
                waiting += [(inner, label, str(step["Name"])) for inner in reversed(arguments.get(member, ()))]


def _steps_read(value: Any) -> Iterator[str]:
    """Names of the steps whose outputs a value reads; what is inside of a Condition reads for itself."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, Mapping):
            path = found.get("Get")
            if isinstance(path, str) and path.startswith("Steps."):
                yield path.split(".")[1]
            waiting += [member for key, member in found.items() if key not in ("IfSteps", "ElseSteps")]
        elif isinstance(found, list | tuple):
            waiting += found


def _in_order(placed: Mapping[str, _Placed]) -> Iterator[_Placed]:
    """The steps, each behind all that it waits for; fills in their ancestors."""
    done: set[str] = set()
    waiting = list(placed.values())
    while waiting:
        ready = [found for found in waiting if all(name in done for name in _known(found.parents, placed))]
        if not ready:
            raise ValueError(f"these steps wait for each other: {', '.join(found.name for found in waiting)}")
        for found in ready:
            for name in _known(found.parents, placed):
                found.ancestors.update((name, *placed[name].ancestors))
            yield found
        done |= {found.name for found in ready}
        waiting = [found for found in waiting if found.name not in done]


def _known(names: Sequence[str], placed: Mapping[str, _Placed]) -> list[str]:
    return [name for name in names if name in placed]


def _edges(found: _Placed, placed: Mapping[str, _Placed]) -> Iterator[Edge]:
    """The ways to a step, without those that others imply."""
    parents = _known(found.parents, placed)
    for name in parents:
        if any(name in placed[other].ancestors for other in parents if other != name):
            continue
        if name == found.condition:
            yield Edge(source=name, target=found.name, kind="choice", label=found.way or "")
        else:
            yield Edge(source=name, target=found.name)


def _node(found: _Placed, *, ends: bool) -> Node:
    kind = str(found.step.get("Type", "Step"))
    return Node(
        name=found.name,
        type=_SHAPES.get(kind, kind),
        kind=_KINDS.get(kind, kind),
        notes=tuple(_notes(found.step)),
        ends=ends and kind != "Fail",
    )


def _notes(step: Mapping[str, Any]) -> Iterator[str]:
    cache = step.get("CacheConfig")
    if isinstance(cache, Mapping) and cache.get("Enabled"):
        expires = cache.get("ExpireAfter")
        yield f"cached for {expires}" if expires else "cached"
    attempts = [policy.get("MaxAttempts") for policy in step.get("RetryPolicies", ()) if isinstance(policy, Mapping)]
    counted = [number for number in attempts if isinstance(number, int)]
    if counted:
        yield f"retried up to {max(counted)} times"


def condition_label(conditions: Sequence[Mapping[str, Any]]) -> str:
    """Conditions that must all hold, in a few words."""
    return shortened(" and ".join(map(_condition, conditions)))


def _condition(condition: Mapping[str, Any]) -> str:
    kind = condition.get("Type", "")
    if kind == "Not":
        return f"not ({_condition(condition.get('Condition', {}))})"
    if kind == "Or":
        return " or ".join(map(_condition, condition.get("Conditions", ())))
    if kind == "In":
        values = ", ".join(map(_value, condition.get("Values", ())))
        return f"{_value(condition.get('QueryValue'))} in {values}"
    operator = _OPERATORS.get(kind, kind)
    return f"{_value(condition.get('LeftValue'))} {operator} {_value(condition.get('RightValue'))}"


def _value(value: Any) -> str:
    if not isinstance(value, Mapping):
        return value if isinstance(value, str) else str(value).lower()
    if isinstance(value.get("Get"), str):
        kind, _, path = value["Get"].partition(".")
        return str(path) if kind in ("Parameters", "Steps", "Execution") else str(value["Get"])
    if isinstance(value.get("Std:JsonGet"), Mapping):
        return str(value["Std:JsonGet"].get("Path", "value"))
    if isinstance(value.get("Std:Join"), Mapping):
        joined = value["Std:Join"]
        return str(joined.get("On", "")).join(map(_value, joined.get("Values", ())))
    return "value"
