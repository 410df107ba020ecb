"""One local AWS for all strangers, in a process of its own, bootstrapped by the CDK's command line."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.strangers.account import ACCOUNT, REGION, ROOT, Account, until


@pytest.fixture(scope="session")
def account() -> Iterator[Account]:
    """A fresh account."""
    with tempfile.TemporaryDirectory(prefix="strangers-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        state, log = home / "state.json", home / "server.log"
        server = subprocess.Popen(
            [sys.executable, "-m", "local_aws", "--state-file", str(state), "--log-file", str(log)], cwd=ROOT
        )
        try:
            until(state.exists, bool, 60)
            yield Account(json.loads(state.read_text())["endpoint_url"], home)
        finally:
            server.terminate()
            server.wait(20)
        assert "Traceback" not in log.read_text(), log.read_text()


@pytest.fixture(scope="session")
def bootstrapped(account: Account) -> Account:
    """The same account, as ``cdk bootstrap`` leaves it."""
    account.cdk("bootstrap", f"aws://{ACCOUNT}/{REGION}")
    return account


@pytest.fixture(scope="session")
def project(bootstrapped: Account) -> Account:
    """The same, with a project folder as ``cdk init`` makes one: its cdk.json has the feature flags of new apps."""
    bootstrapped.project.mkdir()
    bootstrapped.cdk("init", "app", "--language", "python", "--generate-only")
    return bootstrapped
