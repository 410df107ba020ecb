"""The offline store: files in S3 as others read them."""

import json
import re
import subprocess
import sys
import threading
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from local_aws.sagemaker.feature_store.offline import OfflineSettings
from local_aws.sagemaker.feature_store.service import register_feature_store
from local_aws.sagemaker.tags import TagStore
from local_aws.server import LocalAws
from tests.local_aws.sagemaker.feature_store.conftest import BUCKET, NOON, REGION, Store, house, statement


def test_records_lie_in_a_folder_of_the_hour_of_their_event_time(store: Store, offline: dict[str, Any]) -> None:
    store.group("hourly", **offline)
    store.put("hourly", house(1, at="2026-03-04T12:59:59.999Z"))
    store.put("hourly", house(2, at="2026-03-04T13:00:00Z"))
    store.put("hourly", house(3, at="0099-12-31T00:00:00Z"))
    store.rows("hourly", 3)
    assert sorted(re.sub(r"_[A-Za-z0-9]{16}\.parquet$", "_R", key) for key in store.keys("hourly")) == [
        "year=0099/month=12/day=31/hour=00/00991231T000000Z_R",
        "year=2026/month=03/day=04/hour=12/20260304T125959Z_R",
        "year=2026/month=03/day=04/hour=13/20260304T130000Z_R",
    ]


def test_columns_have_the_types_of_their_features(store: Store, offline: dict[str, Any]) -> None:
    store.group("typed", **offline)
    before = datetime.now(UTC).replace(microsecond=0)
    store.put("typed", house(1, "250000.5"))
    store.put("typed", house(2, None, street="Elm"))
    rows = sorted(store.rows("typed", 2), key=lambda row: row["house"])
    assert store.tables("typed")[0].schema == pa.schema(
        [
            ("house", pa.int64()),
            ("at", pa.string()),
            ("price", pa.float64()),
            ("street", pa.string()),
            ("write_time", pa.timestamp("ms", tz="UTC")),
            ("api_invocation_time", pa.timestamp("ms", tz="UTC")),
            ("is_deleted", pa.bool_()),
        ]
    )
    written = [row.pop("write_time") for row in rows]
    invoked = [row.pop("api_invocation_time") for row in rows]
    assert rows == [
        {"house": 1, "at": NOON, "price": 250000.5, "street": None, "is_deleted": False},
        {"house": 2, "at": NOON, "price": None, "street": "Elm", "is_deleted": False},
    ]
    assert all(before <= call <= write for call, write in zip(invoked, written, strict=True))


def test_every_record_is_kept_also_those_that_are_old_or_deleted(store: Store, offline: dict[str, Any]) -> None:
    store.group("history", **offline)
    store.put("history", house(1, "2"))
    store.put("history", house(1, "1", at="2026-03-04T11:00:00Z"))
    store.records.delete_record(
        FeatureGroupName="history", RecordIdentifierValueAsString="1", EventTime="2026-03-04T13:00:00Z"
    )
    rows = store.rows("history", 3)
    assert sorted((row["at"], row["price"], row["is_deleted"]) for row in rows) == [
        ("2026-03-04T11:00:00Z", 1.0, False),
        (NOON, 2.0, False),
        ("2026-03-04T13:00:00Z", None, True),
    ]


def test_a_record_goes_to_the_store_that_is_asked_for(store: Store, offline: dict[str, Any]) -> None:
    store.group("aimed", **offline)
    store.put("aimed", house(1), TargetStores=["OfflineStore"])
    store.put("aimed", house(2), TargetStores=["OnlineStore"])
    store.put("aimed", house(3))
    assert sorted(row["house"] for row in store.rows("aimed", 2)) == [1, 3]
    assert [bool(store.get("aimed", number)) for number in (1, 2, 3)] == [False, True, True]


def test_a_changed_record_is_written_whole(store: Store, offline: dict[str, Any]) -> None:
    store.group("revised", OnlineStoreConfig={"EnableOnlineStore": True, "StorageType": "Standard_V2"}, **offline)
    store.put("revised", house(1, "1", street="Elm"))
    store.records.update_record(
        FeatureGroupName="revised",
        RecordIdentifierValueAsString="1",
        Features=[{"FeatureName": "price", "ValueAsString": "2"}],
    )
    rows = store.rows("revised", 2)
    assert sorted((row["price"], row["street"]) for row in rows) == [(1.0, "Elm"), (2.0, "Elm")]


def test_collections_are_lists(store: Store, offline: dict[str, Any]) -> None:
    online = {"EnableOnlineStore": True, "StorageType": "InMemory"}
    request = store.request("listed", OnlineStoreConfig=online, **offline)
    request["FeatureDefinitions"].append({"FeatureName": "sizes", "FeatureType": "Integral", "CollectionType": "List"})
    store.sagemaker.create_feature_group(**request)
    told = store.eventually(lambda: store.describe("listed"), lambda group: group["FeatureGroupStatus"] == "Created")
    store.put("listed", [*house(1), {"FeatureName": "sizes", "ValueAsStringList": ["2", "1"]}])
    assert store.rows("listed", 1)[0]["sizes"] == [2, 1]
    config = told["OfflineStoreConfig"]["DataCatalogConfig"]
    table = store.client("glue").get_table(DatabaseName=config["Database"], Name=config["TableName"])["Table"]
    assert {"Name": "sizes", "Type": "array<bigint>"} in table["StorageDescriptor"]["Columns"]


