"""What the gateway does with odd, large, broken and hostile requests."""

import logging
import socket
import threading
import zlib
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws.gateway.app import Gateway, RootAuthority
from local_aws.gateway.context import RequestContext
from local_aws.gateway.operations import OperationGroup, operation
from local_aws.server import LocalAws
from tests.local_aws.gateway.conftest import Send, authorization


@pytest.fixture
def s3(local_aws: LocalAws) -> Any:
    client = local_aws.platform.client("s3", region="us-east-1")
    client.create_bucket(Bucket="robust")
    return client


def _chunks(*parts: bytes, trailer: bytes = b"") -> bytes:
    framed = b"".join(b"%x;chunk-signature=0\r\n%s\r\n" % (len(part), part) for part in parts)
    return framed + b"0;chunk-signature=0\r\n" + trailer + b"\r\n"


def test_streamed_chunks_are_put_together(send: Send, s3: Any) -> None:
    crc = b64encode(zlib.crc32(b"hello world").to_bytes(4, "big"))
    answer = send(
        "PUT",
        "/robust/chunks",
        body=_chunks(b"hello ", b"world", trailer=b"x-amz-checksum-crc32:" + crc + b"\r\n"),
        service="s3",
        content_encoding="aws-chunked,gzip",
        x_amz_content_sha256="STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        x_amz_decoded_content_length="11",
        x_amz_sdk_checksum_algorithm="CRC32",
        x_amz_trailer="x-amz-checksum-crc32",
    )
    assert answer.status == 200
    found = s3.head_object(Bucket="robust", Key="chunks", ChecksumMode="ENABLED")
    assert (found["ContentLength"], found["ContentEncoding"], found["ChecksumCRC32"]) == (11, "gzip", crc.decode())


@pytest.mark.parametrize(
    ("body", "length", "code"),
    [
        (b"5;chunk-signature=0\r\nhel", "5", "IncompleteBody"),
        (b"zz\r\nhello\r\n0\r\n\r\n", "5", "IncompleteBody"),
        (_chunks(b"hello"), "6", "IncompleteBody"),
        (_chunks(b"hello", trailer=b"x-amz-checksum-crc32:AAAAAA==\r\n"), "5", "BadDigest"),
        (_chunks(b"hello", trailer=b"x-amz-checksum-sha256:no base64\r\n"), "5", "BadDigest"),
    ],
)
def test_broken_chunks_are_refused(send: Send, s3: Any, body: bytes, length: str, code: str) -> None:
    answer = send(
        "PUT",
        "/robust/broken",
        body=body,
        service="s3",
        x_amz_content_sha256="STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        x_amz_decoded_content_length=length,
    )
    assert (answer.status, f"<Code>{code}</Code>" in answer.body.decode()) == (400, True)
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket="robust", Key="broken")


def test_a_wrong_content_md5_is_refused(s3: Any) -> None:
    with pytest.raises(ClientError, match="BadDigest"):
        s3.put_object(Bucket="robust", Key="md5", Body=b"hello", ContentMD5=b64encode(b"0" * 16).decode())


def test_chunked_transfer_encoding(send: Send, s3: Any) -> None:
    answer = send("PUT", "/robust/transfer", body=iter([b"one ", b"two"]), service="s3")
    assert answer.status == 200
    assert s3.get_object(Bucket="robust", Key="transfer")["Body"].read() == b"one two"


def test_expect_continue_is_answered_before_the_body(local_aws: LocalAws, s3: Any) -> None:
    head = (
        f"PUT /robust/expect HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {authorization('s3')}\r\n"
        "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", local_aws.port), timeout=20) as connection:
        connection.sendall(head.encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 Continue")
        connection.sendall(b"hello")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    assert s3.get_object(Bucket="robust", Key="expect")["Body"].read() == b"hello"


def test_a_client_that_leaves_in_the_middle_stores_nothing(local_aws: LocalAws, s3: Any) -> None:
    head = (
        f"PUT /robust/left HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {authorization('s3')}\r\n"
        "Content-Length: 500\r\n\r\nhalf"
    )
    with socket.create_connection(("127.0.0.1", local_aws.port), timeout=20) as connection:
        connection.sendall(head.encode())
    s3.put_object(Bucket="robust", Key="after", Body=b"")
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket="robust", Key="left")


