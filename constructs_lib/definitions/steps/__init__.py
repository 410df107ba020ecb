"""The kinds of steps, one file a family."""

from constructs_lib.definitions.steps.base import Block, FallibleStep, Integration, JobStep, Step, TaskStep, WaitLoop
from constructs_lib.definitions.steps.branches import MapStep, ParallelStep
from constructs_lib.definitions.steps.choice import ChoiceRule, ChoiceStep
from constructs_lib.definitions.steps.container_build import BuildOverrides, ContainerBuildStep
from constructs_lib.definitions.steps.endpoint import EndpointConfigStep, EndpointStep
from constructs_lib.definitions.steps.functions import LambdaStep
from constructs_lib.definitions.steps.model import ModelStep
from constructs_lib.definitions.steps.processing import ProcessingStep
from constructs_lib.definitions.steps.simple import FailStep, PassStep, SucceedStep, WaitStep
from constructs_lib.definitions.steps.training import TrainingStep

__all__ = [
    "Block",
    "BuildOverrides",
    "ChoiceRule",
    "ChoiceStep",
    "ContainerBuildStep",
    "EndpointConfigStep",
    "EndpointStep",
    "FailStep",
    "FallibleStep",
    "Integration",
    "JobStep",
    "LambdaStep",
    "MapStep",
    "ModelStep",
    "ParallelStep",
    "PassStep",
    "ProcessingStep",
    "Step",
    "SucceedStep",
    "TaskStep",
    "TrainingStep",
    "WaitLoop",
    "WaitStep",
]
