"""``diff``, of two syntheses and of what a local AWS runs."""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, CfnOutput, DefaultStackSynthesizer, Duration, Stack
from aws_cdk import aws_lambda as lambda_
from typer.testing import CliRunner

from constructs_lib.definitions import ImportedPipeline, LambdaStep, WaitStep, WorkflowDefinition
from constructs_lib.pipelines.pipeline import SageMakerPipeline
from constructs_lib.state_machines.workflow import StepFunctionsWorkflow
from local_aws.server import LocalAws
from mlops_cli.app import app
from mlops_cli.commands import comparing
from mlops_cli.errors import CliError
from mlops_cli.target import Target
from tests.constructs_lib.synthesis import CONTEXT

DEADLINE_SECONDS = 120
REGION = "us-east-1"
HANDLER = "def handler(event, context):\n    return {'rows': event['limit'] * 2}\n"


def synthesized(folder: Path, *, limit: int = 5, wait: int = 1, second: bool = False, expires: str = "PT1H") -> Path:
    """An app of a pipeline and a state machine that call one function, or two."""
    cdk = App(outdir=str(folder), context=CONTEXT)
    stack = Stack(cdk, "Compared", synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False))
    functions = [_function(stack, name) for name in ("Function", "Second")[: 1 + second]]
    count = _lambda_step("Count", functions[0].function_arn, limit=limit, expires=expires)
    again = _lambda_step("Again", functions[-1].function_arn, limit={"Get": "Steps.Count.OutputParameters['rows']"})
    plain = _lambda_step("Plain", functions[0].function_arn, limit=1) | {"CacheConfig": {"Enabled": False}}
    document = {"Version": "2020-12-01", "Steps": [count, again, plain]}
    made = SageMakerPipeline(stack, "Counting", definition=ImportedPipeline(name="counting", document=document))
    CfnOutput(stack, "WorkflowRowCountPipelineArn", value=made.pipeline_arn)
    steps = [WaitStep(name="Wait", seconds=wait), LambdaStep(name="Call", function_arn=functions[0].function_arn)]
    StepFunctionsWorkflow(stack, "Machine", definition=WorkflowDefinition(name="calling", steps=steps))
    cdk.synth()
    return folder


def _function(stack: Stack, name: str) -> lambda_.Function:
    return lambda_.Function(
        stack,
        name,
        runtime=lambda_.Runtime.PYTHON_3_12,
        handler="index.handler",
        timeout=Duration.minutes(1),
        code=lambda_.Code.from_inline(HANDLER),
    )


def _lambda_step(name: str, function: str, *, limit: Any, expires: str = "PT1H") -> dict[str, Any]:
    return {
        "Name": name,
        "Type": "Lambda",
        "Arguments": {"limit": limit},
        "FunctionArn": function,
        "OutputParameters": [{"OutputName": "rows", "OutputType": "Integer"}],
        "CacheConfig": {"Enabled": True, "ExpireAfter": expires},
    }


def diff(*words: str) -> str:
    result = CliRunner().invoke(app, ["diff", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return re.sub(r"[\s│┃]+", " ", result.output)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesized(tmp_path_factory.mktemp("before"))


def test_two_syntheses_are_compared_without_any_aws(before: Path, tmp_path: Path) -> None:
    said = diff("--from", str(before), "--to", str(synthesized(tmp_path, limit=6, wait=2)))

    assert "Count reruns Arguments.limit" in said
    assert "Again may rerun unless what it reads of Count is as before" in said
    assert "Plain reruns it has no cache" in said
    assert "Wait changed Seconds" in said
    assert "Call unchanged" in said
    assert "row-count" in said
    same = diff("row-count", "--from", str(before), "--to", str(before))
    assert "Count cached unchanged, and kept for PT1H" in same
    assert "Wait" not in same


def test_what_is_in_one_synthesis_only_is_told(before: Path, tmp_path: Path) -> None:
    App(outdir=str(tmp_path)).synth()

    assert "Count reruns it is new" in (said := diff("counting", "--from", str(tmp_path), "--to", str(before)))
    assert said.rstrip().endswith("it is new")
    assert "Count removed" in (said := diff("counting", "--from", str(before), "--to", str(tmp_path)))
    assert said.rstrip().endswith("it is gone")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nothing"], "no workflow 'nothing' is in the app; there are: row-count, Machine"),
        (["--to", "/nowhere"], "/nowhere is no cloud assembly: it has no manifest.json"),
    ],
    ids=["no workflow", "no assembly"],
)
def test_what_cannot_be_compared_is_said(before: Path, words: list[str], message: str) -> None:
    with pytest.raises(CliError, match=f"^{re.escape(message)}"):
        diff("--from", str(before), "--to", str(before), *words)


