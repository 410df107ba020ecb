"""References: to outputs of steps, to property files, to what the service knows of an execution."""

from collections.abc import Iterator

from constructs_lib.checks.json_paths import JSON_PATH
from constructs_lib.checks.pipelines.graph import choice_between
from constructs_lib.checks.pipelines.rules import PipelineSubject, pipeline_rule
from constructs_lib.checks.wording import did_you_mean, options, shown
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.pipeline_values import (
    PROCESSING_JOB_NAME,
    TRAINING_JOB_NAME,
    ExecutionVariable,
    JsonGet,
)
from constructs_lib.definitions.steps.processing import ProcessingStep
from constructs_lib.definitions.tokens import is_number_token
from constructs_lib.definitions.values import Join, StepOutput, UniqueName


@pipeline_rule
def outputs_belong_to_steps_of_the_pipeline(subject: PipelineSubject) -> Iterator[Problem]:
    """An output of a step that is not there has no value."""
    for step, value in subject.used:
        if isinstance(value, StepOutput | JsonGet) and value.step not in subject.by_name:
            hint = did_you_mean(value.step, subject.by_name)
            message = f"reads {value.path!r} of the step {value.step!r}, which is not in this pipeline{hint}"
            yield Problem(step=step.name, message=message)
    for path, values in subject.outside_by_path.items():
        for value in values:
            if isinstance(value, StepOutput | JsonGet):
                yield Problem(path=path, message=f"reads {value!r}, but no step has run yet")


@pipeline_rule
def outputs_exist(subject: PipelineSubject) -> Iterator[Problem]:
    """A property that a step does not have is refused when the pipeline is created, or fails it in the middle."""
    for step, value in subject.used:
        source = subject.by_name.get(value.step) if isinstance(value, StepOutput) else None
        if source is None or not isinstance(value, StepOutput):
            continue
        found = subject.output_type(source, value.path)
        if found is None:
            yield Problem(step=step.name, message=f"reads the step {source.name!r}, which gives nothing back")
        elif found.problem is not None:
            message = f"reads {value.path!r} of the step {source.name!r}: {found.problem}"
            yield Problem(step=step.name, message=message)


@pipeline_rule
def outputs_are_of_steps_that_surely_run(subject: PipelineSubject) -> Iterator[Problem]:
    """What a step inside of a Choice gives can be read on the same way only."""
    for step, value in subject.used:
        source = subject.source(step, value)
        inside = None if source is None else choice_between(step.name, source, subject)
        if inside is not None:
            member = repr(value.path) if isinstance(value, StepOutput | JsonGet) else "the name"
            message = f"reads {member} of the step {source!r}, which is inside of {inside!r} and may not run"
            yield Problem(step=step.name, message=message)


@pipeline_rule
def json_is_read_of_property_files(subject: PipelineSubject) -> Iterator[Problem]:
    """JsonGet reads a property file of the processing step that it names."""
    for step, value in subject.used:
        source = subject.by_name.get(value.step) if isinstance(value, JsonGet) else None
        if source is None or not isinstance(value, JsonGet):
            continue
        if not isinstance(source, ProcessingStep):
            message = f"reads a property file of {source.name!r}, a {source.kind}, expected a processing step"
            yield Problem(step=step.name, message=message)
            continue
        names = [file.name for file in source.property_files]
        if value.property_file not in names:
            expected = options(names, value.property_file) or "none: it has no property files"
            owner = next((name for name, found in _files(subject) if found == value.property_file), None)
            hint = "" if owner is None else f"; it is one of {owner!r}"
            message = f"reads the property file {value.property_file!r} of {source.name!r}, expected {expected}{hint}"
            yield Problem(step=step.name, message=message)


@pipeline_rule
def json_paths_lead_to_one_value(subject: PipelineSubject) -> Iterator[Problem]:
    """JsonGet gives a single value: there are no wildcards and filters."""
    for step, value in subject.used:
        if isinstance(value, JsonGet) and not JSON_PATH.fullmatch(value.path):
            message = f"got the path {shown(value.path)} in a JsonGet, expected names and positions, such as 'a.b[0]'"
            yield Problem(step=step.name, message=message)


@pipeline_rule
def property_files_lie_in_outputs(subject: PipelineSubject) -> Iterator[Problem]:
    """A property file is found by the output that it is copied out with."""
    for step in subject.all_steps:
        if not isinstance(step, ProcessingStep):
            continue
        names = [output.name for output in step.outputs]
        for number, file in enumerate(step.property_files):
            if file.output_name not in names:
                expected = options(names, file.output_name) or "none: it has no outputs"
                message = f"got {shown(file.output_name)}, expected one of the outputs: {expected}"
                yield Problem(step=step.name, path=f"property_files[{number}].output_name", message=message)


@pipeline_rule
def job_names_are_read_in_their_steps(subject: PipelineSubject) -> Iterator[Problem]:
    """The name of a job is known to the step that starts it."""
    kinds = {TRAINING_JOB_NAME.name: "Training", PROCESSING_JOB_NAME.name: "Processing"}
    for step, value in subject.used:
        wanted = kinds.get(value.name) if isinstance(value, ExecutionVariable) else None
        if wanted is not None and step.pipeline_type != wanted:
            message = f"reads {value!r}, expected only in a {wanted.lower()} step"
            yield Problem(step=step.name, message=message)


@pipeline_rule
def names_that_the_service_gives_are_of_one_step(subject: PipelineSubject) -> Iterator[Problem]:
    """A name that is read elsewhere is taken from the step that makes it: there must be one."""
    for step, value in subject.used:
        found = subject.makers.get(value, []) if isinstance(value, UniqueName) else []
        if len(found) > 1 and step.name not in found:
            message = f"reads a name that {', '.join(map(repr, found))} have in common, expected another name for each"
            yield Problem(step=step.name, message=message)
        if isinstance(value, UniqueName) and value.per_attempt and not found:
            message = f"reads {value!r}, but SageMaker Pipelines has no numbers of attempts"
            yield Problem(step=step.name, message=message)


@pipeline_rule
def joins_join_texts_and_numbers(subject: PipelineSubject) -> Iterator[Problem]:
    """A Join of nothing is a mistake, and a number's token would be written as the number that stands for it."""
    for step, value in subject.used:
        if isinstance(value, Join) and not value.parts:
            yield Problem(step=step.name, message=f"got {shown(value)}, expected Join(text, list of parts)")
        for part in value.parts if isinstance(value, Join) else ():
            if is_number_token(part):
                message = f"got {shown(part)} in a Join, expected a text token: Token.as_string makes one"
                yield Problem(step=step.name, message=message)


def _files(subject: PipelineSubject) -> Iterator[tuple[str, str]]:
    for step in subject.all_steps:
        for file in step.property_files if isinstance(step, ProcessingStep) else ():
            yield step.name, file.name
