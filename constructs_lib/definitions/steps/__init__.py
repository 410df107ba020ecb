"""The kinds of steps, one file a family."""

from constructs_lib.definitions.steps.automl import AutoMLStep
from constructs_lib.definitions.steps.base import Block, FallibleStep, Integration, JobStep, Step, TaskStep, WaitLoop
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
