"""Records in the online store: what is written, read, changed, deleted and refused."""

import json
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.feature_store.conftest import ACCOUNT, NOON, REGION, Store, house, statement

EARLIER, LATER = "2026-03-04T11:00:00Z", "2026-03-04T13:00:00Z"


@pytest.fixture(scope="module", name="houses")
def _houses(store: Store) -> str:
    store.group("houses")
    return "houses"


def test_the_latest_record_is_read(store: Store, houses: str) -> None:
    store.put(houses, house(1, "10", at=NOON, street="a"))
    store.put(houses, house(1, "30", at=LATER))
    store.put(houses, house(1, "20", at=EARLIER))
    # a record is written as a whole: the street of the first is not that of the second
    assert store.get(houses, 1) == {"house": "1", "at": LATER, "price": "30"}
    assert store.get(houses, 1, FeatureNames=["price"]) == {"price": "30"}


def test_a_record_of_the_same_moment_is_none_that_is_newer(store: Store, houses: str) -> None:
    store.put(houses, house(2, "10"))
    store.put(houses, house(2, "20"))
    assert store.get(houses, 2)["price"] == "10"


def test_a_group_is_known_by_its_arn_too(store: Store, houses: str) -> None:
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:feature-group/{houses}"
    store.put(arn, house(3))
    assert store.get(arn, 3) == store.get(houses, 3)


def test_a_number_names_its_record_in_every_spelling(store: Store, houses: str) -> None:
    store.put(houses, house("+04"))
    assert store.get(houses, 4)["house"] == "+04"


def test_what_was_never_written_is_nothing(store: Store, houses: str) -> None:
    answer = store.records.get_record(FeatureGroupName=houses, RecordIdentifierValueAsString="404")
    assert "Record" not in answer


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (house(1, rooms="3"), "feature rooms is not in feature group houses"),
        (house(1)[1:], r"feature house \(the record identifier\) is missing"),
        (house(1)[:1], r"feature at \(the event time\) is missing"),
        (house(1, at="yesterday"), "event time at: got 'yesterday', expected an ISO-8601 time"),
        (house(1, at="2026-13-01T00:00:00Z"), "event time at: got '2026-13-01T00:00:00Z', month must be in 1..12"),
        (house("one"), "feature house: got 'one', expected Integral"),
        (house("1.0"), "feature house: got '1.0', expected Integral"),
        (house(2**63), "feature house: got '9223372036854775808', expected Integral"),
        (house(1, "much"), "feature price: got 'much', expected Fractional"),
        (house(1, "NaN"), "feature price: got 'NaN', expected Fractional"),
        (house(1, "-inf"), "feature price: got '-inf', expected Fractional"),
        (house(1, "1e999"), "feature price: got '1e999', expected Fractional"),
        (house(1, "1_0"), "feature price: got '1_0', expected Fractional"),
        (house(1) + house(1)[:1], "feature house is given twice"),
        ([*house(1), {"FeatureName": "street"}], "feature street: expected ValueAsString"),
        ([*house(1), {"FeatureName": "street", "ValueAsStringList": ["a"]}], "feature street: expected ValueAsString"),
        ([], "expected a list of at least one feature value"),
        (house(1, street="x" * 360_000), "the record has 360.* bytes, more than 358400"),
        (house(1, street="ü" * 180_000), "the record has 360.* bytes, more than 358400"),
    ],
)
def test_a_record_that_does_not_fit_is_refused(
    store: Store, houses: str, record: list[dict[str, Any]], message: str
) -> None:
    with pytest.raises(ClientError, match=message) as caught:
        store.put(houses, record)
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_all_faults_of_a_record_are_told_together(store: Store, houses: str) -> None:
    with pytest.raises(ClientError) as caught:
        store.put(houses, house("x", "y", rooms="1"))
    message = caught.value.response["Error"]["Message"]
    assert [word for word in ("house", "price", "rooms") if f"feature {word}" in message] == ["house", "price", "rooms"]


def test_an_identifier_is_at_most_two_kilobytes(store: Store) -> None:
    store.group("named", features=(("house", "String"), ("at", "String")))
    store.put("named", house("x" * 2048, None))
    with pytest.raises(ClientError, match="the record identifier is longer than 2048 bytes"):
        store.put("named", house("x" * 2049, None))


