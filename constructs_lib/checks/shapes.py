"""A request's document against the shape that botocore describes."""

import math
from collections.abc import Mapping
from typing import Any

from attrs import define, field

from constructs_lib.checks.mending import Unknown
from constructs_lib.checks.service_model import is_known, operation, pattern
from constructs_lib.checks.wording import did_you_mean, options, shown, token_hint
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
        if not isinstance(value, Mapping):
            self._wrong(value, shape, path)
            return
        for name, member in value.items():
            where = f"{path}.{name}" if path else name
            known = self.member_name(name, shape) if not path else name
            if known not in shape.members:
                hint = did_you_mean(str(name), shape.members)
                self.problems.append(
                    (where, f"unknown member of {shape.name.removesuffix('Input').removesuffix('Request')}{hint}")
                )
            elif where in self.documents:
                self.document(member, where)
            else:
                self.value(member, shape.members[known], where)
        given = value if path else {self.member_name(name, shape) for name in value}
        for name in shape.required_members:
            where = f"{path}.{name}" if path else name
            if name not in given and where not in self.exempt:
                self.problems.append((where, f"missing, expected {describe(shape.members[name])}"))
        if getattr(shape, "is_tagged_union", False) and len(value) != 1:
            expected = ", ".join(shape.members)
            self.problems.append((path, f"got {len(value)} members, expected exactly one of {expected}"))

    def member_name(self, name: Any, shape: Any) -> Any:
        """A member as the service model calls it: Step Functions writes a capital where some services do not."""
        lower = f"{name[:1].lower()}{name[1:]}" if isinstance(name, str) else name
        return lower if name not in shape.members and lower in shape.members else name

    def value(self, value: Any, shape: Any, path: str) -> None:
        """Anything."""
        if isinstance(value, Unknown):
            return
        if isinstance(value, Reference):
            self.references.append((path, value, shape))
        elif shape.type_name == "structure":
            self.structure(value, shape, path)
        elif shape.type_name == "list":
            self._list(value, shape, path)
        elif shape.type_name == "map":
            self._map(value, shape, path)
        elif shape.type_name in ("string", "timestamp", "blob"):
            self._text(value, shape, path)
        elif shape.type_name == "boolean":
            if not isinstance(value, bool):
                self._wrong(value, shape, path)
        else:
            self._number(value, shape, path)

    def document(self, value: Any, path: str) -> None:
        """JSON of any form."""
        if isinstance(value, Mapping):
            for name, member in value.items():
                if not isinstance(name, str):
                    self.problems.append((path, f"got the key {shown(name)}, expected a text"))
                elif name.endswith(".$"):
                    message = "got a key that ends with '.$', which Step Functions takes for a path; use a reference"
                    self.problems.append((f"{path}.{name}", message))
                else:
                    self.document(member, f"{path}.{name}")
        elif isinstance(value, tuple | list):
            for position, element in enumerate(value):
                self.document(element, f"{path}[{position}]")
        elif not (value is None or isinstance(value, str | int | float | Reference)) or (
            isinstance(value, float) and not math.isfinite(value)
        ):
            self.problems.append((path, f"got {shown(value)}, expected something that JSON can hold"))

    def _wrong(self, value: Any, shape: Any, path: str) -> None:
        self.problems.append((path, f"got {shown(value)}, expected {describe(shape)}{token_hint(value)}"))

    def _list(self, value: Any, shape: Any, path: str) -> None:
        if not isinstance(value, list | tuple):
            self._wrong(value, shape, path)
        elif not is_list_token(value):
            self._length(value, shape, path, "elements")
            for position, element in enumerate(value):
                self.value(element, shape.member, f"{path}[{position}]")

    def _map(self, value: Any, shape: Any, path: str) -> None:
        if not isinstance(value, Mapping):
            self._wrong(value, shape, path)
            return
        self._length(value, shape, path, "members")
        for key, member in value.items():
            self._text(key, shape.key, f"{path}.{key}")
            self.value(member, shape.value, f"{path}.{key}")

    def _text(self, value: Any, shape: Any, path: str) -> None:
        if not isinstance(value, str):
            self._wrong(value, shape, path)
            return
        if has_text_token(value):
            return
        allowed = getattr(shape, "enum", None)
        if allowed and value not in allowed:
            self.problems.append((path, f"got {shown(value)}, expected {options(allowed, value)}"))
        elif self._length(value, shape, path, "characters"):
            rule = shape.metadata.get("pattern")
            compiled = None if rule is None else pattern(rule)
            if compiled is not None and not compiled.fullmatch(value):
                self.problems.append((path, f"got {shown(value)}, expected a text that matches {rule}"))

    def _number(self, value: Any, shape: Any, path: str) -> None:
        kinds = int if shape.type_name in ("integer", "long") else int | float
        if is_number_token(value):
            return
        if isinstance(value, bool) or not isinstance(value, kinds) or not math.isfinite(value):
            self._wrong(value, shape, path)
            return
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if (low is not None and value < low) or (high is not None and value > high):
            expected = (
                f"{low} to {high}"
                if None not in (low, high)
                else f"at least {low}"
                if high is None
                else f"at most {high}"
            )
            self.problems.append((path, f"got {value}, expected {expected}"))

    def _length(self, value: Any, shape: Any, path: str, unit: str) -> bool:
        low, high = shape.metadata.get("min", 0), shape.metadata.get("max")
        if len(value) < low or (high is not None and len(value) > high):
            expected = f"at least {low}" if high is None else f"{low} to {high}"
            self.problems.append((path, f"got {len(value)} {unit}, expected {expected}"))
            return False
        return True


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
