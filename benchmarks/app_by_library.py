"""The environment of `app_by_hand`, the workflow `byoc-housing` alone, written with the library."""

from pathlib import Path

from aws_cdk import CfnOutput
from constructs import Construct

from constructs_lib import (
    AlarmTopic,
    BuildSettings,
    ComputeResources,
    ContainerBuild,
    ImageRepository,
    StepFunctionsWorkflow,
    Storage,
    StorageLifecycle,
)
from constructs_lib.environments.settings import EnvironmentSettings
from stacks.environment import EnvironmentStack
from workflows.byoc_housing.definition import HousingSettings, byoc_housing

ROOT = Path(__file__).resolve().parents[1]


class Containers(EnvironmentStack):
    """The image and its build."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: EnvironmentSettings) -> None:
        super().__init__(scope, construct_id, settings=settings, description="container images and their builds")
        storage = Storage(
            self, "Artifacts", lifecycle=StorageLifecycle(noncurrent_version_days=7), removal_policy=self.removal_policy
        )
        self.build = ContainerBuild(
            self,
            "Build",
            source=ROOT / "workflows" / "byoc_housing" / "container",
            repository=ImageRepository(
                self, "Images", encryption_key=storage.encryption_key, removal_policy=self.removal_policy
            ),
            settings=BuildSettings(compute_type=settings.build.compute_type),
            storage=storage,
            log_retention=self.log_retention,
            removal_policy=self.removal_policy,
        )
        CfnOutput(self, "ArtifactBucketName", value=storage.bucket.bucket_name)
        CfnOutput(self, "ImageRepositoryUri", value=self.build.repository.repository.repository_uri)
        CfnOutput(self, "BuildProjectName", value=self.build.project.ref)
        CfnOutput(self, "BuilderFunctionName", value=self.build.builder_function.function_name)


class Training(EnvironmentStack):
    """Data, the workflow, and the topic of its alarms."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: EnvironmentSettings, containers: Containers
    ) -> None:
        super().__init__(scope, construct_id, settings=settings, description="data and training workflows")
        storage = Storage(
            self, "Data", lifecycle=StorageLifecycle(noncurrent_version_days=7), removal_policy=self.removal_policy
        )
        alarms = AlarmTopic(self, "Alarms", encryption_key=storage.encryption_key)
        housing = HousingSettings(
            builder_function_arn=containers.build.builder_function.function_arn,
            repository_arn=containers.build.repository.repository.repository_arn,
            training_data_uri=storage.uri("byoc-housing/data/training/"),
            validation_data_uri=storage.uri("byoc-housing/data/validation/"),
            output_uri=storage.uri("byoc-housing/output/"),
            capture_uri=storage.uri("byoc-housing/capture/"),
            data_key=storage.encryption_key.key_arn,
            training_compute=ComputeResources(instance_type=settings.training.instance_type),
        )
        workflow = StepFunctionsWorkflow(
            self,
            "Workflow",
            definition=byoc_housing(housing),
            alarm_topic=alarms,
            encryption_key=storage.encryption_key,
            log_retention=self.log_retention,
            removal_policy=self.removal_policy,
        )
        CfnOutput(self, "StateMachineArn", value=workflow.state_machine_arn)
        CfnOutput(self, "DataBucketName", value=storage.bucket.bucket_name)
        CfnOutput(self, "TrainingDataUri", value=housing.training_data_uri)
        CfnOutput(self, "ModelOutputUri", value=housing.output_uri)
        CfnOutput(self, "CaptureUri", value=housing.capture_uri)
        CfnOutput(self, "AlarmTopicArn", value=alarms.topic.topic_arn)
