"""The step that has a container image built."""

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import field, frozen

from constructs_lib.definitions.compute import ContainerImage
from constructs_lib.definitions.freezing import NO_MEMBERS, freeze_fields
from constructs_lib.definitions.members import present
from constructs_lib.definitions.needs import InvokeFunction, Need
from constructs_lib.definitions.outputs import DeclaredOutput, Output
from constructs_lib.definitions.steps.base import TaskStep
from constructs_lib.definitions.steps.integrations import Integration
from constructs_lib.definitions.values import TASK_TOKEN, Text, Whole


@frozen(kw_only=True, field_transformer=freeze_fields)
class BuildOverrides:
    """What one build does otherwise than the project; each difference gives another image.

    Args:
        files: texts that replace or join the source's files, by path. Default: the source as deployed.
        environment: variables for the build. Default: the project's.
        dockerfile: path of the Dockerfile in the source. Default: the project's.
        timeout_minutes: the build fails after that time; 5 to 480. Default: the project's.
    """

    files: Mapping[str, Text] = NO_MEMBERS
    environment: Mapping[str, Text] = NO_MEMBERS
    dockerfile: Text | None = None
    timeout_minutes: Whole | None = None

    def document(self) -> dict[str, Any]:
        """The overrides as the builder function takes them."""
        members = {
            "Files": self.files or None,
            "Environment": self.environment or None,
            "Dockerfile": self.dockerfile,
            "TimeoutInMinutes": self.timeout_minutes,
        }
        return present(members)


@frozen(kw_only=True, eq=False, slots=False)
class ContainerBuildStep(TaskStep):
    """Has the image of a `ContainerBuild` built, unless it exists.

    The builder function starts the build and leaves; the state waits until the build's end is reported.

    Outputs: ``ImageUri`` (by digest), ``ImageDigest``, ``ImageTag`` (hash of the content), ``BuildId`` (null
    where no build was needed) and ``Reused``. A failed build fails the step with ``ContainerBuildFailed``.

    Args:
        function_arn: ARN of the builder function.
        repository_arn: ARN of the ECR repository, from which jobs that use the image get the right to pull.
        overrides: differences from the project. Default: none.
        timeout_seconds: Default: two hours; it should be above the project's own limits.
    """

    kind: ClassVar[str] = "Container build"

    function_arn: Text
    repository_arn: Text
    overrides: BuildOverrides = field(factory=BuildOverrides)
    timeout_seconds: int | None = 7200

    @property
    def integration(self) -> Integration:
        """The call that the step makes."""
        return Integration(service="lambda", action="invoke", pattern="callback")

    @property
    def response(self) -> Output:
        """What the step gives back."""
        return DeclaredOutput(
            members={
                "BuildId": "string",
                "ImageDigest": "string",
                "ImageTag": "string",
                "ImageUri": "string",
                "Reused": "boolean",
            }
        )

    @property
    def documents(self) -> frozenset[str]:
        """Members of the request that are JSON of any form."""
        return frozenset({"Payload"})

    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make."""
        payload = {"TaskToken": TASK_TOKEN, "Overrides": self.overrides.document() or None}
        return {"FunctionName": self.function_arn, "Payload": present(payload)}

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""
        return (InvokeFunction(function_arn=self.function_arn),)

    @property
    def image(self) -> ContainerImage:
        """The image that was built or found, by digest, for use in later steps."""
        return ContainerImage(uri=self.output("ImageUri"), repository_arn=self.repository_arn)
