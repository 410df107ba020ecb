"""Parameters by which rules and schedules start pipelines."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from constructs_lib.definitions import ImportedPipeline, PipelineDefinition
from constructs_lib.definitions.pipeline_values import PipelineParameter
from constructs_lib.definitions.tokens import has_text_token
from constructs_lib.events.inputs import EventValue, input_problems

_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
_MOST = 200
_LONGEST_VALUE = 1024
_TEXTS = {
    "Integer": re.compile(r"[+-]?\d+"),
    "Float": re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"),
    "Boolean": re.compile(r"[Tt]rue|[Ff]alse"),
}
_TYPES = {"string": "String", "integer": "Integer", "number": "Float", "boolean": "Boolean"}


def parameter_problems(pipeline: object, parameters: Mapping[str, Any], *, event: bool = True) -> Iterator[str]:
    """What is wrong with parameters: by EventBridge's limits, and by the pipeline's definition where it is known here.

    Args:
        pipeline: that is started; one that is not defined in this app takes any parameters.
        parameters: values by name.
        event: whether there is an event, whose values they may be.
    """
    if len(parameters) > _MOST:
        yield f"parameters: got {len(parameters)}, expected at most {_MOST}"
    for name, value in parameters.items():
        if _NAME.fullmatch(name) is None:
            yield f"parameters: got the name {name!r}, expected 1 to 256 letters, digits, - and _"
        yield from (f"parameters[{name!r}]: {problem}" for problem in _value_problems(value, event=event))
    yield from _unlike_the_definition(pipeline, parameters)


def _value_problems(value: Any, *, event: bool) -> Iterator[str]:
    if isinstance(value, EventValue) and event:
        yield from input_problems(value)
    elif not isinstance(value, str):
        yield f"got {value!r}, expected a text{' or an EventValue' if event else ': a schedule has no event'}"
    elif len(value) > _LONGEST_VALUE and not has_text_token(value):
        yield f"got {len(value)} characters, expected at most {_LONGEST_VALUE}"
    elif event and value.startswith("$."):
        yield f"got {value!r}, expected EventValue({value[2:]!r})"


def _unlike_the_definition(pipeline: object, parameters: Mapping[str, Any]) -> Iterator[str]:
    definition = getattr(pipeline, "definition", None)
    if not isinstance(definition, ImportedPipeline | PipelineDefinition):
        return
    known = {found["Name"]: found for found in _declared(definition)}
    missing = [name for name, found in known.items() if found["DefaultValue"] is None and name not in parameters]
    if missing:
        yield f"parameters: got no {', '.join(missing)}, which {definition.name} has no default for"
    if unknown := [name for name in parameters if name not in known]:
        yield f"parameters: got {', '.join(unknown)}, expected only what {definition.name} has: {', '.join(known)}"
    for name, value in parameters.items():
        if name not in known or not isinstance(value, str) or has_text_token(value):
            continue
        kind, allowed = known[name]["Type"], known[name]["EnumValues"]
        if kind in _TEXTS and _TEXTS[kind].fullmatch(value) is None:
            yield f"parameters[{name!r}]: got {value!r}, expected a text of type {kind}"
        elif allowed and value not in allowed:
            yield f"parameters[{name!r}]: got {value!r}, expected one of: {', '.join(allowed)}"


def _declared(definition: ImportedPipeline | PipelineDefinition) -> Iterator[dict[str, Any]]:
    """The parameters of a pipeline, all alike."""
    if isinstance(definition, ImportedPipeline):
        for found in definition.document.get("Parameters") or ():
            yield {member: found.get(member) for member in ("Name", "Type", "DefaultValue", "EnumValues")}
        return
    for value in definition.execution_inputs:
        told = value if isinstance(value, PipelineParameter) else None
        yield {
            "Name": value.name,
            "Type": _TYPES.get(value.type or "string"),
            "DefaultValue": None if told is None else told.default,
            "EnumValues": () if told is None else told.allowed,
        }
