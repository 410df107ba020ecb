"""From a Dockerfile and a training script to a monitored SageMaker endpoint, as AWS CDK constructs.

The public names are imported when they are first used: importing the library alone loads neither aws_cdk nor boto3.
"""

from importlib import import_module

TYPE_CHECKING = False  # type checkers take it for true; importing typing for it would take longer than all the rest
if TYPE_CHECKING:
    from constructs_lib.definitions import ALL_ERRORS as ALL_ERRORS
    from constructs_lib.definitions import CAUGHT_CAUSE as CAUGHT_CAUSE
    from constructs_lib.definitions import CAUGHT_ERROR as CAUGHT_ERROR
    from constructs_lib.definitions import CURRENT_DATE_TIME as CURRENT_DATE_TIME
    from constructs_lib.definitions import EXECUTION_ARN as EXECUTION_ARN
    from constructs_lib.definitions import EXECUTION_NAME as EXECUTION_NAME
    from constructs_lib.definitions import EXECUTION_START_TIME as EXECUTION_START_TIME
    from constructs_lib.definitions import MAP_BATCH as MAP_BATCH
    from constructs_lib.definitions import MAP_INDEX as MAP_INDEX
    from constructs_lib.definitions import PIPELINE_ARN as PIPELINE_ARN
    from constructs_lib.definitions import PIPELINE_EXECUTION_ARN as PIPELINE_EXECUTION_ARN
    from constructs_lib.definitions import PIPELINE_EXECUTION_ID as PIPELINE_EXECUTION_ID
    from constructs_lib.definitions import PIPELINE_NAME as PIPELINE_NAME
    from constructs_lib.definitions import PROCESSING_JOB_NAME as PROCESSING_JOB_NAME
    from constructs_lib.definitions import START_DATE_TIME as START_DATE_TIME
    from constructs_lib.definitions import STATE_MACHINE_ARN as STATE_MACHINE_ARN
    from constructs_lib.definitions import TASK_FAILED as TASK_FAILED
    from constructs_lib.definitions import TASK_TOKEN as TASK_TOKEN
    from constructs_lib.definitions import TRAINING_JOB_NAME as TRAINING_JOB_NAME
    from constructs_lib.definitions import Allowed as Allowed
    from constructs_lib.definitions import ApiStep as ApiStep
    from constructs_lib.definitions import AutoMLStep as AutoMLStep
    from constructs_lib.definitions import BedrockCustomModelDeploymentStep as BedrockCustomModelDeploymentStep
    from constructs_lib.definitions import BedrockCustomModelStep as BedrockCustomModelStep
    from constructs_lib.definitions import BedrockModelImportStep as BedrockModelImportStep
    from constructs_lib.definitions import BedrockThroughputStep as BedrockThroughputStep
    from constructs_lib.definitions import BuildOverrides as BuildOverrides
    from constructs_lib.definitions import CacheConfig as CacheConfig
    from constructs_lib.definitions import CallbackStep as CallbackStep
    from constructs_lib.definitions import Catch as Catch
    from constructs_lib.definitions import CategoricalRange as CategoricalRange
    from constructs_lib.definitions import Channel as Channel
    from constructs_lib.definitions import Checkpoints as Checkpoints
    from constructs_lib.definitions import ChoiceRule as ChoiceRule
    from constructs_lib.definitions import ChoiceStep as ChoiceStep
    from constructs_lib.definitions import ClarifyCheckStep as ClarifyCheckStep
    from constructs_lib.definitions import ComputeResources as ComputeResources
    from constructs_lib.definitions import ContainerBuildStep as ContainerBuildStep
    from constructs_lib.definitions import ContainerImage as ContainerImage
    from constructs_lib.definitions import ContextValue as ContextValue
    from constructs_lib.definitions import ContinuousRange as ContinuousRange
    from constructs_lib.definitions import CsvItems as CsvItems
    from constructs_lib.definitions import DataCapture as DataCapture
    from constructs_lib.definitions import DataProcessing as DataProcessing
    from constructs_lib.definitions import DefinitionError as DefinitionError
    from constructs_lib.definitions import DistributedMapStep as DistributedMapStep
    from constructs_lib.definitions import EMRServerlessStep as EMRServerlessStep
    from constructs_lib.definitions import EMRStep as EMRStep
    from constructs_lib.definitions import EndpointConfigStep as EndpointConfigStep
    from constructs_lib.definitions import EndpointStep as EndpointStep
    from constructs_lib.definitions import EventStep as EventStep
    from constructs_lib.definitions import ExecutionInput as ExecutionInput
    from constructs_lib.definitions import ExecutionVariable as ExecutionVariable
    from constructs_lib.definitions import ExperimentConfig as ExperimentConfig
    from constructs_lib.definitions import FailStep as FailStep
    from constructs_lib.definitions import HumanTask as HumanTask
    from constructs_lib.definitions import ImportedDefinition as ImportedDefinition
    from constructs_lib.definitions import ImportedPipeline as ImportedPipeline
    from constructs_lib.definitions import InferenceComponentStep as InferenceComponentStep
    from constructs_lib.definitions import IntegerRange as IntegerRange
    from constructs_lib.definitions import InventoryItems as InventoryItems
    from constructs_lib.definitions import ItemBatch as ItemBatch
    from constructs_lib.definitions import JobStep as JobStep
    from constructs_lib.definitions import Join as Join
    from constructs_lib.definitions import JsonGet as JsonGet
    from constructs_lib.definitions import JsonItems as JsonItems
    from constructs_lib.definitions import JsonLinesItems as JsonLinesItems
    from constructs_lib.definitions import LabelingStep as LabelingStep
    from constructs_lib.definitions import LambdaStep as LambdaStep
    from constructs_lib.definitions import LineageAssociation as LineageAssociation
    from constructs_lib.definitions import LineageEntity as LineageEntity
    from constructs_lib.definitions import LineageStep as LineageStep
    from constructs_lib.definitions import MapItem as MapItem
    from constructs_lib.definitions import MapStep as MapStep
    from constructs_lib.definitions import MetricDefinition as MetricDefinition
    from constructs_lib.definitions import MetricsFile as MetricsFile
    from constructs_lib.definitions import MlflowConfig as MlflowConfig
    from constructs_lib.definitions import ModelContainer as ModelContainer
    from constructs_lib.definitions import ModelMetrics as ModelMetrics
    from constructs_lib.definitions import ModelStep as ModelStep
    from constructs_lib.definitions import MonitoredTransform as MonitoredTransform
    from constructs_lib.definitions import NetworkConfig as NetworkConfig
    from constructs_lib.definitions import NotebookJobStep as NotebookJobStep
    from constructs_lib.definitions import NotificationStep as NotificationStep
    from constructs_lib.definitions import Objective as Objective
    from constructs_lib.definitions import ParallelStep as ParallelStep
    from constructs_lib.definitions import PassStep as PassStep
    from constructs_lib.definitions import PipelineDefinition as PipelineDefinition
    from constructs_lib.definitions import PipelineParameter as PipelineParameter
    from constructs_lib.definitions import PipelineRetry as PipelineRetry
    from constructs_lib.definitions import PipelineStep as PipelineStep
    from constructs_lib.definitions import Problem as Problem
    from constructs_lib.definitions import ProcessingInput as ProcessingInput
    from constructs_lib.definitions import ProcessingOutput as ProcessingOutput
    from constructs_lib.definitions import ProcessingStep as ProcessingStep
    from constructs_lib.definitions import ProductionVariant as ProductionVariant
    from constructs_lib.definitions import PropertyFile as PropertyFile
    from constructs_lib.definitions import QualityCheckStep as QualityCheckStep
    from constructs_lib.definitions import QueueStep as QueueStep
    from constructs_lib.definitions import ReadJsonStep as ReadJsonStep
    from constructs_lib.definitions import Reference as Reference
    from constructs_lib.definitions import RegisteredContainer as RegisteredContainer
    from constructs_lib.definitions import RegisteredModelStep as RegisteredModelStep
    from constructs_lib.definitions import RegisterModelStep as RegisterModelStep
    from constructs_lib.definitions import ResultWriter as ResultWriter
    from constructs_lib.definitions import Retry as Retry
    from constructs_lib.definitions import S3Objects as S3Objects
    from constructs_lib.definitions import ServerlessCapacity as ServerlessCapacity
    from constructs_lib.definitions import SpotTraining as SpotTraining
    from constructs_lib.definitions import StateStep as StateStep
    from constructs_lib.definitions import Step as Step
    from constructs_lib.definitions import StepOutput as StepOutput
    from constructs_lib.definitions import SucceedStep as SucceedStep
    from constructs_lib.definitions import TaskStep as TaskStep
    from constructs_lib.definitions import TrainingStep as TrainingStep
    from constructs_lib.definitions import TransformInput as TransformInput
    from constructs_lib.definitions import TransformOutput as TransformOutput
    from constructs_lib.definitions import TransformStep as TransformStep
    from constructs_lib.definitions import TuningLimits as TuningLimits
    from constructs_lib.definitions import TuningStep as TuningStep
    from constructs_lib.definitions import UniqueName as UniqueName
    from constructs_lib.definitions import WaitStep as WaitStep
    from constructs_lib.definitions import WorkflowDefinition as WorkflowDefinition
    from constructs_lib.definitions import WorkflowStep as WorkflowStep
    from constructs_lib.definitions import equal as equal
    from constructs_lib.definitions import greater_or_equal as greater_or_equal
    from constructs_lib.definitions import greater_than as greater_than
    from constructs_lib.definitions import is_boolean as is_boolean
    from constructs_lib.definitions import is_in as is_in
    from constructs_lib.definitions import is_null as is_null
    from constructs_lib.definitions import is_number as is_number
    from constructs_lib.definitions import is_present as is_present
    from constructs_lib.definitions import is_text as is_text
    from constructs_lib.definitions import is_timestamp as is_timestamp
    from constructs_lib.definitions import less_or_equal as less_or_equal
    from constructs_lib.definitions import less_than as less_than
    from constructs_lib.definitions import matches as matches
    from constructs_lib.definitions.features import Feature as Feature
    from constructs_lib.definitions.features import FeatureSchema as FeatureSchema
    from constructs_lib.endpoints.approved import ApprovedModelDeployment as ApprovedModelDeployment
    from constructs_lib.endpoints.approved import Serving as Serving
    from constructs_lib.endpoints.approved import deployment_of_a_version as deployment_of_a_version
    from constructs_lib.endpoints.endpoint import Endpoint as Endpoint
    from constructs_lib.endpoints.endpoint import IEndpoint as IEndpoint
    from constructs_lib.endpoints.variants import Capture as Capture
    from constructs_lib.endpoints.variants import RegisteredModel as RegisteredModel
    from constructs_lib.endpoints.variants import StoredModel as StoredModel
    from constructs_lib.endpoints.variants import Variant as Variant
    from constructs_lib.environments.files import SourceFiles as SourceFiles
    from constructs_lib.environments.network import Network as Network
    from constructs_lib.environments.storage import EncryptionKey as EncryptionKey
    from constructs_lib.environments.storage import IStorage as IStorage
    from constructs_lib.environments.storage import Storage as Storage
    from constructs_lib.environments.storage import StorageLifecycle as StorageLifecycle
    from constructs_lib.events.arrivals import DataArrivalRule as DataArrivalRule
    from constructs_lib.events.delivery import DeadLetterQueue as DeadLetterQueue
    from constructs_lib.events.delivery import Delivery as Delivery
    from constructs_lib.events.inputs import EventValue as EventValue
    from constructs_lib.events.jobs import Endpoints as Endpoints
    from constructs_lib.events.jobs import JobStateRule as JobStateRule
    from constructs_lib.events.jobs import PipelineExecutions as PipelineExecutions
    from constructs_lib.events.jobs import ProcessingJobs as ProcessingJobs
    from constructs_lib.events.jobs import TrainingJobs as TrainingJobs
    from constructs_lib.events.jobs import TransformJobs as TransformJobs
    from constructs_lib.events.jobs import TuningJobs as TuningJobs
    from constructs_lib.events.rules import EventRule as EventRule
    from constructs_lib.events.schedules import PipelineSchedule as PipelineSchedule
    from constructs_lib.events.schedules import WorkflowSchedule as WorkflowSchedule
    from constructs_lib.events.targets import EventTarget as EventTarget
    from constructs_lib.events.targets import FunctionTarget as FunctionTarget
    from constructs_lib.events.targets import IStartable as IStartable
    from constructs_lib.events.targets import IStartablePipeline as IStartablePipeline
    from constructs_lib.events.targets import NotificationTarget as NotificationTarget
    from constructs_lib.events.targets import PipelineTarget as PipelineTarget
    from constructs_lib.events.targets import QueueTarget as QueueTarget
    from constructs_lib.events.targets import WorkflowTarget as WorkflowTarget
    from constructs_lib.events.timing import At as At
    from constructs_lib.events.timing import Cron as Cron
    from constructs_lib.events.timing import Rate as Rate
    from constructs_lib.events.timing import Within as Within
    from constructs_lib.features.group import FeatureGroup as FeatureGroup
    from constructs_lib.features.group import IFeatureGroup as IFeatureGroup
    from constructs_lib.features.stores import GlueTable as GlueTable
    from constructs_lib.features.stores import OfflineStore as OfflineStore
    from constructs_lib.features.stores import OnlineStore as OnlineStore
    from constructs_lib.images.build import ContainerBuild as ContainerBuild
    from constructs_lib.images.repository import IImageRepository as IImageRepository
    from constructs_lib.images.repository import ImageRepository as ImageRepository
    from constructs_lib.images.source import BuildSettings as BuildSettings
    from constructs_lib.monitoring.alarms import AlarmTopic as AlarmTopic
    from constructs_lib.monitoring.alarms import IAlarmTopic as IAlarmTopic
    from constructs_lib.monitoring.dashboards import WorkflowDashboard as WorkflowDashboard
    from constructs_lib.permissions import Statement as Statement
    from constructs_lib.permissions import engine_statements as engine_statements
    from constructs_lib.permissions import job_statements as job_statements
    from constructs_lib.permissions import map_statements as map_statements
    from constructs_lib.pipelines.base import ISageMakerPipeline as ISageMakerPipeline
    from constructs_lib.pipelines.pipeline import SageMakerPipeline as SageMakerPipeline
    from constructs_lib.registry.registry import IModelRegistry as IModelRegistry
    from constructs_lib.registry.registry import ModelRegistry as ModelRegistry
    from constructs_lib.registry.sharing import AccountAccess as AccountAccess
    from constructs_lib.rendering import render_states as render_states
    from constructs_lib.rendering.diagrams import render_html as render_html
    from constructs_lib.rendering.diagrams import render_mermaid as render_mermaid
    from constructs_lib.rendering.diagrams import render_svg as render_svg
    from constructs_lib.state_machines.base import IStepFunctionsWorkflow as IStepFunctionsWorkflow
    from constructs_lib.state_machines.states import StepState as StepState
    from constructs_lib.state_machines.states import hand_written as hand_written
    from constructs_lib.state_machines.workflow import StepFunctionsWorkflow as StepFunctionsWorkflow

