"""``approve``, ``reject`` and ``lineage``, against a local AWS."""

import json
from functools import partial
from typing import Any

import pytest
from typer.testing import CliRunner

from mlops_cli.app import app
from mlops_cli.commands import registry
from mlops_cli.errors import CliError
from mlops_cli.target import Target
from tests.local_aws.sagemaker.conftest import BUCKET, Account, archive
from tests.local_aws.sagemaker.servers import ECHO

TRAIN = """
import os
base = os.environ["SAGEMAKER_BASE_DIR"]
open(f"{base}/model/model.txt", "w").write("trained")
print("rmse=12.5")
"""
REPORT = {"regression_metrics": {"rmse": {"value": 12345.678, "standard_deviation": "NaN"}, "rows": 10}}


@pytest.fixture(autouse=True)
def target(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    reached = Target(endpoint_url=account.platform.endpoint_url)
    monkeypatch.setattr(registry, "choose_target", lambda **_: reached)


@pytest.fixture
def image(account: Account) -> str:
    return "123456789012.dkr.ecr.us-east-1.amazonaws.com/cli-registry:latest"


def run(*words: str) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def register(account: Account, group: str, image: str, **members: Any) -> str:
    sagemaker = account.client("sagemaker")
    listed = sagemaker.list_model_package_groups(NameContains=group)["ModelPackageGroupSummaryList"]
    if not listed:
        sagemaker.create_model_package_group(ModelPackageGroupName=group)
    specification = {"Containers": [{"Image": image} | members.pop("container", {})]}
    made = sagemaker.create_model_package(ModelPackageGroupName=group, InferenceSpecification=specification, **members)
    return str(made["ModelPackageArn"])


def status(account: Account, arn: str) -> tuple[str, str | None]:
    told = account.client("sagemaker").describe_model_package(ModelPackageName=arn)
    return told["ModelApprovalStatus"], told.get("ApprovalDescription")


def test_the_newest_version_that_waits_is_decided_on(account: Account, image: str) -> None:
    account.put(**{"cli__report.json": json.dumps(REPORT), "cli__broken.json": "{", "cli__large.json": " " * 300_000})

    def source(name: str) -> dict[str, Any]:
        return {"ContentType": "application/json", "S3Uri": f"s3://{BUCKET}/cli/{name}.json"}

    metrics = {
        "ModelQuality": {"Statistics": source("report"), "Constraints": source("broken")},
        "Bias": {"Report": source("gone")},
        "Explainability": {"Report": source("large")},
    }
    older = register(account, "cli-decided", image)
    newer = register(account, "cli-decided", image, ModelMetrics=metrics)
    said = run("approve", "cli-decided", "--reason", "below the threshold")
    assert "cli-decided version 2: PendingManualApproval" in said
    assert "regression_metrics.rmse.value: 12,345.7" in said
    assert "regression_metrics.rows: 10" in said
    assert f"ModelQuality Constraints: s3://{BUCKET}/cli/broken.json (no JSON)" in said
    assert f"Bias Report: s3://{BUCKET}/cli/gone.json cannot be read: NoSuchKey" in said
    assert f"Explainability Report: s3://{BUCKET}/cli/large.json (300,000 bytes)" in said
    assert f"approved: {newer}" in said
    assert status(account, newer) == ("Approved", "below the threshold")
    said = run("reject", "cli-decided")
    assert "no metrics were registered with it" in said
    assert status(account, older) == ("Rejected", None)
    run("reject", newer)
    assert status(account, newer)[0] == "Rejected"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["approve", "cli-nowhere"], "model-package-group/cli-nowhere does not exist"),
        (["approve", "cli-empty"], "cli-empty has no versions"),
        (["approve", "cli-settled"], "no version of cli-settled waits for a decision: the newest, 1, is Approved"),
        (["reject", "arn:aws:sagemaker:us-east-1:123456789012:model-package/cli-settled/9"], "does not exist"),
        (["reject", "arn:aws:sagemaker:us-east-1:123456789012:model-package/cli-alone"], "is no version of a group"),
        (["approve", "cli-waiting", "--reason", "x" * 1025], "got 1025 characters, expected at most 1024"),
        (["lineage", "cli-nowhere"], "model-package-group/cli-nowhere does not exist"),
        (["lineage", "cli-empty"], "cli-empty has no versions"),
        (["lineage", "s3://cli/nowhere"], "no lineage is known of s3://cli/nowhere"),
    ],
)
def test_what_cannot_be_done_is_said(account: Account, image: str, words: list[str], message: str) -> None:
    sagemaker = account.client("sagemaker")
    if not sagemaker.list_model_package_groups(NameContains="cli-empty")["ModelPackageGroupSummaryList"]:
        sagemaker.create_model_package_group(ModelPackageGroupName="cli-empty")
        register(account, "cli-settled", image, ModelApprovalStatus="Approved")
        register(account, "cli-waiting", image)
        instances = {f"Supported{kind}InstanceTypes": ["ml.m5.large"] for kind in ("Transform", "RealtimeInference")}
        sagemaker.create_model_package(
            ModelPackageName="cli-alone", InferenceSpecification={"Containers": [{"Image": image}]} | instances
        )
    with pytest.raises(CliError, match=message):
        run(*words)


