"""A function's output on its way to CloudWatch Logs, written with the function's own credentials."""

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from attrs import define, field
from botocore.exceptions import ClientError

from local_aws.platform import Credentials, Platform

_log = logging.getLogger(__name__)

_BATCH = 1000
_FLUSH_SECONDS = 1.0
_MESSAGE_LIMIT = 1_048_550
_TAIL_LINES = 2000
_STOP_SECONDS = 2.0


@define(eq=False)
class LogSender:
    """Sends the lines of all functions, from one thread.

    A role that may not write logs loses them, as on AWS: that is never an error of the function.
    """

    platform: Platform
    _batches: "queue.SimpleQueue[tuple[FunctionLog, list[dict[str, Any]]] | None]" = field(factory=queue.SimpleQueue)
    _thread: threading.Thread | None = None
    _lock: threading.Lock = field(factory=threading.Lock)

    def send(self, log: "FunctionLog", events: list[dict[str, Any]]) -> None:
        """Takes lines; returns at once."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="function-logs", daemon=True)
                self._thread.start()
        self._batches.put((log, events))

    def stop(self) -> None:
        """Sends what is left, for as long as the server can still take it."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._batches.put(None)
            thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        while (batch := self._batches.get()) is not None:
            log, events = batch
            try:
                for start in range(0, len(events), _BATCH):
                    self._put(log, events[start : start + _BATCH])
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if not code.startswith("AccessDenied"):
                    _log.warning("logs of %s were lost: %s", log.group, error)
            except Exception:  # noqa: BLE001 - the lines that come later must not be lost with these
                _log.exception("logs of %s were lost", log.group)

    def _put(self, log: "FunctionLog", events: list[dict[str, Any]]) -> None:
        client = self.platform.client("logs", region=log.region, credentials=log.credentials)
        names = {"logGroupName": log.group, "logStreamName": log.stream}
        if log.stream_made:
            try:
                client.put_log_events(**names, logEvents=events)
            except ClientError as error:
                if error.response["Error"]["Code"] != "ResourceNotFoundException":
                    raise
            else:
                return
        try:
            _unless_there(client.create_log_stream, **names)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            _unless_there(client.create_log_group, logGroupName=log.group)
            _unless_there(client.create_log_stream, **names)
        client.put_log_events(**names, logEvents=events)
        log.stream_made = True


def _unless_there(create: Callable[..., Any], **names: str) -> None:
    try:
        create(**names)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
            raise


@define(kw_only=True, eq=False)
class FunctionLog:
    """The log stream of one execution environment.

    Attributes:
        sender: takes batches of lines.
        region: of the log group.
        group: such as ``/aws/lambda/name``.
        stream: such as ``2026/01/31/[$LATEST]0123…``.
        credentials: of the function's role.
        stream_made: whether the stream was seen to exist.
        tail: the last lines of the invocation that runs, for ``LogType=Tail``.
    """

    sender: LogSender
    region: str
    group: str
    stream: str
    credentials: Credentials
    stream_made: bool = False
    tail: list[str] = field(factory=list)
    _events: list[dict[str, Any]] = field(factory=list)
    _last_flush: float = field(factory=time.monotonic)
    _lock: threading.Lock = field(factory=threading.Lock)

    def write(self, message: str) -> None:
        """Adds one event, stamped with the time of this call; long runs are sent on as they go."""
        with self._lock:
            self.tail.append(message)
            if len(self.tail) > _TAIL_LINES:
                del self.tail[: _TAIL_LINES // 2]
            # CloudWatch takes no empty messages
            self._events.append({"timestamp": time.time_ns() // 1_000_000, "message": message[:_MESSAGE_LIMIT] or " "})
            due = len(self._events) >= _BATCH or time.monotonic() - self._last_flush > _FLUSH_SECONDS
        if due:
            self.flush()

    def flush(self) -> None:
        """Hands what is there to the sender."""
        with self._lock:
            events, self._events = self._events, []
            self._last_flush = time.monotonic()
            if events:
                self.sender.send(self, events)
