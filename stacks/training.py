"""The stack of training: the data, and the workflows that train and deploy models."""

from aws_cdk import CfnOutput
from constructs import Construct

from constructs_lib.definitions import ComputeResources, WorkflowDefinition
from constructs_lib.environments.files import SourceFiles
from constructs_lib.environments.roles import further_policy
from constructs_lib.environments.settings import EnvironmentSettings
from constructs_lib.environments.storage import IStorage, Storage, StorageLifecycle
from constructs_lib.events.delivery import Delivery
from constructs_lib.events.targets import NotificationTarget
from constructs_lib.features.group import FeatureGroup
from constructs_lib.features.stores import OfflineStore
from constructs_lib.images.build import ContainerBuild
from constructs_lib.monitoring.alarms import AlarmTopic
from constructs_lib.permissions import Statement
from constructs_lib.pipelines.pipeline import SageMakerPipeline
from constructs_lib.registry.registry import ModelRegistry
from constructs_lib.state_machines.workflow import StepFunctionsWorkflow
from stacks.containers import ContainersStack
from stacks.environment import EnvironmentStack
from workflows.byoc_housing.definition import HousingSettings, byoc_housing
from workflows.housing_ray import definition as housing_ray
from workflows.sklearn_processing.definition import (
    SCRIPTS,
    ProcessingSettings,
    container_build,
    sklearn_processing,
)