def test_what_made_a_version_and_an_endpoint_is_shown(account: Account, role: str) -> None:
    sagemaker = account.client("sagemaker")
    image = account.engine.image("cli-traced", train=TRAIN, serve=ECHO)
    account.put(cli_traced__data="1,2")
    channel = {
        "ChannelName": "train",
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/cli_traced/data"}},
    }
    job = account.training_job(
        "cli-traced",
        image,
        role,
        InputDataConfig=[channel],
        HyperParameters={"depth": "6", "objective": "squared"},
        AlgorithmSpecification={"MetricDefinitions": [{"Name": "rmse", "Regex": "rmse=([0-9.]+)"}]},
    )
    data = job["ModelArtifacts"]["S3ModelArtifacts"]
    account.eventually(lambda: sagemaker.list_artifacts(SourceUri=data)["ArtifactSummaries"], bool)
    arn = register(
        account,
        "cli-traced",
        image,
        container={"ModelDataUrl": data, "ImageDigest": "sha256:" + "b" * 64},
        MetadataProperties={"Repository": "models.git", "CommitId": "c0ffee", "GeneratedBy": "a-pipeline"},
    )
    for said in (run("lineage", arn), run("lineage", "cli-traced")):
        assert said.startswith(f"ModelPackage: {arn} status = PendingManualApproval image digest = sha256:bbbb")
        for expected in (
            "repository = models.git",
            "commit = c0ffee",
            "made by = a-pipeline",
            f"Image: {image}",
            f"Model: {data}",
            f"TrainingJob: {job['TrainingJobArn']} status = Completed",
            "depth = 6",
            "objective = squared",
            "rmse = 12.5",
            f"DataSet: s3://{BUCKET}/cli_traced/data",
            "(see above)",
        ):
            assert expected in said
    account.client("s3").put_object(
        Bucket=BUCKET, Key="cli_traced/served.tar.gz", Body=archive({"model.txt": b"served"})
    )
    account.model("cli-traced", image, role, {"model.txt": b"served"})
    account.endpoint_config("cli-traced", "cli-traced")
    account.endpoint("cli-traced-live", "cli-traced")
    endpoint = sagemaker.describe_endpoint(EndpointName="cli-traced-live")["EndpointArn"]
    account.eventually(lambda: sagemaker.list_contexts(SourceUri=endpoint)["ContextSummaries"], bool)
    said = run("lineage", "cli-traced-live")
    assert said.startswith(f"Endpoint: {endpoint} ModelDeployment: ")
    assert "EndpointConfigName = cli-traced" in said
    sagemaker.delete_endpoint(EndpointName="cli-traced-live")
    sagemaker.delete_model_package(ModelPackageName=arn)
    assert run("lineage", arn).startswith(f"ModelPackage: {arn} status = deleted")


