"""Transform jobs that fail or are stopped."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.conftest import BUCKET, Account
from tests.local_aws.sagemaker.servers import ECHO
from tests.local_aws.sagemaker.transform.conftest import LOGS

SEE_LOGS = "See job logs for more information"


def data_log(account: Account, job: str) -> str:
    return "\n".join(account.log(LOGS, f"{job}/"))


@pytest.mark.parametrize(
    ("name", "content", "members", "reason", "logged"),
    [
        ("bad", "1\nbad\n", {}, "ClientError", "Bad HTTP status received from algorithm: 400: bad row"),
        ("broken", "broken\n", {}, "AlgorithmError", "Bad HTTP status received from algorithm: 500: no idea"),
        ("crash", "crash\n", {}, "AlgorithmError", "f-crash/in/a: "),
        (
            "late",
            "wait\n",
            {"ModelClientConfig": {"InvocationsTimeoutInSeconds": 1, "InvocationsMaxRetries": 0}},
            "AlgorithmError",
            "no answer to POST /invocations: TimeoutError: timed out",
        ),
        (
            "large",
            "1" * ((1 << 20) + 1),
            {"MaxPayloadInMB": 1},
            "ClientError",
            "a record of 1048577 bytes is larger than the payload may be (1048576 bytes)",
        ),
        (
            "gzip",
            "not compressed",
            {"TransformInput": {"CompressionType": "Gzip"}},
            "ClientError",
            "not valid gzip: Not a gzipped file",
        ),
        (
            "columns",
            "1\n",
            {"DataProcessing": {"InputFilter": "$[4]"}},
            "ClientError",
            "InputFilter $[4]: the record has 1 fields, got [4]",
        ),
    ],
)
def test_an_object_that_fails_fails_the_job(
    account: Account, adder: str, name: str, content: str, members: dict[str, Any], reason: str, logged: str
) -> None:
    account.put(**{f"f-{name}__in__a": content})
    job = account.transform_job(f"f-{name}", adder, **members)
    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"] == f"{reason}: {SEE_LOGS}"
    assert logged in data_log(account, f"f-{name}")
    assert account.keys(f"f-{name}/out/") == []


def test_the_objects_that_do_not_fail_keep_their_results(account: Account, adder: str) -> None:
    account.put(**{"f-some__in__a": "bad\n", "f-some__in__b": "2\n"})
    assert account.transform_job("f-some", adder)["TransformJobStatus"] == "Failed"
    assert account.keys("f-some/out/") == ["f-some/out/b.out"]


def test_results_that_do_not_fit_the_records_cannot_be_joined(account: Account, role: str) -> None:
    account.model("one-answer", account.engine.image("one-answer", serve=ECHO), role, {"model.txt": b"m"})
    account.put(**{"f-join__in__a": "1\n2\n"})
    job = account.transform_job("f-join", "one-answer", DataProcessing={"JoinSource": "Input"})
    assert job["FailureReason"] == f"ClientError: {SEE_LOGS}"
    assert "the model gave 1 results for 2 records: they cannot be joined" in data_log(account, "f-join")


def test_no_object_fails_the_job(account: Account, adder: str) -> None:
    job = account.transform_job("f-none", adder)
    assert job["FailureReason"] == f"ClientError: No S3 objects found under s3://{BUCKET}/f-none/in/"


def test_no_bucket_fails_the_job(account: Account, adder: str) -> None:
    source = {"S3DataType": "S3Prefix", "S3Uri": "s3://no-such-bucket-anywhere/x"}
    job = account.transform_job("f-bucket", adder, TransformInput={"DataSource": {"S3DataSource": source}})
    assert job["FailureReason"].startswith("ClientError: Failed to list the input. NoSuchBucket (404): ")


def test_a_container_that_never_serves_fails_the_job(account: Account, role: str) -> None:
    account.model("f-mute", account.engine.image("f-mute", serve="import sys; print('no'); sys.exit(4)"), role)
    account.put(**{"f-mute__in__a": "1\n"})
    reason = account.transform_job("f-mute", "f-mute")["FailureReason"]
    assert reason.startswith(
        "AlgorithmError: The primary container for model f-mute did not pass the ping health check"
    )
    assert "exit code 4" in reason
    assert "no" in account.log(LOGS, "f-mute/")


def test_an_output_that_may_not_be_written_fails_the_job(account: Account, role: str, adder: str) -> None:
    account.put(**{"f-out__in__a": "1\n"})
    job = account.transform_job("f-out", adder, TransformOutput={"S3OutputPath": "s3://no-such-bucket-anywhere/x"})
    assert job["FailureReason"] == f"ClientError: {SEE_LOGS}"
    assert "s3://no-such-bucket-anywhere/x/a.out: " in data_log(account, "f-out")


def test_a_stop_ends_the_containers(account: Account, adder: str) -> None:
    account.put(**{"f-stop__in__a": "1\n", "f-stop__in__b": "wait\n"})
    account.create_transform_job("f-stop", adder)
    account.eventually(lambda: account.keys("f-stop/out/"), lambda keys: keys == ["f-stop/out/a.out"])
    client = account.client("sagemaker")
    client.stop_transform_job(TransformJobName="f-stop")
    job = account.ended_transform_job("f-stop")
    assert job["TransformJobStatus"] == "Stopped"
    assert "FailureReason" not in job
    assert account.keys("f-stop/out/") == ["f-stop/out/a.out"]
    with pytest.raises(ClientError, match="the transform job is in status Stopped"):
        client.stop_transform_job(TransformJobName="f-stop")
    statuses = [
        event["TransformJobStatus"] for event in account.events_of("SageMaker Transform Job State Change", "f-stop")
    ]
    assert statuses == ["InProgress", "Stopping", "Stopped"]