def test_a_group_that_is_not_there(store: Store) -> None:
    names = {"FeatureGroupName": "nobody", "RecordIdentifierValueAsString": "1"}
    for call in (
        lambda: store.put("nobody", house(1)),
        lambda: store.records.get_record(**names),
        lambda: store.records.delete_record(**names, EventTime=NOON),
    ):
        with pytest.raises(ClientError, match="can't find a FeatureGroup of nobody") as caught:
            call()
        assert caught.value.response["Error"]["Code"] == "ResourceNotFound"
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_a_group_that_failed_takes_no_records(store: Store, offline: dict[str, Any]) -> None:
    store.group("failed", **offline | {"OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "s3://nowhere-at-all"}}})
    with pytest.raises(ClientError, match="feature group failed is CreateFailed, expected Created"):
        store.put("failed", house(1))


def test_a_group_without_online_store_gives_no_records(store: Store, offline: dict[str, Any]) -> None:
    store.group("archive", OnlineStoreConfig=None, **offline)
    store.put("archive", house(1))
    with pytest.raises(ClientError, match="feature group archive has no online store"):
        store.get("archive", 1)
    with pytest.raises(ClientError, match="feature group archive has no online store"):
        store.records.list_records(FeatureGroupName="archive")
    with pytest.raises(ClientError, match="feature group archive has no OnlineStore"):
        store.put("archive", house(1), TargetStores=["OnlineStore"])


def test_a_store_that_no_group_has_is_refused(store: Store, houses: str) -> None:
    with pytest.raises(ClientError, match="got 'Cupboard' for a target store, expected one of OnlineStore, Offline"):
        store.put(houses, house(1), TargetStores=["Cupboard"])
    with pytest.raises(ClientError, match="expected TargetStores, a list of 1 or 2"):
        store.put(houses, house(1), TargetStores=[])


def test_features_that_are_asked_for_must_exist(store: Store, houses: str) -> None:
    with pytest.raises(ClientError, match="feature rooms is not in feature group houses"):
        store.get(houses, 1, FeatureNames=["rooms"])


def test_event_times_can_be_unix_seconds(store: Store) -> None:
    store.group("timed", features=(("house", "Integral"), ("at", "Fractional"), ("price", "Fractional")))
    store.put("timed", house(1, "1", at="1700000000"))
    store.put("timed", house(1, "2", at="1700000000.5"))
    assert store.get("timed", 1)["price"] == "2"
    with pytest.raises(ClientError, match="event time at: got '1e20', expected Unix seconds within the years"):
        store.put("timed", house(1, at="1e20"))


def test_a_deleted_record_is_gone_until_a_later_one_comes(store: Store, houses: str) -> None:
    store.put(houses, house(20, at=NOON))
    names = {"FeatureGroupName": houses, "RecordIdentifierValueAsString": "20"}
    store.records.delete_record(**names, EventTime=EARLIER)
    assert store.get(houses, 20), "a deletion that is earlier than the record deletes nothing"
    store.records.delete_record(**names, EventTime=LATER)
    assert store.get(houses, 20) == {}
    store.put(houses, house(20, at=NOON))
    assert store.get(houses, 20) == {}, "a record that is earlier than the deletion stays deleted"
    assert "20" not in store.records.list_records(FeatureGroupName=houses)["RecordIdentifiers"]
    everything = store.records.list_records(FeatureGroupName=houses, IncludeSoftDeletedRecords=True)
    assert "20" in everything["RecordIdentifiers"]
    store.put(houses, house(20, at="2026-03-04T14:00:00Z"))
    assert store.get(houses, 20)


def test_a_hard_deletion_forgets_the_record(store: Store, houses: str) -> None:
    store.put(houses, house(21, at=NOON))
    names = {"FeatureGroupName": houses, "RecordIdentifierValueAsString": "21", "DeletionMode": "HardDelete"}
    with pytest.raises(ClientError, match="EventTime: a record is deleted by an EventTime that is later than its own"):
        store.records.delete_record(**names, EventTime=NOON)
    store.records.delete_record(**names, EventTime=LATER)
    store.put(houses, house(21, at=EARLIER))
    assert store.get(houses, 21)["at"] == EARLIER


def test_a_deletion_names_record_and_time_in_their_types(store: Store, houses: str) -> None:
    with pytest.raises(ClientError, match="feature house: got 'x', expected Integral"):
        store.records.delete_record(FeatureGroupName=houses, RecordIdentifierValueAsString="x", EventTime=NOON)
    with pytest.raises(ClientError, match="event time at: got 'x', expected an ISO-8601 time"):
        store.records.delete_record(FeatureGroupName=houses, RecordIdentifierValueAsString="1", EventTime="x")


def _ago(**duration: int) -> str:
    return f"{datetime.now(UTC) - timedelta(**duration):%Y-%m-%dT%H:%M:%SZ}"


def test_records_expire_a_while_after_their_event_time(store: Store) -> None:
    day = {"Unit": "Days", "Value": 1}
    store.group("mortal", OnlineStoreConfig={"EnableOnlineStore": True, "TtlDuration": day})
    fresh, stale = _ago(hours=1), _ago(hours=25)
    store.put("mortal", house(1, at=fresh))
    store.put("mortal", house(2, at=stale))
    store.put("mortal", house(3, at=stale), TtlDuration={"Unit": "Hours", "Value": 48})
    assert [bool(store.get("mortal", number)) for number in (1, 2, 3)] == [True, False, True]
    names = {"FeatureGroupName": "mortal", "RecordIdentifierValueAsString": "1"}
    told = store.records.get_record(**names, ExpirationTimeResponse="Enabled")["ExpiresAt"]
    assert told == f"{datetime.fromisoformat(fresh) + timedelta(days=1):%Y-%m-%dT%H:%M:%S.000Z}"
    assert "ExpiresAt" not in store.records.get_record(**names)
    with pytest.raises(ClientError, match="expected a TtlDuration with a Value from 1 and a Unit of Seconds"):
        store.put("mortal", house(1), TtlDuration={"Unit": "Years", "Value": 1})


def test_many_records_are_read_at_once(store: Store, houses: str) -> None:
    store.group("flats")
    store.put(houses, house(30, "1"))
    store.put("flats", house(31, "2"))
    wanted = [
        {"FeatureGroupName": houses, "RecordIdentifiersValueAsString": ["30", "31"], "FeatureNames": ["price"]},
        {"FeatureGroupName": "flats", "RecordIdentifiersValueAsString": ["31"]},
        {"FeatureGroupName": "unknown", "RecordIdentifiersValueAsString": ["1"]},
    ]
    answer = store.records.batch_get_record(Identifiers=wanted)
    assert [
        (record["FeatureGroupName"], record["RecordIdentifierValueAsString"], len(record["Record"]))
        for record in answer["Records"]
    ] == [(houses, "30", 1), ("flats", "31", 3)]
    assert [(error["FeatureGroupName"], error["ErrorCode"]) for error in answer["Errors"]] == [
        ("unknown", "ResourceNotFound")
    ]
    assert answer["UnprocessedIdentifiers"] == []


def test_many_records_are_written_at_once(store: Store, houses: str) -> None:
    good, bad = house(40, "4"), house(41, "x")
    answer = store.records.batch_write_record(
        Entries=[
            {"FeatureGroupName": houses, "Record": good},
            {"FeatureGroupName": houses, "Record": bad},
            {"FeatureGroupName": "unknown", "Record": good},
        ]
    )
    assert [(error["Entry"]["Record"], error["ErrorCode"]) for error in answer["Errors"]] == [
        (bad, "ValidationError"),
        (good, "ResourceNotFound"),
    ]
    assert answer["UnprocessedEntries"] == []
    assert store.get(houses, 40)["price"] == "4"
    assert store.get(houses, 41) == {}


def test_a_duration_of_a_batch_is_that_of_its_entries_that_have_none(store: Store, houses: str) -> None:
    at = _ago(hours=2)
    hour, day = {"Unit": "Hours", "Value": 1}, {"Unit": "Days", "Value": 1}
    store.records.batch_write_record(
        Entries=[
            {"FeatureGroupName": houses, "Record": house(50, at=at)},
            {"FeatureGroupName": houses, "Record": house(51, at=at), "TtlDuration": day},
        ],
        TtlDuration=hour,
    )
    assert [bool(store.get(houses, number)) for number in (50, 51)] == [False, True]


def test_a_batch_has_at_most_25_entries(store: Store, houses: str) -> None:
    entry = {"FeatureGroupName": houses, "Record": house(1)}
    for count in (0, 26):
        with pytest.raises(ClientError, match="expected Entries, a list of 1 to 25"):
            store.records.batch_write_record(Entries=[entry] * count)
    with pytest.raises(ClientError, match="expected a FeatureGroupName in each of the Entries"):
        store.records.batch_write_record(Entries=[{"Record": house(1)}])


def test_some_values_of_a_record_change(store: Store) -> None:
    store.group("changing", OnlineStoreConfig={"EnableOnlineStore": True, "StorageType": "Standard_V2"})
    store.put("changing", house(1, "1", street="a"))
    names = {"FeatureGroupName": "changing", "RecordIdentifierValueAsString": "1"}

    def update(**values: str) -> None:
        features = [{"FeatureName": name, "ValueAsString": value} for name, value in values.items()]
        store.records.update_record(**names, Features=features)

    update(price="2")
    assert store.get("changing", 1) == {"house": "1", "at": NOON, "price": "2", "street": "a"}
    update(price="3", at=LATER)
    assert store.get("changing", 1)["at"] == LATER
    with pytest.raises(ClientError, match="the record's EventTime is later than the update's") as caught:
        update(price="4", at=NOON)
    assert caught.value.response["Error"]["Code"] == "ConflictException"
    with pytest.raises(ClientError, match="the record identifier house of a record cannot change"):
        update(house="2")
    with pytest.raises(ClientError, match="feature price: got 'x', expected Fractional"):
        update(price="x")
    with pytest.raises(ClientError, match="TtlDuration needs the event time among the features"):
        store.records.update_record(
            **names,
            Features=[{"FeatureName": "price", "ValueAsString": "1"}],
            TtlDuration={"Unit": "Days", "Value": 1},
        )
    store.records.delete_record(**names, EventTime="2026-03-04T14:00:00Z")
    with pytest.raises(ClientError, match="no record of identifier 1") as caught:
        update(price="5")
    assert caught.value.response["Error"]["Code"] == "ResourceNotFound"


def test_a_record_of_the_standard_tier_cannot_be_changed(store: Store, houses: str) -> None:
    store.put(houses, house(60))
    with pytest.raises(
        ClientError, match="UpdateRecord is for online stores of Standard_V2 and InMemory, not Standard"
    ):
        store.records.update_record(
            FeatureGroupName=houses,
            RecordIdentifierValueAsString="60",
            Features=[{"FeatureName": "price", "ValueAsString": "1"}],
        )


def test_identifiers_are_listed_a_page_at_a_time(store: Store) -> None:
    store.group("paged")
    for number in range(5):
        store.put("paged", house(number))
    found: list[str] = []
    more: dict[str, str] | None = {}
    while more is not None:
        page = store.records.list_records(FeatureGroupName="paged", MaxResults=2, **more)
        assert len(page["RecordIdentifiers"]) <= 2
        found += page["RecordIdentifiers"]
        more = {"NextToken": page["NextToken"]} if "NextToken" in page else None
    assert found == ["0", "1", "2", "3", "4"]
    with pytest.raises(ClientError, match="the token is not valid"):
        store.records.list_records(FeatureGroupName="paged", NextToken="ü")


def test_collections_are_lists_of_texts(store: Store) -> None:
    request = store.request("rooms", OnlineStoreConfig={"EnableOnlineStore": True, "StorageType": "InMemory"})
    request["FeatureDefinitions"] += [
        {"FeatureName": "sizes", "FeatureType": "Integral", "CollectionType": "List"},
        {"FeatureName": "colours", "FeatureType": "String", "CollectionType": "Set"},
        {
            "FeatureName": "place",
            "FeatureType": "Fractional",
            "CollectionType": "Vector",
            "CollectionConfig": {"VectorConfig": {"Dimension": 2}},
        },
    ]
    store.sagemaker.create_feature_group(**request)
    told = store.eventually(lambda: store.describe("rooms"), lambda group: group["FeatureGroupStatus"] == "Created")
    assert told["FeatureDefinitions"] == request["FeatureDefinitions"]

    def put(**collections: list[str]) -> None:
        values = [{"FeatureName": name, "ValueAsStringList": texts} for name, texts in collections.items()]
        store.put("rooms", [*house(1), *values])

    put(sizes=["2", "1", "2"], colours=["red", "red", "blue"], place=["1.5", "-2"])
    record = store.records.get_record(FeatureGroupName="rooms", RecordIdentifierValueAsString="1")["Record"]
    lists = {value["FeatureName"]: value.get("ValueAsStringList") for value in record}
    assert lists["sizes"] == ["2", "1", "2"]
    assert lists["colours"] == ["red", "blue"]
    with pytest.raises(ClientError, match="feature place: got 1 elements, expected a vector of 2"):
        put(place=["1"])
    with pytest.raises(ClientError, match="feature sizes: got 'x', expected Integral"):
        put(sizes=["x"])
    with pytest.raises(ClientError, match=r"feature sizes \(List\): expected ValueAsStringList"):
        store.put("rooms", house(1, sizes="1"))


@pytest.mark.parametrize(
    ("action", "call"),
    [
        ("PutRecord", lambda client, name: client.put_record(FeatureGroupName=name, Record=house(1))),
        (
            "BatchWriteRecord",
            lambda client, name: client.batch_write_record(Entries=[{"FeatureGroupName": name, "Record": house(1)}]),
        ),
        (
            "GetRecord",
            lambda client, name: client.get_record(FeatureGroupName=name, RecordIdentifierValueAsString="1"),
        ),
        (
            "BatchGetRecord",
            lambda client, name: client.batch_get_record(
                Identifiers=[{"FeatureGroupName": name, "RecordIdentifiersValueAsString": ["1"]}]
            ),
        ),
        (
            "DeleteRecord",
            lambda client, name: client.delete_record(
                FeatureGroupName=name, RecordIdentifierValueAsString="1", EventTime=LATER
            ),
        ),
        ("ListRecords", lambda client, name: client.list_records(FeatureGroupName=name)),
    ],
)
def test_each_operation_is_allowed_for_the_group_of_the_policy_alone(store: Store, action: str, call: Any) -> None:
    for name in ("allowed", "denied"):
        if not store.sagemaker.list_feature_groups(NameContains=name)["FeatureGroupSummaries"]:
            store.group(name)
    resource = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:feature-group/allowed"
    keys = store.acting(f"may-{action}", statement(f"sagemaker:{action}", resource=resource))
    client = store.client("sagemaker-featurestore-runtime", keys)
    call(client, "allowed")
    with pytest.raises(ClientError, match=f"not authorized to perform: sagemaker:{action} on resource: .*/denied"):
        call(client, "denied")


@pytest.mark.parametrize(
    ("body", "code"), [(b"{", "SerializationException"), (b"[]", "SerializationException"), (b"{}", "ValidationError")]
)
def test_a_body_that_is_no_request_is_refused(store: Store, houses: str, body: bytes, code: str) -> None:
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{store.platform.endpoint_url}/FeatureGroup/{houses}",
        data=body,
        method="PUT",
        headers={
            "Authorization": f"AWS4-HMAC-SHA256 Credential=AKIA/20260101/{REGION}/sagemaker/aws4_request, Signature=0"
        },
    )
    with pytest.raises(HTTPError) as caught:
        urllib.request.urlopen(request)  # noqa: S310
    with caught.value as answer:
        assert answer.headers["x-amzn-errortype"] == code
        assert "message" in json.loads(answer.read())


def test_a_request_that_nobody_signed_is_refused(store: Store, houses: str) -> None:
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{store.platform.endpoint_url}/FeatureGroup/{houses}", data=b"{}", method="PUT"
    )
    with pytest.raises(HTTPError) as caught:
        urllib.request.urlopen(request)  # noqa: S310
    with caught.value as answer:
        assert answer.headers["x-amzn-errortype"] == "MissingAuthenticationToken"


def test_a_name_that_cannot_be_is_refused(store: Store) -> None:
    with pytest.raises(ClientError, match="got 'no_-', expected the name or the ARN of a feature group"):
        store.put("no_-", house(1))
