"""The server as a process: start, health, stop, and a port that is taken."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local_aws.health import resident_mib
from local_aws.server import LocalAws

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def start_one(*arguments: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "local_aws", *arguments], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield start_one
    for process in started:
        process.kill()
        process.communicate()


def _until(condition: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def _state(file: Path) -> dict[str, Any]:
    _until(file.exists)
    return dict(json.loads(file.read_text()))


def _ask(state: dict[str, Any], path: str, method: str = "GET") -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", state["port"], timeout=20)
    try:
        connection.request(method, path)
        return dict(json.loads(connection.getresponse().read()))
    finally:
        connection.close()


def test_it_answers_once_the_state_file_is_there_and_ends_on_a_signal(start: Start, tmp_path: Path) -> None:
    file, log = tmp_path / "deep" / "state.json", tmp_path / "log"
    process = start(
        "--port", "0", "--state-file", str(file), "--cache-dir", str(tmp_path / "cache"), "--log-file", str(log)
    )
    state = _state(file)
    assert state["pid"] == process.pid
    assert state["log"] == str(log)
    health = _ask(state, "/_local/health")
    assert (health["status"], health["pid"], health["endpoint_url"]) == ("running", process.pid, state["endpoint_url"])
    assert health["services"]["s3"] == "moto"
    assert health["services"]["sts"] == "local"
    assert health["resident_mib"] > 10
    assert _until(lambda: _ask(state, "/_local/health")["engine"])
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
    assert not file.exists()
    assert "the local AWS answers on" in log.read_text()
    assert (tmp_path / "cache").is_dir()


def test_it_ends_when_it_is_asked_to(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    process = start("--state-file", str(file))
    state = _state(file)
    assert _ask(state, "/_local/stop", "POST") == {"status": "stopping"}
    assert process.wait(15) == 0
    with pytest.raises(ConnectionRefusedError):
        _ask(state, "/_local/health")


def test_it_asks_no_proxy_for_itself(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody answers there
    monkeypatch.setenv("NO_PROXY", ".corp")
    monkeypatch.delenv("no_proxy", raising=False)
    file = tmp_path / "state.json"
    process = start("--state-file", str(file))
    _ask(_state(file), "/_local/stop", "POST")
    assert process.wait(30) == 0


def test_it_leaves_the_state_file_of_another(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    process = start("--state-file", str(file))
    _state(file)
    file.write_text('{"pid": 1}')
    process.send_signal(signal.SIGINT)
    assert process.wait(15) == 0
    assert json.loads(file.read_text()) == {"pid": 1}


def test_a_port_in_use_is_named(start: Start, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = start("--port", str(port), "--state-file", str(tmp_path / "state.json"))
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 3
    assert f"port {port} on 127.0.0.1 is in use; choose another with --port, or --port 0 for a free one" in errors
    assert not (tmp_path / "state.json").exists()


@pytest.mark.parametrize("port", ["x", "-1", "65536"])
def test_a_port_that_is_none_is_named(start: Start, port: str) -> None:
    process = start(f"--port={port}")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"expected a number from 0 to 65535, got '{port}'" in errors


def test_a_stop_ends_what_runs_even_where_it_does_not_want_to(tmp_path: Path) -> None:
    program = (
        "import os, signal, subprocess, sys, threading\n"
        "from local_aws.server import LocalAws\n"
        "local_aws = LocalAws().start()\n"
        "stubborn = 'import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);'\n"
        "stubborn += 'print(1, flush=True); time.sleep(99)'\n"
        "ready = threading.Event()\n"
        "child = local_aws.platform.processes.spawn(\n"
        "    [sys.executable, '-c', stubborn], environment={}, on_line=lambda line: ready.set())\n"
        "ready.wait(20)\n"
        "print(child.pid, flush=True)\n"
        "local_aws.stop()\n"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    with pytest.raises(ProcessLookupError):
        os.kill(int(found.stdout), 0)


def test_a_server_in_this_process_leaves_nothing_behind(tmp_path: Path) -> None:
    with LocalAws(cache_dir=tmp_path / "cache") as running:
        state_dir = running.platform.state_dir
        assert state_dir.is_dir()
        with pytest.raises(OSError, match="in use"):
            LocalAws(port=running.port).start()
    assert not state_dir.exists()
    assert (tmp_path / "cache").is_dir()


def test_memory_is_reported_in_mebibytes() -> None:
    assert 10 < resident_mib() < 4000
