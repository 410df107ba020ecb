"""What a path into a step's output leads to."""

from typing import Any

from attrs import frozen

from constructs_lib.checks.service_model import is_known, operation
from constructs_lib.checks.wording import did_you_mean, options
from constructs_lib.definitions.outputs import DeclaredOutput, MergedOutput, Output
from constructs_lib.definitions.paths import parse_path
from constructs_lib.definitions.values import ValueType

_TYPES: dict[str, ValueType] = {
    "string": "string",
    "timestamp": "string",
    "integer": "integer",
    "long": "integer",
    "float": "number",
    "double": "number",
    "boolean": "boolean",
}


@frozen(kw_only=True)
class OutputType:
    """What a path leads to.

    Attributes:
        type: of the value.
        problem: why the path leads nowhere; None where it leads somewhere.
    """

    type: ValueType = "document"
    problem: str | None = None


def output_type(output: Output, path: str) -> OutputType:
    """Follows a path into an output."""
    parts = parse_path(path)
    if parts is None:
        return OutputType(problem="expected member names with dots between them, such as 'A.B' or 'A[0].B'")
    if isinstance(output, MergedOutput):
        found = [output_type(part, path) for part in output.parts]
        return next((one for one in found if one.problem is None), found[0])
    if isinstance(output, DeclaredOutput):
        return _declared(output, parts)
    if not is_known(output.service, output.operation):
        return OutputType()
    shape = operation(output.service, output.operation).output_shape
    return OutputType(problem="the response is empty") if shape is None else described(shape, parts)


def _declared(output: DeclaredOutput, parts: tuple[str | int, ...]) -> OutputType:
    name = str(parts[0])
    kind = output.members.get(name, output.members.get("*"))
    if kind is None:
        return OutputType(problem=f"no member {name!r}, expected {options(output.members, name)}")
    if len(parts) > 1 and kind != "document":
        return OutputType(problem=f"{name!r} is a {kind} and has no members")
    return OutputType(type="document" if len(parts) > 1 else kind)


def described(shape: Any, parts: tuple[str | int, ...]) -> OutputType:
    """Follows member names and positions into a response."""
    followed = ""
    for part in parts:
        where = f"in {followed!r}" if followed else f"in the response of {shape.name.removesuffix('Response')}"
        if isinstance(part, int):
            if shape.type_name != "list":
                return OutputType(problem=f"{followed!r} is a {shape.type_name} and has no positions")
            shape = shape.member
            followed += f"[{part}]"
            continue
        if shape.type_name == "structure" and part not in shape.members:
            lower = f"{part[:1].lower()}{part[1:]}"  # some services begin with small letters what the engines do not
            part = lower if lower in shape.members else part  # noqa: PLW2901 - as the service calls it
        if shape.type_name == "map":
            shape = shape.value
        elif shape.type_name != "structure":
            return OutputType(problem=f"{followed!r} is a {shape.type_name} and has no member {part!r}")
        elif part not in shape.members:
            expected = did_you_mean(part, shape.members) or f", expected {options(shape.members, part)}"
            return OutputType(problem=f"no member {part!r} {where}{expected}")
        else:
            shape = shape.members[part]
        followed = f"{followed}.{part}" if followed else part
    return OutputType(type=_TYPES.get(shape.type_name, "document"))
