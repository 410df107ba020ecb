from collections.abc import Callable
from typing import Any

import attrs
import pytest

from constructs_lib.checks.field_types import hints_of
from constructs_lib.definitions import (
    BuildOverrides,
    Catch,
    Channel,
    ComputeResources,
    ContextValue,
    DataCapture,
    ExecutionInput,
    FailStep,
    Join,
    MetricDefinition,
    NetworkConfig,
    Retry,
    Step,
    StepOutput,
    UniqueName,
)
from tests.constructs_lib.samples import build, config, endpoint, function, model, problems, training, variant

STEPS: list[Callable[..., Step]] = [build, config, endpoint, function, model, training, FailStep]
JUNK: list[Any] = [
    None,
    5,
    -0.5,
    True,
    "junk",
    ["junk"],
    [None],
    {"junk": object()},
    {3: 5},
    object(),
    Retry(),
    [Retry()],
]
RECORDS: list[tuple[Callable[..., Step], str, Callable[..., Any], dict[str, Any]]] = [
    (training, "compute", ComputeResources, {"instance_type": "ml.m5.large"}),
    (training, "network", NetworkConfig, {}),
    (training, "channels", lambda **changed: [Channel(**changed)], {"name": "a", "uri": "s3://a/b"}),
    (training, "metrics", lambda **changed: [MetricDefinition(**changed)], {"name": "a", "regex": "(a)"}),
    (training, "retry", lambda **changed: [Retry(**changed)], {}),
    (training, "catch", lambda **changed: [Catch(**changed)], {"next_step": FailStep(name="Failed")}),
    (build, "overrides", BuildOverrides, {}),
    (config, "variants", lambda **changed: [variant(**changed)], {}),
    (config, "data_capture", DataCapture, {"destination_uri": "s3://a/b"}),
    (function, "payload", lambda **changed: {"a": ExecutionInput(**changed)}, {"name": "A"}),
    (function, "payload", lambda **changed: {"a": [{"b": UniqueName(**changed)}]}, {"prefix": "a"}),
    (function, "payload", lambda **changed: {"a": StepOutput(**changed)}, {"step": "Before", "path": "Payload.a"}),
    (function, "payload", lambda **changed: {"a": ContextValue(**changed)}, {"path": "Execution.Name"}),
    (function, "payload", lambda **changed: {"a": Join(**changed)}, {"separator": "-", "parts": ["a"]}),
]


@pytest.mark.parametrize(
    ("make", "field"),
    [(make, field) for make in STEPS for field in hints_of(type(make(name="Step")))],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_whatever_a_field_of_a_step_holds_is_a_problem_of_that_step(make: Callable[..., Step], field: str) -> None:
    for junk in JUNK:
        step = make(**{"name": "Step", field: junk})
        for line in problems(function("Before"), step):
            assert line.startswith((f"{step.name}: ", f"{step.name!r}: ")), line


@pytest.mark.parametrize(("make", "field", "record", "given"), RECORDS)
def test_whatever_a_field_of_a_record_holds_is_a_problem_of_its_step(
    make: Callable[..., Step], field: str, record: Callable[..., Any], given: dict[str, Any]
) -> None:
    made = record(**given)
    while isinstance(made, list | dict):
        (made,) = made.values() if isinstance(made, dict) else made
    for name in [member.alias for member in attrs.fields(type(made)) if member.init]:
        for junk in JUNK:
            found = problems(function("Before"), make("Step", **{field: record(**{**given, name: junk})}))
            assert all(line.startswith("Step: ") for line in found), found


def test_the_other_problems_of_a_step_are_named_too() -> None:
    step = training(
        "Train",
        compute=ComputeResources(instance_type="ml.m5.large", instance_count="two"),  # type: ignore[arg-type]
        channels=[Channel(name="a b", uri="s3://a/b", input_mode="file")],  # type: ignore[arg-type]
        hyperparameters={"depth": 5, "ratio": StepOutput("Befor", "Payload.a")},
        metrics=[MetricDefinition(name="rmse", regex=3)],  # type: ignore[arg-type]
        retry=[Retry(max_attempts="3", backoff_rate=0.5)],  # type: ignore[arg-type]
        max_runtime_seconds=0,
    )
    assert problems(function("Before"), step) == [
        "Train: retry[0].max_attempts: got '3', expected a whole number",
        "Train: compute.instance_count: got 'two', expected a number or a reference",
        "Train: channels[0].input_mode: got 'file', expected 'File' or 'FastFile' or 'Pipe' or None",
        "Train: hyperparameters.depth: got 5, expected a text or a reference",
        "Train: metrics[0].regex: got 3, expected a text",
        "Train: retry[0].backoff_rate: got 0.5, expected 1 to 99999999",
        "Train: reads 'Payload.a' of the step 'Befor', which is not in this workflow; did you mean 'Before'?",
        r"Train: InputDataConfig[0].ChannelName: got 'a b', expected a text that matches [A-Za-z0-9\.\-_]+",
        "Train: StoppingCondition.MaxRuntimeInSeconds: got 0, expected at least 1",
    ]


def test_a_step_with_a_field_of_the_wrong_type_is_still_a_step_of_the_workflow() -> None:
    train = training("Train", tags={"a": 5}, timeout_seconds="1")
    reader = function("Read", payload={"model": train.output("ModelArtifacts.S3ModelArtifacts")}, depends_on=[train])
    assert problems(train, reader) == [
        "Train: timeout_seconds: got '1', expected a whole number or None",
        "Train: tags.a: got 5, expected a text or a reference",
    ]
    assert problems(training("Train", compute=5), function("Train")) == [
        "Train: compute: got 5, expected a ComputeResources",
        "Train: name: got 2 steps of this name, expected one",
    ]


def test_steps_that_catches_lead_to_are_mended_too() -> None:
    clean = function("Clean", catch="Failed", payload={"a": ExecutionInput("1")})
    assert problems(function("Work", catch=[Catch(next_step=clean)])) == [
        "Clean: catch: got 'Failed', expected a list",
        (
            "Clean: got the execution input '1', expected 1 to 80 letters, digits, '-' or '_', "
            "not beginning with a digit or '-'"
        ),
    ]
