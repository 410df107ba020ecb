"""RedriveExecution: what had succeeded is not run again."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.stepfunctions.stand_ins import HandlerError
from tests.local_aws.stepfunctions.workbench import Workbench, until


class Flaky:
    """A function that fails until it is mended, and counts its calls."""

    def __init__(self, bench: Workbench) -> None:
        self.calls: list[Any] = []
        self.mended = False
        self.arn = bench.function(self)

    def __call__(self, event: Any) -> Any:
        self.calls.append(event)
        if not self.mended:
            raise HandlerError("Broken", "not yet")
        return {"fine": event}


def test_goes_on_from_the_state_that_failed(bench: Workbench) -> None:
    flaky = Flaky(bench)
    first = bench.function(lambda event: {"first": event})
    definition = {
        "StartAt": "First",
        "States": {
            "First": {"Type": "Task", "Resource": first, "Assign": {"kept.$": "$.first"}, "Next": "Second"},
            "Second": {"Type": "Task", "Resource": flaky.arn, "Next": "Third"},
            "Third": {
                "Type": "Pass",
                "Parameters": {"all.$": "$", "kept.$": "$kept", "n.$": "$$.Execution.RedriveCount"},
                "End": True,
            },
        },
    }
    result = bench.run(definition, 7)
    assert (result.status, result.error) == ("FAILED", "Broken")
    described = bench.client().describe_execution(executionArn=result.arn)
    assert described["redriveStatus"] == "REDRIVABLE"
    flaky.mended = True
    bench.client().redrive_execution(executionArn=result.arn)
    redriven = bench.ended(result.arn)
    assert redriven.output == {"all": {"fine": {"first": 7}}, "kept": 7, "n": 1}
    assert len(flaky.calls) == 2
    assert redriven.types[len(result.types) :] == [
        "ExecutionRedriven",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
        "TaskStateExited",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]
    assert redriven.details("ExecutionRedriven") == {"redriveCount": 1}
    assert bench.client().describe_execution(executionArn=result.arn)["redriveCount"] == 1


def test_only_the_failed_branches_and_iterations_run_again(bench: Workbench) -> None:
    flaky, good = Flaky(bench), Flaky(bench)
    good.mended = True
    item = {
        "StartAt": "Choose",
        "States": {
            "Choose": {
                "Type": "Choice",
                "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "Bad"}],
                "Default": "Good",
            },
            "Good": {"Type": "Task", "Resource": good.arn, "End": True},
            "Bad": {"Type": "Task", "Resource": flaky.arn, "End": True},
        },
    }
    branch = {"StartAt": "Other", "States": {"Other": {"Type": "Pass", "Result": "other", "End": True}}}
    mapping = {
        "StartAt": "M",
        "States": {"M": {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": item, "End": True}},
    }
    definition = {"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": [mapping, branch], "End": True}}}
    result = bench.run(definition, [1, 2, 3])
    assert result.error == "Broken"
    assert good.calls == [1]
    flaky.mended = True
    bench.client().redrive_execution(executionArn=result.arn)
    assert bench.ended(result.arn).output == [[{"fine": 1}, {"fine": 2}, {"fine": 3}], "other"]
    assert (good.calls, flaky.calls) == ([1, 3], [2, 2])


def test_a_stopped_execution_goes_on(bench: Workbench) -> None:
    definition = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1000, "End": True}}}
    execution = bench.start(bench.machine(definition), 5)
    bench.at(execution, "WaitStateEntered")
    bench.client().stop_execution(executionArn=execution)
    bench.client().redrive_execution(executionArn=execution)

    def waited() -> bool:  # the state may begin to wait after a look at the clock
        bench.clock.advance(1001)
        return bool(bench.client().describe_execution(executionArn=execution)["status"] == "SUCCEEDED")

    until(waited)
    assert bench.ended(execution).output == 5


def test_what_cannot_be_redriven(bench: Workbench) -> None:
    passed = bench.run_state({"Type": "Pass"})
    with pytest.raises(ClientError, match=r"ExecutionNotRedrivable.*Execution is SUCCEEDED and cannot be redriven"):
        bench.client().redrive_execution(executionArn=passed.arn)
    failed = bench.run_state({"Type": "Fail"})
    bench.clock.advance(15 * 24 * 3600)
    with pytest.raises(ClientError, match=r"ExecutionNotRedrivable.*outside of the redrivable period of 14 days"):
        bench.client().redrive_execution(executionArn=failed.arn)
