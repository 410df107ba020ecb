"""Training jobs that fail, stop or leave nothing: each ends as AWS would show it."""

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.conftest import BUCKET, REGION, Account

JOBS = "/aws/sagemaker/TrainingJobs"


def steps(job: dict[str, Any]) -> list[str]:
    return [step["Status"] for step in job["SecondaryStatusTransitions"]]


def objects(account: Account, prefix: str) -> list[str]:
    found = account.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    return [entry["Key"] for entry in found]


def test_a_failure_file_and_an_exit_code_become_the_reason(account: Account, role: str) -> None:
    image = account.engine.image(
        "fails",
        train="import os, sys\n"
        'open(os.environ["SAGEMAKER_BASE_DIR"] + "/output/failure", "w").write("no column PRICE " + "x" * 2000)\n'
        'open(os.environ["SAGEMAKER_BASE_DIR"] + "/model/partial", "w").write("x")\n'
        'print("before the end")\n'
        "sys.exit(3)\n",
    )
    job = account.training_job("fails-1", image, role)
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: no column PRICE xxx")
    assert job["FailureReason"].endswith("x, exit code: 3")
    assert len(job["FailureReason"]) == 1024
    assert steps(job) == ["Starting", "Downloading", "Training", "Uploading", "Failed"]
    assert objects(account, "out/fails-1/") == ["out/fails-1/output/model.tar.gz"]
    assert account.log(JOBS, "fails-1/") == ["before the end"]
    event = account.events_of("SageMaker Training Job State Change", "fails-1")[-1]
    assert event["FailureReason"] == job["FailureReason"]


def test_an_exit_code_alone_is_a_reason(account: Account, role: str) -> None:
    image = account.engine.image("exits", train="import sys; sys.exit(1)")
    assert account.training_job("exits-1", image, role)["FailureReason"] == "AlgorithmError: , exit code: 1"


def test_a_killed_program_has_the_code_of_its_signal(account: Account, role: str) -> None:
    image = account.engine.image("killed", train="import os; os.kill(os.getpid(), 9)")
    assert account.training_job("killed-1", image, role)["FailureReason"] == "AlgorithmError: , exit code: 137"


def test_an_image_without_train_cannot_start(account: Account, role: str) -> None:
    image = account.engine.image("empty")
    reason = account.training_job("empty-1", image, role)["FailureReason"]
    assert reason.startswith("AlgorithmError: CannotStartContainerError. Please make sure the container can be run")
    assert reason.endswith(", exit code: 127")


def test_an_image_that_is_not_there_fails_the_job(account: Account, role: str) -> None:
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/absent:latest"
    reason = account.training_job("absent-1", image, role)["FailureReason"]
    assert reason.startswith("ClientError: Cannot pull algorithm container. ")
    assert "was not found" in reason