def test_what_made_a_version_is_told_as_json(account: Account, role: str) -> None:
    sagemaker = account.client("sagemaker")
    image = account.engine.image("cli-json", run=f"import sys\nif sys.argv[1:] == ['train']:\n    exec({TRAIN!r})")
    account.put(cli_json__raw="1,2", cli_json__prepare="print(1)", cli_json__train="1,2")
    places = {
        name: f"s3://{BUCKET}/cli_json/{key}" for name, key in (("raw", "raw"), ("code", "prepare"), ("train", "train"))
    }
    sagemaker.create_processing_job(
        ProcessingJobName="cli-json",
        RoleArn=role,
        AppSpecification={"ImageUri": image},
        Environment={"SEED": "7"},
        ProcessingResources={"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}},
        ProcessingInputs=[
            {
                "InputName": name,
                "S3Input": {
                    "S3Uri": places[name],
                    "LocalPath": f"/opt/ml/processing/input/{name}",
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                },
            }
            for name in ("raw", "code")
        ],
        ProcessingOutputConfig={
            "Outputs": [
                {
                    "OutputName": "train",
                    "S3Output": {
                        "S3Uri": places["train"],
                        "LocalPath": "/opt/ml/processing/train",
                        "S3UploadMode": "EndOfJob",
                    },
                }
            ]
        },
    )
    prepared = account.eventually(
        lambda: sagemaker.describe_processing_job(ProcessingJobName="cli-json"),
        lambda found: found["ProcessingJobStatus"] == "Completed",
    )
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": places["train"]}}
    submitted = f"s3://{BUCKET}/cli_json/sourcedir.tar.gz"
    job = account.training_job(
        "cli-json",
        image,
        role,
        InputDataConfig=[{"ChannelName": "train", "DataSource": source}],
        HyperParameters={"depth": "6", "sagemaker_submit_directory": json.dumps(submitted)},
        AlgorithmSpecification={"MetricDefinitions": [{"Name": "rmse", "Regex": "rmse=([0-9.]+)"}]},
    )
    data = job["ModelArtifacts"]["S3ModelArtifacts"]
    digest = "sha256:" + "c" * 64
    version = register(
        account,
        "cli-json",
        image,
        container={"ModelDataUrl": data, "ImageDigest": digest},
        MetadataProperties={"Repository": "models.git", "CommitId": "c0ffee"},
    )
    produced = account.eventually(
        lambda: sagemaker.list_artifacts(SourceUri=places["train"])["ArtifactSummaries"], bool
    )
    account.eventually(
        lambda: sagemaker.list_associations(DestinationArn=produced[0]["ArtifactArn"])["AssociationSummaries"], bool
    )
    account.eventually(lambda: sagemaker.list_artifacts(SourceUri=version)["ArtifactSummaries"], bool)

    result = CliRunner().invoke(app, ["lineage", "cli-json", "--json"], catch_exceptions=False)
    told = json.loads(result.output)

    assert told["thing"] == version
    assert {found["job"] for found in told["jobs"]} == {job["TrainingJobArn"], prepared["ProcessingJobArn"]}
    trained = next(found for found in told["jobs"] if found["kind"] == "TrainingJob")
    assert (trained["status"], trained["parameters"]["depth"], trained["metrics"]) == (
        "Completed",
        "6",
        {"rmse": 12.5},
    )
    assert next(found for found in told["jobs"] if found is not trained)["parameters"]["SEED"] == "7"
    assert set(told["data"]) == {places["raw"], places["train"]}
    assert told["code"] == [
        {"uri": submitted},
        {"uri": places["code"]},
        {"repository": "models.git", "commit": "c0ffee"},
    ]
    assert told["images"] == [{"image": image, "digest": digest, "tags": []}]
    assert told["models"] == [version, data]
    graph = {found["name"]: found for found in told["graph"]}
    assert graph[places["code"]] == {"kind": "Code", "name": places["code"], "facts": {}, "made_of": []}
    assert set(graph[prepared["ProcessingJobArn"]]["made_of"]) == {image, places["raw"], places["code"]}
    assert f"Code: {places['code']}" in run("lineage", version)


def test_the_tags_of_an_image_tell_what_it_was_built_of(account: Account) -> None:
    sagemaker, ecr = account.client("sagemaker"), account.client("ecr")
    ecr.create_repository(repositoryName="cli-tagged")
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 1, "digest": "sha256:0"},
        "layers": [],
    }
    put = ecr.put_image(repositoryName="cli-tagged", imageManifest=json.dumps(manifest), imageTag="5eed")
    digest = put["image"]["imageId"]["imageDigest"]

    for repository, expected in (("cli-tagged", True), ("cli-gone", False)):
        image = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/{repository}@{digest}"
        arn = register(account, repository, image, container={"ImageDigest": digest})
        for uri in (image, arn):
            account.eventually(partial(sagemaker.list_artifacts, SourceUri=uri), lambda told: told["ArtifactSummaries"])
        said = run("lineage", arn)
        assert f"Image: {image} ImageDigest = {digest}" in said
        assert ("tags = 5eed" in said) is expected
