"""Feature groups of Amazon SageMaker Feature Store."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from local_aws.cloudformation.errors import ResourceError
from local_aws.cloudformation.intrinsics import Pending
from local_aws.cloudformation.resources.provider import (
    Provider,
    ResourceScope,
    Schema,
    changed_properties,
    tag_list,
    tags_of,
)
from local_aws.cloudformation.resources.shapes import request, shape_problems, without

_SERVICE = "sagemaker"
# of the online store, the duration alone can change
_FIXED_ONLINE = ("EnableOnlineStore", "SecurityConfig", "StorageType")


class FeatureGroupProvider(Provider):
    """A feature group; its physical id is its name, its files and its table stay when it goes."""

    type = "AWS::SageMaker::FeatureGroup"
    schema = Schema.of(
        "Description EventTimeFeatureName FeatureDefinitions FeatureGroupName OfflineStoreConfig OnlineStoreConfig "
        "RecordIdentifierFeatureName RoleArn Tags ThroughputConfig",
        required="EventTimeFeatureName FeatureDefinitions FeatureGroupName RecordIdentifierFeatureName",
        create_only="Description EventTimeFeatureName FeatureGroupName OfflineStoreConfig RecordIdentifierFeatureName "
        "RoleArn Tags",
        attributes="CreationTime FeatureGroupStatus",
        name="FeatureGroupName",
    )

    def problems(self, properties: Mapping[str, Any]) -> Iterator[str]:
        """Adds: nested members that SageMaker does not know."""
        yield from super().problems(properties)
        known = {name: value for name, value in properties.items() if name in self.schema.properties}
        yield from shape_problems(_SERVICE, "CreateFeatureGroup", without(known, "Tags"))

    def update_problems(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
        """Features can be added; none can go or change its type."""
        if self.replaces(old, new, changed_properties(old, new)):
            return
        kept = dict(_features(new))
        for name, definition in _features(old):
            if kept.get(name) != definition:
                fate = "is gone" if name not in kept else "has changed"
                yield f"FeatureDefinitions: feature {name} {fate}; features of a group can only be added"

    def replaces(self, old: Mapping[str, Any], new: Mapping[str, Any], changed: Iterable[str]) -> bool:
        """Adds: what of the online store cannot change."""
        before, after = old.get("OnlineStoreConfig", {}), new.get("OnlineStoreConfig", {})
        return super().replaces(old, new, changed) or any(before.get(name) != after.get(name) for name in _FIXED_ONLINE)

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the group and waits until it is Created.

        Raises:
            ResourceError: it failed; with SageMaker's reason.
        """
        arguments = properties | {"Tags": tag_list(tags_of(properties))}
        scope.client(_SERVICE).create_feature_group(**request(_SERVICE, "CreateFeatureGroup", arguments))
        name = scope.created(str(properties["FeatureGroupName"]))
        state = self._made(scope, name)
        if state["FeatureGroupStatus"] != "Created":
            reason = state.get("FailureReason", "no reason given")
            raise ResourceError(f"The feature group {name} is {state['FeatureGroupStatus']}: {reason}")
        return name

    def _made(self, scope: ResourceScope, name: str) -> dict[str, Any]:
        client = scope.client(_SERVICE)
        return scope.at_rest(
            lambda: client.describe_feature_group(FeatureGroupName=name), "FeatureGroupStatus", "Creating"
        )

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Adds features, and changes throughput and duration; one call each, as SageMaker wants it.

        Raises:
            ResourceError: SageMaker could not carry an update out.
        """
        known = {name for name, _ in _features(old)}
        added = [dict(definition) for name, definition in _features(new) if name not in known]
        changed = changed_properties(old, new)
        changes: list[dict[str, Any]] = [{"FeatureAdditions": added}] if added else []
        if "ThroughputConfig" in changed:
            changes.append({"ThroughputConfig": new.get("ThroughputConfig", {"ThroughputMode": "OnDemand"})})
        if "OnlineStoreConfig" in changed:
            duration = new.get("OnlineStoreConfig", {}).get("TtlDuration", {})
            changes.append({"OnlineStoreConfig": {"TtlDuration": duration}})
        client = scope.client(_SERVICE)
        for change in changes:
            client.update_feature_group(
                **request(_SERVICE, "UpdateFeatureGroup", {"FeatureGroupName": physical_id, **change})
            )
            self._settle(scope, physical_id)
        return None

    def _settle(self, scope: ResourceScope, name: str) -> None:
        while True:
            state = scope.client(_SERVICE).describe_feature_group(FeatureGroupName=name)
            status = state.get("LastUpdateStatus", {"Status": "Successful"})
            if status["Status"] == "Failed":
                raise ResourceError(f"The update of the feature group {name} failed: {status.get('FailureReason')}")
            if status["Status"] == "Successful":
                return
            scope.pause(0.1)

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the group and waits until it is gone; one whose creation was given up is made first."""
        del properties
        client = scope.client(_SERVICE)
        self._made(scope, physical_id)
        client.delete_feature_group(FeatureGroupName=physical_id)
        scope.until_absent(lambda: client.describe_feature_group(FeatureGroupName=physical_id))

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """Status and time of creation."""
        del properties
        found = scope.client(_SERVICE).describe_feature_group(FeatureGroupName=physical_id)
        return {"FeatureGroupStatus": found["FeatureGroupStatus"], "CreationTime": str(found["CreationTime"])}


def _features(properties: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    definitions = properties.get("FeatureDefinitions", [])
    for definition in definitions if isinstance(definitions, list) else []:
        if isinstance(definition, Mapping) and not isinstance(definition.get("FeatureName"), Pending):
            yield str(definition.get("FeatureName")), definition
