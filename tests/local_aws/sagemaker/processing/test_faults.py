"""Processing jobs that fail or are stopped: the status, reason and traces that AWS would leave."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.conftest import BUCKET, Account
from tests.local_aws.sagemaker.processing.requests import LOGS, output, outputs, source

WAITS = 'import time\nprint("ready", flush=True)\ntime.sleep(600)\n'


def test_an_exit_code_fails_the_job_and_its_message_and_outputs_are_kept(account: Account, role: str) -> None:
    image = account.engine.image(
        "pj-fails",
        run="import os, sys\n"
        'base = os.environ["SAGEMAKER_BASE_DIR"]\n'
        'open(base + "/output/message", "w").write("no column PRICE " + "x" * 2000)\n'
        'open(base + "/processing/out/partial", "w").write("x")\n'
        'print("before the end")\n'
        "sys.exit(3)\n",
    )
    job = account.processing_job("pj-fails", image, role, ProcessingOutputConfig=outputs(output("out", "pj-fails/out")))
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: See job logs for more information"
    assert job["ExitMessage"] == ("no column PRICE " + "x" * 2000)[:1024]
    assert account.keys("pj-fails/") == ["pj-fails/out/partial"]
    assert account.log(LOGS, "pj-fails/") == ["before the end"]
    event = account.events_of("SageMaker Processing Job State Change", "pj-fails")[-1]
    assert event["FailureReason"] == job["FailureReason"]
    assert event["ExitMessage"] == job["ExitMessage"]


def test_a_message_that_is_no_text_fails_the_job(account: Account, role: str) -> None:
    image = account.engine.image(
        "pj-bytes", run='import os; open(os.environ["SAGEMAKER_BASE_DIR"] + "/output/message", "wb").write(b"\\xff")'
    )
    job = account.processing_job("pj-bytes", image, role)
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: /opt/ml/output/message is not UTF-8 text: ")


def test_an_image_that_is_not_there_fails_the_job(account: Account, role: str) -> None:
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/absent:latest"
    reason = account.processing_job("pj-absent", image, role)["FailureReason"]
    assert reason.startswith("ClientError: Cannot pull algorithm container. ")


@pytest.mark.parametrize(
    ("name", "entry", "reason"),
    [
        ("no-object", source("in", "pj-none/"), f"No S3 objects found under s3://{BUCKET}/pj-none/ (input in)"),
        (
            "no-bucket",
            source("in", "x", S3Uri="s3://no-such-bucket-anywhere/x"),
            "NoSuchBucket (404): The specified bucket does not exist, object s3://no-such-bucket-anywhere/x",
        ),
        (
            "no-manifest",
            source("in", "pj-none/manifest", S3DataType="ManifestFile"),
            f"NoSuchKey (404): The specified key does not exist., object s3://{BUCKET}/pj-none/manifest",
        ),
    ],
)
def test_data_that_is_not_there_fails_the_job(
    account: Account, role: str, name: str, entry: dict[str, Any], reason: str
) -> None:
    job = account.processing_job(f"pj-{name}", account.engine.image(f"pj-{name}"), role, ProcessingInputs=[entry])
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"] == f"ClientError: Failed to download data. {reason}"


def test_an_output_that_the_role_may_not_write_fails_the_job(account: Account) -> None:
    reader = account.role(
        "pj-reader",
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": "*"}],
        },
    )
    image = account.engine.image(
        "pj-denied", run='import os; open(os.environ["SAGEMAKER_BASE_DIR"] + "/processing/out/x", "w").write("x")'
    )
    job = account.processing_job("pj-denied", image, reader, ProcessingOutputConfig=outputs(output("out", "pj-denied")))
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith(f"ClientError: Failed to upload output. s3://{BUCKET}/pj-denied/x: ")
    assert "AccessDenied" in job["FailureReason"]


def test_a_continuous_output_that_cannot_be_written_fails_the_job(account: Account, role: str) -> None:
    image = account.engine.image(
        "pj-lost", run='import os; open(os.environ["SAGEMAKER_BASE_DIR"] + "/processing/out/x", "w").write("x")'
    )
    lost = output("out", "x", S3Uri="s3://no-such-bucket-anywhere/x", S3UploadMode="Continuous")
    job = account.processing_job("pj-lost", image, role, ProcessingOutputConfig=outputs(lost))
    assert job["FailureReason"].startswith("ClientError: Failed to upload output. s3://no-such-bucket-anywhere/x/x: ")


def test_a_job_past_its_limit_is_stopped(account: Account, role: str) -> None:
    job = account.processing_job(
        "pj-long",
        account.engine.image("pj-long", run=WAITS),
        role,
        StoppingCondition={"MaxRuntimeInSeconds": 1},
    )
    assert job["ProcessingJobStatus"] == "Stopped"
    assert "longer than MaxRuntimeInSeconds (1)" in job["FailureReason"]


def test_a_stop_ends_every_host(account: Account, role: str) -> None:
    image = account.engine.image("pj-stops", run=WAITS)
    account.create_processing_job("pj-stops", image, role, count=2)
    account.eventually(lambda: _lines(account, "pj-stops/"), lambda lines: lines.count("ready") == 2)
    client = account.client("sagemaker")
    client.stop_processing_job(ProcessingJobName="pj-stops")
    job = account.ended_processing_job("pj-stops")
    assert job["ProcessingJobStatus"] == "Stopped"
    assert "FailureReason" not in job
    statuses = [
        event["ProcessingJobStatus"] for event in account.events_of("SageMaker Processing Job State Change", "pj-stops")
    ]
    assert statuses == ["InProgress", "Stopping", "Stopped"]
    with pytest.raises(ClientError, match="the processing job is in status Stopped"):
        client.stop_processing_job(ProcessingJobName="pj-stops")


def test_a_host_that_fails_ends_the_others(account: Account, role: str) -> None:
    image = account.engine.image(
        "pj-one-fails",
        run="import json, os, sys, time\n"
        'config = json.load(open(os.environ["SAGEMAKER_BASE_DIR"] + "/config/resourceconfig.json"))\n'
        'if config["current_host"] == "algo-2": sys.exit(5)\n'
        "time.sleep(600)\n",
    )
    job = account.processing_job("pj-one-fails", image, role, count=3)
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: See job logs for more information"
    names = [spec.image for spec in account.engine.specs]
    started = [container for name, container in zip(names, account.engine.started, strict=True) if name == image]
    assert [container.poll() is None for container in started] == [False, False, False]


def _lines(account: Account, prefix: str) -> list[str]:
    try:
        return account.log(LOGS, prefix)
    except ClientError:
        return []
