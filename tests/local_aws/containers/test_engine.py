"""Which engine a machine has is found by trial."""

import subprocess
from pathlib import Path

import pytest

from local_aws.containers import trial
from local_aws.containers.command_line_engine import CommandLineEngine
from local_aws.containers.engine import EngineError, choose_engine
from local_aws.containers.pair import EnginePair
from local_aws.containers.process.view import PrivateView
from local_aws.platform import Platform


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    """A platform of its own: the choice is made once for each."""
    (tmp_path / "state").mkdir()
    return Platform(endpoint_url="http://127.0.0.1:1", state_dir=tmp_path / "state", cache_dir=tmp_path / "cache")


def program(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def test_an_engine_can_be_forced_and_is_kept(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLOPS_CONTAINER_ENGINE", "process-basedir")
    engine = choose_engine(platform)
    assert engine.name == "process-basedir"
    assert "SAGEMAKER_BASE_DIR" in engine.description
    monkeypatch.setenv("MLOPS_CONTAINER_ENGINE", "process")
    assert choose_engine(platform) is engine


def test_a_forced_engine_that_is_unknown(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLOPS_CONTAINER_ENGINE", "rocket")
    with pytest.raises(EngineError, match="MLOPS_CONTAINER_ENGINE=rocket: expected one of docker, podman, process"):
        choose_engine(platform)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("echo Cannot connect to the daemon >&2; exit 1", "runs no containers: import: Cannot connect to the daemon"),
        ('[ "$1" = import ] || exit 7', "runs no containers: trial run exited with 7"),
    ],
)
def test_a_forced_engine_that_does_not_work_says_why(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, reason: str
) -> None:
    program(tmp_path / "bin", "docker", text)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    monkeypatch.setenv("MLOPS_CONTAINER_ENGINE", "docker")
    with pytest.raises(EngineError, match=f"docker: {tmp_path}/bin/docker {reason}"):
        choose_engine(platform)


def test_without_docker_and_podman_programs_are_processes(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "bin", "docker", "exit 1")
    program(tmp_path / "bin", "podman", "exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    monkeypatch.delenv("MLOPS_CONTAINER_ENGINE", raising=False)
    engine = choose_engine(platform)
    assert engine.name.startswith("process")
    assert "without cpu or memory limits" in engine.description or "no cpu or memory limits" in engine.description


def test_behind_an_engine_stand_processes_unless_it_is_forced(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "bin", "docker", "exit 1")
    program(tmp_path / "bin", "podman", f'echo "$*" >>{tmp_path}/calls; [ "$1" != run ] || exit {trial.EXIT_CODE}')
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    monkeypatch.delenv("MLOPS_CONTAINER_ENGINE", raising=False)
    engine = choose_engine(platform)
    assert isinstance(engine, EnginePair)
    assert engine.name == "podman"
    assert engine.description == (
        f"podman: containers of {tmp_path}/bin/podman; images whose base image cannot be fetched are built and run in "
        f"{engine.processes.name} mode"
    )
    commands = [line.split()[0] for line in (tmp_path / "calls").read_text().splitlines()]
    assert commands == ["import", "run", "rmi", "ps"]

    monkeypatch.setenv("MLOPS_CONTAINER_ENGINE", "podman")
    other = Platform(endpoint_url=platform.endpoint_url, state_dir=platform.state_dir, cache_dir=platform.cache_dir)
    assert isinstance(choose_engine(other), CommandLineEngine)


def test_no_program_of_that_name(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(EngineError, match="there is no program podman on PATH"):
        CommandLineEngine.probe("podman", platform)


def test_the_trial_program_is_a_program(tmp_path: Path) -> None:
    content = trial.archive()
    if content is None:
        pytest.skip("no trial program for this kind of machine: docker and podman are refused there")
    (tmp_path / "trial.tar").write_bytes(content)
    subprocess.run(["tar", "-xf", "trial.tar"], cwd=tmp_path, check=True)
    assert subprocess.run([tmp_path / "trial"], check=False).returncode == trial.EXIT_CODE


@pytest.mark.parametrize(
    ("folder", "message"),
    [("/usr/share/images", "another place than the system's own"), ("/tmp/a,b", "a path without , :")],  # noqa: S108
)
def test_places_where_no_view_can_be_made(folder: str, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        PrivateView.probe([Path(folder)])
