"""The document of a pipeline, as CreatePipeline takes it."""

import json
from typing import Any

from constructs_lib.definitions.errors import DefinitionError, Problem
from constructs_lib.definitions.imported_pipeline import ImportedPipeline
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
    """The document of a pipeline, as a dictionary for `json.dumps`; the same for the same definition.

    Args:
        definition: every step of it has its role; an imported one is given back as it is.

    Raises:
        DefinitionError: steps have no role yet; each is named.
    """
    if isinstance(definition, ImportedPipeline):
        document: dict[str, Any] = json.loads(json.dumps(definition.document, default=dict))
        return document
    problems = tuple(
        Problem(step=step.name, path="role", message="missing, expected the ARN of a role; with_roles gives it one")
        for step in definition.steps_without_role
    )
    if problems:
        raise DefinitionError(definition.name, problems, of="pipeline")
    return pipeline_document(definition)


def pipeline_document(definition: PipelineDefinition) -> dict[str, Any]:
    """The document of a pipeline, roles or not; without them it can be drawn but not deployed."""
    writer = _Writer(definition)
    steps = [writer.step(step) for step in definition.steps]
    experiment = writer.experiment(definition.experiment)
    mlflow = writer.mlflow(definition.mlflow)
    return {
        "Version": _VERSION,
        "Metadata": {},
        "Parameters": writer.parameters(),  # those that have been written
        "PipelineExperimentConfig": experiment,
        **({} if mlflow is None else {"MlflowConfig": mlflow}),
        "Steps": steps,
    }


class _Writer:
    """Writes the steps of one pipeline."""

    def __init__(self, definition: PipelineDefinition) -> None:
        self._definition = definition
        self._expressions = Expressions(definition)

    def parameters(self) -> list[dict[str, Any]]:
        return [_parameter(value) for value in self._expressions.parameters.values()]

    def experiment(self, config: ExperimentConfig | None) -> dict[str, Any] | None:
        if config is None:
            return None
        names = {"ExperimentName": config.experiment_name, "TrialName": config.trial_name}
        return {member: self._expressions.value(value) for member, value in names.items()}

    def mlflow(self, config: MlflowConfig | None) -> dict[str, Any] | None:
        if config is None:
            return None
        members = {"MlflowResourceArn": config.resource_arn, "MlflowExperimentName": config.experiment_name}
        return {member: self._expressions.value(value) for member, value in members.items() if value is not None}

    def step(self, step: Step) -> dict[str, Any]:
        definition, write = self._definition, self._expressions.value
        document: dict[str, Any] = {"Name": step.name, "Type": step.pipeline_type, "Arguments": self._arguments(step)}
        if step.depends_on:
            document["DependsOn"] = list(step.dependencies)
        if step.display_name is not None:
            document["DisplayName"] = step.display_name
        if step.comment is not None:
            document["Description"] = step.comment
        for member, value in step.pipeline_members.items():
            if value is not None:
                document[member] = write(value)
        retry, cache = definition.retry_of(step), definition.cache_of(step)
        if retry:
            document["RetryPolicies"] = [_retry(policy) for policy in retry]
        if cache is not None:
            document["CacheConfig"] = _cache(cache)
        return document

    def _arguments(self, step: Step) -> dict[str, Any]:
        if isinstance(step, ChoiceStep):
            (rule,) = step.rules
            return {
                "Conditions": condition_list(rule.condition, self._expressions),
                "IfSteps": [self.step(inner) for inner in rule.steps],
                "ElseSteps": [self.step(inner) for inner in step.otherwise],
            }
        return self._expressions.arguments(step)


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
