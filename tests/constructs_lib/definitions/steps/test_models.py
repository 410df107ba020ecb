"""Models of several containers, made and registered."""

from constructs_lib.definitions import ContainerImage, ModelContainer, RegisteredContainer
from constructs_lib.permissions import job_statements
from constructs_lib.rendering import render_pipeline, render_states
from tests.constructs_lib.samples import IMAGE, KEY, PLACE, REPOSITORY, TOKEN, model, pipeline, registration, workflow

SCALER = ModelContainer(
    image=ContainerImage(uri=TOKEN, repository_arn=REPOSITORY),
    model_data_uri="s3://data/scaler/model.tar.gz",
    model_data_kms_key=KEY,
    environment={"LEVEL": "info"},
    hostname="scaler",
)
TREES = ModelContainer(image=IMAGE, model_data_uri="s3://data/trees/model.tar.gz", hostname="trees")
CONTAINERS = [
    {
        "ContainerHostname": "scaler",
        "Image": TOKEN,
        "ModelDataUrl": "s3://data/scaler/model.tar.gz",
        "Environment": {"LEVEL": "info"},
    },
    {"ContainerHostname": "trees", "Image": IMAGE, "ModelDataUrl": "s3://data/trees/model.tar.gz"},
]


def test_the_containers_of_a_model_in_both_engines() -> None:
    step = model(image=None, containers=[SCALER, TREES], execution="Direct")
    (rendered,) = render_pipeline(pipeline(step))["Steps"]
    assert rendered["Arguments"]["Containers"] == CONTAINERS
    assert rendered["Arguments"]["InferenceExecutionConfig"] == {"Mode": "Direct"}
    assert "PrimaryContainer" not in rendered["Arguments"]

    request = render_states(workflow(step))["States"]["Save"]["Parameters"]
    assert (request["Containers"], request["InferenceExecutionConfig"]) == (CONTAINERS, {"Mode": "Direct"})


def test_requests_go_through_all_containers_unless_told_otherwise() -> None:
    assert "InferenceExecutionConfig" not in model(image=None, containers=[SCALER, TREES]).request


def test_the_role_of_a_model_may_start_and_load_each_container() -> None:
    step = model(image=None, containers=[SCALER, TREES])
    found = [
        (action, resource)
        for statement in job_statements(step, definition=workflow(step), **PLACE)
        for action in statement.actions
        for resource in statement.resources
    ]
    assert ("ecr:BatchGetImage", REPOSITORY) in found
    assert ("s3:GetObject", "arn:aws:s3:::data/scaler/model.tar.gz*") in found
    assert ("s3:GetObject", "arn:aws:s3:::data/trees/model.tar.gz*") in found
    assert ("kms:Decrypt", KEY) in found


def test_what_the_registry_is_told_of_a_model() -> None:
    trees = RegisteredContainer(image=IMAGE, framework="XGBOOST", framework_version="1.7-1")
    told = registration(
        image=None,
        containers=[ModelContainer(image=IMAGE), trees],
        domain="MACHINE_LEARNING",
        task="REGRESSION",
        sample_payload_uri="s3://data/payloads.tar.gz",
    ).request
    assert told["InferenceSpecification"]["Containers"] == [
        {"Image": IMAGE},
        {"Image": IMAGE, "Framework": "XGBOOST", "FrameworkVersion": "1.7-1"},
    ]
    assert (told["Domain"], told["Task"]) == ("MACHINE_LEARNING", "REGRESSION")
    assert told["SamplePayloadUrl"] == "s3://data/payloads.tar.gz"

    single = registration(framework="SKLEARN", framework_version="1.2-1").request["InferenceSpecification"]
    assert single["Containers"] == [{"Image": IMAGE, "Framework": "SKLEARN", "FrameworkVersion": "1.2-1"}]
