"""Arguments of a Task state into a request as botocore's model has it, and the answer back into JSON."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from local_aws.stepfunctions.language.documents import to_json
from local_aws.stepfunctions.language.timestamps import iso_timestamp
from local_aws.stepfunctions.tasks.sdk_names import member_name

Times = Callable[[datetime], Any]

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "character": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "bigdecimal": (int, float),
}


def to_request(shape: Any, arguments: Any, *, json_members: frozenset[str] = frozenset()) -> tuple[Any, list[str]]:
    """A request's parameters, and what is wrong with the arguments in Step Functions' words.

    Args:
        shape: the operation's input shape; None where it takes nothing.
        arguments: in PascalCase.
        json_members: names of string members that take any JSON, written as text.
    """
    problems: list[str] = []
    if shape is None:
        return {}, [_unsupported(name) for name in arguments]
    return _request(shape, arguments, "", json_members, problems), problems


def _request(shape: Any, value: Any, field: str, json_members: frozenset[str], problems: list[str]) -> Any:
    kind = shape.type_name
    if kind == "structure":
        if getattr(shape, "is_document_type", False):
            return value
        if not isinstance(value, dict):
            problems.append(_wrong_type(field, "an OBJECT"))
            return value
        names = {name.lower(): name for name in shape.members}
        request = {}
        for name, member in value.items():
            known = names.get(name.lower())
            if known is None:
                problems.append(_unsupported(name))
            elif member is not None:
                request[known] = _request(shape.members[known], member, name, json_members, problems)
        required = [name for name in shape.required_members if name not in request]
        problems.extend(f'The field "{member_name(name)}" is required but was missing' for name in required)
        return request
    if kind == "list":
        if not isinstance(value, list):
            problems.append(_wrong_type(field, "an ARRAY"))
            return value
        return [_request(shape.member, item, field, json_members, problems) for item in value]
    if kind == "map":
        if not isinstance(value, dict):
            problems.append(_wrong_type(field, "an OBJECT"))
            return value
        return {name: _request(shape.value, item, name, json_members, problems) for name, item in value.items()}
    return _scalar(kind, value, field, json_members, problems)


def _scalar(kind: str, value: Any, field: str, json_members: frozenset[str], problems: list[str]) -> Any:
    if field in json_members and not isinstance(value, str):
        return to_json(value)
    if kind == "blob":
        return value.encode() if isinstance(value, str) else to_json(value).encode()
    if kind == "timestamp":
        return value
    expected = _TYPES.get(kind, (object,))
    if not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected):
        problems.append(_wrong_type(field, f"a {kind.upper()}"))
    return value


def _unsupported(name: str) -> str:
    return f'The field "{name}" is not supported by Step Functions'


def _wrong_type(field: str, expected: str) -> str:
    return f"The value for the field '{field}' must be {expected}"


def unknown_fields(shape: Any, template: Any) -> list[str]:
    """What a template names that the request does not have, or lacks that it needs, before any value is known."""
    problems: list[str] = []
    if shape is None:
        return [_unsupported(name) for name in template]
    _check(shape, template, problems)
    return problems


def _check(shape: Any, template: Any, problems: list[str]) -> None:
    if shape.type_name == "structure" and isinstance(template, dict):
        if getattr(shape, "is_document_type", False):
            return
        names = {name.lower(): name for name in shape.members}
        given = set()
        for key, value in template.items():
            known = names.get(key.removesuffix(".$").lower())
            if known is None:
                problems.append(_unsupported(key.removesuffix(".$")))
            else:
                given.add(known)
                if not key.endswith(".$"):
                    _check(shape.members[known], value, problems)
        missing = [name for name in shape.required_members if name not in given]
        problems.extend(f'The field "{member_name(name)}" is required but was missing' for name in missing)
    elif shape.type_name == "list" and isinstance(template, list):
        for item in template:
            _check(shape.member, item, problems)


def to_json_result(shape: Any, value: Any, times: Times) -> Any:
    """An answer as a Task state's result: PascalCase, times by `times`, bytes as text."""
    if value is None:
        return None
    kind = shape.type_name if shape is not None else None
    if kind == "structure" and isinstance(value, dict):
        return {member_name(name): to_json_result(shape.members.get(name), item, times) for name, item in value.items()}
    if kind == "list":
        return [to_json_result(shape.member, item, times) for item in value]
    if kind == "map":
        return {name: to_json_result(shape.value, item, times) for name, item in value.items()}
    if isinstance(value, datetime):
        return times(value)
    if hasattr(value, "read"):
        value = value.read()
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return base64.b64encode(value).decode()
    return value


def epoch_milliseconds(time: datetime) -> int:
    """A time as the optimized integrations give it."""
    return int(time.timestamp() * 1000)


def iso_8601(time: datetime) -> str:
    """A time as the SDK integrations give it."""
    return iso_timestamp(time.astimezone(UTC).timestamp())
