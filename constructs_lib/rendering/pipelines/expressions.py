"""References as SageMaker Pipelines writes them: objects with ``Get``, ``Std:Join`` or ``Std:JsonGet``."""

from functools import cached_property
from typing import Any

from constructs_lib.definitions.freezing import JSON_FORM, PLAIN
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
        parameters: by name, those that the definition lists, then those of the values written so far.
    """

    def __init__(self, definition: PipelineDefinition) -> None:
        self._definition = definition
        self.parameters = {found.name: found for found in definition.parameters}

    @cached_property
    def _steps(self) -> dict[str, Step]:
        return {step.name: step for step in self._definition.all_steps}

    @cached_property
    def _made(self) -> dict[Reference, dict[str, str]]:
        """The names of what steps make, as they are read of the first step that makes each."""
        found: dict[Reference, dict[str, str]] = {}
        for step in self._definition.all_steps:
            if isinstance(step, TaskStep) and step.made_name is not None:
                found.setdefault(step.made_name, _get(f"Steps.{step.name}.{step.name_member}"))
        return found

    def arguments(self, step: Step) -> dict[str, Any]:
        """The Arguments of a step, in which its own name is given, and those of others are read."""
        given = step.pipeline_arguments(custom_prefix=self._definition.use_custom_job_prefix)
        written: dict[str, Any] = self.value(given)
        member = step.name_member if isinstance(step, TaskStep) else None
        own = None if member is None else given.get(member)
        if member is not None and isinstance(own, UniqueName):
            written[member] = _named_after_execution(own)
        return written

    def value(self, value: Any) -> Any:
        """A document with references in it."""
        form = JSON_FORM[type(value)]
        if form is dict:
            document = {**value}  # most members are plain: a copy, in which the others are replaced
            for key, member in document.items():
                if type(member) not in PLAIN:
                    document[key] = self.value(member)
            return document
        if form is list:
            return [element if type(element) in PLAIN else self.value(element) for element in value]
        return self.reference(value) if isinstance(value, Reference) else value

    def reference(self, value: Reference) -> dict[str, Any]:
        """One reference."""
        if isinstance(value, StepOutput):
            return _get(f"Steps.{value.step}.{self._steps[value.step].pipeline_property(value.path)}")
        if isinstance(value, ExecutionInput):
            self.parameters.setdefault(value.name, value)
            return _get(f"Parameters.{value.name}")
        if isinstance(value, ExecutionVariable):
            return _get(f"Execution.{value.name}")
        if isinstance(value, Join):
            return {"Std:Join": {"On": value.separator, "Values": [self.value(part) for part in value.parts]}}
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
