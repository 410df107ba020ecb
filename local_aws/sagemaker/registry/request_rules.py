"""What requests about model packages must keep to beyond the limits of their model, and what is not offered here."""

import json
from collections.abc import Iterator
from typing import Any

from local_aws.gateway.errors import NotAvailableLocallyError
from local_aws.sagemaker.container_definitions import container_faults
from local_aws.sagemaker.resource_names import validation_error

_MOST_SPECIFICATIONS = 15
_MOST_PROPERTIES = 50
_NEEDED_ALONE = ("SupportedTransformInstanceTypes", "SupportedRealtimeInferenceInstanceTypes")


def check_creation(request: dict[str, Any]) -> None:
    """Checks a CreateModelPackage request.

    Raises:
        AwsError: ``ValidationException`` with all faults; ``NotAvailableLocally`` for what only AWS does.
    """
    versioned = "ModelPackageGroupName" in request
    faults = [
        *(_versioned_faults(request) if versioned else _unversioned_faults(request)),
        *_specification_faults(request),
        *_card_faults(request),
    ]
    if "InferenceSpecification" in request and "SourceAlgorithmSpecification" in request:
        faults.append("a model package has either InferenceSpecification or SourceAlgorithmSpecification, not both")
    if faults:
        raise validation_error("; ".join(faults))
    # both run on AWS's side: an algorithm of the Marketplace, and transform jobs that try the package
    for name in ("SourceAlgorithmSpecification", "ValidationSpecification"):
        if name in request:
            raise NotAvailableLocallyError(f"in CreateModelPackage: {name}")


def check_update(request: dict[str, Any], changed: dict[str, Any]) -> None:
    """Checks an UpdateModelPackage request.

    Args:
        request: the request.
        changed: the members of the package as they would be.

    Raises:
        AwsError: ``ValidationException`` with all faults.
    """
    faults = [*_specification_faults(changed), *_card_faults(request)]
    if len(properties := changed.get("CustomerMetadataProperties", {})) > _MOST_PROPERTIES:
        faults.append(f"got {len(properties)} customer metadata properties, expected at most {_MOST_PROPERTIES}")
    if faults:
        raise validation_error("; ".join(faults))


def _versioned_faults(request: dict[str, Any]) -> Iterator[str]:
    if "ModelPackageName" in request:
        yield "exactly one of ModelPackageName and ModelPackageGroupName is needed, got both"
    if "Tags" in request:
        yield "a versioned model package cannot have tags: it has those of its group"
    if request.get("CertifyForMarketplace"):
        yield "CertifyForMarketplace does not apply to versioned model packages"


def _unversioned_faults(request: dict[str, Any]) -> Iterator[str]:
    if "ModelPackageName" not in request:
        yield "exactly one of ModelPackageName and ModelPackageGroupName is needed, got neither"
    for name in ("ModelApprovalStatus", "ModelLifeCycle"):
        if name in request:
            yield f"{name} does not apply to unversioned model packages"
    specification = request.get("InferenceSpecification")
    if specification is None:
        if not {"SourceAlgorithmSpecification", "SourceUri"} & set(request):
            yield "an unversioned model package needs InferenceSpecification or SourceAlgorithmSpecification"
        return
    for name in _NEEDED_ALONE:
        if name not in specification:
            yield f"InferenceSpecification of an unversioned model package needs {name}"
    if any("Environment" in container for container in specification["Containers"]):
        yield "Environment variable map cannot be specified when using non-versioned ModelPackages"


def _specification_faults(members: dict[str, Any]) -> Iterator[str]:
    additional = members.get("AdditionalInferenceSpecifications", ())
    names = [specification["Name"] for specification in additional]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"AdditionalInferenceSpecifications: the name {name} is there more than once"
    if len(names) > _MOST_SPECIFICATIONS:
        yield f"got {len(names)} additional inference specifications, expected at most {_MOST_SPECIFICATIONS}"
    main = [members["InferenceSpecification"]] if "InferenceSpecification" in members else []
    for specification in [*main, *additional]:
        for container in specification["Containers"]:
            if "Image" not in container and "BaseModel" not in container:
                yield "a container needs an Image"
            yield from container_faults(container)


def _card_faults(request: dict[str, Any]) -> Iterator[str]:
    content = request.get("ModelCard", {}).get("ModelCardContent")
    if content is None:
        return
    try:
        json.loads(content)
    except ValueError as error:
        yield f"ModelCardContent is not JSON: {error}"
