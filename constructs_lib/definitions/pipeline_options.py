"""What steps say to SageMaker Pipelines: when a run is used again, when it is repeated, what it leaves to read."""

from collections.abc import Mapping, Sequence
from typing import Literal

from attrs import frozen

from constructs_lib.definitions.freezing import freeze_fields
from constructs_lib.definitions.pipeline_values import PIPELINE_EXECUTION_ID, PIPELINE_NAME
from constructs_lib.definitions.values import Text

StepError = Literal["Step.SERVICE_FAULT", "Step.THROTTLING"]
JobError = Literal["SageMaker.JOB_INTERNAL_ERROR", "SageMaker.CAPACITY_ERROR", "SageMaker.RESOURCE_LIMIT"]


OutputType = Literal["string", "integer", "number", "boolean"]
"""What a value is that a function or a callback gives to a pipeline."""

PIPELINE_TYPES: dict[str, str] = {"string": "String", "integer": "Integer", "number": "Float", "boolean": "Boolean"}
"""What SageMaker Pipelines calls types."""


def output_parameters(outputs: Mapping[str, OutputType]) -> list[dict[str, str]]:
    """Outputs, as a pipeline's document declares them."""
    return [{"OutputName": name, "OutputType": PIPELINE_TYPES[kind]} for name, kind in outputs.items()]


@frozen(kw_only=True)
class CacheConfig:
    """Uses the outputs of an earlier run of the same step again, where its arguments were the same and it succeeded.

    Args:
        expire_after: how old that run may be: an ISO 8601 duration, such as ``PT12H`` or ``P30D``. Default: the
            service's own limit.
        enabled: False runs the step each time, whatever the pipeline's `default_cache` says. Default: it is on.
    """

    expire_after: str | None = None
    enabled: bool = True


@frozen(kw_only=True)
class PropertyFile:
    """A JSON file among a processing step's outputs, of which later steps and conditions read members.

    Args:
        name: of it in the pipeline: 1 to 64 letters, digits, ``-`` and ``_``.
        output_name: name of the output that it lies in.
        path: of the file in the output's folder, such as ``evaluation.json``.
    """

    name: str
    output_name: str
    path: str


@frozen(kw_only=True, field_transformer=freeze_fields)
class PipelineRetry:
    """When SageMaker Pipelines runs a step again; Step Functions has `Retry` instead.

    Exactly one of `max_attempts` and `expire_after_minutes` is given.

    Args:
        errors: ``Step.SERVICE_FAULT`` and ``Step.THROTTLING`` are of the calls that the service makes,
            ``SageMaker.JOB_INTERNAL_ERROR``, ``SageMaker.CAPACITY_ERROR`` and ``SageMaker.RESOURCE_LIMIT`` of jobs.
        interval_seconds: pause before the first retry; 1 to 43200. Default: one second.
        backoff_rate: factor by which the pause grows each time; at least 0. Default: it doubles.
        max_attempts: how often it is retried; 1 to 20. Default: see `expire_after_minutes`.
        expire_after_minutes: how long it is retried; 1 to 14400. Default: see `max_attempts`.
    """

    errors: Sequence[StepError | JobError]
    interval_seconds: int = 1
    backoff_rate: float = 2.0
    max_attempts: int | None = None
    expire_after_minutes: int | None = None


@frozen(kw_only=True)
class MlflowConfig:
    """Where MLflow, an app or a tracking server that SageMaker manages, keeps what the executions of a pipeline did.

    Neither it nor the permissions to log to it (``sagemaker-mlflow:*``) are made for the pipeline: the roles of jobs
    that log get them from you.

    Args:
        resource_arn: of the app or the tracking server.
        experiment_name: of MLflow; 1 to 256 characters. StartPipelineExecution may name another. Default: the
            service's.
    """

    resource_arn: Text
    experiment_name: Text | None = None


@frozen(kw_only=True)
class ExperimentConfig:
    """Where SageMaker Experiments keeps what the executions of a pipeline did.

    Args:
        experiment_name: Default: the pipeline's name.
        trial_name: Default: the execution's id.
    """

    experiment_name: Text = PIPELINE_NAME
    trial_name: Text = PIPELINE_EXECUTION_ID
