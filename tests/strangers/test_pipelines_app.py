"""An app of SageMaker's own L1 resources: pipelines, a feature group and a registry, with what listens to them."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.strangers.account import ACCOUNT, REGION, Account, until

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

OPEN = ("Executing", "Stopping")


def test_pipelines_train_register_and_tell(project: Account) -> None:
    app = project.app("pipelines")
    app.deploy()
    outputs = {name.removesuffix("Out"): value for name, value in project.outputs("Pipelines").items()}
    built(project, outputs["Project"])
    s3 = project.client("s3")
    s3.put_object(Bucket=outputs["Bucket"], Key="data/rows.csv", Body=b"1,4\n1,6\n")

    good = ended(project, outputs["Training"], Rounds="5")
    assert good["PipelineExecutionStatus"] == "Succeeded", good
    found = steps(project, good)
    assert {name: step["StepStatus"] for name, step in found.items()} == dict.fromkeys(
        ("Train", "Good", "Register"), "Succeeded"
    )
    handled = project.messages(outputs["Handled"], count=2)
    assert sorted(handled) == ["Register Succeeded", "Train Succeeded"]
    bad = ended(project, outputs["Training"], Rounds="5", Limit="0.5")
    assert bad["PipelineExecutionStatus"] == "Failed", bad
    found = steps(project, bad)
    assert found["Bad"]["FailureReason"] == "the error is above: 0.5"
    assert found["Train"]["CacheHitResult"] == {"SourcePipelineExecutionArn": good["PipelineExecutionArn"]}
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/{outputs['Training']}"
    heard = project.messages(outputs["Heard"], count=2)
    assert {text.strip('"') for text in heard} == {f"{arn} is Succeeded", f"{arn} is Failed"}

    an_event_and_a_schedule_start_the_other(project, outputs["Telling"])
    records_by_the_command_line(project, outputs["Features"])

    sagemaker = project.client("sagemaker")
    training = sagemaker.list_training_jobs(StatusEquals="Completed", NameContains="Train")["TrainingJobSummaries"][0]
    job = sagemaker.describe_training_job(TrainingJobName=training["TrainingJobName"])
    model = job["ModelArtifacts"]["S3ModelArtifacts"]
    app.deploy("--context", f"image={outputs['Image']}", "--context", f"model={model}", version="second")
    described = sagemaker.describe_pipeline(PipelineName=outputs["Training"])
    assert described["PipelineDisplayName"] == "training-second"
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"][-1]["Value"] == "second"
    packages = sagemaker.list_model_packages(ModelPackageGroupName="strangers-prices", SortBy="CreationTime")
    approvals = {
        each["ModelPackageVersion"]: each["ModelApprovalStatus"] for each in packages["ModelPackageSummaryList"]
    }
    assert approvals == {1: "PendingManualApproval", 2: "Approved"}

    sagemaker.delete_model_package(ModelPackageName=packages["ModelPackageSummaryList"][-1]["ModelPackageArn"])
    app.destroy(version="second")
    assert project.status("Pipelines") == ""
    with pytest.raises(ClientError, match=f"Pipeline '{arn}' does not exist"):
        sagemaker.describe_pipeline(PipelineName=outputs["Training"])


def built(account: Account, name: str) -> None:
    """Builds the image."""
    codebuild = account.client("codebuild")
    number = codebuild.start_build(projectName=name)["build"]["id"]
    build = until(
        lambda: codebuild.batch_get_builds(ids=[number])["builds"][0],
        lambda found: found["buildStatus"] != "IN_PROGRESS",
        60,
    )
    assert build["buildStatus"] == "SUCCEEDED", build


def ended(account: Account, pipeline: str, **parameters: str) -> dict[str, Any]:
    """An execution of a pipeline at its end, started by the command line."""
    given = [f"Name={name},Value={value}" for name, value in parameters.items()]
    started = account.aws_json(
        "sagemaker", "start-pipeline-execution", "--pipeline-name", pipeline, "--pipeline-parameters", *given
    )
    return at_its_end(account, started["PipelineExecutionArn"])


def at_its_end(account: Account, arn: str) -> dict[str, Any]:
    sagemaker = account.client("sagemaker")
    return until(
        lambda: sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn),
        lambda found: found["PipelineExecutionStatus"] not in OPEN,
        120,
    )


def steps(account: Account, execution: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Steps by name, from the command line."""
    arn = execution["PipelineExecutionArn"]
    told = account.aws_json("sagemaker", "list-pipeline-execution-steps", "--pipeline-execution-arn", arn)
    return {step["StepName"]: step for step in told["PipelineExecutionSteps"]}


def an_event_and_a_schedule_start_the_other(account: Account, pipeline: str) -> None:
    """Each with parameters of its own."""
    sagemaker = account.client("sagemaker")
    wish = {"Source": "strangers", "DetailType": "Wish", "Detail": json.dumps({"text": "a friend"})}
    assert account.client("events").put_events(Entries=[wish])["FailedEntryCount"] == 0

    def reasons() -> set[str]:
        told = set()
        for each in sagemaker.list_pipeline_executions(PipelineName=pipeline)["PipelineExecutionSummaries"]:
            at_its_end(account, each["PipelineExecutionArn"])
            found = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=each["PipelineExecutionArn"])
            told |= {step["FailureReason"] for step in found["PipelineExecutionSteps"]}
        return told

    until(reasons, {"heard from a friend", "told by a schedule"}.__eq__, 180)


def records_by_the_command_line(account: Account, group: str) -> None:
    """A record is put, and looked up."""
    record = [
        {"FeatureName": name, "ValueAsString": value}
        for name, value in (("house", "h 1"), ("at", "2026-01-01T00:00:00Z"), ("price", "12.5"))
    ]
    runtime = ("sagemaker-featurestore-runtime",)
    account.aws(*runtime, "put-record", "--feature-group-name", group, "--record", json.dumps(record))
    asked = ("--feature-group-name", group, "--record-identifier-value-as-string", "h 1")
    assert account.aws_json(*runtime, "get-record", *asked)["Record"] == record
    deletion = ("--event-time", "2026-01-02T00:00:00Z")
    account.aws(*runtime, "delete-record", *asked, *deletion)
    assert account.aws(*runtime, "get-record", *asked).strip() in ("", "{}")
