"""The operations on functions: create, describe, change, delete, and tags."""

from typing import Any

from attrs import define, evolve
from botocore.exceptions import ClientError

from local_aws.functions.code_downloads import CodeDownloads
from local_aws.functions.names import LATEST, FunctionName
from local_aws.functions.packages import Package, PackageStore
from local_aws.functions.pool import EnvironmentPool
from local_aws.functions.records import (
    Function,
    FunctionVersion,
    LayerVersion,
    Registry,
    modified_now,
    not_found,
)
from local_aws.functions.runner import ACCOUNT_CONCURRENCY
from local_aws.functions.settings import changed, check, refuse, with_defaults
from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.gateway.operations import OperationGroup, operation
from local_aws.pages import page
from local_aws.platform import Platform

_CREATING = {
    "State": "Pending",
    "StateReason": "The function is being created.",
    "StateReasonCode": "Creating",
}
_UPDATING = {
    "LastUpdateStatus": "InProgress",
    "LastUpdateStatusReason": "The function is being created.",
    "LastUpdateStatusReasonCode": "Creating",
}
_TAGS = 50


@define(kw_only=True, eq=False)
class Functions(OperationGroup):
    """Functions and their published versions.

    Attributes:
        platform: the local AWS.
        registry: functions and layers.
        packages: their code.
        pool: their processes, ended when the code they run is gone.
    """

    service = "lambda"

    platform: Platform
    registry: Registry
    packages: PackageStore
    pool: EnvironmentPool

    @operation("CreateFunction")
    def create_function(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Makes a function; the answer says Pending, and it can be invoked as soon as it was sent."""
        refuse(request)
        name = FunctionName.read(context, request["FunctionName"])
        if name.qualifier is not None or len(name.name) > 64:
            raise AwsError(
                "ValidationException",
                f"1 validation error detected: Value '{name.name}' at 'functionName' failed to satisfy constraint: "
                "Member must have length less than or equal to 64 and no qualifier",
            )
        settings = with_defaults(name.name, request)
        check(settings)
        _check_tags(request.get("Tags") or {})
        region = self.registry.region(name.account, name.region)
        with self.registry.lock:
            if name.name in region.functions:
                raise _exists(name)
        layers = self._layers(settings)
        package = self._package(context, request["Code"])
        version = FunctionVersion(name=name, number=LATEST, settings=settings, package=package, layers=layers)
        self._check_role(version)
        with self.registry.lock:
            if name.name in region.functions:
                raise _exists(name)
            function = Function(latest=version, tags=dict(request.get("Tags") or {}))
            region.functions[name.name] = function
            if request.get("Publish"):
                version = publish(function)
        return {**version.describe(), **_CREATING}

    @operation("GetFunction")
    def get_function(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """A function's configuration, where its code can be fetched, tags and reserved concurrency."""
        name = FunctionName.read(context, request["FunctionName"], request.get("Qualifier"))
        function = self.registry.function(name)
        with self.registry.lock:
            version = function.version(name)
            answer: dict[str, Any] = {
                "Configuration": _described(version, name),
                "Code": {
                    "RepositoryType": "S3",
                    "Location": CodeDownloads.location(self.platform, version.package),
                },
            }
            if function.tags:
                answer["Tags"] = dict(function.tags)
            if function.reserved_concurrency is not None:
                answer["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved_concurrency}
        return answer

    @operation("GetFunctionConfiguration")
    def get_function_configuration(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The settings of a function or version."""
        name = FunctionName.read(context, request["FunctionName"], request.get("Qualifier"))
        function = self.registry.function(name)
        with self.registry.lock:
            return _described(function.version(name), name)

    @operation("ListFunctions")
    def list_functions(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """All functions of the region, with every version where asked (``FunctionVersion=ALL``)."""
        everything = request.get("FunctionVersion") == "ALL"
        with self.registry.lock:
            functions = self.registry.region(context.account, context.region).functions
            found = []
            for _, function in sorted(functions.items()):
                found.append(_listed(function.latest, qualified=everything))
                if everything:
                    found += [_listed(version, qualified=True) for version in function.versions.values()]
        items, marker = page(found, request.get("Marker"), request.get("MaxItems"), 50)
        return {"Functions": items, "NextMarker": marker}

    @operation("ListVersionsByFunction")
    def list_versions_by_function(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """``$LATEST`` and the published versions."""
        function = self.registry.function(FunctionName.read(context, request["FunctionName"]))
        with self.registry.lock:
            versions = [function.latest, *function.versions.values()]
        found = [_listed(version, qualified=True) for version in versions]
        items, marker = page(found, request.get("Marker"), request.get("MaxItems"), 50)
        return {"Versions": items, "NextMarker": marker}

    @operation("UpdateFunctionCode")
    def update_function_code(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Replaces the code of ``$LATEST``."""
        refuse(request)
        name = FunctionName.read(context, request["FunctionName"])
        function = self.registry.function(name)
        package = self._package(context, request)
        architectures = request.get("Architectures")
        with self.registry.lock:
            latest = function.latest
            _check_revision(latest.revision_id, request.get("RevisionId"))
            settings = changed(name.name, latest.settings, {"Architectures": architectures})
            check(settings)
            version = FunctionVersion(
                name=latest.name, number=LATEST, settings=settings, package=package, layers=latest.layers
            )
            if request.get("DryRun"):
                return version.describe()
            function.latest = version
            if request.get("Publish"):
                version = publish(function)
        self.pool.drop({latest.revision_id})
        return {**version.describe(), **_UPDATING}

    @operation("UpdateFunctionConfiguration")
    def update_function_configuration(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Changes the settings of ``$LATEST``; members that are not given stay."""
        refuse(request)
        name = FunctionName.read(context, request["FunctionName"])
        function = self.registry.function(name)
        settings = changed(name.name, function.latest.settings, request)
        check(settings)
        layers = self._layers(settings)
        if "Role" in request:
            self._check_role(evolve(function.latest, settings=settings))
        with self.registry.lock:
            latest = function.latest
            _check_revision(latest.revision_id, request.get("RevisionId"))
            settings = changed(name.name, latest.settings, request)
            version = FunctionVersion(
                name=latest.name, number=LATEST, settings=settings, package=latest.package, layers=layers
            )
            function.latest = version
        self.pool.drop({latest.revision_id})
        return {**version.describe(), **_UPDATING}

    @operation("DeleteFunction")
    def delete_function(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Deletes a function with all its versions and aliases, or one version."""
        name = FunctionName.read(context, request["FunctionName"], request.get("Qualifier"))
        function = self.registry.function(name)
        with self.registry.lock:
            if name.qualifier is None:
                gone = {function.latest.revision_id, *(v.revision_id for v in function.versions.values())}
                del self.registry.region(name.account, name.region).functions[name.name]
            else:
                gone = {_delete_version(function, name).revision_id}
        self.pool.drop(gone)
        return {"StatusCode": 204}

    @operation("PublishVersion")
    def publish_version(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Freezes ``$LATEST`` under the next number; where nothing changed, gives the last version again."""
        name = FunctionName.read(context, request["FunctionName"])
        function = self.registry.function(name)
        with self.registry.lock:
            latest = function.latest
            _check_revision(latest.revision_id, request.get("RevisionId"))
            sha256 = request.get("CodeSha256")
            if sha256 and sha256 != latest.package.sha256:
                raise AwsError(
                    "InvalidParameterValueException",
                    f"CodeSHA256 ({sha256}) is different from current CodeSHA256 in $LATEST "
                    f"({latest.package.sha256}). Please try again with the CodeSHA256 in $LATEST.",
                    Type="User",
                )
            version = publish(function, request.get("Description"))
        return {**version.describe(), **_CREATING}

    @operation("GetAccountSettings")
    def get_account_settings(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """The account's limits and what of them is used."""
        with self.registry.lock:
            functions = list(self.registry.region(context.account, context.region).functions.values())
            reserved = sum(function.reserved_concurrency or 0 for function in functions)
            size = sum(v.package.size for f in functions for v in (f.latest, *f.versions.values()))
        return {
            "AccountLimit": {
                "TotalCodeSize": 80_530_636_800,
                "CodeSizeUnzipped": 262_144_000,
                "CodeSizeZipped": 52_428_800,
                "ConcurrentExecutions": ACCOUNT_CONCURRENCY,
                "UnreservedConcurrentExecutions": ACCOUNT_CONCURRENCY - reserved,
            },
            "AccountUsage": {"TotalCodeSize": size, "FunctionCount": len(functions)},
        }

    @operation("TagResource")
    def tag_resource(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Adds tags to a function."""
        function = self.registry.function(FunctionName.read(context, request["Resource"]))
        with self.registry.lock:
            tags = {**function.tags, **request["Tags"]}
            _check_tags(tags)
            function.tags = tags

    @operation("UntagResource")
    def untag_resource(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Removes tags of a function."""
        function = self.registry.function(FunctionName.read(context, request["Resource"]))
        with self.registry.lock:
            function.tags = {key: value for key, value in function.tags.items() if key not in request["TagKeys"]}

    @operation("ListTags")
    def list_tags(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The tags of a function."""
        return {"Tags": dict(self.registry.function(FunctionName.read(context, request["Resource"])).tags)}

    def _package(self, context: RequestContext, code: dict[str, Any]) -> Package:
        if code.get("ZipFile") is not None and code.get("S3Bucket"):
            raise _invalid("Please do not provide other FunctionCode parameters when providing a ZipFile.")
        if code.get("ZipFile") is not None:
            return self.packages.from_bytes(code["ZipFile"])
        if code.get("S3Bucket") and code.get("S3Key"):
            return self.packages.from_s3(context, code["S3Bucket"], code["S3Key"], code.get("S3ObjectVersion") or None)
        raise _invalid("Please provide a source for function code: ZipFile, or S3Bucket and S3Key.")

    def _layers(self, settings: dict[str, Any]) -> tuple[LayerVersion, ...]:
        found = []
        for arn in settings["Layers"]:
            layer = self.registry.layer_version(arn)
            if layer is None:
                raise _invalid(f"Layer version {arn} does not exist.")
            found.append(layer)
        return tuple(found)

    def _check_role(self, version: FunctionVersion) -> None:
        try:
            self.pool.forget_session(version)
            self.pool.credentials(version)
        except ClientError as error:
            raise _invalid(f"The role defined for the function cannot be assumed by Lambda. ({error})") from error


def publish(function: Function, description: str | None = None) -> FunctionVersion:
    """Publishes ``$LATEST`` of a function; the caller holds the registry's lock."""
    latest = function.latest
    settings = latest.settings if description is None else {**latest.settings, "Description": description}
    last = function.versions.get(str(function.last_number))
    if (
        last is not None
        and (last.package, last.layers) == (latest.package, latest.layers)
        and {**last.settings, "Description": ""} == {**latest.settings, "Description": ""}
    ):
        return last
    function.last_number += 1
    version = FunctionVersion(
        name=latest.name,
        number=str(function.last_number),
        settings=settings,
        package=latest.package,
        layers=latest.layers,
        last_modified=modified_now(),
    )
    function.versions[version.number] = version
    return version


def _delete_version(function: Function, name: FunctionName) -> FunctionVersion:
    number = name.qualifier or LATEST
    if number == LATEST:
        raise _invalid("$LATEST version cannot be deleted without deleting the function.")
    if number not in function.versions:
        raise not_found(name)
    users = [a.name for a in function.aliases.values() if number == a.version or number in a.weights]
    if users:
        raise AwsError(
            "ResourceConflictException",
            f"An alias exists that depends on this version: {', '.join(sorted(users))}",
            Type="User",
        )
    return function.versions.pop(number)


def _described(version: FunctionVersion, name: FunctionName) -> dict[str, Any]:
    answer = version.describe()
    if name.qualifier is not None:
        answer["FunctionArn"] = name.arn
    return answer


def _listed(version: FunctionVersion, *, qualified: bool) -> dict[str, Any]:
    """As the lists show it: without the state."""
    answer = version.describe(qualified=qualified)
    for member in ("State", "LastUpdateStatus"):
        answer.pop(member)
    return answer


def _check_revision(current: str, given: str | None) -> None:
    if given is not None and given != current:
        raise AwsError(
            "PreconditionFailedException",
            "The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias API to "
            "retrieve the latest RevisionId",
            Type="User",
        )


def _check_tags(tags: dict[str, str]) -> None:
    if len(tags) > _TAGS:
        raise _invalid(f"The number of tags exceeds the limit of {_TAGS}: got {len(tags)}")


def _exists(name: FunctionName) -> AwsError:
    return AwsError("ResourceConflictException", f"Function already exist: {name.name}", Type="User")


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message, Type="User")
