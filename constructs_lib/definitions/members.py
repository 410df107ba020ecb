"""The members that a JSON object has."""

from collections.abc import Mapping
from typing import Any


def present(document: Mapping[str, Any]) -> dict[str, Any]:
    """An object without the members that are None; what is inside of the others is not looked at."""
    return {name: value for name, value in document.items() if value is not None}


def joined(own: Mapping[str, Any], additional: Mapping[str, Any]) -> dict[str, Any]:
    """An object with further members, in the objects inside of it too."""
    document = dict(own)
    for name, value in additional.items():
        mine = document.get(name)
        if isinstance(mine, Mapping) and isinstance(value, Mapping):
            document[name] = joined(mine, value)
        else:
            document[name] = value
    return document
