"""Training jobs from the request to what they leave in S3."""

import io
import json
import tarfile
from typing import Any

import pytest

from tests.local_aws.sagemaker.conftest import BUCKET, Account

TRAIN = """
import json, os, sys
base = os.environ["SAGEMAKER_BASE_DIR"]
names = ("hyperparameters", "inputdataconfig", "resourceconfig")
config = {name: json.load(open(f"{base}/input/config/{name}.json")) for name in names}
data = {}
for folder, _, names in os.walk(f"{base}/input/data"):
    for name in names:
        path = os.path.join(folder, name)
        data[os.path.relpath(path, f"{base}/input/data")] = open(path).read()
print("rmse=12.5;")
print("rmse=7.25;")
seen = {"config": config, "data": data, "environment": dict(os.environ), "arguments": sys.argv[1:]}
json.dump(seen, open(f"{base}/model/seen.json", "w"))
open(f"{base}/output/data/report.txt", "w").write("fine")
"""


def artifact(account: Account, key: str) -> dict[str, bytes]:
    body = account.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        opened = {member.name: tar.extractfile(member) for member in tar.getmembers() if member.isfile()}
        return {name: file.read() for name, file in opened.items() if file is not None}


def test_a_job_sees_the_contract_and_leaves_its_artifacts(account: Account, role: str) -> None:
    s3 = account.client("s3")
    for key in ("data/a.csv", "data/deep/b.csv", "other/c.csv"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    image = account.engine.image("contract", train=TRAIN)

    def channel(name: str, uri: str) -> dict[str, object]:
        return {
            "ChannelName": name,
            "ContentType": "text/csv",
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}},
        }

    job = account.training_job(
        "contract-1",
        image,
        role,
        AlgorithmSpecification={"MetricDefinitions": [{"Name": "rmse", "Regex": "rmse=([0-9.]+);"}]},
        HyperParameters={"depth": "3"},
        Environment={"MINE": "1"},
        InputDataConfig=[
            channel("training", f"s3://{BUCKET}/data"),
            channel("one", f"https://s3.us-east-1.amazonaws.com/{BUCKET}/other/c.csv"),
        ],
    )
    assert job["TrainingJobStatus"] == "Completed", job
    assert [step["Status"] for step in job["SecondaryStatusTransitions"]] == [
        "Starting",
        "Downloading",
        "Training",
        "Uploading",
        "Completed",
    ]
    assert [(metric["MetricName"], metric["Value"]) for metric in job["FinalMetricDataList"]] == [("rmse", 7.25)]
    assert job["BillableTimeInSeconds"] == job["TrainingTimeInSeconds"] >= 1
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{BUCKET}/out/contract-1/output/model.tar.gz"

    seen = json.loads(artifact(account, "out/contract-1/output/model.tar.gz")["seen.json"])
    assert seen["data"] == {
        "training/a.csv": "data/a.csv",
        "training/deep/b.csv": "data/deep/b.csv",
        "one/c.csv": "other/c.csv",
    }
    assert seen["config"]["hyperparameters"] == {"depth": "3"}
    assert seen["config"]["inputdataconfig"]["training"] == {
        "ContentType": "text/csv",
        "TrainingInputMode": "File",
        "S3DistributionType": "FullyReplicated",
        "RecordWrapperType": "None",
    }
    assert seen["config"]["resourceconfig"]["hosts"] == ["algo-1"]
    environment = seen["environment"]
    assert environment["TRAINING_JOB_NAME"] == "contract-1"
    assert environment["TRAINING_JOB_ARN"] == job["TrainingJobArn"]
    assert environment["MINE"] == "1"
    assert environment["AWS_ENDPOINT_URL"] == account.platform.endpoint_url
    assert environment["AWS_SESSION_TOKEN"]
    assert artifact(account, "out/contract-1/output/output.tar.gz") == {"report.txt": b"fine"}

    assert account.log("/aws/sagemaker/TrainingJobs", "contract-1/algo-1-") == ["rmse=12.5;", "rmse=7.25;"]
    events = account.events_of("SageMaker Training Job State Change", "contract-1")
    assert [(event["TrainingJobStatus"], event["SecondaryStatus"]) for event in events][-2:] == [
        ("InProgress", "Uploading"),
        ("Completed", "Completed"),
    ]
    assert events[-1]["CreationTime"] == int(job["CreationTime"].timestamp() * 1000)


@pytest.mark.parametrize(
    ("seconds", "pool"), [(0, None), (600, {"Status": "Terminated", "ResourceRetainedBillableTimeInSeconds": 0})]
)
def test_no_instance_is_kept_warm(account: Account, role: str, seconds: int, pool: dict[str, Any] | None) -> None:
    image = account.engine.image(f"keeps-nothing-{seconds}", train="")
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}

    job = account.training_job(
        f"warm-{seconds}", image, role, ResourceConfig=resources | {"KeepAlivePeriodInSeconds": seconds}
    )

    assert job["TrainingJobStatus"] == "Completed", job
    assert job.get("WarmPoolStatus") == pool
