"""How rules are collected and applied."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from constructs_lib.checks.field_types import type_problems
from constructs_lib.checks.mending import mended_steps
from constructs_lib.checks.shapes import RequestCheck, checked
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.flow import Flow
from constructs_lib.definitions.steps.base import FallibleStep, Step, TaskStep
from constructs_lib.definitions.steps.branches import MapStep
from constructs_lib.definitions.values import Reference, references

if TYPE_CHECKING:  # a definition asks the checks, and the checks look at the definition
    from constructs_lib.definitions.workflow import WorkflowDefinition


class Subject:
    """A definition as the rules see it.

    Where a field is of the wrong type, the steps are copies in which it is not, so that the rules can look into them.

    Attributes:
        definition: what is checked. Its flow is not there yet.
        problems_of_types: the fields of the wrong type.
        steps: the listed steps.
    """

    def __init__(self, definition: "WorkflowDefinition") -> None:
        self.definition = definition
        self.problems_of_types = tuple(type_problems(definition))
        self.steps = mended_steps(definition.steps) if self.problems_of_types else tuple(definition.steps)

    @cached_property
    def flow(self) -> Flow:
        """How the steps run."""
        if self.problems_of_types:  # what the defaults lead to may be of the wrong type, too
            return Flow(self.steps)
        return Flow(self.steps, self.definition.default_retry, self.definition.default_catch)

    @cached_property
    def handlers(self) -> tuple[Step, ...]:
        """The steps that only a Catch leads to."""
        return self.flow.all_handlers

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
    position: dict[str | None, int] = {}
    for number, step in enumerate(subject.all_steps, start=1):
        position.setdefault(step.name, number)
    return tuple(sorted(problems, key=lambda problem: position.get(problem.step, 0)))


@rule
def fields_have_their_types(subject: Subject) -> Iterator[Problem]:
    """Every field of every record is of its declared type."""
    yield from subject.problems_of_types
