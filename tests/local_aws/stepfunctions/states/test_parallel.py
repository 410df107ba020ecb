"""Parallel states: branches, their histories, and what one branch's failure does to the others."""

from typing import Any

from tests.local_aws.stepfunctions.workbench import Workbench, until


def branch(name: str, state: dict[str, Any], **more: dict[str, Any]) -> dict[str, Any]:
    return {"StartAt": name, "States": {name: state, **more}}


def parallel(*branches: dict[str, Any], **members: Any) -> dict[str, Any]:
    state = {"Type": "Parallel", "Branches": list(branches), "End": True, **members}
    return {"StartAt": "P", "States": {"P": state}}


BOOM = branch("Boom", {"Type": "Fail", "Error": "MyError", "Cause": "my cause"})


def test_outputs_come_in_the_order_of_the_branches(bench: Workbench) -> None:
    definition = parallel(
        branch("Slow", {"Type": "Wait", "Seconds": 5, "End": True}),
        branch("Fast", {"Type": "Pass", "Result": "fast", "End": True}),
    )
    assert bench.run(definition, "in", skip=True).output == ["in", "fast"]


def test_every_branch_gets_the_parameters_and_the_result_is_put_into_the_input(bench: Workbench) -> None:
    definition = parallel(
        branch("A", {"Type": "Pass", "End": True}),
        branch("B", {"Type": "Pass", "Parameters": {"b.$": "$.x"}, "End": True}),
        Parameters={"x.$": "$.deep.x"},
        ResultSelector={"first.$": "$[0].x", "second.$": "$[1].b"},
        ResultPath="$.both",
        OutputPath="$.both",
    )
    assert bench.run(definition, {"deep": {"x": 1}}).output == {"first": 1, "second": 1}


def test_history_of_branches_on_lines_of_their_own(bench: Workbench) -> None:
    definition = parallel(
        branch("A1", {"Type": "Pass", "Next": "A2"}, A2={"Type": "Pass", "End": True}),
        branch("B1", {"Type": "Pass", "Next": "B2"}, B2={"Type": "Pass", "End": True}),
    )
    result = bench.run(definition, {"x": "a"})
    assert result.types[:3] == ["ExecutionStarted", "ParallelStateEntered", "ParallelStateStarted"]
    assert result.types[11:] == ["ParallelStateSucceeded", "ParallelStateExited", "ExecutionSucceeded"]
    assert result.details("ParallelStateStarted") is None
    ids = {
        (event["type"], event["stateEnteredEventDetails"]["name"]): event
        for event in result.events
        if "stateEnteredEventDetails" in event
    }
    for name in ("A", "B"):
        first, second = ids["PassStateEntered", f"{name}1"], ids["PassStateEntered", f"{name}2"]
        assert first["previousEventId"] == 3
        assert second["previousEventId"] == first["id"] + 1
    # the last event of a branch leads to both
    assert result.chain[11:] == [11, 11, 13]


def test_a_failing_branch_fails_the_state(bench: Workbench) -> None:
    result = bench.run(parallel(BOOM), {"x": "a"})
    assert result.types == [
        "ExecutionStarted",
        "ParallelStateEntered",
        "ParallelStateStarted",
        "FailStateEntered",
        "ParallelStateFailed",
        "ExecutionFailed",
    ]
    assert result.chain == [0, 0, 2, 3, 4, 5]
    assert (result.error, result.cause) == ("MyError", "my cause")


def test_a_runtime_error_in_a_branch_names_the_state_and_leaves_no_failed_event(bench: Workbench) -> None:
    definition = parallel(
        branch("Fast", {"Type": "Pass", "Parameters": {"m.$": "$.nope"}, "End": True}),
        Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Handled"}],
    )
    definition["States"]["Handled"] = {"Type": "Pass", "End": True}
    result = bench.run(definition, {"x": "a"})
    assert result.types == [
        "ExecutionStarted",
        "ParallelStateEntered",
        "ParallelStateStarted",
        "PassStateEntered",
        "ExecutionFailed",
    ]
    assert result.chain == [0, 0, 2, 3, 4]
    assert result.cause == (
        "An error occurred while executing the state 'Fast' (entered at the event id #4). The JSONPath '$.nope' "
        "specified for the field 'm.$' could not be found in the input '{\"x\":\"a\"}'"
    )


