"""Texts of templates, of which CloudFormation fills in some parts at deployment."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

_SUB = re.compile(r"\$\{(!?)([^}]+)\}")
_QUOTE = re.compile(r'(?<!\\)(?:\\\\)*"')


@frozen
class LateText:
    """A text with values in it that are known when it is deployed.

    Attributes:
        parts: texts, and CloudFormation's functions (``{"Ref": "Role"}``) where their values come.
    """

    parts: tuple[str | Mapping[str, Any], ...]

    @classmethod
    def of(cls, value: Any) -> "LateText":
        """A text of a template: plain, joined by ``Fn::Join``, or with names in it for ``Fn::Sub``."""
        return cls(tuple(_parts(value)))

    def names(self) -> set[str]:
        """Its late values, each by the name that `filled` gives it."""
        return {_name(part) for part in self.parts if not isinstance(part, str)}

    def values_in(self, deployed: str) -> dict[str, str] | None:
        """The late values, by name, as the deployed text tells them; None where it is another text."""
        pattern, groups = [], dict[str, str]()
        for part in self.parts:
            if isinstance(part, str):
                pattern.append(re.escape(part))
            elif _name(part) in groups:
                pattern.append(f"(?P={groups[_name(part)]})")
            else:
                group = groups[_name(part)] = f"value{len(groups)}"
                # no value ends the JSON text that it is part of
                pattern.append(f'(?P<{group}>[^"]*?)')
        found = re.fullmatch("".join(pattern), deployed, re.DOTALL)
        return None if found is None else {name: found[group] for name, group in groups.items()}

    def filled(self, values: Mapping[str, str]) -> Any:
        """The JSON that it is, with the values that are known, and ``${Role.Arn}`` for the others."""
        text = ""
        for part in self.parts:
            if isinstance(part, str):
                text += part
                continue
            value = values.get(_name(part), f"${{{_name(part)}}}")
            inside = len(_QUOTE.findall(text)) % 2 == 1
            text += value if inside or _name(part) in values else json.dumps(value)
        return json.loads(text)


def _parts(value: Any) -> Iterator[str | Mapping[str, Any]]:
    match value:
        case str():
            yield value
        case {"Fn::Join": [str(delimiter), list(elements)]}:
            for number, element in enumerate(elements):
                yield delimiter if number else ""
                yield from _parts(element)
        case {"Fn::Sub": str(text)}:
            yield from _substituted(text, {})
        case {"Fn::Sub": [str(text), Mapping() as names]}:
            yield from _substituted(text, names)
        case Mapping():
            yield value
        case _:
            yield json.dumps(value)


def _substituted(text: str, names: Mapping[str, Any]) -> Iterator[str | Mapping[str, Any]]:
    end = 0
    for found in _SUB.finditer(text):
        yield text[end : found.start()]
        end = found.end()
        if found[1]:
            yield f"${{{found[2]}}}"
        elif found[2] in names:
            yield from _parts(names[found[2]])
        else:
            logical_id, _, attribute = found[2].partition(".")
            yield {"Fn::GetAtt": [logical_id, attribute]} if attribute else {"Ref": logical_id}
    yield text[end:]


def _name(function: Mapping[str, Any]) -> str:
    match function:
        case {"Ref": str(name)}:
            return name
        case {"Fn::GetAtt": [str(logical_id), str(attribute)]}:
            return f"{logical_id}.{attribute}"
        case {"Fn::ImportValue": str(export)}:
            return export
    return json.dumps(function, sort_keys=True, separators=(",", ":"))
