"""Whether values that somebody else compares in a Condition are texts, numbers, or true and false."""

from collections.abc import Iterator, Mapping
from typing import Any

from constructs_lib.checks.wording import shown
from constructs_lib.definitions.tokens import is_token

_TYPES = {"String": "string", "Integer": "number", "Float": "number", "Boolean": "boolean"}


def unlike_values(condition: Any, types: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Where a condition compares values of unlike types, and which: the step fails when it is reached.

    Args:
        condition: of the document; those inside of an Or or a Not are looked at, too.
        types: of what references read, as far as it is known, by their paths: ``Parameters.Limit``.

    Yields:
        the place below the condition, and what is wrong there.
    """
    if not isinstance(condition, Mapping):
        return
    for number, inner in enumerate(condition.get("Conditions") or ()):
        for path, message in unlike_values(inner, types):
            yield f".Conditions[{number}]{path}", message
    for path, message in unlike_values(condition.get("Condition"), types):
        yield f".Condition{path}", message
    options = condition.get("Values")
    listed = options if isinstance(options, list | tuple) else ()
    compared = (condition.get("LeftValue"), condition.get("RightValue"), condition.get("QueryValue"), *listed)
    named = ((_family(value, types), value) for value in reversed(compared) if value is not None)
    families = {family: value for family, value in named if family is not None}
    if len(families) > 1:
        told = ", ".join(f"{shown(value)}, a {family}" for family, value in sorted(families.items()))
        yield "", f"compares values of unlike types: {told}"


def _family(value: Any, types: Mapping[str, str]) -> str | None:
    if isinstance(value, Mapping):
        if "Std:Join" in value:
            return "string"
        return _TYPES.get(types.get(str(value.get("Get")), ""))
    if is_token(value):
        return None
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else "string" if isinstance(value, str) else None
