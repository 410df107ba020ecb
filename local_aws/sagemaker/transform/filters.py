"""The JSONPath of DataProcessing: which part of a record goes to the model, and which part of the result is kept.

The operators are those of SageMaker: ``$``, ``.name``, ``.*``, ``['name', …]``, ``[index, …]`` and ``[start:end]``.
"""

import re
from typing import Any

from attrs import field, frozen

_NAME = re.compile(r"\.([A-Za-z_][\w-]*)")
_WILDCARD = re.compile(r"\.\*|\[\*\]")
_SLICE = re.compile(r"\[\s*(-?\d*)\s*:\s*(-?\d*)\s*\]")
_INDICES = re.compile(r"\[\s*(-?\d+(?:\s*,\s*-?\d+)*)\s*\]")
_QUOTED = r"'[^']*'|\"[^\"]*\""
_NAMES = re.compile(rf"\[\s*((?:{_QUOTED})(?:\s*,\s*(?:{_QUOTED}))*)\s*\]")


class FilterError(ValueError):
    """A filter is not JSONPath as SageMaker has it, or a record lacks what it selects."""


@frozen
class _Names:
    names: tuple[str, ...]

    def of(self, value: Any) -> Any:
        if not isinstance(value, dict):
            raise FilterError(f"names need a JSON object, got {_kind(value)}")
        missing = [name for name in self.names if name not in value]
        if missing:
            raise FilterError(f"the record has no {', '.join(missing)}")
        return value[self.names[0]] if len(self.names) == 1 else {name: value[name] for name in self.names}


@frozen
class _Indices:
    indices: tuple[int, ...]

    def of(self, value: Any) -> Any:
        items = _items(value)
        try:
            found = [items[index] for index in self.indices]
        except IndexError:
            raise FilterError(f"the record has {len(items)} fields, got {list(self.indices)}") from None
        return found[0] if len(found) == 1 else found


@frozen
class _Slice:
    start: int | None
    end: int | None

    def of(self, value: Any) -> Any:
        return _items(value)[self.start : self.end]


@frozen
class _All:
    def of(self, value: Any) -> Any:
        return list(value.values()) if isinstance(value, dict) else _items(value)


@frozen
class RecordFilter:
    """Selects a part of a record.

    Args:
        text: the JSONPath.

    Raises:
        FilterError: it is none.
    """

    text: str = "$"
    _steps: "tuple[_Names | _Indices | _Slice | _All, ...]" = field(init=False)

    @_steps.default
    def _read(self) -> "tuple[_Names | _Indices | _Slice | _All, ...]":
        if not self.text.startswith("$"):
            raise FilterError(f"{self.text!r} does not start with $")
        steps: list[_Names | _Indices | _Slice | _All] = []
        rest = self.text[1:].strip()
        while rest:
            step, length = _step(rest)
            if step is None:
                raise FilterError(f"{self.text!r} is not understood from {rest!r} on")
            steps.append(step)
            rest = rest[length:].lstrip()
        return tuple(steps)

    @property
    def is_everything(self) -> bool:
        """Whether it leaves records as they are."""
        return not self._steps

    def of(self, record: Any) -> Any:
        """The selected part.

        Raises:
            FilterError: the record lacks it.
        """
        for step in self._steps:
            record = step.of(record)
        return record


def _step(text: str) -> tuple[_Names | _Indices | _Slice | _All | None, int]:
    if match := _WILDCARD.match(text):
        return _All(), match.end()
    if match := _NAME.match(text):
        return _Names((match[1],)), match.end()
    if match := _SLICE.match(text):
        return _Slice(*(int(bound) if bound else None for bound in match.groups())), match.end()
    if match := _INDICES.match(text):
        return _Indices(tuple(int(index) for index in match[1].split(","))), match.end()
    if match := _NAMES.match(text):
        return _Names(tuple(name[1:-1] for name in re.findall(_QUOTED, match[1]))), match.end()
    return None, 0


def _items(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise FilterError(f"indices need a JSON array or a CSV row, got {_kind(value)}")
    return value


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    return "an array" if isinstance(value, list) else repr(value)
