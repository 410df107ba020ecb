"""Jobs that a state waits for: SageMaker training, CodeBuild, nested executions."""

import json
import threading
from typing import Any

import pytest

from tests.local_aws.stepfunctions.states.test_parallel import training_job
from tests.local_aws.stepfunctions.workbench import Workbench, allow, until

TRAIN = "arn:aws:states:::sagemaker:createTrainingJob.sync"


def train(name: str, **members: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": TRAIN, "Parameters": training_job(name), "End": True, **members}


def started(bench: Workbench, name: str, state: dict[str, Any] | None = None, **members: Any) -> str:
    """Starts an execution and waits until its job runs."""
    definition = {"StartAt": "S", "States": {"S": state or train(name)}}
    execution = bench.start(bench.machine(definition, **members))
    bench.at(execution, "TaskSubmitted")
    return execution


def test_ends_with_the_job_and_gives_its_description(bench: Workbench) -> None:
    execution = started(bench, "good")
    bench.training.end("good")
    result = bench.ended(execution)
    assert result.status == "SUCCEEDED"
    assert result.output["TrainingJobStatus"] == "Completed"
    assert result.output["ModelArtifacts"]["S3ModelArtifacts"] == "s3://bucket/good/model.tar.gz"
    assert result.output["ResourceConfig"]["VolumeSizeInGB"] == 10
    # the optimized integrations give times in milliseconds
    assert result.output["CreationTime"] == 1714979289123
    assert result.output["Tags"] == {
        "AWS_STEP_FUNCTIONS_EXECUTION_ARN": execution,
        "MANAGED_BY_AWS": "STARTED_BY_STEP_FUNCTIONS",
    }
    assert result.types == [
        "ExecutionStarted",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSubmitted",
        "TaskSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]
    submitted = result.details("TaskSubmitted")
    assert (submitted["resourceType"], submitted["resource"]) == ("sagemaker", "createTrainingJob.sync")
    assert json.loads(submitted["output"])["TrainingJobArn"].endswith("training-job/good")


@pytest.mark.parametrize("status", ["Failed", "Stopped"])
def test_a_job_that_does_not_complete_fails_the_task(bench: Workbench, status: str) -> None:
    execution = started(bench, f"bad-{status}".lower())
    bench.training.end(f"bad-{status}".lower(), status, reason="AlgorithmError: exit code 1")
    result = bench.ended(execution)
    assert (result.status, result.error) == ("FAILED", "States.TaskFailed")
    cause = json.loads(str(result.cause))
    assert (cause["TrainingJobStatus"], cause["FailureReason"]) == (status, "AlgorithmError: exit code 1")
    assert result.types[-2:] == ["TaskFailed", "ExecutionFailed"]


@pytest.mark.parametrize(
    ("name", "error", "code"),
    [
        ("invalid", "SageMaker.AmazonSageMakerException", "ValidationException"),
        ("taken", "SageMaker.ResourceInUseException", "ResourceInUse"),
    ],
)
def test_a_request_that_is_refused(bench: Workbench, name: str, error: str, code: str) -> None:
    bench.training.jobs.setdefault("taken", {})
    result = bench.run({"StartAt": "S", "States": {"S": train(name)}})
    assert result.error == error
    assert f"(Service: AmazonSageMaker; Status Code: 400; Error Code: {code}; Request ID: " in str(result.cause)
    assert result.types[-3:] == ["TaskStarted", "TaskSubmitFailed", "ExecutionFailed"]


def test_a_lost_event_is_made_up_for_by_a_look(bench: Workbench) -> None:
    execution = started(bench, "silent")
    bench.training.silent = True
    try:
        bench.training.end("silent")
    finally:
        bench.training.silent = False
    assert bench.ended(execution, skip=True).status == "SUCCEEDED"


def test_stop_execution_stops_the_job(bench: Workbench) -> None:
    execution = started(bench, "stopped")
    bench.client().stop_execution(executionArn=execution, error="Enough", cause="by hand")
    result = bench.ended(execution)
    assert (result.status, result.error, result.cause) == ("ABORTED", "Enough", "by hand")
    until(lambda: "stopped" in bench.training.stopped)


def test_a_timeout_stops_the_job(bench: Workbench) -> None:
    execution = started(bench, "late", train("late", TimeoutSeconds=100))
    bench.clock.advance(101)
    result = bench.ended(execution)
    assert (result.error, result.types[-2:]) == ("States.Timeout", ["TaskTimedOut", "ExecutionFailed"])
    until(lambda: "late" in bench.training.stopped)


def test_a_stop_while_the_job_is_being_started_leaves_none_behind(bench: Workbench) -> None:
    entered, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        entered.set()
        go_on.wait(10)

    bench.training.before_start = wait
    try:
        execution = bench.start(bench.machine({"StartAt": "S", "States": {"S": train("in-between")}}))
        assert entered.wait(10)
        bench.client().stop_execution(executionArn=execution)
    finally:
        bench.training.before_start = lambda: None
        go_on.set()
    until(lambda: "in-between" in bench.training.stopped)


def test_the_role_may_not_describe_the_job(bench: Workbench) -> None:
    role = bench.make_role(
        "starts-only",
        allow(
            "sagemaker:CreateTrainingJob",
            "sagemaker:AddTags",
            "iam:PassRole",
            "events:PutRule",
            "events:PutTargets",
            "events:DescribeRule",
        ),
    )
    result = bench.run({"StartAt": "S", "States": {"S": train("undescribed")}}, roleArn=role)
    assert result.error == "SageMaker.AmazonSageMakerException"
    assert "sagemaker:DescribeTrainingJob" in str(result.cause)


def test_a_build(bench: Workbench) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::codebuild:startBuild.sync",
        "Parameters": {
            "ProjectName": "p",
            "EnvironmentVariablesOverride": [{"Name": "K", "Value": "V", "Type": "PLAINTEXT"}],
        },
        "End": True,
    }
    execution = started(bench, "", state)
    build = json.loads(bench.at(execution, "TaskSubmitted")["taskSubmittedEventDetails"]["output"])["Build"]["Id"]
    bench.builds.end(build)
    result = bench.ended(execution)
    assert result.output["Build"]["BuildStatus"] == "SUCCEEDED"
    assert result.output["Build"]["StartTime"] == 1714979289123
    failing = started(bench, "", state)
    build = json.loads(bench.at(failing, "TaskSubmitted")["taskSubmittedEventDetails"]["output"])["Build"]["Id"]
    bench.builds.end(build, "FAILED")
    result = bench.ended(failing)
    assert result.error == "States.TaskFailed"
    assert json.loads(str(result.cause))["Build"]["Id"] == build


def test_a_stopped_execution_stops_its_build(bench: Workbench) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::codebuild:startBuild.sync",
        "Parameters": {"ProjectName": "stopped"},
        "End": True,
    }
    execution = started(bench, "", state)
    bench.client().stop_execution(executionArn=execution)
    until(lambda: any(build.startswith("stopped:") for build in bench.builds.stopped))


