"""Requests against the limits of a service's model: lengths, ranges, enumerations and patterns.

botocore's own validator looks at members, types and numeric minima; the rest stands in the model and is checked here,
with all faults in one error, worded as AWS does.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from botocore.model import Shape

from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.gateway.operations import Handler, OperationGroup
from local_aws.gateway.wire import get_service_model

# classes of characters that Java's patterns know and Python's do not, as they read inside a class
_CLASSES = {
    r"\p{Alnum}": "a-zA-Z0-9",
    r"\p{ASCII}": r"\x00-\x7f",
    r"\p{Print}": r"\x20-\x7e",
    r"\p{L}": r"\w",
    r"\p{M}": r"\u0300-\u036f",
    r"\p{N}": r"\d",
    r"\p{Z}": r"\s",
    r"\p{S}": r"$+<=>^`|~\u00a2-\u00b4",
    r"\p{P}": r"!-/:-@\[-`{-~\u2010-\u2027",
}


class ValidatedGroup(OperationGroup):
    """Operations whose requests are checked against the model's limits before the method is called."""

    def operations(self) -> dict[str, Handler]:
        """Every marked method, behind the check of its request."""
        return {name: self._checked(name, handler) for name, handler in super().operations().items()}

    def _checked(self, name: str, handler: Handler) -> Handler:
        def handle(context: RequestContext, request: dict[str, Any]) -> dict[str, Any] | None:
            check_limits(self.service, name, request)
            return handler(context, request)

        return handle


def check_limits(service: str, operation: str, request: dict[str, Any]) -> None:
    """Checks a request against its operation's model.

    Raises:
        AwsError: ``ValidationException`` that lists every value out of its limits.
    """
    shape = get_service_model(service).operation_model(operation).input_shape
    faults = [] if shape is None else list(_faults(shape, request, ""))
    if faults:
        plural = "error" if len(faults) == 1 else "errors"
        raise AwsError("ValidationException", f"{len(faults)} validation {plural} detected: {'; '.join(faults)}")


def _faults(shape: Shape, value: Any, path: str) -> Iterator[str]:
    kind = shape.type_name
    if kind == "structure":
        for name, member in value.items():
            if name in shape.members and member is not None:
                yield from _faults(shape.members[name], member, _join(path, name))
    elif kind == "list":
        yield from _length_faults(shape, value, path)
        for number, item in enumerate(value, start=1):
            yield from _faults(shape.member, item, f"{path}.{number}.member")
    elif kind == "map":
        yield from _length_faults(shape, value, path)
        for key, item in value.items():
            yield from _faults(shape.key, key, f"{path}.key")
            yield from _faults(shape.value, item, f"{path}.{key}.value")
    elif kind == "string":
        yield from _string_faults(shape, value, path)
    elif kind in ("integer", "long", "float", "double"):
        yield from _range_faults(shape, value, path)


def _string_faults(shape: Shape, value: str, path: str) -> Iterator[str]:
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        yield _fault(value, path, f"Member must satisfy enum value set: [{', '.join(allowed)}]")
    yield from _length_faults(shape, value, path)
    pattern = shape.metadata.get("pattern")
    compiled = _compiled(pattern) if pattern else None
    if compiled is not None and not compiled.fullmatch(value):
        yield _fault(value, path, f"Member must satisfy regular expression pattern: {pattern}")


def _length_faults(shape: Shape, value: Any, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and len(value) < low:
        yield _fault(value, path, f"Member must have length greater than or equal to {low}")
    if high is not None and len(value) > high:
        yield _fault(value, path, f"Member must have length less than or equal to {high}")


def _range_faults(shape: Shape, value: float, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low:
        yield _fault(value, path, f"Member must have value greater than or equal to {low}")
    if high is not None and value > high:
        yield _fault(value, path, f"Member must have value less than or equal to {high}")


def _fault(value: Any, path: str, constraint: str) -> str:
    return f"Value '{value}' at '{path}' failed to satisfy constraint: {constraint}"


def _join(path: str, name: str) -> str:
    member = name[0].lower() + name[1:]
    return f"{path}.{member}" if path else member


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """The pattern for Python; None for the few of the model that cannot be said in Python's syntax."""
    for java, python in _CLASSES.items():
        pattern = pattern.replace(java, python)
    try:
        return re.compile(pattern.removeprefix(r"\A").removesuffix(r"\z"))
    except re.error:
        return None
