"""Words of a Dockerfile's instructions: quotes, escapes and variables, by the rules of its reference."""

import re
from collections.abc import Mapping

from attrs import define

_NAME = re.compile(r"[A-Za-z_]\w*")


def expand(text: str, variables: Mapping[str, str], escape: str = "\\") -> str:
    """One word: quotes removed, variables put in, blanks kept.

    Raises:
        ValueError: an unclosed quote or brace, or an unset variable in ``${name:?message}``.
    """
    return _Scanner(text, variables, escape).word(until="")


def split(text: str, variables: Mapping[str, str], escape: str = "\\") -> list[str]:
    """Words at unquoted blanks, each as `expand` gives it."""
    scanner = _Scanner(text, variables, escape)
    words: list[str] = []
    while True:
        scanner.skip_blanks()
        if scanner.ended:
            return words
        words.append(scanner.word(until=" \t"))


def pairs(text: str, variables: Mapping[str, str], escape: str = "\\") -> dict[str, str]:
    """Names and values of ENV and LABEL: ``a=1 b="two words"``, or the old ``name the value``.

    Raises:
        ValueError: a word without ``=``.
    """
    first = text.split(None, 1)
    if first and "=" not in first[0]:
        if len(first) == 1:
            raise ValueError(f"{text!r} must have two arguments: name and value")
        return {first[0]: expand(first[1], variables, escape)}
    found = {}
    for word in split(text, variables, escape):
        name, separator, value = word.partition("=")
        if not separator or not name:
            raise ValueError(f"syntax error: can't find = in {word!r}: expected name=value")
        found[name] = value
    return found


@define
class _Scanner:
    text: str
    variables: Mapping[str, str]
    escape: str
    position: int = 0

    @property
    def ended(self) -> bool:
        return self.position >= len(self.text)

    def skip_blanks(self) -> None:
        while not self.ended and self.text[self.position] in " \t":
            self.position += 1

    def take(self) -> str:
        self.position += 1
        return self.text[self.position - 1]

    def word(self, *, until: str) -> str:
        """Reads up to an unquoted character of `until`, which is not consumed."""
        found: list[str] = []
        while not self.ended and self.text[self.position] not in (until or "\0"):
            character = self.take()
            if character == "'":
                found.append(self._single())
            elif character == '"':
                found.append(self._double())
            elif character == self.escape:
                found.append(self.take() if not self.ended else "")
            elif character == "$":
                found.append(self._variable())
            else:
                found.append(character)
        return "".join(found)

    def _single(self) -> str:
        end = self.text.find("'", self.position)
        if end < 0:
            raise ValueError(f"unexpected end of {self.text!r}: a ' is not closed")
        found, self.position = self.text[self.position : end], end + 1
        return found

    def _double(self) -> str:
        found: list[str] = []
        while not self.ended:
            character = self.take()
            if character == '"':
                return "".join(found)
            if character == self.escape and not self.ended:
                following = self.take()
                found.append(following if following in {'"', "$", self.escape} else character + following)
            elif character == "$":
                found.append(self._variable())
            else:
                found.append(character)
        raise ValueError(f'unexpected end of {self.text!r}: a " is not closed')

    def _variable(self) -> str:
        if self.ended or self.text[self.position] != "{":
            match = _NAME.match(self.text, self.position)
            if match is None:
                return "$"
            self.position = match.end()
            return self.variables.get(match[0], "")
        match = _NAME.match(self.text, self.position + 1)
        if match is None:
            raise ValueError(f"bad substitution in {self.text!r}")
        self.position = match.end()
        name, value = match[0], self.variables.get(match[0])
        operator = ""
        while not self.ended and self.text[self.position] in ":-+?" and len(operator) < 2:
            operator += self.take()
        word = self.word(until="}") if operator else ""
        if self.ended or self.take() != "}":
            raise ValueError(f"bad substitution in {self.text!r}: a {{ is not closed or has an unknown modifier")
        absent = value is None or (operator.startswith(":") and value == "")
        match operator.removeprefix(":"):
            case "":
                return value or ""
            case "-":
                return word if absent else str(value)
            case "+":
                return "" if absent else word
            case "?" if absent:
                raise ValueError(f"{name}: {word or 'not set'}")
            case "?":
                return str(value)
        raise ValueError(f"unsupported modifier ({operator}) in substitution in {self.text!r}")
