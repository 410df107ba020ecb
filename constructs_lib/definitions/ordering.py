"""The order in which steps run: one after the other, or side by side."""

from collections.abc import Iterator, Mapping, Sequence
from heapq import heappop, heappush

from attrs import frozen

from constructs_lib.definitions.arrangement import Arrangement, arrange
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.steps.base import Step, inner_steps
from constructs_lib.definitions.values import StepOutput


@frozen(kw_only=True)
class SideBySide:
    """Sequences of steps that run at the same time; what follows them waits for all of their ends."""

    branches: tuple["Plan", ...]


Plan = tuple[Step | SideBySide, ...]
"""Steps, and steps side by side, one after the other."""


@frozen(kw_only=True)
class Ordering:
    """Steps in the order in which they run, or why they have none.

    Attributes:
        steps: each after those that it depends on; as listed where there is a problem.
        plan: which of them run side by side.
        problems: empty where the order is clear.
    """

    steps: tuple[Step, ...]
    plan: Plan
    problems: tuple[Problem, ...] = ()


def order(steps: Sequence[Step]) -> Ordering:
    """Orders the steps of one list.

    They run one after the other as they are listed, unless one of them names others in `depends_on`: then `depends_on`
    and the use of outputs decide, and steps that do not depend on each other run side by side.
    """
    listed = tuple(steps)
    if not any(step.depends_on for step in listed):
        return Ordering(steps=listed, plan=listed)
    by_name = {step.name: step for step in listed}
    owner = {inner.name: step.name for step in listed for inner in inner_steps(step)} | {name: name for name in by_name}
    before = {step.name: {owner[name] for name in _names_before(step) if name in owner} for step in listed}
    names = sorted_names(before)
    if len(names) < len(by_name):
        cycle = circle(before, [name for name in by_name if name not in set(names)])
        message = "steps depend on each other in a circle: " + " -> ".join(repr(name) for name in cycle)
        problem = Problem(step=cycle[0], path="depends_on", message=message)
        return Ordering(steps=listed, plan=listed, problems=(problem,))
    return Ordering(steps=tuple(by_name[name] for name in names), plan=_plan(arrange(names, before), by_name))


def _plan(arrangement: Arrangement, by_name: Mapping[str, Step]) -> Plan:
    return tuple(
        by_name[part] if isinstance(part, str) else SideBySide(branches=tuple(_plan(found, by_name) for found in part))
        for part in arrangement
    )


def _names_before(step: Step) -> Iterator[str]:
    """The steps that a step, or what is inside of it, waits for or reads."""
    yield from step.dependencies
    inner = tuple(inner_steps(step))
    own = {found.name for found in inner}
    for part in (step, *inner):
        for value in part.references:
            if isinstance(value, StepOutput) and value.step not in own:
                yield value.step


def sorted_names(before: Mapping[str, set[str]]) -> list[str]:
    """Names, each after those before it, otherwise as they come; without those that wait for each other."""
    position = {name: number for number, name in enumerate(before)}
    names = list(before)
    missing = {name: len(found) for name, found in before.items()}
    after: dict[str, list[str]] = {name: [] for name in names}
    for name, found in before.items():
        for earlier in found:
            after[earlier].append(name)
    ready = [position[name] for name, count in missing.items() if count == 0]
    placed: list[str] = []
    while ready:
        name = names[heappop(ready)]
        placed.append(name)
        for following in after[name]:
            missing[following] -= 1
            if missing[following] == 0:
                heappush(ready, position[following])
    return placed


def circle(before: Mapping[str, set[str]], stuck: list[str]) -> list[str]:
    """One circle among the steps that wait for each other, its first name also at its end, in the order of running."""
    path = [stuck[0]]
    while True:
        following = min(before[path[-1]] & set(stuck))
        if following in path:
            return [following, *path[path.index(following) + 1 :][::-1], following]
        path.append(following)
