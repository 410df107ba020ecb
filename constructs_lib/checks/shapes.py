"""A request's document against the shape that botocore describes."""

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from attrs import define, field

from constructs_lib.checks.json_values import json_problem
from constructs_lib.checks.mending import Unknown
from constructs_lib.checks.service_model import is_known, operation, pattern
from constructs_lib.checks.wording import did_you_mean, options, shown, token_hint
from constructs_lib.definitions.freezing import JSON_FORM, PLAIN
from constructs_lib.definitions.steps.base import JobStep, TaskStep
from constructs_lib.definitions.tokens import has_text_token, is_list_token, is_number_token
from constructs_lib.definitions.values import Reference

_WORDS = {
    "string": "a text",
    "timestamp": "a time",
    "integer": "a whole number",
    "long": "a whole number",
    "float": "a number",
    "double": "a number",
    "boolean": "true or false",
    "blob": "a text",
    "structure": "an object",
    "map": "an object",
    "list": "a list",
}


_KEPT = 1_000
_SOUND: defaultdict[Any, set[str | int]] = defaultdict(set)
"""Values in which nothing is wrong, some of each shape: the steps of a definition have many alike."""


def describe(shape: Any) -> str:
    """A shape in words."""
    return _WORDS[shape.type_name]


@define(kw_only=True)
class RequestCheck:
    """What was found in one request.

    Tokens and references are not looked into; where references stand is kept.

    Attributes:
        documents: paths of members that are JSON of any form.
        exempt: paths of members that may be missing.
        problems: path and message of each.
        references: path, reference and shape of each place that one stands in.
    """

    documents: frozenset[str]
    exempt: frozenset[str] = frozenset()
    problems: list[tuple[str, str]] = field(factory=list)
    references: list[tuple[str, Reference, Any]] = field(factory=list)

    def structure(self, value: Any, shape: Any, path: str) -> None:
        """An object whose members are known."""
        if JSON_FORM[type(value)] is not dict:
            self._found(path, _unlike(value, shape))
            return
        members = shape.members
        looked_into = not self.documents
        for name, member in value.items():
            inner, kind = members.get(name), type(member)
            if kind is bool:
                as_most = inner is not None and inner.type_name == "boolean"
            else:
                as_most = looked_into and (kind is str or kind is int) and member in _SOUND[inner]
            if not as_most:
                self._member(name, member, inner, shape, path)
        missing = [name for name in shape.required_members if name not in value]
        if missing:
            self._missing(missing, value, shape, path)
        if getattr(shape, "is_tagged_union", False) and len(value) != 1:
            expected = ", ".join(shape.members)
            self.problems.append((path, f"got {len(value)} members, expected exactly one of {expected}"))

    def _member(self, name: Any, member: Any, inner: Any, shape: Any, path: str) -> None:
        where = f"{path}.{name}" if path else name
        if inner is None and not path:
            inner = shape.members.get(self.member_name(name, shape))
        if inner is None:
            hint = did_you_mean(str(name), shape.members)
            structure = shape.name.removesuffix("Input").removesuffix("Request")
            self.problems.append((where, f"unknown member of {structure}{hint}"))
        elif where in self.documents:
            self.document(member, where)
        else:
            self.value(member, inner, where)

    def _missing(self, names: list[str], value: Mapping[str, Any], shape: Any, path: str) -> None:
        paths = {name: f"{path}.{name}" if path else name for name in names}
        wanted = {name: where for name, where in paths.items() if where not in self.exempt}
        given = {self.member_name(name, shape) for name in value} if wanted and not path else ()
        for name, where in wanted.items():
            if name not in given:
                self.problems.append((where, f"missing, expected {describe(shape.members[name])}"))

    def member_name(self, name: Any, shape: Any) -> Any:
        """A member as the service model calls it: Step Functions writes a capital where some services do not."""
        if name in shape.members or not isinstance(name, str):
            return name
        lower = f"{name[:1].lower()}{name[1:]}"
        return lower if lower in shape.members else name

    def value(self, value: Any, shape: Any, path: str) -> None:
        """Anything."""
        kind, wanted = type(value), shape.type_name
        if kind in PLAIN:  # most values are
            self._plain(value, shape, path)
        elif wanted == "structure" and kind is dict:  # most others are
            self.structure(value, shape, path)
        elif isinstance(value, Unknown):
            return
        elif isinstance(value, Reference):
            self.references.append((path, value, shape))
        elif wanted == "structure":
            self.structure(value, shape, path)
        elif wanted == "list":
            self._list(value, shape, path)
        elif wanted == "map":
            self._map(value, shape, path)
        else:
            self._found(path, _problem(value, shape))

    def document(self, value: Any, path: str) -> None:
        """JSON of any form."""
        form = JSON_FORM[type(value)]
        if form is dict:
            for name, member in value.items():
                if not isinstance(name, str):
                    self.problems.append((path, f"got the key {shown(name)}, expected a text"))
                elif name.endswith(".$"):
                    message = "got a key that ends with '.$', which Step Functions takes for a path; use a reference"
                    self.problems.append((f"{path}.{name}", message))
                else:
                    self.document(member, f"{path}.{name}")
        elif form is list:
            for position, element in enumerate(value):
                self.document(element, f"{path}[{position}]")
        elif not (value is None or isinstance(value, str | int | float | Reference)) or (
            isinstance(value, float) and not math.isfinite(value)
        ):
            self.problems.append((path, f"got {shown(value)}, expected something that JSON can hold"))
        else:
            self._found(path, json_problem(value))

    def _plain(self, value: Any, shape: Any, path: str) -> None:
        message = _problem(value, shape)
        self._found(path, message)
        if message is None and type(value) in (str, int) and len(_SOUND[shape]) < _KEPT:
            _SOUND[shape].add(value)

    def _found(self, path: str, message: str | None) -> None:
        if message is not None:
            self.problems.append((path, message))

    def _list(self, value: Any, shape: Any, path: str) -> None:
        if JSON_FORM[type(value)] is not list:
            self._found(path, _unlike(value, shape))
        elif not is_list_token(value):
            self._found(path, _length_problem(len(value), shape, "elements"))
            inner = shape.member
            for position, element in enumerate(value):
                self.value(element, inner, f"{path}[{position}]")

    def _map(self, value: Any, shape: Any, path: str) -> None:
        if JSON_FORM[type(value)] is not dict:
            self._found(path, _unlike(value, shape))
            return
        self._found(path, _length_problem(len(value), shape, "members"))
        for key, member in value.items():
            self._found(f"{path}.{key}", _problem(key, shape.key))
            self.value(member, shape.value, f"{path}.{key}")


