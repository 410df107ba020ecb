"""What requests about inference components must keep to beyond the limits of their model; what is not offered here."""

from collections.abc import Iterator
from typing import Any

from local_aws.gateway.errors import NotAvailableLocallyError
from local_aws.sagemaker.container_definitions import container_faults
from local_aws.sagemaker.resource_names import validation_error


def check_creation(request: dict[str, Any]) -> None:
    """Checks a CreateInferenceComponent request.

    Raises:
        AwsError: ``ValidationException`` with all faults; ``NotAvailableLocally`` for what only AWS does.
    """
    missing = [name for name in ("VariantName", "RuntimeConfig") if name not in request]
    if "Specification" not in request and "Specifications" not in request:
        missing.append("Specification")
    if missing and not any(_only_aws(request)):
        raise validation_error(f"an inference component needs {', '.join(missing)}")
    check_change(request, request.get("Specification"), "CreateInferenceComponent")


def check_change(request: dict[str, Any], specification: dict[str, Any] | None, operation: str) -> None:
    """Checks a request that makes or changes a component.

    Args:
        request: the request.
        specification: as it would be; None where it stays.
        operation: its name.

    Raises:
        AwsError: ``ValidationException`` with all faults; ``NotAvailableLocally`` for what only AWS does.
    """
    if missing := list(_only_aws(request)):
        raise NotAvailableLocallyError(f"in {operation}: {', '.join(missing)}")
    if specification is not None and (faults := list(_faults(specification))):
        raise validation_error("; ".join(faults))


def definition_of(container: dict[str, Any]) -> dict[str, Any]:
    """A component's own container in the words of a model's."""
    names = {"Image": "Image", "ArtifactUrl": "ModelDataUrl", "Environment": "Environment"}
    return {names[name]: value for name, value in container.items() if name in names}


def _faults(specification: dict[str, Any]) -> Iterator[str]:
    container = specification.get("Container")
    if (container is None) == ("ModelName" not in specification):
        yield "Specification needs exactly one of ModelName and Container"
    if container is not None:
        if "Image" not in container:
            yield "a container needs an Image"
        yield from container_faults(definition_of(container))
    needs = specification.get("ComputeResourceRequirements")
    if needs is None:
        yield "Specification needs ComputeResourceRequirements"
    elif (most := needs.get("MaxMemoryRequiredInMb")) is not None and most < needs["MinMemoryRequiredInMb"]:
        yield f"MaxMemoryRequiredInMb: got {most}, expected at least {needs['MinMemoryRequiredInMb']}"


def _only_aws(request: dict[str, Any]) -> Iterator[str]:
    yield from (name for name in ("DeploymentConfig", "Specifications") if name in request)
    specification = request.get("Specification", {})
    if "BaseInferenceComponentName" in specification:
        yield "BaseInferenceComponentName (adapters)"
    if "InstanceType" in specification:
        yield "Specification.InstanceType"
    if "ContainerMetricsConfig" in specification.get("Container", {}):
        yield "ContainerMetricsConfig"
    if "AcceleratorPartitionType" in specification.get("ComputeResourceRequirements", {}):
        yield "AcceleratorPartitionType"
