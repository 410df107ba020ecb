"""The less usual ways of data into a job and results out of it."""

import json
from typing import Any

from tests.local_aws.sagemaker.conftest import BUCKET, Account

LIST_AND_WRITE = """
import json, os
base = os.environ["SAGEMAKER_BASE_DIR"]
found = {}
for folder, _, names in os.walk(base):
    for name in names:
        path = os.path.join(folder, name)
        found[os.path.relpath(path, base)] = open(path).read()
for path in ("model/deep/m", "checkpoints/c", "output/tensorboard/t", "output/data/o"):
    os.makedirs(os.path.dirname(f"{base}/{path}"), exist_ok=True)
    open(f"{base}/{path}", "w").write(path)
json.dump({"found": found, "environment": dict(os.environ)}, open(f"{base}/model/seen.json", "w"))
"""


def put(account: Account, **objects: str) -> None:
    for key, content in objects.items():
        account.client("s3").put_object(Bucket=BUCKET, Key=key.replace("__", "/"), Body=content.encode())


def read(account: Account, key: str) -> str:
    return str(account.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read().decode())


def keys(account: Account, prefix: str) -> list[str]:
    found = account.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    return [entry["Key"] for entry in found]


def seen_by(account: Account, job: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(read(account, f"out/{job}/output/model/seen.json"))
    return content


def test_a_manifest_names_the_files(account: Account, role: str) -> None:
    put(account, listed__a="1", listed__deep__b="2", listed__c="3")
    put(account, listed__manifest=json.dumps([{"prefix": f"s3://{BUCKET}/listed/"}, "a", "deep/b"]))
    source = {"S3DataType": "ManifestFile", "S3Uri": f"s3://{BUCKET}/listed/manifest"}
    account.training_job(
        "manifest-fine",
        account.engine.image("lists", train=LIST_AND_WRITE),
        role,
        InputDataConfig=[{"ChannelName": "ch", "DataSource": {"S3DataSource": source}}],
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/out", "CompressionType": "NONE"},
    )
    found = seen_by(account, "manifest-fine")["found"]
    assert {path: text for path, text in found.items() if path.startswith("input/data")} == {
        "input/data/ch/a": "1",
        "input/data/ch/deep/b": "2",
    }


def test_checkpoints_are_brought_and_kept_and_tensorboard_is_kept(account: Account, role: str) -> None:
    put(account, checkpoints__before="earlier", checkpoints2__other="not mine")
    job = account.training_job(
        "checkpoints-1",
        account.engine.image("checkpoints", train=LIST_AND_WRITE),
        role,
        CheckpointConfig={"S3Uri": f"s3://{BUCKET}/checkpoints"},
        TensorBoardOutputConfig={"S3OutputPath": f"s3://{BUCKET}/board"},
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/out", "CompressionType": "NONE"},
    )
    assert job["TrainingJobStatus"] == "Completed", job
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{BUCKET}/out/checkpoints-1/output/model/"
    assert keys(account, "out/checkpoints-1/") == [
        "out/checkpoints-1/output/model/deep/m",
        "out/checkpoints-1/output/model/seen.json",
        "out/checkpoints-1/output/output/o",
    ]
    found = seen_by(account, "checkpoints-1")["found"]
    assert {path: text for path, text in found.items() if path.startswith("checkpoints")} == {
        "checkpoints/before": "earlier"
    }
    assert keys(account, "checkpoints/") == ["checkpoints/before", "checkpoints/c"]
    assert keys(account, "board/") == ["board/checkpoints-1/tensorboard-output/t"]


def test_an_isolated_job_has_no_credentials(account: Account, role: str) -> None:
    account.training_job(
        "isolated-1",
        account.engine.image("isolated", train=LIST_AND_WRITE),
        role,
        EnableNetworkIsolation=True,
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/out", "CompressionType": "NONE"},
    )
    environment = seen_by(account, "isolated-1")["environment"]
    assert environment["AWS_REGION"] == "us-east-1"
    assert not {"AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"} & environment.keys()


def test_a_key_encrypts_the_model(account: Account, role: str) -> None:
    key = account.client("kms").create_key()["KeyMetadata"]["Arn"]
    account.training_job(
        "encrypted-1",
        account.engine.image("encrypted", train=LIST_AND_WRITE),
        role,
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/out", "KmsKeyId": key},
    )
    head = account.client("s3").head_object(Bucket=BUCKET, Key="out/encrypted-1/output/model.tar.gz")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)


def test_a_large_model_arrives_whole(account: Account, role: str) -> None:
    image = account.engine.image(
        "large",
        train='import os; open(os.environ["SAGEMAKER_BASE_DIR"] + "/model/m", "wb").write(os.urandom(20 << 20))',
    )
    account.training_job("large-1", image, role)
    head = account.client("s3").head_object(Bucket=BUCKET, Key="out/large-1/output/model.tar.gz")
    assert head["ContentLength"] > 20 << 20


def test_entrypoint_and_arguments_can_be_the_jobs_own(account: Account, role: str) -> None:
    image = account.engine.image("own", other="import sys; print(sys.argv[1:])")
    account.training_job(
        "own-1",
        image,
        role,
        AlgorithmSpecification={"ContainerEntrypoint": ["other"], "ContainerArguments": ["a", "b c"]},
    )
    assert account.log("/aws/sagemaker/TrainingJobs", "own-1/") == ["['a', 'b c']"]


def test_metrics_are_in_cloudwatch_and_nonsense_is_passed_over(account: Account, role: str) -> None:
    image = account.engine.image(
        "metrics", train="print('loss=0.5'); print('loss=nan'); print('loss=oops'); print('x')"
    )
    job = account.training_job(
        "metrics-1",
        image,
        role,
        AlgorithmSpecification={"MetricDefinitions": [{"Name": "loss", "Regex": "loss=(.*)"}]},
    )
    assert [(metric["MetricName"], metric["Value"]) for metric in job["FinalMetricDataList"]] == [("loss", 0.5)]
    found = account.client("cloudwatch").list_metrics(
        Namespace="/aws/sagemaker/TrainingJobs", Dimensions=[{"Name": "TrainingJobName", "Value": "metrics-1"}]
    )
    assert [metric["MetricName"] for metric in found["Metrics"]] == ["loss"]
