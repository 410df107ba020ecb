"""Captured requests and answers, as they lie in S3."""

import base64
import json
import re
from typing import Any

import pytest

from local_aws.sagemaker.runtime.capture import DataCapture
from tests.local_aws.sagemaker.conftest import BUCKET, Account
from tests.local_aws.sagemaker.servers import ECHO, STAGE

HEADERS = {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]}


@pytest.fixture(scope="session")
def image(account: Account) -> str:
    return account.engine.image("captured", serve=ECHO)


def endpoint(account: Account, role: str, image: str, name: str, **config: Any) -> None:
    account.model(name, image, role, {"model.txt": b"m"})
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{BUCKET}/capture",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": HEADERS,
    } | config
    account.endpoint_config(name, name, DataCaptureConfig=capture)
    assert account.endpoint(name)["EndpointStatus"] == "InService"


def records(account: Account, prefix: str, count: int) -> list[dict[str, Any]]:
    s3 = account.client("s3")

    def read() -> list[dict[str, Any]]:
        found = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        lines: list[dict[str, Any]] = []
        for entry in found:
            assert re.fullmatch(
                rf"{prefix}/\d{{4}}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{{3}}-[0-9a-f-]{{36}}\.jsonl", entry["Key"]
            )
            text = s3.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read().decode()
            lines += [json.loads(line) for line in text.splitlines()]
        return lines

    return account.eventually(read, lambda lines: len(lines) >= count)


def test_requests_and_answers_are_written_as_lines(account: Account, role: str, image: str) -> None:
    endpoint(account, role, image, "captures")
    described = account.client("sagemaker").describe_endpoint(EndpointName="captures")["DataCaptureConfig"]
    assert (described["CaptureStatus"], described["CurrentSamplingPercentage"]) == ("Started", 100)
    account.invoke("captures", b"1,2\n", ContentType="text/csv; charset=utf-8", InferenceId="i", CustomAttributes="c")
    account.invoke("captures", b"chunked", ContentType="application/octet-stream")
    first, second = sorted(
        records(account, "capture/captures/captures", 2),
        key=lambda record: record["captureData"]["endpointInput"]["encoding"],
        reverse=True,
    )
    assert first["captureData"]["endpointInput"] == {
        "observedContentType": "text/csv; charset=utf-8",
        "mode": "INPUT",
        "data": "1,2\n",
        "encoding": "CSV",
    }
    output = first["captureData"]["endpointOutput"]
    assert (output["mode"], output["encoding"], output["observedContentType"]) == ("OUTPUT", "JSON", "application/json")
    assert json.loads(output["data"])["body"] == "1,2\n"
    assert first["eventVersion"] == "0"
    assert first["eventMetadata"]["inferenceId"] == "i"
    assert first["eventMetadata"]["customAttributes"] == ["c"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", first["eventMetadata"]["inferenceTime"])
    assert second["captureData"]["endpointInput"]["data"] == base64.b64encode(b"chunked").decode()
    assert second["captureData"]["endpointOutput"]["encoding"] == "BASE64"


def test_failed_requests_are_not_captured_and_sides_can_be_left_out(account: Account, role: str, image: str) -> None:
    endpoint(account, role, image, "inputs", CaptureOptions=[{"CaptureMode": "Input"}])
    with pytest.raises(Exception, match="ModelError"):
        account.invoke("inputs", b"fail", ContentType="text/csv")
    account.invoke("inputs", b"fine", ContentType="text/csv")
    found = records(account, "capture/inputs/inputs", 1)
    assert [record["captureData"].keys() for record in found] == [{"endpointInput"}]
    assert found[0]["captureData"]["endpointInput"]["data"] == "fine"


def test_what_is_captured_is_written_before_an_endpoint_is_gone(account: Account, role: str, image: str) -> None:
    endpoint(account, role, image, "deleted")
    account.invoke("deleted", b"last", ContentType="text/csv")
    account.client("sagemaker").delete_endpoint(EndpointName="deleted")
    assert len(records(account, "capture/deleted/deleted", 1)) == 1


def test_a_role_that_may_not_write_is_told_in_the_log(account: Account, image: str) -> None:
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"},
    ]
    role = account.role("captures-nothing", {"Version": "2012-10-17", "Statement": statements})
    endpoint(account, role, image, "lost")
    account.invoke("lost", b"1", ContentType="text/csv")
    lines = account.eventually(lambda: account.log("/aws/sagemaker/Endpoints/lost", "data-capture"), bool)
    assert lines[0].startswith(f"local AWS: 1 captured requests were lost: s3://{BUCKET}/capture/lost/lost/")
    assert "s3:PutObject" in lines[0]


def test_sampling_takes_a_share(account: Account) -> None:
    capture = DataCapture(
        platform=account.platform,
        endpoint_name="e",
        region="us-east-1",
        role_arn="r",
        config={"InitialSamplingPercentage": 30},
        flush_seconds=1,
        report=print,
    )
    taken = sum(capture.wanted() for _ in range(4000))
    assert 1000 < taken < 1400
    capture.config["InitialSamplingPercentage"] = 0
    assert not any(capture.wanted() for _ in range(100))


def test_a_key_encrypts_what_is_captured(account: Account, role: str, image: str) -> None:
    key = account.client("kms").create_key()["KeyMetadata"]["Arn"]
    endpoint(account, role, image, "secret", KmsKeyId=key)
    account.invoke("secret", b"1", ContentType="text/csv")
    records(account, "capture/secret/secret", 1)
    s3 = account.client("s3")
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix="capture/secret/")["Contents"][0]["Key"]
    head = s3.head_object(Bucket=BUCKET, Key=found)
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)


def test_of_a_pipeline_the_first_request_and_the_last_answer_are_captured(account: Account, role: str) -> None:
    stage = account.engine.image("captured-stage", serve=STAGE)
    containers = [{"Image": stage, "Environment": {"NAME": name}} for name in ("a", "b")]
    account.client("sagemaker").create_model(ModelName="captures-pipe", Containers=containers, ExecutionRoleArn=role)
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{BUCKET}/capture",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv", "text/b"]},
    }
    account.endpoint_config("captures-pipe", "captures-pipe", DataCaptureConfig=capture)
    account.endpoint("captures-pipe")
    account.invoke("captures-pipe", b"1,2", ContentType="text/csv")
    (record,) = records(account, "capture/captures-pipe/captures-pipe", 1)
    captured = record["captureData"]
    assert (captured["endpointInput"]["data"], captured["endpointOutput"]["data"]) == ("1,2", "b(a(1,2))")
