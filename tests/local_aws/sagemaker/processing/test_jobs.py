"""Processing jobs that work: what the program sees, and what becomes of what it writes."""

import json
from typing import Any

from tests.local_aws.sagemaker.conftest import BUCKET, Account
from tests.local_aws.sagemaker.processing.requests import LOGS, output, outputs, source

LOOK = """
import json, os, sys
base = os.environ["SAGEMAKER_BASE_DIR"]
found = {}
for folder, _, names in os.walk(base):
    for name in names:
        path = os.path.join(folder, name)
        found[os.path.relpath(path, base)] = open(path).read()
print("looking")
seen = {"found": found, "environment": dict(os.environ), "arguments": sys.argv[1:]}
host = json.loads(found["config/resourceconfig.json"])["current_host"]
os.makedirs(f"{base}/processing/out/{host}")
json.dump(seen, open(f"{base}/processing/out/{host}/seen.json", "w"))
open(f"{base}/output/message", "w").write(f"seen by {host};")
"""


def seen(account: Account, folder: str, host: str = "algo-1") -> dict[str, Any]:
    content: dict[str, Any] = json.loads(account.read(f"{folder}/{host}/seen.json"))
    return content


def data(looked: dict[str, Any]) -> dict[str, str]:
    start = "processing/input/"
    return {path.removeprefix(start): text for path, text in looked["found"].items() if path.startswith(start)}


def test_a_program_sees_the_contract_and_leaves_its_outputs(account: Account, role: str) -> None:
    account.put(pj__in__a="1", pj__in__deep__b="2", pj__one__c="3")
    job = account.processing_job(
        "processing-1",
        account.engine.image("look", run=LOOK),
        role,
        AppSpecification={"ContainerArguments": ["--data", "/opt/ml/processing/input/many"]},
        Environment={"MINE": "1"},
        ProcessingInputs=[source("many", "pj/in"), source("one", "pj/one/c")],
        ProcessingOutputConfig=outputs(output("out", "pj/out")),
        Tags=[{"Key": "team", "Value": "a"}],
    )
    assert job["ProcessingJobStatus"] == "Completed", job
    assert job["ExitMessage"] == "seen by algo-1;"
    assert job["CreationTime"] <= job["ProcessingStartTime"] <= job["ProcessingEndTime"]
    looked = seen(account, "pj/out")
    assert data(looked) == {"many/a": "1", "many/deep/b": "2", "one/c": "3"}
    assert looked["arguments"][0] == "--data"
    assert looked["arguments"][1].endswith("/processing/input/many")
    config = json.loads(looked["found"]["config/processingjobconfig.json"])
    assert config["ProcessingJobArn"] == job["ProcessingJobArn"]
    assert config["ProcessingInputs"][0]["S3Input"]["LocalPath"] == "/opt/ml/processing/input/many"
    assert json.loads(looked["found"]["config/resourceconfig.json"]) == {
        "current_host": "algo-1",
        "hosts": ["algo-1"],
    }
    environment = looked["environment"]
    assert environment["MINE"] == "1"
    assert environment["AWS_ENDPOINT_URL"] == account.platform.endpoint_url
    assert environment["AWS_SESSION_TOKEN"]
    assert account.log(LOGS, "processing-1/algo-1-") == ["looking"]
    events = account.events_of("SageMaker Processing Job State Change", "processing-1")
    assert [event["ProcessingJobStatus"] for event in events] == ["InProgress", "Completed"]
    assert events[-1]["Tags"] == {"team": "a"}


def test_a_script_of_an_input_is_the_program(account: Account, role: str) -> None:
    account.put(pj__code__work_py="import sys; print('works on', sys.argv[1])")
    job = account.processing_job(
        "processing-script",
        account.engine.image("python"),
        role,
        AppSpecification={
            "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/work_py"],
            "ContainerArguments": ["this"],
        },
        ProcessingInputs=[source("code", "pj/code/work_py")],
    )
    assert job["ProcessingJobStatus"] == "Completed", job
    assert account.log(LOGS, "processing-script/") == ["works on this"]


