"""What the command line makes of a pipeline's answers. The pipelines themselves run in the tests of the local AWS."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from attrs import define, field
from botocore.stub import Stubber

from mlops_cli.engines import Selection, engine_of, look, pipelines, state_machines
from mlops_cli.errors import BAD_INPUT, CliError
from mlops_cli.target import Target

PIPELINE = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/housing"
EXECUTION = f"{PIPELINE}/execution/abcdefghijkl"
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DOCUMENT = {
    "Version": "2020-12-01",
    "Parameters": [
        {"Name": "Rows", "Type": "Integer", "DefaultValue": 10},
        {"Name": "Mode", "Type": "String", "EnumValues": ["dry", "wet"]},
        {"Name": "Threshold", "Type": "Float", "DefaultValue": 0.5},
        {"Name": "Verbose", "Type": "Boolean", "DefaultValue": False},
    ],
    "Steps": [
        {"Name": "A", "Type": "Processing", "Arguments": {}},
        {"Name": "B", "Type": "Processing", "Arguments": {}, "DependsOn": ["A"]},
        {"Name": "C", "Type": "Training", "Arguments": {"X": {"Get": "Steps.B.ExitMessage"}}},
        {"Name": "D", "Type": "Training", "Arguments": {}},
    ],
}


@define(kw_only=True)
class Answers(Target):
    """A target whose SageMaker answers what a test tells it to, if it is asked what the test expects."""

    endpoint_url: str | None = None
    stubber: Stubber = field(init=False)

    def __attrs_post_init__(self) -> None:
        client = boto3.client("sagemaker", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        self.stubber = Stubber(client)
        self._clients["sagemaker"] = client

    def deployed(self) -> None:
        self.stubber.add_response(
            "describe_pipeline", {"PipelineDefinition": json.dumps(DOCUMENT)}, {"PipelineName": "housing"}
        )


@pytest.fixture
def target() -> Iterator[Answers]:
    target = Answers()
    with target.stubber:
        yield target
    target.stubber.assert_no_pending_responses()


def step(name: str, status: str = "Succeeded", seconds: int = 1, **members: Any) -> dict[str, Any]:
    end = {} if status == "Executing" else {"EndTime": BEGIN + timedelta(seconds=seconds)}
    return {"StepName": name, "StepStatus": status, "StartTime": BEGIN, "AttemptCount": 1, **end, **members}


def told(target: Answers, status: str, *steps: dict[str, Any], **members: Any) -> None:
    times = {"CreationTime": BEGIN, "LastModifiedTime": BEGIN + timedelta(seconds=9)}
    target.stubber.add_response("describe_pipeline_execution", {"PipelineExecutionStatus": status, **times, **members})
    target.stubber.add_response("list_pipeline_execution_steps", {"PipelineExecutionSteps": list(steps)})


def job(name: str) -> dict[str, Any]:
    return {"ProcessingJob": {"Arn": f"arn:aws:sagemaker:us-east-1:123456789012:processing-job/{name}"}}


def test_an_arn_tells_its_engine() -> None:
    assert engine_of(PIPELINE) is engine_of(EXECUTION) is pipelines
    assert engine_of("arn:aws:states:us-east-1:123456789012:execution:machine:run-1") is state_machines
    assert pipelines.workflow_of(EXECUTION) == PIPELINE


def test_steps_become_what_every_view_shows(target: Answers) -> None:
    cached = step("A", CacheHitResult={"SourcePipelineExecutionArn": EXECUTION})
    told(target, "Executing", cached, step("B", "Executing", Metadata=job("b-1")), step("C", "Stopping"))
    progress = look(target, EXECUTION)
    assert progress.name == "abcdefghijkl"
    assert {name: found.status for name, found in progress.steps.items()} == {
        "A": "CACHED",
        "B": "RUNNING",
        "C": "RUNNING",
    }
    assert progress.steps["B"].telling.log == "b-1"
    assert (progress.status, progress.ended) == ("RUNNING", None)


def test_a_step_that_was_left_out_took_no_time(target: Answers) -> None:
    source = {"SourcePipelineExecutionArn": EXECUTION}
    told(target, "Succeeded", step("A", seconds=900, SelectiveExecutionResult=source), step("B"))
    progress = look(target, EXECUTION)
    left_out = progress.steps["A"]
    assert (left_out.status, left_out.seconds(BEGIN)) == ("REUSED", 0.0)
    assert progress.steps["B"].status == "SUCCEEDED"


def test_the_first_step_that_failed_tells_why(target: Answers) -> None:
    told(
        target,
        "Failed",
        step("D", "Failed", 5, FailureReason="later"),
        step("B", "Failed", 2, FailureReason="AlgorithmError: no rows", Metadata=job("b-1")),
        FailureReason="Step failure: One or multiple steps failed.",
    )
    failure = pipelines.failure(look(target, EXECUTION))
    assert (failure.step, failure.cause, failure.log) == ("B", "AlgorithmError: no rows", "b-1")


def test_an_execution_that_failed_without_a_step_tells_its_own_reason(target: Answers) -> None:
    told(target, "Failed", FailureReason="the role cannot be assumed")
    failure = pipelines.failure(look(target, EXECUTION))
    assert (failure.step, failure.error, failure.cause) == (None, "FAILED", "the role cannot be assumed")


def started(target: Answers, **expected: Any) -> None:
    target.stubber.add_response(
        "start_pipeline_execution",
        {"PipelineExecutionArn": EXECUTION},
        {"PipelineName": "housing", "PipelineExecutionDisplayName": "run-1", **expected},
    )


def test_parameters_are_checked_before_the_start(target: Answers) -> None:
    target.deployed()
    started(
        target,
        PipelineParameters=[
            {"Name": "Rows", "Value": "20"},
            {"Name": "Mode", "Value": "dry"},
            {"Name": "Verbose", "Value": "true"},
        ],
    )
    assert (
        pipelines.start(target, PIPELINE, {"Rows": "20", "Mode": "dry", "Verbose": "true"}, name="run-1") == EXECUTION
    )


def test_what_is_wrong_with_parameters_is_told_together(target: Answers) -> None:
    target.deployed()
    with pytest.raises(CliError) as caught:
        pipelines.start(target, PIPELINE, {"Rows": "many", "Other": "1", "Mode": "damp"}, name="run-1")
    assert caught.value.message.splitlines() == [
        "the input is not valid, 3 problems:",
        "Rows: got 'many', expected a whole number",
        "Other: unknown, expected Rows, Mode, Threshold, Verbose",
        "Mode: got 'damp', expected one of dry, wet",
    ]
    assert caught.value.exit_code == BAD_INPUT


@pytest.mark.parametrize("only", [(), ("B",), ("C",)])
def test_a_step_is_run_with_all_that_wait_for_it(target: Answers, only: tuple[str, ...]) -> None:
    target.deployed()
    target.stubber.add_response(
        "list_pipeline_executions", {"PipelineExecutionSummaries": [{"PipelineExecutionArn": EXECUTION}]}
    )
    started(
        target,
        PipelineParameters=[{"Name": "Mode", "Value": "wet"}],
        SelectiveExecutionConfig={
            "SelectedSteps": [{"StepName": "B"}, {"StepName": "C"}],
            "SourcePipelineExecutionArn": EXECUTION,
        },
    )
    pipelines.start(target, PIPELINE, {"Mode": "wet"}, name="run-1", selection=Selection(only=only, start="B"))


def test_chosen_steps_must_exist(target: Answers) -> None:
    target.deployed()
    with pytest.raises(CliError, match="the pipeline has no step 'Z'; its steps are A, B, C, D"):
        pipelines.start(target, PIPELINE, {"Mode": "wet"}, name="run-1", selection=Selection(only=("A", "Z")))


def test_a_part_of_the_steps_needs_an_earlier_execution(target: Answers) -> None:
    target.deployed()
    target.stubber.add_response("list_pipeline_executions", {"PipelineExecutionSummaries": []})
    with pytest.raises(CliError, match="need an execution that their outputs come from, and the pipeline has none"):
        pipelines.start(target, PIPELINE, {"Mode": "wet"}, name="run-1", selection=Selection(only=("A",)))


def test_step_functions_runs_no_part_of_a_workflow() -> None:
    with pytest.raises(CliError, match="--from, --only and --reference are for SageMaker pipelines"):
        state_machines.start(Target(endpoint_url=None), "arn", {}, name="x", selection=Selection(start="A"))


def test_an_execution_is_found_by_its_display_name_or_its_id(target: Answers) -> None:
    summary = {"PipelineExecutionArn": EXECUTION, "PipelineExecutionDisplayName": "monday"}
    for _ in range(3):
        target.stubber.add_response("list_pipeline_executions", {"PipelineExecutionSummaries": [summary]})
    assert pipelines.find(target, PIPELINE, "monday") == EXECUTION
    assert pipelines.find(target, PIPELINE, "abcdefghijkl") == EXECUTION
    assert pipelines.find(target, PIPELINE, "tuesday") is None


def test_what_has_ended_is_not_stopped(target: Answers) -> None:
    target.stubber.add_response("describe_pipeline_execution", {"PipelineExecutionStatus": "Succeeded"})
    with pytest.raises(CliError, match="the execution has ended: Succeeded"):
        pipelines.stop(target, EXECUTION)


def test_what_cannot_go_on_is_told_with_the_reason(target: Answers) -> None:
    target.stubber.add_client_error("retry_pipeline_execution", "ValidationException", "it has succeeded")
    with pytest.raises(CliError, match="the execution cannot go on: it has succeeded"):
        pipelines.retry(target, EXECUTION)


def test_what_executions_made_is_read_from_their_steps(target: Answers) -> None:
    target.stubber.add_response(
        "list_pipeline_executions", {"PipelineExecutionSummaries": [{"PipelineExecutionArn": EXECUTION}]}
    )
    package = "arn:aws:sagemaker:us-east-1:123456789012:model-package/houses/1"
    model = "arn:aws:sagemaker:us-east-1:123456789012:model/house"
    steps = [
        step("R", Metadata={"RegisterModel": {"Arn": package}}),
        step("M", Metadata={"Model": {"Arn": model}}),
        step("B", Metadata=job("b-1")),
    ]
    target.stubber.add_response("list_pipeline_execution_steps", {"PipelineExecutionSteps": steps})
    assert pipelines.made_by_runs(target, PIPELINE) == {package, "house"}
