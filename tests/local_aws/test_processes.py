"""Child processes: output, exit codes, and that none outlives its supervisor."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from local_aws.log_streams import LogStream
from local_aws.processes import Supervisor
from local_aws.server import LocalAws
from tests.local_aws.process_state import runs


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    made = Supervisor()
    yield made
    made.stop()


def test_output_and_exit_code(supervisor: Supervisor) -> None:
    lines: list[str] = []
    child = supervisor.spawn(
        [sys.executable, "-c", "import sys; print(sys.stdin.read()); sys.exit(3)"],
        environment={},
        on_line=lines.append,
        stdin=b"hello",
    )
    assert child.wait() == 3
    assert lines == ["hello"]


def test_terminate_kills_what_ignores_the_signal(supervisor: Supervisor) -> None:
    program = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(99)"
    )
    seen: list[str] = []
    child = supervisor.spawn([sys.executable, "-c", program], environment={}, on_line=seen.append)
    _until(lambda: bool(seen))
    assert child.terminate(grace_seconds=0.2) == -9


def test_wait_times_out_while_it_runs(supervisor: Supervisor) -> None:
    child = supervisor.spawn(["sleep", "60"], environment={"PATH": os.environ["PATH"]})
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(timeout=0.05)
    child.terminate()


def test_children_end_when_the_server_is_killed() -> None:
    program = (
        "from local_aws.processes import Supervisor; import os, time\n"
        "child = Supervisor().spawn(['sleep', '600'], environment={'PATH': os.environ['PATH']})\n"
        "print(child.pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        pid = int(server.stdout.readline())
        server.kill()
    _until(lambda: not runs(pid))


def test_log_stream_keeps_order(local_aws: LocalAws) -> None:
    stream = LogStream(local_aws.platform, "us-east-1", "/test/group", "one")
    for number in range(2500):
        stream.write(f"line {number}")
    stream.close()
    logs = local_aws.platform.client("logs", region="us-east-1")
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName="/test/group", logStreamNames=["one"])
    messages = [event["message"] for page in pages for event in page["events"]]
    assert messages == [f"line {number}" for number in range(2500)]


def _until(condition: object, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_nothing_starts_after_the_end() -> None:
    supervisor = Supervisor()
    supervisor.stop()
    with pytest.raises(OSError, match="sleep is not started: the server has ended"):
        supervisor.spawn(["sleep", "60"], environment={"PATH": os.environ["PATH"]}, on_line=print)
