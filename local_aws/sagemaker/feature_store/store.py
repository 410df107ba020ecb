"""Writing and reading records: which stores, which order, what is answered; the same for every way in."""

import base64
import time
from collections.abc import Iterable
from itertools import dropwhile, islice
from typing import Any

from attrs import define

from local_aws.gateway.app import Authority
from local_aws.gateway.context import Principal
from local_aws.gateway.errors import AwsError
from local_aws.moto_mends import state
from local_aws.sagemaker.feature_store.event_times import iso_text, ttl_nanoseconds
from local_aws.sagemaker.feature_store.group import FeatureGroup
from local_aws.sagemaker.feature_store.groups import GroupBook
from local_aws.sagemaker.feature_store.online import OnlineRecord, OnlineStore, Values
from local_aws.sagemaker.feature_store.parquet import Row
from local_aws.sagemaker.feature_store.records import (
    event_time,
    read_changes,
    read_identifier,
    read_record,
    typed_values,
    validation,
)

_STORES = ("OnlineStore", "OfflineStore")
_PAGE = 100
_UPDATE_LIMIT = 100


@define(eq=False, kw_only=True)
class RecordStore:
    """Records of all groups.

    Args:
        groups: the groups.
        authority: decides who may use the key of an online store.
    """

    groups: GroupBook
    authority: Authority

    def open(self, principal: Principal, region: str, reference: str) -> FeatureGroup:
        """The group whose records are meant.

        Raises:
            AwsError: there is none of this name, it is not Created, or the principal may not use its key.
        """
        group = self.groups.find(principal.account, region, reference)
        if group.status != "Created":
            raise validation(f"feature group {group.name} is {group.status}, expected Created")
        key_id = group.request.get("OnlineStoreConfig", {}).get("SecurityConfig", {}).get("KmsKeyId")
        if key_id:
            key = state.kms_key(group.account, group.region, key_id)
            if key is None or not key.enabled:
                raise validation(f"the KMS key {key_id} of the online store is disabled or gone")
            context = {"kms:viaservice": f"sagemaker.{group.region}.amazonaws.com"}
            self.authority.require(principal, "kms:Decrypt", key.arn, context)
        return group

    def put(self, group: FeatureGroup, request: dict[str, Any], ttl: dict[str, Any] | None = None) -> None:
        """Carries out PutRecord, or one entry of BatchWriteRecord.

        Args:
            group: where to.
            request: Record, TargetStores, TtlDuration.
            ttl: for a request that has none. Default: the group's.

        Raises:
            AwsError: ``ValidationError``.
        """
        record = read_record(group, request.get("Record"))
        online, offline = _targets(group, request.get("TargetStores"))
        if online is not None:
            duration = request.get("TtlDuration") or ttl or group.ttl
            expires = record.event_time + ttl_nanoseconds(duration) if duration else None
            online.put(record.identifier, OnlineRecord(record.event_time, record.values, expires))
        if offline is not None:
            offline.add((Row(record.event_time, record.typed, time.time_ns() // 10**6),))

    def delete(self, group: FeatureGroup, request: dict[str, Any]) -> None:
        """Carries out DeleteRecord.

        Raises:
            AwsError: ``ValidationError``.
        """
        identifier = read_identifier(group, request["RecordIdentifierValueAsString"])
        moment = event_time(group, request["EventTime"])
        online, offline = _targets(group, request.get("TargetStores"))
        if online is not None and request.get("DeletionMode") == "HardDelete":
            if not online.remove(str(identifier), moment):
                raise validation("EventTime: a record is deleted by an EventTime that is later than its own")
        elif online is not None:
            lifetime = ttl_nanoseconds(group.ttl) if group.ttl else None
            expires = None if lifetime is None else moment + lifetime
            online.put(str(identifier), OnlineRecord(moment, None, expires))
        if offline is not None:
            marks = {group.identifier: request["RecordIdentifierValueAsString"], group.event_time: request["EventTime"]}
            row = Row(moment, typed_values(group.features, marks), time.time_ns() // 10**6, deleted=True)
            offline.add((row,))

    def update(self, group: FeatureGroup, request: dict[str, Any]) -> None:
        """Carries out UpdateRecord.

        Raises:
            AwsError: ``ValidationError``; ``ResourceNotFound`` and ``ConflictException`` as the record asks for.
        """
        identifier = str(read_identifier(group, request["RecordIdentifierValueAsString"]))
        if group.storage not in ("Standard_V2", "InMemory"):
            raise validation(f"UpdateRecord is for online stores of Standard_V2 and InMemory, not {group.storage}")
        if len(request["Features"]) > _UPDATE_LIMIT:
            raise validation(f"got {len(request['Features'])} features, expected at most {_UPDATE_LIMIT}")
        values, typed = read_changes(group, request["Features"])
        if str(typed.get(group.identifier, identifier)) != identifier:
            raise validation(f"the record identifier {group.identifier} of a record cannot change")
        moment = event_time(group, str(values[group.event_time])) if group.event_time in values else None
        ttl = request.get("TtlDuration")
        if ttl and moment is None:
            raise validation("TtlDuration needs the event time among the features")
        online, offline = _targets(group, request.get("TargetStores"))
        if online is None:
            raise validation("UpdateRecord changes the online store, expected it among TargetStores")
        try:
            merged = online.change(identifier, values, moment, ttl_nanoseconds(ttl) if ttl else None)
        except ValueError as error:
            raise AwsError("ConflictException", str(error), status=409) from None
        if merged is None:
            raise AwsError("ResourceNotFound", f"Resource Not Found: no record of identifier {identifier}", status=404)
        if offline is not None:
            merged_time = event_time(group, str(merged[group.event_time]))
            offline.add((Row(merged_time, typed_values(group.features, merged), time.time_ns() // 10**6),))

    def get(self, group: FeatureGroup, identifier: str, names: list[str] | None, *, expiry: bool) -> dict[str, Any]:
        """The latest record as GetRecord answers it; nothing where there is none.

        Args:
            group: whose.
            identifier: of the record.
            names: of the features wanted. Default: all.
            expiry: whether to tell when the record expires.

        Raises:
            AwsError: ``ValidationError``: no online store, or no such feature.
        """
        found = _online(group).get(str(read_identifier(group, identifier)))
        unknown = [name for name in names or () if name not in group.features]
        if unknown:
            raise validation(f"feature {unknown[0]} is not in feature group {group.name}")
        if found is None or found.values is None:
            return {}
        answer: dict[str, Any] = {"Record": _feature_values(found.values, names or group.features)}
        if expiry and found.expires is not None:
            answer["ExpiresAt"] = iso_text(found.expires)
        return answer

    def identifiers(self, group: FeatureGroup, request: dict[str, Any]) -> dict[str, Any]:
        """A page of ListRecords.

        Raises:
            AwsError: ``ValidationError``: no online store, or a token that was never given.
        """
        found: Iterable[str] = _online(group).identifiers(deleted=request.get("IncludeSoftDeletedRecords", False))
        if token := request.get("NextToken"):
            last = _read_token(token)
            found = dropwhile(lambda identifier: identifier <= last, found)
        size = request.get("MaxResults", _PAGE)
        page = list(islice(found, size + 1))
        answer: dict[str, Any] = {"RecordIdentifiers": page[:size]}
        if len(page) > size:
            answer["NextToken"] = base64.urlsafe_b64encode(page[size - 1].encode()).decode()
        return answer


def _targets(group: FeatureGroup, wanted: list[str] | None) -> tuple[OnlineStore | None, Any]:
    """The stores that a write goes to; None for those that it does not."""
    if wanted is None:
        return group.online, group.offline
    there = dict(zip(_STORES, (group.online, group.offline), strict=True))
    for store in wanted:
        if store not in _STORES:
            raise validation(f"got {store!r} for a target store, expected one of {', '.join(_STORES)}")
        if there[store] is None:
            raise validation(f"feature group {group.name} has no {store}")
    return (
        group.online if "OnlineStore" in wanted else None,
        group.offline if "OfflineStore" in wanted else None,
    )


def _online(group: FeatureGroup) -> OnlineStore:
    if group.online is None:
        raise validation(f"feature group {group.name} has no online store: its records are in the offline store alone")
    return group.online


def _feature_values(values: Values, names: Iterable[str]) -> list[dict[str, Any]]:
    return [
        {"FeatureName": name, "ValueAsString" if isinstance(values[name], str) else "ValueAsStringList": values[name]}
        for name in names
        if name in values
    ]


def _read_token(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token).decode()
    except ValueError:
        raise validation("the token is not valid") from None