CHILD = {"StartAt": "C", "States": {"C": {"Type": "Pass", "Parameters": {"got.$": "$.n"}, "End": True}}}


def nested(child: str, pattern: str, **parameters: Any) -> dict[str, Any]:
    resource = f"arn:aws:states:::states:startExecution{pattern}"
    return {
        "Type": "Task",
        "Resource": resource,
        "Parameters": {"StateMachineArn": child, "Input": {"n": 1}, **parameters},
    }


def test_a_nested_execution_that_is_only_started(bench: Workbench) -> None:
    result = bench.run_state(nested(bench.machine(CHILD), "", Name="only-started"))
    assert result.output["ExecutionArn"].endswith(":only-started")
    assert isinstance(result.output["StartDate"], int)
    assert bench.ended(result.output["ExecutionArn"]).output == {"got": 1}


def test_a_nested_execution_with_its_output_as_text(bench: Workbench) -> None:
    result = bench.run_state(nested(bench.machine(CHILD), ".sync"))
    assert (result.output["Status"], result.output["Output"], result.output["Input"]) == (
        "SUCCEEDED",
        '{"got":1}',
        '{"n":1}',
    )


def test_a_nested_execution_with_its_output_as_json(bench: Workbench) -> None:
    result = bench.run_state(nested(bench.machine(CHILD), ".sync:2"))
    assert (result.output["Output"], result.output["Input"]) == ({"got": 1}, {"n": 1})


def test_a_nested_execution_that_fails(bench: Workbench) -> None:
    child = bench.machine({"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "C"}}})
    result = bench.run_state(nested(child, ".sync:2"))
    assert result.error == "States.TaskFailed"
    told = json.loads(str(result.cause))
    assert (told["Status"], told["Error"], told["Cause"], told["Input"]) == ("FAILED", "E", "C", {"n": 1})


def test_a_stopped_execution_stops_its_nested_one(bench: Workbench) -> None:
    child = bench.machine({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1_000_000, "End": True}}})
    parent = bench.start(bench.machine({"StartAt": "S", "States": {"S": {**nested(child, ".sync"), "End": True}}}))
    submitted = bench.at(parent, "TaskSubmitted")["taskSubmittedEventDetails"]
    inner = json.loads(submitted["output"])["ExecutionArn"]
    bench.client().stop_execution(executionArn=parent)
    assert bench.ended(inner).status == "ABORTED"


def test_the_errors_of_a_nested_start(bench: Workbench) -> None:
    result = bench.run_state(nested("arn:aws:states:us-east-1:123456789012:stateMachine:absent", ".sync"))
    assert result.error == "StepFunctions.StateMachineDoesNotExistException"
    assert "(Service: AWSStepFunctions; Status Code: 400; Error Code: StateMachineDoesNotExist;" in str(result.cause)
