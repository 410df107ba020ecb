"""Training on spare instances, with checkpoints, in both engines."""

from typing import Any

import pytest

from constructs_lib.definitions import Checkpoints, SpotTraining
from constructs_lib.definitions.steps.base import JobStep
from constructs_lib.permissions import job_statements
from constructs_lib.rendering import render_pipeline, render_states
from tests.constructs_lib.samples import KEY, PLACE, pipeline, training, tuning, workflow

GIVEN: dict[str, Any] = {
    "spot": SpotTraining(max_wait_seconds=7200),
    "checkpoints": Checkpoints(uri="s3://kept/houses", path="/opt/ml/kept", kms_key=KEY),
    "max_retry_attempts": 3,
    "max_runtime_seconds": 3600,
}
EXPECTED = {
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200},
    "CheckpointConfig": {"S3Uri": "s3://kept/houses", "LocalPath": "/opt/ml/kept"},
    "RetryStrategy": {"MaximumRetryAttempts": 3},
}


@pytest.mark.parametrize("step", [training("Job", **GIVEN), tuning("Job", **GIVEN)], ids=["training", "tuning"])
def test_spot_instances_and_checkpoints_of_a_job(step: JobStep) -> None:
    (rendered,) = render_pipeline(pipeline(step))["Steps"]
    requests = [rendered["Arguments"], render_states(workflow(step))["States"]["Job"]["Parameters"]]
    for request in requests:
        found = request.get("TrainingJobDefinition", request)
        assert {name: found[name] for name in EXPECTED} == EXPECTED

    allowed = [
        (action, resource)
        for statement in job_statements(step, definition=workflow(step), **PLACE)
        for action in statement.actions
        for resource in statement.resources
    ]
    assert ("s3:GetObject", "arn:aws:s3:::kept/houses*") in allowed
    assert ("s3:PutObject", "arn:aws:s3:::kept/houses/*") in allowed
    assert ("kms:GenerateDataKey", KEY) in allowed


@pytest.mark.parametrize("step", [training(), tuning()], ids=["training", "tuning"])
def test_without_them_a_request_says_nothing_of_them(step: JobStep) -> None:
    found = step.request.get("TrainingJobDefinition", step.request)
    assert found["StoppingCondition"] == {"MaxRuntimeInSeconds": 86400}
    assert not {"EnableManagedSpotTraining", "CheckpointConfig", "RetryStrategy"} & set(found)


def test_the_program_of_a_training_job() -> None:
    found = training(entrypoint=["python3", "train.py"], arguments=["--fast"]).request["AlgorithmSpecification"]
    assert (found["ContainerEntrypoint"], found["ContainerArguments"]) == (["python3", "train.py"], ["--fast"])
