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
KEY_ID = "11111111-2222-3333-4444-555555555555"
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
MODEL = sagemaker("model/pipelines-*", "CreateModel", "DescribeModel")


def package(group: str) -> set[tuple[str, str]]:
    create = sagemaker(f"model-package-group/{group}", "CreateModelPackage", "CreateModelPackageGroup")
    return create | sagemaker(f"model-package/{group}/*", "CreateModelPackage", "DescribeModelPackage")


def earlier(group: str) -> set[tuple[str, str]]:
    """Reading the baselines of a group's approved version."""
    return {
        ("sagemaker:ListModelPackages", f"arn:aws:sagemaker:{HERE}:model-package-group/{group}"),
        ("sagemaker:DescribeModelPackage", f"arn:aws:sagemaker:{HERE}:model-package/{group}/*"),
    }


def anywhere(service: str, *actions: str) -> set[tuple[str, str]]:
    return {(f"{service}:{action}", "*") for action in actions}


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
        (
            "processing",
            {
                *PROCESSING,
                *reading("data-bucket", "*/report"),
                ("kms:Decrypt", f"arn:aws:kms:{HERE}:key/{KEY_ID}"),
                PASS_ROLE,
            },
        ),
        ("training", {*PROCESSING, *TRAINING, PASS_ROLE}),
        (
            "functions",
            {
                PASS_ROLE,
                *job("ProcessingJob", "processing-job/small*"),
                *job("ProcessingJob", "processing-job/prepare-prices*"),
                *job("TrainingJob", "training-job/fit-prices*"),
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
                PASS_ROLE,
            },
        ),
        (
            "inference-component",
            {
                *sagemaker("model/pipelines-*", "CreateModel", "DescribeModel"),
                *sagemaker("endpoint-config/shared", "CreateEndpointConfig", "DescribeEndpointConfig"),
                ("sagemaker:CreateEndpoint", f"arn:aws:sagemaker:{HERE}:endpoint-config/*"),
                ("sagemaker:UpdateEndpoint", f"arn:aws:sagemaker:{HERE}:endpoint-config/*"),
                *sagemaker("endpoint/shared", "CreateEndpoint", "DescribeEndpoint", "UpdateEndpoint"),
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
        ("condition", {*PROCESSING, *reading("data-bucket", "Evaluate/report"), PASS_ROLE}),
        ("nested-condition", {*PROCESSING, *reading("data-bucket", "Evaluate/report"), PASS_ROLE}),
        ("fail", {*PROCESSING, PASS_ROLE}),
        ("model", {*TRAINING, *MODEL, PASS_ROLE}),
        ("register-model", {*TRAINING, *package("prices"), PASS_ROLE}),
        (
            "tuning",
            {
                *PROCESSING,
                *job("HyperParameterTuningJob", "hyper-parameter-tuning-job/*-Tune*"),
                *job("HyperParameterTuningJob", "hyper-parameter-tuning-job/*-tune*"),
                PASS_ROLE,
            },
        ),
        (
            "auto-ml",
            {*job("AutoMLJob", "automl-job/*-Search*"), *job("AutoMLJob", "automl-job/*-search*"), *MODEL, PASS_ROLE},
        ),
        (
            "quality-check",
            {
                *PROCESSING,
                *earlier("prices"),
                *reading("data-bucket", "quality/data"),
                *reading("data-bucket", "quality/model"),
                *reading("data-bucket", "baseline/constraints.json"),
                *reading("data-bucket", "baseline/statistics.json"),
                PASS_ROLE,
            },
        ),
        (
            "clarify-check",
            {
                *PROCESSING,
                *MODEL,
                *earlier("prices"),
                *reading("data-bucket", "data-bias"),
                *reading("data-bucket", "model-bias"),
                *reading("data-bucket", "explained"),
                *reading("data-bucket", "baseline/bias.json"),
                PASS_ROLE,
            },
        ),
        (
            "monitor-batch-transform",
            {
                *PROCESSING,
                *MODEL,
                *job("TransformJob", "transform-job/pipelines-*"),
                *reading("data-bucket", "quality/batch"),
                *reading("data-bucket", "baseline/constraints.json"),
                *reading("data-bucket", "baseline/statistics.json"),
                PASS_ROLE,
            },
        ),
        (
            "lineage",
            {
                *PROCESSING,
                *TRAINING,
                *anywhere("sagemaker", "AddAssociation", "AddTags", "CreateAction", "CreateArtifact", "CreateContext"),
                PASS_ROLE,
            },
        ),
        (
            "emr",
            {
                *anywhere("elasticmapreduce", "AddJobFlowSteps", "AddTags", "CancelSteps", "DescribeCluster"),
                *anywhere("elasticmapreduce", "DescribeStep", "RunJobFlow", "TerminateJobFlows"),
                # the document names the roles of the cluster without their account
                ("iam:PassRole", "*"),
                PASS_ROLE,
            },
        ),
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


@pytest.mark.parametrize(
    ("key", "resource"),
    [
        (f"arn:aws:kms:{HERE}:key/{KEY_ID}", f"arn:aws:kms:{HERE}:key/{KEY_ID}"),
        (KEY_ID, f"arn:aws:kms:{HERE}:key/{KEY_ID}"),
        ("mrk-" + "0" * 32, f"arn:aws:kms:{HERE}:key/mrk-{'0' * 32}"),
        ("alias/data", f"arn:aws:kms:{HERE}:key/*"),
        (f"arn:aws:kms:{HERE}:alias/data", f"arn:aws:kms:{HERE}:key/*"),
        ({"Get": "Parameters.Key"}, f"arn:aws:kms:{HERE}:key/*"),
    ],
)
def test_encrypted_property_files_are_read_with_their_key(key: object, resource: str) -> None:
    document = json.loads((FOLDER / "condition.pipeline.json").read_text())
    document.setdefault("Parameters", []).append({"Name": "Key", "Type": "String"})
    for step in document["Steps"]:
        if "PropertyFiles" in step:
            step["Arguments"]["ProcessingOutputConfig"]["KmsKeyId"] = key
    found = pipeline_statements(ImportedPipeline(name="encrypted", document=document), **PLACE)
    (decrypt,) = [statement for statement in found if "kms:Decrypt" in statement.actions]

    assert (list(decrypt.actions), list(decrypt.resources)) == (["kms:Decrypt"], [resource])
    assert (decrypt.reason is not None) is ("*" in resource)


def test_a_key_is_of_no_use_where_the_pipeline_reads_nothing() -> None:
    document = json.loads((FOLDER / "fail.pipeline.json").read_text())
    for step in document["Steps"]:
        if step["Type"] == "Processing":
            step["Arguments"].setdefault("ProcessingOutputConfig", {"Outputs": []})["KmsKeyId"] = KEY_ID
    found = pipeline_statements(ImportedPipeline(name="encrypted", document=document), **PLACE)

    assert not [statement for statement in found if "kms:Decrypt" in statement.actions]


@pytest.mark.parametrize("name", NAMES)
def test_roles_are_handed_to_the_service_alone_that_works_with_them(name: str) -> None:
    statements = [found for found in pipeline_statements(imported(name), **PLACE) if "iam:PassRole" in found.actions]

    assert all("iam:PassedToService" in str(found.conditions) for found in statements)
    assert bool(statements) is (name != "lambda")
