"""Transform jobs that work: how objects are split, sent, joined and put together."""

import gzip
import json
import re

import pytest

from tests.local_aws.sagemaker.conftest import BUCKET, Account
from tests.local_aws.sagemaker.transform.conftest import ADDER, LOGS


def requests(account: Account, job: str) -> list[str]:
    """What the containers of a job saw: requests at once, lines, what was wanted."""
    return [line for line in account.log(LOGS, f"{job}/") if line.startswith("requests")]


def test_objects_become_out_objects(account: Account, adder: str) -> None:
    account.put(t1__in__a_csv="1,2\n3,4\n", t1__in__deep__b_csv="5\n")
    job = account.transform_job("t1", adder, Environment={"MINE": "yes"}, Tags=[{"Key": "team", "Value": "a"}])
    assert job["TransformJobStatus"] == "Completed", job
    assert job["CreationTime"] <= job["TransformStartTime"] <= job["TransformEndTime"]
    assert account.keys("t1/out/") == ["t1/out/a_csv.out", "t1/out/deep/b_csv.out"]
    assert account.read("t1/out/a_csv.out") == "3.0\n7.0\n"
    assert account.read("t1/out/deep/b_csv.out") == "5.0\n"
    lines = account.log(LOGS, "t1/")
    assert "true MULTI_RECORD yes" in lines
    assert "[sagemaker logs]: MaxConcurrentTransforms=1, MaxPayloadInMB=6, BatchStrategy=MULTI_RECORD" in lines
    assert requests(account, "t1") == ["requests 1 lines 2 text/csv", "requests 1 lines 1 text/csv"]
    events = account.events_of("SageMaker Transform Job State Change", "t1")
    assert [event["TransformJobStatus"] for event in events] == ["InProgress", "Completed"]
    assert events[-1]["Tags"] == {"team": "a"}


def test_single_records_go_alone_and_come_together_in_order(account: Account, adder: str) -> None:
    account.put(t2__in__a="slow\n1\n2\n3\n")
    job = account.transform_job("t2", adder, BatchStrategy="SingleRecord", MaxConcurrentTransforms=4)
    assert job["TransformJobStatus"] == "Completed", job
    assert account.read("t2/out/a.out") == "0.0\n1.0\n2.0\n3.0\n"
    assert all(re.fullmatch(r"requests [1-4] lines 1 text/csv", line) for line in requests(account, "t2"))
    assert len(requests(account, "t2")) == 4


def test_what_the_container_wishes_counts_where_the_request_says_nothing(account: Account, wishful: str) -> None:
    account.put(t3__in__a="1\n2\n")
    account.transform_job("t3", wishful, MaxConcurrentTransforms=2)
    assert "[sagemaker logs]: MaxConcurrentTransforms=2, MaxPayloadInMB=1, BatchStrategy=SINGLE_RECORD" in account.log(
        LOGS, "t3/"
    )
    assert len(requests(account, "t3")) == 2


def test_an_object_that_is_not_split_goes_whole_and_is_not_ended(account: Account, adder: str) -> None:
    account.put(t4__in__a="1\n2\n")
    account.transform_job("t4", adder, TransformInput={"SplitType": "None"}, TransformOutput={"AssembleWith": "None"})
    assert requests(account, "t4") == ["requests 1 lines 2 text/csv"]
    assert account.read("t4/out/a.out") == "1.0\n2.0"


def test_compressed_objects_and_manifests(account: Account, adder: str) -> None:
    account.client("s3").put_object(Bucket=BUCKET, Key="t5/data/a.gz", Body=gzip.compress(b"1,1\n"))
    account.put(t5__manifest=json.dumps([{"prefix": f"s3://{BUCKET}/t5/data/"}, "a.gz"]))
    source = {"S3DataType": "ManifestFile", "S3Uri": f"s3://{BUCKET}/t5/manifest"}
    job = account.transform_job(
        "t5", adder, TransformInput={"CompressionType": "Gzip", "DataSource": {"S3DataSource": source}}
    )
    assert job["TransformJobStatus"] == "Completed", job
    assert account.read("t5/out/a.gz.out") == "2.0\n"