@pytest.fixture(scope="module")
def running(before: Path) -> Iterator[LocalAws]:
    body = (before / "Compared.template.json").read_text()
    template = {name: section for name, section in json.loads(body).items() if name != "Parameters"}
    with LocalAws() as aws:
        client = aws.platform.client("cloudformation", region=REGION)
        client.create_stack(StackName="Compared", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])
        stack = eventually(
            lambda: dict(client.describe_stacks(StackName="Compared")["Stacks"][0]),
            lambda found: not found["StackStatus"].endswith("_IN_PROGRESS"),
        )
        assert stack["StackStatus"] == "CREATE_COMPLETE", client.describe_stack_events(StackName="Compared")
        yield aws


def eventually(look: Callable[[], dict[str, Any]], done: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not done(found := look()):
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    return found


@pytest.fixture
def deployed(running: LocalAws, monkeypatch: pytest.MonkeyPatch) -> LocalAws:
    reached = Target(endpoint_url=running.platform.endpoint_url)
    monkeypatch.setattr(comparing, "choose_target", lambda **_: reached)
    return running


def ran(aws: LocalAws) -> None:
    client = aws.platform.client("sagemaker", region=REGION)
    arn = client.start_pipeline_execution(PipelineName="counting")["PipelineExecutionArn"]
    ended = eventually(
        lambda: dict(client.describe_pipeline_execution(PipelineExecutionArn=arn)),
        lambda found: found["PipelineExecutionStatus"] not in ("Executing", "Stopping"),
    )
    assert ended["PipelineExecutionStatus"] == "Succeeded", ended


@pytest.mark.slow
def test_a_synthesis_is_compared_with_what_is_deployed_and_has_run(
    deployed: LocalAws, before: Path, tmp_path: Path
) -> None:
    assert "Count reruns the pipeline has not been run" in diff("row-count", "--to", str(before))
    ran(deployed)
    ran(deployed)  # the newest execution has its steps from the cache
    said = diff("--to", str(before))
    assert "Count cached unchanged, and kept for PT1H" in said
    assert "Again cached" in said
    assert "Plain reruns it has no cache" in said
    assert "Wait unchanged" in said
    said = diff("--to", str(synthesized(tmp_path / "changed", limit=6, wait=2)))
    assert "Count reruns Arguments.limit" in said
    assert "Wait changed Seconds" in said
    said = diff("row-count", "--to", str(synthesized(tmp_path / "second", second=True)))
    assert "Count cached" in said
    assert "Again reruns FunctionArn" in said
    assert re.search(r"known only after the deployment, and counted as changed: Second\w+\.Arn", said)
    said = diff("row-count", "--to", str(synthesized(tmp_path / "expired", expires="PT0S")))
    assert re.search(r"Count reruns its run ended 0\.\d hours ago, and is kept for PT0S", said)
    client = deployed.platform.client("sagemaker", region=REGION)
    document = json.loads(client.describe_pipeline(PipelineName="counting")["PipelineDefinition"])
    client.update_pipeline(PipelineName="counting", PipelineDefinition=json.dumps(document | {"Metadata": {"a": "b"}}))
    said = diff("row-count", "--to", str(before))
    assert "what is deployed is not what its stack made: it was changed since" in said


@pytest.mark.slow
def test_what_is_not_deployed_is_new(deployed: LocalAws, before: Path, tmp_path: Path) -> None:
    moved = json.loads((before / "manifest.json").read_text())
    (name,) = [name for name, found in moved["artifacts"].items() if found["type"] == "aws:cloudformation:stack"]
    moved["artifacts"][name]["properties"]["stackName"] = "elsewhere"
    (tmp_path / "manifest.json").write_text(json.dumps(moved))
    (tmp_path / "Compared.template.json").write_text((before / "Compared.template.json").read_text())
    said = diff("row-count", "--to", str(tmp_path))
    assert "Count reruns it is new" in said
    assert said.rstrip().endswith("it is not deployed yet")