def test_retried_then_failed(bench: Workbench) -> None:
    definition = parallel(BOOM, Retry=[{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "IntervalSeconds": 1}])
    result = bench.run(definition, skip=True)
    assert result.types == [
        "ExecutionStarted",
        "ParallelStateEntered",
        "ParallelStateStarted",
        "FailStateEntered",
        "ParallelStateStarted",
        "FailStateEntered",
        "ParallelStateFailed",
        "ExecutionFailed",
    ]
    assert result.chain == [0, 0, 2, 3, 4, 5, 6, 7]


def test_a_failing_task_in_a_branch_is_aborted_and_caught(bench: Workbench) -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "no-such"},
        "End": True,
    }
    definition = parallel(branch("Send", task), Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Handled"}])
    definition["States"]["Handled"] = {"Type": "Pass", "End": True}
    result = bench.run(definition)
    assert result.types == [
        "ExecutionStarted",
        "ParallelStateEntered",
        "ParallelStateStarted",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskFailed",
        "TaskStateAborted",
        "ParallelStateFailed",
        "ParallelStateExited",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]
    assert result.chain == [0, 0, 2, 3, 4, 5, 6, 7, 7, 9, 10, 11, 12]
    assert result.output["Error"] == "Lambda.ResourceNotFoundException"


def test_the_others_are_stopped_when_one_fails(bench: Workbench) -> None:
    job = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
        "Parameters": training_job("stopped-by-branch"),
        "End": True,
    }
    wait = {"Type": "Wait", "Seconds": 60, "Next": "Boom"}
    definition = parallel(
        branch("Train", job),
        branch("Wait", wait, Boom={"Type": "Fail", "Error": "MyError"}),
        branch("Long", {"Type": "Wait", "Seconds": 999_999, "End": True}),
    )
    execution = bench.start(bench.machine(definition))
    bench.at(execution, "TaskSubmitted")
    bench.clock.advance(61)
    result = bench.ended(execution)
    assert (result.status, result.error) == ("FAILED", "MyError")
    assert "TaskStateAborted" in result.types
    assert "WaitStateAborted" in result.types
    until(lambda: "stopped-by-branch" in bench.training.stopped)


def test_branches_in_branches(bench: Workbench) -> None:
    inner = {
        "Type": "Parallel",
        "Branches": [
            branch("X", {"Type": "Pass", "Result": 1, "End": True}),
            branch("Y", {"Type": "Pass", "Result": 2, "End": True}),
        ],
        "End": True,
    }
    assert bench.run(
        parallel(branch("Inner", inner), branch("Z", {"Type": "Pass", "Result": 3, "End": True}))
    ).output == [[1, 2], 3]


def test_jsonata_arguments_and_output(bench: Workbench) -> None:
    definition = parallel(
        branch("A", {"Type": "Pass", "Output": "{% $states.input.x + 1 %}", "End": True}),
        branch("B", {"Type": "Pass", "End": True}),
        Arguments={"x": "{% $states.input.y %}"},
        Output={"sum": "{% $states.result[0] + $states.result[1].x %}"},
    )
    assert bench.run({**definition, "QueryLanguage": "JSONata"}, {"y": 5}).output == {"sum": 11}


def training_job(name: str) -> dict[str, Any]:
    return {
        "TrainingJobName": name,
        "AlgorithmSpecification": {
            "TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/i:1",
            "TrainingInputMode": "File",
        },
        "RoleArn": "arn:aws:iam::123456789012:role/everything",
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    }
