"""What each intrinsic function does, and which arguments it takes."""

import base64
import binascii
import hashlib
import math
import random
import re
import uuid
from collections.abc import Callable
from typing import Any

from local_aws.stepfunctions.language.documents import parse_json, to_json

_MAX_TEXT = 10_000
_MAX_RANGE = 1_000
_INTEGERS = range(-(2**31), 2**31)
_ALGORITHMS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_FORMAT_PART = re.compile(r"\\(.)|\{\}|([{}])", re.DOTALL)


class IntrinsicError(Exception):
    """Arguments that a function does not take; the message says what was got and what was expected."""


class RawText(str):
    r"""A string literal of a call with its escapes (``\'``, ``\{``, ``\}``, ``\\``) still in it."""

    __slots__ = ()

    def plain(self) -> str:
        """The string that is meant."""
        return _ESCAPED.sub(r"\1", self)


FUNCTIONS: dict[str, Callable[..., Any]] = {}
"""Every function by its name."""


def _function(name: str, fewest: int, most: int | None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def mark(implementation: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            if len(arguments) < fewest or (most is not None and len(arguments) > most):
                expected = str(fewest) if fewest == most else f"{fewest} to {'any number' if most is None else most}"
                raise IntrinsicError(f"Expected {expected} arguments, got {len(arguments)}")
            return implementation(*arguments)

        FUNCTIONS[f"States.{name}"] = call
        return call

    return mark


def _plain(value: Any) -> Any:
    return value.plain() if isinstance(value, RawText) else value


def _list(value: Any, position: str) -> list[Any]:
    if not isinstance(value, list):
        raise IntrinsicError(f"The {position} argument must be an array, got {to_json(_plain(value))}")
    return value


def _text(value: Any, position: str) -> str:
    if not isinstance(value, str):
        raise IntrinsicError(f"The {position} argument must be a string, got {to_json(value)}")
    return str(_plain(value))


def _integer(value: Any, position: str) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise IntrinsicError(f"The {position} argument must be an integer, got {to_json(_plain(value))}")
    number = math.floor(value + 0.5)
    if number not in _INTEGERS:
        raise IntrinsicError(f"The {position} argument must be between -2147483648 and 2147483647, got {number}")
    return number


def _short(value: Any, position: str) -> str:
    text = _text(value, position)
    if len(text) > _MAX_TEXT:
        raise IntrinsicError(f"The {position} argument is longer than {_MAX_TEXT} characters: {len(text)}")
    return text


@_function("Format", 1, None)
def _format(template: Any, *values: Any) -> str:
    text = template if isinstance(template, RawText) else _text(template, "first")
    left = list(values)

    def part(match: re.Match[str]) -> str:
        if match[1] is not None:
            return match[1]
        if match[2] is not None:
            raise IntrinsicError(f"Unmatched '{match[2]}' in the template; write it as '\\{match[2]}'")
        if not left:
            raise IntrinsicError(f"The template has more '{{}}' than the {len(values)} values given")
        value = _plain(left.pop(0))
        if isinstance(value, str):
            return value
        if isinstance(value, (dict, list)):
            raise IntrinsicError(f"A value must be a string, a number, a boolean or null, got {to_json(value)}")
        return to_json(value)

    result = _FORMAT_PART.sub(part, text)
    if left:
        raise IntrinsicError(f"The template has fewer '{{}}' than the {len(values)} values given")
    return result


@_function("StringToJson", 1, 1)
def _string_to_json(text: Any) -> Any:
    plain = _text(text, "first")
    if not plain.strip():
        return None
    try:
        return parse_json(plain)
    except ValueError as error:
        raise IntrinsicError(f"The string is not JSON: {error}") from None


@_function("JsonToString", 1, 1)
def _json_to_string(value: Any) -> str:
    return to_json(_plain(value))


@_function("Array", 0, None)
def _array(*values: Any) -> list[Any]:
    return [_plain(value) for value in values]


@_function("ArrayPartition", 2, 2)
def _array_partition(items: Any, size: Any) -> list[list[Any]]:
    chunk = _integer(size, "second")
    if chunk <= 0:
        raise IntrinsicError(f"The second argument must be greater than zero, got {chunk}")
    values = _list(items, "first")
    return [values[start : start + chunk] for start in range(0, len(values), chunk)]


@_function("ArrayContains", 2, 2)
def _array_contains(items: Any, wanted: Any) -> bool:
    sought = _plain(wanted)
    return any(_same(item, sought) for item in _list(items, "first"))


@_function("ArrayRange", 3, 3)
def _array_range(first: Any, last: Any, step: Any) -> list[int]:
    start, stop, stride = _integer(first, "first"), _integer(last, "second"), _integer(step, "third")
    if stride == 0:
        raise IntrinsicError("The third argument must not be zero")
    numbers = range(start, stop + (1 if stride > 0 else -1), stride)
    if len(numbers) > _MAX_RANGE:
        raise IntrinsicError(f"The array would have {len(numbers)} items; at most {_MAX_RANGE} are allowed")
    return list(numbers)


@_function("ArrayGetItem", 2, 2)
def _array_get_item(items: Any, index: Any) -> Any:
    values, position = _list(items, "first"), _integer(index, "second")
    if not 0 <= position < len(values):
        raise IntrinsicError(f"The index {position} is outside the array of {len(values)} items")
    return values[position]


@_function("ArrayLength", 1, 1)
def _array_length(items: Any) -> int:
    return len(_list(items, "first"))


@_function("ArrayUnique", 1, 1)
def _array_unique(items: Any) -> list[Any]:
    unique: list[Any] = []
    seen: set[str] = set()
    for item in _list(items, "first"):
        key = to_json(item)
        if key not in seen:
            seen.add(key)
            unique.append(item)
    return unique


@_function("Base64Encode", 1, 1)
def _base64_encode(text: Any) -> str:
    return base64.b64encode(_short(text, "first").encode()).decode()


@_function("Base64Decode", 1, 1)
def _base64_decode(text: Any) -> str:
    try:
        return base64.b64decode(_short(text, "first"), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise IntrinsicError(f"The string is not the Base64 form of a text: {error}") from None


@_function("Hash", 2, 2)
def _hash(data: Any, algorithm: Any) -> str:
    name = _text(algorithm, "second")
    if name not in _ALGORITHMS:
        raise IntrinsicError(f"The algorithm must be one of {', '.join(_ALGORITHMS)}, got {name}")
    text = _plain(data) if isinstance(data, str) else to_json(data)
    return hashlib.new(_ALGORITHMS[name], _short(text, "first").encode()).hexdigest()


@_function("JsonMerge", 3, 3)
def _json_merge(first: Any, second: Any, deep: Any) -> dict[str, Any]:
    if deep is not False:
        raise IntrinsicError("Only the shallow merge is offered: the third argument must be false")
    if not isinstance(first, dict) or not isinstance(second, dict):
        raise IntrinsicError("The first and the second argument must be JSON objects")
    return {**first, **second}


@_function("MathRandom", 2, 3)
def _math_random(first: Any, last: Any, seed: Any = None) -> int:
    start, end = _integer(first, "first"), _integer(last, "second")
    if start >= end:
        raise IntrinsicError(f"The start must be less than the end, got {start} and {end}")
    source = random.Random() if seed is None else random.Random(_integer(seed, "third"))  # noqa: S311 - no secret
    return source.randrange(start, end)


@_function("MathAdd", 2, 2)
def _math_add(first: Any, second: Any) -> int:
    return _integer(_integer(first, "first") + _integer(second, "second"), "resulting")


@_function("StringSplit", 2, 2)
def _string_split(text: Any, separators: Any) -> list[str]:
    value, characters = _text(text, "first"), _text(separators, "second")
    if not characters:
        return [value]
    return [part for part in re.split(f"[{re.escape(characters)}]", value) if part]


@_function("UUID", 0, 0)
def _uuid() -> str:
    return str(uuid.uuid4())


def _same(left: Any, right: Any) -> bool:
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


__all__ = ["FUNCTIONS", "IntrinsicError", "RawText"]
