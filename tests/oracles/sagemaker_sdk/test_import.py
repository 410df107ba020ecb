"""What the SageMaker SDK wrote becomes a pipeline as it is, with the permissions of what its steps do."""

import json
from pathlib import Path

import pytest

from constructs_lib.definitions import ImportedPipeline
from constructs_lib.permissions import pipeline_statements
from constructs_lib.rendering import render_pipeline
from constructs_lib.rendering.diagrams import pipeline_graph
from tests.constructs_lib.samples import PLACE

FOLDER = Path(__file__).parent
NAMES = sorted(path.name.removesuffix(".pipeline.json") for path in FOLDER.glob("*.pipeline.json"))
HERE = "eu-west-1:111122223333"
PASS_ROLE = ("iam:PassRole", "arn:aws:iam::111122223333:role/jobs")
W1 = "synthetic-housing-training-sm-pipeline-ray"


def imported(name: str) -> ImportedPipeline:
    return ImportedPipeline.from_file(name, FOLDER / f"{name}.pipeline.json")


def sagemaker(resource: str, *actions: str) -> set[tuple[str, str]]:
    return {(f"sagemaker:{action}", f"arn:aws:sagemaker:{HERE}:{resource}") for action in ("AddTags", *actions)}


def job(name: str, resource: str) -> set[tuple[str, str]]:
    return sagemaker(resource, f"Create{name}", f"Describe{name}", f"Stop{name}")


def reading(bucket: str, prefix: str) -> set[tuple[str, str]]:
    return {("s3:GetObject", f"arn:aws:s3:::{bucket}/{prefix}*"), ("s3:ListBucket", f"arn:aws:s3:::{bucket}")}


PROCESSING = job("ProcessingJob", "processing-job/pipelines-*")
TRAINING = job("TrainingJob", "training-job/pipelines-*")


def package(group: str) -> set[tuple[str, str]]:
    create = sagemaker(f"model-package-group/{group}", "CreateModelPackage")
    return create | sagemaker(f"model-package/{group}/*", "CreateModelPackage", "DescribeModelPackage")


@pytest.mark.parametrize("name", NAMES)
def test_a_document_is_taken_and_given_back_as_it_is(name: str) -> None:
    pipeline = imported(name)

    assert render_pipeline(pipeline) == json.loads((FOLDER / f"{name}.pipeline.json").read_text())
    assert pipeline_graph(render_pipeline(pipeline), title=name).title == name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            W1,
            {
                *PROCESSING,
                *job("HyperParameterTuningJob", "hyper-parameter-tuning-job/*-HPTuni*"),
                *job("HyperParameterTuningJob", "hyper-parameter-tuning-job/*-hptuni*"),
                *package("synthetic-housing-models-ray"),
                *reading("data-bucket", "evaluation"),
                PASS_ROLE,
            },
        ),
        ("processing", {*PROCESSING, *reading("data-bucket", "*/report"), PASS_ROLE}),
        ("training", {*PROCESSING, *TRAINING, PASS_ROLE}),
        (
            "functions",
            {
                PASS_ROLE,
                *job("ProcessingJob", "processing-job/small*"),
                *job("ProcessingJob", "processing-job/prepare-prices*"),
            },
        ),
        (
            "notebook-job",
            {PASS_ROLE, *job("TrainingJob", "training-job/train-model*"), *job("TrainingJob", "training-job/again*")},
        ),
        ("repacked-model", {*TRAINING, *package("prices"), PASS_ROLE}),
        (
            "transform",
            {
                *sagemaker("model/pipelines-*", "CreateModel", "DescribeModel"),
                *job("TransformJob", "transform-job/pipelines-*"),
                PASS_ROLE,
            },
        ),
        (
            "endpoint",
            {
                *sagemaker("model/pipelines-*", "CreateModel", "DescribeModel"),
                *sagemaker("endpoint-config/prices", "CreateEndpointConfig", "DescribeEndpointConfig"),
                ("sagemaker:CreateEndpoint", f"arn:aws:sagemaker:{HERE}:endpoint-config/*"),
                ("sagemaker:UpdateEndpoint", f"arn:aws:sagemaker:{HERE}:endpoint-config/*"),
                *sagemaker("endpoint/*", "CreateEndpoint", "DescribeEndpoint", "UpdateEndpoint"),
                *sagemaker(
                    "inference-component/prices",
                    "CreateInferenceComponent",
                    "DescribeInferenceComponent",
                    "UpdateInferenceComponent",
                ),
                PASS_ROLE,
            },
        ),
        (
            "lambda",
            {("lambda:InvokeFunction", f"arn:aws:lambda:{HERE}:function:{name}") for name in ("count", "tell")},
        ),
        ("callback", {("sqs:SendMessage", f"arn:aws:sqs:{HERE}:questions"), *PROCESSING, PASS_ROLE}),
    ],
)
def test_its_role_may_do_what_its_steps_do_and_no_more(name: str, expected: set[tuple[str, str]]) -> None:
    found = {
        (action, resource)
        for statement in pipeline_statements(imported(name), **PLACE)
        for action in statement.actions
        for resource in statement.resources
    }

    assert found == expected


@pytest.mark.parametrize("name", NAMES)
def test_roles_are_handed_to_the_service_alone_that_works_with_them(name: str) -> None:
    statements = [found for found in pipeline_statements(imported(name), **PLACE) if "iam:PassRole" in found.actions]

    assert all("iam:PassedToService" in str(found.conditions) for found in statements)
    assert bool(statements) is (name != "lambda")
