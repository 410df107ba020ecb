"""One local AWS with the app deployed and run, for all tests that do not end it."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from tests.e2e.account import SERVER, Account, Definition, build_overrides, serving
from tests.e2e.command_line import CommandLine, Running
from tests.e2e.processes import poll
from workflows.byoc_housing.definition import CREATE_ENDPOINT, CREATE_ENDPOINT_CONFIG

RUNNING_STATE = "MLOPS_E2E_STATE_DIR"
"""For who writes these tests: the folder of an earlier session that was kept (its `new/state` and `demo.json`)."""


@frozen(kw_only=True)
class Deployed:
    """The first demo of the session: what it printed, what it wrote, and the account that it left."""

    account: Account
    printed: str
    record: dict[str, Any]


def new_command_line() -> CommandLine:
    """A command line with a folder of its own; its path is short, as those of sockets have to be."""
    return CommandLine(Path(tempfile.mkdtemp(prefix="mlops-e2e-")))


def close(command_line: CommandLine) -> None:
    """Ends all that a command line started, and fails where something was left behind."""
    left = command_line.close()
    kept = list((command_line.folder / "tmp").glob("local-aws-*"))
    shutil.rmtree(command_line.folder)
    assert left == {}
    assert kept == []


@pytest.fixture
def command_line() -> Iterator[CommandLine]:
    """A command line without a local AWS."""
    made = new_command_line()
    try:
        yield made
    finally:
        close(made)


@pytest.fixture(scope="session")
def deployed() -> Iterator[Deployed]:
    """What ``mlops demo`` leaves: the app deployed, its workflow run once, an endpoint in service."""
    if RUNNING_STATE in os.environ:
        yield _deployed(CommandLine(Path(os.environ[RUNNING_STATE])))
        return
    made = new_command_line()
    try:
        demo = made.run("demo", "--port", "0", "--json", str(made.folder / "demo.json"))
        assert demo.code == 0, demo
        (made.folder / "printed").write_text(demo.output)
        yield _deployed(made)
    finally:
        close(made)


@pytest.fixture(scope="session")
def account(deployed: Deployed) -> Account:
    """The deployed account."""
    return deployed.account


@frozen(kw_only=True)
class Started:
    """A run that goes on beside the tests."""

    machine: str
    name: str
    running: Running


@pytest.fixture(scope="session")
def never_healthy(account: Account) -> Iterator[Started]:
    """A run whose endpoint never becomes healthy; AWS's shortest limit, a minute, passes while other tests run."""

    def shortest_limit(definition: Definition) -> None:
        config = definition["States"][CREATE_ENDPOINT_CONFIG]["Parameters"]
        config["ProductionVariants"][0]["ContainerStartupHealthCheckTimeoutInSeconds"] = 60

    machine = account.variant(build_overrides(files=serving(SERVER.format(ping=503))), shortest_limit)
    name, running = account.start(machine)
    # its build is not one of those that tests count
    assert poll(lambda: f"{CREATE_ENDPOINT}: RUNNING" in running.said(), seconds=360), running.said()
    yield Started(machine=machine, name=name, running=running)
    if running.process.poll() is None:
        running.process.terminate()
        running.wait(seconds=120)


def _deployed(command_line: CommandLine) -> Deployed:
    server = json.loads((command_line.state / "local.json").read_text())
    return Deployed(
        account=Account(server["endpoint_url"], command_line),
        printed=(command_line.folder / "printed").read_text(),
        record=json.loads((command_line.folder / "demo.json").read_text()),
    )
