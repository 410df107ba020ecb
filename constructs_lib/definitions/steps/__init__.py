"""The kinds of steps, one file a family; each family is imported when one of its steps is first used."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from constructs_lib.definitions.steps.automl import AutoMLStep
    from constructs_lib.definitions.steps.base import Block, FallibleStep, JobStep, Step, TaskStep
    from constructs_lib.definitions.steps.bedrock import (
        BedrockCustomModelDeploymentStep,
        BedrockCustomModelStep,
        BedrockModelImportStep,
        BedrockThroughputStep,
    )
    from constructs_lib.definitions.steps.branches import DistributedMapStep, IteratingStep, MapStep, ParallelStep
    from constructs_lib.definitions.steps.callback import CallbackStep
    from constructs_lib.definitions.steps.calls import Allowed, ApiStep, ReadJsonStep
    from constructs_lib.definitions.steps.choice import ChoiceRule, ChoiceStep
    from constructs_lib.definitions.steps.container_build import BuildOverrides, ContainerBuildStep
    from constructs_lib.definitions.steps.emr import EMRServerlessStep, EMRStep
    from constructs_lib.definitions.steps.endpoint import EndpointConfigStep, EndpointStep
    from constructs_lib.definitions.steps.engines import PipelineStep, WorkflowStep
    from constructs_lib.definitions.steps.functions import LambdaStep
    from constructs_lib.definitions.steps.hand_written import StateStep
    from constructs_lib.definitions.steps.inference_component import InferenceComponentStep
    from constructs_lib.definitions.steps.integrations import Integration, WaitLoop
    from constructs_lib.definitions.steps.labeling import HumanTask, LabelingStep
    from constructs_lib.definitions.steps.lineage import LineageAssociation, LineageEntity, LineageStep
    from constructs_lib.definitions.steps.messages import EventStep, NotificationStep, QueueStep
    from constructs_lib.definitions.steps.model import ModelStep
    from constructs_lib.definitions.steps.monitored_transform import MonitoredTransform
    from constructs_lib.definitions.steps.notebook import NotebookJobStep
    from constructs_lib.definitions.steps.processing import ProcessingStep
    from constructs_lib.definitions.steps.quality import ClarifyCheckStep, QualityCheckStep
    from constructs_lib.definitions.steps.registered_model import RegisteredModelStep
    from constructs_lib.definitions.steps.registration import MetricsFile, ModelMetrics, RegisterModelStep
    from constructs_lib.definitions.steps.simple import FailStep, PassStep, SucceedStep, WaitStep
    from constructs_lib.definitions.steps.training import TrainingStep
    from constructs_lib.definitions.steps.transform import TransformStep
    from constructs_lib.definitions.steps.tuning import TuningStep

__all__ = [
    "Allowed",
    "ApiStep",
    "AutoMLStep",
    "BedrockCustomModelDeploymentStep",
    "BedrockCustomModelStep",
    "BedrockModelImportStep",
    "BedrockThroughputStep",
    "Block",
    "BuildOverrides",
    "CallbackStep",
    "ChoiceRule",
    "ChoiceStep",
    "ClarifyCheckStep",
    "ContainerBuildStep",
    "DistributedMapStep",
    "EMRServerlessStep",
    "EMRStep",
    "EndpointConfigStep",
    "EndpointStep",
    "EventStep",
    "FailStep",
    "FallibleStep",
    "HumanTask",
    "InferenceComponentStep",
    "Integration",
    "IteratingStep",
    "JobStep",
    "LabelingStep",
    "LambdaStep",
    "LineageAssociation",
    "LineageEntity",
    "LineageStep",
    "MapStep",
    "MetricsFile",
    "ModelMetrics",
    "ModelStep",
    "MonitoredTransform",
    "NotebookJobStep",
    "NotificationStep",
    "ParallelStep",
    "PassStep",
    "PipelineStep",
    "ProcessingStep",
    "QualityCheckStep",
    "QueueStep",
    "ReadJsonStep",
    "RegisterModelStep",
    "RegisteredModelStep",
    "StateStep",
    "Step",
    "SucceedStep",
    "TaskStep",
    "TrainingStep",
    "TransformStep",
    "TuningStep",
    "WaitLoop",
    "WaitStep",
    "WorkflowStep",
]

_NAMES = {
    "automl": ("AutoMLStep",),
    "base": (
        "Block",
        "FallibleStep",
        "JobStep",
        "Step",
        "TaskStep",
    ),
    "bedrock": (
        "BedrockCustomModelDeploymentStep",
        "BedrockCustomModelStep",
        "BedrockModelImportStep",
        "BedrockThroughputStep",
    ),
    "branches": (
        "DistributedMapStep",
        "IteratingStep",
        "MapStep",
        "ParallelStep",
    ),
    "callback": ("CallbackStep",),
    "calls": (
        "Allowed",
        "ApiStep",
        "ReadJsonStep",
    ),
    "choice": (
        "ChoiceRule",
        "ChoiceStep",
    ),
    "container_build": (
        "BuildOverrides",
        "ContainerBuildStep",
    ),
    "emr": (
        "EMRServerlessStep",
        "EMRStep",
    ),
    "endpoint": (
        "EndpointConfigStep",
        "EndpointStep",
    ),
    "engines": (
        "PipelineStep",
        "WorkflowStep",
    ),
    "functions": ("LambdaStep",),
    "hand_written": ("StateStep",),
    "inference_component": ("InferenceComponentStep",),
    "integrations": (
        "Integration",
        "WaitLoop",
    ),
    "labeling": (
        "HumanTask",
        "LabelingStep",
    ),
    "lineage": (
        "LineageAssociation",
        "LineageEntity",
        "LineageStep",
    ),
    "messages": (
        "EventStep",
        "NotificationStep",
        "QueueStep",
    ),
    "model": ("ModelStep",),
    "monitored_transform": ("MonitoredTransform",),
    "notebook": ("NotebookJobStep",),
    "processing": ("ProcessingStep",),
    "quality": (
        "ClarifyCheckStep",
        "QualityCheckStep",
    ),
    "registered_model": ("RegisteredModelStep",),
    "registration": (
        "MetricsFile",
        "ModelMetrics",
        "RegisterModelStep",
    ),
    "simple": (
        "FailStep",
        "PassStep",
        "SucceedStep",
        "WaitStep",
    ),
    "training": ("TrainingStep",),
    "transform": ("TransformStep",),
    "tuning": ("TuningStep",),
}
_HOMES = {name: family for family, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
