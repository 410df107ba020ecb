"""CloudFormation properties as requests of a service: names, types and unknown members by botocore's models.

CloudFormation spells members in PascalCase where some services use camelCase, and takes "5" and "true" for numbers
and booleans. The walk below mends both, and names what the service does not know.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from local_aws.cloudformation.errors import ResourceError
from local_aws.cloudformation.intrinsics import Pending
from local_aws.gateway.wire import get_service_model


@cache
def input_shape(service: str, operation: str) -> StructureShape:
    """The request shape of a service's operation."""
    shape = get_service_model(service).operation_model(operation).input_shape
    if not isinstance(shape, StructureShape):
        raise TypeError(f"{service}:{operation} takes no request")
    return shape


def request(service: str, operation: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties as the request of an operation.

    Raises:
        ResourceError: every member that the service does not know or whose type is wrong.
    """
    problems: list[str] = []
    converted = convert(properties, input_shape(service, operation), "", problems)
    if problems:
        raise ResourceError("Properties validation failed: " + "; ".join(problems))
    result: dict[str, Any] = converted
    return result


def shape_problems(service: str, operation: str, properties: Mapping[str, Any]) -> list[str]:
    """What is wrong with properties as a request, those that are pending aside."""
    problems: list[str] = []
    convert(properties, input_shape(service, operation), "", problems)
    return problems


def convert(value: Any, shape: Shape, path: str, problems: list[str]) -> Any:
    """A value in the form of a shape; faults are added to `problems` with their paths."""
    if isinstance(value, Pending) or value is None:
        return value
    if isinstance(shape, StructureShape):
        if shape.metadata.get("document"):
            return value
        return _structure(value, shape, path, problems)
    if isinstance(shape, ListShape):
        if not isinstance(value, list):
            problems.append(f"{path or '/'}: expected type: JSONArray, found: {_kind(value)}")
            return value
        return [convert(item, shape.member, f"{path}/{index}", problems) for index, item in enumerate(value)]
    if isinstance(shape, MapShape):
        if isinstance(value, list) and all(isinstance(tag, dict) and "Key" in tag for tag in value):
            value = {tag["Key"]: tag.get("Value", "") for tag in value}
        if not isinstance(value, dict):
            problems.append(f"{path or '/'}: expected type: JSONObject, found: {_kind(value)}")
            return value
        return {key: convert(item, shape.value, f"{path}/{key}", problems) for key, item in value.items()}
    return _scalar(value, shape, path, problems)


def _structure(value: Any, shape: StructureShape, path: str, problems: list[str]) -> Any:
    if not isinstance(value, dict):
        problems.append(f"{path or '/'}: expected type: JSONObject, found: {_kind(value)}")
        return value
    members = {name.lower(): name for name in shape.members}
    result: dict[str, Any] = {}
    for key, item in value.items():
        member = key if key in shape.members else members.get(str(key).lower())
        if member is None:
            problems.append(f"{path or '/'}: extraneous key [{key}] is not permitted")
            continue
        result[member] = convert(item, shape.members[member], f"{path}/{key}", problems)
    return result


def _scalar(value: Any, shape: Shape, path: str, problems: list[str]) -> Any:
    kind = shape.type_name
    if isinstance(value, dict | list):
        if kind == "string" and shape.metadata.get("jsonvalue"):
            return value
        problems.append(f"{path or '/'}: expected type: {_JSON_KINDS.get(kind, 'String')}, found: {_kind(value)}")
        return value
    if kind in {"integer", "long", "float", "double"}:
        return _number(value, kind, path, problems)
    if kind == "boolean":
        text = str(value).lower()
        if text not in {"true", "false"}:
            problems.append(f"{path}: expected type: Boolean, found: {value!r}")
            return value
        return text == "true"
    if kind == "string":
        return _text(value)
    return value


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _number(value: Any, kind: str, path: str, problems: list[str]) -> Any:
    try:
        return int(str(value)) if kind in {"integer", "long"} else float(str(value))
    except ValueError:
        problems.append(f"{path}: expected type: Number, found: {value!r}")
        return value


_JSON_KINDS = {"integer": "Number", "long": "Number", "float": "Number", "double": "Number", "boolean": "Boolean"}


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return "JSONObject"
    if isinstance(value, list):
        return "JSONArray"
    return "String" if isinstance(value, str) else type(value).__name__


def json_text(document: Any) -> str:
    """A policy or another document as the JSON text that services take; a text stays as it is."""
    return document if isinstance(document, str) else json.dumps(document)


def truth(value: Any) -> bool:
    """A property that is a boolean, or the string of one."""
    return value is True or str(value).lower() == "true"


def without(properties: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The properties but for some."""
    return {key: value for key, value in properties.items() if key not in names}


def only(properties: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Some of the properties, those that are set."""
    return {name: properties[name] for name in names if properties.get(name) is not None}
