import pytest

from constructs_lib.definitions import (
    EXECUTION_ARN,
    MAP_INDEX,
    TASK_TOKEN,
    Catch,
    ChoiceStep,
    ExecutionInput,
    ExperimentConfig,
    FailStep,
    Join,
    MapStep,
    Retry,
    ShortUniqueName,
    Step,
    WaitStep,
    equal,
    is_in,
    is_present,
    matches,
)
from tests.constructs_lib.samples import (
    config,
    endpoint,
    function,
    model,
    pipeline_problems,
    processing,
    registration,
    transform,
    tuning,
)

MODE = ExecutionInput("Mode")


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (WaitStep(name="S", seconds=1), "S: got a Wait step (WaitStep), which SageMaker Pipelines does not have"),
        (
            MapStep(name="S", items=[1], steps=[function("F")]),
            "S: got a Map step (MapStep), which SageMaker Pipelines does not have",
        ),
    ],
)
def test_steps_are_of_types_that_pipelines_has(step: Step, message: str) -> None:
    assert pipeline_problems(step) == [message]


def test_steps_are_of_types_that_pipelines_has_passing() -> None:
    assert pipeline_problems(function(), processing(), tuning(), model(), registration(), config(), transform()) == []


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            function("S", catch=[Catch(next_step=FailStep(name="F"))]),
            "S: catch: SageMaker Pipelines has no Catch: a step that depends on a failed one does not run",
        ),
        (
            processing("S", retry=[Retry()]),
            "S: retry: SageMaker Pipelines has no Retry of Step Functions, expected PipelineRetry",
        ),
        (function("S", timeout_seconds=5), "S: timeout_seconds: SageMaker Pipelines has no timeout of a step"),
        (
            processing("S", wait=False),
            "S: wait: SageMaker Pipelines has no step that does not wait for its end",
        ),
        (
            endpoint("S", mode="update"),
            (
                "S: mode: SageMaker Pipelines has no step that only updates an endpoint: "
                "it creates one that does not exist"
            ),
        ),
        (
            endpoint("S", mode="create or update", newest_wins=True),
            "S: newest_wins: SageMaker Pipelines has no look at what an endpoint has before it is updated",
        ),
        (
            function("S", wait_for_callback=True),
            (
                "S: wait_for_callback: SageMaker Pipelines has no task tokens of functions: "
                "a CallbackStep waits for an answer"
            ),
        ),
        (
            FailStep(name="S", error="Bad"),
            "S: error: SageMaker Pipelines has no error name of a Fail step: its message is the cause",
        ),
    ],
)
def test_steps_ask_for_nothing_that_pipelines_lacks(step: Step, message: str) -> None:
    assert pipeline_problems(step) == [message]


def test_steps_ask_for_nothing_that_pipelines_lacks_passing() -> None:
    assert pipeline_problems(processing(), function(), endpoint(), FailStep(name="F", cause="bad")) == []


def test_values_are_of_kinds_that_pipelines_has() -> None:
    payload = {"a": TASK_TOKEN, "b": Join("-", [MAP_INDEX]), "c": ShortUniqueName("c")}
    experiment = ExperimentConfig(experiment_name=TASK_TOKEN)
    assert pipeline_problems(function("F", payload=payload), experiment=experiment) == [
        "reads ContextValue('Task.Token'), which SageMaker Pipelines does not have",
        "F: reads ContextValue('Task.Token'), which SageMaker Pipelines does not have",
        "F: reads MAP_INDEX, which SageMaker Pipelines does not have",
        "F: reads ShortUniqueName(prefix='c'), which SageMaker Pipelines does not have",
    ]


def test_values_are_of_kinds_that_pipelines_has_passing() -> None:
    assert pipeline_problems(tuning(), function(payload={"a": EXECUTION_ARN})) == []


def test_jobs_are_named_by_the_service() -> None:
    assert pipeline_problems(processing("P", job_name="mine")) == [
        (
            "P: ProcessingJobName: got 'mine', but SageMaker Pipelines makes the name; with "
            "use_custom_job_prefix=True of the pipeline the name begins with it"
        )
    ]


def test_jobs_are_named_by_the_service_passing() -> None:
    assert pipeline_problems(processing("P", job_name="mine"), use_custom_job_prefix=True) == []


def test_conditions_ask_for_nothing_that_pipelines_lacks() -> None:
    choice = ChoiceStep.if_else(name="C", conditions=[is_present(MODE), ~matches(MODE, "a*")])
    assert pipeline_problems(choice) == [
        "C: rules[0].condition: SageMaker Pipelines has no condition IsPresent",
        "C: rules[0].condition: SageMaker Pipelines has no condition Matches",
    ]


def test_conditions_ask_for_nothing_that_pipelines_lacks_passing() -> None:
    choice = ChoiceStep.if_else(name="C", conditions=[is_in(MODE, ["a", "b"]), ~equal(MODE, "c")])
    assert pipeline_problems(choice) == []
