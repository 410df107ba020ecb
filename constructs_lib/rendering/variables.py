"""The variables of a state machine: which outputs are kept, under which names."""

import re
from collections.abc import Iterable
from typing import Any

from constructs_lib.definitions.paths import parse_path
from constructs_lib.definitions.steps.base import Step
from constructs_lib.definitions.values import StepOutput, references

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST = 80


class Variables:
    """A variable for each step whose output is read, holding just the members that are read.

    Args:
        steps: all steps of the workflow, in a fixed order on which the names depend where they would clash.
    """

    def __init__(self, steps: Iterable[Step]) -> None:
        steps = tuple(steps)
        read: dict[str, dict[str, None]] = {}
        for step in steps:
            for value in references(step.values):
                if isinstance(value, StepOutput):
                    read.setdefault(value.step, {})[value.path] = None
        self._names: dict[str, str] = {}
        self._members: dict[str, dict[str, str]] = {}
        for step in steps:
            if step.name in read:
                self._names[step.name] = _unused(_variable_name(step.name), self._names.values())
                self._members[step.name] = _member_names(sorted(read[step.name]))

    def assign(self, step: Step) -> dict[str, Any] | None:
        """The Assign of the state that gives a step's output; None where nothing of it is read."""
        if step.name not in self._names:
            return None
        members = {f"{name}.$": f"${dotted(path)}" for path, name in self._members[step.name].items()}
        return {self._names[step.name]: members}

    def path(self, value: StepOutput) -> str:
        """The path under which a later state finds an output."""
        return f"${self._names[value.step]}.{self._members[value.step][value.path]}"


def dotted(path: str) -> str:
    """A path as JSONPath writes it behind its root: ``.A.B[0]``, with brackets around unusual names."""
    return "".join(f"[{part}]" if isinstance(part, int) else member(part) for part in parse_path(path) or ())


def member(name: str) -> str:
    """A member as JSONPath writes it."""
    return f".{name}" if _IDENTIFIER.fullmatch(name) else f"['{name}']"


def _variable_name(step_name: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", step_name)
    name = "".join(word[0].upper() + word[1:] for word in words)
    if not name or not name[0].isalpha() or name == "States":  # $states is Step Functions' own
        name = "Step" + name
    return name


def _member_names(paths: list[str]) -> dict[str, str]:
    """A name by path: the last part of the path, or all of it where several paths end alike."""
    parts = {path: parse_path(path) or () for path in paths}
    last = {path: str(found[-1]) for path, found in parts.items()}
    names: dict[str, str] = {}
    for path, found in parts.items():
        alone = list(last.values()).count(last[path]) == 1 and isinstance(found[-1], str)
        text = last[path] if alone else "_".join(str(part) for part in found)
        names[path] = _unused(re.sub(r"[^A-Za-z0-9_]", "_", text), names.values())
    return names


def _unused(name: str, taken: Iterable[str]) -> str:
    used = set(taken)
    found, number = name[:_LONGEST], 2
    while found in used:
        ending = f"_{number}"
        found = name[: _LONGEST - len(ending)] + ending
        number += 1
    return found
