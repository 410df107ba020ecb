"""An image that serves and models of it."""

import pytest

from tests.local_aws.sagemaker.conftest import Account
from tests.local_aws.sagemaker.servers import ECHO


@pytest.fixture(scope="session")
def echo(account: Account) -> str:
    """An image whose server tells what it sees."""
    return account.engine.image("echo", serve=ECHO)
