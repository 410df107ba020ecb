"""CDK tokens: placeholders that CDK fills in at deployment. They are recognized and passed on, never looked into."""

import re
from typing import Any

TEXT_TOKEN = re.compile(r"\$\{Token\[[^\]]*\]\}")
"""A token in a text; the text around it is ordinary."""

_LIST_TOKEN = re.compile(r"#\{Token\[[^\]]*\]\}")
_LOWEST_NUMBER, _HIGHEST_NUMBER = -1.9e289, -1.8e289


def has_text_token(value: Any) -> bool:
    """Whether a value is a text with a token in it."""
    return isinstance(value, str) and "${Token[" in value


def is_list_token(value: Any) -> bool:
    """Whether a value is a list that stands for a list known at deployment."""
    return (
        isinstance(value, list | tuple)
        and len(value) == 1
        and isinstance(value[0], str)
        and _LIST_TOKEN.fullmatch(value[0]) is not None
    )


def is_number_token(value: Any) -> bool:
    """Whether a value is a number that stands for one known at deployment: such numbers are huge negatives."""
    return isinstance(value, float | int) and _LOWEST_NUMBER < value < _HIGHEST_NUMBER


def is_token(value: Any) -> bool:
    """Whether a value is a token, or a text with a token in it."""
    return has_text_token(value) or is_list_token(value) or is_number_token(value)
