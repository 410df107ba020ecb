"""The step that makes a model of an image and a trained artifact, or of several."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from attrs import Factory, field, frozen

from constructs_lib.definitions.compute import ContainerImage, NetworkConfig
from constructs_lib.definitions.freezing import NO_MEMBERS, freeze_fields
from constructs_lib.definitions.model_containers import ModelContainer
from constructs_lib.definitions.needs import ApiAccess, JoinNetwork, Need, PublishMetrics, WriteLogs
from constructs_lib.definitions.outputs import OperationOutput, Output
from constructs_lib.definitions.steps.base import JobStep, name_from, sagemaker_tags
from constructs_lib.definitions.steps.integrations import Integration
from constructs_lib.definitions.values import Text, UniqueName


def _model_name(step: "ModelStep") -> Text:
    return UniqueName(name_from(step.name))


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class ModelStep(JobStep):
    """Creates a SageMaker model: an image, the artifact it serves, and the role that it runs under.

    Its output is the response of CreateModel: ``step.output("ModelArn")``. The model stays when the workflow ends; it
    costs nothing until an endpoint or a transform job runs it.

    Args:
        image: the inference container, by digest where what is served must be known. Default: `containers` has them.
        model_data_uri: ``model.tar.gz`` in S3, such as ``train.output("ModelArtifacts.S3ModelArtifacts")``.
            Default: the image holds the model.
        model_data_kms_key: ARN of the key that encrypts it. Default: that of the training step whose output it is.
        environment: variables of the container. Default: none.
        containers: in place of all these, the containers of a model that has several; 2 to 15. Default: one.
        execution: ``Serial`` sends a request through all containers, one after the other; in ``Direct`` it names the
            one that it is for. Default: serial.
        network: Default: no VPC.
        model_name: 1 to 63 letters, digits and inner hyphens, unique in the account and region. Default: the step's
            name and a hash of the execution's ARN (see `UniqueName`).
        tags: of the model. Default: none.
    """

    kind: ClassVar[str] = "Model"
    pipeline_type: ClassVar[str | None] = "Model"
    named_by_pipelines: ClassVar[bool] = True
    retried_by_pipelines: ClassVar[bool] = True
    name_member: ClassVar[str | None] = "ModelName"
    role_member: ClassVar[str] = "ExecutionRoleArn"

    image: Text | ContainerImage | None = None
    model_data_uri: Text | None = None
    model_data_kms_key: Text | None = None
    environment: Mapping[str, Text] = NO_MEMBERS
    containers: Sequence[ModelContainer] = ()
    execution: Literal["Serial", "Direct"] = "Serial"
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

    @property
    def pipeline_response(self) -> Output | None:
        """What the step gives back in SageMaker Pipelines."""
        return OperationOutput(service="sagemaker", operation="DescribeModel")

    @property
    def all_containers(self) -> tuple[ModelContainer, ...]:
        """The containers of the model, whichever properties tell them."""
        if self.image is None:
            return tuple(self.containers)
        single = ModelContainer(
            image=self.image,
            model_data_uri=self.model_data_uri,
            model_data_kms_key=self.model_data_kms_key,
            environment=self.environment,
        )
        return (single, *self.containers)

    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make."""
        containers = [container.document for container in self.all_containers]
        return {
            "ModelName": self.model_name,
            "PrimaryContainer": containers[0] if self.image is not None else None,
            "Containers": containers if self.image is None else None,
            "InferenceExecutionConfig": {"Mode": "Direct"} if self.execution == "Direct" else None,
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
        """What the model's role must be allowed to do while an endpoint serves it."""
        needs: list[Need] = [
            *(container.pulled for container in self.all_containers),
            WriteLogs(log_group="/aws/sagemaker/Endpoints/*"),
            PublishMetrics(namespaces=["/aws/sagemaker/Endpoints", "AWS/SageMaker"]),
            *(need for container in self.all_containers for need in container.read),
        ]
        if self.network.subnets:
            needs.append(JoinNetwork(subnets=self.network.subnets, security_groups=self.network.security_groups))
        return tuple(needs)
