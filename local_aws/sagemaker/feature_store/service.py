"""The composition of the feature store."""

from local_aws.gateway.app import Gateway
from local_aws.platform import Platform
from local_aws.sagemaker.feature_store.groups import GroupBook
from local_aws.sagemaker.feature_store.offline import OfflineSettings
from local_aws.sagemaker.feature_store.operations import FeatureGroupOperations
from local_aws.sagemaker.feature_store.route import (
    BATCH_WRITE_RECORD,
    PUT_RECORD,
    WriteRoute,
    batch_write_record,
    put_record,
)
from local_aws.sagemaker.feature_store.runtime import FeatureStoreRuntimeOperations
from local_aws.sagemaker.feature_store.store import RecordStore
from local_aws.sagemaker.tags import TagStore


def register_feature_store(
    gateway: Gateway, platform: Platform, tags: TagStore, settings: OfflineSettings | None = None
) -> None:
    """Makes the feature store and registers it.

    Args:
        gateway: the door.
        platform: the local AWS.
        tags: where the groups' tags are kept.
        settings: how offline stores are written. Default: within a second.
    """
    groups = GroupBook()
    operations = FeatureGroupOperations(
        platform=platform,
        authority=gateway.authority,
        groups=groups,
        tags=tags,
        settings=settings or OfflineSettings(),
    )
    store = RecordStore(groups=groups, authority=gateway.authority)
    gateway.register(operations, FeatureStoreRuntimeOperations(store))
    gateway.route(*PUT_RECORD, WriteRoute(store, put_record))
    gateway.route(*BATCH_WRITE_RECORD, WriteRoute(store, batch_write_record))
    platform.on_stop(operations.close)
