"""Reads the run's rows from the offline store, splits and scales them.

The offline store gets its rows some time after the feature store took them, each perhaps more than once, and keeps
those of all runs. So the rows of this run are waited for until all are there, by the event time that they have in
common. Their order comes from their record ids and the seed: it is the same however the store arranged its files.
"""

import io
import itertools
import json
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from prices import contract
from prices.cluster import results, run_on_cluster
from prices.columns import COLUMNS, EVENT_TIME, FEATURES, RECORD_ID, STORE_COLUMNS, TARGET
from prices.scaling import Scaler

_ORDER = "order"
_PAUSE_SECONDS = 2.0
_BATCH_ROWS = 50_000
_NAMES = ("train", "validation", "test")


@dataclass(frozen=True)
class Arguments:
    """What the job is told."""

    sizes: dict[str, float]
    wait_seconds: float
    seed: int


@dataclass(frozen=True)
class Ingested:
    """What the step before tells of its rows.

    Attributes:
        rows: how many.
        event_time: of all of them.
        feature_group: that they are in.
        data_uri: prefix in S3 of the offline store's files.
    """

    rows: int
    event_time: str
    feature_group: str
    data_uri: str

    @property
    def prefix(self) -> tuple[str, str]:
        """Bucket and prefix of the files of the hour that the rows are in."""
        bucket, _, key = self.data_uri.removeprefix("s3://").partition("/")
        moment = datetime.fromisoformat(self.event_time)
        return bucket, f"{key.rstrip('/')}/{moment:year=%Y/month=%m/day=%d/hour=%H}/"


def read_arguments(words: list[str]) -> Arguments:
    """Reads the job's arguments.

    Raises:
        InputError: one is missing or unknown, or sizes are not between 0 and 1, or do not sum to 1.
    """
    parser = contract.ArgumentParser(description=__doc__)
    for name in _NAMES:
        parser.add_argument(f"--{name}-size", required=True, help="share of the rows, between 0 and 1")
    parser.add_argument("--wait-seconds", type=float, default=1800, help="for the rows to be in the offline store")
    parser.add_argument("--seed", type=int, default=42, help="of the shuffle")
    found = parser.parse_args(words)
    sizes = {name: _size(name, getattr(found, f"{name}_size")) for name in _NAMES}
    if not math.isclose(sum(sizes.values()), 1, abs_tol=1e-6):
        told = " + ".join(str(size) for size in sizes.values())
        raise contract.InputError(f"sizes of train, validation and test: {told} is {sum(sizes.values())}, expected 1")
    if not 0 <= found.wait_seconds < math.inf:
        raise contract.InputError(f"--wait-seconds: got {found.wait_seconds}, expected a number from 0 on")
    return Arguments(sizes, found.wait_seconds, found.seed)


def _size(name: str, text: str) -> float:
    try:
        size = float(text)
    except ValueError:
        size = math.nan
    if not 0 < size < 1:
        raise contract.InputError(f"--{name}-size: got {text!r}, expected a number between 0 and 1")
    return size


def counts(rows: int, sizes: dict[str, float]) -> dict[str, int]:
    """How many rows each split gets: all of them together.

    Raises:
        InputError: one would be empty.
    """
    ends = [round(rows * end) for end in itertools.accumulate(sizes.values())]
    found = {name: end - start for name, start, end in zip(sizes, [0, *ends], [*ends[:-1], rows], strict=False)}
    for name, count in found.items():
        if count < 1:
            raise contract.InputError(f"the split {name}: {sizes[name]} of {rows} rows is none")
    return found


def arrived(s3: Any, ingested: Ingested, *, seconds: float, pause: float = _PAUSE_SECONDS) -> list[str]:
    """Waits until all rows are in the offline store; gives the keys of the files that they are in.

    Raises:
        InputError: they are not all there after that time, or their files lack a column.
    """
    bucket, prefix = ingested.prefix
    seen: dict[str, np.ndarray] = {}
    deadline = time.monotonic() + seconds
    while True:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for key in [entry["Key"] for page in pages for entry in page.get("Contents", ())]:
            if key.endswith(".parquet") and key not in seen:
                seen[key] = _ids(s3.get_object(Bucket=bucket, Key=key)["Body"].read(), key, ingested.event_time)
        found = len(np.unique(np.concatenate([*seen.values(), np.empty(0, np.uint64)])))
        if found >= ingested.rows:
            return sorted(key for key, ids in seen.items() if len(ids))
        if time.monotonic() > deadline:
            raise contract.InputError(
                f"feature group {ingested.feature_group}: {found} of {ingested.rows} rows are in its offline store "
                f"after {seconds:.0f} s"
            )
        print(f"offline store: {found} of {ingested.rows} rows", flush=True)
        time.sleep(pause)


