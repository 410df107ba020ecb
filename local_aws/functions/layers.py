"""The operations on layers: code that several functions share under /opt."""

import json
import re
import uuid
from datetime import UTC, datetime
from typing import Any

from attrs import define

from local_aws.functions.code_downloads import CodeDownloads
from local_aws.functions.packages import PackageStore
from local_aws.functions.records import LayerVersion, Registry
from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.gateway.operations import OperationGroup, operation
from local_aws.pages import page
from local_aws.platform import Platform

_NAME = re.compile(
    r"(?:arn:aws[a-zA-Z-]*:lambda:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):layer:)?(?P<name>[a-zA-Z0-9_-]{1,140})"
)
_OPTIONAL = ("Description", "LicenseInfo", "CompatibleRuntimes", "CompatibleArchitectures")


@define(eq=False)
class Layers(OperationGroup):
    """Layers and their versions.

    Args:
        platform: the local AWS.
        registry: functions and layers.
        packages: their content.
    """

    service = "lambda"

    platform: Platform
    registry: Registry
    packages: PackageStore

    @operation("PublishLayerVersion")
    def publish_layer_version(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Adds a version to a layer; the first one makes the layer."""
        account, region_name, name = _layer(context, request["LayerName"])
        content = request["Content"]
        if content.get("ZipFile") is not None:
            package = self.packages.from_bytes(content["ZipFile"])
        elif content.get("S3Bucket") and content.get("S3Key"):
            package = self.packages.from_s3(
                context, content["S3Bucket"], content["S3Key"], content.get("S3ObjectVersion") or None
            )
        else:
            raise AwsError(
                "InvalidParameterValueException", "Please provide the layer's content: ZipFile, or S3Bucket and S3Key."
            )
        with self.registry.lock:
            region = self.registry.region(account, region_name)
            number = region.layer_numbers.get(name, 0) + 1
            region.layer_numbers[name] = number
            version = LayerVersion(
                arn=f"arn:aws:lambda:{region_name}:{account}:layer:{name}:{number}",
                number=number,
                package=package,
                created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000",
                members={member: request[member] for member in _OPTIONAL if request.get(member)},
            )
            region.layers.setdefault(name, {})[number] = version
        return self._described(version)

    @operation("GetLayerVersion")
    def get_layer_version(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """A version of a layer, and where its content can be fetched."""
        return self._described(self._version(context, request["LayerName"], request["VersionNumber"]))

    @operation("GetLayerVersionByArn")
    def get_layer_version_by_arn(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """The same, by the version's ARN."""
        version = self.registry.layer_version(request["Arn"])
        if version is None:
            raise _absent()
        return self._described(version)

    @operation("ListLayerVersions")
    def list_layer_versions(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The versions of a layer, newest first."""
        account, region, name = _layer(context, request["LayerName"])
        with self.registry.lock:
            versions = self.registry.region(account, region).layers.get(name, {}).values()
            found = [_listed(version) for version in reversed(versions) if _fits(version, request)]
        items, marker = page(found, request.get("Marker"), request.get("MaxItems"), 50)
        return {"LayerVersions": items, "NextMarker": marker}

    @operation("ListLayers")
    def list_layers(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The layers of the region, each with its newest version."""
        with self.registry.lock:
            layers = self.registry.region(context.account, context.region).layers
            found = [
                {
                    "LayerName": name,
                    "LayerArn": fitting[-1].arn.rpartition(":")[0],
                    "LatestMatchingVersion": _listed(fitting[-1]),
                }
                for name, versions in sorted(layers.items())
                if (fitting := [version for version in versions.values() if _fits(version, request)])
            ]
        items, marker = page(found, request.get("Marker"), request.get("MaxItems"), 50)
        return {"Layers": items, "NextMarker": marker}

    @operation("DeleteLayerVersion")
    def delete_layer_version(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Removes a version; functions that use it keep it. That it is gone already is no error."""
        account, region_name, name = _layer(context, request["LayerName"])
        with self.registry.lock:
            region = self.registry.region(account, region_name)
            version = region.layers.get(name, {}).pop(request["VersionNumber"], None)
            if version is not None:
                region.layer_policies.pop(version.arn, None)
            if not region.layers.get(name, True):
                del region.layers[name]

    @operation("AddLayerVersionPermission")
    def add_layer_version_permission(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Lets another account use a layer version."""
        version = self._version(context, request["LayerName"], request["VersionNumber"])
        principal = request["Principal"]
        statement: dict[str, Any] = {
            "Sid": request["StatementId"],
            "Effect": "Allow",
            "Principal": "*" if principal == "*" else {"AWS": f"arn:aws:iam::{principal}:root"},
            "Action": request["Action"],
            "Resource": version.arn,
        }
        if request.get("OrganizationId"):
            statement["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": request["OrganizationId"]}}
        with self.registry.lock:
            policies = self._policies(version)
            if statement["Sid"] in policies:
                raise AwsError(
                    "ResourceConflictException", f"The statement id ({statement['Sid']}) provided already exists."
                )
            policies[statement["Sid"]] = statement
        return {"Statement": json.dumps(statement), "RevisionId": str(uuid.uuid4())}

    @operation("RemoveLayerVersionPermission")
    def remove_layer_version_permission(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Takes such a permission back."""
        version = self._version(context, request["LayerName"], request["VersionNumber"])
        with self.registry.lock:
            if self._policies(version).pop(request["StatementId"], None) is None:
                raise AwsError(
                    "ResourceNotFoundException", f"Statement {request['StatementId']} is not found in resource policy."
                )

    @operation("GetLayerVersionPolicy")
    def get_layer_version_policy(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The permissions of a layer version."""
        version = self._version(context, request["LayerName"], request["VersionNumber"])
        with self.registry.lock:
            statements = list(self._policies(version).values())
        if not statements:
            raise AwsError("ResourceNotFoundException", "No policy is associated with the given resource.")
        policy = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
        return {"Policy": json.dumps(policy), "RevisionId": str(uuid.uuid4())}

    def _version(self, context: RequestContext, layer: str, number: int) -> LayerVersion:
        account, region, name = _layer(context, layer)
        version = self.registry.layer_version(f"arn:aws:lambda:{region}:{account}:layer:{name}:{number}")
        if version is None:
            raise _absent()
        return version

    def _policies(self, version: LayerVersion) -> dict[str, dict[str, Any]]:
        parts = version.arn.split(":")
        return self.registry.region(parts[4], parts[3]).layer_policies.setdefault(version.arn, {})

    def _described(self, version: LayerVersion) -> dict[str, Any]:
        return {
            **version.members,
            "LayerArn": version.arn.rpartition(":")[0],
            "LayerVersionArn": version.arn,
            "Version": version.number,
            "CreatedDate": version.created,
            "Content": {
                "Location": CodeDownloads.location(self.platform, version.package),
                "CodeSha256": version.package.sha256,
                "CodeSize": version.package.size,
            },
        }


def _layer(context: RequestContext, text: str) -> tuple[str, str, str]:
    match = _NAME.fullmatch(text)
    if match is None:
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: Value '{text}' at 'layerName' failed to satisfy constraint: "
            "Member must be a layer's name ([a-zA-Z0-9-_]+) or ARN",
        )
    return match["account"] or context.account, match["region"] or context.region, match["name"]


def _listed(version: LayerVersion) -> dict[str, Any]:
    return {
        **version.members,
        "LayerVersionArn": version.arn,
        "Version": version.number,
        "CreatedDate": version.created,
    }


def _fits(version: LayerVersion, request: dict[str, Any]) -> bool:
    runtime, architecture = request.get("CompatibleRuntime"), request.get("CompatibleArchitecture")
    return (runtime is None or runtime in version.members.get("CompatibleRuntimes", ())) and (
        architecture is None or architecture in version.members.get("CompatibleArchitectures", ())
    )


def _absent() -> AwsError:
    return AwsError("ResourceNotFoundException", "The resource you requested does not exist.", Type="User")
