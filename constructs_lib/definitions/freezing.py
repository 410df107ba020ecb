"""Frozen records whose lists and dictionaries cannot be changed either."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType, UnionType
from typing import Any, get_args, get_origin

from attrs import Attribute

PLAIN = frozenset({str, int, float, bool, type(None)})
"""Types of values that cannot change and hold nothing."""


def freeze_fields(_: type, fields: list["Attribute[Any]"]) -> list["Attribute[Any]"]:
    """A `field_transformer` of attrs: fields that are declared as sequences or mappings keep a frozen copy.

    What is of the wrong type stays as it is: the checks name it, together with all other problems.
    """
    return [found.evolve(converter=frozen_copy) if _can_change(found.type) else found for found in fields]


def _can_change(hint: Any) -> bool:
    options = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    return any(get_origin(option) in (Sequence, Mapping) for option in options)


def frozen_copy(value: Any) -> Any:
    """A JSON document whose objects and arrays can no longer be changed, by its owner or anybody else."""
    if type(value) in PLAIN:  # most values are; asking abstract classes takes ten times as long
        return value
    if isinstance(value, list | tuple):
        return tuple([frozen_copy(element) for element in value]) if value else ()
    if isinstance(value, Mapping):
        return MappingProxyType({key: frozen_copy(member) for key, member in value.items()})
    return value
