"""The step that registers a model in the model registry."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from attrs import frozen

from constructs_lib.definitions.compute import ContainerImage
from constructs_lib.definitions.freezing import NO_MEMBERS, freeze_fields
from constructs_lib.definitions.members import present
from constructs_lib.definitions.model_containers import ModelContainer, RegisteredContainer
from constructs_lib.definitions.needs import ApiAccess, Need
from constructs_lib.definitions.outputs import OperationOutput, Output
from constructs_lib.definitions.steps.base import TaskStep, sagemaker_tags
from constructs_lib.definitions.steps.integrations import Integration
from constructs_lib.definitions.tokens import is_token
from constructs_lib.definitions.values import Join, Text


@frozen(kw_only=True)
class MetricsFile:
    """A report of metrics in S3.

    Args:
        uri: of the file.
        content_type: Default: ``application/json``.
    """

    uri: Text
    content_type: Text = "application/json"


@frozen(kw_only=True)
class ModelMetrics:
    """What is known of a registered model. Default of each: nothing.

    Args:
        model_statistics: how well it predicts.
        model_constraints: how well it must predict.
        data_statistics: what its data are like.
        data_constraints: what its data must be like.
        bias_report: how it treats groups.
        explainability_report: what its predictions depend on.
    """

    model_statistics: MetricsFile | None = None
    model_constraints: MetricsFile | None = None
    data_statistics: MetricsFile | None = None
    data_constraints: MetricsFile | None = None
    bias_report: MetricsFile | None = None
    explainability_report: MetricsFile | None = None


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class RegisterModelStep(TaskStep):
    """Registers a model: a new version in a model package group, waiting for approval unless it says otherwise.

    Its output is the response of CreateModelPackage, in SageMaker Pipelines that of DescribeModelPackage:
    ``step.output("ModelPackageArn")``. The version stays when the workflow ends; it costs nothing.

    Args:
        group_name: of the model package group. A pipeline makes a group that is not there, unless the name is a
            token (of a group of the app); a state machine does not.
        content_types: what the model takes, such as ``text/csv``; at least one.
        response_types: what it answers with, such as ``text/csv``; at least one.
        image: the inference container, by digest where what is served must be known. Default: `containers` has them.
        model_data_uri: ``model.tar.gz`` in S3. Default: the image holds the model.
        inference_instances: types of instances that an endpoint may run on. Default: not said.
        transform_instances: types of instances that transform jobs may run on. Default: not said.
        approval_status: ``PendingManualApproval``, ``Approved`` or ``Rejected``. Default: somebody has to approve it.
        metrics: what is known of the model. Default: nothing.
        environment: variables of the container. Default: none.
        framework: of the container, such as ``XGBOOST``. Default: not said.
        framework_version: of it. Default: not said.
        containers: in place of the container's properties, those of a model that has several; 2 to 15. Default: one.
        domain: ``COMPUTER_VISION``, ``NATURAL_LANGUAGE_PROCESSING`` or ``MACHINE_LEARNING``. Default: not said.
        task: what the model does, such as ``REGRESSION``. Default: not said.
        sample_payload_uri: an archive in S3 with requests to try the model with. Default: none.
        description: of the version. Default: none.
        customer_metadata: texts that are kept with the version. Default: none.
        tags: of the version; the service takes them only for versions in no group. Default: none.
    """

    kind: ClassVar[str] = "Model package"
    pipeline_type: ClassVar[str | None] = "RegisterModel"
    retried_by_pipelines: ClassVar[bool] = True

    group_name: Text
    content_types: Sequence[Text]
    response_types: Sequence[Text]
    image: Text | ContainerImage | None = None
    model_data_uri: Text | None = None
    inference_instances: Sequence[Text] = ()
    transform_instances: Sequence[Text] = ()
    approval_status: Text = "PendingManualApproval"
    metrics: ModelMetrics | None = None
    environment: Mapping[str, Text] = NO_MEMBERS
    framework: Text | None = None
    framework_version: Text | None = None
    containers: Sequence[ModelContainer] = ()
    domain: Text | None = None
    task: Text | None = None
    sample_payload_uri: Text | None = None
    description: Text | None = None
    customer_metadata: Mapping[str, Text] = NO_MEMBERS
    tags: Mapping[str, Text] = NO_MEMBERS

    @property
    def integration(self) -> Integration:
        """The call that the step makes."""
        return Integration(service="sagemaker", action="createModelPackage", sdk=True)

    @property
    def response(self) -> Output:
        """What the step gives back."""
        return OperationOutput(service="sagemaker", operation="CreateModelPackage")

    @property
    def pipeline_response(self) -> Output | None:
        """What the step gives back in SageMaker Pipelines."""
        return OperationOutput(service="sagemaker", operation="DescribeModelPackage")

    @property
    def all_containers(self) -> tuple[ModelContainer, ...]:
        """The containers of the model, whichever properties tell them."""
        if self.image is None:
            return tuple(self.containers)
        single = RegisteredContainer(
            image=self.image,
            model_data_uri=self.model_data_uri,
            environment=self.environment,
            framework=self.framework,
            framework_version=self.framework_version,
        )
        return (single, *self.containers)

    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make."""
        inference = {
            "Containers": [container.document for container in self.all_containers],
            "SupportedContentTypes": list(self.content_types),
            "SupportedResponseMIMETypes": list(self.response_types),
            "SupportedRealtimeInferenceInstanceTypes": list(self.inference_instances) or None,
            "SupportedTransformInstanceTypes": list(self.transform_instances) or None,
        }
        return {
            "ModelPackageGroupName": self.group_name,
            "ModelPackageDescription": self.description,
            "InferenceSpecification": present(inference),
            "ModelApprovalStatus": self.approval_status,
            "Domain": self.domain,
            "Task": self.task,
            "SamplePayloadUrl": self.sample_payload_uri,
            "ModelMetrics": None if self.metrics is None else _metrics(self.metrics),
            "CustomerMetadataProperties": self.customer_metadata or None,
            "Tags": sagemaker_tags(self.tags),
        }

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""
        actions = ["sagemaker:CreateModelPackage", *(["sagemaker:AddTags"] if self.tags else [])]
        versions = Join("/", [self.group_name, "*"])
        return (
            ApiAccess(actions=actions, resource_type="model-package-group", name=self.group_name),
            ApiAccess(actions=actions, resource_type="model-package", name=versions),
        )

    def pipeline_needs(self, *, custom_prefix: bool) -> tuple[Need, ...]:
        """What the role of a pipeline must be allowed to do for the step."""
        needs = [
            *super().pipeline_needs(custom_prefix=custom_prefix),
            ApiAccess(
                actions=["sagemaker:AddTags", "sagemaker:DescribeModelPackage"],
                resource_type="model-package",
                name=Join("/", [self.group_name, "*"]),
            ),
        ]
        if not is_token(self.group_name):
            # the app may not have the group: SageMaker makes one that is not there
            make = ["sagemaker:CreateModelPackageGroup"]
            needs.append(ApiAccess(actions=make, resource_type="model-package-group", name=self.group_name))
        return tuple(needs)


def _metrics(metrics: ModelMetrics) -> dict[str, Any]:
    groups = {
        "ModelQuality": {"Statistics": metrics.model_statistics, "Constraints": metrics.model_constraints},
        "ModelDataQuality": {"Statistics": metrics.data_statistics, "Constraints": metrics.data_constraints},
        "Bias": {"Report": metrics.bias_report},
        "Explainability": {"Report": metrics.explainability_report},
    }
    found = {
        group: {
            name: {"ContentType": given.content_type, "S3Uri": given.uri}
            for name, given in files.items()
            if given is not None
        }
        for group, files in groups.items()
    }
    return {group: files for group, files in found.items() if files}
