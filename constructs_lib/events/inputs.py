"""What a target is given: the event as it is, or a document with values out of it."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import field, frozen

from constructs_lib.definitions.freezing import frozen_copy
from constructs_lib.definitions.tokens import is_list_token, is_number_token
from constructs_lib.definitions.values import Join, Reference, references
from constructs_lib.definitions.workflow import WorkflowDefinition

EventInput = Mapping[str, Any] | str | Reference
"""A JSON object or a text, with `EventValue` and `Join` in the places of values that the event has."""

_ENVELOPE = ("version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail")
_PATH = re.compile(r"[A-Za-z_][\w-]*(\[\d+\])*(\.[A-Za-z_][\w-]*(\[\d+\])*)*")
_MOST_VALUES = 100
_MOST_CHARACTERS = 8192


@frozen(eq=False)
class EventValue(Reference):
    """A member of an event, known when the event comes.

    Args:
        path: from the event down, such as ``detail.TrainingJobName`` or ``resources[0]``. What the event does not have
            becomes an empty text.

    Examples:
        >>> EventValue("detail.TrainingJobName")
        EventValue('detail.TrainingJobName')
    """

    path: str

    def __repr__(self) -> str:
        return f"EventValue({self.path!r})"

    @property
    def json_path(self) -> str:
        """The path as EventBridge reads it."""
        return f"$.{self.path}"


@frozen
class RenderedInput:
    """An input as EventBridge takes it.

    Attributes:
        template: JSON with placeholders.
        paths: of the placeholders in the event, by name; empty where the template is the same for each event.
    """

    template: str
    paths: Mapping[str, str] = field(converter=frozen_copy)


def input_problems(given: EventInput, *, templated: bool = False) -> list[str]:
    """What is wrong with an input; nothing for one that is right.

    Args:
        given: the input.
        templated: whether it becomes a part of a template, even where it has no values of the event itself.
    """
    found = references(given)
    problems = [
        f"got {value!r}, expected EventValue or Join: a rule knows the event alone"
        for value in found
        if not isinstance(value, EventValue | Join)
    ]
    values = [value for value in found if isinstance(value, EventValue)]
    problems += [
        f"got {value!r}, expected a path such as detail.TrainingJobName or resources[0]"
        for value in values
        if _PATH.fullmatch(value.path) is None
    ]
    if len(set(values)) > _MOST_VALUES:
        problems.append(f"got {len(set(values))} values of the event, expected at most {_MOST_VALUES}")
    constants = list(_constants(given))
    if any(is_number_token(value) or is_list_token(value) for value in constants):
        problems.append("got a number or a list that is known at deployment, expected it as a text: Fn.join, or str()")
    # EventBridge has no way to write it that all targets read alike
    angled = [value for value in constants if (values or templated) and isinstance(value, str) and "<" in value]
    problems += [f"got the text {value!r} beside values of the event, expected it without '<'" for value in angled]
    if not problems and len(text := render_input(given).template) > _MOST_CHARACTERS:
        problems.append(f"got {len(text)} characters, expected at most {_MOST_CHARACTERS}")
    return problems


def execution_input_problems(workflow: object, given: EventInput | None, *, event: bool = True) -> list[str]:
    """What a workflow whose definition is known here would miss in its input, or not know.

    Args:
        workflow: that is started; one that is not defined in this app takes any input.
        given: None for what is sent by itself.
        event: whether the event is sent by itself; else nothing is.
    """
    definition = getattr(workflow, "definition", None)
    if not isinstance(definition, WorkflowDefinition) or (given is not None and not isinstance(given, Mapping)):
        return []
    members = given if given is not None else _ENVELOPE if event else ()
    known = {value.name: value for value in definition.execution_inputs}
    missing = sorted(name for name, value in known.items() if not value.optional and name not in members)
    unknown = sorted(name for name in given if name not in known) if given is not None else []
    problems = []
    if missing:
        problems.append(f"got no {', '.join(missing)}, expected what {definition.name} reads of its input")
    if unknown:
        problems.append(f"got {', '.join(unknown)}, expected only what {definition.name} reads of its input")
    return problems


def render_input(given: EventInput) -> RenderedInput:
    """An input, whose problems have been looked for, as EventBridge takes it."""
    paths: dict[str, str] = {}
    text = json.dumps(_with_placeholders(given, paths), ensure_ascii=False, separators=(",", ":"))
    for name in paths:
        # a value of its own brings its quotes along
        text = text.replace(f'"<{name}>"', f"<{name}>")
    return RenderedInput(text, paths)


def _with_placeholders(given: Any, paths: dict[str, str]) -> Any:
    if isinstance(given, EventValue):
        names = {path: name for name, path in paths.items()}
        name = names.get(given.json_path, f"value{len(paths)}")
        paths[name] = given.json_path
        return f"<{name}>"
    if isinstance(given, Join):
        return given.separator.join(str(_with_placeholders(part, paths)) for part in given.parts)
    if isinstance(given, Mapping):
        return {name: _with_placeholders(member, paths) for name, member in given.items()}
    if isinstance(given, list | tuple):
        return [_with_placeholders(member, paths) for member in given]
    return given


def _constants(given: Any) -> Iterator[Any]:
    if isinstance(given, Join):
        yield given.separator
        yield from _constants(given.parts)
    elif isinstance(given, Mapping):
        yield from given
        for member in given.values():
            yield from _constants(member)
    elif isinstance(given, list | tuple) and not is_list_token(given):
        for member in given:
            yield from _constants(member)
    elif not isinstance(given, Reference):
        yield given
