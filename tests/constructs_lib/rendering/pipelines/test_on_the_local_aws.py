"""Pipelines of ours on a local AWS, every role with the rights that the library derives and no more."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from constructs_lib.definitions import (
    Checkpoints,
    ChoiceStep,
    ComputeResources,
    EndpointConfigStep,
    EndpointStep,
    FailStep,
    InferenceComponentStep,
    ModelContainer,
    ModelStep,
    PipelineDefinition,
    PipelineParameter,
    ProductionVariant,
    RegisterModelStep,
    SpotTraining,
    TrainingStep,
    equal,
)
from constructs_lib.permissions import Statement, job_statements, pipeline_statements
from constructs_lib.rendering import render_pipeline
from local_aws.gateway.app import Gateway
from local_aws.platform import Platform
from local_aws.sagemaker.endpoints.settings import EndpointSettings
from local_aws.sagemaker.service import register_sagemaker
from local_aws.server import LocalAws
from tests.local_aws.sagemaker.conftest import BUCKET, REGION, Account, archive
from tests.local_aws.sagemaker.folder_engine import FolderEngine
from tests.local_aws.sagemaker.pipelines.conftest import Pipelines
from tests.local_aws.sagemaker.servers import ECHO

PLACE = {"partition": "aws", "region": REGION, "account": "123456789012"}
NAME = "kept-and-chained"
SHARED = "shared-by-components"

# goes on from the epoch that an earlier job has come to
TRAIN = """
import os
base = os.environ["SAGEMAKER_BASE_DIR"]
kept = f"{base}/checkpoints/epoch"
epoch = int(open(kept).read()) if os.path.exists(kept) else 0
with open(kept, "w") as file:
    file.write(str(epoch + 1))
with open(f"{base}/model/model.txt", "w") as file:
    file.write(str(epoch + 1))
