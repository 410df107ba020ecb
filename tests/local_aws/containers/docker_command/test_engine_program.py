"""Which images an engine can fetch."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest
from attrs import define

from local_aws.containers.docker_command.engine_program import EngineProgram, UnreachableImageError
from tests.local_aws.containers.fake_engine import FakeEngine


@pytest.fixture
def fake(tmp_path: Path) -> FakeEngine:
    return FakeEngine.make(tmp_path / "engine")


@pytest.fixture
def program(fake: FakeEngine) -> EngineProgram:
    return EngineProgram("podman", str(fake.program), {})


def test_an_image_is_fetched_once(fake: FakeEngine, program: EngineProgram) -> None:
    lines: list[str] = []
    program.provide("python:3", None, lines.append)
    program.provide("python:3", None, lines.append)
    program.provide("python:3", "linux/amd64", lines.append)
    assert lines == ["Trying to pull python:3...", "Getting image source signatures"]
    assert fake.calls.count("pull") == 1


def test_an_image_of_another_platform_is_fetched(fake: FakeEngine, program: EngineProgram) -> None:
    program.provide("python:3", None, lambda _line: None)
    program.provide("python:3", "linux/arm64", lambda _line: None)
    assert fake.calls.count("pull") == 2
    assert "pull --platform linux/arm64 python:3" in (fake.folder / "calls").read_text()


@pytest.mark.parametrize(
    "reason",
    [
        'pinging container registry: Get "https://registry/v2/": dial tcp: lookup registry: no such host',
        'Get "https://registry/v2/": dial tcp 192.0.2.1:443: connect: connection refused',
        'Get "https://registry/v2/": dial tcp 192.0.2.1:443: connect: permission denied',
        "response from daemon: Client.Timeout exceeded while awaiting headers",
        'Get "https://registry/v2/": x509: certificate signed by unknown authority',
        "toomanyrequests: You have reached your pull rate limit",
    ],
)
def test_a_registry_out_of_reach(fake: FakeEngine, program: EngineProgram, reason: str) -> None:
    fake.registry_says(reason)
    lines: list[str] = []
    with pytest.raises(UnreachableImageError) as caught:
        program.provide("python:3", None, lines.append)
    assert str(caught.value) == f"podman cannot fetch the base image python:3: Error: {reason}"
    assert lines == ["Trying to pull python:3...", f"Error: {reason}"]


@pytest.mark.parametrize(
    "reason",
    [
        "reading manifest 9 in docker.io/library/python: manifest unknown",
        "response from daemon: pull access denied for x, repository does not exist or may require 'docker login'",
        "response from daemon: manifest for python:9 not found: manifest unknown: manifest unknown",
        "unauthorized: authentication required",
        "no matching manifest for linux/arm64/v8 in the manifest list entries",
    ],
)
def test_what_a_registry_refuses_is_left_to_the_build(fake: FakeEngine, program: EngineProgram, reason: str) -> None:
    fake.registry_says(reason)
    lines: list[str] = []
    program.provide("python:3", None, lines.append)
    assert lines[-1] == f"Error: {reason}"


@define
class Limit:
    """A timer that is over at once, or never."""

    seconds: float
    function: Callable[[], None]
    over: ClassVar[bool] = False
    cancelled: ClassVar[bool] = False

    def start(self) -> None:
        if self.over:
            self.function()

    def cancel(self) -> None:
        type(self).cancelled = True


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> type[Limit]:
    monkeypatch.setattr(Limit, "over", False)
    monkeypatch.setattr(Limit, "cancelled", False)
    monkeypatch.setattr(threading, "Timer", Limit)
    return Limit


def test_a_registry_that_does_not_answer(fake: FakeEngine, program: EngineProgram, limit: type[Limit]) -> None:
    fake.registry_says("silent")
    limit.over = True
    with pytest.raises(UnreachableImageError, match="base image python:3: no answer within 60 seconds"):
        program.provide("python:3", None, lambda _line: None)


def test_what_a_registry_sends_may_take_any_time(program: EngineProgram, limit: type[Limit]) -> None:
    seen: list[tuple[str, bool]] = []
    program.provide("python:3", None, lambda line: seen.append((line, limit.cancelled)))
    assert seen == [("Trying to pull python:3...", False), ("Getting image source signatures", True)]
