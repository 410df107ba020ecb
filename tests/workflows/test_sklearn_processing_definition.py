"""The workflow `sklearn-processing`: its state machine is compared exactly with a file that was read by hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.definitions import ContainerImage, ProcessingStep, WorkflowDefinition
from constructs_lib.rendering import render_states
from local_aws.stepfunctions.validation.definitions import diagnose
from workflows.sklearn_processing.definition import (
    ANOMALIES,
    EVALUATION,
    FAILED,
    FEATURES,
    PREPROCESSING,
    TRAINING,
    ProcessingSettings,
    sklearn_processing,
)

GOLDEN = Path(__file__).with_name("sklearn_processing.states.json")


@pytest.fixture(scope="module")
def definition() -> WorkflowDefinition:
    settings = ProcessingSettings(
        image=ContainerImage(uri="111122223333.dkr.ecr.eu-west-1.amazonaws.com/sklearn@sha256:" + "0" * 64),
        raw_data_uri="s3://raw/cancer/",
        code_uri="s3://code/sklearn-processing",
        data_bucket="data",
        topic_arn="arn:aws:sns:eu-west-1:111122223333:told",
    )
    needed = sklearn_processing(settings)
    return needed.with_roles({step.name: "arn:aws:iam::111122223333:role/job" for step in needed.steps_without_role})


def states_of(document: dict[str, Any]) -> dict[str, Any]:
    """All states by name, those of branches too."""
    found = dict(document["States"])
    for state in document["States"].values():
        for branch in state.get("Branches", ()):
            found |= states_of(branch)
    return found


def test_the_state_machine_is_exactly_as_expected(definition: WorkflowDefinition) -> None:
    rendered = json.loads(json.dumps(render_states(definition)))

    assert rendered == json.loads(GOLDEN.read_text())
    assert diagnose(json.dumps(rendered)) == []


def test_the_names_and_numbers_of_the_original(definition: WorkflowDefinition) -> None:
    states = states_of(render_states(definition))
    prepare = states["SageMaker pre-processing step"]
    request = prepare["Parameters"]

    assert prepare["Resource"] == "arn:aws:states:::sagemaker:createProcessingJob.sync"
    assert request["ProcessingResources"]["ClusterConfig"] == {
        "InstanceCount": 1,
        "InstanceType": "ml.m5.xlarge",
        "VolumeSizeInGB": 30,
    }
    assert request["StoppingCondition"] == {"MaxRuntimeInSeconds": 1200}
    assert request["AppSpecification"]["ContainerEntrypoint"] == [
        "python3",
        "/opt/ml/processing/input/code/preprocessing.py",
    ]
    assert request["AppSpecification"]["ContainerArguments"] == ["--train-test-split-ratio", "0.2"]
    assert [found["InputName"] for found in request["ProcessingInputs"]] == ["input-1", "code"]
    assert [found["OutputName"] for found in request["ProcessingOutputConfig"]["Outputs"]] == [
        "train_data",
        "test_data",
    ]
    names = {
        "SageMaker pre-processing step": ("ProcessingJobName.$", "PreprocessingJobName"),
        "SageMaker Training Step": ("TrainingJobName.$", "TrainingJobName"),
        "SageMaker Processing Model Evaluation step": ("ProcessingJobName.$", "EvaluationProcessingJobName"),
    }
    for name, (member, given) in names.items():
        assert states[name]["Parameters"][member] == f"$$.Execution.Input.{given}"
        assert states[name]["Catch"] == [{"ErrorEquals": ["States.TaskFailed"], "Next": "ML Workflow failed"}]
    assert states["ML Workflow failed"] == {
        "Type": "Fail",
        "ErrorPath": "$.Error",
        "Cause": "SageMakerProcessingJobFailed",
    }
    assert states["Pre-processing completed?"]["Choices"][0]["StringEquals"] == "Completed"


def test_anomalies_and_features_are_looked_for_side_by_side(definition: WorkflowDefinition) -> None:
    states = render_states(definition)["States"]
    fork = states[f"{ANOMALIES}: side by side"]

    assert [branch["StartAt"] for branch in fork["Branches"]] == [ANOMALIES, FEATURES]
    assert fork["Next"] == TRAINING
    assert fork["Catch"] == [{"ErrorEquals": [f"{FAILED}: caught"], "Next": f"{FAILED}: caught"}]


def test_the_model_that_is_evaluated_is_the_one_that_was_trained(definition: WorkflowDefinition) -> None:
    states = render_states(definition)["States"]
    model = states[EVALUATION]["Parameters"]["ProcessingInputs"][0]

    assert states[TRAINING]["Assign"] == {
        "SageMakerTrainingStep": {"S3ModelArtifacts.$": "$.ModelArtifacts.S3ModelArtifacts"}
    }
    assert model["S3Input"]["S3Uri.$"] == "$SageMakerTrainingStep.S3ModelArtifacts"


def test_the_input_names_the_jobs(definition: WorkflowDefinition) -> None:
    schema = definition.execution_input_schema()

    assert schema["required"] == ["PreprocessingJobName", "TrainingJobName", "EvaluationProcessingJobName"]
    assert schema["properties"]["PreprocessingJobName"]["maxLength"] == 63
    assert isinstance(definition.step(PREPROCESSING), ProcessingStep)
