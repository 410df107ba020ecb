"""Documents that the SageMaker SDK wrote run unchanged, but for the account and the region in their addresses."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_aws.functions.service import register_lambda
from local_aws.gateway.app import Gateway
from local_aws.platform import Platform
from local_aws.sagemaker.endpoints.settings import EndpointSettings
from local_aws.sagemaker.pipelines.settings import PipelineSettings
from local_aws.sagemaker.service import register_sagemaker
from local_aws.server import LocalAws
from tests.local_aws.functions.deployments import zipped
from tests.local_aws.sagemaker.conftest import ALL, REGION, Account, archive
from tests.local_aws.sagemaker.folder_engine import FolderEngine
from tests.local_aws.sagemaker.pipelines.conftest import Pipelines
from tests.local_aws.sagemaker.servers import ECHO

DOCUMENTS = Path(__file__).parents[3] / "oracles" / "sagemaker_sdk"
PLACES = {"111122223333": "123456789012", "141502667606": "123456789012", "eu-west-1": REGION}
PARAMETERS = {"InputData": "s3://data-bucket/raw"}

# a program that leaves something in each of its outputs, whatever it is
PROCESS = """
import json, os
base = os.environ["SAGEMAKER_BASE_DIR"]
with open(f"{base}/config/processingjobconfig.json") as file:
    outputs = json.load(file).get("ProcessingOutputConfig", {}).get("Outputs", [])
found = {"metrics": {"accuracy": {"value": 0.9}}, "regression_metrics": {"rmse": {"value": 0.5}}}
for output in outputs:
    folder = output["S3Output"]["LocalPath"].replace("/opt/ml", base)
    os.makedirs(folder, exist_ok=True)
    for name in ("report.json", "evaluation.json"):
        with open(f"{folder}/{name}", "w") as file:
            json.dump(found, file)
"""
TRAIN = """
import os
with open(os.environ["SAGEMAKER_BASE_DIR"] + "/model/model.txt", "w") as file:
    file.write("v1")
print("rmse=0.5 validation-rmse:0.5 validation-mae:0.5")
"""
# one program for all kinds of containers: it is called as they are
PROGRAM = f"""
import sys
kind = sys.argv[1] if len(sys.argv) > 1 else "process"
exec(dict(train={TRAIN!r}, serve={ECHO!r}).get(kind, {PROCESS!r}))
"""
# what the steps of services that are not here are told to have found
FOUND = {
    "BestCandidate": {
        "InferenceContainers": [
            {
                "Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/images@sha256:" + "0" * 64,
                "ModelDataUrl": "s3://data-bucket/model.tar.gz",
                "Environment": dict.fromkeys(
                    (
                        "MODEL_NAME",
                        "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT",
                        "SAGEMAKER_INFERENCE_OUTPUT",
                        "SAGEMAKER_INFERENCE_SUPPORTED",
                        "SAGEMAKER_PROGRAM",
                        "SAGEMAKER_SUBMIT_DIRECTORY",
                    ),
                    "set",
                ),
            }
        ]
    },
    "CalculatedBaselineConstraints": "s3://data-bucket/baseline/constraints.json",
}
HANDLER = """
def handle(event, context):
    return {"statusCode": 200, "rows": 3, "share": 0.5, "name": "n", "sorted": True}
