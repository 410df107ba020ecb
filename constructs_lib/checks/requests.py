"""Requests, against botocore's description of the API and the rules in it that botocore itself does not check."""

from collections.abc import Iterator, Mapping
from typing import Any

from constructs_lib.checks.reference_types import value_type
from constructs_lib.checks.rules import Steps, rule_of_steps
from constructs_lib.checks.shapes import describe
from constructs_lib.checks.wording import shown
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.steps.base import JobStep
from constructs_lib.definitions.values import ExecutionInput, ValueType

_ACCEPTED: dict[str, frozenset[ValueType]] = {
    "string": frozenset({"string"}),
    "timestamp": frozenset({"string", "number"}),
    "integer": frozenset({"integer"}),
    "long": frozenset({"integer"}),
    "float": frozenset({"integer", "number"}),
    "double": frozenset({"integer", "number"}),
    "boolean": frozenset({"boolean"}),
    "blob": frozenset({"string"}),
    "structure": frozenset(),
    "list": frozenset(),
    "map": frozenset(),
}

_WORDS = {"string": "a text", "integer": "a whole number", "number": "a number", "boolean": "true or false"}
_DECLARED = {
    "string": "string",
    "integer": "integer",
    "long": "integer",
    "float": "number",
    "double": "number",
    "boolean": "boolean",
}


@rule_of_steps
def requests_fit_the_service(subject: Steps) -> Iterator[Problem]:
    """Members, types, ranges, lengths, enumerations and patterns, as the service will check them when it is late."""
    for step, found in subject.requests:
        for path, message in found.problems:
            yield Problem(step=step.name, path=path, message=message)


@rule_of_steps
def references_have_the_type_of_their_place(subject: Steps) -> Iterator[Problem]:
    """A text in the place of a number fails when the step is reached, hours after the start."""
    for step, found in subject.requests:
        for path, value, shape in found.references:
            kind = value_type(value, subject)
            if kind is not None and kind != "document" and kind not in _ACCEPTED[shape.type_name]:
                wanted = _DECLARED.get(shape.type_name)
                hint = f"; declare it with type={wanted!r}" if wanted and isinstance(value, ExecutionInput) else ""
                message = f"got {shown(value)}, which is {_WORDS[kind]} at run time, expected {describe(shape)}{hint}"
                yield Problem(step=step.name, path=path, message=message)


@rule_of_steps
def own_properties_are_not_given_twice(subject: Steps) -> Iterator[Problem]:
    """What a property says cannot be said otherwise in `additional_request`."""
    for step in subject.tasks:
        if not step.additional_request:
            continue
        role = step.role_member if isinstance(step, JobStep) else None
        # JSON of any form is one value, whatever stands in it
        own = {
            name: "JSON" if name in step.documents and value is not None else value
            for name, value in step.own_request().items()
        }
        for path in _given_twice(own, step.additional_request, ""):
            message = f"got {path!r}, which a property of the step sets already"
            yield Problem(step=step.name, path="additional_request", message=message)
        if role is not None and _holds(step.additional_request, role):
            message = f"got {role!r}, which a property of the step sets already"
            yield Problem(step=step.name, path="additional_request", message=message)


def _given_twice(own: Mapping[str, Any], additional: Mapping[str, Any], path: str) -> Iterator[str]:
    """The members that both requests have; objects are put together."""
    for name, value in additional.items():
        mine = own.get(name)
        if isinstance(mine, Mapping) and isinstance(value, Mapping):
            yield from _given_twice(mine, value, f"{path}{name}.")
        elif mine is not None:
            yield f"{path}{name}"


def _holds(request: Any, path: str) -> bool:
    name, _, rest = path.partition(".")
    if not isinstance(request, Mapping) or name not in request:
        return False
    return not rest or _holds(request[name], rest)
