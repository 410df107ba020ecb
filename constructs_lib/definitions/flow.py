"""A workflow's steps as they run: in which sequence and scope each stands, and where its errors lead."""

from collections.abc import Iterator, Sequence
from typing import Union

from attrs import Factory, define, frozen

from constructs_lib.definitions.failures import Catch, Retry
from constructs_lib.definitions.ordering import Ordering, Plan, SideBySide, order
from constructs_lib.definitions.steps.base import FallibleStep, Step


@define(eq=False)
class Scope:
    """A list of states of its own, as the whole workflow, a branch and an iteration have: variables end with it.

    Attributes:
        parent: the scope around it; None for the whole workflow.
        written: whether somebody wrote this list of steps, rather than its being made for steps side by side. A Catch
            leads to a step at the end of the nearest such scope.
        depth: how many scopes are around it.
    """

    parent: Union["Scope", None] = None
    written: bool = True
    depth: int = Factory(lambda self: 0 if self.parent is None else self.parent.depth + 1, takes_self=True)

    @property
    def ending(self) -> "Scope":
        """The scope that ends after the step that a Catch leads to."""
        scope = self
        while not scope.written and scope.parent is not None:
            scope = scope.parent
        return scope

    def around(self) -> Iterator["Scope"]:
        """This scope, and those around it, outwards."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent


@frozen(eq=False)
class Line:
    """Steps that run one after the other in one scope.

    Attributes:
        scope: that they run in.
        parts: the steps with what is inside of them, and the forks.
    """

    scope: Scope
    parts: tuple[Union["Part", "Fork"], ...]


@frozen(eq=False)
class Part:
    """A step in a line.

    Attributes:
        step: the step.
        inside: a line for each of its blocks.
    """

    step: Step
    inside: tuple[Line, ...] = ()


@frozen(eq=False)
class Fork:
    """Lines that run side by side, made of steps that do not depend on each other."""

    branches: tuple[Line, ...]


@frozen(kw_only=True)
class BlockOrder:
    """A list of steps and its order.

    Attributes:
        owner: the step that holds the list; None for the workflow itself.
        path: of the property that holds it.
        steps: as they are listed.
        ordering: of them.
    """

    owner: Step | None
    path: str
    steps: Sequence[Step]
    ordering: Ordering


@define(eq=False)
class Flow:
    """How the steps of a workflow run.

    Args:
        steps: as they are listed in the workflow.
        default_retry: of steps that say nothing of it; of each step, those that can apply to it.
        default_catch: likewise; not of steps that a Catch leads to.

    Attributes:
        line: the workflow.
        scopes: of each step that is not only led to by a Catch, by its identity.
        blocks: every list of steps, with its order, outer ones first.
        listed: every step but those, as they run.
        handlers: the steps that only Catches lead to, by the scope that ends after them and their identity, in the
            order in which they are named.
    """

    steps: Sequence[Step]
    default_retry: Sequence[Retry] = ()
    default_catch: Sequence[Catch] = ()
    blocks: list[BlockOrder] = Factory(list)
    scopes: dict[int, Scope] = Factory(dict)
    listed: list[Step] = Factory(list)
    handlers: dict[Scope, dict[int, Step]] = Factory(dict)
    line: Line = Factory(lambda self: self._lay(), takes_self=True)

    def retry_of(self, step: FallibleStep) -> tuple[Retry, ...]:
        """When a step is run again."""
        own = tuple(found for found in step.retry if isinstance(found, Retry))
        return own or tuple(found for found in self.default_retry if _applies(found, step))

    def catch_of(self, step: FallibleStep) -> tuple[Catch, ...]:
        """Where a step goes on when it has failed."""
        if step.catch or id(step) not in self.scopes:
            return tuple(step.catch)
        return tuple(found for found in self.default_catch if _applies(found, step))

    def caught(self, step: Step) -> tuple[Catch, ...]:
        """Where any step goes on when it has failed; steps that cannot fail go nowhere."""
        return self.catch_of(step) if isinstance(step, FallibleStep) else ()

    @property
    def all_steps(self) -> tuple[Step, ...]:
        """Every step once: as they run, then those that only Catches lead to."""
        return (*self.listed, *self.all_handlers)

    @property
    def all_handlers(self) -> tuple[Step, ...]:
        """The steps that only Catches lead to, each once."""
        return tuple({number: step for steps in self.handlers.values() for number, step in steps.items()}.values())

    def _lay(self) -> Line:
        ordering = self._ordered(None, "steps", self.steps)
        line = self._line(ordering.plan, Scope())
        for step in self.listed:
            self._find_handlers(step)
        return line

    def _ordered(self, owner: Step | None, path: str, steps: Sequence[Step]) -> Ordering:
        ordering = order(steps)
        self.blocks.append(BlockOrder(owner=owner, path=path, steps=steps, ordering=ordering))
        return ordering

    def _line(self, plan: Plan, scope: Scope) -> Line:
        return Line(scope, tuple(self._part(part, scope) for part in plan))

    def _part(self, part: Step | SideBySide, scope: Scope) -> Part | Fork:
        if isinstance(part, SideBySide):
            return Fork(tuple(self._line(branch, Scope(scope, written=False)) for branch in part.branches))
        self.scopes[id(part)] = scope
        self.listed.append(part)
        inside = []
        for block in part.blocks:
            ordering = self._ordered(part, block.path, block.steps)
            inside.append(self._line(ordering.plan, Scope(scope) if block.own_scope else scope))
        return Part(part, tuple(inside))

    def _find_handlers(self, step: Step) -> None:
        """Handlers of a step, and those that their own Catches lead to, breadth first."""
        waiting = [step]
        ending = self.scopes[id(step)].ending
        known = self.handlers.setdefault(ending, {})
        while waiting:
            for catcher in self.caught(waiting.pop(0)):
                target = catcher.next_step
                if id(target) not in self.scopes and id(target) not in known:
                    known[id(target)] = target
                    waiting.append(target)


def _applies(reaction: Retry | Catch, step: FallibleStep) -> bool:
    return any(step.can_raise(error) for error in reaction.errors)
