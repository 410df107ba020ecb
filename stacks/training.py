"""The stack of training: the data, and the workflows that train and deploy models."""

from aws_cdk import CfnOutput
from constructs import Construct

from constructs_lib.definitions import ComputeResources
from constructs_lib.environments.settings import EnvironmentSettings
from constructs_lib.environments.storage import Storage, StorageLifecycle
from constructs_lib.monitoring.alarms import AlarmTopic
from constructs_lib.state_machines.workflow import StepFunctionsWorkflow
from stacks.containers import ContainersStack
from stacks.environment import EnvironmentStack
from workflows.byoc_housing.definition import HousingSettings, byoc_housing


class TrainingStack(EnvironmentStack):
    """Data, workflows and the topic of their alarms.

    Outputs: ``WorkflowByocHousingStateMachineArn``, ``DataBucketName``, ``TrainingDataUri`` (where its CSV files are
    put; those held out lie under ``validation/`` beside it), ``ModelOutputUri``, ``CaptureUri`` and ``AlarmTopicArn``.
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
        build = containers.byoc_housing
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
        self.byoc_housing = StepFunctionsWorkflow(
            self,
            "ByocHousing",
            definition=byoc_housing(housing),
            alarm_topic=alarms,
            encryption_key=storage.encryption_key,
            log_retention=self.log_retention,
            removal_policy=self.removal_policy,
        )
        """The workflow `byoc-housing`."""
        CfnOutput(self, "WorkflowByocHousingStateMachineArn", value=self.byoc_housing.state_machine_arn)
        CfnOutput(self, "DataBucketName", value=storage.bucket.bucket_name)
        CfnOutput(self, "TrainingDataUri", value=housing.training_data_uri)
        CfnOutput(self, "ModelOutputUri", value=housing.output_uri)
        CfnOutput(self, "CaptureUri", value=housing.capture_uri)
        CfnOutput(self, "AlarmTopicArn", value=alarms.topic.topic_arn)
