"""What an execution's input must be."""

from typing import TYPE_CHECKING, Any

from constructs_lib.checks.service_model import pattern
from constructs_lib.checks.shapes import checked
from constructs_lib.definitions.steps.base import TaskStep
from constructs_lib.definitions.values import ExecutionInput

if TYPE_CHECKING:  # a definition asks the checks, and the checks look at the definition
    from constructs_lib.definitions.workflow import WorkflowDefinition


def schema(definition: "WorkflowDefinition") -> dict[str, Any]:
    """The JSON Schema of the input, with the rules of the requests that its members go into."""
    places: dict[str, list[Any]] = {}
    for step in definition.all_steps:
        for _, value, shape in checked(step).references if isinstance(step, TaskStep) else ():
            if isinstance(value, ExecutionInput):
                places.setdefault(value.name, []).append(shape)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Input of {definition.name}",
        "type": "object",
        "properties": {value.name: _member(value, places.get(value.name, [])) for value in definition.execution_inputs},
        "required": [value.name for value in definition.execution_inputs if not value.optional],
        "additionalProperties": False,
    }


def _member(value: ExecutionInput, places: list[Any]) -> dict[str, Any]:
    member: dict[str, Any] = {} if value.type == "document" else {"type": value.type}
    if value.description is not None:
        member["description"] = value.description
    if value.type == "string":
        member |= _text_rules(value, places)
    elif value.type in ("integer", "number"):
        lowest = [place.metadata["min"] for place in places if "min" in place.metadata]
        highest = [place.metadata["max"] for place in places if "max" in place.metadata]
        member |= ({"minimum": max(lowest)} if lowest else {}) | ({"maximum": min(highest)} if highest else {})
    return member


def _text_rules(value: ExecutionInput, places: list[Any]) -> dict[str, Any]:
    shortest = max((place.metadata.get("min", 0) for place in places), default=0)
    longest = [place.metadata["max"] for place in places if "max" in place.metadata]
    written = [value.pattern] if value.pattern is not None else [place.metadata.get("pattern") for place in places]
    patterns = [f"^(?:{text})$" for text in dict.fromkeys(written) if text is not None and pattern(text) is not None]
    enumerations = [set(place.enum) for place in places if getattr(place, "enum", None)]
    rules: dict[str, Any] = {}
    if shortest:
        rules["minLength"] = shortest
    if longest:
        rules["maxLength"] = min(longest)
    if len(patterns) == 1:
        rules["pattern"] = patterns[0]
    elif patterns:
        rules["allOf"] = [{"pattern": text} for text in patterns]
    if enumerations:
        rules["enum"] = sorted(set.intersection(*enumerations))
    return rules
