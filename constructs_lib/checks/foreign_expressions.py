"""Expressions of state machines that somebody else wrote: JSONPath and JSONata, as far as their form tells."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from constructs_lib.checks.wording import did_you_mean, shown
from constructs_lib.definitions.tokens import has_text_token

_INTRINSICS = (
    "Array",
    "ArrayContains",
    "ArrayGetItem",
    "ArrayLength",
    "ArrayPartition",
    "ArrayRange",
    "ArrayUnique",
    "Base64Decode",
    "Base64Encode",
    "Format",
    "Hash",
    "JsonMerge",
    "JsonToString",
    "MathAdd",
    "MathRandom",
    "StringSplit",
    "StringToJson",
    "UUID",
)
_PATH = re.compile(r"\${1,2}\w*(?:\.{1,2}[^.()\[\]\s]+|(?:\.\.)?\[\]|\.\w+\(\))*")
_INTRINSIC = re.compile(r"States\.(\w+)\(\)")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_ELSEWHERE = frozenset({"Branches", "ItemProcessor", "Iterator", "Result"})
"""Fields whose states are looked at for themselves, or that are no expression whatever they look like."""

Found = Iterator[tuple[str, str]]
"""Paths of fields, and what is wrong there."""


def expression_problems(state: Mapping[str, Any], language: str) -> Found:
    """What is wrong with the expressions of a state.

    Args:
        state: without the states inside of it.
        language: of the whole definition; the state may have its own.
    """
    fields = {key: value for key, value in state.items() if key not in _ELSEWHERE}
    if state.get("QueryLanguage", language) == "JSONata":
        yield from _jsonata(fields, "")
        return
    yield from _references(fields, "")
    for key in ("Catch", "Choices"):
        entries = fields.get(key)
        for number, entry in enumerate(entries if isinstance(entries, list | tuple) else ()):
            yield from _references(entry, f"{key}[{number}].")
    yield from _templates(fields, "")


def _references(record: Any, at: str) -> Found:
    """The fields of a state, of a Catch or of a rule, with those that it is made of, that hold a path."""
    for key, value in record.items() if isinstance(record, Mapping) else ():
        if (key.endswith("Path") or key == "Variable") and value is not None:
            yield from _path(value, at + key)
        elif key in ("And", "Or") and isinstance(value, list | tuple):
            for number, rule in enumerate(value):
                yield from _references(rule, f"{at}{key}[{number}].")
        elif key == "Not":
            yield from _references(value, f"{at}{key}.")


def _templates(value: Any, at: str) -> Found:
    """Every field, however deep, whose name says that it is read."""
    if isinstance(value, Mapping):
        for key, member in value.items():
            where = f"{at}.{key}" if at else key
            yield from _path(member, where) if key.endswith(".$") else _templates(member, where)
    elif isinstance(value, list | tuple):
        for number, member in enumerate(value):
            yield from _templates(member, f"{at}[{number}]")


def _path(value: Any, at: str) -> Found:
    if has_text_token(value):
        return
    outline = _outline(value) if isinstance(value, str) else None
    function = None if outline is None else _INTRINSIC.fullmatch(outline)
    if function is not None and function[1] not in _INTRINSICS:
        hint = did_you_mean(function[1], _INTRINSICS)
        yield at, f"got States.{function[1]}, which is no function of Step Functions{hint}"
    elif outline is None or (function is None and not _PATH.fullmatch(outline)):
        yield at, f"got {shown(value)}, expected a JSONPath, such as '$.a[0]', or a function, such as 'States.UUID()'"


def _jsonata(value: Any, at: str) -> Found:
    if isinstance(value, Mapping):
        for key, member in value.items():
            yield from _jsonata(member, f"{at}.{key}" if at else key)
    elif isinstance(value, list | tuple):
        for number, member in enumerate(value):
            yield from _jsonata(member, f"{at}[{number}]")
    elif isinstance(value, str) and (value.startswith("{%") or value.endswith("%}")):
        inner = value.removeprefix("{%").removesuffix("%}").strip()
        whole = value.startswith("{%") and value.endswith("%}") and len(value) >= len("{%%}")
        # a slash may begin a regular expression, which may hold any bracket
        if not whole or not inner or ("/" not in inner and _outline(inner) is None):
            yield (
                at,
                f"got {shown(value)}, expected JSONata between '{{%' and '%}}', with its brackets and quotes closed",
            )


def _outline(text: str) -> str | None:
    """An expression without what stands in its brackets; None where brackets or quotes are not closed."""
    outline: list[str] = []
    open_brackets: list[str] = []
    characters = iter(text)
    for character in characters:
        if character in "'\"`":
            for quoted in characters:
                if quoted == character:
                    break
                if quoted == "\\":
                    next(characters, None)
            else:
                return None
            character = ""  # noqa: PLW2901 - a text has no outline
        elif character in _CLOSING.values() and (not open_brackets or open_brackets.pop() != character):
            return None
        if not open_brackets:
            outline.append(character)
        if character in _CLOSING:
            open_brackets.append(_CLOSING[character])
    return None if open_brackets else "".join(outline)
