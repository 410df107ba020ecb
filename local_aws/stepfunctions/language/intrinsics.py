"""Intrinsic functions (``States.Format('{} of {}', $.a, $.b)``): read once, evaluated many times.

https://states-language.net/#intrinsic-functions and AWS's list of the functions it offers.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from attrs import frozen

from local_aws.stepfunctions.language.documents import Environment
from local_aws.stepfunctions.language.errors import INTRINSIC_FAILURE, StatesError, runtime_error
from local_aws.stepfunctions.language.intrinsic_functions import FUNCTIONS, IntrinsicError, RawText
from local_aws.stepfunctions.language.jsonpath import MissingPathError, Path, PathSyntaxError, compile_path

_NAME = re.compile(r"\s*(States\.[A-Za-z0-9]+)\s*\(")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?=\s*[,)])")
_WORD = re.compile(r"(true|false|null)(?=\s*[,)])")
_WORDS = {"true": True, "false": False, "null": None}
_BRACKETS = {"[": "]", "(": ")"}

Argument = Callable[[Environment], Any]


@frozen(kw_only=True)
class Intrinsic:
    """A compiled call of an intrinsic function.

    Attributes:
        text: as it was written.
        paths: every path among its arguments.
    """

    text: str
    name: str
    arguments: tuple[Argument, ...]
    paths: tuple[Path, ...]

    def evaluate(self, environment: Environment) -> Any:
        """The function's result.

        Raises:
            StatesError: ``States.Runtime`` for a path that leads nowhere, ``States.IntrinsicFailure`` for arguments
                that the function does not take.
        """
        try:
            return self._call(environment)
        except IntrinsicError as error:
            raise StatesError(
                INTRINSIC_FAILURE, f"The function '{self.text}' had the following error: {error}"
            ) from None
        except _MissingArgumentError as missing:
            raise runtime_error(
                f"The function '{self.text}' had the following error: The JsonPath argument for the field "
                f"'{missing.path.text}' could not be found in {environment.described(missing.path)}"
            ) from None

    def _call(self, environment: Environment) -> Any:
        return FUNCTIONS[self.name](*[argument(environment) for argument in self.arguments])


class _MissingArgumentError(Exception):
    def __init__(self, path: Path) -> None:
        super().__init__(path.text)
        self.path = path


@lru_cache(maxsize=20_000)
def compile_intrinsic(text: str) -> Intrinsic:
    """Reads a call.

    Raises:
        PathSyntaxError: `text` is no call of a function that Step Functions offers.
    """
    parser = _Parser(text)
    call = parser.call()
    parser.end()
    return call


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def call(self) -> Intrinsic:
        match = _NAME.match(self.text, self.position)
        if match is None:
            raise self._error("expected an intrinsic function")
        if match[1] not in FUNCTIONS:
            raise PathSyntaxError(f"'{match[1]}' is not an intrinsic function")
        start = match.start(1)
        self.position = match.end()
        arguments: list[Argument] = []
        paths: list[Path] = []
        self._space()
        if not self._take(")"):
            while True:
                arguments.append(self._argument(paths))
                self._space()
                if self._take(")"):
                    break
                if not self._take(","):
                    raise self._error("expected ',' or ')'")
        return Intrinsic(
            text=self.text[start : self.position], name=match[1], arguments=tuple(arguments), paths=tuple(paths)
        )

    def end(self) -> None:
        self._space()
        if self.position != len(self.text):
            raise self._error("unexpected text")

    def _argument(self, paths: list[Path]) -> Argument:
        self._space()
        if self.text.startswith("'", self.position):
            text = RawText(self._string())
            return lambda _environment: text
        if self.text.startswith("$", self.position):
            path = compile_path(self._path_text())
            paths.append(path)
            return _reader(path)
        if _NAME.match(self.text, self.position):
            call = self.call()
            paths.extend(call.paths)
            return call._call  # noqa: SLF001 - a nested call fails as part of the outer one
        for pattern in (_NUMBER, _WORD):
            if match := pattern.match(self.text, self.position):
                self.position = match.end()
                value = _WORDS[match[0]] if match[0] in _WORDS else _number(match[0])
                return lambda _environment: value
        raise self._error("expected a string, a number, true, false, null, a path or a function")

    def _string(self) -> str:
        end = self.position + 1
        while end < len(self.text) and self.text[end] != "'":
            end += 2 if self.text[end] == "\\" else 1
        if end >= len(self.text):
            raise self._error("a string does not end")
        raw = self.text[self.position + 1 : end]
        self.position = end + 1
        return raw

    def _path_text(self) -> str:
        start = self.position
        closing: list[str] = []
        quote = ""
        while self.position < len(self.text):
            character = self.text[self.position]
            if quote:
                if character == "\\":
                    self.position += 1
                elif character == quote:
                    quote = ""
            elif character in "'\"":
                quote = character
            elif character in _BRACKETS:
                closing.append(_BRACKETS[character])
            elif closing and character == closing[-1]:
                closing.pop()
            elif not closing and character in ",) ":
                break
            self.position += 1
        return self.text[start : self.position]

    def _take(self, symbol: str) -> bool:
        if self.text.startswith(symbol, self.position):
            self.position += len(symbol)
            return True
        return False

    def _space(self) -> None:
        while self.text[self.position : self.position + 1].isspace():
            self.position += 1

    def _error(self, what: str) -> PathSyntaxError:
        return PathSyntaxError(f'{what} at position {self.position} of "{self.text}"')


def _reader(path: Path) -> Argument:
    def read(environment: Environment) -> Any:
        try:
            return environment.read(path)
        except MissingPathError:
            raise _MissingArgumentError(path) from None

    return read


def _number(text: str) -> int | float:
    return float(text) if set(text) & set(".eE") else int(text)
