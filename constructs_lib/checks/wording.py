"""How values are shown in messages."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

from constructs_lib.definitions.tokens import has_text_token, is_number_token

_LONGEST = 80
_MOST_OPTIONS = 12


def shown(value: Any) -> str:
    """A value as it stands in a message: as Python writes it, at most 80 characters, tokens called by that name."""
    text = repr(_thawed(value))
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "…"
    if has_text_token(value):
        return f"the text token {text}"
    return f"the number token {text}" if is_number_token(value) else text


def _thawed(value: Any) -> Any:
    """Dictionaries as they were written, before a definition froze them."""
    if isinstance(value, Mapping):
        return {key: _thawed(member) for key, member in value.items()}
    return tuple(map(_thawed, value)) if isinstance(value, tuple) else value


def options(allowed: Collection[str], got: Any) -> str:
    """What is allowed: all of it, or where that is much, what is nearest to what was got."""
    if len(allowed) <= _MOST_OPTIONS:
        return ", ".join(allowed)
    near = get_close_matches(got, allowed, n=3, cutoff=0.5) if isinstance(got, str) else []
    return f"one of {len(allowed)} values" + (f", the nearest are {', '.join(near)}" if near else "")


def token_hint(value: Any) -> str:
    """What to do about a text token in the place of a number; empty for any other value."""
    return ": a token for a number is made by Token.as_number" if has_text_token(value) else ""


def did_you_mean(got: str, known: Collection[str]) -> str:
    """A hint at the name that was probably meant; empty where none is near."""
    near = get_close_matches(got, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
