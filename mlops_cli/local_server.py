"""Starting, finding and ending the local AWS, which runs in the background beside the command line."""

import contextlib
import http.client
import json
import os
import subprocess
import sys
import time
from typing import Any

from attrs import frozen

from local_aws.__main__ import PORT_IN_USE
from local_aws.containers.ports import is_bound
from mlops_cli.errors import FAILED, UNAVAILABLE, CliError
from mlops_cli.project import CACHE, LOCAL_LOG, LOCAL_STATE_FILE, ROOT, STATE, shown

DEFAULT_PORT = 4577
_START_SECONDS = 60
_STOP_SECONDS = 30
_ANSWER_SECONDS = 30
"""A server that is gone refuses at once; one that is busy is no server that does not run."""


@frozen(kw_only=True)
class Server:
    """A running local AWS, as its state file tells."""

    pid: int
    port: int
    endpoint_url: str


class _PortInUseError(CliError):
    """Somebody else has the port."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"port {port} on 127.0.0.1 is in use",
            hint="choose another with --port, or leave the option out to get a free one",
            exit_code=UNAVAILABLE,
        )


def running_server() -> Server | None:
    """The local AWS of this checkout, if it answers."""
    try:
        state = json.loads(LOCAL_STATE_FILE.read_text())
    except (FileNotFoundError, ValueError):
        return None
    server = Server(pid=int(state["pid"]), port=int(state["port"]), endpoint_url=f"http://127.0.0.1:{state['port']}")
    return server if _is_alive(server.pid) and health(server) is not None else None


def running_on(port: int | None) -> Server | None:
    """The local AWS of this checkout, if it answers on a port; any will do for None and 0.

    Raises:
        CliError: it runs on another port.
    """
    server = running_server()
    if server is not None and port not in (None, 0, server.port):
        raise CliError(
            f"the local AWS runs on port {server.port} already",
            hint="end it with `./mlops local down` first, or leave --port out",
            exit_code=UNAVAILABLE,
        )
    return server


def health(server: Server) -> dict[str, Any] | None:
    """What the server says of itself, or None when it does not answer."""
    try:
        return dict(json.loads(_request(server.port, "GET", "/_local/health")))
    except (http.client.HTTPException, OSError, ValueError):
        return None


def start(port: int | None) -> Server:
    """Starts the local AWS in the background and returns when it answers.

    Args:
        port: on 127.0.0.1; 0 for a free one. None: 4577, or a free one when that is in use.

    Raises:
        CliError: the port is in use, or the server ended or did not answer.
    """
    if port is not None:
        return _start_on(port)
    if not is_bound(DEFAULT_PORT):
        # another checkout's may be faster
        with contextlib.suppress(_PortInUseError):
            return _start_on(DEFAULT_PORT)
    return _start_on(0)


def _start_on(port: int) -> Server:
    if port != 0 and is_bound(port):
        raise _PortInUseError(port)
    STATE.mkdir(parents=True, exist_ok=True)
    LOCAL_STATE_FILE.unlink(missing_ok=True)
    # fmt: off
    command = [
        sys.executable, "-m", "local_aws", "--port", str(port),
        "--state-file", str(LOCAL_STATE_FILE), "--cache-dir", str(CACHE),
    ]
    # fmt: on
    with LOCAL_LOG.open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    try:
        return _await(process, port)
    except BaseException:
        # nobody knows of it yet: it must not stay behind
        if process.poll() is None:
            process.terminate()
            process.wait()
        raise


def _await(process: subprocess.Popen[bytes], port: int) -> Server:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() == PORT_IN_USE:
            raise _PortInUseError(port)
        if process.returncode is not None:
            raise CliError(
                f"the local AWS ended at its start (exit code {process.returncode}): {_log_tail()}",
                hint=f"its log is {shown(LOCAL_LOG)}",
                exit_code=UNAVAILABLE,
            )
        if (server := running_server()) is not None:
            return server
        time.sleep(0.05)
    raise CliError(f"the local AWS did not answer within {_START_SECONDS} s: {_log_tail()}", exit_code=UNAVAILABLE)


def stop(server: Server) -> None:
    """Ends the local AWS with all that runs on it.

    Raises:
        CliError: it still runs after 30 seconds.
    """
    with contextlib.suppress(http.client.HTTPException, OSError):
        _request(server.port, "POST", "/_local/stop")
    deadline = time.monotonic() + _STOP_SECONDS
    while _is_alive(server.pid):
        if time.monotonic() > deadline:
            raise CliError(f"the local AWS (process {server.pid}) did not end", exit_code=FAILED)
        time.sleep(0.05)


def _request(port: int, method: str, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_SECONDS)
    try:
        connection.request(method, path)
        return connection.getresponse().read()
    finally:
        connection.close()


def _is_alive(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True


def _log_tail() -> str:
    lines = LOCAL_LOG.read_text(errors="replace").strip().splitlines()
    return " | ".join(lines[-5:]) or "its log is empty"


def describe_port() -> str:
    """Whether the default port is free, for a person."""
    return f"{DEFAULT_PORT} is {'in use: a free one will be taken' if is_bound(DEFAULT_PORT) else 'free'}"
