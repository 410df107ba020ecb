"""Answers that come in parts."""

from contextlib import closing
from typing import Any

import pytest
from botocore.exceptions import ClientError, EventStreamError

from tests.local_aws.sagemaker.conftest import Account


def stream(account: Account, name: str, body: bytes) -> dict[str, Any]:
    runtime = account.client("sagemaker-runtime")
    return dict(runtime.invoke_endpoint_with_response_stream(EndpointName=name, Body=body, ContentType="text/csv"))


def test_parts_arrive_as_events(account: Account, live: str) -> None:
    answer = stream(account, live, b"chunked")
    assert (answer["ContentType"], answer["InvokedProductionVariant"]) == ("text/plain", "live")
    assert b"".join(event["PayloadPart"]["Bytes"] for event in answer["Body"]) == b"onetwo"


def test_an_answer_that_breaks_off_is_an_error_in_the_stream(account: Account, live: str) -> None:
    with closing(stream(account, live, b"break")["Body"]) as body:
        events = iter(body)
        assert next(events)["PayloadPart"]["Bytes"] == b"one"
        with pytest.raises(EventStreamError, match="The model broke off its answer"):
            next(events)


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [(b"fail", 500, "the model is sad"), (b"hang", 0, "Your invocation timed out"), (b"crash", 0, "is broken")],
)
def test_an_answer_that_does_not_begin_is_a_model_error(
    account: Account, live: str, body: bytes, status: int, message: str
) -> None:
    def attempt() -> Any:
        with pytest.raises(ClientError) as caught:
            stream(account, live, body)
        return caught.value.response

    response = account.eventually(attempt, lambda answer: answer["Error"]["Code"] != "ServiceUnavailable")
    assert (response["Error"]["Code"], response["OriginalStatusCode"]) == ("ModelError", status)
    assert message in response["OriginalMessage"]


def test_an_unknown_endpoint_is_a_validation_error(account: Account) -> None:
    with pytest.raises(ClientError, match=r"ValidationError.*Endpoint unknown of account 123456789012 not found"):
        stream(account, "unknown", b"x")
