"""References as SageMaker Pipelines writes them: objects with ``Get``, ``Std:Join`` or ``Std:JsonGet``."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import orjson

from constructs_lib.definitions.pipeline import PipelineDefinition
from constructs_lib.definitions.pipeline_values import ExecutionVariable, JsonGet
from constructs_lib.definitions.steps.base import Step, TaskStep
from constructs_lib.definitions.values import (
    EXECUTION_ARN,
    EXECUTION_NAME,
    EXECUTION_START_TIME,
    ContextValue,
    ExecutionInput,
    Join,
    Reference,
    StepOutput,
    UniqueName,
)

_CONTEXT = {
    EXECUTION_ARN.path: "Execution.PipelineExecutionArn",
    EXECUTION_NAME.path: "Execution.PipelineExecutionId",
    EXECUTION_START_TIME.path: "Execution.StartDateTime",
}


class Expressions:
    """Writes the values of one pipeline.

    Args:
        definition: in which the outputs of steps are looked up.

    Attributes:
        definition: the same.
        parameters: by name, those that the definition lists, then those of the values written so far.
    """

    def __init__(self, definition: PipelineDefinition) -> None:
        self.definition = definition
        self.parameters = {found.name: found for found in definition.parameters}

    @cached_property
    def _steps(self) -> dict[str, Step]:
        return {step.name: step for step in self.definition.all_steps}

    @cached_property
    def _made(self) -> dict[Reference, dict[str, str]]:
        """The names of what steps make, as they are read of the first step that makes each."""
        found: dict[Reference, dict[str, str]] = {}
        for step in self.definition.all_steps:
            if isinstance(step, TaskStep) and step.made_name is not None:
                found.setdefault(step.made_name, _get(f"Steps.{step.name}.{step.name_member}"))
        return found

    def json(self, value: Any) -> bytes:
        """A document with references in it, as JSON."""
        return orjson.dumps(value, default=self._written)

    def arguments(self, step: Step) -> Mapping[str, Any]:
        """The Arguments of a step, in which its own name is given, and those of others are read."""
        given = step.pipeline_arguments(custom_prefix=self.definition.use_custom_job_prefix)
        member = step.name_member
        own = None if member is None else given.get(member)
        if member is not None and isinstance(own, UniqueName):
            return {**given, member: _named_after_execution(own)}
        return given

    def _written(self, value: Any) -> dict[str, Any]:
        """What is written of a value that JSON does not have."""
        return dict(value) if isinstance(value, Mapping) else self._reference(value)

    def _reference(self, value: Reference) -> dict[str, Any]:
        """One reference."""
        if isinstance(value, StepOutput):
            return _get(f"Steps.{value.step}.{self._steps[value.step].pipeline_property(value.path)}")
        if isinstance(value, ExecutionInput):
            self.parameters.setdefault(value.name, value)
            return _get(f"Parameters.{value.name}")
        if isinstance(value, ExecutionVariable):
            return _get(f"Execution.{value.name}")
        if isinstance(value, Join):
            return {"Std:Join": {"On": value.separator, "Values": value.parts}}
        if isinstance(value, JsonGet):
            file = _get(f"Steps.{value.step}.PropertyFiles.{value.property_file}")
            return {"Std:JsonGet": {"PropertyFile": file, "Path": value.path}}
        if isinstance(value, UniqueName):
            known = self._made.get(value)
            return _named_after_execution(value) if known is None else dict(known)
        if isinstance(value, ContextValue) and value.path in _CONTEXT:
            return _get(_CONTEXT[value.path])
        raise TypeError(f"{value!r} has no form in SageMaker Pipelines")


def _get(path: str) -> dict[str, str]:
    return {"Get": path}


def _named_after_execution(value: UniqueName) -> dict[str, Any]:
    return {"Std:Join": {"On": "-", "Values": [value.prefix, _get("Execution.PipelineExecutionId")]}}