def test_csv_is_filtered_and_joined(account: Account, adder: str) -> None:
    account.put(t6__in__a='"x, y",1,2\nz,3,4\n')
    job = account.transform_job(
        "t6", adder, DataProcessing={"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"}
    )
    assert job["TransformJobStatus"] == "Completed", job
    assert account.read("t6/out/a.out") == '"x, y",3.0\nz,7.0\n'


@pytest.mark.parametrize(
    ("name", "record", "processing", "expected"),
    [
        (
            "object",
            {"id": 7, "features": [1, 2]},
            {"JoinSource": "Input"},
            {"id": 7, "features": [1, 2], "SageMakerOutput": {"sum": 3}},
        ),
        (
            "part",
            {"id": 7, "features": [1, 2]},
            {"InputFilter": "$.features", "JoinSource": "Input", "OutputFilter": "$['id','SageMakerOutput']"},
            {"id": 7, "SageMakerOutput": {"sum": 3}},
        ),
        ("array", [1, 2], {"JoinSource": "Input"}, {"SageMakerInput": [1, 2], "SageMakerOutput": {"sum": 3}}),
        ("result", [1, 2], {"OutputFilter": "$.sum"}, 3),
    ],
)
def test_json_lines_are_filtered_and_joined(
    account: Account, adder: str, name: str, record: object, processing: dict[str, str], expected: object
) -> None:
    account.put(**{f"t7-{name}__in__a": f"{json.dumps(record)}\n" * 2})
    job = account.transform_job(
        f"t7-{name}",
        adder,
        TransformInput={"ContentType": "application/jsonlines"},
        TransformOutput={"Accept": "application/jsonlines"},
        DataProcessing=processing,
    )
    assert job["TransformJobStatus"] == "Completed", job
    assert [json.loads(line) for line in account.read(f"t7-{name}/out/a.out").splitlines()] == [expected] * 2


def test_instances_share_the_objects(account: Account, adder: str) -> None:
    account.put(**{f"t8__in__{number}": "slow\n" for number in range(6)})
    job = account.transform_job("t8", adder, count=2)
    assert job["TransformJobStatus"] == "Completed", job
    assert len(account.keys("t8/out/")) == 6
    streams = account.client("logs").describe_log_streams(logGroupName=LOGS, logStreamNamePrefix="t8/")["logStreams"]
    assert len([stream for stream in streams if stream["logStreamName"].endswith("/data-log")]) == 2
    assert len(streams) == 4


def test_a_failing_request_is_sent_again(account: Account, role: str) -> None:
    account.model("forgetful", account.engine.image("forgetful", serve=ADDER), role, {"wishes.json": b"{}"})
    account.put(t9__in__a="once\n")
    assert account.transform_job("t9", "forgetful")["TransformJobStatus"] == "Completed"
    assert len(requests(account, "t9")) == 2


def test_capture_leaves_manifests_and_a_key_encrypts(account: Account, adder: str) -> None:
    key = account.client("kms").create_key()["KeyMetadata"]["Arn"]
    account.put(t10__in__a="1\n", t10__in__b="2\n")
    account.transform_job(
        "t10",
        adder,
        TransformOutput={"KmsKeyId": key},
        DataCaptureConfig={"DestinationS3Uri": f"s3://{BUCKET}/t10/captured"},
    )
    manifests = {name: account.keys(f"t10/captured/{name}/") for name in ("input", "output")}
    assert re.fullmatch(r"t10/captured/input/\d{4}/\d\d/\d\d/\d\d/[0-9a-f-]{36}\.json", manifests["input"][0])
    read = {name: json.loads(account.read(keys[0])) for name, keys in manifests.items()}
    assert read == {
        "input": [{"prefix": f"s3://{BUCKET}/t10/in/"}, "a", "b"],
        "output": [{"prefix": f"s3://{BUCKET}/t10/out/"}, "a.out", "b.out"],
    }
    head = account.client("s3").head_object(Bucket=BUCKET, Key="t10/out/a.out")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)


def test_jobs_are_listed(account: Account, adder: str) -> None:
    account.put(t11__in__a="1\n")
    account.transform_job("t11-listed", adder, prefix="t11")
    listed = account.client("sagemaker").list_transform_jobs(NameContains="listed", StatusEquals="Completed")
    assert [job["TransformJobName"] for job in listed["TransformJobSummaries"]] == ["t11-listed"]
