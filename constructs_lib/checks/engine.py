"""What SageMaker Pipelines has and Step Functions has not."""

from collections.abc import Iterator

from constructs_lib.checks.rules import Subject, rule
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.pipeline_options import PipelineRetry
from constructs_lib.definitions.pipeline_values import ExecutionVariable, JsonGet, PipelineParameter
from constructs_lib.definitions.steps.base import FallibleStep, Step, TaskStep
from constructs_lib.definitions.steps.processing import ProcessingStep


@rule
def steps_are_of_types_that_step_functions_has(subject: Subject) -> Iterator[Problem]:
    """Some steps are carried out by SageMaker Pipelines itself."""
    for step in subject.all_steps:
        if step.only_in_pipelines:
            message = f"got a {type(step).__name__}, which Step Functions does not have; PipelineDefinition takes it"
            yield Problem(step=step.name, message=message)


@rule
def steps_ask_for_nothing_that_step_functions_lacks(subject: Subject) -> Iterator[Problem]:
    """A feature that the engine would leave out in silence is refused."""
    for step in subject.all_steps:
        for path, feature in _missing(step):
            yield Problem(step=step.name, path=path, message=f"Step Functions has no {feature}")


@rule
def values_are_of_kinds_that_step_functions_has(subject: Subject) -> Iterator[Problem]:
    """Property files, variables and defaults of parameters are SageMaker Pipelines' own."""
    for step, value in subject.used:
        if isinstance(value, ExecutionVariable):
            message = f"reads {value!r}, which Step Functions does not have; see EXECUTION_ARN and its like"
            yield Problem(step=step.name, message=message)
        elif isinstance(value, JsonGet):
            message = f"reads {value!r}, but Step Functions has no property files; a ReadJsonStep reads a JSON file"
            yield Problem(step=step.name, message=message)
        elif isinstance(value, PipelineParameter) and (value.default is not None or value.allowed):
            message = f"reads {value!r}, but Step Functions has no defaults and allowed values; expected ExecutionInput"
            yield Problem(step=step.name, message=message)


def _missing(step: Step) -> Iterator[tuple[str, str]]:
    """Fields that ask for something, and for what."""
    if step.display_name is not None:
        yield "display_name", "display names of steps"
    if isinstance(step, TaskStep) and step.cache is not None:
        yield "cache", "cache of steps"
    if isinstance(step, ProcessingStep) and step.property_files:
        yield "property_files", "property files: a ReadJsonStep reads a JSON file"
    if isinstance(step, FallibleStep) and any(isinstance(found, PipelineRetry) for found in step.retry):
        yield "retry", "retry policies of SageMaker Pipelines, expected Retry"
