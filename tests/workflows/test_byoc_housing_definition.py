"""The workflow `byoc-housing`: its state machine is compared exactly with a file that was read by hand."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.definitions import (
    BuildOverrides,
    ComputeResources,
    DefinitionError,
    NetworkConfig,
    WorkflowDefinition,
)
from constructs_lib.definitions.steps.base import JobStep
from constructs_lib.permissions import Statement, engine_statements, job_statements
from constructs_lib.rendering import render_states
from constructs_lib.rendering.diagrams import Graph
from workflows.byoc_housing.definition import (
    BUILD,
    HYPERPARAMETERS,
    METRICS,
    SAVE_MODEL,
    TRAIN,
    HousingSettings,
    byoc_housing,
)

GOLDEN = Path(__file__).with_name("byoc_housing.states.json")
CONTAINER = Path(__file__).parents[2] / "workflows" / "byoc_housing" / "container"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
PLACE = {"partition": "aws", "region": "eu-west-1", "account": "111122223333"}


def settings(**changed: Any) -> HousingSettings:
    given = {
        "builder_function_arn": "arn:aws:lambda:eu-west-1:111122223333:function:builder",
        "repository_arn": "arn:aws:ecr:eu-west-1:111122223333:repository/housing",
        "training_data_uri": "s3://data-bucket/housing/training/",
        "output_uri": "s3://data-bucket/housing/models",
        "capture_uri": "s3://data-bucket/housing/captured",
        "data_key": KEY,
    }
    return HousingSettings(**{**given, **changed})


@pytest.fixture(scope="module")
def definition() -> WorkflowDefinition:
    roles = {
        TRAIN: "arn:aws:iam::111122223333:role/training",
        SAVE_MODEL: "arn:aws:iam::111122223333:role/serving",
    }
    return byoc_housing(settings()).with_roles(roles)


def test_the_state_machine_is_exactly_as_expected(definition: WorkflowDefinition) -> None:
    assert json.loads(json.dumps(render_states(definition))) == json.loads(GOLDEN.read_text())


def test_the_steps_are_those_of_the_original(definition: WorkflowDefinition) -> None:
    assert [step.name for step in definition.all_steps] == [
        "Calls CodeBuild to Build Container",
        "Train Step",
        "Save model",
        "Create Endpoint Config",
        "Create Endpoint",
        "LambdaTaskFailed",
    ]
    states = render_states(definition)["States"]
    assert states[BUILD]["Retry"] == [
        {"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 15, "MaxAttempts": 2, "BackoffRate": 4.0}
    ]
    assert states[BUILD]["Catch"] == [{"ErrorEquals": ["States.TaskFailed"], "Next": "LambdaTaskFailed"}]
    assert states["LambdaTaskFailed"]["Type"] == "Fail"


def test_an_execution_is_told_three_names(definition: WorkflowDefinition) -> None:
    schema = definition.execution_input_schema()

    assert schema["required"] == ["JobName", "ModelName", "EndpointName"]
    for member in schema["properties"].values():
        assert member["maxLength"] == 63
        patterns = [member["pattern"]] if "pattern" in member else [found["pattern"] for found in member["allOf"]]
        assert all(re.search(pattern, "housing-2026-01-01") for pattern in patterns)
        assert not all(re.search(pattern, "under_score") for pattern in patterns)


def test_what_is_trained_and_served_is_the_image_that_was_built(definition: WorkflowDefinition) -> None:
    states = render_states(definition)["States"]

    assert states[BUILD]["Assign"] == {"CallsCodeBuildToBuildContainer": {"ImageUri.$": "$.ImageUri"}}
    image = "$CallsCodeBuildToBuildContainer.ImageUri"
    assert states[TRAIN]["Parameters"]["AlgorithmSpecification"]["TrainingImage.$"] == image
    assert states[SAVE_MODEL]["Parameters"]["PrimaryContainer"]["Image.$"] == image


def test_the_hyperparameters_are_those_that_the_container_takes() -> None:
    source = (CONTAINER / "housing" / "hyperparameters.py").read_text()

    assert all(re.search(rf"^    {name}: (int|float) = ", source, re.MULTILINE) for name in HYPERPARAMETERS)


@pytest.mark.parametrize(
    ("name", "line", "value"),
    [
        ("train:rmse", "train-rmse=123.4", "123.4"),
        (
            "validation:rmse",
            "[10/400] train-mae=1.000 train-rmse=2.000 validation-mae=3.000 validation-rmse=4.500",
            "4.500",
        ),
        (
            "validation:mae",
            "[10/400] train-mae=1.000 train-rmse=2.000 validation-mae=3.000 validation-rmse=4.500",
            "3.000",
        ),
    ],
)
def test_the_metrics_are_found_in_the_log_of_the_container(name: str, line: str, value: str) -> None:
    (metric,) = [found for found in METRICS if found.name == name]
    found = re.search(metric.regex, line)
    assert found is not None
    assert found[1] == value


def test_settings_change_what_they_say() -> None:
    changed = byoc_housing(
        settings(
            validation_data_uri="s3://data-bucket/housing/validation/",
            training_compute=ComputeResources(instance_type="ml.m5.4xlarge", instance_count=1, volume_size_gib=100),
            max_runtime_seconds=600,
            endpoint_instance_type="ml.c5.xlarge",
            endpoint_instance_count=2,
            capture_percentage=20,
            hyperparameters={"num_round": "10"},
            overrides=BuildOverrides(dockerfile="Dockerfile.small"),
            network=NetworkConfig(subnets=["subnet-1"], security_groups=["sg-1"]),
        )
    ).with_roles(dict.fromkeys([TRAIN, SAVE_MODEL], "arn:aws:iam::111122223333:role/job"))
    states = render_states(changed)["States"]
    job, config = states[TRAIN]["Parameters"], states["Create Endpoint Config"]["Parameters"]

    assert [channel["ChannelName"] for channel in job["InputDataConfig"]] == ["training", "validation"]
    assert job["ResourceConfig"] == {"InstanceType": "ml.m5.4xlarge", "InstanceCount": 1, "VolumeSizeInGB": 100}
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 600}
    assert job["HyperParameters"] == {"num_round": "10"}
    assert job["VpcConfig"] == {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
    assert states[BUILD]["Parameters"]["Payload"]["Overrides"] == {"Dockerfile": "Dockerfile.small"}
    assert config["ProductionVariants"][0]["InstanceType"] == "ml.c5.xlarge"
    assert config["ProductionVariants"][0]["InitialInstanceCount"] == 2
    assert config["DataCaptureConfig"]["InitialSamplingPercentage"] == 20


def test_settings_that_the_services_would_refuse_are_told_together() -> None:
    with pytest.raises(DefinitionError) as raised:
        byoc_housing(
            settings(endpoint_instance_type="ml.m5", capture_percentage=101, max_runtime_seconds=0, output_uri="models")
        )
    assert [(problem.step, problem.path) for problem in raised.value.problems] == [
        (TRAIN, "OutputDataConfig.S3OutputPath"),
        (TRAIN, "StoppingCondition.MaxRuntimeInSeconds"),
        ("Create Endpoint Config", "ProductionVariants[0].InstanceType"),
        ("Create Endpoint Config", "DataCaptureConfig.InitialSamplingPercentage"),
    ]


def test_every_resource_of_the_roles_is_named_or_has_its_reason(definition: WorkflowDefinition) -> None:
    statements: list[Statement] = list(engine_statements(definition, **PLACE))
    for name in (TRAIN, SAVE_MODEL):
        step = definition.step(name)
        assert isinstance(step, JobStep)
        statements += job_statements(step, definition=definition, **PLACE)

    assert all((statement.reason is not None) == bool(statement.wildcards) for statement in statements)
    whole = {action for statement in statements for action in statement.actions if "*" in statement.resources}
    assert whole == {"cloudwatch:PutMetricData", "ecr:GetAuthorizationToken"}


def test_the_picture_has_the_six_steps(definition: WorkflowDefinition) -> None:
    graph = Graph.from_definition(definition)

    assert [node.name for node in graph.nodes] == [step.name for step in definition.all_steps]
    assert [(edge.source, edge.target, edge.kind) for edge in graph.edges] == [
        (BUILD, TRAIN, "next"),
        (BUILD, "LambdaTaskFailed", "catch"),
        (TRAIN, SAVE_MODEL, "next"),
        (SAVE_MODEL, "Create Endpoint Config", "next"),
        ("Create Endpoint Config", "Create Endpoint", "next"),
    ]
