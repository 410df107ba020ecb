"""Parameters of pipelines: what a definition declares, and what an execution is given."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

Value = str | int | float | bool
_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "String": (str,),
    "Integer": (int,),
    "Float": (float, int),
    "Boolean": (bool,),
}
# as JSON writes numbers: Python also reads '1_000', ' 7 ' and 'nan'
_NUMBERS = {
    "Integer": re.compile(r"[+-]?\d+", re.ASCII),
    "Float": re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII),
}


@frozen(kw_only=True)
class Parameter:
    """One declared parameter.

    Attributes:
        name: of it.
        type: ``String``, ``Integer``, ``Float`` or ``Boolean``.
        default: its value where an execution gives none; None for none.
        allowed: the values that it may have; None for any.
    """

    name: str
    type: str
    default: Value | None = None
    allowed: tuple[Value, ...] | None = None

    def read(self, text: str) -> Value:
        """The value that a request gives as a text.

        Raises:
            ValueError: it is of another type, or not among the allowed values.
        """
        value = self._typed(text)
        if self.allowed is not None and value not in self.allowed:
            expected = ", ".join(str(each) for each in self.allowed)
            raise ValueError(f"Parameter [{self.name}] value {text!r} is not one of its allowed values: {expected}")
        return value

    def _typed(self, text: str) -> Value:
        if not text:
            raise ValueError(f'Parameter [{self.name}] string "" is too short (length: 0, required minimum: 1)')
        if self.type in _NUMBERS:
            if not _NUMBERS[self.type].fullmatch(text):
                raise self._mismatch(text)
            return int(text) if self.type == "Integer" else float(text)
        if self.type == "Boolean":
            if text.lower() not in ("true", "false"):
                raise self._mismatch(text)
            return text.lower() == "true"
        return text

    def _mismatch(self, text: str) -> ValueError:
        return ValueError(f"Parameter [{self.name}] value {text!r} is not of type {self.type}")


def declared(entries: Any) -> tuple[dict[str, Parameter], list[str]]:
    """The parameters that a definition declares, and what is wrong with them."""
    if not isinstance(entries, list):
        return {}, ["Parameters must be a list"]
    found: dict[str, Parameter] = {}
    faults: list[str] = []
    for entry in entries:
        name = entry.get("Name") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not name:
            faults.append("a parameter without a Name")
            continue
        if name in found:
            faults.append(f"Duplicate parameter name '{name}'")
        faults += _entry_faults(name, entry)
        allowed = entry.get("EnumValues")
        found[name] = Parameter(
            name=name,
            type=entry.get("Type", ""),
            default=entry.get("DefaultValue"),
            allowed=tuple(allowed) if isinstance(allowed, list) else None,
        )
    return found, faults


def _entry_faults(name: str, entry: Mapping[str, Any]) -> Iterator[str]:
    kind = entry.get("Type")
    if not isinstance(kind, str) or kind not in _PYTHON_TYPES:
        yield f"parameter '{name}' has type {kind!r}, expected one of {', '.join(_PYTHON_TYPES)}"
        return
    allowed = entry.get("EnumValues")
    if not isinstance(allowed or [], list):
        yield f"parameter '{name}' has the EnumValues {allowed!r}, expected a list"
    default = entry.get("DefaultValue")
    values = [*(allowed if isinstance(allowed, list) else ()), *(() if default is None else (default,))]
    for value in values:
        if not isinstance(value, _PYTHON_TYPES[kind]) or (isinstance(value, bool) and kind != "Boolean"):
            yield f"parameter '{name}' is of type {kind} and has the value {value!r}"
    if isinstance(allowed, list) and default is not None and default not in allowed:
        yield f"parameter '{name}' has the default {default!r}, which is not among its EnumValues"


def given(parameters: Mapping[str, Parameter], entries: list[dict[str, str]]) -> dict[str, Value]:
    """The values of an execution's parameters.

    Args:
        parameters: declared.
        entries: of the request, each with Name and Value.

    Raises:
        ValueError: unknown ones, ones named twice, ones without a value, or values that do not fit; all are named.
    """
    faults = []
    values = {name: each.default for name, each in parameters.items() if each.default is not None}
    counts = Counter(entry["Name"] for entry in entries)
    if twice := [name for name, count in counts.items() if count > 1]:
        faults.append(f"Duplicate parameters: [{', '.join(twice)}]")
    if unknown := [entry["Name"] for entry in entries if entry["Name"] not in parameters]:
        faults.append(f"Unknown parameters: [{', '.join(unknown)}]")
    for entry in entries:
        if entry["Name"] in parameters:
            try:
                values[entry["Name"]] = parameters[entry["Name"]].read(entry["Value"])
            except ValueError as fault:
                faults.append(str(fault))
    if missing := [name for name in parameters if name not in values and name not in counts]:
        faults.append(f"Parameters without a value: [{', '.join(missing)}]")
    if faults:
        raise ValueError("; ".join(faults))
    return values


def text_of(value: Any) -> str:
    """A value as texts show it: JSON's words for truth, plain digits for numbers."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
