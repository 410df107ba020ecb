"""How the command line starts and finds a local AWS."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_cli import local_server
from mlops_cli.errors import UNAVAILABLE, CliError


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of the test's own; gives the state file."""
    file = tmp_path / "local.json"
    monkeypatch.setattr(local_server, "STATE", tmp_path)
    monkeypatch.setattr(local_server, "LOCAL_STATE_FILE", file)
    monkeypatch.setattr(local_server, "LOCAL_LOG", tmp_path / "local.log")
    monkeypatch.setattr(local_server, "CACHE", tmp_path / "cache")
    return file


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A port that was free a moment ago, and is somebody else's now."""
    monkeypatch.setattr(local_server, "is_bound", lambda port: False)
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


# the command leaves the server behind on purpose
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_who_loses_the_race_for_the_default_port_takes_a_free_one(
    state: Path, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_server, "DEFAULT_PORT", taken)
    server = local_server.start(None)
    try:
        assert server.port != taken
        assert local_server.running_server() == server
        assert local_server.running_on(0) == server
        with pytest.raises(CliError, match=f"the local AWS runs on port {server.port} already"):
            local_server.running_on(taken)
    finally:
        local_server.stop(server)
    assert local_server.running_server() is None


def test_who_loses_the_race_for_a_port_by_name_is_told(state: Path, taken: int) -> None:
    with pytest.raises(CliError, match=f"port {taken} on 127.0.0.1 is in use") as refused:
        local_server.start(taken)
    assert refused.value.exit_code == UNAVAILABLE


def test_a_process_that_is_gone_is_not_asked(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its port may be somebody's who takes connections and never answers."""
    monkeypatch.setattr(local_server, "_ANSWER_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as other:
        state.write_text(json.dumps({"pid": 2**22 - 1, "port": other.getsockname()[1]}))
        assert local_server.running_server() is None
        other.settimeout(0)
        with pytest.raises(BlockingIOError):
            other.accept()
