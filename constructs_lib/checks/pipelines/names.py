"""Names of pipelines, steps and parameters."""

import re
from collections import Counter
from collections.abc import Iterator

from constructs_lib.checks.pipelines.rules import PipelineSubject, pipeline_rule
from constructs_lib.checks.wording import shown
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.steps.processing import ProcessingStep
from constructs_lib.definitions.tokens import has_text_token
from constructs_lib.definitions.values import UniqueName

_PIPELINE = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,255}")
_STEP = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PREFIX = re.compile(r"[A-Za-z0-9](-*[A-Za-z0-9]){0,26}")


@pipeline_rule
def pipeline_has_a_legal_name(subject: PipelineSubject) -> Iterator[Problem]:
    """The pattern of CreatePipeline."""
    name = subject.definition.name
    if isinstance(name, str) and not has_text_token(name) and not _PIPELINE.fullmatch(name):
        yield Problem(path="name", message=f"got {shown(name)}, expected 1 to 256 letters, digits and inner hyphens")


@pipeline_rule
def steps_have_legal_names(subject: PipelineSubject) -> Iterator[Problem]:
    """Names of steps are parts of paths: ``Steps.<name>.<property>``."""
    for step in subject.all_steps:
        if has_text_token(step.name):
            yield Problem(step=step.name, path="name", message=f"got {shown(step.name)}, expected a plain text")
        elif not _STEP.fullmatch(step.name):
            message = f"got {shown(step.name)}, expected 1 to 64 letters, digits, '-' or '_'"
            yield Problem(step=step.name, path="name", message=message)


@pipeline_rule
def steps_have_names_of_their_own(subject: PipelineSubject) -> Iterator[Problem]:
    """Steps are known by their names, those inside of a Choice too."""
    for name, count in Counter(step.name for step in subject.all_steps).items():
        if count > 1:
            yield Problem(step=name, path="name", message=f"got {count} steps of this name, expected one")


@pipeline_rule
def property_files_have_legal_names(subject: PipelineSubject) -> Iterator[Problem]:
    """Names of property files are parts of paths: ``Steps.<step>.PropertyFiles.<name>``."""
    for step in subject.all_steps:
        files = step.property_files if isinstance(step, ProcessingStep) else ()
        if not files:
            continue
        for number, file in enumerate(files):
            if not _STEP.fullmatch(file.name):
                message = f"got {shown(file.name)}, expected 1 to 64 letters, digits, '-' or '_'"
                yield Problem(step=step.name, path=f"property_files[{number}].name", message=message)
        for name, count in Counter(file.name for file in files).items():
            if count > 1:
                message = f"got {name!r} {count} times, expected names that differ"
                yield Problem(step=step.name, path="property_files", message=message)


@pipeline_rule
def unique_names_have_legal_prefixes(subject: PipelineSubject) -> Iterator[Problem]:
    """The prefix begins a name in SageMaker, with the execution's id behind it."""
    for step, value in subject.used:
        if isinstance(value, UniqueName) and not _PREFIX.fullmatch(value.prefix):
            message = f"got the prefix {shown(value.prefix)}, expected 1 to 27 letters, digits and inner hyphens"
            yield Problem(step=step.name, message=message)
