"""The feature group of the houses: found, or made where there is none."""

import time
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from prices.columns import COLUMNS, EVENT_TIME, RECORD_ID
from prices.contract import InputError

_FRACTIONAL = ("SQUARE_FEET", "NUM_BATHROOMS", "LOT_ACRES")
_TYPES = {
    RECORD_ID: "String",
    EVENT_TIME: "String",
    **{column: "Fractional" if column in _FRACTIONAL else "Integral" for column in COLUMNS},
}
_PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class NewGroup:
    """What a feature group is made of where there is none.

    Attributes:
        store_uri: prefix in S3 of its offline store.
        role_arn: with which Feature Store writes there.
        kms_key: that encrypts it; None for the bucket's own.
    """

    store_uri: str
    role_arn: str
    kms_key: str | None = None


@dataclass(frozen=True)
class FeatureGroup:
    """A feature group that takes houses.

    Attributes:
        name: of it.
        data_uri: prefix in S3 of its offline store's files.
        integral: names of the features that are whole numbers.
    """

    name: str
    data_uri: str
    integral: frozenset[str]

    @classmethod
    def prepare(cls, client: Any, name: str, new: NewGroup | None, *, seconds: float = 600) -> "FeatureGroup":
        """Finds the group, or makes it, and waits until it can be written to.

        Args:
            client: of SageMaker.
            name: of the group.
            new: what it is made of where there is none; None makes none.
            seconds: to wait for it.

        Raises:
            InputError: it cannot be used: it is not there, failed, has other features, or no offline store.
        """
        found = _describe(client, name)
        if found is None:
            if new is None:
                raise InputError(f"feature group {name}: there is none, and no role to make it with was given")
            _create(client, name, new)
            found = _describe(client, name)
        deadline = time.monotonic() + seconds
        while found is None or found["FeatureGroupStatus"] == "Creating":
            if time.monotonic() > deadline:
                raise InputError(f"feature group {name}: still not there after {seconds:.0f} s")
            time.sleep(_PAUSE_SECONDS)
            found = _describe(client, name)
        return cls._checked(found)

    @classmethod
    def _checked(cls, found: dict[str, Any]) -> "FeatureGroup":
        name, problems = found["FeatureGroupName"], []
        if found["FeatureGroupStatus"] != "Created":
            problems.append(f"its status is {found['FeatureGroupStatus']}: {found.get('FailureReason', 'no reason')}")
        types = {feature["FeatureName"]: feature["FeatureType"] for feature in found["FeatureDefinitions"]}
        if found["RecordIdentifierFeatureName"] != RECORD_ID or found["EventTimeFeatureName"] != EVENT_TIME:
            problems.append(f"expected the record identifier {RECORD_ID} and the event time {EVENT_TIME}")
        problems += [f"it has no feature {feature}" for feature in _TYPES if feature not in types]
        problems += [
            f"feature {feature} is a String, expected a number" for feature in COLUMNS if types.get(feature) == "String"
        ]
        problems += [
            f"feature {feature}: got {types[feature]}, expected String"
            for feature in (RECORD_ID, EVENT_TIME)
            if types.get(feature, "String") != "String"
        ]
        store = found.get("OfflineStoreConfig", {}).get("S3StorageConfig", {})
        if not store:
            problems.append("it has no offline store")
        if problems:
            raise InputError(f"feature group {name}: {'; '.join(problems)}")
        integral = frozenset(feature for feature in COLUMNS if types[feature] == "Integral")
        return cls(name, store.get("ResolvedOutputS3Uri", store["S3Uri"]), integral)


def _describe(client: Any, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = client.describe_feature_group(FeatureGroupName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFound":
            return None
        raise
    while token := found.pop("NextToken", None):
        page = client.describe_feature_group(FeatureGroupName=name, NextToken=token)
        found["FeatureDefinitions"] += page["FeatureDefinitions"]
        if "NextToken" in page:
            found["NextToken"] = page["NextToken"]
    return found


def _create(client: Any, name: str, new: NewGroup) -> None:
    storage = {"S3Uri": new.store_uri, **({} if new.kms_key is None else {"KmsKeyId": new.kms_key})}
    try:
        client.create_feature_group(
            FeatureGroupName=name,
            RecordIdentifierFeatureName=RECORD_ID,
            EventTimeFeatureName=EVENT_TIME,
            FeatureDefinitions=[{"FeatureName": feature, "FeatureType": kind} for feature, kind in _TYPES.items()],
            OfflineStoreConfig={"S3StorageConfig": storage},
            RoleArn=new.role_arn,
            Description="synthetic houses and their prices",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceInUse":  # another job was faster
            raise
