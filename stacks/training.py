"""The stack of training: the data, and the workflows that train and deploy models."""

from aws_cdk import CfnOutput
from constructs import Construct

from constructs_lib.definitions import ComputeResources, WorkflowDefinition
from constructs_lib.environments.files import SourceFiles
from constructs_lib.environments.settings import EnvironmentSettings
from constructs_lib.environments.storage import Storage, StorageLifecycle
from constructs_lib.events.delivery import Delivery
from constructs_lib.events.targets import NotificationTarget
from constructs_lib.images.build import ContainerBuild
from constructs_lib.monitoring.alarms import AlarmTopic
from constructs_lib.state_machines.workflow import StepFunctionsWorkflow
from stacks.containers import ContainersStack
from stacks.environment import EnvironmentStack
from workflows.byoc_housing.definition import HousingSettings, byoc_housing
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
    ``SklearnProcessingRawDataUri`` (where its CSV files are put).
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
        alarms = AlarmTopic(self, "Alarms", encryption_key=storage.encryption_key, email=settings.notification_email)
        self.byoc_housing = self._byoc_housing(settings, storage, alarms, containers.byoc_housing)
        """The workflow `byoc-housing`."""
        self.sklearn_processing = self._sklearn_processing(settings, storage, alarms, containers.sklearn_processing)
        """The workflow `sklearn-processing`."""
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
