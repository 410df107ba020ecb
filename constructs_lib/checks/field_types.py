"""Whether the fields of the records have the types that they declare."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

import attrs

from constructs_lib.checks.wording import shown, token_hint
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.steps.base import FallibleStep, Step
from constructs_lib.definitions.tokens import is_number_token
from constructs_lib.definitions.values import Reference

if TYPE_CHECKING:  # a definition asks the checks, and the checks look at the definition
    from constructs_lib.definitions.pipeline import PipelineDefinition
    from constructs_lib.definitions.workflow import WorkflowDefinition

_WORDS: dict[Any, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    NoneType: "None",
    Reference: "a reference",
}


def type_problems(definition: "WorkflowDefinition | PipelineDefinition") -> Iterator[Problem]:
    """Every field that is of the wrong type, in the definition, its steps, and the steps that Catches lead to."""
    for name, hint in hints_of(type(definition)).items():
        for path, message in () if name == "steps" else _mismatches(getattr(definition, name), hint, name):
            yield Problem(path=path, message=message)
    if not isinstance(definition.steps, tuple):
        yield Problem(path="steps", message=f"got {shown(definition.steps)}, expected a list of steps")
        return
    seen: set[int] = set()
    waiting: list[Any] = list(definition.steps)
    defaults = getattr(definition, "default_catch", ())
    defaults = defaults if isinstance(defaults, tuple) else ()
    waiting += [found.next_step for found in defaults if isinstance(getattr(found, "next_step", None), Step)]
    for position, step in enumerate(waiting):
        if id(step) in seen:
            continue
        seen.add(id(step))
        if not isinstance(step, Step):
            yield Problem(path=f"steps[{position}]", message=f"got {shown(step)}, expected a step")
            continue
        sound = True
        for path, message in _record_mismatches(step, ""):
            sound = False
            name = step.name if isinstance(step.name, str) else repr(step.name)
            yield Problem(step=name, path=path, message=message)
        waiting += [inner for block in step.blocks for inner in block.steps] if sound else []
        catchers = step.catch if isinstance(step, FallibleStep) and isinstance(step.catch, tuple) else ()
        waiting += [found.next_step for found in catchers if isinstance(getattr(found, "next_step", None), Step)]


def hints_of(cls: type) -> dict[str, Any]:
    """The declared types of a record's fields that its maker gives."""
    if cls not in _HINTS:
        found = get_type_hints(cls, localns={"Step": Step})
        names = {field.name for field in attrs.fields(cls) if field.init}
        _HINTS[cls] = {name: hint for name, hint in found.items() if name in names}
    return _HINTS[cls]


@attrs.frozen(kw_only=True, eq=False)
class _Declared:
    """A hint, and which values need no long look.

    Attributes:
        hint: the declared type.
        quick: classes whose objects fit it.
        texts: those that it names one by one.
        empty: classes whose objects fit it if they are empty, as most lists and dictionaries are.
        records: classes whose objects fit it if their own fields do.
        references: whether references fit it if their own fields do.
        element: of its only kind of list; None where it has none, or several.
    """

    hint: Any
    quick: frozenset[type]
    texts: frozenset[str]
    empty: frozenset[type]
    records: frozenset[type]
    references: bool
    element: "_Declared | None"


_HINTS: dict[type, dict[str, Any]] = {}
_FIELDS: dict[type, list[tuple[str, _Declared]]] = {}


def _fields_of(cls: type) -> list[tuple[str, _Declared]]:
    if cls not in _FIELDS:
        _FIELDS[cls] = [(name, _declared(hint)) for name, hint in hints_of(cls).items()]
    return _FIELDS[cls]


@cache
def _declared(hint: Any) -> _Declared:
    options = options_of(hint)
    lists = [option for option in options if origin_of(option) is Sequence]
    return _Declared(
        hint=hint,
        quick=_quick(options),
        texts=frozenset(
            found
            for option in options
            if origin_of(option) is Literal
            for found in get_args(option)
            if isinstance(found, str)
        ),
        empty=_empty(options),
        records=frozenset(option for option in options if attrs.has(option) and not issubclass(option, Step)),
        references=Reference in options,
        element=_declared(get_args(lists[0])[0]) if len(lists) == 1 else None,
    )


@cache
def options_of(hint: Any) -> tuple[Any, ...]:
    """The types that a hint allows: those of a union, or itself."""
    return get_args(hint) if origin_of(hint) in (Union, UnionType) else (hint,)


@cache
def origin_of(hint: Any) -> Any:
    """What a hint with arguments is made of, such as `Sequence`; None where it has none."""
    return get_origin(hint)


