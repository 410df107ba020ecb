"""The SageMaker SDK's document of W1, and what becomes of its steps when something in it changes."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.rendering.pipeline_changes import pipeline_changes

ORACLE = Path(__file__).parents[2] / "oracles" / "sagemaker_sdk"
W1: dict[str, Any] = json.loads((ORACLE / "synthetic-housing-training-sm-pipeline-ray.pipeline.json").read_text())
LAST = ("Again", "Repeat", "GiveUp")
ALWAYS = {"EvaluateModel", "CheckEvaluation", "RegisterTrainedModel-RegisterModel", "RMSEFail"}


def changed(path: str, value: Any) -> dict[str, Any]:
    document = copy.deepcopy(W1)
    place: Any = document
    *before, last = (int(part) if part.isdigit() else part for part in path.split("/"))
    for part in before:
        place = place[part]
    place[last] = value
    return document


def changes(after: dict[str, Any]) -> dict[str, str]:
    return {found.step: found.change for found in pipeline_changes(W1, after)}


def test_nothing_changed_runs_what_has_no_cache() -> None:
    found = pipeline_changes(W1, copy.deepcopy(W1))

    assert {change.step for change in found if change.reruns} == ALWAYS
    assert {change.change for change in found} == {"unchanged", "uncached"}
    assert {change.cached_for for change in found if not change.reruns} == {"PT12H"}


def test_a_changed_member_is_named() -> None:
    after = changed("Steps/1/Arguments/AppSpecification/ImageUri", "another")
    found = {change.step: change for change in pipeline_changes(W1, after)}

    assert found["PreprocessData"].change == "changed"
    assert found["PreprocessData"].paths == ("Arguments.AppSpecification.ImageUri",)
    assert found["HPTuning"].change == "unchanged"  # the addresses of its channels are in the document
    assert found["FeatureStoreIngestion"].change == "unchanged"


def test_steps_of_conditions_inside_of_conditions_are_steps_like_others() -> None:
    before = json.loads((ORACLE / "nested-condition.pipeline.json").read_text())
    after = copy.deepcopy(before)
    staged = after["Steps"][1]["Arguments"]["IfSteps"][0]["Arguments"]
    staged["IfSteps"][0]["Arguments"]["AppSpecification"]["ImageUri"] = "another"
    staged["Conditions"][0]["RightValue"] = "production"
    found = {change.step: change for change in pipeline_changes(before, after)}

    assert {name: change.paths for name, change in found.items() if change.change == "changed"} == {
        "Publish": ("Arguments.AppSpecification.ImageUri",),
        "Staged": ("Arguments.Conditions[0].RightValue",),
    }
    assert list(found) == [*("Evaluate", "Check", "Staged", "Publish", "Announce", "Tell", "Keep"), *LAST]


def test_what_reads_the_name_of_a_job_runs_again_with_it() -> None:
    cached = copy.deepcopy(W1)
    cached["Steps"][3]["CacheConfig"] = {"Enabled": True}
    after = copy.deepcopy(cached)
    after["Steps"][2]["Arguments"]["TrainingJobDefinition"]["StaticHyperParameters"]["seed"] = "48"
    found = {change.step: change for change in pipeline_changes(cached, after)}

    assert (found["EvaluateModel"].change, found["EvaluateModel"].because_of) == ("upstream", ("HPTuning",))


def test_what_the_cache_gives_no_more_runs_again_and_what_reads_of_it() -> None:
    cached = copy.deepcopy(W1)
    cached["Steps"][3]["CacheConfig"] = {"Enabled": True}
    found = {change.step: change for change in pipeline_changes(cached, copy.deepcopy(cached), stale=["HPTuning"])}

    assert (found["HPTuning"].change, found["HPTuning"].reruns) == ("stale", True)
    assert (found["EvaluateModel"].change, found["EvaluateModel"].because_of) == ("upstream", ("HPTuning",))
    assert found["PreprocessData"].change == "unchanged"


def test_an_output_that_moves_changes_what_reads_it() -> None:
    after = changed("Steps/1/Arguments/ProcessingOutputConfig/Outputs/0/S3Output/S3Uri", "s3://elsewhere/train")
    found = {change.step: change for change in pipeline_changes(W1, after)}

    assert found["PreprocessData"].change == "unchanged"
    assert found["HPTuning"].change == "changed"
    assert found["HPTuning"].paths == ("Steps.PreprocessData.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri",)


@pytest.mark.parametrize(
    ("path", "value", "step", "change"),
    [
        # the service does not compare these
        (
            "Steps/1/Arguments/ProcessingResources/ClusterConfig/InstanceType",
            "ml.m5.4xlarge",
            "PreprocessData",
            "unchanged",
        ),
        ("Steps/1/Description", "another", "PreprocessData", "unchanged"),
        ("Steps/2/Arguments/TrainingJobDefinition/RoleArn", "another", "HPTuning", "unchanged"),
        ("Steps/2/Arguments/TrainingJobDefinition/StaticHyperParameters/seed", "48", "HPTuning", "changed"),
        ("Steps/2/CacheConfig/Enabled", False, "HPTuning", "uncached"),
        ("Steps/0/Name", "Ingest", "Ingest", "added"),
        ("Steps/0/Name", "Ingest", "FeatureStoreIngestion", "removed"),
        ("Steps/4/Arguments/Conditions/0/Type", "LessThan", "CheckEvaluation", "changed"),
        ("Parameters/1/DefaultValue", "another", "FeatureStoreIngestion", "changed"),
        ("Parameters/3/DefaultValue", 5000.0, "PreprocessData", "unchanged"),
    ],
)
def test_what_becomes_of_a_step(path: str, value: Any, step: str, change: str) -> None:
    assert changes(changed(path, value))[step] == change


def test_lists_of_other_lengths_differ_as_a_whole() -> None:
    arguments = ["--seed", "43"]
    after = changed("Steps/1/Arguments/AppSpecification/ContainerArguments", arguments)
    found = next(change for change in pipeline_changes(W1, after) if change.step == "PreprocessData")

    assert found.paths == ("Arguments.AppSpecification.ContainerArguments",)
