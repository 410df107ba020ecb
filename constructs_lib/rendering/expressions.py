"""References as the Amazon States Language writes them: paths and intrinsic functions."""

import json
from collections.abc import Iterator
from typing import Any

from constructs_lib.definitions.freezing import JSON_FORM, PLAIN
from constructs_lib.definitions.tokens import TEXT_TOKEN, is_list_token
from constructs_lib.definitions.values import (
    CaughtValue,
    ContextValue,
    ExecutionInput,
    Join,
    MapBatch,
    MapIndex,
    MapItem,
    Reference,
    ShortUniqueName,
    StepOutput,
    UniqueName,
)
from constructs_lib.rendering.variables import View


def payload(value: Any, variables: View) -> Any:
    """A document as a payload template: members that hold references get ``.$`` behind their names."""
    form = JSON_FORM[type(value)]
    if form is dict:
        document: dict[str, Any] = {}
        for key, found in value.items():
            plain = _plain(found)
            if type(plain) in PLAIN:  # most members are
                document[key] = plain
            elif _is_composed(plain):
                document[f"{key}.$"] = expression(plain, variables)
            else:
                document[key] = payload(plain, variables)
        return document
    if form is list:
        return [payload(_plain(element), variables) for element in value]
    return value


def expression(value: Any, variables: View) -> str:
    """A value as a path, an intrinsic function, or the argument of one."""
    value = _plain(value)
    if isinstance(value, ExecutionInput | ContextValue):
        return variables.execution(value)
    if isinstance(value, StepOutput):
        return variables.path(value)
    if isinstance(value, MapItem | MapIndex | MapBatch):
        return variables.item(value)
    if isinstance(value, CaughtValue):
        return f"$.{value.member}"
    if isinstance(value, UniqueName):
        attempt = ["-", ContextValue("State.RetryCount")] if value.per_attempt else []
        digest = _Intrinsic(f"States.Hash({variables.execution_arn(value)}, 'MD5')")
        return _format([value.prefix, "-", digest, *attempt], variables)
    if isinstance(value, ShortUniqueName):
        digits = _Intrinsic("States.ArrayGetItem(States.StringSplit(States.UUID(), '-'), 4)")
        return _format([value.prefix, "-", digits], variables)
    if isinstance(value, Join):
        return _format(list(_segments(value)), variables)
    if isinstance(value, list | tuple):
        return f"States.Array({', '.join(expression(element, variables) for element in value)})"
    if isinstance(value, _Intrinsic):
        return value.text
    if isinstance(value, str):
        return f"'{_escaped(value)}'"
    return json.dumps(value)


class _Intrinsic:
    """The text of an intrinsic function."""

    def __init__(self, text: str) -> None:
        self.text = text


def _is_composed(value: Any) -> bool:
    """Whether a value is known only at run time; a list is, where it holds such a value itself."""
    if isinstance(value, list | tuple):
        return not is_list_token(value) and any(_is_composed(_plain(element)) for element in value)
    return isinstance(value, Reference)


def _plain(value: Any) -> Any:
    """A Join of texts that are all known, as the text that it is."""
    if isinstance(value, Join):
        segments = list(_segments(value))
        if all(isinstance(segment, str) for segment in segments):
            return "".join(segments)
    return value


def _segments(value: Join) -> Iterator[Any]:
    """The texts and references that a Join comes to, one after the other; nested Joins are taken apart."""
    for number, part in enumerate(value.parts):
        if number and value.separator:
            yield value.separator
        if isinstance(part, Join):
            yield from _segments(part)
        else:
            yield part if isinstance(part, str | Reference) else json.dumps(part)


def _format(segments: list[Any], variables: View) -> str:
    """States.Format of texts and references."""
    template = "".join(_escaped(segment) if isinstance(segment, str) else "{}" for segment in segments)
    arguments = [expression(segment, variables) for segment in segments if not isinstance(segment, str)]
    listed = ", ".join([f"'{template}'", *arguments])
    return f"States.Format({listed})"


def _escaped(text: str) -> str:
    """A text inside the quotes of an intrinsic function; tokens stay as they are, to be filled in later."""
    pieces: list[str] = []
    end = 0
    for token in TEXT_TOKEN.finditer(text):
        pieces += [_escaped_plain(text[end : token.start()]), token[0]]
        end = token.end()
    return "".join([*pieces, _escaped_plain(text[end:])])


def _escaped_plain(text: str) -> str:
    return "".join(f"\\{letter}" if letter in "\\'{}" else letter for letter in text)
