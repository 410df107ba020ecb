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

    Outputs: ``ArtifactBucketName``, and for each workflow's container such as ``ByocHousingImageRepositoryUri``,
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
        CfnOutput(self, "ArtifactBucketName", value=storage.bucket.bucket_name)
        self.byoc_housing = self._build("ByocHousing", "byoc_housing", settings, storage)
        """The build of the container of `byoc-housing`."""
        self.sklearn_processing = self._build("SklearnProcessing", "sklearn_processing", settings, storage)
        """The build of the container of `sklearn-processing`."""
        self.housing_ray = self._build("HousingRay", "housing_ray", settings, storage, for_pipelines=True)
        """The build of the container of `housing-ray`, which a callback step of its pipeline asks for."""

    def _build(
        self,
        name: str,
        workflow: str,
        settings: EnvironmentSettings,
        storage: Storage,
        *,
        for_pipelines: bool = False,
    ) -> ContainerBuild:
        build = ContainerBuild(
            self,
            f"{name}Build",
            source=_WORKFLOWS / workflow / "container",
            repository=ImageRepository(
                self,
                f"{name}Images",
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
            for_pipelines=for_pipelines,
        )
        CfnOutput(self, f"{name}ImageRepositoryUri", value=build.repository.repository.repository_uri)
        CfnOutput(self, f"{name}BuildProjectName", value=build.project.ref)
        CfnOutput(self, f"{name}BuilderFunctionName", value=build.builder_function.function_name)
        return build
