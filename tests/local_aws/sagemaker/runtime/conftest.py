"""One endpoint for the tests of requests."""

import pytest

from tests.local_aws.sagemaker.conftest import Account
from tests.local_aws.sagemaker.servers import ECHO


@pytest.fixture(scope="session")
def live(account: Account, role: str) -> str:
    """The name of an endpoint whose server does what the body says."""
    image = account.engine.image("live", serve=ECHO)
    account.model("live", image, role, {"model.txt": b"live"})
    account.endpoint_config("live", "live")
    assert account.endpoint("live")["EndpointStatus"] == "InService"
    return "live"
