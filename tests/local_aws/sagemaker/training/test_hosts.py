"""Training on several instances: names, shares of the data, one model, one end."""

import json
from typing import Any

from tests.local_aws.sagemaker.conftest import BUCKET, Account

LOGS = "/aws/sagemaker/TrainingJobs"
TRAIN = """
import json, os
base = os.environ["SAGEMAKER_BASE_DIR"]
resources = json.load(open(f"{base}/input/config/resourceconfig.json"))
host = resources["current_host"]
data = {}
for folder, _, names in os.walk(f"{base}/input/data"):
    for name in names:
        path = os.path.join(folder, name)
        data[os.path.relpath(path, f"{base}/input/data")] = open(path).read()
seen = {"resources": resources, "data": data}
json.dump(seen, open(f"{base}/model/{host}.json", "w"))
open(f"{base}/model/shared", "w").write(host)
os.makedirs(f"{base}/checkpoints", exist_ok=True)
open(f"{base}/checkpoints/shared", "w").write(host)
open(f"{base}/checkpoints/{host}", "w").write(host)
"""


def resources(count: int) -> dict[str, Any]:
    return {"InstanceType": "ml.m5.large", "InstanceCount": count, "VolumeSizeInGB": 1}


def channel(name: str, distribution: str) -> dict[str, Any]:
    source = {
        "S3DataType": "S3Prefix",
        "S3Uri": f"s3://{BUCKET}/hosts/{name}",
        "S3DataDistributionType": distribution,
    }
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


def test_hosts_have_names_shares_and_one_model(account: Account, role: str) -> None:
    account.put(hosts__parts__a="1", hosts__parts__b="2", hosts__parts__c="3", hosts__all__x="x")
    job = account.training_job(
        "hosts-1",
        account.engine.image("hosts", train=TRAIN),
        role,
        ResourceConfig=resources(2),
        InputDataConfig=[channel("parts", "ShardedByS3Key"), channel("all", "FullyReplicated")],
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/out", "CompressionType": "NONE"},
        CheckpointConfig={"S3Uri": f"s3://{BUCKET}/hosts-checkpoints"},
    )
    assert job["TrainingJobStatus"] == "Completed", job
    assert job["BillableTimeInSeconds"] == 2 * job["TrainingTimeInSeconds"]
    model = "out/hosts-1/output/model"
    assert account.keys(model) == [f"{model}/algo-1.json", f"{model}/algo-2.json", f"{model}/shared"]
    first, second = (json.loads(account.read(f"{model}/algo-{number}.json")) for number in (1, 2))
    assert first["data"] == {"parts/a": "1", "parts/c": "3", "all/x": "x"}
    assert second["data"] == {"parts/b": "2", "all/x": "x"}
    assert second["resources"] == {
        "current_host": "algo-2",
        "current_instance_type": "ml.m5.large",
        "current_group_name": "homogeneousCluster",
        "hosts": ["algo-1", "algo-2"],
        "instance_groups": [
            {
                "instance_group_name": "homogeneousCluster",
                "instance_type": "ml.m5.large",
                "hosts": ["algo-1", "algo-2"],
            }
        ],
        "network_interface_name": "eth0",
    }
    assert account.read(f"{model}/shared") == "algo-1"
    assert account.keys("hosts-checkpoints/") == [
        f"hosts-checkpoints/{name}" for name in ("algo-1", "algo-2", "shared")
    ]
    assert account.read("hosts-checkpoints/shared") == "algo-1"
    streams = account.client("logs").describe_log_streams(logGroupName=LOGS, logStreamNamePrefix="hosts-1/")
    assert [stream["logStreamName"].rpartition("-")[0] for stream in streams["logStreams"]] == ["hosts-1/algo-1"]
    specs = [spec for spec in account.engine.specs if spec.image.endswith("/hosts:latest")]
    assert [spec.hostname for spec in specs] == ["algo-1", "algo-2"]
    assert "the hosts share this machine's network (algo-1 is 127." in account.log(LOGS, "hosts-1/algo-1-")[0]


def test_a_failing_host_fails_the_job_and_ends_the_others(account: Account, role: str) -> None:
    image = account.engine.image(
        "host-fails",
        train="import json, os, sys, time\n"
        'base = os.environ["SAGEMAKER_BASE_DIR"]\n'
        'if json.load(open(base + "/input/config/resourceconfig.json"))["current_host"] == "algo-2":\n'
        '    open(base + "/output/failure", "w").write("no memory")\n'
        "    sys.exit(9)\n"
        "time.sleep(600)\n",
    )
    job = account.training_job("host-fails", image, role, ResourceConfig=resources(3))
    assert job["FailureReason"] == "AlgorithmError: no memory, exit code: 9"
    pairs = zip(account.engine.specs, account.engine.started, strict=True)
    assert [container.poll() is None for spec, container in pairs if spec.image == image] == [False, False, False]


def test_a_host_that_cannot_start_ends_those_that_did(account: Account, role: str) -> None:
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/absent:latest"
    reason = account.training_job("host-absent", image, role, ResourceConfig=resources(2))["FailureReason"]
    assert reason.startswith("ClientError: Cannot pull algorithm container. ")
