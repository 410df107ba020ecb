import math
from typing import Any

import pytest

from constructs_lib.definitions import (
    PIPELINE_NAME,
    DataCapture,
    ExperimentConfig,
    FailStep,
    Join,
    MlflowConfig,
)
from tests.constructs_lib.samples import TOKEN, config, endpoint, function, pipeline_problems

HALF = "\ud83d"
NO_TEXT = r"got '\ud83d', expected whole characters"
NO_NUMBER = "got nan, expected a number that is finite"


def test_steps_are_not_too_many() -> None:
    steps = [function(f"F{number}") for number in range(51)]
    assert pipeline_problems(*steps) == [
        "steps: got 51 steps, expected at most 50; max_steps says where the account's quota is higher"
    ]


def test_steps_are_not_too_many_passing() -> None:
    steps = [function(f"F{number}") for number in range(51)]
    assert pipeline_problems(*steps[:50]) == []
    assert pipeline_problems(*steps, max_steps=100) == []


def test_descriptions_are_not_too_long() -> None:
    assert pipeline_problems(function("F", comment="a" * 3073), description="a" * 3073) == [
        "description: got 3073 characters, expected at most 3072",
        "F: comment: got 3073 characters, expected at most 3072",
    ]


def test_descriptions_are_not_too_long_passing() -> None:
    assert pipeline_problems(function("F", comment="a" * 3072), description="a") == []


def test_endpoints_have_no_guardrails() -> None:
    guarded = endpoint("E", additional_request={"DeploymentConfig": {"RollingUpdatePolicy": {}}})
    captured = config("C", data_capture=DataCapture(destination_uri="s3://data/captured"))
    found = pipeline_problems(guarded, captured)
    assert (
        "E: DeploymentConfig: got deployment guardrails, which SageMaker Pipelines refuses in Endpoint steps" in found
    )
    assert "C: DataCaptureConfig: got data capture, which SageMaker Pipelines refuses in EndpointConfig steps" in found


def test_endpoints_have_no_guardrails_passing() -> None:
    assert pipeline_problems(endpoint(), config()) == []


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"description": HALF}, f"description: {NO_TEXT}"),
        ({"experiment": ExperimentConfig(experiment_name=HALF)}, f"experiment: {NO_TEXT}"),
        (
            {"experiment": ExperimentConfig(trial_name=Join("-", [PIPELINE_NAME, math.nan]))},
            "got nan, expected a number that is finite",
        ),
        ({"mlflow": MlflowConfig(resource_arn=TOKEN, experiment_name=HALF)}, f"mlflow: {NO_TEXT}"),
    ],
)
def test_texts_of_the_pipeline_have_a_form_in_json(changed: dict[str, Any], problem: str) -> None:
    assert problem in pipeline_problems(FailStep(name="S", cause="x"), **changed)


def test_texts_of_the_pipeline_have_a_form_in_json_passing() -> None:
    named = ExperimentConfig(experiment_name=Join("-", ["häuser 🏠", PIPELINE_NAME]))
    assert pipeline_problems(FailStep(name="S", cause="x"), description="🏠", experiment=named) == []
