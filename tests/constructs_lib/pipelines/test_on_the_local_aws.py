"""A document as the SageMaker SDK writes them, deployed unchanged on a local AWS, whose role calls what it derived."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_lambda as lambda_

from constructs_lib.definitions import ImportedPipeline
from constructs_lib.pipelines.pipeline import SageMakerPipeline
from local_aws.server import LocalAws
from tests.constructs_lib.synthesis import template_of

REGION = "us-east-1"
DEADLINE_SECONDS = 120
HANDLER = "def handler(event, context):\n    return {'rows': event['limit'] * 2}\n"
ORACLE = Path(__file__).parents[2] / "oracles" / "sagemaker_sdk"


def define_pipeline(stack: Stack) -> None:
    """The SDK's document of Lambda steps with this stack's function, and a message that reads its answer."""
    function = lambda_.Function(
        stack,
        "Function",
        runtime=lambda_.Runtime.PYTHON_3_12,
        handler="index.handler",
        timeout=Duration.minutes(1),
        code=lambda_.Code.from_inline(HANDLER),
    )
    document = json.loads((ORACLE / "lambda.pipeline.json").read_text())
    count = document["Steps"][0]
    count |= {"FunctionArn": function.function_arn, "OutputParameters": count["OutputParameters"][:1]}
    count.pop("CacheConfig")
    words = {"Std:Join": {"On": " ", "Values": ["rows:", {"Get": "Steps.Count.OutputParameters['rows']"}]}}
    document["Steps"] = [count, {"Name": "Tell", "Type": "Fail", "Arguments": {"ErrorMessage": words}}]
    definition = ImportedPipeline(name="counting", document=document)
    CfnOutput(stack, "Name", value=SageMakerPipeline(stack, "Counting", definition=definition).pipeline_name)


def eventually(look: Callable[[], dict[str, Any]], done: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """What `look` answers as soon as it is done."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not done(found := look()):
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    return found


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    made = template_of(define_pipeline, tmp_path_factory.mktemp("assembly"))
    # the CDK command line would look for a bootstrapped account
    template = {name: section for name, section in made.items() if name not in ("Parameters", "Rules")}
    with LocalAws() as aws:
        client = aws.platform.client("cloudformation", region=REGION)
        client.create_stack(StackName="pipes", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])
        stack = eventually(
            lambda: dict(client.describe_stacks(StackName="pipes")["Stacks"][0]),
            lambda found: not found["StackStatus"].endswith("_IN_PROGRESS"),
        )
        assert stack["StackStatus"] == "CREATE_COMPLETE", client.describe_stack_events(StackName="pipes")
        assert stack["Outputs"][0]["OutputValue"] == "counting"
        yield aws


@pytest.mark.slow
def test_it_runs_with_the_role_that_was_derived(running: LocalAws) -> None:
    client = running.platform.client("sagemaker", region=REGION)
    arn = client.start_pipeline_execution(PipelineName="counting")["PipelineExecutionArn"]
    eventually(
        lambda: dict(client.describe_pipeline_execution(PipelineExecutionArn=arn)),
        lambda found: found["PipelineExecutionStatus"] not in ("Executing", "Stopping"),
    )
    listed = client.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
    steps = {found["StepName"]: found for found in listed}

    assert steps["Count"]["StepStatus"] == "Succeeded", steps
    assert steps["Tell"]["Metadata"]["Fail"]["ErrorMessage"] == "rows: 20"
