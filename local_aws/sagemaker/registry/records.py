"""What the model registry keeps: groups, model packages, and where both are found."""

import threading
from datetime import datetime
from typing import Any

from attrs import define, field, frozen

from local_aws.gateway.context import RegionalState, RequestContext
from local_aws.sagemaker.resource_names import arn_of, now, validation_error

PENDING, APPROVED = "PendingManualApproval", "Approved"

_NOT_TOLD = frozenset({"ClientToken", "Tags", "ModelPackageGroupName"})
_IN_SUMMARIES = (
    "ModelPackageName",
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "CreationTime",
    "ModelPackageStatus",
    "ModelApprovalStatus",
    "ModelLifeCycle",
    "ModelPackageRegistrationType",
)


@define(eq=False, kw_only=True)
class ModelPackageGroup:
    """One group.

    Attributes:
        name: unique among the groups of its account and region.
        arn: of the group.
        description: of the group, or None.
        created_by: ARN of whoever made it.
        created: when.
        policy: its resource policy's text, or None.
        last_version: the highest number that a version of it ever had.
    """

    name: str
    arn: str
    description: str | None
    created_by: str
    created: datetime = field(factory=now)
    policy: str | None = None
    last_version: int = 0

    def summary(self) -> dict[str, Any]:
        """What both Describe and List tell."""
        told = {
            "ModelPackageGroupName": self.name,
            "ModelPackageGroupArn": self.arn,
            "CreationTime": self.created,
            "ModelPackageGroupStatus": "Completed",
        }
        return told if self.description is None else told | {"ModelPackageGroupDescription": self.description}

    def describe(self) -> dict[str, Any]:
        """What DescribeModelPackageGroup answers."""
        return self.summary() | {"CreatedBy": user_context(self.created_by)}


@define(eq=False, kw_only=True)
class ModelPackage:
    """One model package: a version in a group, or one that stands alone.

    Attributes:
        arn: of the package.
        group: the group's name; None for one that stands alone.
        version: in the group; None for one that stands alone.
        members: of its description that a request gave, as they are now.
        created_by: ARN of whoever made it.
        created: when.
        modified: when it last changed; None until it does.
        modified_by: ARN of whoever changed it last.
    """

    arn: str
    group: str | None
    version: int | None
    members: dict[str, Any]
    created_by: str
    created: datetime = field(factory=now)
    modified: datetime | None = None
    modified_by: str | None = None

    @property
    def name(self) -> str:
        """By which lists sort and filter it: its own name, or its group's."""
        return str(self.group or self.members["ModelPackageName"])

    @property
    def approval(self) -> str | None:
        """``Approved``, ``Rejected`` or ``PendingManualApproval``; None for one that stands alone."""
        return self.members.get("ModelApprovalStatus")

    def containers(self, specification: str | None) -> list[dict[str, Any]]:
        """The containers that its models are made of.

        Args:
            specification: the name of an additional inference specification. Default: the package's own one.

        Raises:
            AwsError: ``ValidationException`` where it has no such specification.
        """
        if specification is None:
            found = self.members.get("InferenceSpecification")
        else:
            additional = self.members.get("AdditionalInferenceSpecifications", ())
            found = next((each for each in additional if each["Name"] == specification), None)
        if found is None:
            what = "an inference specification" if specification is None else f"inference specification {specification}"
            raise validation_error(f"Model package {self.arn} does not have {what}.")
        return list(found["Containers"])

    def describe(self) -> dict[str, Any]:
        """What DescribeModelPackage answers."""
        told: dict[str, Any] = {
            "ModelPackageArn": self.arn,
            "CreationTime": self.created,
            "CreatedBy": user_context(self.created_by),
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
            "CertifyForMarketplace": False,
        } | self.members
        if self.version is not None:
            told |= {"ModelPackageGroupName": self.group, "ModelPackageVersion": self.version}
        if self.modified is not None and self.modified_by is not None:
            told |= {"LastModifiedTime": self.modified, "LastModifiedBy": user_context(self.modified_by)}
        return told

    def summary(self) -> dict[str, Any]:
        """What ListModelPackages answers of it."""
        described = self.describe()
        return {name: described[name] for name in _IN_SUMMARIES if name in described}


@define(eq=False)
class _Shelf:
    groups: dict[str, ModelPackageGroup] = field(factory=dict)
    packages: dict[str, ModelPackage] = field(factory=dict)
    tokens: dict[str, str] = field(factory=dict)


@frozen
class _Place:
    account: str
    region: str
    rest: str


