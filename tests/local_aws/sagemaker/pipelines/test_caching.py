"""Results that are taken from earlier executions, and those that are not."""

from typing import Any

import pytest

from local_aws.sagemaker.pipelines.caching import cache_key, parse_duration
from tests.local_aws.sagemaker.conftest import BUCKET, Account
from tests.local_aws.sagemaker.pipelines.conftest import Pipelines
from tests.local_aws.sagemaker.pipelines.documents import definition, get, join, processing

_CACHE = {"Enabled": True, "ExpireAfter": "P1D"}
_WRITE = """
import os
folder = os.environ["SAGEMAKER_BASE_DIR"] + "/processing/data"
os.makedirs(folder, exist_ok=True)
with open(folder + "/rows.csv", "w") as file:
    file.write("1")
"""


def _cached(account: Account, role: str, name: str, cache: dict[str, Any]) -> str:
    image = account.engine.image(name, run=_WRITE)
    return definition(
        processing(
            "Prepare",
            image,
            role,
            arguments=[join("", get("Parameters.Rows"))],
            outputs={"data": join("/", f"s3://{BUCKET}", name, get("Execution.PipelineExecutionId"))},
            CacheConfig=cache,
        ),
        processing(
            "Look",
            image,
            role,
            Arguments={
                "Environment": {"DATA": get("Steps.Prepare.ProcessingOutputConfig.Outputs['data'].S3Output.S3Uri")}
            },
        ),
        parameters=[{"Name": "Rows", "Type": "Integer", "DefaultValue": 1}],
    )


def test_an_unchanged_step_is_not_run_again(pipelines: Pipelines, account: Account) -> None:
    pipelines.create("cached", _cached(account, pipelines.role, "cached", _CACHE))
    first = pipelines.run("cached")
    second = pipelines.run("cached")

    before, after = pipelines.steps(first), pipelines.steps(second)
    assert after["Prepare"]["CacheHitResult"] == {"SourcePipelineExecutionArn": first["PipelineExecutionArn"]}
    assert after["Prepare"]["Metadata"] == before["Prepare"]["Metadata"]
    # what was taken over is what later steps read, though the output's address would be another now
    job = after["Look"]["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
    address = pipelines.client.describe_processing_job(ProcessingJobName=job)["Environment"]["DATA"]
    assert address.endswith(first["PipelineExecutionArn"].rpartition("/")[2])
    assert "CacheHitResult" not in after["Look"]


def test_a_changed_parameter_runs_the_step_again(pipelines: Pipelines, account: Account) -> None:
    pipelines.create("changed", _cached(account, pipelines.role, "changed", _CACHE))
    pipelines.run("changed")

    assert "CacheHitResult" not in pipelines.steps(pipelines.run("changed", {"Rows": "2"}))["Prepare"]


def test_an_artifact_that_is_gone_is_a_miss(pipelines: Pipelines, account: Account) -> None:
    pipelines.create("gone", _cached(account, pipelines.role, "gone", _CACHE))
    first = pipelines.run("gone")
    identity = first["PipelineExecutionArn"].rpartition("/")[2]
    account.client("s3").delete_object(Bucket=BUCKET, Key=f"gone/{identity}/rows.csv")

    second = pipelines.run("gone")

    assert "CacheHitResult" not in pipelines.steps(second)["Prepare"]
    assert second["PipelineExecutionStatus"] == "Succeeded"


def test_an_output_that_was_left_empty_is_none_that_is_gone(pipelines: Pipelines, noop: str) -> None:
    step = processing("Tell", noop, pipelines.role, outputs={"data": f"s3://{BUCKET}/left-empty"}, CacheConfig=_CACHE)
    pipelines.create("empty", definition(step))
    first = pipelines.run("empty")

    found = pipelines.steps(pipelines.run("empty"))["Tell"]

    assert found["CacheHitResult"] == {"SourcePipelineExecutionArn": first["PipelineExecutionArn"]}


def test_a_result_that_is_too_old_is_a_miss(pipelines: Pipelines, account: Account) -> None:
    pipelines.create("stale", _cached(account, pipelines.role, "stale", {"Enabled": True, "ExpireAfter": "PT0S"}))
    pipelines.run("stale")

    assert "CacheHitResult" not in pipelines.steps(pipelines.run("stale"))["Prepare"]


def test_a_disabled_cache_takes_nothing(pipelines: Pipelines, account: Account) -> None:
    pipelines.create("disabled", _cached(account, pipelines.role, "disabled", {"Enabled": False, "ExpireAfter": "P1D"}))
    pipelines.run("disabled")

    assert "CacheHitResult" not in pipelines.steps(pipelines.run("disabled"))["Prepare"]


def test_a_result_that_was_taken_over_does_not_start_its_time_anew(pipelines: Pipelines, account: Account) -> None:
    pipelines.create("original", _cached(account, pipelines.role, "original", _CACHE))
    first = pipelines.run("original")
    pipelines.run("original")

    third = pipelines.steps(pipelines.run("original"))["Prepare"]

    assert third["CacheHitResult"] == {"SourcePipelineExecutionArn": first["PipelineExecutionArn"]}


def test_attributes_that_do_not_count() -> None:
    request = {"AppSpecification": {"ImageUri": "i"}, "RoleArn": "a", "ProcessingResources": {"ClusterConfig": {}}}
    assert cache_key("Processing", "P", request) == cache_key("Processing", "P", request | {"RoleArn": "b"})
    assert cache_key("Processing", "P", request) != cache_key("Processing", "Q", request)
    changed = request | {"Environment": {"A": "1"}}
    assert cache_key("Processing", "P", request) != cache_key("Processing", "P", changed)


def test_of_a_tuning_job_the_data_count_and_the_resources_do_not() -> None:
    def key(**members: Any) -> str:
        training = {"InputDataConfig": [], "ResourceConfig": {"InstanceCount": 1}} | members
        return cache_key("Tuning", "T", {"TrainingJobDefinition": training})

    assert key() == key(ResourceConfig={"InstanceCount": 2})
    assert key() != key(InputDataConfig=[{"ChannelName": "train"}])


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("P30D", 30 * 86400), ("30d", 30 * 86400), ("PT1H30M", 5400), ("P1Y2M", 425 * 86400), ("p2w", 14 * 86400)],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "P", "a day", "30", 5, None])
def test_what_is_no_duration(text: Any) -> None:
    with pytest.raises(ValueError, match="expected a duration such as 'P30D' or 'PT1H'"):
        parse_duration(text)
