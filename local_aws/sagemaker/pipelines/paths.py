"""Paths into documents, as pipelines write them: ``ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri``."""

import re
from typing import Any

from attrs import frozen

_PART = re.compile(r"\.?(?P<member>[^.\[\]]+)|\[(?P<index>\d+)\]|\[(?P<quote>['\"])(?P<key>.*?)(?P=quote)\]")


class PathError(Exception):
    """The path cannot be read, or leads nowhere; the message says where it ends."""


@frozen
class Key:
    """``['name']``: an entry of a map, or the element of a list with that name."""

    name: str


Part = str | int | Key


def parse_path(text: str) -> tuple[Part, ...]:
    """The parts of a path.

    Raises:
        PathError: it is none.
    """
    parts: list[Part] = []
    position = 0
    while position < len(text):
        match = _PART.match(text, position)
        if match is None or (position == 0 and text.startswith(".")):
            raise PathError(f"{text!r} is no path: it cannot be read from character {position + 1} on")
        if match["member"] is not None:
            parts.append(match["member"])
        else:
            parts.append(int(match["index"]) if match["index"] is not None else Key(match["key"]))
        position = match.end()
    if not parts:
        raise PathError("an empty path leads nowhere")
    return tuple(parts)


def follow(document: Any, parts: tuple[Part, ...]) -> Any:
    """What a path leads to in a document.

    Raises:
        PathError: nothing.
    """
    for part in parts:
        document = _step(document, part)
    return document


def shown(parts: tuple[Part, ...]) -> str:
    """A path as it is written."""
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += f".{part}" if text else part
        else:
            text += f"[{part}]" if isinstance(part, int) else f"['{part.name}']"
    return text


def _step(document: Any, part: Part) -> Any:
    if isinstance(part, int):
        if isinstance(document, list) and part < len(document):
            return document[part]
        raise PathError(f"there is no element [{part}]")
    name = part if isinstance(part, str) else part.name
    if isinstance(document, dict):
        if name in document:
            return document[name]
    elif isinstance(document, list) and isinstance(part, Key):
        for element in document:
            if isinstance(element, dict) and name in _names(element):
                return element
    raise PathError(f"there is no {name!r}")


def _names(element: dict[str, Any]) -> list[Any]:
    # OutputName, InputName, ChannelName, MetricName, Name, ...: what AWS finds elements of lists by
    return [value for member, value in element.items() if member.endswith("Name")]
