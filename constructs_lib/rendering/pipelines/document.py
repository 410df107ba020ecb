"""The document of a pipeline, as CreatePipeline takes it."""

import json
from typing import Any

import orjson

from constructs_lib.definitions.errors import DefinitionError, Problem
from constructs_lib.definitions.imported_pipeline import ImportedPipeline
from constructs_lib.definitions.members import present
from constructs_lib.definitions.pipeline import PipelineDefinition
from constructs_lib.definitions.pipeline_options import (
    PIPELINE_TYPES,
    CacheConfig,
    ExperimentConfig,
    MlflowConfig,
    PipelineRetry,
)
from constructs_lib.definitions.pipeline_values import PipelineParameter
from constructs_lib.definitions.steps.base import Step
from constructs_lib.definitions.steps.choice import ChoiceStep
from constructs_lib.definitions.values import ExecutionInput
from constructs_lib.rendering.pipelines.conditions import condition_list
from constructs_lib.rendering.pipelines.expressions import Expressions

_VERSION = "2020-12-01"


def render_pipeline(definition: PipelineDefinition | ImportedPipeline) -> dict[str, Any]:
    """What `render_pipeline_text` writes, as a dictionary of the caller's own.

    Args:
        definition: as of `render_pipeline_text`.

    Raises:
        DefinitionError: as of `render_pipeline_text`.
    """
    document: dict[str, Any] = json.loads(render_pipeline_text(definition))
    return document


def render_pipeline_text(definition: PipelineDefinition | ImportedPipeline) -> str:
    """The document of a pipeline, as JSON that CreatePipeline takes; the same for the same definition.

    Args:
        definition: every step of it has its role; an imported one is given back as it is.

    Raises:
        DefinitionError: steps have no role yet; each is named.
    """
    if isinstance(definition, ImportedPipeline):
        return json.dumps(definition.document, default=dict)
    problems = tuple(
        Problem(step=step.name, path="role", message="missing, expected the ARN of a role; with_roles gives it one")
        for step in definition.steps_without_role
    )
    if problems:
        raise DefinitionError(definition.name, problems, of="pipeline")
    return _json(definition).decode()


def pipeline_document(definition: PipelineDefinition) -> dict[str, Any]:
    """The document of a pipeline, roles or not; without them it can be drawn but not deployed."""
    document: dict[str, Any] = orjson.loads(_json(definition))
    return document


def _json(definition: PipelineDefinition) -> bytes:
    """The document as JSON, written from the requests themselves: a dictionary would hold a copy of each."""
    expressions = Expressions(definition)
    steps = expressions.json([_step(step, expressions) for step in definition.steps])
    configs = {"PipelineExperimentConfig": _experiment(definition.experiment)}
    if definition.mlflow is not None:
        configs["MlflowConfig"] = _mlflow(definition.mlflow)
    written = {name: orjson.Fragment(expressions.json(config)) for name, config in configs.items()}
    parameters = [_parameter(value) for value in expressions.parameters.values()]  # those that have been written
    members = {
        "Version": _VERSION,
        "Metadata": {},
        "Parameters": parameters,
        **written,
        "Steps": orjson.Fragment(steps),
    }
    return orjson.dumps(members)


def _experiment(config: ExperimentConfig | None) -> dict[str, Any] | None:
    if config is None:
        return None
    return {"ExperimentName": config.experiment_name, "TrialName": config.trial_name}


def _mlflow(config: MlflowConfig) -> dict[str, Any]:
    members = {"MlflowResourceArn": config.resource_arn, "MlflowExperimentName": config.experiment_name}
    return present(members)


def _step(step: Step, expressions: Expressions) -> dict[str, Any]:
    """A step, with references where the document has functions."""
    document: dict[str, Any] = {
        "Name": step.name,
        "Type": step.pipeline_type,
        "Arguments": _condition(step, expressions) if isinstance(step, ChoiceStep) else expressions.arguments(step),
    }
    if step.depends_on:
        document["DependsOn"] = step.dependencies
    if step.display_name is not None:
        document["DisplayName"] = step.display_name
    if step.comment is not None:
        document["Description"] = step.comment
    if members := step.pipeline_members:
        document |= present(members)
    if retry := step.pipeline_retry(expressions.definition.default_retry):
        document["RetryPolicies"] = [_retry(policy) for policy in retry]
    cache = step.pipeline_cache(expressions.definition.default_cache)
    if cache is not None:
        document["CacheConfig"] = _cache(cache)
    return document


def _condition(step: ChoiceStep, expressions: Expressions) -> dict[str, Any]:
    (rule,) = step.rules
    return {
        "Conditions": condition_list(rule.condition),
        "IfSteps": [_step(inner, expressions) for inner in rule.steps],
        "ElseSteps": [_step(inner, expressions) for inner in step.otherwise],
    }


def _parameter(value: ExecutionInput) -> dict[str, Any]:
    document: dict[str, Any] = {"Name": value.name, "Type": PIPELINE_TYPES[value.type]}
    if isinstance(value, PipelineParameter):
        if value.default is not None:
            document["DefaultValue"] = value.default
        if value.allowed:
            document["EnumValues"] = list(value.allowed)
    return document


def _retry(policy: PipelineRetry) -> dict[str, Any]:
    document: dict[str, Any] = {"BackoffRate": policy.backoff_rate, "IntervalSeconds": policy.interval_seconds}
    if policy.max_attempts is not None:
        document["MaxAttempts"] = policy.max_attempts
    if policy.expire_after_minutes is not None:
        document["ExpireAfterMin"] = policy.expire_after_minutes
    document["ExceptionType"] = list(policy.errors)
    return document


def _cache(cache: CacheConfig) -> dict[str, Any]:
    expires = {} if cache.expire_after is None else {"ExpireAfter": cache.expire_after}
    return {"Enabled": cache.enabled, **expires}
