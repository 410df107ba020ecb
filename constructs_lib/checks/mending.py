"""Steps with fields of the wrong type, made fit to be looked into, so that one error names their other problems too."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args, get_origin

import attrs

from constructs_lib.checks.field_types import fits, hints_of, options_of
from constructs_lib.definitions.steps.base import Step
from constructs_lib.definitions.values import Reference


class Unknown(Reference):
    """Stands where a value is of the wrong type: it has any member, and answers where a `Reference` refuses to."""

    __slots__ = ()
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __getattr__(self, name: str) -> "Unknown":
        if name.startswith("__"):  # what Python itself asks for
            raise AttributeError(name)
        return self

    def __repr__(self) -> str:
        return "Unknown()"

    __str__ = __repr__

    def __format__(self, format_spec: str) -> str:
        return repr(self)

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return False

    def __lt__(self, other: object) -> bool:  # type: ignore[override]
        return False

    __le__ = __gt__ = __ge__ = __lt__  # type: ignore[assignment]


_UNKNOWN = Unknown()
_NOTHING = object()


def mended_steps(listed: object) -> tuple[Step, ...]:
    """The steps among what is listed, as copies in which nothing is of the wrong type.

    What is of the wrong type becomes an `Unknown` where a reference may stand, or else its default. Where it is in a
    list or a record and has no default, that list or record does.
    """
    copies: dict[int, Step] = {}
    elements = listed if isinstance(listed, tuple) else ()
    return tuple(_step(step, copies) for step in elements if isinstance(step, Step))


def _step(step: Step, copies: dict[int, Step]) -> Step:
    if id(step) not in copies:
        kept = _kept_members(step, copies)
        if "name" not in kept:
            kept["name"] = repr(step.name)
        hints = hints_of(type(step))
        missing = {name: _last_resort(hints[name]) for name in _required(type(step)) if name not in kept}
        copies[id(step)] = type(step)(**missing, **kept)
    return copies[id(step)]


def _last_resort(hint: Any) -> Any:
    """What stands for a member that has no default."""
    if get_origin(hint) is Sequence:
        return () if Step in options_of(get_args(hint)[0]) else (_UNKNOWN,)
    return {} if get_origin(hint) is Mapping else _UNKNOWN


def _required(record: type) -> set[str]:
    """The members of a record that have no default."""
    return {field.name for field in attrs.fields(record) if field.init and field.default is attrs.NOTHING}


def _kept_members(record: Any, copies: dict[int, Step]) -> dict[str, Any]:
    """What becomes of the members of a record, but for those that get their defaults."""
    found = {name: _mended(getattr(record, name), hint, copies) for name, hint in hints_of(type(record)).items()}
    return {name: value for name, value in found.items() if value is not _NOTHING}


def _mended(value: Any, hint: Any, copies: dict[int, Step]) -> Any:
    """What becomes of a value; `_NOTHING` where only its default, or that of what it is in, can stand for it."""
    if hint is Any:
        return _document(value)
    for option in options_of(hint):
        origin = get_origin(option)
        if option is Step and isinstance(value, Step):
            return _step(value, copies)
        if origin is Sequence and isinstance(value, tuple):
            elements = tuple(_mended(element, get_args(option)[0], copies) for element in value)
            return _NOTHING if _NOTHING in elements else elements
        if origin is Mapping and isinstance(value, Mapping):
            members = {key: _mended(member, get_args(option)[1], copies) for key, member in value.items()}
            return {key: member for key, member in members.items() if isinstance(key, str) and member is not _NOTHING}
        if attrs.has(option) and not issubclass(option, Step) and isinstance(value, option):
            kept = _kept_members(value, copies)
            return type(value)(**kept) if _required(type(value)) <= kept.keys() else _NOTHING
    if fits(value, hint):
        return value
    return _UNKNOWN if Reference in options_of(hint) else _NOTHING


def _document(value: Any) -> Any:
    """A JSON document, with an `Unknown` for each reference in which something is of the wrong type."""
    if isinstance(value, Mapping):
        return {key: _document(member) for key, member in value.items()}
    if isinstance(value, tuple):
        return tuple(_document(element) for element in value)
    return value if fits(value, Any) else _UNKNOWN