@define(eq=False)
class RegistryRecords:
    """Groups and model packages of every account and region.

    Names mean the caller's account; ARNs mean the account that they name: IAM has let the request through by then.
    """

    _shelves: RegionalState[_Shelf] = field(factory=lambda: RegionalState(_Shelf))
    _lock: threading.RLock = field(factory=threading.RLock)

    def add_group(self, context: RequestContext, group: ModelPackageGroup) -> None:
        """Keeps a group.

        Raises:
            AwsError: ``ValidationException``: the name is taken.
        """
        if self._shelves[context].groups.setdefault(group.name, group) is not group:
            raise validation_error(f"Model Package Group already exists: {group.arn}")

    def groups(self, context: RequestContext) -> list[ModelPackageGroup]:
        """All groups of the caller's account and region."""
        return list(self._shelves[context].groups.values())

    def group(self, context: RequestContext, reference: str) -> ModelPackageGroup:
        """A group by its name or ARN.

        Raises:
            AwsError: ``ValidationException``: there is none.
        """
        place = _place(context, reference, "model-package-group/")
        found = self._shelves.of(place.account, place.region).groups.get(place.rest)
        if found is None:
            arn = f"arn:aws:sagemaker:{place.region}:{place.account}:model-package-group/{place.rest}"
            raise validation_error(f"ModelPackageGroup {arn} does not exist.")
        return found

    def remove_group(self, group: ModelPackageGroup) -> bool:
        """Forgets a group; False, and nothing has happened, where it has versions."""
        with self._lock:
            shelf = self._shelf_of(group.arn)
            if any(package.group == group.name for package in shelf.packages.values()):
                return False
            shelf.groups.pop(group.name, None)
            return True

    def add_package(self, context: RequestContext, members: dict[str, Any], request: dict[str, Any]) -> ModelPackage:
        """Keeps a new package: the next version of the group that the request names, or one that stands alone.

        Args:
            context: who asks, and where.
            members: of its description.
            request: names the group, and may carry a ClientToken.

        Raises:
            AwsError: there is no such group, or the package's name is taken.
        """
        with self._lock:
            if "ModelPackageGroupName" in request:
                group = self.group(context, request["ModelPackageGroupName"])
                group.last_version += 1
                arn = f"{group.arn.replace(':model-package-group/', ':model-package/')}/{group.last_version}"
                package = _package(context, arn, members, group.name, group.last_version)
            else:
                arn = arn_of(context, "model-package", request["ModelPackageName"])
                package = _package(context, arn, members, None, None)
            shelf = self._shelf_of(arn)
            if shelf.packages.setdefault(arn, package) is not package:
                raise validation_error(f"Model Package already exists: {arn}")
            if "ClientToken" in request:
                shelf.tokens[request["ClientToken"]] = arn
            return package

    def package_of_token(self, context: RequestContext, request: dict[str, Any]) -> ModelPackage | None:
        """The package that an earlier request with the same ClientToken made."""
        place = _place(context, request.get("ModelPackageGroupName", ""), "model-package-group/")
        shelf = self._shelves.of(place.account, place.region)
        return shelf.packages.get(shelf.tokens.get(request.get("ClientToken", ""), ""))

    def packages(self, context: RequestContext, group: str | None) -> list[ModelPackage]:
        """All packages of the caller's account and region, or the versions of a group.

        Raises:
            AwsError: ``ValidationException``: there is no such group.
        """
        if group is None:
            return list(self._shelves[context].packages.values())
        kept = self.group(context, group)
        return [each for each in list(self._shelf_of(kept.arn).packages.values()) if each.group == kept.name]

    def package(self, context: RequestContext, reference: str) -> ModelPackage:
        """A package by its ARN; one that stands alone, by its name too.

        Raises:
            AwsError: ``ValidationException``: there is none.
        """
        place = _place(context, reference, "model-package/")
        arn = f"arn:aws:sagemaker:{place.region}:{place.account}:model-package/{place.rest}"
        found = self._shelves.of(place.account, place.region).packages.get(arn)
        if found is None or (found.version is not None and not reference.startswith("arn:")):
            raise validation_error(f"ModelPackage {arn} does not exist.")
        return found

    def remove_package(self, package: ModelPackage) -> None:
        """Forgets a package; its number is not given again."""
        self._shelf_of(package.arn).packages.pop(package.arn, None)

    def policy(self, arn: str) -> tuple[str, str | None] | None:
        """The owner and the resource policy of the group that an ARN, in whatever case, belongs to."""
        _, _, _, region, account, resource = arn.split(":", 5)
        kind, name, *_ = [*resource.lower().split("/"), ""]
        if kind not in ("model-package", "model-package-group"):
            return None
        for group in list(self._shelves.of(account, region).groups.values()):
            if group.name.lower() == name:
                return account, group.policy
        return None

    def _shelf_of(self, arn: str) -> _Shelf:
        _, _, _, region, account, _ = arn.split(":", 5)
        return self._shelves.of(account, region)


def user_context(arn: str) -> dict[str, Any]:
    """Who did it, as descriptions tell it."""
    return {"IamIdentity": {"Arn": arn}}


def told_members(request: dict[str, Any]) -> dict[str, Any]:
    """The members of a CreateModelPackage request that its description repeats."""
    return {name: value for name, value in request.items() if name not in _NOT_TOLD}


def _package(
    context: RequestContext, arn: str, members: dict[str, Any], group: str | None, version: int | None
) -> ModelPackage:
    return ModelPackage(arn=arn, group=group, version=version, members=members, created_by=context.principal.arn)


def _place(context: RequestContext, reference: str, kind: str) -> _Place:
    if not reference.startswith("arn:"):
        return _Place(context.account, context.region, reference)
    _, _, _, region, account, resource = reference.split(":", 5)
    return _Place(account, region, resource.removeprefix(kind))
