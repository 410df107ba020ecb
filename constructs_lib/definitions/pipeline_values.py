"""Values that SageMaker Pipelines fills in: parameters, its own variables, and members of JSON files."""

from collections.abc import Sequence
from typing import Literal, Protocol

from attrs import field, frozen

from constructs_lib.definitions.freezing import freeze_fields
from constructs_lib.definitions.values import ExecutionInput, Reference

VariableName = Literal[
    "StartDateTime",
    "CurrentDateTime",
    "PipelineName",
    "PipelineArn",
    "PipelineExecutionId",
    "PipelineExecutionArn",
    "TrainingJobName",
    "ProcessingJobName",
]


@frozen(eq=False, field_transformer=freeze_fields)
class PipelineParameter(ExecutionInput):
    """A parameter of a pipeline, with what it is where an execution does not say it.

    Only SageMaker Pipelines has defaults; an `ExecutionInput` in a pipeline is a parameter without one.

    Args:
        name: 1 to 256 letters, digits, ``-`` and ``_``.
        default: what it is where an execution does not say it. Default: every execution must say it.
        allowed: what a text may be. Default: anything.
        type: a ``string`` (the service's String), ``integer`` (Integer), ``number`` (Float) or ``boolean`` (Boolean).
            Default: a text.
        description: for the people who start executions; the service does not keep it. Default: none.

    Examples:
        >>> PipelineParameter("RMSEThreshold", type="number", default=15000.0)
        PipelineParameter('RMSEThreshold')
    """

    default: str | float | bool | None = field(default=None, kw_only=True)
    allowed: Sequence[str] = field(default=(), kw_only=True)

    def __repr__(self) -> str:
        return f"PipelineParameter({self.name!r})"


@frozen(eq=False)
class ExecutionVariable(Reference):
    """Something that SageMaker Pipelines knows of an execution; see the constants of this module.

    Args:
        name: as the service calls it, such as ``PipelineExecutionId``.
    """

    name: VariableName


START_DATE_TIME = ExecutionVariable("StartDateTime")
"""When the execution started."""

CURRENT_DATE_TIME = ExecutionVariable("CurrentDateTime")
"""When the step runs."""

PIPELINE_NAME = ExecutionVariable("PipelineName")
"""The name of the pipeline."""

PIPELINE_ARN = ExecutionVariable("PipelineArn")
"""The ARN of the pipeline."""

PIPELINE_EXECUTION_ID = ExecutionVariable("PipelineExecutionId")
"""The id of the execution: the end of its ARN, twelve letters and digits."""

PIPELINE_EXECUTION_ARN = ExecutionVariable("PipelineExecutionArn")
"""The ARN of the execution."""

TRAINING_JOB_NAME = ExecutionVariable("TrainingJobName")
"""The name of the training job that the step starts; only in a training step."""

PROCESSING_JOB_NAME = ExecutionVariable("ProcessingJobName")
"""The name of the processing job that the step starts; only in a processing step."""


class Named(Protocol):
    """What has a name: a step, or a property file."""

    @property
    def name(self) -> str:
        """Its name."""


def _name(value: str | Named) -> str:
    return value.name if hasattr(value, "name") else value  # of another type: the checks tell it


@frozen(eq=False)
class JsonGet(Reference):
    """A member of a JSON file that a processing step has written; made by ``step.json_get(...)``, too.

    Args:
        step: the processing step, or its name.
        property_file: the step's `PropertyFile`, or its name.
        path: of the member, such as ``regression_metrics.rmse.value`` or ``folds[0].rmse``.

    Examples:
        >>> JsonGet("Evaluate", "EvaluationReport", "regression_metrics.rmse.value").step
        'Evaluate'
    """

    step: str = field(converter=_name)
    property_file: str = field(converter=_name)
    path: str
