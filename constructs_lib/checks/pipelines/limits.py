"""Limits of SageMaker Pipelines."""

from collections.abc import Iterator
from typing import Any

from constructs_lib.checks.json_values import json_problem
from constructs_lib.checks.pipelines.rules import PipelineSubject, pipeline_rule
from constructs_lib.checks.step_options import REFUSED
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.values import Join

_LONGEST_DESCRIPTION = 3072


@pipeline_rule
def steps_are_not_too_many(subject: PipelineSubject) -> Iterator[Problem]:
    """The service's quota of steps, which can be raised: `max_steps` says to what."""
    count, most = len(subject.all_steps), subject.definition.max_steps
    if isinstance(most, int) and count > most:
        message = f"got {count} steps, expected at most {most}; max_steps says where the account's quota is higher"
        yield Problem(path="steps", message=message)


@pipeline_rule
def descriptions_are_not_too_long(subject: PipelineSubject) -> Iterator[Problem]:
    """The limits of CreatePipeline, and of a step's description."""
    descriptions = [(step.name, "comment", step.comment) for step in subject.all_steps]
    named: list[tuple[str | None, str, str | None]] = [(None, "description", subject.definition.description)]
    for name, path, text in [*named, *descriptions]:
        if isinstance(text, str) and len(text) > _LONGEST_DESCRIPTION:
            message = f"got {len(text)} characters, expected at most {_LONGEST_DESCRIPTION}"
            yield Problem(step=name, path=path, message=message)


@pipeline_rule
def texts_of_the_pipeline_have_a_form_in_json(subject: PipelineSubject) -> Iterator[Problem]:
    """What stands in no step is written into the document, too."""
    experiment = None if subject.problems_of_types else subject.definition.experiment
    values: list[tuple[str, Any]] = [("description", subject.definition.description)]
    if experiment is not None:
        values += [("experiment", experiment.experiment_name), ("experiment", experiment.trial_name)]
    if subject.mlflow is not None:
        values += [("mlflow", subject.mlflow.resource_arn), ("mlflow", subject.mlflow.experiment_name)]
    values += [("", part) for value in subject.outside if isinstance(value, Join) for part in value.parts]
    for path, value in values:
        message = json_problem(value)
        if message is not None:
            yield Problem(path=path, message=message)


@pipeline_rule
def endpoints_have_no_guardrails(subject: PipelineSubject) -> Iterator[Problem]:
    """An Endpoint step takes no DeploymentConfig, and an EndpointConfig step no data capture."""
    for step in subject.tasks:
        member, feature = REFUSED.get(step.pipeline_type or "", ("", ""))
        if member and step.request.get(member) is not None:
            message = f"got {feature}, which SageMaker Pipelines refuses in {step.pipeline_type} steps"
            yield Problem(step=step.name, path=member, message=message)
