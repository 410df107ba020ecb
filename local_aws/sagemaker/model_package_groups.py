"""Model package groups: the names under which a model registry keeps its versions."""

from datetime import datetime
from typing import Any, ClassVar

from attrs import define, field, frozen

from local_aws.gateway.context import RegionalState, RequestContext
from local_aws.gateway.limits import ValidatedGroup
from local_aws.gateway.operations import operation
from local_aws.sagemaker.listing import Listed, page_of, with_token
from local_aws.sagemaker.resource_names import arn_of, now, validation_error
from local_aws.sagemaker.tags import TagStore


@frozen(kw_only=True)
class ModelPackageGroup:
    """One group.

    Attributes:
        name: unique among the groups of its account and region.
        arn: of the group.
        description: of the group, or None.
        created_by: ARN of whoever made it.
        created: when.
    """

    name: str
    arn: str
    description: str | None
    created_by: str
    created: datetime = field(factory=now)

    def summary(self) -> dict[str, Any]:
        """What both Describe and List tell."""
        told = {
            "ModelPackageGroupName": self.name,
            "ModelPackageGroupArn": self.arn,
            "CreationTime": self.created,
            "ModelPackageGroupStatus": "Completed",
        }
        return told if self.description is None else told | {"ModelPackageGroupDescription": self.description}


@define(eq=False)
class ModelPackageGroupOperations(ValidatedGroup):
    """CreateModelPackageGroup, DescribeModelPackageGroup, DeleteModelPackageGroup and ListModelPackageGroups.

    Args:
        tags: where the groups' tags are kept.
    """

    service: ClassVar[str] = "sagemaker"
    _tags: TagStore
    _groups: RegionalState[dict[str, ModelPackageGroup]] = field(factory=lambda: RegionalState(dict))

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
        if self._groups[context].setdefault(name, group) is not group:
            raise validation_error(f"Model Package Group already exists: {group.arn}")
        self._tags.create(group.arn, request.get("Tags"))
        return {"ModelPackageGroupArn": group.arn}

    @operation("DescribeModelPackageGroup")
    def describe_model_package_group(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """All of a group."""
        group = self._find(context, request)
        return group.summary() | {"CreatedBy": {"IamIdentity": {"Arn": group.created_by}}}

    @operation("DeleteModelPackageGroup")
    def delete_model_package_group(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Forgets a group."""
        group = self._find(context, request)
        self._groups[context].pop(group.name, None)
        self._tags.forget(group.arn)

    @operation("ListModelPackageGroups")
    def list_model_package_groups(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Summaries of groups, a page at a time."""
        page, token = page_of(
            list(self._groups[context].values()),
            request,
            lambda group: Listed(name=group.name, created=group.created),
        )
        return with_token({"ModelPackageGroupSummaryList": [group.summary() for group in page]}, token)

    def _find(self, context: RequestContext, request: dict[str, Any]) -> ModelPackageGroup:
        name = request["ModelPackageGroupName"].rpartition("/")[2]
        group = self._groups[context].get(name)
        if group is None:
            raise validation_error(f"ModelPackageGroup {arn_of(context, 'model-package-group', name)} does not exist.")
        return group