"""

# what becomes of each document; of steps that fail, and why, where it is the document that asks for it
ENDS = {"fail": {"Stop": "Stopped after "}}
NAMES = sorted(path.name.removesuffix(".pipeline.json") for path in DOCUMENTS.glob("*.pipeline.json"))


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipelines]:
    """The account that the documents speak of: its data, images, scripts, functions and queue."""
    made: list[FolderEngine] = []
    answer = tmp_path_factory.mktemp("stand-in") / "answer.json"
    answer.write_text(json.dumps(FOUND))
    kinds = ("AutoML", "ClarifyCheck", "EMR", "QualityCheck")

    def register(gateway: Gateway, platform: Platform) -> None:
        made.append(FolderEngine(platform, tmp_path_factory.mktemp("images")))
        register_lambda(gateway, platform)
        register_sagemaker(
            gateway,
            platform,
            engine=lambda: made[0],
            endpoints=EndpointSettings(startup_seconds=5, ping_seconds=0.2),
            pipelines=PipelineSettings(stand_ins=dict.fromkeys(kinds, f"cat {answer}")),
        )

    with LocalAws(register=register) as running:
        account = Account(running.platform, made[0], [])
        for image in ("images@sha256", "sagemaker-scikit-learn"):
            account.engine.image(image, run=PROGRAM, amazon_sagemaker_scheduler=TRAIN)
        _fill(account)
        yield Pipelines(account, account.role("jobs"))


@pytest.fixture(scope="module")
def key(sdk: Pipelines) -> str:
    """The id of a key of the account."""
    return str(sdk.account.client("kms").create_key()["KeyMetadata"]["KeyId"])


def _fill(account: Account) -> None:
    s3 = account.client("s3")
    for bucket in ("data-bucket", "code-bucket"):
        s3.create_bucket(Bucket=bucket)
    for path in DOCUMENTS.glob("*.pipeline.json"):
        for bucket, key in re.findall(r"s3://((?:data|code)-bucket)/([^\"\\\\]+)", path.read_text()):
            if key.endswith(".tar.gz"):
                s3.put_object(Bucket=bucket, Key=key, Body=archive({"model.txt": b"v1"}))
            elif key.endswith((".py", ".json")):
                s3.put_object(Bucket=bucket, Key=key, Body=PROCESS.encode() if key.endswith(".py") else b"{}")
            else:
                s3.put_object(Bucket=bucket, Key=f"{key}/rows.csv", Body=b"1,2")
    s3.put_object(Bucket="data-bucket", Key="raw/rows.csv", Body=b"1,2")
    account.client("sqs").create_queue(QueueName="questions")
    account.client("sagemaker").create_context(
        ContextName="there", ContextType="Project", Source={"SourceUri": "s3://data-bucket"}
    )
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    role = account.role("sdk-functions", ALL, trust)
    for name in ("count", "tell"):
        account.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=role,
            Handler="index.handle",
            Code={"ZipFile": zipped(index__py=HANDLER)},
        )


def _answer(pipelines: Pipelines, arn: str) -> None:
    token = pipelines.step(arn, "Ask", "Executing")["Metadata"]["Callback"]["CallbackToken"]
    given = {"answer": "yes", "count": "1", "ratio": "0.5", "sure": "true"}
    pipelines.client.send_pipeline_execution_step_success(
        CallbackToken=token, OutputParameters=[{"Name": name, "Value": value} for name, value in given.items()]
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_document_of_the_sdk_runs(sdk: Pipelines, key: str, name: str) -> None:
    text = (DOCUMENTS / f"{name}.pipeline.json").read_text()
    for there, here in PLACES.items():
        text = text.replace(there, here)
    text = text.replace("11111111-2222-3333-4444-555555555555", key)
    open_parameters = [each["Name"] for each in json.loads(text)["Parameters"] if "DefaultValue" not in each]
    sdk.create(name, text)

    arn = sdk.start(name, {each: PARAMETERS[each] for each in open_parameters})
    if name == "callback":
        _answer(sdk, arn)
    execution = sdk.ended(arn)

    failed: dict[str, Any] = {
        step: found.get("FailureReason") for step, found in sdk.steps(arn).items() if found["StepStatus"] != "Succeeded"
    }
    expected = ENDS.get(name, {})
    assert set(failed) == set(expected), failed
    assert all(failed[step].startswith(reason) for step, reason in expected.items()), failed
    assert execution["PipelineExecutionStatus"] == ("Failed" if expected else "Succeeded")
