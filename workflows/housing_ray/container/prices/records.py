"""Writing records to the feature store: in batches, many at the same time, each until it is accepted."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004 - botocore's own names

BATCH_RECORDS = 25
"""The most records that BatchWriteRecord takes."""

_ATTEMPTS = 8
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 10.0
_PASSING = frozenset({
    "InternalFailure",
    "InternalServerException",
    "RequestLimitExceeded",
    "RequestTimeout",
    "ServiceUnavailable",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
})  # fmt: skip

Record = list[dict[str, str]]


def runtime_client(*, connections: int, **place: str) -> Any:
    """A client of the feature store's runtime that writes many records.

    Args:
        connections: requests at the same time.
        place: of the service, where the environment does not tell it: `boto3.client`'s own arguments.
    """
    config = Config(
        max_pool_connections=connections,
        retries={"mode": "standard", "total_max_attempts": 3},
        # each value of each record would be looked at once more, for almost half of the client's time; the store tells
        # what is wrong with a record
        parameter_validation=False,
    )
    return boto3.client("sagemaker-featurestore-runtime", config=config, **place)


class RecordsLostError(Exception):
    """Records that the feature store did not accept."""


class RecordWriter:
    """Writes records to a feature group.

    Args:
        client: of the feature store's runtime; its own retries are those of a whole request.
        group: name of the feature group.
        threads: requests at the same time.
        pause: waits that many seconds between attempts. Default: sleeps.
    """

    def __init__(self, client: Any, group: str, *, threads: int, pause: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._group = group
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="records")
        self._pause = pause

    def write(self, records: Iterable[Record]) -> int:
        """Writes all records, and gives how many the store has accepted.

        Raises:
            RecordsLostError: one was refused, or was still not accepted after the last attempt.
        """
        return sum(self._pool.map(self._write_batch, _batches(records)))

    def close(self) -> None:
        """Ends the threads."""
        self._pool.shutdown()

    def _write_batch(self, batch: list[Record]) -> int:
        left = batch
        for attempt in range(_ATTEMPTS):
            if attempt:
                longest = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2 ** (attempt - 1))
                self._pause(random.uniform(longest / 2, longest))  # noqa: S311 - spreads attempts, hides nothing
            left, reason = self._attempt(left)
            if not left:
                return len(batch)
        raise RecordsLostError(
            f"feature group {self._group}: {len(left)} records were not accepted after {_ATTEMPTS} attempts, "
            f"{_name_of(left[0])} among them: {reason}"
        )

    def _attempt(self, batch: list[Record]) -> tuple[list[Record], str]:
        """Writes a batch once; gives what is to be written again, and why."""
        entries = [{"FeatureGroupName": self._group, "Record": record} for record in batch]
        try:
            answer: Mapping[str, Any] = self._client.batch_write_record(Entries=entries)
        except (ConnectionError, HTTPClientError) as error:
            return batch, str(error)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _PASSING:
                raise
            return batch, str(error)
        left, reason = [entry["Record"] for entry in answer.get("UnprocessedEntries", ())], "not processed"
        for refused in answer.get("Errors", ()):
            reason = f"{refused['ErrorCode']}: {refused['ErrorMessage']}"
            record = refused["Entry"]["Record"]
            if refused["ErrorCode"] not in _PASSING:
                raise RecordsLostError(f"feature group {self._group} refused {_name_of(record)}: {reason}")
            left.append(record)
        return left, reason


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    source = iter(records)
    while batch := list(islice(source, BATCH_RECORDS)):
        yield batch


def _name_of(record: Record) -> str:
    return f"record {record[0]['ValueAsString']}"
