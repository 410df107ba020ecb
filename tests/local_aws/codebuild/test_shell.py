"""The shell that a build's commands share."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_aws.codebuild.shell import BuildShell, ShellEndedError
from local_aws.processes import Supervisor


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture(params=["/bin/sh", "/bin/bash"])
def shell(request: pytest.FixtureRequest, tmp_path: Path, lines: list[str]) -> Iterator[BuildShell]:
    supervisor = Supervisor()
    made = BuildShell(
        supervisor.spawn, request.param, {"PATH": "/usr/bin:/bin", "A": "1"}, tmp_path, lines.append, tmp_path / "shell"
    )
    yield made
    made.close()
    supervisor.stop()


def test_commands_share_variables_functions_and_folder(shell: BuildShell, tmp_path: Path, lines: list[str]) -> None:
    (tmp_path / "inner").mkdir()
    assert shell.run('local_variable=x; cd inner; say() { echo "said $1"; }') == 0
    assert shell.run('say "$local_variable $A"; pwd') == 0
    assert lines == ["said x 1", str(tmp_path / "inner")]


@pytest.mark.parametrize(("command", "code"), [("true", 0), ("false", 1), ("(exit 9)", 9), ("sh -c 'kill -9 $$'", 137)])
def test_codes(shell: BuildShell, command: str, code: int) -> None:
    assert shell.run(command) == code


def test_output_is_delivered_before_the_code(shell: BuildShell, lines: list[str]) -> None:
    assert shell.run("i=0; while [ $i -lt 2000 ]; do echo $i; i=$((i + 1)); done; printf 'no newline'") == 0
    assert lines == [*map(str, range(2000)), "no newline"]


def test_commands_read_nothing(shell: BuildShell, lines: list[str]) -> None:
    assert shell.run("cat; read x || echo nothing") == 0
    assert lines == ["nothing"]


def test_a_shell_that_ends_leaves_its_variables_to_the_next(
    shell: BuildShell, tmp_path: Path, lines: list[str]
) -> None:
    (tmp_path / "deep").mkdir()
    assert shell.run("export KEPT='a b'; cd deep; exit 3") == 3
    assert shell.run('echo "$KEPT $PWD"') == 0
    assert shell.run("set -e; export MORE=1; false") == 1
    assert shell.run("echo $MORE") == 0
    assert lines == [f"a b {tmp_path}/deep", "1"]


def test_a_syntax_error_is_a_failed_command(shell: BuildShell, lines: list[str]) -> None:
    assert shell.run("if then") != 0
    assert shell.run("echo on") == 0
    assert lines[-1] == "on"


def test_variables_are_set_and_read(shell: BuildShell) -> None:
    shell.set("WORD", 'it\'s "quoted" $HOME')
    assert shell.get("WORD") == 'it\'s "quoted" $HOME'
    assert shell.get("ABSENT") is None
    assert shell.get("A") == "1"


def test_terminate_ends_the_running_command(shell: BuildShell, lines: list[str]) -> None:
    seen: list[BaseException] = []

    def run() -> None:
        try:
            shell.run("echo started; sleep 300")
        except ShellEndedError as error:
            seen.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    while "started" not in lines:
        thread.join(0.01)
        assert thread.is_alive()
    shell.terminate()
    thread.join(20)
    assert len(seen) == 1
    with pytest.raises(ShellEndedError):
        shell.run("echo more")
