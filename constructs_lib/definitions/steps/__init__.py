"""The kinds of steps, one file a family."""

from constructs_lib.definitions.steps.base import Integration, JobStep, Step, TaskStep, WaitLoop
from constructs_lib.definitions.steps.container_build import BuildOverrides, ContainerBuildStep
from constructs_lib.definitions.steps.endpoint import EndpointConfigStep, EndpointStep
from constructs_lib.definitions.steps.fail import FailStep
from constructs_lib.definitions.steps.functions import LambdaStep
from constructs_lib.definitions.steps.model import ModelStep
from constructs_lib.definitions.steps.training import TrainingStep

__all__ = [
    "BuildOverrides",
    "ContainerBuildStep",
    "EndpointConfigStep",
    "EndpointStep",
    "FailStep",
    "Integration",
    "JobStep",
    "LambdaStep",
    "ModelStep",
    "Step",
    "TaskStep",
    "TrainingStep",
    "WaitLoop",
]
