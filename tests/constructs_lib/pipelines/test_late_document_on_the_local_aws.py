"""A document above the limit of templates, with values of the deployment, deployed on a local AWS, changed and run."""

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, DefaultStackSynthesizer, RemovalPolicy, Stack
from aws_cdk import aws_sqs as sqs
from typer.testing import CliRunner

from constructs_lib.definitions import ImportedPipeline
from constructs_lib.environments.storage import Storage
from constructs_lib.pipelines.documents import LARGEST_INLINE
from constructs_lib.pipelines.late_document import PREFIX
from constructs_lib.pipelines.pipeline import SageMakerPipeline
from local_aws.server import LocalAws
from mlops_cli.app import app
from mlops_cli.commands import comparing
from mlops_cli.target import Target
from tests.constructs_lib.synthesis import CONTEXT

REGION, ACCOUNT = "us-east-1", "123456789012"
# not that of `cdk bootstrap`: the servers of a process share their buckets
ASSETS = f"late-document-assets-{ACCOUNT}-{REGION}"
DEADLINE_SECONDS = 180


def _synthesizer() -> DefaultStackSynthesizer:
    return DefaultStackSynthesizer(generate_bootstrap_version_rule=False, file_assets_bucket_name=ASSETS)


def synthesized(folder: Path, *, cause: str) -> Path:
    cdk = App(outdir=str(folder), context=CONTEXT)
    stack = Stack(cdk, "Late", synthesizer=_synthesizer())
    queue = sqs.Queue(stack, "Queue")
    tell = {"Name": "Tell", "Type": "Fail", "Arguments": {"ErrorMessage": f"{cause} {queue.queue_name}"}}
    metadata = {"Long": "x" * LARGEST_INLINE, "Queue": queue.queue_arn}
    document = {"Version": "2020-12-01", "Metadata": metadata, "Steps": [tell]}
    SageMakerPipeline(
        stack,
        "Pipeline",
        definition=ImportedPipeline(name="late", document=document),
        document_storage=Storage(stack, "Storage", removal_policy=RemovalPolicy.DESTROY),
    )
    cdk.synth()
    return folder


def eventually(look: Callable[[], dict[str, Any]], done: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not done(found := look()):
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    return found


def deploy(aws: LocalAws, folder: Path, operation: str) -> None:
    """Uploads the assets, as the CDK command line does, and creates or updates the stack."""
    s3 = aws.platform.client("s3", region=REGION)
    for asset in json.loads((folder / "Late.assets.json").read_text())["files"].values():
        path = folder / asset["source"]["path"]
        (destination,) = asset["destinations"].values()
        body = _zipped(path) if asset["source"]["packaging"] == "zip" else path.read_bytes()
        s3.put_object(Bucket=ASSETS, Key=destination["objectKey"], Body=body)
    client = aws.platform.client("cloudformation", region=REGION)
    template = json.loads((folder / "Late.template.json").read_text())
    template.pop("Parameters", None)
    getattr(client, operation)(StackName="Late", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])
    stack = eventually(
        lambda: dict(client.describe_stacks(StackName="Late")["Stacks"][0]),
        lambda found: not found["StackStatus"].endswith("_IN_PROGRESS"),
    )
    reasons = [
        found["ResourceStatusReason"]
        for found in client.describe_stack_events(StackName="Late")["StackEvents"]
        if "ResourceStatusReason" in found
    ]
    assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), reasons


def _zipped(folder: Path) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for path in folder.rglob("*"):
            archive.write(path, path.relative_to(folder))
    return data.getvalue()


@pytest.fixture(scope="module")
def running() -> Iterator[LocalAws]:
    with LocalAws() as aws:
        aws.platform.client("s3", region=REGION).create_bucket(Bucket=ASSETS)
        yield aws


def message(aws: LocalAws) -> str:
    """What the pipeline's only step says."""
    client = aws.platform.client("sagemaker", region=REGION)
    arn = client.start_pipeline_execution(PipelineName="late")["PipelineExecutionArn"]
    eventually(
        lambda: dict(client.describe_pipeline_execution(PipelineExecutionArn=arn)),
        lambda found: found["PipelineExecutionStatus"] not in ("Executing", "Stopping"),
    )
    (step,) = client.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
    return str(step["Metadata"]["Fail"]["ErrorMessage"])


def resource(aws: LocalAws, kind: str) -> str:
    found = aws.platform.client("cloudformation", region=REGION).describe_stack_resources(StackName="Late")
    ids = [item["PhysicalResourceId"] for item in found["StackResources"] if item["ResourceType"] == kind]
    return str(next(name for name in ids if "accesslogs" not in name))


@pytest.mark.slow
def test_it_is_filled_in_changed_and_run(running: LocalAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (synthesized(tmp_path / cause, cause=cause) for cause in ("first", "second"))
    deploy(running, first, "create_stack")
    queue = resource(running, "AWS::SQS::Queue").rpartition("/")[2]
    assert message(running) == f"first {queue}"
    sagemaker = running.platform.client("sagemaker", region=REGION)
    document = sagemaker.describe_pipeline(PipelineName="late")["PipelineDefinition"]
    assert len(document) > LARGEST_INLINE
    assert json.loads(document)["Metadata"]["Queue"] == f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"

    reached = Target(endpoint_url=running.platform.endpoint_url)
    monkeypatch.setattr(comparing, "choose_target", lambda **_: reached)
    said = CliRunner().invoke(app, ["diff", "late", "--to", str(first)], catch_exceptions=False).output
    assert "Tell" in said
    assert "reruns" in said
    assert "after the deployment" not in said  # the asset is the same, so it tells the values

    deploy(running, second, "update_stack")
    assert message(running) == f"second {queue}"
    s3 = running.platform.client("s3", region=REGION)
    bucket = resource(running, "AWS::S3::Bucket")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=PREFIX)["Contents"]
    assert len(listed) == 2, "the documents of before stay"
