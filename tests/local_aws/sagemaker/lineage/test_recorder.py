"""What jobs, models, packages and endpoints leave in the lineage by themselves."""

import logging
from typing import Any

import pytest

from local_aws.platform import Platform
from local_aws.sagemaker.lineage.recorder import Recorder
from local_aws.sagemaker.lineage.records import LineageRecords
from local_aws.sagemaker.tags import TagStore
from tests.local_aws.sagemaker.conftest import BUCKET, Account
from tests.local_aws.sagemaker.servers import ECHO

TRAIN = """
import os
base = os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")
open(f"{base}/model/model.txt", "w").write("trained")
print("rmse=12.5")
"""


def test_what_made_this_model(account: Account, role: str) -> None:
    client = account.client("sagemaker")
    image = account.engine.image("traced", train=TRAIN, serve=ECHO)
    account.put(traced__data="1,2")
    client.create_experiment(ExperimentName="traced")
    client.create_trial(TrialName="traced-trial", ExperimentName="traced")
    channel = {
        "ChannelName": "train",
        "ContentType": "text/csv",
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/traced/data"}},
    }
    job = account.training_job(
        "traced",
        image,
        role,
        InputDataConfig=[channel],
        HyperParameters={"depth": "6", "objective": "squared"},
        AlgorithmSpecification={"MetricDefinitions": [{"Name": "rmse", "Regex": "rmse=([0-9.]+)"}]},
        ExperimentConfig={"ExperimentName": "traced", "TrialName": "traced-trial"},
    )
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    model_data = job["ModelArtifacts"]["S3ModelArtifacts"]
    component = account.eventually(
        lambda: dict(client.describe_trial_component(TrialComponentName="traced-aws-training-job")),
        lambda told: "SageMaker.ModelArtifact" in told["OutputArtifacts"],
    )
    assert component["Source"] == {"SourceArn": job["TrainingJobArn"], "SourceType": "SageMakerTrainingJob"}
    assert component["Status"]["PrimaryStatus"] == "Completed"
    assert component["StartTime"] <= component["EndTime"]
    assert component["Parameters"]["depth"] == {"NumberValue": 6.0}
    assert component["Parameters"]["objective"] == {"StringValue": "squared"}
    assert component["Parameters"]["SageMaker.InstanceType"] == {"StringValue": "ml.m5.large"}
    assert component["InputArtifacts"] == {
        "SageMaker.ImageUri": {"Value": image},
        "train": {"Value": f"s3://{BUCKET}/traced/data", "MediaType": "text/csv"},
    }
    assert component["OutputArtifacts"] == {"SageMaker.ModelArtifact": {"Value": model_data}}
    assert [(each["MetricName"], each["Last"]) for each in component["Metrics"]] == [("rmse", 12.5)]

    account.eventually(
        lambda: client.list_trial_components(TrialName="traced-trial")["TrialComponentSummaries"],
        lambda found: [each["TrialComponentName"] for each in found] == ["traced-aws-training-job"],
    )
    client.create_model_package_group(ModelPackageGroupName="traced")
    package = client.create_model_package(
        ModelPackageGroupName="traced",
        InferenceSpecification={
            "Containers": [{"Image": image, "ModelDataUrl": model_data, "ImageDigest": "sha256:" + "a" * 64}]
        },
    )["ModelPackageArn"]
    client.update_model_package(
        ModelPackageArn=package, ModelApprovalStatus="Approved", ApprovalDescription="good enough"
    )
    # the digest is a made-up one, which the test engine does not know: the model is made of the image itself
    client.create_model(
        ModelName="traced", ExecutionRoleArn=role, PrimaryContainer={"Image": image, "ModelDataUrl": model_data}
    )
    account.endpoint_config("traced", "traced")
    account.endpoint("traced")

    (start,) = client.list_artifacts(SourceUri=package)["ArtifactSummaries"]
    above = client.query_lineage(StartArns=[start["ArtifactArn"]], Direction="Ascendants")["Vertices"]
    described = {
        client.describe_artifact(ArtifactArn=vertex["Arn"])["Source"]["SourceUri"]
        for vertex in above
        if vertex["LineageType"] == "Artifact"
    }
    assert described == {image, model_data, f"s3://{BUCKET}/traced/data"}
    assert component["TrialComponentArn"] in {vertex["Arn"] for vertex in above}
    (digest,) = client.list_artifacts(SourceUri=image, ArtifactType="Image")["ArtifactSummaries"]
    assert client.describe_artifact(ArtifactArn=digest["ArtifactArn"])["Properties"] == {
        "ImageDigest": "sha256:" + "a" * 64
    }
    around = client.list_associations(SourceArn=start["ArtifactArn"])["AssociationSummaries"]
    assert {arrow["DestinationType"] for arrow in around} == {"ModelGroup", "Approval"}
    approval = client.describe_action(ActionName="traced-1-aws-approval")
    assert approval["Properties"] == {"ModelApprovalStatus": "Approved", "ApprovalDescription": "good enough"}

    def endpoint_lineage() -> list[dict[str, Any]]:
        arn = client.describe_endpoint(EndpointName="traced")["EndpointArn"]
        contexts = client.list_contexts(SourceUri=arn)["ContextSummaries"]
        if not contexts:
            return []
        return list(client.query_lineage(StartArns=[contexts[0]["ContextArn"]], Direction="Ascendants")["Vertices"])

    met = account.eventually(
        endpoint_lineage, lambda met: component["TrialComponentArn"] in {vertex["Arn"] for vertex in met}
    )
    assert "ModelDeployment" in {vertex["Type"] for vertex in met}
    client.delete_endpoint(EndpointName="traced")


