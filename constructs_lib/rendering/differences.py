"""Where two JSON values differ."""

from collections.abc import Iterator, Mapping
from typing import Any


def differing_paths(before: Any, after: Any, path: str) -> Iterator[str]:
    """The innermost members that differ, named from `path` on.

    Lists of unlike lengths differ as a whole: which of their elements is new cannot be told.

    Examples:
        >>> list(differing_paths({"a": [1, 2], "b": 3}, {"a": [1, 4], "c": 3}, "Arguments"))
        ['Arguments.a[1]', 'Arguments.b', 'Arguments.c']
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted(before.keys() | after.keys()):
            yield from differing_paths(before.get(key), after.get(key), f"{path}.{key}")
    elif isinstance(before, list | tuple) and isinstance(after, list | tuple) and len(before) == len(after):
        for number, (left, right) in enumerate(zip(before, after, strict=True)):
            yield from differing_paths(left, right, f"{path}[{number}]")
    elif before != after:
        yield path
