"""Model packages as models are made from them."""

from typing import Any

from attrs import define

from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import NotAvailableLocallyError
from local_aws.sagemaker.registry.records import APPROVED, RegistryRecords
from local_aws.sagemaker.resource_names import validation_error

# what a package says of a container and a model does not know
_OF_PACKAGES_ALONE = frozenset(
    {
        "AdditionalS3DataSource", "BaseModel", "Framework", "FrameworkVersion", "ImageDigest", "IsCheckpoint",
        "ModelDataETag", "ModelInput", "NearestModelName", "ProductId",
    }
)  # fmt: skip


@define(eq=False)
class PackageContainers:
    """Gives the containers that a model's definitions mean.

    Args:
        records: groups and model packages.
    """

    records: RegistryRecords

    def resolve(self, context: RequestContext, containers: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Container definitions with image, model data and variables; as they are where they name no model package.

        The image is the one that was registered: by its digest, where the package knows it, since tags move.

        Args:
            context: who makes the model, and where.
            containers: of the CreateModel request; their variables count more than the package's.

        Raises:
            AwsError: there is no such package, it is a version that is not approved, or it has no such specification.
        """
        return [resolved for container in containers for resolved in self._resolve(context, container)]

    def _resolve(self, context: RequestContext, container: dict[str, Any]) -> list[dict[str, Any]]:
        if "ModelPackageName" not in container:
            return [container]
        package = self.records.package(context, container["ModelPackageName"])
        if package.version is not None and package.approval != APPROVED:
            raise validation_error(
                f"Cannot create a model from model package {package.arn}: its approval status is {package.approval}, "
                f"expected {APPROVED}."
            )
        found = package.containers(container.get("InferenceSpecificationName"))
        own = {name: container[name] for name in ("ContainerHostname",) if name in container and len(found) == 1}
        variables = container.get("Environment", {})
        return [_unpacked(package.arn, packaged, variables) | own for packaged in found]


def _unpacked(package_arn: str, packaged: dict[str, Any], variables: dict[str, str]) -> dict[str, Any]:
    """A package's container as a model has it."""
    if "AdditionalModelDataSources" in packaged:
        raise NotAvailableLocallyError("in CreateModel: AdditionalModelDataSources of a model package")
    if "Image" not in packaged:
        raise validation_error(f"Model package {package_arn} has no image to make a model of.")
    resolved = {name: value for name, value in packaged.items() if name not in _OF_PACKAGES_ALONE}
    if (digest := packaged.get("ImageDigest")) is not None and "@" not in packaged["Image"]:
        resolved["Image"] = f"{packaged['Image'].partition(':')[0]}@{digest.lower()}"
    return resolved | {"Environment": packaged.get("Environment", {}) | variables}