def test_head_answers_have_a_length_and_no_body(send: Send, s3: Any) -> None:
    s3.put_object(Bucket="robust", Key="head", Body=b"12345")
    answer = send("HEAD", "/robust/head", service="s3")
    assert (answer.status, answer.headers["content-length"], answer.body) == (200, "5", b"")
    answer = send("HEAD", "/robust/absent", service="s3")
    assert (answer.status, answer.body) == (404, b"")


def test_ranges(s3: Any) -> None:
    s3.put_object(Bucket="robust", Key="range", Body=b"0123456789")
    found = s3.get_object(Bucket="robust", Key="range", Range="bytes=2-4")
    assert (found["Body"].read(), found["ContentRange"]) == (b"234", "bytes 2-4/10")
    assert s3.get_object(Bucket="robust", Key="range", Range="bytes=-3")["Body"].read() == b"789"
    with pytest.raises(ClientError, match="InvalidRange"):
        s3.get_object(Bucket="robust", Key="range", Range="bytes=10-")


def test_large_objects_pass_through(s3: Any) -> None:
    body = bytes(range(256)) * (100 * 4096)
    s3.put_object(Bucket="robust", Key="large", Body=body)
    assert s3.get_object(Bucket="robust", Key="large")["Body"].read() == body
    s3.delete_object(Bucket="robust", Key="large")


def test_buckets_in_the_host_name(send: Send, s3: Any) -> None:
    s3.put_object(Bucket="robust", Key="a/b", Body=b"1")
    for host in ("robust.s3.us-east-1.amazonaws.com", "robust.s3.amazonaws.com", "robust.localhost:4566"):
        assert send("GET", "/a/b", service="s3", Host=host).body == b"1"
    listing = send("GET", "/?list-type=2&prefix=a/", service="s3", Host="robust.s3.localhost:4566").body.decode()
    assert "<Key>a/b</Key>" in listing


@pytest.mark.parametrize("signature_version", ["s3v4", "s3"])
def test_presigned_urls_act_for_their_key(local_aws: LocalAws, send: Send, s3: Any, signature_version: str) -> None:
    client = boto3.session.Session().client(
        "s3",
        region_name="eu-west-1",
        endpoint_url=local_aws.platform.endpoint_url,
        aws_access_key_id="anybody",
        aws_secret_access_key="any",
        config=Config(signature_version=signature_version),
    )

    def path(operation: str, **more: Any) -> str:
        url = client.generate_presigned_url(operation, Params={"Bucket": "robust", "Key": "signed"}, **more)
        return str(url).removeprefix(local_aws.platform.endpoint_url)

    assert send("PUT", path("put_object"), body=b"signed body").status == 200
    answer = send("GET", path("get_object"))
    assert (answer.status, answer.body) == (200, b"signed body")
    expired = send("GET", path("get_object", ExpiresIn=-10))
    assert (expired.status, b"Request has expired" in expired.body) == (403, True)


