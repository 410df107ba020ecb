"""What CreateFeatureGroup and UpdateFeatureGroup refuse beyond the limits of the model."""

from collections.abc import Iterator
from typing import Any

from local_aws.gateway.errors import NotAvailableLocallyError
from local_aws.sagemaker.feature_store.group import FeatureGroup
from local_aws.sagemaker.resource_names import validation_error
from local_aws.sagemaker.s3_locations import S3Location

RESERVED = ("is_deleted", "write_time", "api_invocation_time")
FEATURE_LIMIT = 2500


def check_creation(request: dict[str, Any]) -> None:
    """Checks a CreateFeatureGroup request.

    Raises:
        AwsError: ``ValidationException`` with all faults.
        NotAvailableLocallyError: Iceberg tables.
    """
    if request.get("OfflineStoreConfig", {}).get("TableFormat") == "Iceberg":
        raise NotAvailableLocallyError("feature groups whose table format is Iceberg")
    _refuse(
        *_feature_faults(request["FeatureDefinitions"], (), storage_of(request)),
        *_special_feature_faults(request),
        *_store_faults(request),
        *_throughput_faults(request),
    )


def check_update(group: FeatureGroup, request: dict[str, Any]) -> None:
    """Checks an UpdateFeatureGroup request.

    Raises:
        AwsError: ``ValidationException`` with all faults.
    """
    changes = [name for name in ("FeatureAdditions", "OnlineStoreConfig", "ThroughputConfig") if name in request]
    if len(changes) != 1:
        raise validation_error(
            f"got {' and '.join(changes) or 'no change'}, expected one of FeatureAdditions, OnlineStoreConfig and "
            "ThroughputConfig"
        )
    if group.status != "Created":
        raise validation_error(f"Feature group {group.name} is {group.status}; it can be updated when it is Created.")
    additions = request.get("FeatureAdditions", [])
    faults = list(_feature_faults(additions, tuple(group.features), group.storage))
    if len(group.features) + len(additions) > FEATURE_LIMIT:
        faults.append(f"a feature group has at most {FEATURE_LIMIT} features")
    if "OnlineStoreConfig" in request:
        faults += _online_update_faults(group, request["OnlineStoreConfig"])
    faults += _throughput_faults({**group.request, **request})
    _refuse(*faults)


def storage_of(request: dict[str, Any]) -> str | None:
    """The tier of the online store that a request asks for; None for none."""
    config = request.get("OnlineStoreConfig", {})
    return config.get("StorageType", "Standard") if config.get("EnableOnlineStore") else None


def _refuse(*faults: str) -> None:
    if faults:
        raise validation_error("; ".join(faults))


def _feature_faults(definitions: list[dict[str, Any]], existing: tuple[str, ...], storage: str | None) -> Iterator[str]:
    seen = set(existing)
    for definition in definitions:
        name = definition["FeatureName"]
        if name in RESERVED:
            yield f"feature name {name} is reserved"
        if name in seen:
            yield f"feature {name} is defined twice"
        seen.add(name)
        yield from _collection_faults(definition, storage)
    if sum(definition.get("CollectionType") == "Vector" for definition in definitions) > 1:
        yield "a feature group has at most one Vector"


def _collection_faults(definition: dict[str, Any], storage: str | None) -> Iterator[str]:
    name, kind = definition["FeatureName"], definition.get("CollectionType")
    dimension = definition.get("CollectionConfig", {}).get("VectorConfig")
    if kind is not None and storage != "InMemory":
        yield f"feature {name}: CollectionType is for feature groups whose online store is InMemory"
    if kind == "Vector" and dimension is None:
        yield f"feature {name}: a Vector needs CollectionConfig.VectorConfig"
    if kind == "Vector" and definition["FeatureType"] != "Fractional":
        yield f"feature {name}: the elements of a Vector are Fractional"
    if kind != "Vector" and dimension is not None:
        yield f"feature {name}: VectorConfig is for a Vector"


def _special_feature_faults(request: dict[str, Any]) -> Iterator[str]:
    definitions = {definition["FeatureName"]: definition for definition in request["FeatureDefinitions"]}
    for member in ("RecordIdentifierFeatureName", "EventTimeFeatureName"):
        definition = definitions.get(request[member])
        if definition is None:
            yield f"{member} {request[member]} is none of the FeatureDefinitions"
        elif "CollectionType" in definition:
            yield f"{member} {request[member]} cannot be a collection"
    if request["RecordIdentifierFeatureName"] == request["EventTimeFeatureName"]:
        yield "the record identifier and the event time are one feature, expected two"
    moment = definitions.get(request["EventTimeFeatureName"])
    if moment is not None and moment["FeatureType"] == "Integral":
        yield f"event time feature {moment['FeatureName']} is Integral, expected String or Fractional"


def _store_faults(request: dict[str, Any]) -> Iterator[str]:
    online, offline = request.get("OnlineStoreConfig", {}), request.get("OfflineStoreConfig")
    if not online.get("EnableOnlineStore") and offline is None:
        yield "expected an OnlineStoreConfig that is enabled, an OfflineStoreConfig, or both"
    yield from _ttl_faults(online)
    if offline is None:
        return
    if "RoleArn" not in request:
        yield "an OfflineStoreConfig needs a RoleArn"
    try:
        S3Location.parse(offline["S3StorageConfig"]["S3Uri"])
    except ValueError as error:
        yield str(error)


def _ttl_faults(online: dict[str, Any]) -> Iterator[str]:
    ttl = online.get("TtlDuration")
    if ttl is not None and not ttl.keys() >= {"Unit", "Value"}:
        yield "TtlDuration needs Unit and Value"


def _online_update_faults(group: FeatureGroup, config: dict[str, Any]) -> Iterator[str]:
    if group.online is None:
        yield f"feature group {group.name} has no online store"
    ttl = config.get("TtlDuration")
    if ttl:
        yield from _ttl_faults(config)
    wanted = config.get("StorageType", group.storage)
    if wanted != group.storage and (group.storage, wanted) != ("Standard", "Standard_V2"):
        yield f"an online store cannot go from {group.storage} to {wanted}, only from Standard to Standard_V2"


def _throughput_faults(request: dict[str, Any]) -> Iterator[str]:
    config = request.get("ThroughputConfig", {})
    units = {"ProvisionedReadCapacityUnits", "ProvisionedWriteCapacityUnits"} & config.keys()
    provisioned = config.get("ThroughputMode") == "Provisioned"
    if provisioned and len(units) < 2:
        yield "provisioned throughput needs ProvisionedReadCapacityUnits and ProvisionedWriteCapacityUnits"
    if provisioned and storage_of(request) in ("InMemory", "Standard_V2"):
        yield "provisioned throughput is for groups without an online store, or with one of the Standard tier"
    if units and not provisioned:
        yield "capacity units are for provisioned throughput"
