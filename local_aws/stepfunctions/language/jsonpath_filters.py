"""The filters of JSONPath: ``[?(@.price < 10 && @.kind == 'book')]``."""

import json
import operator
import re
from collections.abc import Callable
from typing import Any

Predicate = Callable[[Any, Any], bool]
Operand = Callable[[Any, Any], list[Any]]
RelativePath = Callable[[str, int], tuple[Operand, int]]

_TOKEN = re.compile(r"\s*(&&|\|\||==|!=|<=|>=|=~|<|>|!|\(|\)|,|\[|\]|/)")
_WORD = re.compile(r"\s*(in|nin|contains|size|empty|subsetof|true|false|null)\b")
_NUMBER = re.compile(r"\s*(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)")
_STRING = re.compile(r"""\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")
_REGEX = re.compile(r"\s*/((?:[^/\\]|\\.)*)/(i?)")
_ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_CONSTANTS = {"true": True, "false": False, "null": None}


class FilterParser:
    """Reads one filter expression.

    Args:
        text: the path around it.
        position: where the filter's opening bracket is.
        relative_path: reads a path (``@...`` or ``$...``) at a position; gives it and where it ends.
    """

    def __init__(self, text: str, position: int, relative_path: RelativePath) -> None:
        self.text = text
        self.position = position
        self._relative_path = relative_path

    def bracketed(self) -> Predicate:
        """The expression in its round brackets.

        Raises:
            PathSyntaxError: it is not one.
        """
        self._expect("(")
        predicate = self._either()
        self._expect(")")
        return predicate

    def _either(self) -> Predicate:
        predicates = [self._both()]
        while self._take("||"):
            predicates.append(self._both())
        if len(predicates) == 1:
            return predicates[0]
        return lambda item, document: any(predicate(item, document) for predicate in predicates)

    def _both(self) -> Predicate:
        predicates = [self._single()]
        while self._take("&&"):
            predicates.append(self._single())
        if len(predicates) == 1:
            return predicates[0]
        return lambda item, document: all(predicate(item, document) for predicate in predicates)

    def _single(self) -> Predicate:
        if self._take("!"):
            inner = self._single()
            return lambda item, document: not inner(item, document)
        if self._peek() == "(":
            return self.bracketed()
        left = self._operand()
        for symbol in ("==", "!=", "<=", ">=", "=~", "<", ">"):
            if self._take(symbol):
                return self._comparison(left, symbol)
        if match := _WORD.match(self.text, self.position):
            self.position = match.end()
            return self._membership(left, match[1])
        return lambda item, document: bool(left(item, document))

    def _comparison(self, left: Operand, symbol: str) -> Predicate:
        if symbol == "=~":
            match = _REGEX.match(self.text, self.position)
            if match is None:
                raise self._error("expected a regular expression between slashes")
            self.position = match.end()
            pattern = re.compile(match[1], re.IGNORECASE if match[2] else 0)
            return lambda item, document: any(
                isinstance(value, str) and pattern.fullmatch(value) is not None for value in left(item, document)
            )
        right = self._operand()
        if symbol == "==":
            return lambda item, document: _equal(left(item, document), right(item, document))
        if symbol == "!=":
            return lambda item, document: not _equal(left(item, document), right(item, document))
        order = _ORDER[symbol]
        return lambda item, document: _ordered(order, left(item, document), right(item, document))

    def _membership(self, left: Operand, word: str) -> Predicate:
        right = self._operand()

        def decide(item: Any, document: Any) -> bool:
            values, others = left(item, document), right(item, document)
            if not values or not others:
                return word == "nin"
            value, other = values[0], others[0]
            if word in {"in", "nin"}:
                return (isinstance(other, list) and value in other) is (word == "in")
            if word == "contains":
                return isinstance(value, (list, str)) and other in value
            if word == "size":
                return isinstance(value, (list, str, dict)) and len(value) == other
            if word == "empty":
                return isinstance(value, (list, str, dict)) and (len(value) == 0) is other
            return isinstance(value, list) and isinstance(other, list) and all(each in other for each in value)

        if word in _CONSTANTS:
            raise self._error("expected an operator")
        return decide

    def _operand(self) -> Operand:
        self._space()
        if self.text[self.position : self.position + 1] in {"@", "$"}:
            find, self.position = self._relative_path(self.text, self.position)
            return find
        value = self._literal()
        return lambda _item, _document: [value]

    def _literal(self) -> Any:
        if match := _STRING.match(self.text, self.position):
            self.position = match.end()
            return re.sub(r"\\(.)", r"\1", match[1][1:-1])
        if match := _NUMBER.match(self.text, self.position):
            self.position = match.end()
            return json.loads(match[1])
        if (match := _WORD.match(self.text, self.position)) and match[1] in _CONSTANTS:
            self.position = match.end()
            return _CONSTANTS[match[1]]
        if self._take("["):
            items = []
            while not self._take("]"):
                items.append(self._literal())
                self._take(",")
            return items
        raise self._error("expected a value or a path")

    def _peek(self) -> str:
        match = _TOKEN.match(self.text, self.position)
        return match[1] if match else ""

    def _take(self, symbol: str) -> bool:
        match = _TOKEN.match(self.text, self.position)
        if match is None or match[1] != symbol:
            return False
        self.position = match.end()
        return True

    def _expect(self, symbol: str) -> None:
        if not self._take(symbol):
            raise self._error(f"expected '{symbol}'")

    def _space(self) -> None:
        while self.text.startswith(" ", self.position):
            self.position += 1

    def _error(self, what: str) -> Exception:
        from local_aws.stepfunctions.language.jsonpath import PathSyntaxError  # the path reader stands on this module

        return PathSyntaxError(f"{what} at position {self.position} of '{self.text}'")


def _equal(left: list[Any], right: list[Any]) -> bool:
    if not left or not right:
        return not left and not right
    return _kind(left[0]) == _kind(right[0]) and bool(left[0] == right[0])


def _ordered(order: Callable[[Any, Any], bool], left: list[Any], right: list[Any]) -> bool:
    if not left or not right or _kind(left[0]) != _kind(right[0]) or _kind(left[0]) not in {"number", "string"}:
        return False
    return order(left[0], right[0])


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return "string" if isinstance(value, str) else type(value).__name__
