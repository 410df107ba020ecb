"""`ingestion.py` and `preprocessing.py`, as their jobs run them, on a real feature store."""

import csv
import io
import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.workflows.housing_ray import (
    GROUP,
    SCRIPTS,
    STORE,
    Account,
    Host,
    ending,
    host_names,
    programs,
    running_account,
)
from workflows.housing_ray import data

pytestmark = pytest.mark.slow

HEADER = ",".join(data.COLUMNS)
ROW = "490098,2008,3063.66,2,1.0,1.37,2,0,0"
SIZES = ("--train-size", "0.6", "--validation-size", "0.2", "--test-size", "0.2")


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with running_account() as account:
        yield account


@pytest.fixture
def host(tmp_path: Path, account: Account) -> Host:
    return Host(programs(), tmp_path, account.platform.endpoint_url)


def ingestion(account: Account, group: str = GROUP) -> tuple[Any, ...]:
    return (
        *(SCRIPTS / "ingestion.py", "--feature-group-name", group, "--store-uri", STORE),
        *("--role-arn", account.role_arn, "--actors", "2"),
    )


def put_rows(host: Host, text: str, name: str = "houses.csv") -> None:
    (host.folder("processing/input") / name).write_text(text)


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text())))


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory, account: Account) -> Host:
    """A host that has ingested 500 houses, of two files; the group was made by it."""
    host = Host(programs(), tmp_path_factory.mktemp("ingested"), account.platform.endpoint_url)
    for name, text in data.files(500, parts=2):
        put_rows(host, text, name)
    told = host.succeeds(*ingestion(account), "--block-rows", "100")
    assert "2 actors write 500 rows in 6 blocks" in told
    assert "ingested-rows=500" in told
    return host


