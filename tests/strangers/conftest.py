"""One local AWS for all strangers, in a process of its own, bootstrapped by the CDK's command line."""

from collections.abc import Iterator

import pytest

from tests.strangers.account import ACCOUNT, REGION, Account, fresh_account


@pytest.fixture(scope="session")
def account() -> Iterator[Account]:
    """A fresh account."""
    with fresh_account() as made:
        yield made


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
