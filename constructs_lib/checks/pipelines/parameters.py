"""The parameters of a pipeline."""

import re
from collections import Counter
from collections.abc import Iterator

from constructs_lib.checks.json_values import json_problem
from constructs_lib.checks.pipelines.rules import PipelineSubject, pipeline_rule
from constructs_lib.checks.wording import options, shown
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.pipeline_options import PIPELINE_TYPES
from constructs_lib.definitions.pipeline_values import PipelineParameter
from constructs_lib.definitions.tokens import is_token
from constructs_lib.definitions.values import ExecutionInput

_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
_MOST = 200
_LONGEST_DEFAULT = 4096
_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


def _declared(subject: PipelineSubject) -> Iterator[tuple[str | None, ExecutionInput]]:
    """Every parameter wherever it is said, with the step."""
    for value in subject.definition.parameters if not subject.problems_of_types else ():
        yield None, value
    for step, read in subject.used:
        if isinstance(read, ExecutionInput):
            yield step.name, read
    for outer in subject.outside:
        if isinstance(outer, ExecutionInput):
            yield None, outer


def _once(subject: PipelineSubject) -> Iterator[tuple[str | None, ExecutionInput]]:
    """Every object that declares a parameter, once."""
    seen: set[int] = set()
    for step, value in _declared(subject):
        if id(value) not in seen:
            seen.add(id(value))
            yield step, value


@pipeline_rule
def parameters_are_declared_alike(subject: PipelineSubject) -> Iterator[Problem]:
    """One parameter has one type, default and set of values."""
    first: dict[str, ExecutionInput] = {}
    for step, value in _once(subject):
        known = first.setdefault(value.name, value)
        if _meaning(known) != _meaning(value):
            message = f"declares the parameter {value.name!r} otherwise than an earlier use of it"
            yield Problem(step=step, message=message)


@pipeline_rule
def parameters_are_listed_once(subject: PipelineSubject) -> Iterator[Problem]:
    """A parameter is known by its name."""
    if subject.problems_of_types:
        return
    for name, count in Counter(value.name for value in subject.definition.parameters).items():
        if count > 1:
            yield Problem(path="parameters", message=f"got {name!r} {count} times, expected names that differ")


@pipeline_rule
def parameters_are_not_too_many(subject: PipelineSubject) -> Iterator[Problem]:
    """StartPipelineExecution takes at most 200."""
    count = len({value.name for _, value in _declared(subject)})
    if count > _MOST:
        yield Problem(path="parameters", message=f"got {count} parameters, expected at most {_MOST}")


@pipeline_rule
def parameters_have_legal_names(subject: PipelineSubject) -> Iterator[Problem]:
    """The pattern of StartPipelineExecution."""
    for step, value in _once(subject):
        if not _NAME.fullmatch(value.name):
            message = f"got the parameter {shown(value.name)}, expected 1 to 256 letters, digits, '-' or '_'"
            yield Problem(step=step, message=message)


@pipeline_rule
def parameters_are_of_types_that_pipelines_has(subject: PipelineSubject) -> Iterator[Problem]:
    """There are String, Integer, Float and Boolean, all of them required; only a list of values limits a text."""
    for step, value in _once(subject):
        lacking = [
            *([f"parameters of type {value.type!r}"] if value.type not in PIPELINE_TYPES else []),
            *(["optional parameters: PipelineParameter takes a default"] if value.optional else []),
            *(["patterns of parameters: PipelineParameter takes allowed values"] if value.pattern is not None else []),
        ]
        for feature in lacking:
            message = f"parameter {value.name!r}: SageMaker Pipelines has no {feature}"
            yield Problem(step=step, message=message)


@pipeline_rule
def defaults_are_of_the_type_of_their_parameter(subject: PipelineSubject) -> Iterator[Problem]:
    """The service refuses a pipeline with a default of another type."""
    for step, value in _once(subject):
        if not isinstance(value, PipelineParameter) or value.default is None or is_token(value.default):
            continue
        kinds = _KINDS.get(value.type, ())
        wrong = isinstance(value.default, bool) and bool not in kinds
        if kinds and (wrong or not isinstance(value.default, kinds)):
            message = (
                f"parameter {value.name!r}: got the default {shown(value.default)}, expected one of type {value.type!r}"
            )
            yield Problem(step=step, message=message)
        elif (unsendable := json_problem(value.default)) is not None:
            yield Problem(step=step, message=f"parameter {value.name!r}: default: {unsendable}")
        elif isinstance(value.default, str) and len(value.default) > _LONGEST_DEFAULT:
            message = (
                f"parameter {value.name!r}: got a default of {len(value.default)} characters, "
                f"expected at most {_LONGEST_DEFAULT}"
            )
            yield Problem(step=step, message=message)


@pipeline_rule
def allowed_values_are_texts_with_the_default_among_them(subject: PipelineSubject) -> Iterator[Problem]:
    """Only texts can be limited, and a default outside of the limits fails every execution that uses it."""
    for step, value in _once(subject):
        if not isinstance(value, PipelineParameter) or not value.allowed:
            continue
        if value.type != "string":
            message = f"parameter {value.name!r}: got allowed values of type {value.type!r}, expected 'string'"
            yield Problem(step=step, message=message)
        elif unsendable := [problem for problem in map(json_problem, value.allowed) if problem is not None]:
            yield Problem(step=step, message=f"parameter {value.name!r}: allowed: {unsendable[0]}")
        elif isinstance(value.default, str) and not is_token(value.default) and value.default not in value.allowed:
            expected = options(value.allowed, value.default)
            message = f"parameter {value.name!r}: got the default {shown(value.default)}, expected {expected}"
            yield Problem(step=step, message=message)


def _meaning(value: ExecutionInput) -> tuple[object, ...]:
    own = (value.default, value.allowed) if isinstance(value, PipelineParameter) else (None, ())
    return (value.type, value.description, *own)
