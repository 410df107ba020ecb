"""The order in which steps run."""

from collections.abc import Sequence

from attrs import frozen

from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.steps.base import Step
from constructs_lib.definitions.values import StepOutput, references


@frozen(kw_only=True)
class Ordering:
    """Steps in the order in which they run, or why they have none.

    Attributes:
        steps: in order; as listed where there is a problem.
        problems: empty where the order is clear.
    """

    steps: tuple[Step, ...]
    problems: tuple[Problem, ...] = ()


def order(steps: Sequence[Step]) -> Ordering:
    """Orders steps into a chain.

    Steps run as they are listed, unless one of them names others in `depends_on`: then `depends_on` and the use of
    outputs decide, and must leave exactly one order.
    """
    if not any(step.depends_on for step in steps):
        return Ordering(steps=tuple(steps))
    by_name = {step.name: step for step in steps}
    before = {step.name: _names_before(step) & by_name.keys() for step in steps}
    placed: list[Step] = []
    done: set[str] = set()
    while len(placed) < len(by_name):
        ready = [name for name in by_name if name not in done and before[name] <= done]
        if not ready:
            cycle = _cycle(before, [name for name in by_name if name not in done])
            message = "steps depend on each other in a circle: " + " -> ".join(repr(name) for name in cycle)
            return Ordering(steps=tuple(steps), problems=(Problem(step=cycle[0], path="depends_on", message=message),))
        if len(ready) > 1:
            names = " and ".join(repr(name) for name in ready)
            message = (
                f"steps {names} have no order between them; got a graph, expected a chain: steps cannot run side by "
                "side yet, so name in depends_on which comes first"
            )
            return Ordering(steps=tuple(steps), problems=(Problem(step=ready[1], path="depends_on", message=message),))
        placed.append(by_name[ready[0]])
        done.add(ready[0])
    return Ordering(steps=tuple(placed))


def _names_before(step: Step) -> set[str]:
    used = {found.step for found in references(step.values) if isinstance(found, StepOutput)}
    return {*step.dependencies, *used}


def _cycle(before: dict[str, set[str]], stuck: list[str]) -> list[str]:
    """One circle among the steps that wait for each other, its first name also at its end, in the order of running."""
    path = [stuck[0]]
    while True:
        following = min(before[path[-1]] & set(stuck))
        if following in path:
            return [following, *path[path.index(following) + 1 :][::-1], following]
        path.append(following)
