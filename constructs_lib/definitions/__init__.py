"""Workflows as plain data: values, steps and the workflow, checked as a whole before anything is deployed.

Nothing here imports aws_cdk or boto3, reads a clock or needs credentials.
"""

from constructs_lib.definitions.compute import (
    Channel,
    ComputeResources,
    ContainerImage,
    DataCapture,
    MetricDefinition,
    NetworkConfig,
    ProductionVariant,
)
from constructs_lib.definitions.errors import DefinitionError, Problem
from constructs_lib.definitions.failures import ALL_ERRORS, TASK_FAILED, Catch, Retry
from constructs_lib.definitions.steps import (
    BuildOverrides,
    ContainerBuildStep,
    EndpointConfigStep,
    EndpointStep,
    FailStep,
    JobStep,
    LambdaStep,
    ModelStep,
    Step,
    TaskStep,
    TrainingStep,
)
from constructs_lib.definitions.values import (
    CAUGHT_CAUSE,
    CAUGHT_ERROR,
    EXECUTION_ARN,
    EXECUTION_NAME,
    EXECUTION_START_TIME,
    STATE_MACHINE_ARN,
    TASK_TOKEN,
    ContextValue,
    ExecutionInput,
    Join,
    Reference,
    StepOutput,
    UniqueName,
)
from constructs_lib.definitions.workflow import WorkflowDefinition

__all__ = [
    "ALL_ERRORS",
    "CAUGHT_CAUSE",
    "CAUGHT_ERROR",
    "EXECUTION_ARN",
    "EXECUTION_NAME",
    "EXECUTION_START_TIME",
    "STATE_MACHINE_ARN",
    "TASK_FAILED",
    "TASK_TOKEN",
    "BuildOverrides",
    "Catch",
    "Channel",
    "ComputeResources",
    "ContainerBuildStep",
    "ContainerImage",
    "ContextValue",
    "DataCapture",
    "DefinitionError",
    "EndpointConfigStep",
    "EndpointStep",
    "ExecutionInput",
    "FailStep",
    "JobStep",
    "Join",
    "LambdaStep",
    "MetricDefinition",
    "ModelStep",
    "NetworkConfig",
    "Problem",
    "ProductionVariant",
    "Reference",
    "Retry",
    "Step",
    "StepOutput",
    "TaskStep",
    "TrainingStep",
    "UniqueName",
    "WorkflowDefinition",
]
