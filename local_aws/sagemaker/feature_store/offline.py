"""The offline store: every record that was ever written, in Parquet files in S3, a folder an hour of event times."""

import logging
import secrets
import string
import threading
import time
from collections.abc import Callable, Iterable

from attrs import define, field, frozen
from botocore.exceptions import BotoCoreError

from local_aws.gateway.errors import AwsError
from local_aws.platform import Platform
from local_aws.sagemaker.feature_store.event_times import moment_of
from local_aws.sagemaker.feature_store.features import Feature
from local_aws.sagemaker.feature_store.parquet import Row, parquet_file
from local_aws.sagemaker.jobs.role_keys import RoleKeys
from local_aws.sagemaker.jobs.uploads import UploadError, Uploads
from local_aws.sagemaker.s3_locations import S3Location

_log = logging.getLogger(__name__)

_HOUR = 3600 * 10**9
_ALPHABET = string.ascii_letters + string.digits


@frozen(kw_only=True)
class OfflineSettings:
    """How records reach S3; AWS writes them within 15 minutes.

    Attributes:
        flush_seconds: the longest that a record waits for others.
        flush_rows: this many waiting records are written at once.
        retry_seconds: between two attempts at what S3 refuses.
    """

    flush_seconds: float = 1.0
    flush_rows: int = 50_000
    retry_seconds: float = 2.0


@define(eq=False, kw_only=True)
class OfflineStore:
    """Collects the records of one group and writes them in batches, with the rights of the group's role.

    What S3 refuses is kept and tried again: the store is Blocked until it is written.

    Args:
        platform: the local AWS.
        region: of the group.
        role_arn: the group's.
        location: ResolvedOutputS3Uri.
        key: of KMS, with which the files are encrypted. Default: the bucket decides.
        settings: when records are written.
        features: gives the group's features as they are.
    """

    platform: Platform
    region: str
    role_arn: str
    location: S3Location
    key: str | None
    settings: OfflineSettings
    features: Callable[[], Iterable[Feature]]
    _waiting: list[Row] = field(factory=list)
    _due: threading.Event = field(factory=threading.Event)
    _thread: threading.Thread | None = None
    _closed: bool = False
    _blocked: str | None = None
    _keys: RoleKeys | None = None
    _lock: threading.Lock = field(factory=threading.Lock)

    def status(self) -> dict[str, str]:
        """OfflineStoreStatus."""
        blocked = self._blocked
        return {"Status": "Active"} if blocked is None else {"Status": "Blocked", "BlockedReason": blocked[:1024]}

    def add(self, rows: Iterable[Row]) -> None:
        """Takes records; costs the request an append."""
        with self._lock:
            self._waiting.extend(rows)
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_on, name="offline store", daemon=True)
                self._thread.start()
            if len(self._waiting) >= self.settings.flush_rows:
                self._due.set()

    def close(self) -> None:
        """Writes what is left; what S3 refuses even now is lost with the server, and the log says so."""
        self._closed = True
        while (thread := self._thread) is not None:
            self._due.set()
            thread.join()
        if self._waiting:
            _log.error("%d records did not reach %s: %s", len(self._waiting), self.location.uri, self._blocked)

    def _write_on(self) -> None:
        pause = self.settings.flush_seconds
        while True:
            if not self._closed:
                self._due.wait(pause)
            self._due.clear()
            last = self._closed
            with self._lock:
                batch, self._waiting = self._waiting, []
            refused = self._write(batch)
            with self._lock:
                self._waiting[:0] = refused
                if not self._waiting or (last and refused):
                    self._thread = None  # the next record starts another
                    return
            pause = self.settings.retry_seconds if refused else self.settings.flush_seconds

    def _write(self, batch: list[Row]) -> list[Row]:
        """Writes the records, a file for each hour; gives back those that could not be written."""
        hours: dict[int, list[Row]] = {}
        for row in batch:
            hours.setdefault(row.event_time // _HOUR, []).append(row)
        refused: list[Row] = []
        blocked = None
        for hour, rows in hours.items():
            try:
                self._put(hour, rows)
            except (AwsError, BotoCoreError, UploadError) as error:
                blocked = str(error)
                refused += rows
            except Exception as error:  # noqa: BLE001 - a fault of the writer must not lose records either
                _log.exception("%d records wait for %s", len(rows), self.location.uri)
                blocked = f"{type(error).__name__}: {error}"
                refused += rows
        self._blocked = blocked
        return refused

    def _put(self, hour: int, rows: list[Row]) -> None:
        content = parquet_file(self.features(), rows, time.time_ns() // 10**6)
        moment = moment_of(hour * _HOUR)
        latest = moment_of(max(row.event_time for row in rows))
        digits = "".join(secrets.choice(_ALPHABET) for _ in range(16))
        target = self.location.join(
            f"year={moment.year:04d}", f"month={moment:%m}", f"day={moment:%d}", f"hour={moment:%H}",
            f"{latest.year:04d}{latest:%m%dT%H%M%SZ}_{digits}.parquet",
        )  # fmt: skip
        if self._keys is None:
            self._keys = RoleKeys(self.platform, self.role_arn, self.region)
        Uploads(self._keys.client("s3"), self.key).content(content, target, "binary/octet-stream")
