"""Frozen records whose lists and dictionaries cannot be changed either."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType, UnionType
from typing import Any, get_args, get_origin

from attrs import Attribute

NO_MEMBERS: Mapping[Any, Any] = MappingProxyType({})
"""An object without members: the default of fields that are mappings."""

_NO_ELEMENTS: tuple[Any, ...] = ()

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


class _JsonForms(dict[type, type | None]):
    """The answers are kept: documents have many values of few classes, and asking abstract ones takes far longer."""

    def __missing__(self, kind: type) -> type | None:
        if issubclass(kind, list | tuple):
            self[kind] = list
        else:
            self[kind] = dict if issubclass(kind, Mapping) else None
        return self[kind]


JSON_FORM = _JsonForms()
"""Whether the values of a class are arrays (`list`) or objects (`dict`) of JSON, or neither (None)."""


def frozen_copy(value: Any) -> Any:
    """A JSON document whose objects and arrays can no longer be changed, by its owner or anybody else."""
    if value is _NO_ELEMENTS or value is NO_MEMBERS:  # as most are
        return value
    form = JSON_FORM[type(value)]
    if form is None:
        return value
    if not value:
        return _NO_ELEMENTS if form is list else NO_MEMBERS
    if form is list:
        for element in value:
            if JSON_FORM[type(element)] is not None:
                return tuple([frozen_copy(each) for each in value])
        return tuple(value)
    return MappingProxyType(
        {key: member if type(member) in PLAIN else frozen_copy(member) for key, member in value.items()}
    )
