"""How rules are collected and applied."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from constructs_lib.checks.field_types import type_problems
from constructs_lib.checks.mending import mended_steps
from constructs_lib.checks.output_types import OutputType, output_type
from constructs_lib.checks.shapes import RequestCheck, checked
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.flow import Flow
from constructs_lib.definitions.steps.base import FallibleStep, Step, TaskStep
from constructs_lib.definitions.steps.branches import IteratingStep
from constructs_lib.definitions.values import Reference, references

if TYPE_CHECKING:  # a definition asks the checks, and the checks look at the definition
    from constructs_lib.definitions.pipeline import PipelineDefinition
    from constructs_lib.definitions.workflow import WorkflowDefinition


class Steps(ABC):
    """The steps of a definition, as the rules see them that hold whatever engine runs it.

    Where a field is of the wrong type, the steps are copies in which it is not, so that the rules can look into them.

    Attributes:
        problems_of_types: the fields of the wrong type.
        steps: the listed steps.
    """

    def __init__(self, definition: "WorkflowDefinition | PipelineDefinition") -> None:
        self.problems_of_types = tuple(type_problems(definition))
        self.steps = mended_steps(definition.steps) if self.problems_of_types else tuple(definition.steps)

    @property
    @abstractmethod
    def all_steps(self) -> tuple[Step, ...]:
        """All steps, those inside of others too."""

    @abstractmethod
    def output_type(self, source: Step, path: str) -> OutputType | None:
        """What a path into the output of a step leads to; None where the step gives nothing back."""

    @abstractmethod
    def request_check(self, step: TaskStep) -> RequestCheck:
        """A step's request against the API's description."""

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
        return tuple((step, value) for step in self.all_steps for value in step.references)

    @cached_property
    def requests(self) -> tuple[tuple[TaskStep, RequestCheck], ...]:
        """Every step's request against the API's description."""
        return tuple((step, self.request_check(step)) for step in self.tasks)


class Subject(Steps):
    """A workflow as the rules see it.

    Attributes:
        definition: what is checked. Its flow is not there yet.
    """

    def __init__(self, definition: "WorkflowDefinition") -> None:
        super().__init__(definition)
        self.definition = definition

    def output_type(self, source: Step, path: str) -> OutputType | None:
        """What a path into the output of a step leads to; None where the step gives nothing back."""
        return None if source.response is None else output_type(source.response, path)

    def request_check(self, step: TaskStep) -> RequestCheck:
        """A step's request against the API's description."""
        return checked(step)

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
    def results(self) -> tuple[tuple[IteratingStep, Reference], ...]:
        """Every reference in the result of a Map, with the Map."""
        maps = [step for step in self.flow.listed if isinstance(step, IteratingStep)]
        return tuple((step, value) for step in maps for value in references(step.result))

    @cached_property
    def ordered(self) -> bool:
        """Whether every list of steps has an order."""
        return not any(block.ordering.problems for block in self.flow.blocks)


Rule = Callable[[Subject], Iterator[Problem]]
"""A rule of workflows: gives what is wrong."""

StepsRule = Callable[[Steps], Iterator[Problem]]
"""A rule of whatever engine runs the steps."""

_RULES: list[Rule] = []
_SHARED: list[StepsRule] = []


def rule(function: Rule) -> Rule:
    """Makes a function a rule. Its name says what must hold; its docstring says why."""
    _RULES.append(function)
    return function


def rule_of_steps(function: StepsRule) -> StepsRule:
    """Makes a function a rule of workflows and of pipelines."""
    _SHARED.append(function)
    _RULES.append(function)
    return function


def rules_of_steps() -> tuple[StepsRule, ...]:
    """The rules that hold whatever engine runs the steps."""
    return tuple(_SHARED)


def all_rules() -> tuple[Rule, ...]:
    """The rules, in the order in which they are applied."""
    return tuple(_RULES)


def check(definition: "WorkflowDefinition") -> tuple[Problem, ...]:
    """Everything that is wrong with a definition: what concerns the whole first, then step by step."""
    subject = Subject(definition)
    return in_order((problem for found in _RULES for problem in found(subject)), subject)


def in_order(found: Iterable[Problem], subject: Steps) -> tuple[Problem, ...]:
    """Problems, each once: what concerns the whole first, then step by step."""
    problems = dict.fromkeys(found)
    position: dict[str | None, int] = {}
    for number, step in enumerate(subject.all_steps, start=1):
        position.setdefault(step.name, number)
    return tuple(sorted(problems, key=lambda problem: position.get(problem.step, 0)))


@rule_of_steps
def fields_have_their_types(subject: Steps) -> Iterator[Problem]:
    """Every field of every record is of its declared type."""
    yield from subject.problems_of_types
