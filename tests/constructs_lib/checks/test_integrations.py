from constructs_lib.checks.integrations import is_waited_for
from constructs_lib.definitions import ApiStep
from local_aws.stepfunctions.tasks.integrations import ELSEWHERE, INTEGRATIONS
from tests.constructs_lib.samples import FUNCTION, function, problems, processing, tuning


def test_calls_exist() -> None:
    assert problems(
        ApiStep(name="A", service="sagemaker", action="makeCoffee", allowed=[]),
        ApiStep(name="B", service="kitchen", action="makeCoffee", allowed=[]),
    ) == [
        "A: got sagemaker:makeCoffee, expected a service and an operation of AWS's API",
        "B: got kitchen:makeCoffee, expected a service and an operation of AWS's API",
    ]


def test_calls_exist_passing() -> None:
    assert (
        problems(
            ApiStep(
                name="A",
                service="sfn",
                action="describeExecution",
                allowed=[],
                additional_request={"ExecutionArn": "arn:aws:states:eu-west-1:111122223333:execution:a:b"},
            ),
            ApiStep(
                name="B",
                service="dynamodb",
                action="getItem",
                allowed=[],
                additional_request={"TableName": "t", "Key": {"id": {"S": "1"}}},
            ),
        )
        == []
    )


def test_requests_of_other_services_are_checked_too() -> None:
    request = {"ExecutionArn": 5, "Nothing": 1}
    step = ApiStep(name="A", service="sfn", action="describeExecution", allowed=[], additional_request=request)
    assert problems(step) == [
        "A: ExecutionArn: got 5, expected a text",
        "A: Nothing: unknown member of DescribeExecution",
    ]


def test_only_jobs_are_waited_for() -> None:
    pipeline = {"PipelineName": "p", "ClientRequestToken": "t" * 32}
    endpoint = {"EndpointName": "e", "EndpointConfigName": "c"}
    started = ApiStep(
        name="A",
        service="sagemaker",
        action="startPipelineExecution",
        pattern="sync",
        optimized=True,
        allowed=[],
        additional_request=pipeline,
    )
    created = ApiStep(
        name="B",
        service="sagemaker",
        action="createEndpoint",
        pattern="sync",
        optimized=True,
        allowed=[],
        additional_request=endpoint,
    )
    called = ApiStep(
        name="C",
        service="lambda",
        action="invoke",
        pattern="sync",
        allowed=[],
        additional_request={"FunctionName": FUNCTION},
    )
    assert problems(started, created, called) == [
        (
            "A: pattern: got sagemaker:startPipelineExecution.sync, which Step Functions does not have: "
            "PipelineStep asks for its status instead"
        ),
        (
            "B: pattern: got sagemaker:createEndpoint.sync, which Step Functions does not have: "
            "EndpointStep asks for its status instead"
        ),
        "C: pattern: got lambda:invoke.sync, which Step Functions does not have",
    ]


def test_only_jobs_are_waited_for_passing() -> None:
    assert problems(processing(), tuning(), function()) == []


def test_the_local_aws_waits_for_the_same() -> None:
    offered = {key: row.patterns for key, row in INTEGRATIONS.items()}
    offered |= {(service, action): found for service, actions in ELSEWHERE.items() for action, found in actions.items()}

    assert {key for key in offered if is_waited_for(*key)} == {key for key in offered if "sync" in offered[key]}
