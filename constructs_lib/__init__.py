"""From a Dockerfile and a training script to a monitored SageMaker endpoint, as AWS CDK constructs.

The public names are imported when they are first used: importing the library alone loads neither aws_cdk nor boto3.
"""

from importlib import import_module
from typing import Any

_DEFINITIONS = (
    "BuildOverrides",
    "Catch",
    "Channel",
    "ComputeResources",
    "ContainerBuildStep",
    "ContainerImage",
    "DataCapture",
    "DefinitionError",
    "EndpointConfigStep",
    "EndpointStep",
    "ExecutionInput",
    "FailStep",
    "Join",
    "LambdaStep",
    "MetricDefinition",
    "ModelStep",
    "NetworkConfig",
    "ProductionVariant",
    "Retry",
    "TrainingStep",
    "UniqueName",
    "WorkflowDefinition",
)

_HOMES = {
    **dict.fromkeys(_DEFINITIONS, "constructs_lib.definitions"),
    "render_states": "constructs_lib.rendering",
    "engine_statements": "constructs_lib.permissions",
    "job_statements": "constructs_lib.permissions",
}

__all__ = [*_HOMES]  # noqa: PLE0604 - the keys are texts


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
