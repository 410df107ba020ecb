"""An app that builds, trains and serves by Step Functions' tasks, CodeBuild, SageMaker's L1s and custom resources."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.strangers.account import ACCOUNT, REGION, Account

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_a_model_is_built_trained_and_served(project: Account) -> None:
    app = project.app("training")
    app.deploy()
    outputs = project.outputs("Training")
    machine, s3 = outputs["MachineOut"], project.client("s3")

    empty = project.execution(machine, {"rounds": "1"}, seconds=120)
    assert (empty["status"], empty["error"]) == ("FAILED", "SageMaker.AmazonSageMakerException"), empty

    s3.put_object(Bucket=outputs["BucketOut"], Key="data/bad.csv", Body=b"1,0\n1,100\n")
    bad = project.execution(machine, {"rounds": "2"}, seconds=120)
    assert (bad["status"], bad.get("error")) == ("FAILED", "BadModel"), bad

    s3.put_object(Bucket=outputs["BucketOut"], Key="data/bad.csv", Body=b"1,4\n1,6\n")
    good = project.execution(machine, {"rounds": "3"}, seconds=120)
    assert good["status"] == "SUCCEEDED", good
    told = json.loads(good["output"])
    assert told["verdicts"] == [{"name": "validation:rmse", "good": True}]
    name = told["training"]["TrainingJobName"]
    assert project.client("sagemaker").describe_model(ModelName=name)["ExecutionRoleArn"].startswith("arn:aws:iam:")

    image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{outputs['RepositoryOut']}:latest"
    model = told["training"]["ModelArtifacts"]["S3ModelArtifacts"]
    app.deploy("--context", f"image={image}", "--context", f"model={model}", version="second")
    served = project.outputs("Serving")
    assert json.loads(served["SmokeOut"]) == {"hello": [5.0, 5.0]}
    assert served["NoteOut"] == "served"
    runtime = project.client("sagemaker-runtime")
    answer = runtime.invoke_endpoint(EndpointName=served["EndpointOut"], ContentType="text/csv", Body=b"1\n")
    assert json.load(answer["Body"]) == {"hello": [5.0]}

    app.destroy(version="second")
    assert [project.status(stack) for stack in ("Training", "Serving")] == ["", ""]
    with pytest.raises(ClientError, match="Could not find endpoint"):
        project.client("sagemaker").describe_endpoint(EndpointName=served["EndpointOut"])
    with pytest.raises(ClientError, match="RepositoryNotFoundException"):
        project.client("ecr").describe_images(repositoryName=outputs["RepositoryOut"])
