"""Requests, against botocore's description of the API and the rules in it that botocore itself does not check."""

from collections.abc import Iterator

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
        own = {name for name, value in step.own_request().items() if value is not None}
        reserved = own | ({step.role_member} if isinstance(step, JobStep) else set())
        for name in step.additional_request:
            if name in reserved:
                message = f"got {name!r}, which a property of the step sets already"
                yield Problem(step=step.name, path="additional_request", message=message)