def test_every_row_is_in_the_group_under_the_place_where_it_stood(ingested: Host, account: Account) -> None:
    told = json.loads((ingested.base / "processing" / "ingestion" / "ingestion.json").read_text())
    assert (told["rows"], told["feature_group"]) == (500, GROUP)
    described = account.client("sagemaker").describe_feature_group(FeatureGroupName=GROUP)
    assert told["data_uri"] == described["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]
    kinds = {feature["FeatureName"]: feature["FeatureType"] for feature in described["FeatureDefinitions"]}
    assert kinds == {
        "record_id": "String",
        "event_time": "String",
        "PRICE": "Integral",
        "YEAR_BUILT": "Integral",
        "SQUARE_FEET": "Fractional",
        "NUM_BEDROOMS": "Integral",
        "NUM_BATHROOMS": "Fractional",
        "LOT_ACRES": "Fractional",
        "GARAGE_SPACES": "Integral",
        "FRONT_PORCH": "Integral",
        "DECK": "Integral",
    }


@pytest.fixture(scope="module")
def preprocessed(ingested: Host, tmp_path_factory: pytest.TempPathFactory) -> tuple[Host, str]:
    """A host that has pre-processed the rows, and what it told."""
    host = Host(ingested.programs, tmp_path_factory.mktemp("preprocessed"), ingested.endpoint)
    shutil.copytree(ingested.base / "processing" / "ingestion", host.base / "processing" / "ingestion")
    return host, host.succeeds(SCRIPTS / "preprocessing.py", *SIZES)


def test_preprocessing_splits_the_rows_of_the_run_and_scales_them_by_the_training_data(
    preprocessed: tuple[Host, str],
) -> None:
    host, told = preprocessed
    assert told.splitlines()[-3:] == ["train-rows=300", "validation-rows=100", "test-rows=100"]
    splits = {
        name: rows_of(host.base / "processing" / name / f"{name}.csv") for name in ("train", "validation", "test")
    }
    assert list(splits["train"][0]) == list(data.COLUMNS)
    prices = sorted(float(row["PRICE"]) for rows in splits.values() for row in rows)
    assert prices == sorted(float(row[0]) for row in data.houses(500))
    feet = [float(row["SQUARE_FEET"]) for row in splits["train"]]
    assert sum(feet) / 300 == pytest.approx(0, abs=1e-9)
    assert sum(value**2 for value in feet) / 300 == pytest.approx(1)
    held = [float(row["SQUARE_FEET"]) for row in splits["test"]]
    assert sum(held) / 100 != pytest.approx(0, abs=1e-9)


def test_rows_that_came_twice_and_those_of_other_runs_change_nothing(
    ingested: Host, preprocessed: tuple[Host, str], account: Account, host: Host
) -> None:
    """The order comes from the record ids alone: what the store holds beside the rows, and how, is of no weight."""
    first, _ = preprocessed
    shutil.copytree(ingested.base / "processing" / "ingestion", host.base / "processing" / "ingestion")
    moment = json.loads((host.base / "processing" / "ingestion" / "ingestion.json").read_text())["event_time"]
    runtime = account.client("sagemaker-featurestore-runtime")
    row = next(iter(rows_of(ingested.base / "processing" / "input" / "houses-001.csv")))
    again = {"record_id": "houses-001.csv:2", "event_time": moment, **row}
    another = f"{moment[:-2]}{'1' if moment[-2] == '0' else '0'}Z"
    other = {**again, "event_time": another, "record_id": "houses-001.csv:3", "PRICE": "1"}
    for values in (again, other):
        record = [{"FeatureName": name, "ValueAsString": value} for name, value in values.items()]
        runtime.put_record(FeatureGroupName=GROUP, Record=record)

    host.succeeds(SCRIPTS / "preprocessing.py", *SIZES)

    for name in ("train", "validation", "test"):
        path = Path("processing") / name / f"{name}.csv"
        assert (first.base / path).read_text() == (host.base / path).read_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{HEADER}\n", "the input holds no rows"),
        ("PRICE,DECK\n1,2\n", "houses.csv: no column YEAR_BUILT, SQUARE_FEET, NUM_BEDROOMS"),
        (f"{HEADER}\n{ROW}\n{ROW.replace('1.37', 'nan')}\n", "line 3, column LOT_ACRES: got 'nan', expected a finite"),
    ],
)
def test_bad_input_fails_the_ingestion_with_its_reason(host: Host, account: Account, text: str, message: str) -> None:
    """What is wrong is found on the first host, in a task, and in an actor."""
    put_rows(host, text)
    assert message in host.fails(*ingestion(account))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, account: Account) -> tuple[list[str], str]:
    """What two hosts told that share one file, and the group: one that was there, its features in another order."""
    kinds = dict.fromkeys(("COLOUR", *reversed(data.COLUMNS)), "Fractional")
    kinds |= {"event_time": "String", "record_id": "String", "COLOUR": "String"}
    account.client("sagemaker").create_feature_group(
        FeatureGroupName="turned",
        RecordIdentifierFeatureName="record_id",
        EventTimeFeatureName="event_time",
        FeatureDefinitions=[{"FeatureName": name, "FeatureType": kind} for name, kind in kinds.items()],
        OfflineStoreConfig={"S3StorageConfig": {"S3Uri": STORE}},
        OnlineStoreConfig={"EnableOnlineStore": True},
        RoleArn=account.role_arn,
    )
    names = host_names()
    hosts = [Host(programs(), tmp_path_factory.mktemp("shared"), account.platform.endpoint_url) for _ in names]
    put_rows(hosts[0], f"{HEADER}\n{ROW}\n{ROW}\n")
    for host, name in zip(hosts, names, strict=True):
        host.put_hosts(names, name, job="config")
    told = []
    with ExitStack() as stack:
        running = [stack.enter_context(ending(host.start(*ingestion(account, "turned")))) for host in hosts]
        for process in running:
            lines, errors = process.communicate(timeout=400)
            assert process.returncode == 0, errors
            told.append(lines)
    return told, "turned"


def test_a_host_without_files_joins_and_writes_nothing(shared: tuple[list[str], str]) -> None:
    (first, second), _ = shared
    assert "1 actors write 2 rows in 1 blocks" in first
    assert "0 actors write 0 rows in 0 blocks" in first
    assert "ingested-rows=2" in first
    assert "joins" in second