def _problem(value: Any, shape: Any) -> str | None:
    """What is wrong with a value that holds no others."""
    if shape.type_name in ("string", "timestamp", "blob"):
        return _text_problem(value, shape) if isinstance(value, str) else _unlike(value, shape)
    if shape.type_name == "boolean":
        return None if isinstance(value, bool) else _unlike(value, shape)
    return _unlike(value, shape) if shape.type_name in ("structure", "list", "map") else _number_problem(value, shape)


def _text_problem(value: str, shape: Any) -> str | None:
    if has_text_token(value):
        return None
    if (unsendable := json_problem(value)) is not None:
        return unsendable
    allowed = getattr(shape, "enum", None)
    if allowed and value not in allowed:
        return f"got {shown(value)}, expected {options(allowed, value)}"
    length = _length_problem(len(value), shape, "characters")
    if length is not None:
        return length
    rule = shape.metadata.get("pattern")
    compiled = None if rule is None else pattern(rule)
    if compiled is not None and not compiled.fullmatch(value):
        return f"got {shown(value)}, expected a text that matches {rule}"
    return None


def _number_problem(value: Any, shape: Any) -> str | None:
    kinds = int if shape.type_name in ("integer", "long") else int | float
    if is_number_token(value):
        return None
    if isinstance(value, bool) or not isinstance(value, kinds) or not math.isfinite(value):
        return _unlike(value, shape)
    if (unsendable := json_problem(value)) is not None:
        return unsendable
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if (low is not None and value < low) or (high is not None and value > high):
        expected = (
            f"{low} to {high}" if None not in (low, high) else f"at least {low}" if high is None else f"at most {high}"
        )
        return f"got {value}, expected {expected}"
    return None


def _length_problem(length: int, shape: Any, unit: str) -> str | None:
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max")
    if low <= length and (high is None or length <= high):
        return None
    expected = f"at least {low}" if high is None else f"{low} to {high}"
    return f"got {length} {unit}, expected {expected}"


def _unlike(value: Any, shape: Any) -> str:
    return f"got {shown(value)}, expected {describe(shape)}{token_hint(value)}"


def checked(step: TaskStep) -> RequestCheck:
    """A step's request against the API's description."""
    found = RequestCheck(documents=step.documents)
    if isinstance(step, JobStep) and step.role is None:  # it is given later, and checked then
        found.exempt = frozenset({step.role_member})
    called = called_operation(step)
    if called is not None:
        found.structure(step.request, called.input_shape, "")
    return found


def called_operation(step: TaskStep) -> Any:
    """The model of the operation that a step calls; None where there is none of that name."""
    call = step.integration
    return operation(call.service, call.operation) if is_known(call.service, call.operation) else None