class TrainingStack(EnvironmentStack):
    """Data, workflows and the topic of their alarms.

    Outputs: ``DataBucketName`` and ``AlarmTopicArn``; of `byoc-housing` ``WorkflowByocHousingStateMachineArn``,
    ``TrainingDataUri`` (where its CSV files are put; those held out lie under ``validation/`` beside it),
    ``ModelOutputUri`` and ``CaptureUri``; of `sklearn-processing` ``WorkflowSklearnProcessingStateMachineArn`` and
    ``SklearnProcessingRawDataUri`` (where its CSV files are put); of `housing-ray` ``WorkflowHousingRayPipelineArn``,
    ``HousingRayRawDataUri``, ``HousingRayFeatureGroupName`` and ``HousingRayModelPackageGroupName``.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: EnvironmentSettings, containers: ContainersStack
    ) -> None:
        """Defines the stack.

        Args:
            scope: the environment.
            construct_id: what the stack is called in it.
            settings: of the environment.
            containers: the environment's container images.
        """
        super().__init__(scope, construct_id, settings=settings, description="data and training workflows")
        storage = Storage(
            self,
            "Data",
            lifecycle=StorageLifecycle(noncurrent_version_days=settings.retention.noncurrent_version_days),
            removal_policy=self.removal_policy,
        )
        self.storage: IStorage = storage
        """Where the workflows' data and models are."""
        alarms = AlarmTopic(self, "Alarms", encryption_key=storage.encryption_key, email=settings.notification_email)
        self.alarms = alarms
        """Hears of what fails."""
        self.byoc_housing = self._byoc_housing(settings, storage, alarms, containers.byoc_housing)
        """The workflow `byoc-housing`."""
        self.sklearn_processing = self._sklearn_processing(settings, storage, alarms, containers.sklearn_processing)
        """The workflow `sklearn-processing`."""
        self.housing_models = ModelRegistry(
            self,
            "HousingModels",
            description="prices of houses, by the pipeline housing-ray",
            removal_policy=self.removal_policy,
        )
        """The models of `housing-ray`."""
        self.housing_ray = self._housing_ray(settings, storage, alarms, containers.housing_ray)
        """The pipeline `housing-ray`."""
        CfnOutput(self, "DataBucketName", value=storage.bucket.bucket_name)
        CfnOutput(self, "AlarmTopicArn", value=alarms.topic.topic_arn)

    def _byoc_housing(
        self, settings: EnvironmentSettings, storage: Storage, alarms: AlarmTopic, build: ContainerBuild
    ) -> StepFunctionsWorkflow:
        housing = HousingSettings(
            builder_function_arn=build.builder_function.function_arn,
            repository_arn=build.repository.repository.repository_arn,
            training_data_uri=storage.uri("byoc-housing/data/training/"),
            validation_data_uri=storage.uri("byoc-housing/data/validation/"),
            output_uri=storage.uri("byoc-housing/output/"),
            capture_uri=storage.uri("byoc-housing/capture/"),
            data_key=storage.encryption_key.key_arn,
            training_compute=ComputeResources(
                instance_type=settings.training.instance_type,
                instance_count=settings.training.instance_count,
                volume_size_gib=settings.training.volume_size_gib,
            ),
            max_runtime_seconds=settings.training.max_runtime_minutes * 60,
            endpoint_instance_type=settings.serving.instance_type,
            endpoint_instance_count=settings.serving.instance_count,
            capture_percentage=settings.serving.capture_percentage,
        )
        CfnOutput(self, "TrainingDataUri", value=housing.training_data_uri)
        CfnOutput(self, "ModelOutputUri", value=housing.output_uri)
        CfnOutput(self, "CaptureUri", value=housing.capture_uri)
        return self._workflow("ByocHousing", byoc_housing(housing), storage, alarms)

    def _sklearn_processing(
        self, settings: EnvironmentSettings, storage: Storage, alarms: AlarmTopic, build: ContainerBuild
    ) -> StepFunctionsWorkflow:
        raw_data_uri = storage.uri("sklearn-processing/raw/")
        key = storage.encryption_key.key_arn
        definition = sklearn_processing(
            ProcessingSettings(
                image=container_build(
                    function_arn=build.builder_function.function_arn,
                    repository_arn=build.repository.repository.repository_arn,
                ),
                raw_data_uri=raw_data_uri,
                code_uri=SourceFiles(self, "SklearnProcessingCode", folder=SCRIPTS).uri,
                data_bucket=storage.bucket.bucket_name,
                data_folder="sklearn-processing/runs",
                data_key=key,
                topic_arn=alarms.topic.topic_arn,
                topic_key=key,
                compute=ComputeResources(
                    instance_type=settings.processing.instance_type,
                    volume_size_gib=settings.processing.volume_size_gib,
                ),
                max_runtime_seconds=settings.processing.max_runtime_minutes * 60,
                least_accuracy=settings.processing.least_accuracy,
            )
        )
        workflow = self._workflow("SklearnProcessing", definition, storage, alarms)
        workflow.on_failed(
            "ToldOfFailure",
            targets=[NotificationTarget(topic=alarms.topic)],
            delivery=Delivery(encryption_key=storage.encryption_key),
        )
        CfnOutput(self, "SklearnProcessingRawDataUri", value=raw_data_uri)
        return workflow

    def _housing_ray(
        self, settings: EnvironmentSettings, storage: Storage, alarms: AlarmTopic, build: ContainerBuild
    ) -> SageMakerPipeline:
        raw_data_uri = storage.uri("housing-ray/raw/")
        key = storage.encryption_key.key_arn
        features = FeatureGroup(
            self,
            "HousingFeatures",
            schema=housing_ray.SCHEMA,
            offline=OfflineStore(storage=storage, prefix=housing_ray.STORE_PREFIX),
            name=self.own_name(housing_ray.FEATURE_GROUP),
            description="houses and their prices",
            removal_policy=self.removal_policy,
        )
        scripts = SourceFiles(self, "HousingRayCode", folder=housing_ray.SCRIPTS)
        definition = housing_ray.housing_ray(
            housing_ray.HousingRaySettings(
                image=housing_ray.container_build(
                    queue_url=build.callback_queue.queue_url, queue_arn=build.callback_queue.queue_arn
                ),
                repository_arn=build.repository.repository.repository_arn,
                raw_data_uri=raw_data_uri,
                script_uris={name: scripts.file_uri(name) for name in scripts.files},
                data_bucket=storage.bucket.bucket_name,
                data_key=key,
                group_name=self.housing_models.group_name,
                feature_group_name=features.feature_group_name,
                compute=ComputeResources(
                    instance_type=settings.processing.instance_type,
                    volume_size_gib=settings.processing.volume_size_gib,
                ),
                training_compute=ComputeResources(
                    instance_type=settings.training.instance_type,
                    instance_count=settings.training.instance_count,
                    volume_size_gib=settings.training.volume_size_gib,
                ),
                max_runtime_seconds=settings.training.max_runtime_minutes * 60,
            )
        )
        pipeline = SageMakerPipeline(
            self,
            "HousingRay",
            definition=definition,
            pipeline_name=self.own_name(housing_ray.NAME),
            alarm_topic=alarms,
        )
        ingestion, preparation = (
            pipeline.job_roles[step] for step in (housing_ray.INGESTION, housing_ray.PREPROCESSING)
        )
        features.grants.describe(ingestion)
        features.grants.put_records(ingestion)
        further_policy(self, "OfflineStoreReads", role=preparation, statements=_offline_store_reads(storage))
        CfnOutput(self, "WorkflowHousingRayPipelineArn", value=pipeline.pipeline_arn)
        CfnOutput(self, "HousingRayRawDataUri", value=raw_data_uri)
        CfnOutput(self, "HousingRayFeatureGroupName", value=features.feature_group_name)
        CfnOutput(self, "HousingRayModelPackageGroupName", value=self.housing_models.group_name)
        return pipeline

    def _workflow(
        self, name: str, definition: WorkflowDefinition, storage: Storage, alarms: AlarmTopic
    ) -> StepFunctionsWorkflow:
        workflow = StepFunctionsWorkflow(
            self,
            name,
            definition=definition,
            alarm_topic=alarms,
            encryption_key=storage.encryption_key,
            log_retention=self.log_retention,
            removal_policy=self.removal_policy,
        )
        CfnOutput(self, f"Workflow{name}StateMachineArn", value=workflow.state_machine_arn)
        return workflow


def _offline_store_reads(storage: Storage) -> list[Statement]:
    """What reading the Parquet files of a feature group's offline store takes, beside the bucket's key."""
    prefix = f"{housing_ray.STORE_PREFIX}/*"
    return [
        Statement(
            actions=["s3:GetObject"],
            resources=[storage.bucket.arn_for_objects(prefix)],
            reason="Feature Store names the files of the offline store",
        ),
        Statement(
            actions=["s3:ListBucket"],
            resources=[storage.bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": [prefix]}},
        ),
    ]
