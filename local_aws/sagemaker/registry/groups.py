"""Model package groups: the names under which a model registry keeps its versions."""

from typing import Any, ClassVar

from attrs import define

from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.gateway.limits import ValidatedGroup
from local_aws.gateway.operations import operation
from local_aws.sagemaker.listing import Listed, page_of, with_token
from local_aws.sagemaker.registry.records import ModelPackageGroup, RegistryRecords
from local_aws.sagemaker.resource_names import arn_of, validation_error
from local_aws.sagemaker.tags import TagStore


@define(eq=False)
class ModelPackageGroupOperations(ValidatedGroup):
    """The operations on groups and their resource policies.

    Args:
        records: groups and model packages.
        tags: where the groups' tags are kept.
    """

    service: ClassVar[str] = "sagemaker"
    _records: RegistryRecords
    _tags: TagStore

    @operation("CreateModelPackageGroup")
    def create_model_package_group(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Records a group."""
        name = request["ModelPackageGroupName"]
        group = ModelPackageGroup(
            name=name,
            arn=arn_of(context, "model-package-group", name),
            description=request.get("ModelPackageGroupDescription"),
            created_by=context.principal.arn,
        )
        self._records.add_group(context, group)
        self._tags.create(group.arn, request.get("Tags"))
        return {"ModelPackageGroupArn": group.arn}

    @operation("DescribeModelPackageGroup")
    def describe_model_package_group(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """All of a group."""
        return self._records.group(context, request["ModelPackageGroupName"]).describe()

    @operation("DeleteModelPackageGroup")
    def delete_model_package_group(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Forgets a group without versions."""
        group = self._records.group(context, request["ModelPackageGroupName"])
        if not self._records.remove_group(group):
            raise AwsError(
                "ConflictException",
                f"Model Package Group {group.arn} cannot be deleted while it contains Model Packages.",
            )
        self._tags.forget(group.arn)

    @operation("ListModelPackageGroups")
    def list_model_package_groups(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Summaries of groups, a page at a time."""
        page, token = page_of(
            self._records.groups(context),
            request,
            lambda group: Listed(name=group.name, created=group.created),
        )
        return with_token({"ModelPackageGroupSummaryList": [group.summary() for group in page]}, token)

    @operation("PutModelPackageGroupPolicy")
    def put_model_package_group_policy(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Sets who else may use a group and its versions."""
        group = self._records.group(context, request["ModelPackageGroupName"])
        group.policy = request["ResourcePolicy"]
        return {"ModelPackageGroupArn": group.arn}

    @operation("GetModelPackageGroupPolicy")
    def get_model_package_group_policy(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The policy of a group."""
        group = self._records.group(context, request["ModelPackageGroupName"])
        if group.policy is None:
            raise validation_error(f"Cannot find resource policy for ModelPackageGroup {group.arn}.")
        return {"ResourcePolicy": group.policy}

    @operation("DeleteModelPackageGroupPolicy")
    def delete_model_package_group_policy(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Takes the policy off a group."""
        group = self._records.group(context, request["ModelPackageGroupName"])
        if group.policy is None:
            raise validation_error(f"Cannot find resource policy for ModelPackageGroup {group.arn}.")
        group.policy = None