def test_a_group_that_was_there_keeps_its_features_their_order_and_types(
    shared: tuple[list[str], str], account: Account
) -> None:
    _, group = shared
    runtime = account.client("sagemaker-featurestore-runtime")
    found = runtime.get_record(FeatureGroupName=group, RecordIdentifierValueAsString="houses.csv:3")["Record"]
    values = {value["FeatureName"]: value["ValueAsString"] for value in found}
    assert {name: float(values[name]) for name in data.COLUMNS} == dict(
        zip(data.COLUMNS, map(float, ROW.split(",")), strict=True)
    )
    assert "COLOUR" not in values


def test_a_group_with_other_features_is_refused(host: Host, account: Account) -> None:
    put_rows(host, f"{HEADER}\n{ROW}\n")
    account.client("sagemaker").create_feature_group(
        FeatureGroupName="others",
        RecordIdentifierFeatureName="id",
        EventTimeFeatureName="event_time",
        FeatureDefinitions=[
            {"FeatureName": "id", "FeatureType": "String"},
            {"FeatureName": "event_time", "FeatureType": "String"},
            {"FeatureName": "record_id", "FeatureType": "Integral"},
            {"FeatureName": "PRICE", "FeatureType": "String"},
        ],
        OnlineStoreConfig={"EnableOnlineStore": True},
        RoleArn=account.role_arn,
    )
    failure = host.fails(*ingestion(account, "others"))
    assert failure.startswith("feature group others: expected the record identifier record_id and the event time")
    for part in (
        "it has no feature DECK",
        "feature PRICE is a String, expected a number",
        "feature record_id: got Integral, expected String",
        "it has no offline store",
    ):
        assert part in failure


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("0.6", "0.2", "0.3"), "sizes of train, validation and test: 0.6 + 0.2 + 0.3 is"),
        (("0.98", "0.01", "0.01"), "the split validation: 0.01 of 5 rows is none"),
    ],
)
def test_sizes_that_make_no_splits_fail_with_their_reason(host: Host, words: tuple[str, ...], message: str) -> None:
    put_ingested(host, rows=5)
    sizes = [
        word
        for name, size in zip(("train", "validation", "test"), words, strict=True)
        for word in (f"--{name}-size", size)
    ]
    assert message in host.fails(SCRIPTS / "preprocessing.py", *sizes)


def test_rows_that_do_not_arrive_fail_with_how_many_did(ingested: Host, host: Host) -> None:
    told = json.loads((ingested.base / "processing" / "ingestion" / "ingestion.json").read_text())
    put_ingested(host, **{**told, "rows": 501})
    failure = host.fails(SCRIPTS / "preprocessing.py", *SIZES, "--wait-seconds", "1")
    assert failure == f"feature group {GROUP}: 500 of 501 rows are in its offline store after 1 s"


def test_a_record_without_a_feature_fails_with_its_id(host: Host, account: Account, ingested: Host) -> None:
    moment = "2026-03-04T12:00:00.000Z"
    row = dict(zip(data.COLUMNS, ROW.split(","), strict=True))
    for number in range(5):
        values = {"record_id": f"r{number}", "event_time": moment, **row}
        if number == 3:
            del values["LOT_ACRES"]
        record = [{"FeatureName": name, "ValueAsString": value} for name, value in values.items()]
        account.client("sagemaker-featurestore-runtime").put_record(FeatureGroupName=GROUP, Record=record)
    told = json.loads((ingested.base / "processing" / "ingestion" / "ingestion.json").read_text())
    put_ingested(host, **{**told, "rows": 5, "event_time": moment})
    assert "record r3, LOT_ACRES: got nan, expected a finite number" in host.fails(SCRIPTS / "preprocessing.py", *SIZES)


def put_ingested(host: Host, **told: Any) -> None:
    given = {"rows": 1, "event_time": "2026-03-04T12:00:00.000Z", "feature_group": GROUP, "data_uri": f"{STORE}/data"}
    (host.folder("processing/ingestion") / "ingestion.json").write_text(json.dumps({**given, **told}))