def test_a_presigned_url_of_a_role_may_what_the_role_may(local_aws: LocalAws, send: Send, s3: Any) -> None:
    s3.put_object(Bucket="robust", Key="roles", Body=b"1")
    iam, sts = (local_aws.platform.client(name, region="us-east-1") for name in ("iam", "sts"))
    trust = (
        '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, '
        '"Action": "sts:AssumeRole"}}'
    )
    role = iam.create_role(RoleName="presigner", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    keys = sts.assume_role(RoleArn=role, RoleSessionName="tester")["Credentials"]
    client = boto3.session.Session().client(
        "s3",
        region_name="us-east-1",
        endpoint_url=local_aws.platform.endpoint_url,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    url = client.generate_presigned_url("get_object", Params={"Bucket": "robust", "Key": "roles"})
    path = str(url).removeprefix(local_aws.platform.endpoint_url)
    assert b"assumed-role/presigner/tester is not authorized to perform: s3:GetObject" in send("GET", path).body
    policy = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}'
    iam.put_role_policy(RoleName="presigner", PolicyName="p", PolicyDocument=policy)
    assert send("GET", path).body == b"1"


def test_who_is_not_signed_reads_what_is_public(send: Send, s3: Any) -> None:
    s3.put_object(Bucket="robust", Key="public", Body=b"1")
    denied = send("GET", "/robust/public")
    assert (denied.status, b"<Code>AccessDenied</Code>" in denied.body) == (403, True)
    statement = (
        '{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::robust/public"}'
    )
    s3.put_bucket_policy(Bucket="robust", Policy=f'{{"Statement": {statement}}}')
    assert send("GET", "/robust/public").body == b"1"


@pytest.mark.parametrize(
    ("request_of", "status", "code", "message"),
    [
        ({"service": "nonsense"}, 501, "NotAvailableLocally", "the service 'nonsense'"),
        ({"service": "glue", "x_amz_target": "AWSGlue.StartJobRun"}, 501, "NotAvailableLocally", "glue:StartJobRun"),
        ({"service": "batch", "path": "/v1/nonsense"}, 501, "NotAvailableLocally", "the service 'batch'"),
        ({"service": "logs", "x_amz_target": "L.None"}, 404, "UnknownOperationException", "has no operation L.None"),
        ({"x_amz_target": "Nonsense.Nonsense"}, 403, "MissingAuthenticationToken", "is not signed"),
    ],
)
def test_what_is_not_there_is_said_plainly(
    send: Send, request_of: dict[str, str], status: int, code: str, message: str
) -> None:
    wanted = dict(request_of)
    path = wanted.pop("path", "/")
    answer = send("POST", path, body=b"{}", content_type="application/x-amz-json-1.1", **wanted)
    assert answer.status == status
    assert code in answer.body.decode() + answer.headers.get("x-amzn-errortype", "")
    assert message in answer.body.decode()


@pytest.mark.parametrize(
    ("service", "content_type", "target", "body"),
    [
        ("logs", "application/x-amz-json-1.1", "Logs_20140328.DescribeLogGroups", b"{"),
        ("logs", "application/x-amz-json-1.1", "Logs_20140328.DescribeLogGroups", b"[1]"),
        ("logs", "application/x-amz-json-1.1", "Logs_20140328.DescribeLogGroups", b"\xff"),
        ("kms", "application/x-amz-json-1.1", "TrentService.Encrypt", b'{"KeyId": "k", "Plaintext": 7}'),
    ],
)
def test_a_body_that_cannot_be_read_is_the_client_s_fault(
    send: Send, service: str, content_type: str, target: str, body: bytes
) -> None:
    answer = send("POST", "/", body=body, service=service, content_type=content_type, x_amz_target=target)
    assert (answer.status, answer.json()["__type"]) == (400, "SerializationException")


def test_xml_that_cannot_be_read_is_the_client_s_fault(send: Send, s3: Any) -> None:
    answer = send("PUT", "/robust?tagging", body=b"<Tagging", service="s3")
    assert (answer.status, b"<Code>MalformedXML</Code>" in answer.body) == (400, True)


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("emr", "list_clusters", {}),
        ("athena", "list_work_groups", {}),
        ("ec2", "run_instances", {"MinCount": 1, "MaxCount": 1}),
        ("s3", "get_bucket_analytics_configuration", {"Bucket": "b", "Id": "i"}),
        ("s3", "put_bucket_metrics_configuration", {"Bucket": "b", "Id": "i", "MetricsConfiguration": {"Id": "i"}}),
        ("ecr", "start_image_scan", {"repositoryName": "rr", "imageId": {"imageTag": "t"}}),
        ("logs", "start_query", {"startTime": 0, "endTime": 1, "queryString": "x"}),
        ("ssm", "send_command", {"DocumentName": "AWS-RunShellScript"}),
        ("kms", "update_custom_key_store", {"CustomKeyStoreId": "c"}),
        ("iam", "create_user", {"UserName": "u", "PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
        ("sns", "subscribe", {"TopicArn": "arn:aws:sns:us-east-1:123456789012:t", "Protocol": "sms"}),
    ],
)
def test_moto_does_not_answer_for_what_it_does_not_do(
    local_aws: LocalAws, service: str, operation: str, arguments: dict[str, Any]
) -> None:
    client = local_aws.platform.client(service, region="us-east-1")
    with pytest.raises(ClientError, match=r"the local AWS does not offer .*; it works on AWS only"):
        getattr(client, operation)(**arguments)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", ""])
def test_foreign_host_names_are_refused(send: Send, host: str) -> None:
    answer = send("GET", "/_local/health", Host=host)
    assert (answer.status, "is not this machine" in answer.json()["message"]) == (403, True)


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_web_pages_of_others_are_refused(send: Send, origin: str) -> None:
    answer = send("POST", "/_local/stop", Origin=origin)
    assert (answer.status, "web page" in answer.json()["message"]) == (403, True)


def test_pages_of_this_machine_may_ask(send: Send) -> None:
    assert send("GET", "/_local/health", Origin="http://localhost:3000").status == 200


def test_many_clients_at_once(s3: Any) -> None:
    def work(number: int) -> bytes:
        s3.put_object(Bucket="robust", Key=f"many/{number}", Body=str(number).encode())
        return bytes(s3.get_object(Bucket="robust", Key=f"many/{number}")["Body"].read())

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(work, range(200))) == [str(number).encode() for number in range(200)]


