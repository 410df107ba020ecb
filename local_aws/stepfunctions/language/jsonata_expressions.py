"""JSONata expressions (``{% $states.input.x %}``) and templates that hold them."""

import hashlib
import random
import re
import uuid
from collections.abc import Iterator
from functools import cache, lru_cache
from types import SimpleNamespace
from typing import Any

from local_aws.stepfunctions.language.documents import Environment, parse_json
from local_aws.stepfunctions.language.errors import QUERY_EVALUATION_ERROR, StatesError
from local_aws.stepfunctions.language.templates import Value, constant

_EXPRESSION = re.compile(r"\{%(.*)%\}", re.DOTALL)
_ALGORITHMS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
_MAX_MILLISECONDS = 2_000
_MAX_DEPTH = 500


@cache
def _library() -> SimpleNamespace:
    # read when the first expression is: most definitions have none, and it costs as much as the rest of the service
    from jsonata import Jsonata
    from jsonata.jexception import JException
    from jsonata.utils import Utils

    return SimpleNamespace(Jsonata=Jsonata, JException=JException, null=Utils.NULL_VALUE)


class JsonataSyntaxError(ValueError):
    """A text that is no JSONata."""


def expression_in(value: Any) -> str | None:
    """The JSONata inside ``{% %}``; None for every other value."""
    if isinstance(value, str) and (match := _EXPRESSION.fullmatch(value)):
        return match[1].strip()
    return None


def compile_jsonata(template: Any, location: str) -> Value:
    """A value with JSONata strings anywhere in it, as a function of the environment.

    Args:
        template: any JSON value.
        location: the field it stands in, such as ``Output``, for messages.

    Raises:
        JsonataSyntaxError: an expression in it cannot be read.
    """
    return _compile(template, location) or constant(template)


def _compile(template: Any, location: str) -> Value | None:
    expression = expression_in(template)
    if expression is not None:
        return _evaluation(expression, location)
    if isinstance(template, dict):
        members = {name: _compile(value, f"{location}/{name}") for name, value in template.items()}
        if any(members.values()):
            fields = [(name, part or constant(template[name])) for name, part in members.items()]
            return lambda environment: {name: field(environment) for name, field in fields}
    if isinstance(template, list):
        parts = [_compile(value, f"{location}[{index}]") for index, value in enumerate(template)]
        if any(parts):
            items = [part or constant(value) for part, value in zip(parts, template, strict=True)]
            return lambda environment: [item(environment) for item in items]
    return None


def _evaluation(expression: str, location: str) -> Value:
    compiled = compile_expression(expression)

    def evaluate(environment: Environment) -> Any:
        states = {"input": environment.input, "context": environment.context, **environment.states}
        frame = compiled.create_frame(compiled.environment)
        for name, value in environment.scope.visible().items():
            frame.bind(name, value)
        frame.bind("states", states)
        frame.set_runtime_bounds(_MAX_MILLISECONDS, _MAX_DEPTH)
        about = f"The JSONata expression '{expression}' specified for the field '{location}'"
        try:
            result = compiled.evaluate(None, frame)
        except _library().JException as error:
            raise _failure(f"{about} threw an error during evaluation. {error.error}: {error}", location) from None
        except (RecursionError, TypeError, ValueError, ArithmeticError, AttributeError, LookupError) as error:
            raise _failure(f"{about} threw an error during evaluation. {error}", location) from None
        if result is None:
            raise _failure(f"{about} returned nothing (undefined).", location)
        try:
            return _plain(result)
        except TypeError as error:
            raise _failure(f"{about} returned an unsupported result type: {error}", location) from None

    return evaluate


def _failure(cause: str, location: str) -> StatesError:
    return StatesError(QUERY_EVALUATION_ERROR, cause, location=location)


@lru_cache(maxsize=5_000)
def compile_expression(expression: str) -> Any:
    """A JSONata expression, ready to be evaluated.

    Raises:
        JsonataSyntaxError: it cannot be read; the message is JSONata's.
    """
    try:
        compiled = _library().Jsonata(expression)
    except _library().JException as error:
        raise JsonataSyntaxError(str(error)) from None
    except (TypeError, ValueError, AttributeError, LookupError, RecursionError) as error:
        raise JsonataSyntaxError(f"the expression cannot be read: {error}") from None
    compiled.set_output_convert_nulls(False)
    for name, function in _FUNCTIONS.items():
        compiled.register_lambda(name, function)
    return compiled


def top_level_references(expression: str) -> list[str]:
    """The names that an expression reads from its context, which in a state is empty: ``phone`` in ``phone + 1``."""
    return list(dict.fromkeys(_references(compile_expression(expression).ast)))


def _references(symbol: Any) -> Iterator[str]:
    kind = getattr(symbol, "type", None)
    if kind == "path":
        first = symbol.steps[0]
        if first.type == "name":
            yield first.value
        elif first.type == "variable" and first.value == "":
            yield "$"
        elif first.type != "variable":
            yield from _references(first)
        return
    if kind == "variable" and symbol.value == "":
        yield "$"
    if kind in {"binary", "apply", "bind"}:
        yield from _references(symbol.rhs) if kind == "bind" else ()
        if kind != "bind":
            yield from _references(symbol.lhs)
            yield from _references(symbol.rhs)
    for child in (symbol.condition, symbol.then, getattr(symbol, "_else", None), symbol.expression):
        if child is not None and kind in {"condition", "unary"}:
            yield from _references(child)
    if kind in {"block", "unary"}:
        for child in symbol.expressions or ():
            yield from _references(child)
    if kind == "unary":
        for pair in symbol.lhs_object or ():
            for child in pair:
                yield from _references(child)
    if kind == "function":
        for child in symbol.arguments or ():
            yield from _references(child)


def _plain(value: Any) -> Any:
    if value is _library().null:
        return None
    if isinstance(value, list):
        return [None if item is None else _plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items() if item is not None}
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, (str, bool, int, float)):
        return value
    raise TypeError("function" if callable(value) or hasattr(value, "arguments") else type(value).__name__)


def _partition(items: Any, size: Any) -> Any:
    if items is None or size is None:
        return None
    chunk = int(size)
    if chunk <= 0:
        raise ValueError(f"$partition needs a size greater than zero, got {size}")
    values = items if isinstance(items, list) else [items]
    return [values[start : start + chunk] for start in range(0, len(values), chunk)]


def _range(first: Any, last: Any, step: Any) -> Any:
    start, stop, stride = int(first), int(last), int(step)
    if stride == 0:
        raise ValueError("$range needs a step that is not zero")
    return list(range(start, stop + (1 if stride > 0 else -1), stride))


def _hash(content: Any, algorithm: Any = "SHA-256") -> Any:
    if content is None:
        return None
    if algorithm not in _ALGORITHMS:
        raise ValueError(f"$hash knows {', '.join(_ALGORITHMS)}, got {algorithm}")
    return hashlib.new(_ALGORITHMS[algorithm], str(content).encode()).hexdigest()


def _random(seed: Any = None) -> float:
    source = random.Random() if seed is None else random.Random(seed)  # noqa: S311 - no secret
    return source.random()


def _parse(text: Any) -> Any:
    return None if text is None else parse_json(text)


def _eval(*_arguments: Any) -> Any:
    raise ValueError("$eval is not supported; use $parse to read JSON")


_FUNCTIONS = {
    "partition": _partition,
    "range": _range,
    "hash": _hash,
    "random": _random,
    "uuid": lambda: str(uuid.uuid4()),
    "parse": _parse,
    "eval": _eval,
}
