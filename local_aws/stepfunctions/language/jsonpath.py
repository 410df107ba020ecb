"""JSONPath as the Amazon States Language uses it, compiled once and read many times.

A definite path (names and single indices) gives one value and must resolve. Any other path gives a list, which may
be empty: https://states-language.net/#path.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from attrs import field, frozen

from local_aws.stepfunctions.language.jsonpath_filters import FilterParser, Predicate

_NAME_END = re.compile(r"[.\[\]()\s,'\"*?]")
_NAME_END_IN_FILTER = re.compile(r"[.\[\]()\s,'\"*?<>=!&|~]")
_INTEGER = re.compile(r"-?\d+")
_VARIABLE = re.compile(r"\$([^\W\d]\w*)")

Step = Callable[[list[Any], Any], list[Any]]


class PathSyntaxError(ValueError):
    """A text that is no JSONPath."""


class MissingPathError(LookupError):
    """A definite path that leads nowhere; its message is the path of the first name or index that is missing."""


@frozen(kw_only=True)
class Path:
    """A compiled JSONPath.

    Attributes:
        text: as it was written.
        root: ``""`` for the current value (``$``), ``"$"`` for the context object (``$$``), else a variable's name.
        definite: gives one value, not a list.
    """

    text: str
    root: str
    definite: bool
    _keys: tuple[str | int, ...] = ()
    _steps: tuple[Step, ...] = field(default=(), eq=False, repr=False)

    @property
    def is_reference(self) -> bool:
        """Whether it names one place (a Reference Path), in the current value or the context object."""
        return self.definite and not self._steps

    def read(self, document: Any) -> Any:
        """The value at this path, or the list of values for a path that is not definite.

        Raises:
            MissingPathError: the path is definite and `document` has nothing there.
        """
        if not self._steps:
            value = document
            for number, key in enumerate(self._keys):
                try:
                    value = _member(value, key)
                except LookupError:
                    raise MissingPathError(self._spelled(number)) from None
            return value
        found = [document]
        for step in self._steps:
            found = step(found, document)
        if not self.definite:
            return found
        if not found:
            raise MissingPathError(self.text)
        return found[0]

    def write(self, document: Any, value: Any) -> Any:
        """A copy of `document` with `value` at this Reference Path; missing objects on the way are made.

        Raises:
            MissingPathError: something on the way is no object, or an index is outside its list.
        """
        return self._written(document, self._keys, value)

    def _written(self, document: Any, keys: tuple[str | int, ...], value: Any) -> Any:
        if not keys:
            return value
        key, rest = keys[0], keys[1:]
        if isinstance(key, str):
            if document is not None and not isinstance(document, dict):
                raise MissingPathError(self.text)
            members = dict(document or {})
            members[key] = self._written(members.get(key), rest, value)
            return members
        if not isinstance(document, list) or not -len(document) <= key < len(document):
            raise MissingPathError(self.text)
        items = list(document)
        items[key] = self._written(items[key], rest, value)
        return items

    def _spelled(self, number: int) -> str:
        return "".join(f"['{key}']" if isinstance(key, str) else f"[{key}]" for key in self._keys[: number + 1])


def _member(value: Any, key: str | int) -> Any:
    if isinstance(key, str):
        if isinstance(value, dict):
            return value[key]
    elif isinstance(value, list):
        return value[key]
    raise LookupError(key)


@lru_cache(maxsize=20_000)
def compile_path(text: str) -> Path:
    """Reads a path.

    Raises:
        PathSyntaxError: `text` is no JSONPath; the message says what is wrong and where.
    """
    parser = _PathParser(text, 0)
    path = parser.path()
    if parser.position != len(text):
        raise PathSyntaxError(f"unexpected {text[parser.position]!r} at position {parser.position} of '{text}'")
    return path


def compile_reference(text: str) -> Path:
    """Reads a Reference Path: one that names a single place, as ResultPath needs it.

    Raises:
        PathSyntaxError: `text` is no JSONPath, or names more than one place, or starts at a variable.
    """
    path = compile_path(text)
    if not path.is_reference or path.root != "":
        raise PathSyntaxError(f"'{text}' is not a Reference Path")
    return path


class _PathParser:
    """Reads one path that starts at `position`, and stops where it ends."""

    def __init__(self, text: str, position: int, name_end: re.Pattern[str] = _NAME_END) -> None:
        self.text = text
        self.position = position
        self.name_end = name_end
        self.keys: list[str | int] = []
        self.steps: list[Step] = []
        self.definite = True

    def path(self) -> Path:
        start = self.position
        root = self._root()
        self.members()
        return Path(
            text=self.text[start : self.position],
            root=root,
            definite=self.definite,
            keys=tuple(self.keys),
            steps=tuple(self.steps) if len(self.steps) > len(self.keys) else (),
        )

    def _root(self) -> str:
        if self.text.startswith("$$", self.position):
            self.position += 2
            return "$"
        if match := _VARIABLE.match(self.text, self.position):
            self.position = match.end()
            return match[1]
        if self.text.startswith("$", self.position):
            self.position += 1
            return ""
        raise self._error("a path starts with '$'")

    def members(self) -> None:
        """Reads every ``.name``, ``..name`` and ``[...]`` that follows."""
        while self.position < len(self.text):
            if self.text.startswith("..", self.position):
                self.position += 2
                self._add_many(_descend)
                if not self.text.startswith("[", self.position):
                    self._name()
            elif self.text[self.position] == ".":
                self.position += 1
                self._name()
            elif self.text[self.position] == "[":
                self._brackets()
            else:
                return

    def _name(self) -> None:
        if self.text.startswith("*", self.position):
            self.position += 1
            self._add_many(_wildcard)
            return
        end = self.name_end.search(self.text, self.position)
        stop = end.start() if end else len(self.text)
        name = self.text[self.position : stop]
        if not name:
            raise self._error("a name is missing")
        self.position = stop
        if self.text.startswith("(", stop):
            if name != "length" or not self.text.startswith("()", stop):
                raise self._error(f"'{name}()' is not a function that paths offer")
            self.position += 2
            self.steps.append(_length)
            return
        self._add_key(name)

    def _brackets(self) -> None:
        self.position += 1
        self._space()
        if self.text.startswith("?", self.position):
            self.position += 1
            parser = FilterParser(self.text, self.position, _relative_path)
            predicate = parser.bracketed()
            self.position = parser.position
            self._add_many(_filter(predicate))
        elif self.text.startswith("*", self.position):
            self.position += 1
            self._add_many(_wildcard)
        elif self.text[self.position : self.position + 1] in {"'", '"'}:
            self._names()
        else:
            self._indices()
        self._space()
        if not self.text.startswith("]", self.position):
            raise self._error("expected ']'")
        self.position += 1

    def _names(self) -> None:
        names = [self._quoted()]
        while self._comma():
            names.append(self._quoted())
        if len(names) == 1:
            self._add_key(names[0])
        else:
            self._add_many(_names(tuple(names)))

    def _quoted(self) -> str:
        self._space()
        quote = self.text[self.position : self.position + 1]
        if quote not in {"'", '"'}:
            raise self._error("expected a quoted name")
        characters: list[str] = []
        self.position += 1
        while self.position < len(self.text):
            character = self.text[self.position]
            if character == "\\":
                self.position += 1
                character = self.text[self.position : self.position + 1]
            elif character == quote:
                self.position += 1
                return "".join(characters)
            characters.append(character)
            self.position += 1
        raise self._error("a quoted name does not end")

    def _indices(self) -> None:
        first = self._integer()
        if self.text.startswith(":", self.position):
            parts = [first]
            while self.text.startswith(":", self.position) and len(parts) < 3:
                self.position += 1
                parts.append(self._integer())
            self._add_many(_slice(slice(*parts)))
            return
        if first is None:
            raise self._error("expected a name, an index, a slice, '*' or a filter")
        indices = [first]
        while self._comma():
            index = self._integer()
            if index is None:
                raise self._error("expected an index")
            indices.append(index)
        if len(indices) == 1:
            self._add_key(first)
        else:
            self._add_many(_indices(tuple(indices)))

    def _integer(self) -> int | None:
        self._space()
        match = _INTEGER.match(self.text, self.position)
        if match is None:
            return None
        self.position = match.end()
        self._space()
        return int(match[0])

    def _comma(self) -> bool:
        self._space()
        if self.text.startswith(",", self.position):
            self.position += 1
            return True
        return False

    def _space(self) -> None:
        while self.text.startswith(" ", self.position):
            self.position += 1

    def _add_key(self, key: str | int) -> None:
        if self.definite:
            self.keys.append(key)
        self.steps.append(_key(key))

    def _add_many(self, step: Step) -> None:
        self.definite = False
        self.steps.append(step)

    def _error(self, what: str) -> PathSyntaxError:
        return PathSyntaxError(f"{what} at position {self.position} of '{self.text}'")


def _relative_path(text: str, position: int) -> tuple[Callable[[Any, Any], list[Any]], int]:
    """A path inside a filter: ``@...`` from the element, ``$...`` from the whole; gives what it finds."""
    parser = _PathParser(text, position + 1, _NAME_END_IN_FILTER)
    parser.members()
    steps = tuple(parser.steps)
    from_element = text[position] == "@"

    def find(element: Any, document: Any) -> list[Any]:
        found = [element if from_element else document]
        for step in steps:
            found = step(found, document)
        return found

    return find, parser.position


def _key(key: str | int) -> Step:
    def step(found: list[Any], _document: Any) -> list[Any]:
        values = []
        for value in found:
            try:
                values.append(_member(value, key))
            except LookupError:
                continue
        return values

    return step


def _names(names: tuple[str, ...]) -> Step:
    def step(found: list[Any], _document: Any) -> list[Any]:
        return [value[name] for value in found if isinstance(value, dict) for name in names if name in value]

    return step


def _indices(indices: tuple[int, ...]) -> Step:
    def step(found: list[Any], _document: Any) -> list[Any]:
        return [
            value[index]
            for value in found
            if isinstance(value, list)
            for index in indices
            if -len(value) <= index < len(value)
        ]

    return step


def _slice(part: slice) -> Step:
    def step(found: list[Any], _document: Any) -> list[Any]:
        return [item for value in found if isinstance(value, list) for item in value[part]]

    return step


def _wildcard(found: list[Any], _document: Any) -> list[Any]:
    return [item for value in found for item in _children(value)]


def _descend(found: list[Any], _document: Any) -> list[Any]:
    return [item for value in found for item in _descendants(value)]


def _length(found: list[Any], _document: Any) -> list[Any]:
    return [len(value) for value in found if isinstance(value, (list, dict, str))]


def _filter(predicate: Predicate) -> Step:
    def step(found: list[Any], document: Any) -> list[Any]:
        return [
            item
            for value in found
            for item in (value if isinstance(value, list) else [value])
            if predicate(item, document)
        ]

    return step


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _descendants(value: Any) -> Iterator[Any]:
    if isinstance(value, (dict, list)):
        yield value
        for child in _children(value):
            yield from _descendants(child)
