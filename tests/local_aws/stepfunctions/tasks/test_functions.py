"""Lambda functions: the optimized integration and the function's own ARN."""

from typing import Any

from tests.local_aws.stepfunctions.stand_ins import HandlerError
from tests.local_aws.stepfunctions.workbench import Workbench

INVOKE = "arn:aws:states:::lambda:invoke"


def invoke(function: str, **parameters: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": INVOKE, "Parameters": {"FunctionName": function, **parameters}}


def test_invoke_gives_the_answer_and_the_sdk_s_metadata(bench: Workbench) -> None:
    function = bench.function(lambda event: {"twice": event["n"] * 2})
    result = bench.run_state(invoke(function, **{"Payload.$": "$"}), {"n": 21})
    output = result.output
    assert output["Payload"] == {"twice": 42}
    assert (output["StatusCode"], output["ExecutedVersion"]) == (200, "$LATEST")
    assert output["SdkHttpMetadata"]["HttpStatusCode"] == 200
    request_id = output["SdkResponseMetadata"]["RequestId"]
    assert output["SdkHttpMetadata"]["HttpHeaders"]["x-amzn-requestid"] == request_id
    assert result.types == [
        "ExecutionStarted",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]
    assert result.chain == [0, 0, 2, 3, 4, 5, 6]
    assert result.details("TaskScheduled") == {
        "resourceType": "lambda",
        "resource": "invoke",
        "region": "us-east-1",
        "parameters": f'{{"FunctionName":"{function}","Payload":{{"n":21}}}}',
    }
    assert result.details("TaskStarted") == {"resourceType": "lambda", "resource": "invoke"}
    assert result.details("TaskSucceeded")["outputDetails"] == {"truncated": False}


def test_the_function_s_exception_is_the_error(bench: Workbench) -> None:
    def handler(_event: Any) -> None:
        raise HandlerError("Exception", "Some exception was raised.")

    result = bench.run_state(invoke(bench.function(handler)))
    cause = '{"errorMessage": "Some exception was raised.", "errorType": "Exception", "stackTrace": []}'
    assert (result.error, result.cause) == ("Exception", cause)
    assert result.types[-2:] == ["TaskFailed", "ExecutionFailed"]
    assert result.details("TaskFailed") == {
        "resourceType": "lambda",
        "resource": "invoke",
        "error": "Exception",
        "cause": cause,
    }


def test_a_failure_without_a_name(bench: Workbench) -> None:
    def handler(_event: Any) -> None:
        raise HandlerError(None, "2024-01-01T00:00:00Z abc Task timed out after 3.00 seconds")  # type: ignore[arg-type]

    result = bench.run_state(invoke(bench.function(handler)))
    assert result.error == "Lambda.Unknown"
    assert str(result.cause).startswith(
        "The cause could not be determined because Lambda did not return an error type. Returned payload: {"
    )


def test_no_such_function(bench: Workbench) -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:function:no_such_function"
    result = bench.run_state(invoke(arn))
    assert result.error == "Lambda.ResourceNotFoundException"
    assert str(result.cause).startswith(
        f"Function not found: {arn} (Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; "
    )
    assert str(result.cause).endswith("; Proxy: null)")


def test_the_function_s_own_arn(bench: Workbench) -> None:
    function = bench.function(lambda event: {"got": event})
    result = bench.run_state({"Type": "Task", "Resource": function, "TimeoutSeconds": 60}, {"n": 1})
    assert result.output == {"got": {"n": 1}}
    assert result.types == [
        "ExecutionStarted",
        "TaskStateEntered",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]
    assert result.details("LambdaFunctionScheduled") == {
        "resource": function,
        "input": '{"n":1}',
        "inputDetails": {"truncated": False},
        "timeoutInSeconds": 60,
    }
    assert result.details("LambdaFunctionStarted") is None
    assert result.details("LambdaFunctionSucceeded")["output"] == '{"got":{"n":1}}'


def test_a_result_that_is_too_large_can_be_caught(bench: Workbench) -> None:
    function = bench.function(lambda _event: "ü" * 140_000)
    result = bench.run_state(invoke(function))
    assert (result.error, result.cause) == (
        "States.DataLimitExceeded",
        "The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit.",
    )
    task = {"Type": "Task", "Resource": function, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "H"}], "End": True}
    definition = {"StartAt": "S", "States": {"S": task, "H": {"Type": "Pass", "End": True}}}
    assert bench.run(definition).output["Cause"].startswith(f"The state/task '{function}' returned a result")


def test_the_role_may_not_invoke(bench: Workbench) -> None:
    role = bench.make_role("invokes-nothing")
    result = bench.run_state(invoke(bench.function(lambda event: event)))
    definition = {"StartAt": "S", "States": {"S": {**invoke(bench.function(lambda event: event)), "End": True}}}
    result = bench.run(definition, roleArn=role)
    assert result.error == "Lambda.AWSLambdaException"
    assert "is not authorized to perform: lambda:InvokeFunction on resource" in str(result.cause)
    assert "Error Code: AccessDeniedException" in str(result.cause)


def test_a_task_takes_another_role(bench: Workbench) -> None:
    execution_role = bench.make_role(
        "takes-others",
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::123456789012:role/taken"},
    )
    taken = bench.make_role(
        "taken",
        {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"},
        principal={"AWS": execution_role},
    )
    state = {**invoke(bench.function(lambda _event: "ok")), "Credentials": {"RoleArn.$": "$.role"}, "End": True}
    definition = {"StartAt": "S", "States": {"S": state}}
    result = bench.run(definition, {"role": taken}, roleArn=execution_role)
    assert result.output["Payload"] == "ok"
    assert result.details("TaskScheduled")["taskCredentials"] == {"roleArn": taken}
    other = bench.make_role("not-taken")
    result = bench.run(definition, {"role": other}, roleArn=execution_role)
    assert result.error == "States.TaskFailed"
    assert f"The role {execution_role} is not authorized to assume the task state's role, {other}." in str(result.cause)


def test_a_parameter_that_lambda_does_not_have(bench: Workbench) -> None:
    result = bench.run_state(
        invoke(bench.function(lambda event: event), **{"Payload.$": "$", "Qualifier.$": "$.q"}), {"q": 5}
    )
    assert result.error == "States.Runtime"
    assert "could not be used to start the Task: [The value for the field 'Qualifier' must be a STRING]" in str(
        result.cause
    )
    assert result.types == ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]