def test_hosts_share_the_keys_and_their_outputs_come_together(account: Account, role: str) -> None:
    account.put(pj__parts__a="1", pj__parts__b="2", pj__parts__c="3", pj__all__x="x")
    job = account.processing_job(
        "processing-hosts",
        account.engine.image("look-2", run=LOOK),
        role,
        count=2,
        ProcessingInputs=[
            source("parts", "pj/parts/", S3DataDistributionType="ShardedByS3Key"),
            source("all", "pj/all"),
        ],
        ProcessingOutputConfig=outputs(output("out", "pj/hosts")),
    )
    assert job["ProcessingJobStatus"] == "Completed", job
    assert job["ExitMessage"] == "seen by algo-1;seen by algo-2;"
    first, second = seen(account, "pj/hosts"), seen(account, "pj/hosts", "algo-2")
    assert data(first) == {"parts/a": "1", "parts/c": "3", "all/x": "x"}
    assert data(second) == {"parts/b": "2", "all/x": "x"}
    assert json.loads(second["found"]["config/resourceconfig.json"]) == {
        "current_host": "algo-2",
        "hosts": ["algo-1", "algo-2"],
    }
    streams = account.client("logs").describe_log_streams(logGroupName=LOGS, logStreamNamePrefix="processing-hosts/")
    names = [stream["logStreamName"].rpartition("-")[0] for stream in streams["logStreams"]]
    assert names == ["processing-hosts/algo-1", "processing-hosts/algo-2"]
    specs = [spec for spec in account.engine.specs if spec.image.endswith("/look-2:latest")]
    assert specs[0].hosts == specs[1].hosts
    assert len(set(specs[0].hosts.values())) == 2


def test_a_continuous_output_is_there_before_the_job_ends(account: Account, role: str) -> None:
    image = account.engine.image(
        "continuous",
        run="import os, time\n"
        'base = os.environ["SAGEMAKER_BASE_DIR"] + "/processing"\n'
        'open(base + "/stream/first", "w").write("1")\n'
        'open(base + "/end/late", "w").write("1")\n'
        'while not os.path.exists(base + "/go"): time.sleep(0.02)\n'
        'open(base + "/stream/second", "w").write("2")\n'
        'open(base + "/stream/first", "w").write("changed")\n',
    )
    account.create_processing_job(
        "processing-stream",
        image,
        role,
        ProcessingOutputConfig=outputs(
            output("stream", "pj/stream", S3UploadMode="Continuous"), output("end", "pj/end")
        ),
    )
    account.eventually(lambda: account.keys("pj/stream/"), lambda keys: keys == ["pj/stream/first"])
    assert account.keys("pj/end/") == []
    spec = next(spec for spec in account.engine.specs if spec.image == image)
    (spec.opt_ml / "processing" / "go").touch()
    assert account.ended_processing_job("processing-stream")["ProcessingJobStatus"] == "Completed"
    assert account.keys("pj/stream/") == ["pj/stream/first", "pj/stream/second"]
    assert account.read("pj/stream/first") == "changed"
    assert account.keys("pj/end/") == ["pj/end/late"]


def test_what_the_program_manages_itself_is_left_to_it(account: Account, role: str) -> None:
    account.put(pj__own__x="x")
    job = account.processing_job(
        "processing-own",
        account.engine.image("look-3", run=LOOK),
        role,
        ProcessingInputs=[source("own", "pj/own") | {"AppManaged": True}],
        ProcessingOutputConfig=outputs(
            output("own", "pj/unwritten") | {"AppManaged": True}, output("out", "pj/managed")
        ),
    )
    assert job["ProcessingJobStatus"] == "Completed", job
    assert data(seen(account, "pj/managed")) == {}
    assert account.keys("pj/unwritten/") == []


def test_an_isolated_job_has_no_credentials_and_a_key_encrypts(account: Account, role: str) -> None:
    key = account.client("kms").create_key()["KeyMetadata"]["Arn"]
    account.processing_job(
        "processing-isolated",
        account.engine.image("look-4", run=LOOK),
        role,
        NetworkConfig={"EnableNetworkIsolation": True},
        ProcessingOutputConfig=outputs(output("out", "pj/isolated")) | {"KmsKeyId": key},
    )
    environment = seen(account, "pj/isolated")["environment"]
    assert environment["AWS_REGION"] == "us-east-1"
    assert not {"AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"} & environment.keys()
    head = account.client("s3").head_object(Bucket=BUCKET, Key="pj/isolated/algo-1/seen.json")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)


def test_jobs_are_listed_by_page_status_and_name(account: Account, role: str) -> None:
    image = account.engine.image("listed", run="")
    for number in range(3):
        account.processing_job(f"listed-{number}", image, role)
    client = account.client("sagemaker")
    page = client.list_processing_jobs(NameContains="listed-", StatusEquals="Completed", MaxResults=2)
    assert [job["ProcessingJobName"] for job in page["ProcessingJobSummaries"]] == ["listed-2", "listed-1"]
    rest = client.list_processing_jobs(
        NameContains="listed-", StatusEquals="Completed", MaxResults=2, NextToken=page["NextToken"]
    )
    assert [job["ProcessingJobName"] for job in rest["ProcessingJobSummaries"]] == ["listed-0"]
    assert "NextToken" not in rest
