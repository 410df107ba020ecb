"""Amazon SageMaker: models, endpoint configurations, endpoints, model packages and their groups."""

from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.cloudformation.errors import ResourceError
from local_aws.cloudformation.resources.feature_groups import FeatureGroupProvider
from local_aws.cloudformation.resources.pipelines import PipelineProvider
from local_aws.cloudformation.resources.provider import (
    Provider,
    ResourceScope,
    Schema,
    changed_properties,
    tag_changes,
    tag_list,
    tags_of,
)
from local_aws.cloudformation.resources.shapes import json_text, only, request, shape_problems, without

_SERVICE = "sagemaker"


def _name_of(arn: str) -> str:
    return arn.rpartition("/")[2]


class _NamedProvider(Provider):
    """What the types share: Create, Delete, tags, a name, and an ARN that is the physical id.

    Attributes:
        kind: as in CreateModel.
        delete_method: the client's method for removal.
        own_calls: properties that are not part of the Create request.
    """

    kind: str
    delete_method: str
    create_method: str
    own_calls: frozenset[str] = frozenset({"Tags"})

    def problems(self, properties: Mapping[str, Any]) -> Iterator[str]:
        """Adds: nested members that SageMaker does not know."""
        yield from super().problems(properties)
        known = {name: value for name, value in properties.items() if name in self.schema.properties}
        yield from shape_problems(_SERVICE, f"Create{self.kind}", without(known, *self.own_calls))

    def make(self, scope: ResourceScope, properties: Mapping[str, Any]) -> str:
        """Calls Create; gives the ARN."""
        arguments = without(properties, *self.own_calls) | {
            f"{self.kind}Name": properties.get(f"{self.kind}Name") or scope.name(63),
            "Tags": tag_list(tags_of(properties)),
        }
        method = getattr(scope.client(_SERVICE), self.create_method)
        answer = method(**request(_SERVICE, f"Create{self.kind}", arguments))
        return scope.created(str(answer[f"{self.kind}Arn"]))

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes it."""
        return self.make(scope, properties)

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes the tags."""
        client = scope.client(_SERVICE)
        added, removed = tag_changes(old, new)
        if removed:
            client.delete_tags(ResourceArn=physical_id, TagKeys=removed)
        if added:
            client.add_tags(ResourceArn=physical_id, Tags=tag_list(added))
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes it."""
        del properties
        getattr(scope.client(_SERVICE), self.delete_method)(**{f"{self.kind}Name": _name_of(physical_id)})

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """ARN and name."""
        del scope, properties
        return {f"{self.kind}Arn": physical_id, f"{self.kind}Name": _name_of(physical_id)}


class ModelProvider(_NamedProvider):
    """A model."""

    type = "AWS::SageMaker::Model"
    kind = "Model"
    create_method = "create_model"
    delete_method = "delete_model"
    schema = Schema.of(
        "Containers EnableNetworkIsolation ExecutionRoleArn InferenceExecutionConfig ModelName PrimaryContainer Tags "
        "VpcConfig",
        create_only="Containers EnableNetworkIsolation ExecutionRoleArn InferenceExecutionConfig ModelName "
        "PrimaryContainer VpcConfig",
        attributes="ModelArn ModelName",
        name="ModelName",
    )


class EndpointConfigProvider(_NamedProvider):
    """An endpoint configuration."""

    type = "AWS::SageMaker::EndpointConfig"
    kind = "EndpointConfig"
    create_method = "create_endpoint_config"
    delete_method = "delete_endpoint_config"
    schema = Schema.of(
        "AsyncInferenceConfig DataCaptureConfig EnableNetworkIsolation EndpointConfigName ExecutionRoleArn "
        "ExplainerConfig KmsKeyId ProductionVariants ShadowProductionVariants Tags VpcConfig",
        required="ProductionVariants",
        create_only="AsyncInferenceConfig DataCaptureConfig EnableNetworkIsolation EndpointConfigName ExecutionRoleArn "
        "ExplainerConfig KmsKeyId ProductionVariants ShadowProductionVariants VpcConfig",
        attributes="EndpointConfigArn EndpointConfigName",
        name="EndpointConfigName",
    )


class EndpointProvider(_NamedProvider):
    """An endpoint; done once it is in service."""

    type = "AWS::SageMaker::Endpoint"
    kind = "Endpoint"
    create_method = "create_endpoint"
    delete_method = "delete_endpoint"
    own_calls = frozenset(
        {
            "DeploymentConfig", "ExcludeRetainedVariantProperties", "RetainAllVariantProperties",
            "RetainDeploymentConfig", "Tags",
        }
    )  # fmt: skip
    schema = Schema.of(
        "DeploymentConfig EndpointConfigName EndpointName ExcludeRetainedVariantProperties RetainAllVariantProperties "
        "RetainDeploymentConfig Tags",
        required="EndpointConfigName",
        create_only="EndpointName",
        attributes="EndpointArn EndpointName",
        name="EndpointName",
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the endpoint and waits for InService.

        Raises:
            ResourceError: it failed; with SageMaker's reason.
        """
        arn = self.make(scope, properties)
        self._settle(scope, arn)
        return arn

    def _settle(self, scope: ResourceScope, arn: str, wanted_config: str | None = None) -> None:
        state = self._at_rest(scope, arn)
        status, live = state["EndpointStatus"], state.get("EndpointConfigName")
        reason = state.get("FailureReason", "no reason given")
        if status != "InService":
            raise ResourceError(f"The endpoint {_name_of(arn)} is {status}: {reason}")
        if wanted_config not in {None, live}:
            raise ResourceError(f"The endpoint {_name_of(arn)} was rolled back to {live}: {reason}")

    def _at_rest(self, scope: ResourceScope, arn: str) -> dict[str, Any]:
        client = scope.client(_SERVICE)
        return scope.at_rest(
            lambda: client.describe_endpoint(EndpointName=_name_of(arn)),
            "EndpointStatus", "Creating", "Updating", "SystemUpdating", "RollingBack",
        )  # fmt: skip

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Puts the endpoint on another configuration, and waits until that one is live."""
        super().update(scope, physical_id, old, new)
        if "EndpointConfigName" in changed_properties(old, new):
            arguments = without(new, "Tags") | {"EndpointName": _name_of(physical_id)}
            scope.client(_SERVICE).update_endpoint(**request(_SERVICE, "UpdateEndpoint", arguments))
            self._settle(scope, physical_id, _name_of(str(new["EndpointConfigName"])))
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the endpoint and waits until it is gone; one whose creation was given up is made first."""
        self._at_rest(scope, physical_id)
        super().delete(scope, physical_id, properties)
        client = scope.client(_SERVICE)
        scope.until_absent(lambda: client.describe_endpoint(EndpointName=_name_of(physical_id)))


