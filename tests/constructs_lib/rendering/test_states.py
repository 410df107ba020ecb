"""State machines compared exactly with the files in ``golden``, which were read by hand when they were made."""

import json
import re
from pathlib import Path

import pytest

from constructs_lib.definitions import (
    CAUGHT_CAUSE,
    CAUGHT_ERROR,
    EXECUTION_NAME,
    TASK_TOKEN,
    BuildOverrides,
    Catch,
    Channel,
    ComputeResources,
    ContainerImage,
    DataCapture,
    DefinitionError,
    ExecutionInput,
    FailStep,
    Join,
    MetricDefinition,
    NetworkConfig,
    Retry,
    Step,
    WorkflowDefinition,
)
from constructs_lib.rendering import render_states
from tests.constructs_lib.samples import (
    KEY,
    LIST_TOKEN,
    REPOSITORY,
    TOKEN,
    build,
    config,
    endpoint,
    function,
    model,
    training,
    variant,
    workflow,
)

GOLDEN = Path(__file__).parent / "golden"


def every_property() -> WorkflowDefinition:
    """A workflow in which each property of each step has another value than its default."""
    failed = FailStep(
        name="Failed", error="Own.Error", cause=Join(": ", [CAUGHT_ERROR, CAUGHT_CAUSE]), comment="the end"
    )
    rescue = function("Rescue", payload={"cause": CAUGHT_CAUSE}, catch=[Catch(next_step=failed)])
    image = build(
        "Build",
        overrides=BuildOverrides(
            files={"train": Join("\n", ["#!/bin/sh", ExecutionInput("Command")])},
            environment={"A": "b"},
            dockerfile="Dockerfile.gpu",
            timeout_minutes=45,
        ),
        timeout_seconds=3000,
        comment="by digest",
    )
    train = training(
        "Train",
        image=image.image,
        compute=ComputeResources(
            instance_type="ml.m5.xlarge", instance_count=2, volume_size_gib=50, volume_kms_key=KEY
        ),
        output_uri=f"s3://{TOKEN}/models",
        output_kms_key=KEY,
        channels=[
            Channel(
                name="training",
                uri=Join("/", ["s3://data", EXECUTION_NAME, "train"]),
                content_type="text/csv",
                input_mode="FastFile",
                distribution="ShardedByS3Key",
            ),
            Channel(name="validation", uri="s3://data/validation"),
        ],
        hyperparameters={"eta": "0.1", "seed": ExecutionInput("Seed")},
        metrics=[MetricDefinition(name="rmse", regex="rmse=([0-9.]+)")],
        environment={"LOG": "debug"},
        max_runtime_seconds=600,
        network=NetworkConfig(
            subnets=[LIST_TOKEN], security_groups=["sg-1", "sg-2"], isolated=True, encrypt_traffic=False
        ),
        input_mode="Pipe",
        tags={"team": "houses"},
        retry=[
            Retry(errors=["SageMaker.A", "SageMaker.B"], max_delay_seconds=60, full_jitter=True),
            Retry(errors=["States.ALL"]),
        ],
        catch=[Catch(errors=["States.Timeout"], next_step=rescue), Catch(next_step=failed)],
        additional_request={"EnableManagedSpotTraining": False},
    )
    started = training("Start only", wait=False, image=ContainerImage(uri="x:1", repository_arn=REPOSITORY))
    saved = model(
        "Save",
        model_data_uri=train.output("ModelArtifacts.S3ModelArtifacts"),
        environment={"WORKERS": "2"},
        network=NetworkConfig(subnets=["subnet-1"], security_groups=["sg-1"], isolated=True),
        tags={"job": started.output("TrainingJobArn")},
    )
    configured = config(
        "Configure",
        variants=[
            variant(model_name=saved.model_name, instance_count=2, initial_weight=0.5, startup_timeout_seconds=120),
            variant(variant_name="other"),
        ],
        data_capture=DataCapture(
            destination_uri="s3://data/captured",
            sampling_percentage=10,
            capture_output=False,
            csv_content_types=[],
            json_content_types=["application/jsonlines"],
            kms_key=KEY,
        ),
        volume_kms_key=KEY,
        tags={"team": "houses"},
    )
    served = endpoint(
        "Serve",
        config_name=configured.config_name,
        tags={"team": "houses"},
        poll_seconds=10,
        catch=[Catch(errors=["States.Timeout"], next_step=rescue), Catch(errors=["EndpointFailed"], next_step=failed)],
    )
    asked = function(
        "Ask",
        payload={
            "token": TASK_TOKEN,
            "list": ["it's", train.output("TrainingTimeInSeconds"), 1],
            "nested": [{"arn": served.output("EndpointArn"), "plain": None}],
            "names": [Join(" ", ["{", served.output("ProductionVariants[0].VariantName"), "}"])],
        },
        qualifier="live",
        wait_for_callback=True,
        timeout_seconds=60,
    )
    accepted = endpoint("Serve too", endpoint_name="other", wait=False)
    steps: list[Step] = [image, train, started, saved, configured, served, asked, accepted]
    return WorkflowDefinition(name="every-property", steps=steps, description="all there is", timeout_seconds=86400)


