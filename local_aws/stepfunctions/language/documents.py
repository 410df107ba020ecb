"""JSON text as Step Functions writes it, its size limits, and what a state can read: input, context, variables."""

import json
from collections.abc import Mapping
from typing import Any

from attrs import define, field

from local_aws.stepfunctions.language.errors import DATA_LIMIT_EXCEEDED, StatesError, runtime_error
from local_aws.stepfunctions.language.jsonpath import MissingPathError, Path

MAX_DATA_BYTES = 256 * 1024
MAX_VARIABLES_BYTES = 10 * 1024 * 1024

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def to_json(value: Any) -> str:
    """Compact JSON text."""
    return _encode(value)


def parse_json(text: str) -> Any:
    """A JSON text's value.

    Raises:
        ValueError: `text` is no JSON; ``NaN`` and ``Infinity`` are none either.
    """
    return json.loads(text, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def is_too_large(text: str) -> bool:
    """Whether a text is over the 256 KiB that a state may take or give, in UTF-8."""
    return len(text) > MAX_DATA_BYTES // 4 and len(text.encode()) > MAX_DATA_BYTES


@define(eq=False)
class Scope:
    """The variables of a state machine, a Parallel branch or a Map iteration.

    Args:
        parent: the scope around it, read but never assigned. Default: none, the outermost.
    """

    parent: "Scope | None" = None
    values: dict[str, Any] = field(factory=dict)

    def lookup(self, name: str) -> Any:
        """A variable's value.

        Raises:
            MissingPathError: no scope has it.
        """
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return scope.values[name]
            scope = scope.parent
        raise MissingPathError(name)

    def visible(self) -> dict[str, Any]:
        """Every variable that can be read here."""
        outer = {} if self.parent is None else self.parent.visible()
        return {**outer, **self.values}

    def assign(self, assigned: Mapping[str, Any]) -> None:
        """Sets variables, all at once.

        Raises:
            StatesError: ``States.DataLimitExceeded`` over 256 KiB in one Assign, or 10 MiB in all.
        """
        if is_too_large(to_json(assigned)):
            raise StatesError(
                DATA_LIMIT_EXCEEDED,
                "The variables that one Assign field sets exceed the maximum number of bytes service limit.",
                terminal=True,
            )
        values = {**self.values, **assigned}
        if len(to_json(values).encode()) > MAX_VARIABLES_BYTES:
            raise StatesError(
                DATA_LIMIT_EXCEEDED, "The variables of the execution exceed 10 MiB in total.", terminal=True
            )
        self.values = values


@define(eq=False)
class Environment:
    """What the expressions of a state read.

    Attributes:
        input: the state's input as it came.
        data: the current value, ``$`` of JSONPath.
        context: the context object, ``$$``.
        scope: the variables.
        states: what ``$states`` holds beside input and context in JSONata (``result``, ``errorOutput``).
    """

    input: Any
    data: Any
    context: dict[str, Any]
    scope: Scope
    states: dict[str, Any] = field(factory=dict)

    def on(self, data: Any) -> "Environment":
        """The same with another current value."""
        return Environment(self.input, data, self.context, self.scope, self.states)

    def read(self, path: Path) -> Any:
        """The value at a path.

        Raises:
            MissingPathError: the path is definite and leads nowhere.
        """
        if path.root == "":
            return path.read(self.data)
        if path.root == "$":
            return path.read(self.context)
        return path.read(self.scope.lookup(path.root))

    def read_whole(self, path: Path) -> Any:
        """The value at the path of an InputPath, OutputPath or ItemsPath field.

        Raises:
            StatesError: ``States.Runtime`` where the path leads nowhere.
        """
        try:
            return self.read(path)
        except MissingPathError as missing:
            raise runtime_error(f"Invalid path '{path.text}' : Missing property in path ${missing}") from None

    def described(self, path: Path) -> str:
        """The document that a path reads, for a message."""
        if path.root == "":
            return f"the input '{to_json(self.data)}'"
        if path.root == "$":
            return f"the context object '{to_json(self.context)}'"
        if path.root in self.scope.visible():
            return f"the variable '{path.root}': '{to_json(self.scope.lookup(path.root))}'"
        return f"the variables '{to_json(sorted(self.scope.visible()))}'"