class InferenceComponentProvider(_NamedProvider):
    """An inference component; done once it is in service."""

    type = "AWS::SageMaker::InferenceComponent"
    kind = "InferenceComponent"
    create_method = "create_inference_component"
    delete_method = "delete_inference_component"
    # the endpoint's name says the same as its ARN; how an update is deployed is for updates alone
    own_calls = frozenset({"DeploymentConfig", "EndpointArn", "Tags"})
    schema = Schema.of(
        "DeploymentConfig EndpointArn EndpointName InferenceComponentName RuntimeConfig Specification Specifications "
        "Tags VariantName",
        required="EndpointName",
        # the schema has none of these, and no operation changes them
        create_only="EndpointArn EndpointName InferenceComponentName VariantName",
        attributes="CreationTime FailureReason InferenceComponentArn InferenceComponentStatus LastModifiedTime "
        "RuntimeConfig.CurrentCopyCount RuntimeConfig.DesiredCopyCount",
        name="InferenceComponentName",
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the component and waits for InService.

        Raises:
            ResourceError: it failed; with SageMaker's reason.
        """
        arn = self.make(scope, properties)
        self._settle(scope, arn)
        return arn

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes what is served and in how many copies, and waits until that is in service."""
        super().update(scope, physical_id, old, new)
        changed = changed_properties(old, new) & {"RuntimeConfig", "Specification", "Specifications"}
        if changed:
            arguments = only(new, *changed, "DeploymentConfig") | {"InferenceComponentName": _name_of(physical_id)}
            scope.client(_SERVICE).update_inference_component(
                **request(_SERVICE, "UpdateInferenceComponent", arguments)
            )
            self._settle(scope, physical_id)
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the component and waits until it is gone; one whose creation was given up is made first."""
        self._at_rest(scope, physical_id)
        super().delete(scope, physical_id, properties)
        scope.until_absent(lambda: self._described(scope, physical_id))

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """ARN, status, copies and times."""
        del properties
        found = self._described(scope, physical_id)
        return {
            **only(found, "FailureReason", "InferenceComponentArn", "InferenceComponentStatus"),
            **{name: str(found[name]) for name in ("CreationTime", "LastModifiedTime")},
            **{f"RuntimeConfig.{name}": count for name, count in found["RuntimeConfig"].items()},
        }

    def _settle(self, scope: ResourceScope, arn: str) -> None:
        found = self._at_rest(scope, arn)
        status = found["InferenceComponentStatus"]
        # after an update that failed, what served before is in service, with the reason
        if status != "InService" or "FailureReason" in found:
            reason = found.get("FailureReason", "no reason given")
            raise ResourceError(f"The inference component {_name_of(arn)} is {status}: {reason}")

    def _at_rest(self, scope: ResourceScope, arn: str) -> dict[str, Any]:
        return scope.at_rest(lambda: self._described(scope, arn), "InferenceComponentStatus", "Creating", "Updating")

    def _described(self, scope: ResourceScope, arn: str) -> dict[str, Any]:
        found: dict[str, Any] = scope.client(_SERVICE).describe_inference_component(
            InferenceComponentName=_name_of(arn)
        )
        return found


class ModelPackageGroupProvider(_NamedProvider):
    """A group of model packages: a registered model's versions."""

    type = "AWS::SageMaker::ModelPackageGroup"
    kind = "ModelPackageGroup"
    create_method = "create_model_package_group"
    delete_method = "delete_model_package_group"
    own_calls = frozenset({"ModelPackageGroupPolicy", "Tags"})
    schema = Schema.of(
        "ModelPackageGroupDescription ModelPackageGroupName ModelPackageGroupPolicy Tags",
        required="ModelPackageGroupName",
        create_only="ModelPackageGroupDescription ModelPackageGroupName",
        attributes="CreationTime ModelPackageGroupArn ModelPackageGroupStatus",
        name="ModelPackageGroupName",
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the group and sets its policy."""
        arn = self.make(scope, properties)
        self._set_policy(scope, arn, {}, properties)
        return arn

    def _set_policy(self, scope: ResourceScope, arn: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        if old.get("ModelPackageGroupPolicy") == new.get("ModelPackageGroupPolicy"):
            return
        client, name = scope.client(_SERVICE), _name_of(arn)
        if "ModelPackageGroupPolicy" in new:
            policy = json_text(new["ModelPackageGroupPolicy"])
            client.put_model_package_group_policy(ModelPackageGroupName=name, ResourcePolicy=policy)
        else:
            client.delete_model_package_group_policy(ModelPackageGroupName=name)

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes policy and tags."""
        self._set_policy(scope, physical_id, old, new)
        return super().update(scope, physical_id, old, new)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """ARN, status and time of creation."""
        del properties
        found = scope.client(_SERVICE).describe_model_package_group(ModelPackageGroupName=_name_of(physical_id))
        return {
            **only(found, "ModelPackageGroupArn", "ModelPackageGroupStatus"),
            "CreationTime": str(found.get("CreationTime", "")),
        }


class ModelPackageProvider(_NamedProvider):
    """A model package: a version of a group, or one that stands alone."""

    type = "AWS::SageMaker::ModelPackage"
    kind = "ModelPackage"
    create_method = "create_model_package"
    delete_method = "delete_model_package"
    # what only an update has, or AWS alone can say
    own_calls = frozenset(
        {
            "AdditionalInferenceSpecificationsToAdd", "ApprovalDescription",
            "ModelPackageStatusDetails", "ModelPackageVersion", "Tags",
        }
    )  # fmt: skip
    schema = Schema.of(
        "AdditionalInferenceSpecifications AdditionalInferenceSpecificationsToAdd ApprovalDescription "
        "CertifyForMarketplace ClientToken CustomerMetadataProperties Domain DriftCheckBaselines "
        "InferenceSpecification MetadataProperties ModelApprovalStatus ModelCard ModelMetrics "
        "ModelPackageDescription ModelPackageGroupName ModelPackageName ModelPackageStatusDetails "
        "ModelPackageVersion SamplePayloadUrl SecurityConfig SkipModelValidation SourceAlgorithmSpecification "
        "SourceUri Tags Task ValidationSpecification",
        create_only="ClientToken Domain DriftCheckBaselines InferenceSpecification MetadataProperties ModelMetrics "
        "ModelPackageDescription ModelPackageGroupName SamplePayloadUrl SecurityConfig SourceAlgorithmSpecification "
        "Task ValidationSpecification",
        attributes="CreationTime ModelPackageArn ModelPackageStatus",
    )

    def make(self, scope: ResourceScope, properties: Mapping[str, Any]) -> str:
        """Calls CreateModelPackage; versions have no name and no tags."""
        arguments = without(properties, *self.own_calls)
        if "ModelPackageGroupName" not in properties:
            arguments |= {"ModelPackageName": properties.get("ModelPackageName") or scope.name(63)}
            arguments |= {"Tags": tag_list(tags_of(properties))}
        answer = scope.client(_SERVICE).create_model_package(**request(_SERVICE, "CreateModelPackage", arguments))
        return scope.created(str(answer["ModelPackageArn"]))

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes approval, properties and further specifications of a version; tags of one that stands alone."""
        changed = changed_properties(old, new)
        arguments = only(new, *(changed & {"ApprovalDescription", "ModelApprovalStatus", "ModelCard", "SourceUri"}))
        if "CustomerMetadataProperties" in changed:
            kept = new.get("CustomerMetadataProperties", {})
            gone = sorted(set(old.get("CustomerMetadataProperties", {})) - set(kept))
            arguments |= {"CustomerMetadataProperties": kept} if kept else {}
            arguments |= {"CustomerMetadataPropertiesToRemove": gone} if gone else {}
        if "AdditionalInferenceSpecificationsToAdd" in changed:
            arguments |= only(new, "AdditionalInferenceSpecificationsToAdd")
        if arguments:
            arguments["ModelPackageArn"] = physical_id
            scope.client(_SERVICE).update_model_package(**request(_SERVICE, "UpdateModelPackage", arguments))
        return super().update(scope, physical_id, old, new)

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes it."""
        del properties
        scope.client(_SERVICE).delete_model_package(ModelPackageName=physical_id)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """ARN, status and time of creation."""
        del properties
        found = scope.client(_SERVICE).describe_model_package(ModelPackageName=physical_id)
        return {
            **only(found, "ModelPackageArn", "ModelPackageStatus"),
            "CreationTime": str(found["CreationTime"]),
        }


PROVIDERS = (
    ModelProvider(),
    EndpointConfigProvider(),
    EndpointProvider(),
    InferenceComponentProvider(),
    ModelPackageGroupProvider(),
    ModelPackageProvider(),
    FeatureGroupProvider(),
    PipelineProvider(),
)
