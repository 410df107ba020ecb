"""Endpoints from their configuration to requests and back to nothing."""

import json

import pytest

from tests.local_aws.sagemaker.conftest import Account
from tests.local_aws.sagemaker.servers import ECHO


@pytest.fixture(scope="session")
def echo(account: Account) -> str:
    """An image whose server tells what it sees."""
    return account.engine.image("echo", serve=ECHO)


def test_an_endpoint_serves_its_model(account: Account, role: str, echo: str) -> None:
    account.model("first", echo, role, {"model.txt": b"weights"}, PrimaryContainer={"Environment": {"MINE": "1"}})
    account.endpoint_config("first", "first")
    endpoint = account.endpoint("first")
    assert endpoint["EndpointStatus"] == "InService", endpoint
    answer = account.invoke(
        "first", b"1,2", ContentType="text/csv", Accept="application/json", CustomAttributes="c=1", InferenceId="i-1"
    )
    assert answer["InvokedProductionVariant"] == "first"
    assert answer["CustomAttributes"] == "answered"
    assert answer["ContentType"] == "application/json"
    seen = json.loads(answer["Body"].read())
    assert (seen["model"], seen["body"]) == ("weights", "1,2")
    assert seen["environment"]["MINE"] == "1"
    assert seen["headers"]["Content-Type"] == "text/csv"
    assert seen["headers"]["Accept"] == "application/json"
    assert seen["headers"]["X-Amzn-SageMaker-Custom-Attributes"] == "c=1"
