"""The step that makes a model of a version in the model registry."""

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import Factory, field, frozen

from constructs_lib.definitions.compute import NetworkConfig
from constructs_lib.definitions.freezing import NO_MEMBERS, freeze_fields
from constructs_lib.definitions.members import present
from constructs_lib.definitions.needs import ApiAccess, JoinNetwork, Need, PublishMetrics, WriteLogs
from constructs_lib.definitions.outputs import OperationOutput, Output
from constructs_lib.definitions.steps.base import JobStep, name_from, sagemaker_tags
from constructs_lib.definitions.steps.integrations import Integration
from constructs_lib.definitions.values import Text, UniqueName


def _model_name(step: "RegisteredModelStep") -> Text:
    return UniqueName(name_from(step.name))


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class RegisteredModelStep(JobStep):
    """Creates a SageMaker model of a registered version: the registry tells its image, its artifact and its variables.

    The version must be approved. Its output is the response of CreateModel: ``step.output("ModelArn")``. The model
    stays when the workflow ends; it costs nothing until an endpoint or a transform job runs it.

    Args:
        model_package_arn: the version, such as ``register.output("ModelPackageArn")`` or an execution input.
        role: what the model runs under. It must be allowed to pull the version's image and to read its artifact, which
            the workflow cannot know: a role that is made for the step may only log and publish metrics.
        environment: variables of the container, which count more than those of the version. Default: none.
        network: Default: no VPC.
        model_name: 1 to 63 letters, digits and inner hyphens, unique in the account and region. Default: the step's
            name and a hash of the execution's ARN (see `UniqueName`).
        tags: of the model. Default: none.
    """

    kind: ClassVar[str] = "RegisteredModel"
    name_member: ClassVar[str | None] = "ModelName"
    role_member: ClassVar[str] = "ExecutionRoleArn"

    model_package_arn: Text
    environment: Mapping[str, Text] = NO_MEMBERS
    network: NetworkConfig = field(default=NetworkConfig())
    model_name: Text = Factory(_model_name, takes_self=True)
    tags: Mapping[str, Text] = NO_MEMBERS

    @property
    def integration(self) -> Integration:
        """The call that the step makes."""
        return Integration(service="sagemaker", action="createModel")

    @property
    def response(self) -> Output:
        """What the step gives back."""
        return OperationOutput(service="sagemaker", operation="CreateModel")

    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make."""
        container = {"ModelPackageName": self.model_package_arn, "Environment": self.environment or None}
        return {
            "ModelName": self.model_name,
            "PrimaryContainer": present(container),
            "EnableNetworkIsolation": self.network.isolated,
            "VpcConfig": self.network.vpc_config(),
            "Tags": sagemaker_tags(self.tags),
        }

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""
        actions = ["sagemaker:CreateModel", *(["sagemaker:AddTags"] if self.tags else [])]
        return (ApiAccess(actions=actions, resource_type="model", name=self.model_name), *self.role_needs)

    @property
    def job_needs(self) -> tuple[Need, ...]:
        """What the model's role must be allowed to do while an endpoint serves it, as far as the workflow knows."""
        needs: list[Need] = [
            WriteLogs(log_group="/aws/sagemaker/Endpoints/*"),
            PublishMetrics(namespaces=["/aws/sagemaker/Endpoints", "AWS/SageMaker"]),
        ]
        if self.network.subnets:
            needs.append(JoinNetwork(subnets=self.network.subnets, security_groups=self.network.security_groups))
        return tuple(needs)
