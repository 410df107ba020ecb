"""Our two workflows beside what the Data Science SDK made of the same chains (`make.py`)."""

import json
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.definitions import ContainerImage, ImportedDefinition, WorkflowDefinition
from constructs_lib.rendering import render_states
from tests.oracles.data_science_sdk.comparing import ABSENT, Difference, compare
from tests.oracles.data_science_sdk.differences import DIFFERENCES
from workflows.byoc_housing.definition import HousingSettings, byoc_housing
from workflows.sklearn_processing.definition import ProcessingSettings, sklearn_processing

FOLDER = Path(__file__).parent
ROLE = "arn:aws:iam::111122223333:role/jobs"


def definitions() -> dict[str, WorkflowDefinition]:
    """Both workflows, with the values that `make.py` gives to the SDK."""
    processing = ProcessingSettings(
        image=ContainerImage(uri="111122223333.dkr.ecr.eu-west-1.amazonaws.com/images@sha256:" + "0" * 64),
        raw_data_uri="s3://raw-bucket/cancer/",
        code_uri="s3://code-bucket/sklearn-processing",
        data_bucket="data-bucket",
        topic_arn="arn:aws:sns:eu-west-1:111122223333:told",
    )
    housing = HousingSettings(
        builder_function_arn="arn:aws:lambda:eu-west-1:111122223333:function:builder",
        repository_arn="arn:aws:ecr:eu-west-1:111122223333:repository/images",
        training_data_uri="s3://data-bucket/training/",
        output_uri="s3://data-bucket/models",
        capture_uri="s3://data-bucket/captured",
    )
    made = [sklearn_processing(processing), byoc_housing(housing)]
    return {
        definition.name: definition.with_roles({step.name: ROLE for step in definition.steps_without_role})
        for definition in made
    }


def golden(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.states.json").read_text())
    return found


def rendered(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(render_states(definitions()[name])))
    return found


@pytest.mark.parametrize("name", ["byoc-housing", "sklearn-processing"])
def test_every_difference_from_the_sdk_is_listed_with_its_reason(name: str) -> None:
    found = compare(golden(name), rendered(name))
    listed = [difference for group in DIFFERENCES[name].values() for difference in group]

    assert [difference for difference in found if difference not in listed] == []
    assert [difference for difference in listed if difference not in found] == []
    assert len(found) == len(listed)


@pytest.mark.parametrize("name", ["byoc-housing", "sklearn-processing"])
def test_what_the_sdk_exports_is_taken_as_it_is(name: str) -> None:
    imported = ImportedDefinition.from_file(name, FOLDER / f"{name}.states.json")
    given = definitions()[name].execution_input_schema()["required"]

    assert render_states(imported) == golden(name)
    assert sorted(imported.execution_input_schema()["required"]) == sorted(given)


def test_a_difference_is_seen_wherever_it_is() -> None:
    branch = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"a": [1], "b.$": "$.b"}, "End": True}}}
    whole = {"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": [branch], "End": True}}}
    other = json.loads(json.dumps(whole).replace("[1]", "[1, {}]").replace('"b.$": "$.b"', '"b": "$.b"'))
    other["States"]["Z"] = {"Type": "Succeed"}

    assert compare(whole, json.loads(json.dumps(whole))) == []
    assert compare(whole, other) == [
        Difference("A", "Parameters.a[1]", ABSENT, {}),
        Difference("A", "Parameters.b", "read: $.b", "$.b"),
        Difference("Z", "", ABSENT, {"Type": "Succeed"}),
    ]