def test_files_are_encrypted_with_the_key_of_the_store(store: Store, offline: dict[str, Any]) -> None:
    key = store.client("kms").create_key()["KeyMetadata"]["Arn"]
    config = {"S3StorageConfig": {"S3Uri": f"s3://{BUCKET}/keyed", "KmsKeyId": key}}
    store.group("encrypted", **offline | {"OfflineStoreConfig": config})
    store.put("encrypted", house(1))
    store.rows("encrypted", 1)
    s3 = store.client("s3")
    for entry in s3.list_objects_v2(Bucket=BUCKET, Prefix="keyed/")["Contents"]:
        assert s3.head_object(Bucket=BUCKET, Key=entry["Key"])["SSEKMSKeyId"] == key


def test_what_the_role_may_not_write_waits_until_it_may(store: Store, offline: dict[str, Any]) -> None:
    role = store.role("narrow", statement("s3:GetBucketAcl"))
    store.group("waiting", **offline | {"RoleArn": role})
    store.put("waiting", house(1))
    told = store.eventually(
        lambda: store.describe("waiting")["OfflineStoreStatus"], lambda status: status["Status"] == "Blocked"
    )
    assert "is not authorized to perform: s3:PutObject" in told["BlockedReason"]
    store.put("waiting", house(2))
    listed = store.sagemaker.list_feature_groups(NameContains="waiting", OfflineStoreStatusEquals="Blocked")
    assert len(listed["FeatureGroupSummaries"]) == 1
    policy = json.dumps(statement("s3:PutObject", "s3:GetBucketAcl"))
    store.client("iam").put_role_policy(RoleName="narrow", PolicyName="p", PolicyDocument=policy)
    assert sorted(row["house"] for row in store.rows("waiting", 2)) == [1, 2]
    store.eventually(
        lambda: store.describe("waiting")["OfflineStoreStatus"], lambda status: status == {"Status": "Active"}
    )


def test_nothing_is_lost_however_many_write_at_once(store: Store, offline: dict[str, Any]) -> None:
    store.group("crowded", **offline)

    def write(first: int) -> None:
        for number in range(first, first + 250, 25):
            entries = [
                {"FeatureGroupName": "crowded", "Record": house(number + step, str(number))} for step in range(25)
            ]
            assert store.records.batch_write_record(Entries=entries)["Errors"] == []

    threads = [threading.Thread(target=write, args=(1000 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    written = [1000 * thread + number for thread in range(4) for number in range(250)]
    assert sorted(row["house"] for row in store.rows("crowded", 1000)) == written


def test_the_end_of_the_server_writes_what_waits() -> None:
    kept: list[int] = []

    def register(gateway: Any, platform: Any) -> None:
        def count() -> None:
            found = platform.client("s3", region=REGION).list_objects_v2(Bucket="parting")
            kept.append(found["KeyCount"])

        # the last registered stops first: this looks when the stores have been closed
        platform.on_stop(count)
        register_feature_store(gateway, platform, TagStore(), OfflineSettings(flush_seconds=3600))

    with LocalAws(register=register) as running:
        store = Store(running.platform)
        store.client("s3").create_bucket(Bucket="parting")
        role = store.role("parting", statement("s3:PutObject", "s3:GetBucketAcl"))
        config = {"S3StorageConfig": {"S3Uri": "s3://parting"}}
        store.group("unhurried", OfflineStoreConfig=config, RoleArn=role)
        store.put("unhurried", house(1))
    assert kept == [1]


def test_what_can_never_be_written_is_told_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    def register(gateway: Any, platform: Any) -> None:
        register_feature_store(gateway, platform, TagStore(), OfflineSettings(flush_seconds=3600, flush_rows=2))

    with LocalAws(register=register) as running:
        store = Store(running.platform)
        store.client("s3").create_bucket(Bucket="losing")
        role = store.role("losing", statement("s3:GetBucketAcl"))
        config = {"S3StorageConfig": {"S3Uri": "s3://losing"}}
        store.group("losing", OfflineStoreConfig=config, RoleArn=role)
        store.put("losing", house(1))
        store.put("losing", house(2))
        # two are enough for a file: nothing waits for the hour
        store.eventually(lambda: store.describe("losing")["OfflineStoreStatus"]["Status"], lambda it: it == "Blocked")
    assert "2 records did not reach s3://losing/" in caplog.text
    assert "is not authorized to perform: s3:PutObject" in caplog.text


def test_a_fault_of_the_writer_loses_no_record(
    store: Store, offline: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    store.group("faulty", **offline)
    with monkeypatch.context() as patched:

        def fail(*_: Any) -> bytes:
            raise RuntimeError("a fault of the writer")

        patched.setattr("local_aws.sagemaker.feature_store.offline.parquet_file", fail)
        store.put("faulty", house(1))
        status = store.eventually(
            lambda: store.describe("faulty")["OfflineStoreStatus"], lambda found: found["Status"] == "Blocked"
        )
        assert status["BlockedReason"] == "RuntimeError: a fault of the writer"
    assert [row["house"] for row in store.rows("faulty", 1)] == [1]


def test_the_parquet_library_is_loaded_by_the_first_file_alone() -> None:
    program = "import sys, local_aws.sagemaker.service; sys.exit('pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