@pytest.mark.parametrize(
    ("name", "definition"),
    [
        ("every-property", every_property()),
        ("one-function", workflow(function("Hello"))),
        ("endpoint-alone", workflow(endpoint("Serve"))),
        ("fail-alone", workflow(FailStep(name="Stop", error=ExecutionInput("Why"), cause="as told"))),
    ],
)
def test_state_machines_are_exactly_as_expected(name: str, definition: WorkflowDefinition) -> None:
    rendered = render_states(definition, partition="aws")

    assert json.loads(json.dumps(rendered)) == json.loads((GOLDEN / f"{name}.json").read_text())


def test_rendering_is_deterministic() -> None:
    assert json.dumps(render_states(every_property())) == json.dumps(render_states(every_property()))


def test_the_partition_may_be_a_token() -> None:
    states = render_states(workflow(function("A"), endpoint("B")), partition=TOKEN)["States"]

    assert states["A"]["Resource"] == f"arn:{TOKEN}:states:::lambda:invoke"
    assert states["B: describe"]["Resource"] == f"arn:{TOKEN}:states:::aws-sdk:sagemaker:describeEndpoint"


def test_steps_without_a_role_are_named() -> None:
    definition = workflow(training("T", role=None), function("F"), model("M", role=None))

    message = (
        "workflow 'sample' is not valid, 2 problems:\n"
        "  T: role: missing, expected the ARN of a role; with_roles gives it one\n"
        "  M: role: missing, expected the ARN of a role; with_roles gives it one"
    )
    with pytest.raises(DefinitionError, match=f"^{re.escape(message)}$"):
        render_states(definition)


def test_a_step_of_another_engine_has_no_form_here() -> None:
    class Strange(Step):
        pass

    with pytest.raises(TypeError, match=r"^Strange has no form in the Amazon States Language$"):
        render_states(workflow(Strange(name="S")))


@pytest.mark.parametrize("errors", [["States.ALL"], ["States.TaskFailed"], ["SageMaker.X", "EndpointFailed"]])
def test_a_catch_gets_an_endpoint_that_failed_too(errors: list[str]) -> None:
    failed = FailStep(name="Failed", cause=CAUGHT_CAUSE)
    states = render_states(workflow(endpoint("E", catch=[Catch(errors=errors, next_step=failed)])))["States"]

    assert states["E: failed"] == {
        "Type": "Pass",
        "Parameters": {
            "Error": "EndpointFailed",
            "Cause.$": "States.Format('endpoint is {}: {}', $.EndpointStatus, $.FailureReason)",
        },
        "Next": "Failed",
    }
    assert states["E: not in service"]["Next"] == "Failed"
    assert states["E: describe"]["Catch"] == states["E"]["Catch"] == [{"ErrorEquals": errors, "Next": "Failed"}]


def test_a_catch_of_something_else_does_not() -> None:
    failed = FailStep(name="Failed")
    states = render_states(workflow(endpoint("E", catch=[Catch(errors=["States.Timeout"], next_step=failed)])))[
        "States"
    ]

    assert states["E: failed"]["Type"] == states["E: not in service"]["Type"] == "Fail"


def test_every_state_can_be_reached_and_every_way_leads_somewhere() -> None:
    document = render_states(every_property())
    states = document["States"]
    reached, waiting = set(), [document["StartAt"]]
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        state = states[name]
        following = [state.get("Next"), state.get("Default")]
        following += [found["Next"] for key in ("Choices", "Catch") for found in state.get(key, ())]
        waiting += [found for found in following if found is not None]
        ends = state["Type"] in ("Fail", "Succeed", "Choice")
        assert ends or ("Next" in state) != (state.get("End") is True)
    assert reached == set(states)
    assert all(1 <= len(name) <= 80 for name in states)
