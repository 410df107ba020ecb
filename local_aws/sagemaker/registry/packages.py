"""Model packages as the API has them."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, ClassVar

from attrs import define
from botocore.exceptions import ClientError

from local_aws.containers.engine import EngineError
from local_aws.containers.registry import image_digest
from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.gateway.limits import ValidatedGroup
from local_aws.gateway.operations import operation
from local_aws.platform import Credentials, Platform
from local_aws.sagemaker.container_definitions import data_address, data_is_there
from local_aws.sagemaker.listing import Listed, page_of, with_token
from local_aws.sagemaker.registry.records import PENDING, ModelPackage, RegistryRecords, told_members
from local_aws.sagemaker.registry.request_rules import check_creation, check_update
from local_aws.sagemaker.resource_names import now, validation_error
from local_aws.sagemaker.tags import TagStore

_REPLACED = (
    "ModelApprovalStatus",
    "ApprovalDescription",
    "ModelPackageRegistrationType",
    "InferenceSpecification",
    "SourceUri",
    "ModelCard",
    "ModelLifeCycle",
)
_BATCH_SUMMARY = (
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "CreationTime",
    "InferenceSpecification",
    "ModelPackageStatus",
    "ModelApprovalStatus",
    "ModelPackageRegistrationType",
)


@define(eq=False)
class ModelPackageOperations(ValidatedGroup):
    """The operations on model packages.

    Args:
        platform: the local AWS.
        records: groups and model packages.
        tags: where the packages' tags are kept.
    """

    service: ClassVar[str] = "sagemaker"
    _platform: Platform
    _records: RegistryRecords
    _tags: TagStore

    @operation("CreateModelPackage")
    def create_model_package(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Records a package, once its model data is there."""
        if (made := self._records.package_of_token(context, request)) is not None:
            return {"ModelPackageArn": made.arn}
        check_creation(request)
        members = told_members(request)
        if "ModelPackageGroupName" in request:
            self._records.group(context, request["ModelPackageGroupName"])
            members.setdefault("ModelApprovalStatus", PENDING)
        if "InferenceSpecification" not in members and (copied := self._copied(context, request)) is not None:
            members["InferenceSpecification"] = copied
        self._settle_specifications(context, members, checked=request.get("SkipModelValidation") != "All")
        package = self._records.add_package(context, members, request)
        self._tags.create(package.arn, request.get("Tags"))
        self._announce(package, [])
        return {"ModelPackageArn": package.arn}

    @operation("DescribeModelPackage")
    def describe_model_package(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """All of a package."""
        return self._records.package(context, request["ModelPackageName"]).describe()

    @operation("BatchDescribeModelPackage")
    def batch_describe_model_package(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """What is asked for most of several packages; each that is not there has an error of its own."""
        found: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        for arn in request["ModelPackageArnList"]:
            try:
                described = self._records.package(context, arn).describe()
            except AwsError as error:
                errors[arn] = {"ErrorCode": error.code, "ErrorResponse": error.message}
                continue
            summary = {name: described[name] for name in _BATCH_SUMMARY if name in described}
            # the answer's model requires it, for a package without any too
            found[arn] = {"InferenceSpecification": {"Containers": []}} | summary
        return {"ModelPackageSummaries": found, "BatchDescribeModelPackageErrorMap": errors}

    @operation("ListModelPackages")
    def list_model_packages(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Summaries of packages, a page at a time.

        The newest come first where nothing else is asked for: the reference says the oldest, AWS answers otherwise, and
        programs that take the first one for the latest depend on it.
        """
        group, part = request.get("ModelPackageGroupName"), request.get("NameContains", "").lower()
        kind = request.get("ModelPackageType", "Unversioned" if group is None else "Versioned")
        wanted = [
            package
            for package in self._records.packages(context, group)
            if part in package.name.lower()
            and (kind == "Both" or (package.version is not None) == (kind == "Versioned"))
        ]
        if (approval := request.get("ModelApprovalStatus")) is not None:
            wanted = [package for package in wanted if package.approval == approval]
        page, token = page_of(wanted, request, _look)
        return with_token({"ModelPackageSummaryList": [package.summary() for package in page]}, token)

    @operation("UpdateModelPackage")
    def update_model_package(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Changes a version: its approval above all."""
        package = self._records.package(context, request["ModelPackageArn"])
        if package.version is None:
            raise validation_error(f"Only versioned model packages can be updated, got {package.arn}.")
        changed = package.members | {name: request[name] for name in _REPLACED if name in request}
        added = request.get("AdditionalInferenceSpecificationsToAdd")
        if added is not None:
            changed["AdditionalInferenceSpecifications"] = [
                *package.members.get("AdditionalInferenceSpecifications", ()),
                *added,
            ]
        if {"CustomerMetadataProperties", "CustomerMetadataPropertiesToRemove"} & set(request):
            changed["CustomerMetadataProperties"] = _properties(package, request)
        check_update(request, changed)
        if added is not None or "InferenceSpecification" in request:
            self._settle_specifications(context, changed, checked=True)
        fields = [name for name, value in changed.items() if package.members.get(name) != value]
        package.members = changed
        package.modified, package.modified_by = now(), context.principal.arn
        self._announce(package, fields)
        return {"ModelPackageArn": package.arn}

    @operation("DeleteModelPackage")
    def delete_model_package(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Forgets a package; models made from it stay."""
        package = self._records.package(context, request["ModelPackageName"])
        self._records.remove_package(package)
        self._tags.forget(package.arn)

    def _copied(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any] | None:
        """The specification of the package or the model that SourceUri names."""
        source = request.get("SourceUri", "")
        if not source.startswith("arn:") or source.count(":") < 5:
            return None
        kind, _, name = source.split(":", 5)[5].partition("/")
        if kind == "model-package":
            found: dict[str, Any] | None = self._records.package(context, source).members.get("InferenceSpecification")
            return found
        if kind != "model":
            return None
        client = self._client(context, "sagemaker")
        try:
            model = client.describe_model(ModelName=name)
        except ClientError as error:
            raise validation_error(error.response["Error"]["Message"]) from error
        containers = [model["PrimaryContainer"]] if "PrimaryContainer" in model else model["Containers"]
        kept = ("Image", "ModelDataUrl", "ModelDataSource", "Environment")
        return {"Containers": [{name: each[name] for name in kept if name in each} for each in containers]}

    def _settle_specifications(self, context: RequestContext, members: dict[str, Any], *, checked: bool) -> None:
        """Adds the images' digests, as AWS does, to what the package keeps; looks for the model data.

        Raises:
            AwsError: ``ValidationException``: the model data is not there.
        """
        if (main := members.get("InferenceSpecification")) is not None:
            members["InferenceSpecification"] = self._settled(context, main, checked=checked)
        if (additional := members.get("AdditionalInferenceSpecifications")) is not None:
            members["AdditionalInferenceSpecifications"] = [
                self._settled(context, each, checked=checked) for each in additional
            ]

    def _settled(self, context: RequestContext, specification: dict[str, Any], *, checked: bool) -> dict[str, Any]:
        containers = []
        for container in specification["Containers"]:
            settled = dict(container)
            if checked:
                self._require_data(context, container)
            if "Image" in container and "ImageDigest" not in container:
                # an image of AWS's own accounts is not here; the package can be kept, and not be deployed
                with suppress(EngineError):
                    settled["ImageDigest"] = image_digest(self._platform, container["Image"], None)
            containers.append(settled)
        return specification | {"Containers": containers}

    def _require_data(self, context: RequestContext, container: dict[str, Any]) -> None:
        address = data_address(container)
        if address is None:
            return
        try:
            found = data_is_there(self._client(context, "s3"), address)
        except ClientError as error:
            raise validation_error(f"Could not access model data at {address}.") from error
        if not found:
            raise validation_error(f"Could not find model data at {address}.")

    def _client(self, context: RequestContext, service: str) -> Any:
        """A client of the account that asks: its number is the key of its root."""
        root = Credentials(access_key_id=context.account, secret_access_key="local")  # noqa: S106
        return self._platform.client(service, region=context.region, credentials=root)

    def _announce(self, package: ModelPackage, fields: list[str]) -> None:
        detail: dict[str, Any] = _eventlike(package.describe())
        detail["Tags"] = {}
        if package.version is None:
            detail["Tags"] = {tag["Key"]: tag["Value"] for tag in self._tags.of(package.arn)}
        if fields:
            detail["UpdatedModelPackageFields"] = fields
        _, _, _, region, account, _ = package.arn.split(":", 5)
        self._platform.emit(
            account=account,
            region=region,
            source="aws.sagemaker",
            detail_type="SageMaker Model Package State Change",
            detail=detail,
            resources=[package.arn],
        )


def _look(package: ModelPackage) -> Listed:
    # with its version, as versions of one group may be as old as each other
    version = "" if package.version is None else f"/{package.version:09}"
    return Listed(name=package.name + version, created=package.created)


def _properties(package: ModelPackage, request: dict[str, Any]) -> dict[str, str]:
    """The customer's properties as they would be."""
    removed = set(request.get("CustomerMetadataPropertiesToRemove", ()))
    kept = {
        name: value
        for name, value in package.members.get("CustomerMetadataProperties", {}).items()
        if name not in removed
    }
    return {**kept, **request.get("CustomerMetadataProperties", {})}


def _eventlike(value: Any) -> Any:
    """As this event, unlike SageMaker's others, carries times: as text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, dict):
        return {name: _eventlike(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_eventlike(item) for item in value]
    return value
