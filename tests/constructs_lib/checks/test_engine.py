from constructs_lib.definitions import (
    PIPELINE_EXECUTION_ID,
    CacheConfig,
    CallbackStep,
    JsonGet,
    PipelineParameter,
    PipelineRetry,
    PropertyFile,
    RegisterModelStep,
    Retry,
)
from tests.constructs_lib.samples import IMAGE, function, problems, processing


def test_steps_ask_for_nothing_that_step_functions_lacks() -> None:
    file = PropertyFile(name="Report", output_name="report", path="report.json")
    retry = PipelineRetry(errors=["Step.THROTTLING"], max_attempts=2)
    assert problems(
        processing("P", display_name="Prepare", cache=CacheConfig(), property_files=[file], retry=[retry])
    ) == [
        "P: display_name: Step Functions has no display names of steps",
        "P: cache: Step Functions has no cache of steps",
        "P: property_files: Step Functions has no property files: a ReadJsonStep reads a JSON file",
        "P: retry: Step Functions has no retry policies of SageMaker Pipelines, expected Retry",
    ]


def test_steps_ask_for_nothing_that_step_functions_lacks_passing() -> None:
    assert problems(processing("P", retry=[Retry()]), function(outputs={"accuracy": "number"})) == []


def test_steps_are_of_types_that_step_functions_has() -> None:
    url, arn = "https://sqs.eu-west-1.amazonaws.com/111122223333/q", "arn:aws:sqs:eu-west-1:111122223333:q"
    assert problems(CallbackStep(name="Ask", queue_url=url, queue_arn=arn)) == [
        "Ask: got a CallbackStep, which Step Functions does not have; PipelineDefinition takes it"
    ]


def test_steps_are_of_types_that_step_functions_has_passing() -> None:
    types = ["text/csv"]
    step = RegisterModelStep(name="R", group_name="g", image=IMAGE, content_types=types, response_types=types)
    assert problems(step) == []


def test_values_are_of_kinds_that_step_functions_has() -> None:
    threshold = PipelineParameter("Threshold", type="number", default=0.5)
    payload = {"a": PIPELINE_EXECUTION_ID, "b": JsonGet("P", "Report", "rmse"), "c": threshold}
    assert problems(processing("P"), function("F", payload=payload)) == [
        (
            "F: reads ExecutionVariable(name='PipelineExecutionId'), which Step Functions does not have; "
            "see EXECUTION_ARN and its like"
        ),
        (
            "F: reads JsonGet(step='P', property_file='Report', path='rmse'), but Step Functions has no property "
            "files; a ReadJsonStep reads a JSON file"
        ),
        (
            "F: reads PipelineParameter('Threshold'), but Step Functions has no defaults and allowed values; "
            "expected ExecutionInput"
        ),
    ]


def test_values_are_of_kinds_that_step_functions_has_passing() -> None:
    assert problems(function(payload={"c": PipelineParameter("Threshold", type="number")})) == []
