"""How many rows a second reach a feature group: one by one, many at once, and in batches.

Run: ``python -m benchmarks.ingestion [--rows N] [--clients N]``. Prints rows per second as JSON, with the machine's
size. Rows have the columns of the housing example. Clients are processes: row by row with boto3 as it is, in batches as
each of the actors of `housing-ray` writes. The group has an offline store, whose files are counted at the end: a lost
row fails the run.
"""

import argparse
import importlib
import io
import json
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.local_account import BUCKET, REGION, LocalAccount, local_account

_CONTAINER = Path(__file__).resolve().parents[1] / "workflows" / "housing_ray" / "container"
_GROUP = "houses"
_COLUMNS = (
    "PRICE", "YEAR_BUILT", "SQUARE_FEET", "NUM_BEDROOMS", "NUM_BATHROOMS", "LOT_ACRES", "GARAGE_SPACES", "FRONT_PORCH",
    "DECK",
)  # fmt: skip
_THREADS = 8
"""Requests at the same time of an actor of the workflow."""
_DEADLINE_SECONDS = 60

Client = Callable[[int], Callable[[range], None]]
"""Connects to a port; gives what writes rows."""


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000, help="rows of the batches; a fifth one by one (10,000)")
    parser.add_argument("--clients", type=int, default=os.cpu_count() or 2, help="processes (default: one a CPU)")
    options = parser.parse_args()
    many, few = options.rows, options.rows // 5
    with local_account() as account:
        _create_group(account)
        ways: dict[str, tuple[Client, int, int]] = {
            "row_by_row": (put_each, 1, few),
            "row_by_row_concurrent": (put_each, options.clients, few),
            "batches": (put_batches, 1, many),
            "batches_concurrent": (put_batches, options.clients, many),
        }
        measured: dict[str, float] = {}
        written = 0
        for name, (connect, clients, count) in ways.items():
            measured[name] = round(count / _seconds(account.port, connect, clients, range(written, written + count)))
            written += count
        _check_kept(account, written)
    machine = {"cpus": os.cpu_count(), "python": sys.version.split()[0]}
    gain = round(measured["batches_concurrent"] / measured["row_by_row"], 1)
    print(json.dumps({"machine": machine, "rows_per_second": measured, "goal": 10, "gain": gain}, indent=1))


def put_each(port: int) -> Callable[[range], None]:
    """Writes rows one by one."""
    client = LocalAccount(port).client("sagemaker-featurestore-runtime")

    def write(rows: range) -> None:
        for row in rows:
            client.put_record(FeatureGroupName=_GROUP, Record=_record(row))

    return write


def put_batches(port: int) -> Callable[[range], None]:
    """Writes rows with the workflow's own writer."""
    sys.path.insert(0, str(_CONTAINER))
    records: Any = importlib.import_module("prices.records")
    client = records.runtime_client(
        connections=_THREADS,
        region_name=REGION,
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id="benchmark",
        aws_secret_access_key="benchmark",  # noqa: S106 - any key is the root
    )
    writer = records.RecordWriter(client, _GROUP, threads=_THREADS)

    def write(rows: range) -> None:
        if (accepted := writer.write(map(_record, rows))) != len(rows):
            raise RuntimeError(f"{accepted} of {len(rows)} rows were accepted")

    return write


def _record(row: int) -> list[dict[str, str]]:
    values = {"record_id": str(row), "event_time": "2026-01-02T03:04:05Z"}
    values |= {column: str(random.random() * 1000) for column in _COLUMNS}  # noqa: S311 - data needs no secrecy
    return [{"FeatureName": name, "ValueAsString": value} for name, value in values.items()]


def _seconds(port: int, connect: Client, clients: int, rows: range) -> float:
    """Seconds from the moment at which all clients are ready until the last one is done."""
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(clients + 1)
    parts = [rows[number * len(rows) // clients : (number + 1) * len(rows) // clients] for number in range(clients)]
    processes = [context.Process(target=_client, args=(port, connect, part, ready)) for part in parts]
    for process in processes:
        process.start()
    ready.wait()
    began = time.perf_counter()
    for process in processes:
        process.join()
    took = time.perf_counter() - began
    if any(process.exitcode for process in processes):
        raise RuntimeError("a client failed")
    return took


def _client(port: int, connect: Client, rows: range, ready: Any) -> None:
    write = connect(port)
    ready.wait()
    write(rows)


def _create_group(account: LocalAccount) -> None:
    definitions = [{"FeatureName": name, "FeatureType": "Fractional"} for name in _COLUMNS]
    definitions += [
        {"FeatureName": "record_id", "FeatureType": "Integral"},
        {"FeatureName": "event_time", "FeatureType": "String"},
    ]
    sagemaker = account.client("sagemaker")
    sagemaker.create_feature_group(
        FeatureGroupName=_GROUP,
        RecordIdentifierFeatureName="record_id",
        EventTimeFeatureName="event_time",
        FeatureDefinitions=definitions,
        OfflineStoreConfig={"S3StorageConfig": {"S3Uri": f"s3://{BUCKET}/features"}},
        RoleArn=account.role,
    )
    while (group := sagemaker.describe_feature_group(FeatureGroupName=_GROUP))["FeatureGroupStatus"] == "Creating":
        time.sleep(0.05)
    if group["FeatureGroupStatus"] != "Created":
        raise RuntimeError(group["FailureReason"])


def _check_kept(account: LocalAccount, written: int) -> None:
    """Waits until the files hold all rows."""
    s3 = account.client("s3")
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while True:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="features/")
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        bodies = (s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys)
        kept = sum(pq.read_metadata(io.BytesIO(body)).num_rows for body in bodies)
        if kept == written:
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"{kept} of {written} rows are in the offline store")
        time.sleep(0.2)


if __name__ == "__main__":
    main()
