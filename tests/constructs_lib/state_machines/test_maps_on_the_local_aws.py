"""A workflow with distributed Maps over an encrypted bucket, deployed on a local AWS: its roles allow what it takes."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import define
from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_lambda as lambda_

from constructs_lib.definitions import (
    DistributedMapStep,
    ExecutionInput,
    JsonLinesItems,
    LambdaStep,
    MapItem,
    ResultWriter,
    S3Objects,
    WorkflowDefinition,
)
from constructs_lib.environments.storage import Storage
from constructs_lib.state_machines.workflow import StepFunctionsWorkflow
from local_aws.server import LocalAws
from tests.constructs_lib.synthesis import Template, template_of

REGION = "us-east-1"
DEADLINE_SECONDS = 60
HANDLER = "def handler(event, context):\n    return {'sum': event['row'] + event['plus']}\n"


def define_maps(stack: Stack) -> None:
    """For each file of a bucket, each of its lines."""
    storage = Storage(stack, "Data", removal_policy=RemovalPolicy.DESTROY)
    bucket, key = storage.bucket.bucket_name, storage.encryption_key.key_arn
    function = lambda_.Function(
        stack,
        "Function",
        runtime=lambda_.Runtime.PYTHON_3_12,
        handler="index.handler",
        timeout=Duration.minutes(1),
        code=lambda_.Code.from_inline(HANDLER),
    )
    plus = ExecutionInput("Plus", type="integer")
    add = LambdaStep(name="Add", function_arn=function.function_arn, payload={"row": MapItem("n"), "plus": plus})
    rows = DistributedMapStep(
        name="Each row",
        items=JsonLinesItems(bucket=bucket, key=MapItem("Key"), kms_key=key),
        steps=[add],
        result=add.output("Payload.sum"),
        execution_type="EXPRESS",
    )
    files = DistributedMapStep(
        name="Each file",
        items=S3Objects(bucket=bucket, prefix="in/"),
        steps=[rows],
        result=rows.output("Results"),
        results=ResultWriter(bucket=bucket, prefix="out", transformation="FLATTEN", kms_key=key),
    )
    definition = WorkflowDefinition(name="sums", steps=[files])
    workflow = StepFunctionsWorkflow(stack, "Sums", definition=definition, removal_policy=RemovalPolicy.DESTROY)
    CfnOutput(stack, "Machine", value=workflow.state_machine_arn)
    CfnOutput(stack, "Bucket", value=bucket)


@define(eq=False)
class Deployed:
    """The stack on its local AWS."""

    aws: LocalAws
    outputs: dict[str, str]

    def client(self, service: str) -> Any:
        return self.aws.platform.client(service, region=REGION)


def eventually(look: Callable[[], dict[str, Any]], done: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """What is there once it is done."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not done(found := look()):
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return template_of(define_maps, tmp_path_factory.mktemp("maps"))


@pytest.fixture(scope="module")
def deployed(template: Template) -> Iterator[Deployed]:
    # the CDK command line would look for a bootstrapped account
    template = {name: section for name, section in template.items() if name not in ("Parameters", "Rules")}
    with LocalAws() as running:
        client = running.platform.client("cloudformation", region=REGION)
        client.create_stack(StackName="maps", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])
        stack = eventually(
            lambda: dict(client.describe_stacks(StackName="maps")["Stacks"][0]),
            lambda found: not found["StackStatus"].endswith("_IN_PROGRESS"),
        )
        assert stack["StackStatus"] == "CREATE_COMPLETE", client.describe_stack_events(StackName="maps")
        yield Deployed(running, {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]})


def test_cfn_lint_finds_nothing(template: Template, tmp_path: Path) -> None:
    (tmp_path / "template.json").write_text(json.dumps(template))
    program = [str(Path(sys.executable).with_name("cfn-lint")), "--ignore-checks", "W3005", "--regions", REGION, "--"]
    ended = subprocess.run([*program, str(tmp_path / "template.json")], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "")


def test_each_line_of_each_file_is_worked_on(deployed: Deployed) -> None:
    s3, states = deployed.client("s3"), deployed.client("stepfunctions")
    bucket = deployed.outputs["Bucket"]
    for name, numbers in (("one", [1, 2]), ("two", [30])):
        body = "\n".join(json.dumps({"n": number}) for number in numbers)
        s3.put_object(Bucket=bucket, Key=f"in/{name}.jsonl", Body=body.encode())
    given = json.dumps({"Plus": 4})
    arn = states.start_execution(stateMachineArn=deployed.outputs["Machine"], input=given)["executionArn"]

    ended = eventually(
        lambda: dict(states.describe_execution(executionArn=arn)), lambda found: found["status"] != "RUNNING"
    )

    assert ended["status"] == "SUCCEEDED", ended
    (run,) = states.list_map_runs(executionArn=arn)["mapRuns"]
    folder = f"out/{run['mapRunArn'].rpartition(':')[2]}"
    manifest = json.loads(s3.get_object(Bucket=bucket, Key=f"{folder}/manifest.json")["Body"].read())
    (written,) = manifest["ResultFiles"]["SUCCEEDED"]
    assert json.loads(s3.get_object(Bucket=bucket, Key=written["Key"])["Body"].read()) == [5, 6, 34]
