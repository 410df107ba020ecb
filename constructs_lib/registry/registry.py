"""The group under which a model's versions are registered and approved."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from aws_cdk import ArnFormat, Aws, Names, RemovalPolicy, Stack, Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from constructs_lib.registry.sharing import READ_VERSIONS, AccountAccess, sharing_policy

if TYPE_CHECKING:  # a registry without rules loads none of these
    from constructs_lib.events.delivery import Delivery
    from constructs_lib.events.rules import EventRule
    from constructs_lib.events.targets import EventTarget

ApprovalStatus = Literal["Approved", "Rejected", "PendingManualApproval"]
"""Status of a version."""

_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
_LONGEST_NAME = 63
_LONGEST_DESCRIPTION = 1024
_CHANGE_KEY = ("detail.ModelPackageArn", "detail.ModelApprovalStatus", "detail.LastModifiedTime")


class RegistryGrants:
    """Permissions on a group and its versions."""

    def __init__(self, group_arn: str, versions_arn: str) -> None:
        self._group_arn = group_arn
        self._versions_arn = versions_arn

    def read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets `grantee` find and read versions."""
        listing = iam.Grant.add_to_principal(
            # listing is of the account, whatever group is asked for
            grantee=grantee,
            actions=["sagemaker:ListModelPackages"],
            resource_arns=["*"],
        )
        return listing.combine(self._grant(grantee, ["sagemaker:DescribeModelPackageGroup"], [READ_VERSIONS[0]]))

    def register(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets `grantee` add versions."""
        return self._grant(grantee, ["sagemaker:CreateModelPackage"], ["sagemaker:CreateModelPackage"])

    def approve(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets `grantee` read versions, approve and reject them."""
        return self.read(grantee).combine(self._grant(grantee, [], ["sagemaker:UpdateModelPackage"]))

    def _grant(self, grantee: iam.IGrantable, of_group: list[str], of_versions: list[str]) -> iam.Grant:
        grant = iam.Grant.add_to_principal(grantee=grantee, actions=of_versions, resource_arns=[self._versions_arn])
        if not of_group:
            return grant
        return grant.combine(
            iam.Grant.add_to_principal(grantee=grantee, actions=of_group, resource_arns=[self._group_arn])
        )


class IModelRegistry(Protocol):
    """A group: made by `ModelRegistry`, or brought along by `ModelRegistry.from_group_name`."""

    @property
    def group_name(self) -> str:
        """Its name, under which versions are registered."""

    @property
    def group_arn(self) -> str:
        """Its ARN."""

    @property
    def versions_arn(self) -> str:
        """The ARN that all of its versions match."""

    @property
    def grants(self) -> RegistryGrants:
        """Permissions on it."""

    def on_status(
        self,
        construct_id: str,
        *,
        statuses: "Sequence[ApprovalStatus]",
        targets: "Sequence[EventTarget]",
        delivery: "Delivery | None" = None,
    ) -> "EventRule":
        """Calls `targets` when a version has come to one of `statuses`, by registration or by a decision."""

    def on_registered(
        self, construct_id: str, *, targets: "Sequence[EventTarget]", delivery: "Delivery | None" = None
    ) -> "EventRule":
        """Calls `targets` when a version waits for a decision."""

    def on_approved(
        self, construct_id: str, *, targets: "Sequence[EventTarget]", delivery: "Delivery | None" = None
    ) -> "EventRule":
        """Calls `targets` when a version is approved."""

    def on_rejected(
        self, construct_id: str, *, targets: "Sequence[EventTarget]", delivery: "Delivery | None" = None
    ) -> "EventRule":
        """Calls `targets` when a version is rejected."""


class _RegistryBase(Construct):
    """What an `IModelRegistry` can do with its name alone."""

    group_name: str
    """Its name, under which versions are registered."""

    @property
    def group_arn(self) -> str:
        """Its ARN."""
        return self._arn("model-package-group", self.group_name)

    @property
    def versions_arn(self) -> str:
        """The ARN that all of its versions match."""
        return self._arn("model-package", f"{self.group_name}/*")

    @property
    def grants(self) -> RegistryGrants:
        """Permissions on it."""
        return RegistryGrants(self.group_arn, self.versions_arn)

    def on_status(
        self,
        construct_id: str,
        *,
        statuses: Sequence[ApprovalStatus],
        targets: "Sequence[EventTarget]",
        delivery: "Delivery | None" = None,
    ) -> "EventRule":
        """Calls `targets` when a version has come to one of `statuses`, by registration or by a decision.

        A version is told of at other changes too; what its properties or its stage is changed to calls nothing.
        """
        from constructs_lib.events.inputs import EventValue  # see above
        from constructs_lib.events.rules import EventRule

        changed = "UpdatedModelPackageFields"
        return EventRule(
            self,
            construct_id,
            pattern={
                "source": ["aws.sagemaker"],
                "detail-type": ["SageMaker Model Package State Change"],
                "detail": {
                    "ModelPackageGroupName": [self.group_name],
                    "ModelApprovalStatus": list(statuses),
                    # a registration has no fields that changed
                    "$or": [{changed: ["ModelApprovalStatus"]}, {changed: [{"exists": False}]}],
                },
            },
            targets=targets,
            once_key=[EventValue(path) for path in _CHANGE_KEY],
            delivery=delivery,
        )

    def on_registered(
        self, construct_id: str, *, targets: "Sequence[EventTarget]", delivery: "Delivery | None" = None
    ) -> "EventRule":
        """Calls `targets` when a version waits for a decision."""
        return self.on_status(construct_id, statuses=["PendingManualApproval"], targets=targets, delivery=delivery)

    def on_approved(
        self, construct_id: str, *, targets: "Sequence[EventTarget]", delivery: "Delivery | None" = None
    ) -> "EventRule":
        """Calls `targets` when a version is approved."""
        return self.on_status(construct_id, statuses=["Approved"], targets=targets, delivery=delivery)

    def on_rejected(
        self, construct_id: str, *, targets: "Sequence[EventTarget]", delivery: "Delivery | None" = None
    ) -> "EventRule":
        """Calls `targets` when a version is rejected."""
        return self.on_status(construct_id, statuses=["Rejected"], targets=targets, delivery=delivery)

    def _arn(self, kind: str, name: str) -> str:
        return Stack.of(self).format_arn(
            service="sagemaker", resource=kind, resource_name=name, arn_format=ArnFormat.SLASH_RESOURCE_NAME
        )


class _ImportedRegistry(_RegistryBase):
    """A group that exists."""

    def __init__(self, scope: Construct, construct_id: str, *, group_name: str) -> None:
        super().__init__(scope, construct_id)
        self.group_name = group_name


class ModelRegistry(_RegistryBase):
    """A group of a model's versions, each with its image, its model data, its metrics and its approval.

    Created is the model package group, with a policy where other accounts are let in. It costs nothing. A group that
    has versions cannot be deleted.

    Examples:
        >>> from aws_cdk import App, Stack
        >>> reader = AccountAccess(account="111122223333")
        >>> registry = ModelRegistry(Stack(App(), "Training"), "Prices", accounts=[reader])
        >>> registry.group_name
        'TrainingPrices5D1484B6'
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        group_name: str | None = None,
        description: str | None = None,
        accounts: Sequence[AccountAccess] = (),
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        """Defines the group.

        Args:
            scope: where it is defined.
            construct_id: its name there.
            group_name: 1 to 63 letters, digits and inner hyphens. Default: one made of the construct's path, which
                stays the same from build to build.
            description: what its models are for; at most 1024 characters. Default: none.
            accounts: other accounts that may use it. Default: none.
            removal_policy: what happens to the group when it leaves the stack. Default: it stays, with its versions.
                ``DESTROY`` fails while there are versions.

        Raises:
            ValueError: all problems together.
        """
        super().__init__(scope, construct_id)
        self.group_name = (
            Names.unique_resource_name(self, max_length=_LONGEST_NAME) if group_name is None else group_name
        )
        self._check(description, accounts)
        self.resource = sagemaker.CfnModelPackageGroup(
            self,
            "Resource",
            model_package_group_name=self.group_name,
            model_package_group_description=description,
            model_package_group_policy=sharing_policy(
                accounts, partition=Aws.PARTITION, group_arn=self.group_arn, versions_arn=self.versions_arn
            ),
        )
        """The group."""
        self.resource.apply_removal_policy(removal_policy)

    @staticmethod
    def from_group_name(scope: Construct, construct_id: str, group_name: str) -> IModelRegistry:
        """Takes a group of this account and region by its name."""
        return _ImportedRegistry(scope, construct_id, group_name=group_name)

    def _check(self, description: str | None, accounts: Sequence[AccountAccess]) -> None:
        problems = []
        if not Token.is_unresolved(self.group_name) and _NAME.fullmatch(self.group_name) is None:
            problems.append(
                f"group_name: got {self.group_name!r}, expected 1 to {_LONGEST_NAME} letters, digits and inner hyphens"
            )
        if description is not None and len(description) > _LONGEST_DESCRIPTION:
            problems.append(f"description: got {len(description)} characters, expected at most {_LONGEST_DESCRIPTION}")
        for index, access in enumerate(accounts):
            problems += [f"accounts[{index}].{problem}" for problem in access.problems()]
        names = [access.account for access in accounts]
        problems += [
            f"accounts: got {name} {names.count(name)} times, expected each once"
            for name in sorted(set(names))
            if names.count(name) > 1
        ]
        if problems:
            raise ValueError("\n".join(f"{self.node.path}: {problem}" for problem in problems))
