"""How the rules of pipelines are collected and applied."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

# what these modules hold are rules of pipelines, too
from constructs_lib.checks import arns, limits, plain_values, requests  # noqa: F401
from constructs_lib.checks.output_types import OutputType, output_type
from constructs_lib.checks.rules import Steps, StepsRule, in_order, rules_of_steps
from constructs_lib.checks.service_model import is_known, operation
from constructs_lib.checks.shapes import RequestCheck
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.pipeline_values import JsonGet
from constructs_lib.definitions.steps.base import JobStep, Step, TaskStep, inner_steps
from constructs_lib.definitions.values import Reference, ShortUniqueName, StepOutput, UniqueName, references

if TYPE_CHECKING:  # a definition asks the checks, and the checks look at the definition
    from constructs_lib.definitions.pipeline import PipelineDefinition
    from constructs_lib.definitions.pipeline_options import MlflowConfig


class PipelineSubject(Steps):
    """A pipeline as the rules see it.

    Attributes:
        definition: what is checked.
    """

    def __init__(self, definition: "PipelineDefinition") -> None:
        super().__init__(definition)
        self.definition = definition

    @cached_property
    def all_steps(self) -> tuple[Step, ...]:
        """All steps, each followed by those inside of it."""
        return tuple(found for step in self.steps for found in (step, *inner_steps(step)))

    def output_type(self, source: Step, path: str) -> OutputType | None:
        """What a path into the output of a step leads to; None where the step gives nothing back."""
        response = source.pipeline_response
        return None if response is None else output_type(response, source.pipeline_path(path))

    def request_check(self, step: TaskStep) -> RequestCheck:
        """A step's request against the API's description; without what the service or the construct adds to it."""
        prefix = self.definition.use_custom_job_prefix is True
        given = step.pipeline_arguments(custom_prefix=prefix)
        named = {step.name_member} if step.named_by_pipelines and step.name_member is not None else set()
        role = {step.role_member} if isinstance(step, JobStep) and step.role is None else set()
        found = RequestCheck(documents=step.documents, exempt=frozenset(named | role))
        call = step.pipeline_call
        if call is not None and is_known(call.service, call.operation):
            found.structure(given, operation(call.service, call.operation).input_shape, "")
        return found

    @property
    def mlflow(self) -> "MlflowConfig | None":
        """The definition's, where its values are of their types."""
        return None if self.problems_of_types else self.definition.mlflow

    @cached_property
    def outside_by_path(self) -> dict[str, tuple[Reference, ...]]:
        """References that are in no step, by the property that they are in."""
        experiment, mlflow = None if self.problems_of_types else self.definition.experiment, self.mlflow
        values = {
            "experiment": () if experiment is None else (experiment.experiment_name, experiment.trial_name),
            "mlflow": () if mlflow is None else (mlflow.resource_arn, mlflow.experiment_name),
        }
        return {path: tuple(references(list(given))) for path, given in values.items()}

    @cached_property
    def outside(self) -> tuple[Reference, ...]:
        """References that are in no step."""
        return tuple(value for found in self.outside_by_path.values() for value in found)

    @cached_property
    def ways(self) -> dict[str, tuple[tuple[str, str], ...]]:
        """The Choices that each step is inside of, and which of their ways, the outermost first; by name."""
        found: dict[str, tuple[tuple[str, str], ...]] = {}
        for step in self.all_steps:  # a Choice comes before the steps inside of it
            for block in step.blocks:
                way = (*found.get(step.name, ()), (step.name, block.path))
                found |= {inner.name: way for inner in block.steps}
        return found

    @cached_property
    def makers(self) -> dict[Reference, list[str]]:
        """The steps that make something known by a name, by that name."""
        found: dict[Reference, list[str]] = {}
        for step in self.tasks:
            if step.made_name is not None:
                found.setdefault(step.made_name, []).append(step.name)
        return found

    def source(self, reader: Step, value: Reference) -> str | None:
        """The step of which another one reads a value, and so waits for; None for a value of no other step."""
        if isinstance(value, StepOutput | JsonGet):
            return value.step if value.step in self.by_name else None
        makers = self.makers.get(value, []) if isinstance(value, UniqueName | ShortUniqueName) else []
        return makers[0] if makers and reader.name not in makers else None


PipelineRule = Callable[[PipelineSubject], Iterator[Problem]]
"""A rule of pipelines: gives what is wrong."""

_RULES: list[PipelineRule] = []


def pipeline_rule(function: PipelineRule) -> PipelineRule:
    """Makes a function a rule of pipelines. Its name says what must hold; its docstring says why."""
    _RULES.append(function)
    return function


def all_pipeline_rules() -> tuple[PipelineRule | StepsRule, ...]:
    """The rules, in the order in which they are applied."""
    return (*rules_of_steps(), *_RULES)


def check_pipeline(definition: "PipelineDefinition") -> tuple[Problem, ...]:
    """Everything that is wrong with a pipeline: what concerns the whole first, then step by step."""
    subject = PipelineSubject(definition)
    return in_order((problem for found in all_pipeline_rules() for problem in found(subject)), subject)
