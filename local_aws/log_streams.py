"""Writes a job's or a function's output to CloudWatch Logs as it comes."""

import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from attrs import define, field
from botocore.exceptions import ClientError, EndpointConnectionError, HTTPClientError

from local_aws.platform import Platform

_BATCH = 1000
_END = None


@define(eq=False)
class LogStream:
    """One stream of a log group; both are made when first written to.

    Lines are sent by a thread of their own in batches, in order; `close` returns when all have arrived.

    Args:
        platform: the local AWS.
        region: the group's region.
        group: such as ``/aws/sagemaker/TrainingJobs``.
        stream: such as ``job-name/algo-1-1700000000``.
    """

    platform: Platform
    region: str
    group: str
    stream: str
    _lines: "queue.SimpleQueue[tuple[int, str] | None]" = field(factory=queue.SimpleQueue)
    _thread: threading.Thread | None = None
    _lock: threading.Lock = field(factory=threading.Lock)

    def write(self, line: str) -> None:
        """Adds one line, stamped with the time of this call."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._send, name=f"log {self.stream}", daemon=True)
                self._thread.start()
        self._lines.put((time.time_ns() // 1_000_000, line))

    def close(self) -> None:
        """Sends what is left. Further lines open the stream again."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._lines.put(_END)
            thread.join()

    def _send(self) -> None:
        try:
            self._send_all()
        except (EndpointConnectionError, HTTPClientError):
            # the last lines of what ends with the server: nobody is left to take them, or to read them
            if not self.platform.stopping:
                raise

    def _send_all(self) -> None:
        logs = self.platform.client("logs", region=self.region)
        _create(logs.create_log_group, logGroupName=self.group)
        _create(logs.create_log_stream, logGroupName=self.group, logStreamName=self.stream)
        ended = False
        while not ended:
            batch: list[dict[str, Any]] = []
            item = self._lines.get()
            while True:
                if item is _END:
                    ended = True
                    break
                batch.append({"timestamp": item[0], "message": item[1] or " "})
                if len(batch) == _BATCH or self._lines.empty():
                    break
                item = self._lines.get()
            if batch:
                logs.put_log_events(logGroupName=self.group, logStreamName=self.stream, logEvents=batch)


def _create(create: Callable[..., Any], **names: str) -> None:
    try:
        create(**names)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
            raise