def test_a_job_past_its_limit_is_stopped_and_keeps_its_model(account: Account, role: str) -> None:
    image = account.engine.image(
        "hangs",
        train="import os, time\n"
        'open(os.environ["SAGEMAKER_BASE_DIR"] + "/model/so-far", "w").write("x")\n'
        "time.sleep(600)\n",
    )
    job = account.training_job("hangs-1", image, role, StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert job["SecondaryStatusTransitions"][-1]["StatusMessage"] == (
        "Training job runtime exceeded MaxRuntimeInSeconds provided"
    )
    assert "FailureReason" not in job
    assert objects(account, "out/hangs-1/") == ["out/hangs-1/output/model.tar.gz"]


def test_a_stop_reaches_the_program_and_its_model_is_kept(account: Account, role: str) -> None:
    image = account.engine.image(
        "stops",
        train="import os, signal, sys, time\n"
        "def end(*_):\n"
        '    open(os.environ["SAGEMAKER_BASE_DIR"] + "/model/last", "w").write("x")\n'
        '    print("stopping")\n'
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        'print("ready", flush=True)\n'
        "time.sleep(600)\n",
    )
    account.create_training_job("stops-1", image, role)
    account.eventually(lambda: _lines(account, "stops-1/"), lambda lines: "ready" in lines)
    account.client("sagemaker").stop_training_job(TrainingJobName="stops-1")
    job = account.ended_job("stops-1")
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Stopped"
    assert steps(job) == ["Starting", "Downloading", "Training", "Stopping", "Uploading", "Stopped"]
    assert account.log(JOBS, "stops-1/") == ["ready", "stopping"]
    assert objects(account, "out/stops-1/") == ["out/stops-1/output/model.tar.gz"]


def test_a_program_that_ignores_sigterm_is_killed(account: Account, role: str) -> None:
    image = account.engine.image(
        "deaf",
        train="import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        'print("ready", flush=True)\ntime.sleep(600)\n',
    )
    account.create_training_job("deaf-1", image, role)
    account.eventually(lambda: _lines(account, "deaf-1/"), lambda lines: "ready" in lines)
    account.client("sagemaker").stop_training_job(TrainingJobName="deaf-1")
    assert account.ended_job("deaf-1")["TrainingJobStatus"] == "Stopped"


def _lines(account: Account, prefix: str) -> list[str]:
    try:
        return account.log(JOBS, prefix)
    except ClientError:
        return []


def test_a_job_without_a_model_leaves_no_archive_and_no_model_can_be_made(account: Account, role: str) -> None:
    image = account.engine.image("nothing", train="print('done')")
    job = account.training_job("nothing-1", image, role)
    assert job["TrainingJobStatus"] == "Completed"
    assert objects(account, "out/nothing-1/") == []
    with pytest.raises(ClientError, match=r"Could not find model data at s3://.*/out/nothing-1/output/model.tar.gz"):
        account.client("sagemaker").create_model(
            ModelName="nothing",
            ExecutionRoleArn=role,
            PrimaryContainer={"Image": image, "ModelDataUrl": job["ModelArtifacts"]["S3ModelArtifacts"]},
        )


def _policy(*actions: str) -> dict[str, Any]:
    resources = [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": resources}],
    }


def _channel(uri: str, **members: Any) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri} | members
    return {"ChannelName": "training", "DataSource": {"S3DataSource": source}}


def test_data_that_the_role_may_not_read_fails_the_job(account: Account) -> None:
    account.client("s3").put_object(Bucket=BUCKET, Key="secret/a.csv", Body=b"1")
    role = account.role("lists-only", _policy("s3:ListBucket", "s3:PutObject"))
    image = account.engine.image("unread", train="print('never')")
    job = account.training_job("unread-1", image, role, InputDataConfig=[_channel(f"s3://{BUCKET}/secret")])
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: Data download failed: AccessDenied (403)")
    assert "s3:GetObject" in job["FailureReason"]
    assert steps(job) == ["Starting", "Downloading", "Failed"]


def test_a_result_that_the_role_may_not_write_fails_the_job(account: Account) -> None:
    role = account.role("reads-only", _policy("s3:ListBucket", "s3:GetObject"))
    image = account.engine.image(
        "unwritten", train='import os; open(os.environ["SAGEMAKER_BASE_DIR"] + "/model/m", "w").write("x")'
    )
    job = account.training_job("unwritten-1", image, role)
    assert job["FailureReason"].startswith(
        f"ClientError: Artifact upload failed: s3://{BUCKET}/out/unwritten-1/output/model.tar.gz: "
    )
    assert "s3:PutObject" in job["FailureReason"]


def test_a_key_that_leads_outside_its_channel_fails_the_job(account: Account, role: str) -> None:
    account.client("s3").put_object(Bucket=BUCKET, Key="outside/../../x.csv", Body=b"1")
    image = account.engine.image("outside", train="print('never')")
    job = account.training_job("outside-1", image, role, InputDataConfig=[_channel(f"s3://{BUCKET}/outside/")])
    assert "the key cannot be a file's name" in job["FailureReason"]


def test_a_broken_manifest_fails_the_job(account: Account, role: str) -> None:
    account.client("s3").put_object(Bucket=BUCKET, Key="manifests/broken", Body=b'{"not": "a list"}')
    image = account.engine.image("manifest", train="print('never')")
    channel = _channel(f"s3://{BUCKET}/manifests/broken", S3DataType="ManifestFile")
    job = account.training_job("manifest-1", image, role, InputDataConfig=[channel])
    assert "ClientError: Data download failed: the manifest s3://" in job["FailureReason"]
    assert "is not valid: expected a JSON list" in job["FailureReason"]


def test_nothing_of_an_ended_job_is_left_on_disk(account: Account) -> None:
    folder = Path(account.platform.state_dir) / "jobs" / "123456789012" / REGION / "training-job"
    account.eventually(lambda: list(folder.iterdir()), lambda left: not left)
