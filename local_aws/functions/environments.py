"""Execution environments: one process for a function version, serving one invocation at a time."""

import contextlib
import json
import re
import secrets
import shutil
import signal
import socket
import threading
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import Future, InvalidStateError
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from attrs import define, field, frozen

from local_aws.functions.function_logs import FunctionLog
from local_aws.functions.records import FunctionVersion
from local_aws.processes import ManagedProcess

INIT_SECONDS = 10.0
RESPONSE_LIMIT = 6_291_556
_DRAIN_SECONDS = 1.0


@frozen(kw_only=True)
class Invocation:
    """One call of a handler.

    Attributes:
        request_id: of the invocation; retries of an asynchronous one share it.
        payload: JSON text.
        invoked_arn: as the caller named the function.
        client_context: what the caller sent along.
        trace_id: X-Ray's header.
    """

    request_id: str
    payload: bytes
    invoked_arn: str
    client_context: dict[str, Any] | None = None
    trace_id: str = field(factory=lambda: f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0")


@frozen(kw_only=True)
class Outcome:
    """How an invocation ended.

    Attributes:
        payload: the answer, or AWS's description of the error.
        function_error: ``Unhandled`` where the handler or its process failed.
        log_tail: what the invocation wrote, START to REPORT.
        duration: milliseconds that the handler ran.
    """

    payload: bytes
    function_error: str | None
    log_tail: str
    duration: float


class _Ended(Exception):  # noqa: N818 - internal signal
    """The process is gone."""


@define(kw_only=True, eq=False)
class ExecutionEnvironment:
    """A function's process with its log stream.

    Attributes:
        version: what it runs.
        log: where its output goes.
        banner: first line of the log stream.
        started: monotonic time of the process's start.
        idle_since: monotonic time of its last answer.
        token: by which the process says which environment it is.
        scratch: its private folder, removed with it.
        reusable: whether the process can serve again.
    """

    version: FunctionVersion
    log: FunctionLog
    banner: str
    started: float = field(factory=time.monotonic)
    idle_since: float = 0.0
    token: str = field(factory=lambda: secrets.token_hex(16))
    scratch: Path | None = None
    reusable: bool = False
    _process: ManagedProcess | None = None
    _connected: "Future[tuple[socket.socket, BinaryIO]]" = field(factory=Future)
    _drained: threading.Event = field(factory=threading.Event)
    _init_milliseconds: float | None = None
    _ready: bool = False
    _initial_error: bytes | None = None
    _peak_memory: int | None = None

    def attach(self, process: ManagedProcess) -> None:
        """Takes the process that was started for it, and watches for its end."""
        self._process = process
        threading.Thread(target=self._watch, args=(process,), name=f"function-{process.pid}", daemon=True).start()

    def _watch(self, process: ManagedProcess) -> None:
        process.wait()
        self._drained.set()
        with contextlib.suppress(InvalidStateError):  # it had connected
            self._connected.set_exception(_Ended())

    def connect(self, connection: socket.socket, stream: BinaryIO) -> None:
        """Takes the connection that the process opened."""
        try:
            self._connected.set_result((connection, stream))
        except InvalidStateError:  # it has ended meanwhile
            _close(connection, stream)

    def on_line(self, line: str) -> None:
        """Takes a line of the process's output."""
        text, nul, control = line.partition("\0")
        if not nul:
            self.log.write(line)
            return
        if text:
            self.log.write(text)
        kind, _, value = control.partition(" ")
        if kind == "log":
            self.log.write(json.loads(value))
        elif kind == "end":
            self._drained.set()
        else:
            self.log.write(line)

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process is not None and self._process.poll() is None

    def end(self) -> None:
        """Ends the process and closes its connection."""
        if self._process is not None:
            self._process.terminate(grace_seconds=0.3)
        if self._connected.done() and self._connected.exception() is None:
            _close(*self._connected.result())
        self.log.flush()
        if self.scratch is not None:
            shutil.rmtree(self.scratch, ignore_errors=True)

    def invoke(self, invocation: Invocation) -> Outcome:
        """Runs the handler once and waits for its answer, at most for the function's timeout."""
        self._drained.clear()
        self.log.tail.clear()
        if not self._ready:
            self._system("platform.initStart", self.banner, {"runtimeVersion": self.banner})
        failed = self._initialize()
        self._system(
            "platform.start",
            f"START RequestId: {invocation.request_id} Version: {self.version.number}",
            {"requestId": invocation.request_id, "version": self.version.number},
        )
        started = time.monotonic()
        if failed is None:
            kind, payload = self._exchange(invocation)
        else:
            kind, payload = failed
            payload = payload or self._exit_payload(invocation)
        duration = (time.monotonic() - started) * 1000
        if kind == "result" and len(payload) > RESPONSE_LIMIT:
            kind = "error"
            payload = _error(
                "Function.ResponseSizeTooLarge",
                f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes).",
            )
        self._drained.wait(_DRAIN_SECONDS)
        self._finish(invocation, kind, payload, duration)
        self.reusable = kind in {"result", "error"} and self.alive
        return Outcome(
            payload=payload,
            function_error=None if kind == "result" else "Unhandled",
            log_tail="\n".join(self.log.tail) + "\n",
            duration=duration,
        )

    def _initialize(self) -> tuple[str, bytes] | None:
        """Waits until the handler is loaded; gives the failure where it is not."""
        if self._ready:
            return None
        # as on AWS: ten seconds for the module, and what lacks then is taken from the function's timeout
        limit = INIT_SECONDS + float(self.version.settings["Timeout"])
        try:
            connection, stream = self._connected.result(limit)
            connection.settimeout(max(0.001, limit - (time.monotonic() - self.started)))
            header, payload = _receive(stream)
        except TimeoutError:
            self._kill()
            message = f"INIT_REPORT Init Duration: {limit * 1000:.2f} ms\tPhase: init\tStatus: timeout"
            self._system("platform.initReport", message, {"status": "timeout", "phase": "init"})
            return "timeout", _error("Sandbox.Timedout", f"Error: Task timed out after {limit:.2f} seconds of loading")
        except (_Ended, OSError):
            return "fatal", b""
        self._init_milliseconds = (time.monotonic() - self.started) * 1000
        if header["type"] != "ready":
            _close(connection, stream)
            return "fatal", payload
        self._ready = True
        return None

    def _exchange(self, invocation: Invocation) -> tuple[str, bytes]:
        connection, stream = self._connected.result()
        timeout = float(self.version.settings["Timeout"])
        header = {
            "requestId": invocation.request_id,
            "functionArn": invocation.invoked_arn,
            "deadline": time.time() + timeout,
            "traceId": invocation.trace_id,
            "clientContext": invocation.client_context,
            "size": len(invocation.payload),
        }
        try:
            connection.settimeout(timeout)
            stream.write(json.dumps(header).encode() + b"\n" + invocation.payload)
            stream.flush()
            answer, payload = _receive(stream)
        except TimeoutError:
            self._kill()
            text = f"Task timed out after {timeout:.2f} seconds"
            self.log.write(f"{_timestamp()} {invocation.request_id} {text}")
            return "timeout", _error("Sandbox.Timedout", f"RequestId: {invocation.request_id} Error: {text}")
        except (_Ended, OSError):
            return "fatal", self._exit_payload(invocation)
        self._peak_memory = self._read_peak_memory()
        return str(answer["type"]), payload

    def _read_peak_memory(self) -> int | None:
        """The process's peak resident memory in MB, where the system tells it."""
        try:
            status = Path(f"/proc/{self._process.pid if self._process else 0}/status").read_text()
        except OSError:
            return None
        match = re.search(r"VmHWM:\s+(\d+) kB", status)
        return None if match is None else -(-int(match[1]) // 1024)

    def _exit_payload(self, invocation: Invocation) -> bytes:
        code = self._process.wait(10) if self._process is not None else 1
        reason = "Runtime exited without providing a reason"
        if code < 0:
            reason = f"Runtime exited with error: signal: {signal.strsignal(-code) or -code}".lower()
            reason = reason.replace("runtime exited", "Runtime exited")
        elif code > 0:
            reason = f"Runtime exited with error: exit status {code}"
        self.log.write(f"RequestId: {invocation.request_id} Error: {reason}\nRuntime.ExitError")
        return _error("Runtime.ExitError", f"RequestId: {invocation.request_id} Error: {reason}")

    def _kill(self) -> None:
        if self._process is not None:
            self._process.terminate(grace_seconds=0)

    def _finish(self, invocation: Invocation, kind: str, payload: bytes, duration: float) -> None:
        memory = self.version.settings["MemorySize"]
        billed = -(-duration // 1)
        self._system("platform.end", f"END RequestId: {invocation.request_id}", None)
        report = (
            f"REPORT RequestId: {invocation.request_id}\tDuration: {duration:.2f} ms\t"
            f"Billed Duration: {billed:.0f} ms\tMemory Size: {memory} MB\t"
        )
        metrics: dict[str, Any] = {"durationMs": round(duration, 3), "billedDurationMs": billed, "memorySizeMB": memory}
        if self._peak_memory is not None:
            report += f"Max Memory Used: {self._peak_memory} MB\t"
            metrics["maxMemoryUsedMB"] = self._peak_memory
        if self._init_milliseconds is not None:
            report += f"Init Duration: {self._init_milliseconds:.2f} ms\t"
            metrics["initDurationMs"] = round(self._init_milliseconds, 3)
            self._init_milliseconds = None
        status = {"result": "success", "timeout": "timeout"}.get(kind, "error")
        if status != "success":
            report += f"Status: {status}\t"
            if status == "error" and kind == "fatal":
                report += f"Error Type: {json.loads(payload).get('errorType')}\t"
        record = {"requestId": invocation.request_id, "metrics": metrics, "status": status}
        self._system("platform.report", report, record)
        self.log.flush()

    def _system(self, kind: str, text: str, record: Mapping[str, Any] | None) -> None:
        """Writes a line of the platform in the function's log format."""
        logging = self.version.settings["LoggingConfig"]
        if logging["LogFormat"] != "JSON":
            self.log.write(text)
        elif record is not None and logging["SystemLogLevel"] != "WARN":
            self.log.write(json.dumps({"time": _timestamp(), "type": kind, "record": dict(record)}))


def _close(connection: socket.socket, stream: BinaryIO) -> None:
    """Hangs up; what cannot be sent any more is nobody's loss."""
    with contextlib.suppress(OSError):
        stream.close()
    connection.close()


def _receive(stream: BinaryIO) -> tuple[dict[str, Any], bytes]:
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise _Ended
    header = json.loads(line)
    payload = stream.read(header["size"])
    if len(payload) < header["size"]:
        raise _Ended
    return header, payload


def _error(kind: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()


def _timestamp() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def read_hello(connection: socket.socket, timeout: float) -> tuple[str, BinaryIO]:
    """The token by which a process says which environment it is, and the stream of its connection.

    Raises:
        OSError: nothing, or nonsense, came in time.
    """
    connection.settimeout(timeout)
    stream = cast("BinaryIO", connection.makefile("rwb"))
    try:
        header, _ = _receive(stream)
    except (_Ended, ValueError) as error:
        raise OSError("a function's process closed its connection before it said who it is") from error
    return str(header.get("token")), stream


__all__ = ["ExecutionEnvironment", "Invocation", "Outcome", "read_hello"]
