"""How rules are collected and applied."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from constructs_lib.checks.field_types import type_problems
from constructs_lib.checks.shapes import RequestCheck, checked
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.flow import Flow
from constructs_lib.definitions.steps.base import FallibleStep, Step, TaskStep, inner_steps
from constructs_lib.definitions.steps.branches import MapStep
from constructs_lib.definitions.values import Reference, references

if TYPE_CHECKING:  # a definition asks the checks, and the checks look at the definition
    from constructs_lib.definitions.workflow import WorkflowDefinition


class Subject:
    """A definition as the rules see it.

    Steps with a field of the wrong type are left out, since nothing else can be said of them; the rule about types
    names them.

    Attributes:
        definition: what is checked. Its flow is not there yet.
        problems_of_types: what that rule found.
        listed: what is listed as steps, whatever it is.
        steps: the listed steps that can be looked into.
    """

    def __init__(self, definition: "WorkflowDefinition") -> None:
        self.definition = definition
        found = tuple(type_problems(definition))
        self.problems_of_types = tuple(problem for _, problem in found)
        self._faulty = {id(step) for step, _ in found if step is not None}
        self.listed = definition.steps if isinstance(definition.steps, tuple) else ()
        self.steps = tuple(step for step in self.listed if isinstance(step, Step) and self._is_sound(step))

    def _is_sound(self, step: Step) -> bool:
        if not self._faulty:
            return True
        return id(step) not in self._faulty and not any(id(inner) in self._faulty for inner in inner_steps(step))

    @cached_property
    def flow(self) -> Flow:
        """How the steps run."""
        retry, catch = self.definition.default_retry, self.definition.default_catch
        if any(problem.step is None and problem.path.startswith("default_") for problem in self.problems_of_types):
            retry, catch = (), ()
        return Flow(self.steps, retry, catch)

    @cached_property
    def handlers(self) -> tuple[Step, ...]:
        """The steps that only a Catch leads to."""
        return tuple(step for step in self.flow.all_handlers if id(step) not in self._faulty)

    @cached_property
    def all_steps(self) -> tuple[Step, ...]:
        """The steps as they run, those inside of others too, and the handlers."""
        return (*self.flow.listed, *self.handlers)

    @cached_property
    def fallible(self) -> tuple[FallibleStep, ...]:
        """All steps that can fail."""
        return tuple(step for step in self.all_steps if isinstance(step, FallibleStep))

    @cached_property
    def tasks(self) -> tuple[TaskStep, ...]:
        """All steps that call a service."""
        return tuple(step for step in self.all_steps if isinstance(step, TaskStep))

    @cached_property
    def by_name(self) -> dict[str, Step]:
        """All steps by name; of those with one name, the first."""
        return {step.name: step for step in reversed(self.all_steps)}

    @cached_property
    def used(self) -> tuple[tuple[Step, Reference], ...]:
        """Every reference in every step, with the step."""
        return tuple((step, value) for step in self.all_steps for value in references(step.values))

    @cached_property
    def results(self) -> tuple[tuple[MapStep, Reference], ...]:
        """Every reference in the result of a Map, with the Map."""
        maps = [step for step in self.flow.listed if isinstance(step, MapStep)]
        return tuple((step, value) for step in maps for value in references(step.result))

    @cached_property
    def requests(self) -> tuple[tuple[TaskStep, RequestCheck], ...]:
        """Every step's request against the API's description."""
        return tuple((step, checked(step)) for step in self.tasks)

    @cached_property
    def ordered(self) -> bool:
        """Whether every list of steps has an order."""
        return not any(block.ordering.problems for block in self.flow.blocks)


Rule = Callable[[Subject], Iterator[Problem]]
"""A rule: gives what is wrong."""

_RULES: list[Rule] = []


def rule(function: Rule) -> Rule:
    """Makes a function a rule. Its name says what must hold; its docstring says why."""
    _RULES.append(function)
    return function


def all_rules() -> tuple[Rule, ...]:
    """The rules, in the order in which they are applied."""
    return tuple(_RULES)


def check(definition: "WorkflowDefinition") -> tuple[Problem, ...]:
    """Everything that is wrong with a definition: what concerns the whole first, then step by step."""
    subject = Subject(definition)
    problems = dict.fromkeys(problem for found in _RULES for problem in found(subject))
    steps = (*subject.listed, *subject.all_steps)
    position: dict[str | None, int] = {}
    for number, step in enumerate(steps, start=1):
        position.setdefault(getattr(step, "name", None), number)
    return tuple(sorted(problems, key=lambda problem: position.get(problem.step, 0)))


@rule
def fields_have_their_types(subject: Subject) -> Iterator[Problem]:
    """Every field of every record is of its declared type."""
    yield from subject.problems_of_types
