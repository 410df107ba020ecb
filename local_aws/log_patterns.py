"""Filter patterns of CloudWatch Logs: which events' messages match.

Words and phrases, of which all must occur (``?word``: any of those so marked, ``-word``: none), and conditions on
events in JSON. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import json
import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from attrs import define, field

Matcher = Callable[[str], bool]
Condition = Callable[[Any], bool]

_PHRASE = r'"(?:[^"\\]|\\.)*"'
_TERM = re.compile(rf"\s*(?P<mark>[?-]?)(?P<term>{_PHRASE}|%[^%]*%|[\w.@/:,#$&+*;=-]+)(?=\s|$)")
_TOKEN = re.compile(rf"\s*(&&|\|\||[()]|!=|<=|>=|[=<>]|{_PHRASE}|%[^%]*%|\$(?:\.[\w@-]+|\[\d+\])+|[^\s()=<>!&|\"]+)")
_STEP = re.compile(r"\.([\w@-]+)|\[(\d+)\]")
_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ABSENT = object()


class LogPatternError(Exception):
    """A pattern that CloudWatch Logs refuses, or that the local AWS does not have; the message says which."""


@lru_cache(maxsize=64)
def compiled(pattern: str) -> Matcher:
    """The test that a pattern is.

    Raises:
        LogPatternError: it is none.
    """
    text = pattern.strip()
    if text.startswith("["):
        raise LogPatternError("the local AWS does not offer filter patterns for space-delimited events; AWS does")
    if text.startswith("{"):
        if not text.endswith("}"):
            raise LogPatternError("Invalid filter pattern")
        return _of_json(_Parser(_tokens(text[1:-1])).whole())
    return _of_terms(text)


def _of_terms(text: str) -> Matcher:
    found: dict[str, list[Matcher]] = {"": [], "?": [], "-": []}
    position = 0
    while position < len(text):
        term = _TERM.match(text, position)
        if term is None:
            raise LogPatternError("Invalid character(s) in term " + repr(text[position:].strip()))
        found[term["mark"]].append(_of_term(term["term"]))
        position = term.end()
    wanted, either, unwanted = found[""], found["?"], found["-"]

    def matches(message: str) -> bool:
        if any(term(message) for term in unwanted) or not all(term(message) for term in wanted):
            return False
        # words that are optional count only where no word is required
        return bool(wanted) or not either or any(term(message) for term in either)

    return matches


def _of_term(term: str) -> Matcher:
    if term.startswith("%"):
        expression = _expression(term)
        return lambda message: expression.search(message) is not None
    words = _unquoted(term)
    return lambda message: words in message


def _unquoted(term: str) -> str:
    return re.sub(r"\\(.)", r"\1", term[1:-1]) if term.startswith('"') else term


def _expression(term: str) -> re.Pattern[str]:
    """The regular expression between percent signs."""
    try:
        return re.compile(term.strip("%"))
    except re.error as error:
        raise LogPatternError(f"Invalid regular expression {term}: {error}") from error


def _of_json(condition: Condition) -> Matcher:
    def matches(message: str) -> bool:
        try:
            event = json.loads(message)
        except ValueError:
            return False
        return isinstance(event, dict) and condition(event)

    return matches


def _tokens(text: str) -> list[str]:
    tokens, position, end = [], 0, len(text.rstrip())
    while position < end:
        token = _TOKEN.match(text, position)
        if token is None:
            raise LogPatternError(f"Invalid character(s) in {text[position:].strip()!r}")
        tokens.append(token[1])
        position = token.end()
    return tokens


@define
class _Parser:
    """Reads the conditions between the braces."""

    _tokens: list[str]
    _next: int = field(init=False, default=0)

    def whole(self) -> Condition:
        condition = self._any()
        if self._peek():
            raise LogPatternError(f"Unexpected {self._peek()!r} in the filter pattern")
        return condition

    def _any(self) -> Condition:
        conditions = [self._all()]
        while self._peek() == "||":
            self._take()
            conditions.append(self._all())
        return lambda event: any(condition(event) for condition in conditions)

    def _all(self) -> Condition:
        conditions = [self._one()]
        while self._peek() == "&&":
            self._take()
            conditions.append(self._one())
        return lambda event: all(condition(event) for condition in conditions)

    def _one(self) -> Condition:
        first = self._take()
        if first == "(":
            condition = self._any()
            if self._take() != ")":
                raise LogPatternError("Invalid filter pattern: a parenthesis is not closed")
            return condition
        if not first.startswith("$"):
            raise LogPatternError(f"Invalid selector {first!r}")
        test = self._test()
        return lambda event: test(_selected(event, first))

    def _test(self) -> Condition:
        sign = self._take()
        if sign.upper() == "NOT" and self._take().upper() == "EXISTS":
            return lambda value: value is _ABSENT
        if sign.upper() == "IS":
            wanted = {"NULL": None, "TRUE": True, "FALSE": False}.get(self._take().upper(), _ABSENT)
            return lambda value: value is wanted
        given = self._take()
        if sign == "=":
            return _equality(given)
        if sign == "!=":
            equal = _equality(given)
            return lambda value: value is not _ABSENT and not equal(value)
        if sign in _ORDERS and (number := _number(given)) is not None:
            order = _ORDERS[sign]
            return lambda value: isinstance(value, int | float) and order(value, number)
        raise LogPatternError(f"Invalid comparison '{sign} {given}'")

    def _peek(self) -> str:
        return self._tokens[self._next] if self._next < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        if not token:
            raise LogPatternError("Invalid filter pattern: it ends too early")
        self._next += 1
        return token


def _selected(event: Any, selector: str) -> Any:
    for name, index in _STEP.findall(selector):
        if name and isinstance(event, dict) and name in event:
            event = event[name]
        elif index and isinstance(event, list) and int(index) < len(event):
            event = event[int(index)]
        else:
            return _ABSENT
    return event


def _equality(given: str) -> Condition:
    number = _number(given)
    if given.startswith("%"):
        expression = _expression(given)
        return lambda value: isinstance(value, str) and expression.search(value) is not None
    words = re.compile(".*".join(map(re.escape, _unquoted(given).split("*"))), re.DOTALL)

    def equal(value: Any) -> bool:
        if isinstance(value, str):
            return words.fullmatch(value) is not None
        return number is not None and not isinstance(value, bool) and value == number

    return equal


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