class Faulty(OperationGroup):
    service: ClassVar[str] = "codecommit"

    @operation("ListRepositories")
    def list_repositories(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:
        raise ZeroDivisionError("by zero")

    @operation("GetRepository")
    def get_repository(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:
        return {"repositoryMetadata": {"repositoryName": parameters["repositoryName"]}}


def test_a_fault_is_answered_and_logged(local_aws: LocalAws, caplog: pytest.LogCaptureFixture) -> None:
    local_aws.gateway.register(Faulty())
    client = boto3.session.Session().client(
        "codecommit",
        region_name="us-east-1",
        endpoint_url=local_aws.platform.endpoint_url,
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with caplog.at_level(logging.ERROR), pytest.raises(ClientError) as error:
        client.list_repositories()
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert "the local AWS failed in codecommit:ListRepositories (ZeroDivisionError: by zero)" in str(error.value)
    assert "Traceback" in caplog.text
    assert client.get_repository(repositoryName="r")["repositoryMetadata"]["repositoryName"] == "r"
    with pytest.raises(ClientError, match="does not offer codecommit:CreateRepository"):
        client.create_repository(repositoryName="r")


def test_an_operation_is_registered_once() -> None:
    gateway = Gateway(RootAuthority())
    gateway.register(Faulty())
    with pytest.raises(ValueError, match="codecommit:GetRepository is registered twice"):
        gateway.register(Faulty())
    gateway.amend(Faulty())
    with pytest.raises(ValueError, match="codecommit:GetRepository is registered twice"):
        gateway.amend(Faulty())
    gateway.close()


class Amended(OperationGroup):
    service: ClassVar[str] = "sqs"

    @operation("ListDeadLetterSourceQueues")
    def list_sources(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:
        return {"queueUrls": [context.account]}


def test_an_operation_can_be_put_in_front_of_moto(local_aws: LocalAws) -> None:
    local_aws.gateway.amend(Amended())
    sqs = local_aws.platform.client("sqs", region="us-east-1")
    assert sqs.list_dead_letter_source_queues(QueueUrl="q")["queueUrls"] == ["123456789012"]
    sqs.create_queue(QueueName="still-moto")


def test_no_request_waits_for_a_slow_one(local_aws: LocalAws, send: Send) -> None:
    released, entered = threading.Event(), threading.Event()

    class Slow(OperationGroup):
        service: ClassVar[str] = "codestar-notifications"

        @operation("ListTargets")
        def list_targets(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:
            entered.set()
            released.wait(20)
            return {}

    local_aws.gateway.register(Slow())
    client = local_aws.platform.client("codestar-notifications", region="us-east-1")
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(client.list_targets)
        assert entered.wait(20)
        assert send("GET", "/_local/health").status == 200
        released.set()
        slow.result(20)


def test_a_large_request_comes_compressed(local_aws: LocalAws) -> None:
    # SDKs compress the operations that allow it from 10 KiB on
    cloudwatch = local_aws.platform.client("cloudwatch", region="us-east-1")
    data = [{"MetricName": f"m{number}", "Value": number, "Unit": "Count"} for number in range(500)]
    cloudwatch.put_metric_data(Namespace="compressed", MetricData=data)
    pages = cloudwatch.get_paginator("list_metrics").paginate(Namespace="compressed")
    assert len([metric for page in pages for metric in page["Metrics"]]) == 500


@pytest.mark.parametrize("body", [b"{}", b"\x1f\x8b cut off"])
def test_what_is_not_compressed_is_refused(send: Send, body: bytes) -> None:
    answer = send("POST", "/", body=body, service="monitoring", content_encoding="gzip")
    assert answer.status == 400
    assert b"SerializationException" in answer.body
    assert b"Content-Encoding is gzip, its body is not" in answer.body
