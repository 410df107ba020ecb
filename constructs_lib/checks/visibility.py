"""Which outputs a step can surely read: those of steps that have run before it, whatever way led there."""

from attrs import Factory, define

from constructs_lib.definitions.flow import Flow, Fork, Line, Part, Scope
from constructs_lib.definitions.steps.base import Step
from constructs_lib.definitions.steps.branches import IteratingStep, ParallelStep
from constructs_lib.definitions.steps.choice import ChoiceStep
from constructs_lib.definitions.steps.simple import FailStep, SucceedStep


@define(eq=False)
class Visibility:
    """When each output can be read, in a walk through the workflow that numbers the steps.

    Args:
        flow: how the steps run; every list of steps has an order.
    """

    flow: Flow
    _clock: int = 0
    _times: dict[int, int] = Factory(dict)
    _result_times: dict[int, int] = Factory(dict)
    _open: dict[str, tuple[int, Scope]] = Factory(dict)
    _spans: dict[str, list[tuple[int, int, Scope]]] = Factory(dict)
    _sites: dict[tuple[Scope, int], list[int]] = Factory(dict)

    def __attrs_post_init__(self) -> None:
        self._close(self._walk(self.flow.line))
        for step in self.flow.listed:
            self._find_sites(step)

    def before(self, name: str, step: Step) -> bool:
        """Whether a step has surely run before another, and its output can be read there."""
        if id(step) in self._times:
            return self._is_open(name, self._times[id(step)])
        places = [(scope, times) for (scope, key), times in self._sites.items() if key == id(step)]
        return all(
            self._is_open(name, time, seen_from=set(scope.around())) for scope, times in places for time in times
        )

    def before_result(self, name: str, step: IteratingStep) -> bool:
        """Whether a step has surely run when the result of an iteration is taken."""
        return self._is_open(name, self._result_times[id(step)])

    def _is_open(self, name: str, time: int, seen_from: set[Scope] | None = None) -> bool:
        return any(
            start <= time < end and (seen_from is None or scope in seen_from)
            for start, end, scope in self._spans.get(name, ())
        )

    def _walk(self, line: Line) -> list[str]:
        """Goes through a line; gives the steps whose outputs can be read at its end."""
        names: list[str] = []
        for part in line.parts:
            found = self._fork(part, line.scope) if isinstance(part, Fork) else self._part(part, line.scope)
            names += found
        return names

    def _fork(self, fork: Fork, scope: Scope) -> list[str]:
        names: list[str] = []
        for branch in fork.branches:
            found = self._walk(branch)
            self._close(found)
            names += found
        self._begin(names, scope)
        return names

    def _part(self, part: Part, scope: Scope) -> list[str]:
        self._clock += 1
        self._times[id(part.step)] = self._clock
        names = [part.step.name]
        for line in part.inside:
            found = self._walk(line)
            if isinstance(part.step, IteratingStep):
                self._clock += 1
                self._result_times[id(part.step)] = self._clock
            self._close(found)
            if isinstance(part.step, ParallelStep) and not self._may_end_early(line):
                names += found
        self._clock += 1
        self._begin(names, scope)
        return names

    def _begin(self, names: list[str], scope: Scope) -> None:
        for name in names:
            self._open[name] = (self._clock, scope)

    def _close(self, names: list[str]) -> None:
        self._clock += 1
        for name in names:
            if name in self._open:
                start, scope = self._open.pop(name)
                self._spans.setdefault(name, []).append((start, self._clock, scope))

    def _may_end_early(self, line: Line) -> bool:
        """Whether a branch can end well before its last step."""
        if any(not isinstance(step, FailStep) for step in self.flow.handlers.get(line.scope, {}).values()):
            return True
        waiting = [line]
        while waiting:
            for part in waiting.pop().parts:
                if isinstance(part, Part) and isinstance(part.step, SucceedStep):
                    return True
                if isinstance(part, Part) and isinstance(part.step, ChoiceStep):
                    waiting += part.inside
        return False

    def _find_sites(self, step: Step) -> None:
        """Notes from where the handlers are reached that a step's Catches lead to, at once or over others."""
        ending, waiting, seen = self.flow.scopes[id(step)].ending, [step], {id(step)}
        while waiting:
            for catcher in self.flow.caught(waiting.pop()):
                target = catcher.next_step
                if id(target) not in seen:
                    seen.add(id(target))
                    self._sites.setdefault((ending, id(target)), []).append(self._times[id(step)])
                    waiting.append(target)
