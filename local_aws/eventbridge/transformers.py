"""What a target gets of an event: all of it, a part, a constant, or a template filled in."""

import json
import re
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from local_aws.gateway.errors import AwsError

_PLACEHOLDER = re.compile(r"<([a-zA-Z0-9_.\-]+)>")
_STEP = re.compile(r"\.(\*|[\w\-/]+)|\[(\d+|\*)\]|\['([^']+)'\]")
_PATHS = 100
_NAME = re.compile(r"[a-zA-Z0-9_\-]+")
_RESERVED = (
    "aws.events.rule-arn",
    "aws.events.rule-name",
    "aws.events.event.ingestion-time",
    "aws.events.event.json",
    "aws.events.event",
)

_NOTHING = object()


@frozen(kw_only=True)
class Origin:
    """Where an event came through, for the variables that EventBridge defines itself.

    Attributes:
        rule_arn: ARN of the rule that matched.
        rule_name: its name.
        ingestion_time: when EventBridge received the event, ISO 8601.
    """

    rule_arn: str
    rule_name: str
    ingestion_time: str


def check_input(target: Mapping[str, Any]) -> None:
    """Checks how a target wants its input.

    Raises:
        AwsError: ``ValidationException``.
    """
    name = target["Id"]
    if sum(1 for member in ("Input", "InputPath", "InputTransformer") if target.get(member)) > 1:
        raise _invalid(f"Only one of Input, InputPath, or InputTransformer must be provided for target {name}.")
    if target.get("Input"):
        try:
            json.loads(target["Input"])
        except ValueError as error:
            raise _invalid(f"JSON syntax error in input for target {name} : [{error}].") from error
    if target.get("InputPath"):
        _parse_path(target["InputPath"], f"InputPath for target {name}")
    transformer = target.get("InputTransformer")
    if not transformer:
        return
    paths = transformer.get("InputPathsMap") or {}
    if len(paths) > _PATHS:
        raise _invalid(f"InputPathsMap for target {name} has {len(paths)} entries where {_PATHS} are allowed.")
    for key, path in paths.items():
        if not _NAME.fullmatch(key) or key.lower().startswith("aws"):
            raise _invalid(f"InputPathsMap for target {name} contains invalid key {key}.")
        _parse_path(path, f"InputPathsMap for target {name}")
    for placeholder in _PLACEHOLDER.findall(transformer["InputTemplate"]):
        if placeholder not in paths and placeholder not in _RESERVED:
            raise _invalid(f"InputTemplate for target {name} contains invalid placeholder {placeholder}.")


def target_input(target: Mapping[str, Any], event: Mapping[str, Any], origin: Origin) -> str:
    """The text that a target gets.

    Args:
        target: the members of a rule's target.
        event: the whole event.
        origin: the rule it came through.
    """
    if target.get("Input"):
        return str(target["Input"])
    if target.get("InputPath"):
        found = _find(_parse_path(target["InputPath"], "InputPath"), event)
        return _compact(None if found is _NOTHING else found)
    if target.get("InputTransformer"):
        return _transform(target["InputTransformer"], event, origin)
    return _compact(event)


def _transform(transformer: Mapping[str, Any], event: Mapping[str, Any], origin: Origin) -> str:
    values: dict[str, Any] = {
        name: _find(_parse_path(path, name), event) for name, path in (transformer.get("InputPathsMap") or {}).items()
    }
    envelope = {name: value for name, value in event.items() if name not in {"detail", "detail-type"}}
    values |= {
        "aws.events.rule-arn": origin.rule_arn,
        "aws.events.rule-name": origin.rule_name,
        "aws.events.event.ingestion-time": origin.ingestion_time,
        "aws.events.event.json": event,
        "aws.events.event": {**envelope, "detailType": event["detail-type"]},
    }
    template = transformer["InputTemplate"]
    filled, position = [], 0
    for match in _PLACEHOLDER.finditer(template):
        filled.append(template[position : match.start()])
        value = values[match[1]]
        filled.append(_inside(value) if _in_string(template, match.start()) else _outside(value))
        position = match.end()
    filled.append(template[position:])
    text = "".join(filled)
    try:
        # a template that is JSON arrives without its blanks
        return _compact(json.loads(text))
    except ValueError:
        return text


def _in_string(template: str, position: int) -> bool:
    inside = escaped = False
    for character in template[:position]:
        if escaped:
            escaped = False
        elif character == "\\" and inside:
            escaped = True
        elif character == '"':
            inside = not inside
    return inside


def _inside(value: Any) -> str:
    """A value within a string of the template: without quotes of its own."""
    if value is _NOTHING:
        return ""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)[1:-1]
    return _compact(value).replace('"', "")


def _outside(value: Any) -> str:
    return _compact("" if value is _NOTHING else value)


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _parse_path(path: str, where: str) -> list[str | int]:
    """The steps of a JSON path: names, indexes, ``*``."""
    steps: list[str | int] = []
    position = 1
    if not path.startswith("$"):
        raise _invalid(f"Parameter {where} is not valid. Reason: a JSON path starts with $, got '{path}'.")
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            raise _invalid(f"Parameter {where} is not valid. Reason: cannot read '{path}' at {position}.")
        name, index, quoted = match.groups()
        steps.append(int(index) if index is not None and index != "*" else (name or quoted or "*"))
        position = match.end()
    return steps


def _find(steps: list[str | int], value: Any) -> Any:
    for number, step in enumerate(steps):
        if step == "*":
            members = list(value.values()) if isinstance(value, Mapping) else value
            if not isinstance(members, list):
                return _NOTHING
            found = [_find(steps[number + 1 :], member) for member in members]
            return [one for one in found if one is not _NOTHING]
        if isinstance(step, int):
            if not isinstance(value, list) or step >= len(value):
                return _NOTHING
            value = value[step]
        else:
            if not isinstance(value, Mapping) or step not in value:
                return _NOTHING
            value = value[step]
    return value


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)
