"""The pipeline of `housing-ray`: its document is compared exactly with a file that was read by hand."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.definitions import ContainerImage, PipelineDefinition
from constructs_lib.rendering import render_pipeline
from tests.workflows.container import ROOT
from workflows.housing_ray.definition import (
    CONTENT_TYPES,
    METRICS,
    SCHEMA,
    SCRIPTS,
    HousingRaySettings,
    container_build,
    housing_ray,
)

GOLDEN = Path(__file__).with_name("housing_ray.pipeline.json")


def settings(**changed: Any) -> HousingRaySettings:
    given = {
        "image": container_build(
            queue_url="https://sqs.eu-west-1.amazonaws.com/111122223333/builds",
            queue_arn="arn:aws:sqs:eu-west-1:111122223333:builds",
        ),
        "raw_data_uri": "s3://raw/houses/",
        "script_uris": {path.name: f"s3://code/housing-ray/{path.name}" for path in SCRIPTS.glob("*.py")},
        "data_bucket": "data",
        "store_role_arn": "arn:aws:iam::111122223333:role/store",
        "group_name": "houses",
    }
    return HousingRaySettings(**{**given, **changed})


def rendered(definition: PipelineDefinition) -> dict[str, Any]:
    roles = {step.name: "arn:aws:iam::111122223333:role/job" for step in definition.steps_without_role}
    document: dict[str, Any] = json.loads(json.dumps(render_pipeline(definition.with_roles(roles))))
    return document


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return rendered(housing_ray(settings()))


def steps_of(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = {step["Name"]: step for step in document["Steps"]}
    for step in document["Steps"]:
        for way in ("IfSteps", "ElseSteps"):
            found |= {inner["Name"]: inner for inner in step["Arguments"].get(way, ())}
    return found


def test_the_document_is_exactly_as_expected(document: dict[str, Any]) -> None:
    assert document == json.loads(GOLDEN.read_text())


def test_the_parameters_of_the_original(document: dict[str, Any]) -> None:
    assert [tuple(parameter.values()) for parameter in document["Parameters"]] == [
        ("ProcessingInstanceCount", "Integer", 1),
        ("FeatureGroupName", "String", "fs-ray-synthetic-housing-data"),
        ("Bucket_Prefix", "String", "aws-ray-mlops-workshop/feature-store"),
        ("RMSEThreshold", "Float", 15000.0),
        ("TrainSize", "String", "0.6"),
        ("ValidationSize", "String", "0.2"),
        ("TestSize", "String", "0.2"),
    ]


def test_the_steps_of_the_original_behind_the_one_that_builds_their_container(document: dict[str, Any]) -> None:
    steps = steps_of(document)
    assert [(name, step["Type"]) for name, step in steps.items()] == [
        ("BuildContainer", "Callback"),
        ("FeatureStoreIngestion", "Processing"),
        ("PreprocessData", "Processing"),
        ("HPTuning", "Tuning"),
        ("EvaluateModel", "Processing"),
        ("CheckEvaluation", "Condition"),
        ("RegisterTrainedModel", "RegisterModel"),
        ("RMSEFail", "Fail"),
    ]
    cached = {"Enabled": True, "ExpireAfter": "PT12H"}
    assert {name: step["CacheConfig"] for name, step in steps.items() if "CacheConfig" in step} == {
        "FeatureStoreIngestion": cached,
        "PreprocessData": cached,
        "HPTuning": cached,
    }
    assert steps["PreprocessData"]["DependsOn"] == ["FeatureStoreIngestion"]


def test_the_numbers_of_the_tuning(document: dict[str, Any]) -> None:
    request = steps_of(document)["HPTuning"]["Arguments"]
    config, training = request["HyperParameterTuningJobConfig"], request["TrainingJobDefinition"]
    assert config["HyperParameterTuningJobObjective"] == {"Type": "Minimize", "MetricName": "validation:rmse"}
    assert config["ResourceLimits"] == {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 4}
    ranges = [found for kind in config["ParameterRanges"].values() for found in kind]
    assert {found["Name"]: (float(found["MinValue"]), float(found["MaxValue"])) for found in ranges} == {
        "max_depth": (1, 8),
        "eta": (0.2, 1),
        "min_child_weight": (0, 120),
        "subsample": (0.2, 1),
    }
    assert training["StaticHyperParameters"] == {"objective": "reg:squarederror", "num_round": "100", "seed": "47"}
    resources = training["ResourceConfig"]
    assert (resources["InstanceType"], resources["InstanceCount"]) == ("ml.c5.xlarge", 3)


def test_the_ends(document: dict[str, Any]) -> None:
    steps = steps_of(document)
    threshold = {"Get": "Parameters.RMSEThreshold"}
    (condition,) = steps["CheckEvaluation"]["Arguments"]["Conditions"]
    assert (condition["Type"], condition["RightValue"]) == ("LessThanOrEqualTo", threshold)
    assert condition["LeftValue"]["Std:JsonGet"]["Path"] == "regression_metrics.rmse.value"
    assert steps["RMSEFail"]["Arguments"]["ErrorMessage"] == {
        "Std:Join": {"On": " ", "Values": ["Execution failed due to RMSE >", threshold]}
    }
    registered = steps["RegisterTrainedModel"]["Arguments"]
    assert registered["ModelApprovalStatus"] == "PendingManualApproval"
    inference = registered["InferenceSpecification"]
    assert inference["SupportedRealtimeInferenceInstanceTypes"] == ["ml.t2.medium", "ml.m5.xlarge"]
    assert inference["SupportedTransformInstanceTypes"] == ["ml.m5.xlarge"]


def test_an_image_that_is_there_needs_no_build() -> None:
    uri = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/ray@sha256:" + "0" * 64
    document = rendered(housing_ray(settings(image=ContainerImage(uri=uri))))
    assert document["Steps"][0]["Arguments"]["AppSpecification"]["ImageUri"] == uri


def test_keys_reach_all_that_is_kept() -> None:
    text = json.dumps(rendered(housing_ray(settings(data_key="arn:aws:kms:eu-west-1:111122223333:key/k"))))
    assert text.count("key/k") == 5  # outputs of three jobs, models, and the store that the ingestion makes


def test_the_definition_and_the_container_agree() -> None:
    """They share no code: the container imports nothing of this repository."""
    container = ROOT / "workflows" / "housing_ray" / "container"
    handler = (container / "prices" / "handler.py").read_text()
    assert (
        'CSV = "text/csv"\nJSON = "application/json"\nINPUT_TYPES = (CSV, JSON)\nOUTPUT_TYPES = (CSV, JSON)' in handler
    )
    assert CONTENT_TYPES == ("text/csv", "application/json")
    line = "[100/100] train:mae=1.5 train:rmse=2.5 validation:mae=5833.816 validation:rmse=8798.479"
    told = subprocess.run(["grep", "-oE", METRICS[1].regex], input=line, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "validation:rmse=8798.479"
    assert [feature.name for feature in SCHEMA.features][:3] == ["record_id", "event_time", "PRICE"]
    assert SCHEMA.problems() == []