_NAMES = {
    "constructs_lib.definitions": (
        "ALL_ERRORS",
        "CAUGHT_CAUSE",
        "CAUGHT_ERROR",
        "CURRENT_DATE_TIME",
        "EXECUTION_ARN",
        "EXECUTION_NAME",
        "EXECUTION_START_TIME",
        "MAP_BATCH",
        "MAP_INDEX",
        "PIPELINE_ARN",
        "PIPELINE_EXECUTION_ARN",
        "PIPELINE_EXECUTION_ID",
        "PIPELINE_NAME",
        "PROCESSING_JOB_NAME",
        "START_DATE_TIME",
        "STATE_MACHINE_ARN",
        "TASK_FAILED",
        "TASK_TOKEN",
        "TRAINING_JOB_NAME",
        "Allowed",
        "ApiStep",
        "AutoMLStep",
        "BedrockCustomModelDeploymentStep",
        "BedrockCustomModelStep",
        "BedrockModelImportStep",
        "BedrockThroughputStep",
        "BuildOverrides",
        "CacheConfig",
        "CallbackStep",
        "Catch",
        "CategoricalRange",
        "Channel",
        "Checkpoints",
        "ChoiceRule",
        "ChoiceStep",
        "ClarifyCheckStep",
        "ComputeResources",
        "ContainerBuildStep",
        "ContainerImage",
        "ContextValue",
        "ContinuousRange",
        "CsvItems",
        "DataCapture",
        "DataProcessing",
        "DefinitionError",
        "DistributedMapStep",
        "EMRServerlessStep",
        "EMRStep",
        "EndpointConfigStep",
        "EndpointStep",
        "EventStep",
        "ExecutionInput",
        "ExecutionVariable",
        "ExperimentConfig",
        "FailStep",
        "HumanTask",
        "ImportedDefinition",
        "ImportedPipeline",
        "InferenceComponentStep",
        "IntegerRange",
        "InventoryItems",
        "ItemBatch",
        "JobStep",
        "Join",
        "JsonGet",
        "JsonItems",
        "JsonLinesItems",
        "LabelingStep",
        "LambdaStep",
        "LineageAssociation",
        "LineageEntity",
        "LineageStep",
        "MapItem",
        "MapStep",
        "MetricDefinition",
        "MetricsFile",
        "MlflowConfig",
        "ModelContainer",
        "ModelMetrics",
        "ModelStep",
        "MonitoredTransform",
        "NetworkConfig",
        "NotebookJobStep",
        "NotificationStep",
        "Objective",
        "ParallelStep",
        "PassStep",
        "PipelineDefinition",
        "PipelineParameter",
        "PipelineRetry",
        "PipelineStep",
        "Problem",
        "ProcessingInput",
        "ProcessingOutput",
        "ProcessingStep",
        "ProductionVariant",
        "PropertyFile",
        "QualityCheckStep",
        "QueueStep",
        "ReadJsonStep",
        "Reference",
        "RegisterModelStep",
        "RegisteredContainer",
        "RegisteredModelStep",
        "ResultWriter",
        "Retry",
        "S3Objects",
        "ServerlessCapacity",
        "SpotTraining",
        "StateStep",
        "Step",
        "StepOutput",
        "SucceedStep",
        "TaskStep",
        "TrainingStep",
        "TransformInput",
        "TransformOutput",
        "TransformStep",
        "TuningLimits",
        "TuningStep",
        "UniqueName",
        "WaitStep",
        "WorkflowDefinition",
        "WorkflowStep",
        "equal",
        "greater_or_equal",
        "greater_than",
        "is_boolean",
        "is_in",
        "is_null",
        "is_number",
        "is_present",
        "is_text",
        "is_timestamp",
        "less_or_equal",
        "less_than",
        "matches",
    ),
    "constructs_lib.definitions.features": ("Feature", "FeatureSchema"),
    "constructs_lib.endpoints.approved": ("ApprovedModelDeployment", "Serving", "deployment_of_a_version"),
    "constructs_lib.endpoints.endpoint": ("Endpoint", "IEndpoint"),
    "constructs_lib.endpoints.variants": ("Capture", "RegisteredModel", "StoredModel", "Variant"),
    "constructs_lib.environments.files": ("SourceFiles",),
    "constructs_lib.environments.network": ("Network",),
    "constructs_lib.environments.storage": ("EncryptionKey", "IStorage", "Storage", "StorageLifecycle"),
    "constructs_lib.events.arrivals": ("DataArrivalRule",),
    "constructs_lib.events.delivery": ("DeadLetterQueue", "Delivery"),
    "constructs_lib.events.inputs": ("EventValue",),
    "constructs_lib.events.jobs": (
        "Endpoints",
        "JobStateRule",
        "PipelineExecutions",
        "ProcessingJobs",
        "TrainingJobs",
        "TransformJobs",
        "TuningJobs",
    ),
    "constructs_lib.events.rules": ("EventRule",),
    "constructs_lib.events.schedules": ("PipelineSchedule", "WorkflowSchedule"),
    "constructs_lib.events.targets": (
        "EventTarget",
        "FunctionTarget",
        "IStartable",
        "IStartablePipeline",
        "NotificationTarget",
        "PipelineTarget",
        "QueueTarget",
        "WorkflowTarget",
    ),
    "constructs_lib.events.timing": ("At", "Cron", "Rate", "Within"),
    "constructs_lib.features.group": ("FeatureGroup", "IFeatureGroup"),
    "constructs_lib.features.stores": ("GlueTable", "OfflineStore", "OnlineStore"),
    "constructs_lib.images.build": ("ContainerBuild",),
    "constructs_lib.images.repository": ("IImageRepository", "ImageRepository"),
    "constructs_lib.images.source": ("BuildSettings",),
    "constructs_lib.monitoring.alarms": ("AlarmTopic", "IAlarmTopic"),
    "constructs_lib.monitoring.dashboards": ("WorkflowDashboard",),
    "constructs_lib.permissions": ("Statement", "engine_statements", "job_statements", "map_statements"),
    "constructs_lib.pipelines.base": ("ISageMakerPipeline",),
    "constructs_lib.pipelines.pipeline": ("SageMakerPipeline",),
    "constructs_lib.registry.registry": ("IModelRegistry", "ModelRegistry"),
    "constructs_lib.registry.sharing": ("AccountAccess",),
    "constructs_lib.rendering": ("render_states",),
    "constructs_lib.rendering.diagrams": ("render_html", "render_mermaid", "render_svg"),
    "constructs_lib.state_machines.base": ("IStepFunctionsWorkflow",),
    "constructs_lib.state_machines.states": ("StepState", "hand_written"),
    "constructs_lib.state_machines.workflow": ("StepFunctionsWorkflow",),
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names}

__all__ = sorted(_HOMES)  # noqa: PLE0605 - one table tells all names


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
