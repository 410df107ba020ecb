"""The wildcards and variables of policy documents: ``*``, ``?`` and ``${aws:username}``."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

Keys = Mapping[str, str | tuple[str, ...]]
"""A request's condition keys, by lower-case name; several values are a tuple."""

UNTOLD = "(not told)"
"""A key's value that the caller, a service of the local AWS, has but did not tell: conditions on it count as met."""

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_LITERAL_VARIABLES = {"*", "?", "$"}


@lru_cache(maxsize=16384)
def glob(pattern: str) -> Callable[[str], bool]:
    """A test for text that a pattern without variables covers; ``*`` crosses any character."""
    if pattern == "*":
        return _anything
    wild = pattern.find("*")
    if "?" not in pattern:
        if wild < 0:
            return pattern.__eq__
        if wild == len(pattern) - 1:
            prefix = pattern[:-1]
            return lambda value: value.startswith(prefix)
    return _compiled(_translate(pattern))


def matches(pattern: str, value: str, keys: Keys, *, wildcards: bool = True) -> bool:
    """Whether a value is covered by a pattern once its variables have the request's values.

    A variable that the request does not carry, and that has no default (``${aws:username, 'nobody'}``), covers
    nothing. Values of variables are taken literally; so is all else where `wildcards` is False.
    """
    if "${" not in pattern:
        return glob(pattern)(value)
    translate = _translate if wildcards else re.escape
    expression: list[str] = []
    position = 0
    for variable in _VARIABLE.finditer(pattern):
        expression.append(translate(pattern[position : variable.start()]))
        position = variable.end()
        replacement = _value(variable.group(1), keys)
        if replacement is None:
            return False
        expression.append(re.escape(replacement))
    expression.append(translate(pattern[position:]))
    return _compiled("".join(expression))(value)


def arn_matches(pattern: str, value: str, keys: Keys) -> bool:
    """Whether an ARN is covered, each of its six parts on its own, as ``ArnLike`` compares."""
    if pattern == "*":
        return True
    wanted, got = _arn_parts(pattern), value.split(":", 5)
    if len(wanted) != len(got):
        return False
    return all(matches(part, found, keys) for part, found in zip(wanted, got, strict=True))


def _arn_parts(pattern: str) -> list[str]:
    # a variable's own colon (${aws:username}) does not separate parts
    parts: list[str] = []
    depth = start = 0
    for position, character in enumerate(pattern):
        if character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
        elif character == ":" and depth == 0 and len(parts) < 5:
            parts.append(pattern[start:position])
            start = position + 1
    return [*parts, pattern[start:]]


def _value(variable: str, keys: Keys) -> str | None:
    if variable in _LITERAL_VARIABLES:
        return variable
    name, comma, default = variable.partition(",")
    found = keys.get(name.strip().lower())
    if isinstance(found, str):
        return found
    return default.strip().strip("'") if comma else None


def _anything(value: str) -> bool:  # noqa: ARG001 - the pattern * looks at nothing
    return True


def _translate(pattern: str) -> str:
    return re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")


@lru_cache(maxsize=4096)
def _compiled(expression: str) -> Callable[[str], bool]:
    search = re.compile(expression, re.DOTALL).fullmatch
    return lambda value: search(value) is not None