"""


def _shared(image: str, role: str) -> PipelineDefinition:
    save = ModelStep(name="Save", image=image, model_data_uri=f"s3://{BUCKET}/{SHARED}/model.tar.gz")
    variant = ProductionVariant(instance_type="ml.m5.large")
    configure = EndpointConfigStep(name="Configure", variants=[variant], execution_role=role)
    serve = EndpointStep(name="Serve", endpoint_name=SHARED, config_name=configure.config_name, mode="create or update")
    place = InferenceComponentStep(
        name="Place",
        component_name=SHARED,
        endpoint_name=serve.output("EndpointName"),
        model_name=save.model_name,
        min_memory_mb=128,
    )
    return PipelineDefinition(name=SHARED, steps=[save, configure, serve, place])


def _definition(image: str) -> PipelineDefinition:
    stage = PipelineParameter("Stage", default="prod")
    train = TrainingStep(
        name="Train",
        image=image,
        compute=ComputeResources(instance_type="ml.m5.large"),
        output_uri=f"s3://{BUCKET}/{NAME}/models",
        max_runtime_seconds=60,
        spot=SpotTraining(max_wait_seconds=120),
        checkpoints=Checkpoints(uri=f"s3://{BUCKET}/{NAME}/checkpoints"),
    )
    artifact = train.output("ModelArtifacts.S3ModelArtifacts")
    containers = [ModelContainer(image=image, model_data_uri=artifact, hostname=name) for name in ("first", "second")]
    register = RegisterModelStep(
        name="Register", group_name=NAME, containers=containers, content_types=["text/csv"], response_types=["text/csv"]
    )
    save = ModelStep(name="Save", containers=containers, execution="Direct")
    staged = ChoiceStep.if_else(
        name="Staged",
        conditions=[equal(stage, "prod")],
        if_steps=[save],
        else_steps=[FailStep(name="NoStage", cause="no such stage")],
    )
    done = ChoiceStep.if_else(
        name="Trained",
        conditions=[equal(train.output("TrainingJobStatus"), "Completed")],
        if_steps=[register, staged],
        else_steps=[FailStep(name="NotTrained", cause="not trained")],
    )
    return PipelineDefinition(name=NAME, steps=[train, done])


@pytest.fixture(scope="module")
def pipelines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipelines]:
    made: list[FolderEngine] = []

    def register(gateway: Gateway, platform: Platform) -> None:
        made.append(FolderEngine(platform, tmp_path_factory.mktemp("images")))
        endpoints = EndpointSettings(startup_seconds=30, ping_seconds=0.2)
        register_sagemaker(gateway, platform, engine=lambda: made[0], endpoints=endpoints)

    with LocalAws(register=register) as running:
        account = Account(running.platform, made[0], [])
        account.client("s3").create_bucket(Bucket=BUCKET)
        model = archive({"model.txt": b"v1"})
        account.client("s3").put_object(Bucket=BUCKET, Key=f"{SHARED}/model.tar.gz", Body=model)
        account.client("sagemaker").create_model_package_group(ModelPackageGroupName=NAME)
        image = account.engine.image("kept", train=TRAIN, serve=ECHO)
        components = account.role("components-of-shared")
        found = Pipelines(account, "one a pipeline")
        for definition in (_definition(image), _shared(image, components)):
            _create(found, definition)
        yield found


def _create(pipelines: Pipelines, definition: PipelineDefinition) -> None:
    def role(name: str, statements: Iterable[Statement]) -> str:
        policy = {"Version": "2012-10-17", "Statement": [found.to_dict() for found in statements]}
        return pipelines.account.role(f"{definition.name}-{name}", policy)

    whole = definition.with_roles(
        {
            step.name: role(step.name, job_statements(step, definition=definition, **PLACE))
            for step in definition.steps_without_role
        }
    )
    engine = role("pipeline", pipeline_statements(whole, **PLACE))
    pipelines.create(definition.name, json.dumps(render_pipeline(whole)), role=engine)


def test_it_runs_to_its_end_with_conditions_inside_of_conditions(pipelines: Pipelines) -> None:
    execution = pipelines.run(NAME)

    steps = pipelines.steps(execution)
    assert {name: step["StepStatus"] for name, step in steps.items()} == dict.fromkeys(
        ("Train", "Trained", "Register", "Staged", "Save"), "Succeeded"
    ), json.dumps(steps, default=str)
    job = _described(pipelines, steps["Train"]["Metadata"]["TrainingJob"]["Arn"])
    assert (job["EnableManagedSpotTraining"], job["StoppingCondition"]["MaxWaitTimeInSeconds"]) == (True, 120)
    name = steps["Save"]["Metadata"]["Model"]["Arn"].rpartition("/")[2]
    model = pipelines.client.describe_model(ModelName=name)
    assert [each["ContainerHostname"] for each in model["Containers"]] == ["first", "second"]
    assert model["InferenceExecutionConfig"] == {"Mode": "Direct"}
    package = steps["Register"]["Metadata"]["RegisterModel"]["Arn"]
    told = pipelines.client.describe_model_package(ModelPackageName=package)["InferenceSpecification"]
    assert [each["ContainerHostname"] for each in told["Containers"]] == ["first", "second"]


def test_a_job_goes_on_from_the_checkpoints_of_another(pipelines: Pipelines) -> None:
    before = _epoch(pipelines)
    assert pipelines.run(NAME, {"Stage": "other"})["PipelineExecutionStatus"] == "Failed"
    assert _epoch(pipelines) == before + 1


def test_models_share_an_endpoint(pipelines: Pipelines) -> None:
    execution = pipelines.run(SHARED)

    steps = pipelines.steps(execution)
    assert {name: step["StepStatus"] for name, step in steps.items()} == dict.fromkeys(
        ("Save", "Configure", "Serve", "Place"), "Succeeded"
    ), json.dumps(steps, default=str)
    found = pipelines.client.describe_inference_component(InferenceComponentName=SHARED)
    assert (found["EndpointName"], found["InferenceComponentStatus"]) == (SHARED, "InService")


def _described(pipelines: Pipelines, arn: str) -> dict[str, Any]:
    return dict(pipelines.client.describe_training_job(TrainingJobName=arn.rpartition("/")[2]))


def _epoch(pipelines: Pipelines) -> int:
    s3 = pipelines.account.client("s3")
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{NAME}/checkpoints/").get("Contents", [])
    return sum(int(s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read()) for each in listed)