def fits(value: Any, hint: Any) -> bool:
    """Whether a value is of a declared type, with all that is in it."""
    return next(_mismatches(value, hint, ""), None) is None


def _quick(options: tuple[Any, ...]) -> frozenset[type]:
    plain = {option for option in options if option in (str, int, float, bool, NoneType)}
    return frozenset(plain | ({int} if float in plain else set()))


def _empty(options: tuple[Any, ...]) -> frozenset[type]:
    frozen = {Sequence: tuple, Mapping: MappingProxyType}
    return frozenset(frozen[origin_of(option)] for option in options if origin_of(option) in frozen)


def _record_mismatches(record: Any, path: str) -> Iterator[tuple[str, str]]:
    for name, declared in _fields_of(type(record)):
        value = getattr(record, name)
        kind = type(value)
        if kind in declared.quick or (kind in declared.empty and not value):
            continue  # as most are
        if kind is not str or value not in declared.texts:
            yield from _declared_mismatches(value, declared, f"{path}.{name}" if path else name)


def _declared_mismatches(value: Any, declared: _Declared, path: str) -> Iterator[tuple[str, str]]:
    kind = type(value)
    if kind in declared.quick or (kind in declared.empty and not value):
        return
    if kind in declared.records or (declared.references and isinstance(value, Reference)):
        yield from _record_mismatches(value, path)
    elif kind is tuple and declared.element is not None:
        for position, element in enumerate(value):
            yield from _declared_mismatches(element, declared.element, f"{path}[{position}]")
    else:
        yield from _mismatches(value, declared.hint, path)


def _mismatches(value: Any, hint: Any, path: str) -> Iterator[tuple[str, str]]:
    if hint is Any:
        yield from _mismatches_inside(value, path)
        return
    options = options_of(hint)
    if any(next(_against(value, option, path), None) is None for option in options):
        return
    for option in options:  # a record of the right class with a wrong member: name the member
        if isinstance(value, _class_of(option)):
            yield from _against(value, option, path)
            return
    words = [_described(option) for option in options if not (option is int and float in options)]
    yield path, f"got {shown(value)}, expected {' or '.join(words)}{_token_hint(value, options)}"


def _mismatches_inside(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """References anywhere in a JSON document, which itself may be of any form."""
    if isinstance(value, Reference):
        yield from _record_mismatches(value, path)
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield from _mismatches_inside(member, f"{path}.{key}")
    elif isinstance(value, tuple):
        for position, element in enumerate(value):
            yield from _mismatches_inside(element, f"{path}[{position}]")


def _class_of(hint: Any) -> type:
    origin = origin_of(hint)
    if origin in (Sequence, Mapping):
        return tuple if origin is Sequence else Mapping
    return hint if isinstance(hint, type) and (attrs.has(hint) or hint is Reference) else _Nothing


def _token_hint(value: Any, options: tuple[Any, ...]) -> str:
    return token_hint(value) if {int, float} & set(options) else ""


class _Nothing:
    """No value is of this class."""


def _against(value: Any, hint: Any, path: str) -> Iterator[tuple[str, str]]:
    origin = origin_of(hint)
    if origin is Sequence:
        if isinstance(value, tuple):
            for position, element in enumerate(value):
                yield from _mismatches(element, get_args(hint)[0], f"{path}[{position}]")
            return
    elif origin is Literal:
        if any(value is option or (type(value) is type(option) and value == option) for option in get_args(hint)):
            return
    elif origin is not None:  # a mapping
        if isinstance(value, Mapping):
            for key, member in value.items():
                if isinstance(key, str):
                    yield from _mismatches(member, get_args(hint)[1], f"{path}.{key}")
                else:
                    yield path, f"got the key {shown(key)}, expected a text"
            return
    elif _is_instance(value, hint):
        if isinstance(value, Reference) or (attrs.has(hint) and not issubclass(hint, Step)):
            yield from _record_mismatches(value, path)
        return
    yield path, f"got {shown(value)}, expected {_described(hint)}"


def _is_instance(value: Any, hint: type) -> bool:
    if hint is int:
        return is_number_token(value) or (isinstance(value, int) and not isinstance(value, bool))
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, hint)


def _described(hint: Any) -> str:
    origin = origin_of(hint)
    if origin is Sequence:
        return "a list"
    if origin is Literal:
        return " or ".join(repr(option) for option in get_args(hint))
    if origin is not None:
        return "a dictionary"
    article = "an" if hint.__name__[0] in "AEIO" else "a"
    return _WORDS.get(hint, f"{article} {hint.__name__}")
