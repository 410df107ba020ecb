"""Requests to an endpoint: answers as they come, and every way in which they do not."""

import asyncio
import json
from typing import Any

import httptools
import pytest
from botocore.exceptions import ClientError

from local_aws.platform import Credentials
from local_aws.sagemaker.runtime.invocations import PAYLOAD_LIMIT
from tests.local_aws.sagemaker.conftest import REGION, Account


def refused(account: Account, name: str, body: bytes = b"x", **members: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        account.invoke(name, body, **members)
    response: dict[str, Any] = caught.value.response
    return response


def test_an_error_of_the_server_is_a_model_error(account: Account, live: str) -> None:
    response = refused(account, live, b"fail", ContentType="text/csv")
    assert response["Error"]["Code"] == "ModelError"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert response["OriginalStatusCode"] == 500
    assert response["OriginalMessage"] == "the model is sad"
    assert response["LogStreamArn"] == "arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/Endpoints/live"
    assert response["Error"]["Message"] == (
        'Received server error (500) from primary with message "the model is sad". See '
        "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1"
        "#logEventViewer:group=/aws/sagemaker/Endpoints/live in account 123456789012 for more information."
    )


def test_a_wrong_content_type_is_a_model_error_of_the_client(account: Account, live: str) -> None:
    response = refused(account, live, ContentType="application/x-bad")
    assert (response["Error"]["Code"], response["OriginalStatusCode"]) == ("ModelError", 415)
    assert response["Error"]["Message"].startswith(
        'Received client error (415) from primary with message "text/csv only"'
    )


def test_an_answer_that_does_not_come_in_time_is_a_model_error(account: Account, live: str) -> None:
    response = refused(account, live, b"hang", ContentType="text/csv")
    assert (response["Error"]["Code"], response["OriginalStatusCode"]) == ("ModelError", 0)
    assert (
        "Your invocation timed out while waiting for a response from container primary" in response["OriginalMessage"]
    )


@pytest.mark.parametrize(("command", "expected"), [(b"chunked", b"onetwo"), (b"close", b"until the end")])
def test_answers_without_a_length_come_whole(account: Account, live: str, command: bytes, expected: bytes) -> None:
    for _ in range(3):
        assert account.invoke(live, command, ContentType="text/csv")["Body"].read() == expected


def test_an_unknown_endpoint_is_a_validation_error(account: Account) -> None:
    response = refused(account, "unknown")
    assert response["Error"] == {
        "Code": "ValidationError",
        "Message": "Endpoint unknown of account 123456789012 not found.",
    }
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_payload_has_a_limit(account: Account, live: str) -> None:
    body = b"x" * (PAYLOAD_LIMIT + 1)
    message = refused(account, live, body, ContentType="text/csv")["Error"]["Message"]
    assert message.endswith("Member must have length less than or equal to 26214400")
    answer = account.invoke(live, body[: 7 << 20], ContentType="text/csv")
    assert len(json.loads(answer["Body"].read())["body"]) == 7 << 20


def test_what_only_aws_has_is_refused_by_name(account: Account, live: str) -> None:
    assert "TargetModel (multi-model endpoints)" in refused(account, live, TargetModel="a.tar.gz")["Error"]["Message"]
    with pytest.raises(ClientError, match="does not offer sagemaker-runtime:InvokeEndpointAsync"):
        account.client("sagemaker-runtime").invoke_endpoint_async(EndpointName=live, InputLocation="s3://b/k")


def test_only_those_who_may_can_invoke(account: Account, live: str) -> None:
    iam = account.client("iam")
    iam.create_user(UserName="caller")
    key = iam.create_access_key(UserName="caller")["AccessKey"]
    credentials = Credentials(access_key_id=key["AccessKeyId"], secret_access_key=key["SecretAccessKey"])
    runtime = account.platform.client("sagemaker-runtime", region=REGION, credentials=credentials)
    with pytest.raises(
        ClientError, match="user/caller is not authorized to perform: sagemaker:InvokeEndpoint"
    ) as caught:
        runtime.invoke_endpoint(EndpointName=live, Body=b"x")
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    arn = f"arn:aws:sagemaker:{REGION}:123456789012:endpoint/{live}"
    statement = {"Effect": "Allow", "Action": "sagemaker:InvokeEndpoint", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="caller", PolicyName="p", PolicyDocument=policy)
    assert runtime.invoke_endpoint(EndpointName=live, Body=b"x")["InvokedProductionVariant"] == "live"
    iam.delete_user_policy(UserName="caller", PolicyName="p")

    def code() -> str:
        try:
            runtime.invoke_endpoint(EndpointName=live, Body=b"x")
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "allowed"

    assert account.eventually(code, lambda answer: answer != "allowed") == "AccessDeniedException"


def test_an_endpoint_is_found_in_its_own_region_only(account: Account, live: str) -> None:
    elsewhere = account.platform.client("sagemaker-runtime", region="eu-west-1")
    with pytest.raises(ClientError, match="Endpoint live of account 123456789012 not found"):
        elsewhere.invoke_endpoint(EndpointName=live, Body=b"x")


def test_many_requests_at_once_are_all_answered(account: Account, live: str) -> None:
    """Raw requests on 40 connections, each with three in a row."""
    port = int(account.platform.endpoint_url.rpartition(":")[2])

    async def ask(number: int) -> list[str]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        seen = []
        for turn in range(3):
            body = f"{number}-{turn}".encode()
            scope = b"any/20250101/us-east-1/sagemaker/aws4_request"
            writer.write(
                b"POST /endpoints/live/invocations HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/csv\r\n"
                b"Authorization: AWS4-HMAC-SHA256 Credential="
                + scope
                + b", Signature=0\r\n"
                + f"Content-Length: {len(body)}\r\n\r\n".encode()
                + body
            )
            seen.append(json.loads(await _body(reader))["body"])
        writer.close()
        await writer.wait_closed()
        return seen

    async def all_of_them() -> list[list[str]]:
        return await asyncio.gather(*(ask(number) for number in range(40)))

    assert asyncio.run(all_of_them()) == [[f"{number}-{turn}" for turn in range(3)] for number in range(40)]


async def _body(reader: asyncio.StreamReader) -> bytes:
    chunks: list[bytes] = []
    ended = False

    class Collector:
        def on_body(self, chunk: bytes) -> None:
            chunks.append(chunk)

        def on_message_complete(self) -> None:
            nonlocal ended
            ended = True

    parser = httptools.HttpResponseParser(Collector())
    while not ended:
        data = await reader.read(1 << 16)
        assert data, "the gateway closed the connection"
        parser.feed_data(data)
    return b"".join(chunks)


def test_requests_are_counted_in_cloudwatch(account: Account, live: str) -> None:
    account.invoke(live)
    cloudwatch = account.client("cloudwatch")
    dimensions = [{"Name": "EndpointName", "Value": live}, {"Name": "VariantName", "Value": "live"}]

    def names() -> set[str]:
        found = cloudwatch.list_metrics(Namespace="AWS/SageMaker", Dimensions=dimensions)["Metrics"]
        return {metric["MetricName"] for metric in found}

    assert account.eventually(names, lambda found: len(found) > 0) == {
        "Invocations",
        "Invocation4XXErrors",
        "Invocation5XXErrors",
        "InvocationModelErrors",
        "ModelLatency",
    }
