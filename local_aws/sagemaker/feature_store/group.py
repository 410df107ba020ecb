"""A feature group: its stores, and what Describe tells of it."""

import threading
from datetime import datetime
from typing import Any

from attrs import define, evolve, field

from local_aws.sagemaker.feature_store.features import Feature
from local_aws.sagemaker.feature_store.offline import OfflineStore
from local_aws.sagemaker.feature_store.online import OnlineStore
from local_aws.sagemaker.resource_names import now


@define(eq=False, kw_only=True)
class FeatureGroup:
    """One group.

    Attributes:
        account: of the group.
        region: of the group.
        arn: of the group.
        request: CreateFeatureGroup's, with what updates changed.
        features: by name, in order; replaced as a whole, so that a record meets one state of it.
        online: the latest records, or None.
        offline: all records, or None.
        created: when.
        modified: when it was updated last.
        status: of its life.
        failure: why it could not be made or removed.
        last_update: LastUpdateStatus, once there was an update.
        lock: held by whoever changes the group.
    """

    account: str
    region: str
    arn: str
    request: dict[str, Any]
    features: dict[str, Feature]
    online: OnlineStore | None
    offline: OfflineStore | None
    created: datetime
    modified: datetime = field(factory=now)
    status: str = "Creating"
    failure: str | None = None
    last_update: dict[str, str] | None = None
    lock: threading.RLock = field(factory=threading.RLock)

    @property
    def name(self) -> str:
        """Unique in its account and region."""
        return str(self.request["FeatureGroupName"])

    @property
    def identifier(self) -> str:
        """The feature by which records are told apart."""
        return str(self.request["RecordIdentifierFeatureName"])

    @property
    def event_time(self) -> str:
        """The feature that says when a record came to be."""
        return str(self.request["EventTimeFeatureName"])

    @property
    def ttl(self) -> dict[str, Any] | None:
        """How long records of the online store live, where they do not say so themselves."""
        found: dict[str, Any] | None = self.request.get("OnlineStoreConfig", {}).get("TtlDuration")
        return found

    @property
    def storage(self) -> str:
        """The tier of the online store."""
        return str(self.request.get("OnlineStoreConfig", {}).get("StorageType", "Standard"))

    def columns(self) -> list[Feature]:
        """The features as they are now, in order."""
        return list(self.features.values())

    def add_features(self, definitions: list[dict[str, Any]]) -> None:
        """Adds features; records without them have none."""
        moment = now()
        added = {item["FeatureName"]: Feature.of(item, moment) for item in definitions}
        self.features = self.features | added

    def change_feature(self, name: str, **changes: Any) -> None:
        """Changes a feature's metadata."""
        self.features = self.features | {name: evolve(self.features[name], modified=now(), **changes)}

    def summary(self) -> dict[str, Any]:
        """What List tells."""
        told: dict[str, Any] = {
            "FeatureGroupName": self.name,
            "FeatureGroupArn": self.arn,
            "CreationTime": self.created,
            "FeatureGroupStatus": self.status,
        }
        return told if self.offline is None else told | {"OfflineStoreStatus": self.offline.status()}

    def describe(self) -> dict[str, Any]:
        """All of the group."""
        kept = (
            "RecordIdentifierFeatureName",
            "EventTimeFeatureName",
            "OnlineStoreConfig",
            "OfflineStoreConfig",
            "ThroughputConfig",
            "RoleArn",
            "Description",
        )
        told = self.summary() | {name: self.request[name] for name in kept if name in self.request}
        told |= {
            "FeatureDefinitions": [feature.definition() for feature in self.columns()],
            "LastModifiedTime": self.modified,
        }
        if self.failure is not None:
            told["FailureReason"] = self.failure
        if self.last_update is not None:
            told["LastUpdateStatus"] = self.last_update
        if self.online is not None:
            told["OnlineStoreTotalSizeBytes"] = self.online.size
        return told
