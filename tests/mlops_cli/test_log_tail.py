"""Which lines of a log tell why."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from local_aws.log_streams import LogStream
from mlops_cli.log_tail import of_anything, of_tuning_job, until_failure
from mlops_cli.target import Target
from tests.local_aws.stepfunctions.workbench import REGION, Workbench

LOG = [
    "[Container] 2026/01/01 00:00:00.000000 Running command docker build .",
    "ERROR: No matching distribution found for nothing==9",
    "[Container] 2026/01/01 00:00:01.000000 Command did not exit successfully docker build . exit status 1",
    "[Container] 2026/01/01 00:00:01.000000 Phase complete: BUILD State: FAILED",
    "[Container] 2026/01/01 00:00:01.000000 Entering phase POST_BUILD",
    "[Container] 2026/01/01 00:00:02.000000 Command did not exit successfully test 0 = 1 exit status 1",
]


def test_a_failed_build_is_told_up_to_the_command_that_failed() -> None:
    assert until_failure(LOG) == LOG[:3]


def test_a_log_without_a_failed_command_is_told_whole() -> None:
    assert until_failure(LOG[:2]) == LOG[:2]


def test_the_log_of_a_processing_or_transform_job_is_found_by_its_name(bench: Workbench) -> None:
    target = Target(endpoint_url=bench.platform.endpoint_url)
    for group, job in (("ProcessingJobs", "prepare-1"), ("TransformJobs", "score-1")):
        stream = LogStream(bench.platform, REGION, f"/aws/sagemaker/{group}", f"{job}/algo-1-1700000000")
        stream.write(f"hello from {job}")
        stream.write("the last line")
        stream.close()

        assert of_anything(target, job, 10) == [f"hello from {job}", "the last line"]
        assert of_anything(target, job, 1) == ["the last line"]


def tuned(*jobs: dict[str, str]) -> Target:
    """An AWS with one tuning job, whose training jobs are given, newest first; each has written one line."""
    sagemaker = boto3.client("sagemaker", REGION)
    asked = {
        "HyperParameterTuningJobName": "tune",
        "SortBy": "CreationTime",
        "SortOrder": "Descending",
        "MaxResults": 100,
    }
    stub = Stubber(sagemaker)
    told = {"TrainingJobArn": "arn", "CreationTime": 0, "TunedHyperParameters": {}}
    summaries = [{**told, "TrainingJobArn": "arn:aws:sagemaker:us-east-1:1:training-job/j", **job} for job in jobs]
    stub.add_response("list_training_jobs_for_hyper_parameter_tuning_job", {"TrainingJobSummaries": summaries}, asked)
    stub.activate()
    return Target(endpoint_url=None, clients={"sagemaker": sagemaker, "logs": Logs()})


class Logs:
    """CloudWatch Logs with one stream a job."""

    def describe_log_streams(self, *, logGroupName: str, logStreamNamePrefix: str) -> dict[str, Any]:  # noqa: N803
        return {"logStreams": [{"logStreamName": f"{logStreamNamePrefix}algo-1"}]}

    def get_log_events(self, *, logStreamName: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        return {"events": [{"timestamp": 1, "message": f"line of {logStreamName}\n"}]}


@pytest.mark.parametrize(("first", "shown"), [("Failed", "tune-1"), ("Completed", "tune-2")])
def test_a_tuning_job_shows_the_training_job_to_look_at(first: str, shown: str) -> None:
    target = tuned(
        {"TrainingJobName": "tune-2", "TrainingJobStatus": "Completed"},
        {"TrainingJobName": "tune-1", "TrainingJobStatus": first},
    )

    assert of_tuning_job(target, "tune", 10) == [
        f"tune-1: {first}",
        "tune-2: Completed",
        f"end of the log of {shown}:",
        f"line of {shown}/algo-1",
    ]


def test_what_is_no_tuning_job_has_no_log_of_one() -> None:
    sagemaker = boto3.client("sagemaker", REGION)
    stub = Stubber(sagemaker)
    stub.add_client_error("list_training_jobs_for_hyper_parameter_tuning_job", "ResourceNotFound", "none")
    stub.add_client_error("list_training_jobs_for_hyper_parameter_tuning_job", "AccessDenied", "not yours")
    stub.activate()
    target = Target(endpoint_url=None, clients={"sagemaker": sagemaker})

    assert of_tuning_job(target, "none", 10) == []
    assert of_tuning_job(target, "not_a_name" * 9, 10) == []
    with pytest.raises(ClientError, match="not yours"):
        of_tuning_job(target, "tune", 10)
