"""The step that puts a model on an endpoint which others share."""

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import frozen

from constructs_lib.definitions.freezing import NO_MEMBERS, freeze_fields
from constructs_lib.definitions.members import present
from constructs_lib.definitions.needs import ApiAccess, Need
from constructs_lib.definitions.outputs import OperationOutput, Output
from constructs_lib.definitions.steps.base import TaskStep, sagemaker_tags
from constructs_lib.definitions.steps.integrations import Integration
from constructs_lib.definitions.values import Number, Text, Whole


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class InferenceComponentStep(TaskStep):
    """Creates an inference component, or updates the one of that name: a model on an endpoint that models share.

    Its output is the response of DescribeInferenceComponent: ``step.output("InferenceComponentArn")``. Only SageMaker
    Pipelines waits for it.

    Args:
        component_name: 1 to 63 letters, digits and inner hyphens.
        endpoint_name: of the endpoint.
        model_name: of the model, such as ``model_step.model_name``.
        min_memory_mb: that a copy of the model needs; at least 128.
        cpu_cores: that a copy needs. Default: not said.
        accelerators: that a copy needs. Default: none.
        copies: of the model. Default: one.
        variant_name: of the endpoint. Default: ``AllTraffic``.
        tags: of the component. Default: none.
    """

    kind: ClassVar[str] = "Inference component"
    pipeline_type: ClassVar[str | None] = "InferenceComponent"
    only_in_pipelines: ClassVar[bool] = True
    name_member: ClassVar[str | None] = "InferenceComponentName"

    component_name: Text
    endpoint_name: Text
    model_name: Text
    min_memory_mb: Whole
    cpu_cores: Number | None = None
    accelerators: Number | None = None
    copies: Whole = 1
    variant_name: Text = "AllTraffic"
    tags: Mapping[str, Text] = NO_MEMBERS

    @property
    def integration(self) -> Integration:
        """The call that the step makes."""
        return Integration(service="sagemaker", action="createInferenceComponent", sdk=True)

    @property
    def response(self) -> Output:
        """What the step gives back."""
        return OperationOutput(service="sagemaker", operation="DescribeInferenceComponent")

    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make."""
        resources = {
            "NumberOfCpuCoresRequired": self.cpu_cores,
            "NumberOfAcceleratorDevicesRequired": self.accelerators,
            "MinMemoryRequiredInMb": self.min_memory_mb,
        }
        return {
            "InferenceComponentName": self.component_name,
            "EndpointName": self.endpoint_name,
            "VariantName": self.variant_name,
            "Specification": {"ModelName": self.model_name, "ComputeResourceRequirements": present(resources)},
            "RuntimeConfig": {"CopyCount": self.copies},
            "Tags": sagemaker_tags(self.tags),
        }

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""
        requests = ["sagemaker:CreateInferenceComponent", "sagemaker:UpdateInferenceComponent"]
        create = ["sagemaker:CreateInferenceComponent"]
        return (
            ApiAccess(actions=requests, resource_type="inference-component", name=self.component_name),
            ApiAccess(actions=create, resource_type="endpoint", name=self.endpoint_name),
        )
