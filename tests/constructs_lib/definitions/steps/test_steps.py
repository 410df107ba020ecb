"""What holds for every kind of step."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from constructs_lib.definitions import (
    BuildOverrides,
    ContainerImage,
    FailStep,
    FallibleStep,
    JobStep,
    Join,
    ProcessingStep,
    ShortUniqueName,
    Step,
    TaskStep,
    TrainingStep,
    UniqueName,
    WorkflowStep,
)
from constructs_lib.definitions.steps.base import name_from
from constructs_lib.definitions.steps.integrations import Integration
from constructs_lib.definitions.values import EXECUTION_ARN, StepOutput
from tests.constructs_lib.samples import (
    FUNCTION,
    IMAGE,
    KEY,
    REPOSITORY,
    ROLE,
    build,
    config,
    endpoint,
    function,
    model,
    training,
    tuning,
)
from tests.constructs_lib.services import calls, jobs
from tests.oracles.sagemaker_sdk.ours import all_of_ours

TASKS = [function(), build(), training(), training(wait=False), model(), config(), endpoint(), endpoint(wait=False)]
SERVICES = [step for made in (jobs(), calls()) for step in made.all_steps if isinstance(step, TaskStep)]
PIPELINES = [step for made in all_of_ours(IMAGE, IMAGE) for step in made.all_steps if isinstance(step, TaskStep)]


@pytest.mark.parametrize(
    "step", [*TASKS, *SERVICES], ids=lambda step: f"{type(step).__name__}-{step.integration.pattern}"
)
def test_a_task_tells_its_call_and_what_it_needs(step: TaskStep) -> None:
    assert step.integration.operation[0].isupper()
    assert step.engine_needs
    assert step.kind != TaskStep.kind
    assert step.response is not None
    assert step.output("A.B") == StepOutput(step.name, "A.B")


def _nothing(value: Any, path: str = "") -> Iterator[str]:
    """Where a document has None."""
    members = (
        value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list | tuple) else ()
    )
    for name, member in members:
        if member is None:
            yield f"{path}/{name}"
        yield from _nothing(member, f"{path}/{name}")


@pytest.mark.parametrize("step", [*TASKS, *SERVICES, *PIPELINES], ids=lambda step: f"{type(step).__name__}-{step.name}")
def test_what_is_not_given_is_not_in_the_request(step: TaskStep) -> None:
    assert list(_nothing(step.request)) == []


def test_a_null_that_is_given_is_passed_on() -> None:
    step = WorkflowStep(name="W", state_machine_arn=FUNCTION, given={"Limit": None})
    assert step.request["Input"] == {"Limit": None, "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": EXECUTION_ARN}


def test_integrations() -> None:
    assert [(step.integration.service, step.integration.operation, step.integration.pattern) for step in TASKS] == [
        ("lambda", "Invoke", "request"),
        ("lambda", "Invoke", "callback"),
        ("sagemaker", "CreateTrainingJob", "sync"),
        ("sagemaker", "CreateTrainingJob", "request"),
        ("sagemaker", "CreateModel", "request"),
        ("sagemaker", "CreateEndpointConfig", "request"),
        ("sagemaker", "CreateEndpoint", "request"),
        ("sagemaker", "CreateEndpoint", "request"),
    ]
    assert Integration(service="sagemaker", action="describeEndpoint", sdk=True).operation == "DescribeEndpoint"


def test_a_request_cannot_be_changed() -> None:
    with pytest.raises(TypeError, match="does not support item assignment"):
        training().request["TrainingJobName"] = "other"  # type: ignore[index]


def test_steps_are_not_equal_but_for_themselves() -> None:
    step = function()
    assert step == step  # noqa: PLR0124 - identity is what is tested
    assert step != function()
    assert len({step, function()}) == 2


def test_dependencies_are_names() -> None:
    assert function(depends_on=[function("A"), "B"]).dependencies == ("A", "B")
    assert Step(name="S").values == ()
    assert FailStep(name="F", error="a", cause="b").values == ("a", "b")


def test_names_that_are_not_given_are_unique_in_each_execution() -> None:
    assert training("Train it!").job_name == UniqueName("train-it", per_attempt=True)
    assert model("Save model").model_name == UniqueName("save-model")
    assert config("Create Endpoint Config").config_name == UniqueName("create-endpoint-config")


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("Train Step", "train-step"),
        ("Calls CodeBuild to Build Container", "calls-codebuild-to-build-co"),
        ("a" * 26 + " b", "a" * 26),
        ("日本", "step"),
        ("--x--", "x"),
    ],
)
def test_parts_of_names(name: str, part: str) -> None:
    assert name_from(name) == part


def test_a_role_is_given_without_changing_the_step() -> None:
    step = training(role=None)
    given = step.with_role(ROLE)

    assert (step.role, given.role) == (None, ROLE)
    assert "RoleArn" not in step.request
    assert given.request["RoleArn"] == ROLE
    assert isinstance(given, TrainingStep)


def test_images_by_address_and_with_their_repository() -> None:
    assert training().container == ContainerImage(uri=IMAGE)
    (built,) = model(image=build().image).all_containers
    assert built.place == ContainerImage(uri=StepOutput("Build", "ImageUri"), repository_arn=REPOSITORY)


def test_a_build_without_overrides_says_nothing_of_them() -> None:
    assert set(build().request["Payload"]) == {"TaskToken"}
    assert build().request["FunctionName"] == FUNCTION
    assert build(overrides=BuildOverrides(dockerfile="D")).request["Payload"]["Overrides"] == {"Dockerfile": "D"}


def test_models_and_roles_without_data() -> None:
    assert "ModelDataUrl" not in model().request["PrimaryContainer"]
    assert model().artifacts == {}
    assert function().model_needs == ()
    assert config().model_needs == ()


def test_the_folder_of_an_output_is_known_before_the_job_runs() -> None:
    step = jobs().step("Prepare")
    assert isinstance(step, ProcessingStep)
    assert step.output_uri("test") == "s3://data/test"
    assert step.artifacts["ProcessingOutputConfig.Outputs[1].S3Output.S3Uri"] == ("s3://data/test", KEY)
    with pytest.raises(KeyError, match="none"):
        step.output_uri("none")


def test_the_best_model_lies_below_the_job_that_made_it() -> None:
    assert tuning("T").best_model_uri == Join(
        "/", ["s3://data/models", StepOutput("T", "BestTrainingJob.TrainingJobName"), "output/model.tar.gz"]
    )


def test_names_of_tuning_jobs_are_short() -> None:
    assert tuning("Look for the best hyperparameters").job_name == ShortUniqueName("look-for-the-best-h")
    assert len("look-for-the-best-h-") + 12 == 32


def test_a_step_without_what_a_task_tells_is_not_made() -> None:
    class Silent(TaskStep):
        pass

    with pytest.raises(TypeError, match=r"abstract class Silent .*\bown_request\b"):
        Silent(name="S")  # type: ignore[abstract]


def test_a_class_is_a_step_by_inheritance() -> None:
    step = function()
    assert isinstance(step, TaskStep)
    assert isinstance(step, FallibleStep)
    assert not isinstance(step, JobStep)
    assert not isinstance(object(), TaskStep)