def test_processing_and_transform_jobs_leave_components(account: Account, role: str) -> None:
    client = account.client("sagemaker")
    image = account.engine.image("traced-processing", run="print('done')")
    account.put(traced_processing__code="x")
    given = {
        "InputName": "code",
        "S3Input": {
            "S3Uri": f"s3://{BUCKET}/traced_processing/code",
            "LocalPath": "/opt/ml/processing/input/code",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
        },
    }
    account.processing_job("traced-processing", image, role, ProcessingInputs=[given])
    component = account.eventually(
        lambda: dict(client.describe_trial_component(TrialComponentName="traced-processing-aws-processing-job")),
        lambda told: told["Status"]["PrimaryStatus"] == "Completed",
    )
    assert component["InputArtifacts"]["code"]["Value"] == f"s3://{BUCKET}/traced_processing/code"
    assert component["Sources"] == [component["Source"]]

    account.model("traced-transform", account.engine.image("traced-server", serve=ECHO), role, {"model.txt": b"m"})
    account.put(**{"traced-transform__in__1": "a\n"})
    account.transform_job("traced-transform", "traced-transform")
    transform = account.eventually(
        lambda: dict(client.describe_trial_component(TrialComponentName="traced-transform-aws-transform-job")),
        lambda told: told["Status"]["PrimaryStatus"] != "InProgress",
    )
    assert set(transform["OutputArtifacts"]) == {"SageMaker.TransformOutput"}


def test_a_fault_is_logged_and_harms_nothing(tmp_path: Any, caplog: pytest.LogCaptureFixture) -> None:
    platform = Platform(endpoint_url="http://127.0.0.1:1", state_dir=tmp_path, cache_dir=tmp_path)
    Recorder(platform, LineageRecords(), TagStore()).start()
    with caplog.at_level(logging.ERROR):
        platform.emit(
            region="us-east-1",
            source="aws.sagemaker",
            detail_type="SageMaker Model State Change",
            detail={},
            resources=["arn:of:it"],
        )
    assert "lineage of ['arn:of:it']" in caplog.text
