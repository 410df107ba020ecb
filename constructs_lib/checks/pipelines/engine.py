"""What Step Functions has and SageMaker Pipelines has not."""

from collections.abc import Iterator

from constructs_lib.checks.conditions import walk
from constructs_lib.checks.mending import Unknown
from constructs_lib.checks.pipelines.rules import PipelineSubject, pipeline_rule
from constructs_lib.checks.wording import shown
from constructs_lib.definitions.conditions import Comparison, TypeTest
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.failures import Retry
from constructs_lib.definitions.pipeline_values import ExecutionVariable, JsonGet
from constructs_lib.definitions.steps.base import FallibleStep, Step, TaskStep
from constructs_lib.definitions.steps.choice import ChoiceStep
from constructs_lib.definitions.steps.endpoint import EndpointStep
from constructs_lib.definitions.steps.functions import LambdaStep
from constructs_lib.definitions.steps.sagemaker_jobs import SageMakerJob
from constructs_lib.definitions.steps.simple import FailStep
from constructs_lib.definitions.values import (
    EXECUTION_ARN,
    EXECUTION_NAME,
    EXECUTION_START_TIME,
    ContextValue,
    ExecutionInput,
    Join,
    Reference,
    ShortUniqueName,
    StepOutput,
    UniqueName,
)

_KNOWN = (ExecutionInput, StepOutput, Join, JsonGet, ExecutionVariable, UniqueName, Unknown)
_CONTEXT = (EXECUTION_ARN, EXECUTION_NAME, EXECUTION_START_TIME)


@pipeline_rule
def steps_are_of_types_that_pipelines_has(subject: PipelineSubject) -> Iterator[Problem]:
    """There are no Maps, Waits or calls of any service in SageMaker Pipelines."""
    for step in subject.all_steps:
        if step.pipeline_type is None:
            message = f"got {_article(step.kind)} step ({type(step).__name__}), which SageMaker Pipelines does not have"
            yield Problem(step=step.name, message=message)


@pipeline_rule
def steps_ask_for_nothing_that_pipelines_lacks(subject: PipelineSubject) -> Iterator[Problem]:
    """A feature that the engine would leave out in silence is refused."""
    for step in subject.all_steps:
        for path, feature in _missing(step):
            yield Problem(step=step.name, path=path, message=f"SageMaker Pipelines has no {feature}")


@pipeline_rule
def values_are_of_kinds_that_pipelines_has(subject: PipelineSubject) -> Iterator[Problem]:
    """Items of Maps, caught errors and task tokens are Step Functions' own."""
    used: list[tuple[str | None, Reference]] = [(step.name, value) for step, value in subject.used]
    used += [(None, value) for value in subject.outside]
    for name, value in used:
        if isinstance(value, ContextValue):
            known = any(value == found for found in _CONTEXT)
        else:
            known = isinstance(value, _KNOWN) or _is_job_name(value, name, subject)
        if not known:
            message = f"reads {value!r}, which SageMaker Pipelines does not have"
            yield Problem(step=name, message=message)


@pipeline_rule
def jobs_are_named_by_the_service(subject: PipelineSubject) -> Iterator[Problem]:
    """The service makes the names of jobs and models; what a definition says of them can only be their beginning."""
    if subject.definition.use_custom_job_prefix is True:
        return
    for step in subject.tasks:
        if not step.named_by_pipelines or step.name_member is None:
            continue
        name = step.request.get(step.name_member)
        if name is not None and not isinstance(name, UniqueName | ShortUniqueName):
            message = (
                f"got {shown(name)}, but SageMaker Pipelines makes the name; with use_custom_job_prefix=True of the "
                "pipeline the name begins with it"
            )
            yield Problem(step=step.name, path=step.name_member, message=message)


@pipeline_rule
def conditions_ask_for_nothing_that_pipelines_lacks(subject: PipelineSubject) -> Iterator[Problem]:
    """SageMaker Pipelines compares values; it does not look whether they are there, or of which form they are."""
    for step in subject.all_steps:
        for number, found in enumerate(step.rules if isinstance(step, ChoiceStep) else ()):
            for condition in walk(found.condition):
                feature: str | None = condition.name if isinstance(condition, TypeTest) else None
                if isinstance(condition, Comparison) and condition.operator == "Matches":
                    feature = condition.operator
                if feature is not None:
                    message = f"SageMaker Pipelines has no condition {feature}"
                    yield Problem(step=step.name, path=f"rules[{number}].condition", message=message)


def _missing(step: Step) -> Iterator[tuple[str, str]]:
    """Fields that ask for something, and for what."""
    if isinstance(step, FallibleStep):
        if step.catch:
            yield "catch", "Catch: a step that depends on a failed one does not run"
        if any(isinstance(found, Retry) for found in step.retry):
            yield "retry", "Retry of Step Functions, expected PipelineRetry"
    if isinstance(step, TaskStep) and step.timeout_seconds is not None:
        yield "timeout_seconds", "timeout of a step"
    if isinstance(step, SageMakerJob | EndpointStep) and step.wait is False:
        yield "wait", "step that does not wait for its end"
    if isinstance(step, EndpointStep) and step.mode == "update":
        yield "mode", "step that only updates an endpoint: it creates one that does not exist"
    if isinstance(step, EndpointStep) and step.newest_wins is True:
        yield "newest_wins", "look at what an endpoint has before it is updated"
    if isinstance(step, LambdaStep) and step.wait_for_callback is True:
        yield "wait_for_callback", "task tokens of functions: a CallbackStep waits for an answer"
    if isinstance(step, FailStep) and step.error is not None:
        yield "error", "error name of a Fail step: its message is the cause"


def _is_job_name(value: Reference, name: str | None, subject: PipelineSubject) -> bool:
    """Whether a short unique name is what a job would be called, which the service makes itself."""
    step = None if name is None else subject.by_name.get(name)
    return isinstance(value, ShortUniqueName) and isinstance(step, TaskStep) and step.made_name == value


def _article(word: str) -> str:
    return f"an {word}" if word[:1].lower() in "aeiou" or word[:3] == "SNS" else f"a {word}"
