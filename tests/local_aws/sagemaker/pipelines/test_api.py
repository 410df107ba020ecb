"""Pipelines, versions and executions as the API tells of them; events and metrics."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.conftest import BUCKET, Account
from tests.local_aws.sagemaker.pipelines.conftest import Pipelines
from tests.local_aws.sagemaker.pipelines.documents import definition, fail, get, processing

ONE, TWO = definition(fail("F", "one")), definition(fail("F", "two"))


def _refused(code: str, reason: str) -> Any:
    return pytest.raises(ClientError, match=rf"\({code}\).*{reason}")


def test_a_pipeline_is_described(pipelines: Pipelines) -> None:
    pipelines.create(
        "Described",
        ONE,
        PipelineDisplayName="shown",
        PipelineDescription="for tests",
        ParallelismConfiguration={"MaxParallelExecutionSteps": 3},
        Tags=[{"Key": "team", "Value": "prices"}],
    )
    found = pipelines.client.describe_pipeline(PipelineName="Described")
    arn = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/described"
    assert {name: found[name] for name in found if name.startswith(("Pipeline", "Role", "Parallelism"))} == {
        "PipelineArn": arn,
        "PipelineName": "Described",
        "PipelineDisplayName": "shown",
        "PipelineDescription": "for tests",
        "PipelineDefinition": ONE,
        "PipelineStatus": "Active",
        "RoleArn": pipelines.role,
        "ParallelismConfiguration": {"MaxParallelExecutionSteps": 3},
    }
    assert pipelines.client.describe_pipeline(PipelineName=arn)["PipelineName"] == "Described"
    assert pipelines.client.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "prices"}]


def test_a_name_is_taken_once(pipelines: Pipelines) -> None:
    pipelines.create("taken", ONE)
    with _refused("ValidationException", r"must be unique .+\. Pipeline with name \(Taken\) already exists"):
        pipelines.create("Taken", ONE)


def test_the_same_token_makes_one_pipeline(pipelines: Pipelines) -> None:
    token = str(uuid.uuid4())
    request = {"PipelineName": "tokens", "PipelineDefinition": ONE, "RoleArn": pipelines.role}
    first = pipelines.client.create_pipeline(**request, ClientRequestToken=token)["PipelineArn"]
    assert pipelines.client.create_pipeline(**request, ClientRequestToken=token)["PipelineArn"] == first


def test_a_definition_in_s3(pipelines: Pipelines, account: Account) -> None:
    account.put(**{"definitions__one.json": ONE})
    location = {"Bucket": BUCKET, "ObjectKey": "definitions/one.json"}
    request = {"PipelineName": "in-s3", "RoleArn": pipelines.role, "ClientRequestToken": str(uuid.uuid4())}
    pipelines.client.create_pipeline(**request, PipelineDefinitionS3Location=location)
    assert pipelines.client.describe_pipeline(PipelineName="in-s3")["PipelineDefinition"] == ONE
    with _refused("ValidationException", "exclude each other"):
        pipelines.client.update_pipeline(
            PipelineName="in-s3", PipelineDefinition=TWO, PipelineDefinitionS3Location=location
        )
    with _refused("ValidationException", "Unable to read the pipeline definition s3://.*NoSuchKey"):
        gone = {"Bucket": BUCKET, "ObjectKey": "definitions/gone.json"}
        pipelines.client.update_pipeline(PipelineName="in-s3", PipelineDefinitionS3Location=gone)
    with _refused("ValidationException", "Either PipelineDefinition or PipelineDefinitionS3Location is needed"):
        pipelines.client.create_pipeline(**request | {"PipelineName": "no-definition"})


def test_an_update_is_a_new_version(pipelines: Pipelines) -> None:
    pipelines.create("versions", ONE)
    before = pipelines.run("versions")
    answer = pipelines.client.update_pipeline(PipelineName="versions", PipelineDefinition=TWO)
    assert answer["PipelineVersionId"] == 2
    pipelines.client.update_pipeline(PipelineName="versions", PipelineDescription="described")

    after = pipelines.run("versions")
    first = pipelines.run("versions", PipelineVersionId=1)

    assert [each["PipelineVersionId"] for each in (before, after, first)] == [1, 2, 1]
    assert [pipelines.steps(each)["F"]["FailureReason"] for each in (before, after, first)] == ["one", "two", "one"]
    for execution, text in ((before, ONE), (after, TWO)):
        arn = execution["PipelineExecutionArn"]
        found = pipelines.client.describe_pipeline_definition_for_execution(PipelineExecutionArn=arn)
        assert found["PipelineDefinition"] == text
    assert pipelines.client.describe_pipeline(PipelineName="versions", PipelineVersionId=1)["PipelineDefinition"] == ONE
    listed = pipelines.client.list_pipeline_versions(PipelineName="versions")["PipelineVersionSummaries"]
    assert [each["PipelineVersionId"] for each in listed] == [2, 1]
    assert listed[1]["LastExecutionPipelineExecutionArn"] == first["PipelineExecutionArn"]


def test_an_alias_points_to_one_version(pipelines: Pipelines) -> None:
    pipelines.create("aliases", ONE, PipelineVersionAliases=["live"])
    pipelines.client.update_pipeline(PipelineName="aliases", PipelineDefinition=TWO)
    arn = pipelines.client.describe_pipeline(PipelineName="aliases")["PipelineArn"]
    assert pipelines.run("aliases", PipelineVersionAlias="live")["PipelineVersionId"] == 1

    pipelines.client.update_pipeline_version(
        PipelineArn=arn,
        PipelineVersionId=2,
        PipelineVersionDisplayName="second",
        PipelineVersionAliasOperations={"Add": ["live"]},
    )

    assert pipelines.run("aliases", PipelineVersionAlias="live")["PipelineVersionId"] == 2
    found = pipelines.client.describe_pipeline(PipelineName="aliases")
    assert (found["PipelineVersionDisplayName"], found["PipelineVersionAliases"]) == ("second", ["live"])
    with _refused("ResourceNotFound", "has no version alias 'old'"):
        pipelines.start("aliases", PipelineVersionAlias="old")
    with _refused("ResourceNotFound", "has no version 7"):
        pipelines.start("aliases", PipelineVersionId=7)


def test_what_is_not_there(pipelines: Pipelines) -> None:
    arn = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/nothing"
    with _refused("ResourceNotFound", f"Pipeline '{arn}' does not exist"):
        pipelines.start("nothing")
    with _refused("ResourceNotFound", f"Pipeline execution '{arn}/execution/x' does not exist"):
        pipelines.describe(f"{arn}/execution/x")


def test_a_pipeline_is_deleted_with_its_executions(pipelines: Pipelines) -> None:
    pipelines.create("deleted", ONE)
    execution = pipelines.run("deleted")
    pipelines.client.delete_pipeline(PipelineName="deleted", ClientRequestToken=str(uuid.uuid4()))
    with _refused("ResourceNotFound", "does not exist"):
        pipelines.describe(execution["PipelineExecutionArn"])
    with _refused("ResourceNotFound", "does not exist"):
        pipelines.client.describe_pipeline(PipelineName="deleted")


def test_a_pipeline_that_runs_is_not_deleted(pipelines: Pipelines, account: Account) -> None:
    url = account.client("sqs").create_queue(QueueName="keeps-it")["QueueUrl"]
    pipelines.create("runs", definition({"Name": "Ask", "Type": "Callback", "SqsQueueUrl": url, "Arguments": {}}))
    arn = pipelines.start("runs")
    token = pipelines.step(arn, "Ask", "Executing")["Metadata"]["Callback"]["CallbackToken"]
    with _refused("ConflictException", "cannot be deleted while executions of it run"):
        pipelines.client.delete_pipeline(PipelineName="runs", ClientRequestToken=str(uuid.uuid4()))
    pipelines.client.send_pipeline_execution_step_success(CallbackToken=token)
    pipelines.ended(arn)
    pipelines.client.delete_pipeline(PipelineName="runs", ClientRequestToken=str(uuid.uuid4()))


def test_lists_come_in_pages(pipelines: Pipelines) -> None:
    for number in range(3):
        pipelines.create(f"listed-{number}", ONE)
    paginator = pipelines.client.get_paginator("list_pipelines")
    pages = list(paginator.paginate(PipelineNamePrefix="listed", PaginationConfig={"PageSize": 2}))
    names = [[each["PipelineName"] for each in page["PipelineSummaries"]] for page in pages]
    assert names == [["listed-2", "listed-1"], ["listed-0"]]
    later = datetime.now(UTC) + timedelta(hours=1)
    answer = pipelines.client.list_pipelines(PipelineNamePrefix="listed", CreatedAfter=later)
    assert answer["PipelineSummaries"] == []


def test_executions_are_listed_newest_first(pipelines: Pipelines) -> None:
    pipelines.create("executed", ONE)
    arns = [pipelines.run("executed")["PipelineExecutionArn"] for _ in range(2)]
    listed = pipelines.client.list_pipeline_executions(PipelineName="executed")["PipelineExecutionSummaries"]
    assert [each["PipelineExecutionArn"] for each in listed] == arns[::-1]
    assert listed[0]["PipelineExecutionFailureReason"] == "Step failure: One or multiple steps failed."
    steps = pipelines.client.list_pipeline_execution_steps(PipelineExecutionArn=arns[0], SortOrder="Ascending")
    assert [each["StepName"] for each in steps["PipelineExecutionSteps"]] == ["F"]


def test_events_tell_of_executions_and_steps(pipelines: Pipelines, account: Account, noop: str) -> None:
    pipelines.create("eventful", definition(processing("Prepare", noop, pipelines.role)))
    execution = pipelines.run("eventful")
    arn = execution["PipelineExecutionArn"]
    identity = arn.rpartition("/")[2]

    def told(kind: str) -> list[dict[str, Any]]:
        return [
            each["detail"]
            for each in list(account.events)
            if each["detail-type"] == f"SageMaker Model Building Pipeline Execution {kind}Status Change"
            and each["resources"][1].endswith(identity)
        ]

    executions = account.eventually(lambda: told(""), lambda found: len(found) == 2)
    statuses = [
        (each["previousPipelineExecutionStatus"], each["currentPipelineExecutionStatus"]) for each in executions
    ]
    assert statuses == [("Executing", "Executing"), ("Executing", "Succeeded")]
    *before, last = told("Step ")
    changes = [(each["previousStepStatus"], each["currentStepStatus"]) for each in (*before, last)]
    assert changes == [("Starting", "Starting"), ("Starting", "Executing"), ("Executing", "Succeeded")]
    job = pipelines.steps(arn)["Prepare"]["Metadata"]["ProcessingJob"]["Arn"]
    assert last["metadata"] == {"processingJob": {"arn": job}}
    assert (last["stepName"], last["stepType"], last["currentStepStatus"]) == ("Prepare", "Processing", "Succeeded")
    assert last["pipelineExecutionArn"] == arn
    assert json.dumps(last)


def test_metrics_count_executions_and_steps(pipelines: Pipelines, account: Account) -> None:
    pipelines.create("counted", ONE)
    pipelines.run("counted")
    cloudwatch = account.client("cloudwatch")

    def total(name: str, **dimensions: str) -> float:
        end = datetime.now(UTC) + timedelta(minutes=1)
        answer = cloudwatch.get_metric_statistics(
            Namespace="AWS/Sagemaker/ModelBuildingPipeline",
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=end - timedelta(hours=1),
            EndTime=end,
            Period=3600,
            Statistics=["Sum"],
        )
        return float(sum(point["Sum"] for point in answer["Datapoints"]))

    for name in ("ExecutionStarted", "ExecutionFailed"):
        account.eventually(lambda name=name: total(name, PipelineName="counted"), lambda found: found == 1)  # type: ignore[misc]
    assert total("StepFailed", PipelineName="counted", StepName="F") == 1


def test_jobs_belong_to_the_experiment(pipelines: Pipelines, noop: str) -> None:
    experiment = {"ExperimentName": get("Execution.PipelineName"), "TrialName": get("Execution.PipelineExecutionId")}
    text = definition(processing("Prepare", noop, pipelines.role), PipelineExperimentConfig=experiment)
    pipelines.create("experiments", text)

    execution = pipelines.run("experiments")

    trial = execution["PipelineExecutionArn"].rpartition("/")[2]
    assert execution["PipelineExperimentConfig"] == {"ExperimentName": "experiments", "TrialName": trial}
    assert pipelines.client.describe_trial(TrialName=trial)["ExperimentName"] == "experiments"
    job = pipelines.steps(execution)["Prepare"]["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
    assert pipelines.client.describe_processing_job(ProcessingJobName=job)["ExperimentConfig"] == {
        "ExperimentName": "experiments",
        "TrialName": trial,
        "TrialComponentDisplayName": "Prepare",
    }


def test_a_jobs_name_in_its_request_is_the_beginning_of_its_name(pipelines: Pipelines, noop: str) -> None:
    named = processing("Prepare", noop, pipelines.role, Arguments={"ProcessingJobName": "my-prices"})
    pipelines.create("prefix-own", definition(named))
    pipelines.create("prefix-aws", definition(processing("Prepare", noop, pipelines.role)))
    own, aws = (pipelines.run(f"prefix-{name}") for name in ("own", "aws"))

    def job(execution: dict[str, Any]) -> str:
        arn: str = pipelines.steps(execution)["Prepare"]["Metadata"]["ProcessingJob"]["Arn"]
        return arn.rpartition("/")[2]

    assert job(own).startswith(f"my-prices-{own['PipelineExecutionArn'].rpartition('/')[2]}-")
    assert job(aws).startswith(f"pipelines-{aws['PipelineExecutionArn'].rpartition('/')[2]}-Prepare-")
