"""The commands there are, and what each says of credentials that are not there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from mlops_cli.app import app
from mlops_cli.project import ROOT

COMMANDS = {
    "local", "deploy", "diff", "destroy", "cleanup", "run", "watch", "steps", "stop", "retry", "graph", "logs",
    "invoke", "approve", "reject", "lineage",
    "doctor", "demo", "test",
}  # fmt: skip
"""What there is; the arguments of ``test``, ``--help`` too, are pytest's."""


def _run(home: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MLOPS_"))}
    return subprocess.run(
        [sys.executable, "-m", "mlops_cli", *arguments],
        cwd=ROOT,
        env={**kept, "HOME": str(home), "AWS_EC2_METADATA_DISABLED": "true", "MLOPS_STATE_DIR": str(home), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_every_command_has_help() -> None:
    assert set(vars(get_command(app))["commands"]) == COMMANDS
    for name in COMMANDS - {"test"}:
        shown = CliRunner().invoke(app, [name, "--help"], prog_name="./mlops")
        assert shown.exit_code == 0, shown.output
        assert f"./mlops {name} [" in shown.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["run"], "Missing argument 'WORKFLOW'"),
        (["run", "byoc-housing", "--env", "qa"], "got 'qa', expected one of dev, prod, staging"),
        (["graph", "byoc-housing", "--format", "png"], "Invalid value for '--format'"),
        (["local", "up", "--port", "70000"], "Invalid value for '--port'"),
        (["invoke", "endpoint"], "Missing option '--file'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_words_that_no_command_takes(arguments: list[str], message: str) -> None:
    ended = CliRunner().invoke(app, arguments, prog_name="./mlops")
    assert ended.exit_code == 2, ended.output
    assert message in " ".join(ended.stderr.replace("│", " ").split())


def test_no_command_shows_what_there_is(tmp_path: Path) -> None:
    ended = _run(tmp_path)
    assert ended.returncode == 2
    assert "Usage: ./mlops [OPTIONS] COMMAND" in ended.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["deploy"],
        ["destroy", "--yes"],
        ["cleanup", "--yes"],
        ["run", "byoc-housing"],
        ["watch", "byoc-housing"],
        ["graph", "byoc-housing"],
        ["logs", "some-job"],
    ],
    ids=" ".join,
)
def test_an_account_needs_credentials(tmp_path: Path, arguments: list[str]) -> None:
    ended = _run(tmp_path, *arguments, "--aws", AWS_REGION="eu-west-1")
    assert ended.returncode == 3, ended
    assert ended.stderr.startswith("error: AWS needs credentials: Unable to locate credentials\nsign in "), ended


def test_an_account_needs_a_profile_that_is_there(tmp_path: Path) -> None:
    ended = _run(tmp_path, "logs", "some-job", "--aws", AWS_REGION="eu-west-1", AWS_PROFILE="absent")
    assert ended.returncode == 3, ended
    assert ended.stderr.startswith("error: AWS needs credentials: The config profile (absent) could not be found")


def test_an_account_needs_a_region(tmp_path: Path) -> None:
    ended = _run(tmp_path, "logs", "some-job", "--aws")
    assert ended.returncode == 3, ended
    assert ended.stderr == "error: no AWS region is set\nset AWS_REGION, or `aws configure`\n"