def _ids(content: bytes, key: str, event_time: str) -> np.ndarray:
    """The hashes of the record ids of a file's rows of that event time."""
    file = pq.ParquetFile(io.BytesIO(content))
    missing = [column for column in (*COLUMNS, RECORD_ID, EVENT_TIME) if column not in file.schema_arrow.names]
    if missing:
        raise contract.InputError(f"offline store, {key}: no column {', '.join(missing)}")
    table = file.read(columns=[RECORD_ID, EVENT_TIME]).to_pandas()
    return _hashed(table.loc[table[EVENT_TIME] == event_time, RECORD_ID], "arrived")


def _hashed(ids: pd.Series, key: str) -> np.ndarray:
    return pd.util.hash_array(ids.to_numpy(dtype=object), hash_key=f"{key:0>16}", categorize=False)


def ordered(table: pd.DataFrame, *, event_time: str, seed: int) -> pd.DataFrame:
    """The run's rows among those of a file: their numbers, and where they come in the shuffled order.

    Raises:
        InputError: a value is no finite number.
    """
    table = table[table[EVENT_TIME] == event_time]
    numbers = pd.DataFrame(index=table.index)
    for column in COLUMNS:
        numbers[column] = pd.to_numeric(table[column], errors="coerce").astype(np.float64)
        odd = ~np.isfinite(numbers[column])
        if odd.any():
            record, value = table.loc[odd, [RECORD_ID, column]].iloc[0]
            raise contract.InputError(f"record {record}, {column}: got {value}, expected a finite number")
    numbers[RECORD_ID] = table[RECORD_ID]
    numbers[_ORDER] = _hashed(table[RECORD_ID], str(seed)).astype(np.int64)
    return numbers


def without_copies(table: pd.DataFrame) -> pd.DataFrame:
    """Each record once, and of it what is of the house: what the store had added is dropped."""
    once = table.drop_duplicates(RECORD_ID)
    return once.drop(columns=[_ORDER, *(column for column in STORE_COLUMNS if column in once)])


def preprocess(arguments: Arguments) -> None:
    """Reads ``ingestion``, writes ``train``, ``validation``, ``test`` and ``scaler``.

    Raises:
        InputError: rows that do not arrive, are no numbers, or are too few to be split.
    """
    ingested = Ingested(**json.loads((contract.processing("ingestion") / "ingestion.json").read_text()))
    parts = counts(ingested.rows, arguments.sizes)
    keys = arrived(boto3.client("s3"), ingested, seconds=arguments.wait_seconds)
    rows = _shuffled(ingested, keys, arguments.seed)
    ends = list(itertools.accumulate(parts.values()))
    splits = dict(zip(_NAMES, rows.split_at_indices(ends[:-1]), strict=True))
    features = (batch[list(FEATURES)].to_numpy() for batch in _batches(splits["train"]))
    scaler = Scaler.fit(FEATURES, features)
    scaler.save(contract.processing("scaler"))
    for name, split in splits.items():
        count = _write(_batches(split), scaler, contract.processing(name) / f"{name}.csv")
        print(f"{name}-rows={count}", flush=True)


def _shuffled(ingested: Ingested, keys: list[str], seed: int) -> Any:
    """The run's rows as a data set of Ray, each once, in the shuffled order."""
    import ray.data

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_options.preserve_order = True
    # a file a task; its rows stay in Ray's store, their number tells whether it could be read
    load = ray.remote(num_returns=2)(read_file)
    parts, sizes = zip(*(load.remote(ingested, key, seed) for key in keys), strict=True)
    results(list(sizes))
    rows = (
        ray.data.from_pandas_refs(list(parts))
        .sort([_ORDER, RECORD_ID])
        .map_batches(without_copies, batch_format="pandas", batch_size=None)
        .materialize()
    )
    if rows.count() != ingested.rows:
        raise contract.InputError(f"offline store: got {rows.count()} rows, expected {ingested.rows}")
    return rows


def read_file(ingested: Ingested, key: str, seed: int) -> tuple[pd.DataFrame, int]:
    """The run's rows of one of the store's files, and how many there are.

    Raises:
        InputError: a value is no finite number.
    """
    bucket, _ = ingested.prefix
    content = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    table = pq.read_table(io.BytesIO(content), columns=[*COLUMNS, RECORD_ID, EVENT_TIME]).to_pandas()
    rows = ordered(table, event_time=ingested.event_time, seed=seed)
    return rows, len(rows)


def _batches(rows: Any) -> Iterator[pd.DataFrame]:
    yield from rows.iter_batches(batch_format="pandas", batch_size=_BATCH_ROWS)


def _write(batches: Iterator[pd.DataFrame], scaler: Scaler, path: Path) -> int:
    count = 0
    with path.open("w", newline="") as file:
        for batch in batches:
            scaled = pd.DataFrame(scaler.apply(batch[list(FEATURES)].to_numpy()), columns=list(FEATURES))
            scaled.insert(0, TARGET, batch[TARGET].to_numpy())
            scaled.to_csv(file, index=False, header=count == 0)
            count += len(batch)
    return count


def main() -> None:
    """The job."""
    run_on_cluster(partial(preprocess, read_arguments(sys.argv[1:])))


if __name__ == "__main__":
    sys.exit(contract.run(main))
