"""The members that a JSON object has."""

from collections.abc import Mapping
from typing import Any


def present(document: Mapping[str, Any]) -> dict[str, Any]:
    """An object without the members that are None; what is inside of the others is not looked at."""
    return {name: value for name, value in document.items() if value is not None}
