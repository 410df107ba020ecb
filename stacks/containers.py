"""The stack of the container images: where they are kept, and what builds them."""

from pathlib import Path

from aws_cdk import CfnOutput
from constructs import Construct

from constructs_lib.environments.settings import EnvironmentSettings
from constructs_lib.environments.storage import Storage, StorageLifecycle
from constructs_lib.images.build import ContainerBuild
from constructs_lib.images.repository import ImageRepository
from constructs_lib.images.source import BuildSettings
from stacks.environment import EnvironmentStack

_WORKFLOWS = Path(__file__).resolve().parent.parent / "workflows"


class ContainersStack(EnvironmentStack):
    """Repository and build of each workflow's container.

    Outputs: ``ArtifactBucketName``, and for the container of `byoc-housing` ``ByocHousingImageRepositoryUri``,
    ``ByocHousingBuildProjectName`` and ``ByocHousingBuilderFunctionName``.
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: EnvironmentSettings) -> None:
        """Defines the stack.

        Args:
            scope: the environment.
            construct_id: what the stack is called in it.
            settings: of the environment.
        """
        super().__init__(scope, construct_id, settings=settings, description="container images and their builds")
        storage = Storage(
            self,
            "Artifacts",
            lifecycle=StorageLifecycle(noncurrent_version_days=settings.retention.noncurrent_version_days),
            removal_policy=self.removal_policy,
        )
        self.byoc_housing = ContainerBuild(
            self,
            "ByocHousingBuild",
            source=_WORKFLOWS / "byoc_housing" / "container",
            repository=ImageRepository(
                self,
                "ByocHousingImages",
                encryption_key=storage.encryption_key,
                image_count=settings.retention.image_count,
                removal_policy=self.removal_policy,
            ),
            settings=BuildSettings(
                compute_type=settings.build.compute_type, timeout_minutes=settings.build.timeout_minutes
            ),
            storage=storage,
            log_retention=self.log_retention,
            removal_policy=self.removal_policy,
        )
        """The build of the container of `byoc-housing`."""
        build = self.byoc_housing
        CfnOutput(self, "ArtifactBucketName", value=storage.bucket.bucket_name)
        CfnOutput(self, "ByocHousingImageRepositoryUri", value=build.repository.repository.repository_uri)
        CfnOutput(self, "ByocHousingBuildProjectName", value=build.project.ref)
        CfnOutput(self, "ByocHousingBuilderFunctionName", value=build.builder_function.function_name)
