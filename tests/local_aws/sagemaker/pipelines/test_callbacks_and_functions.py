"""Callback steps through a real queue, Lambda steps through real functions, stand-ins through real commands."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.functions.service import register_lambda
from local_aws.gateway.app import Gateway
from local_aws.platform import Platform
from local_aws.sagemaker.pipelines.settings import PipelineSettings
from local_aws.sagemaker.pipelines.stand_ins import stand_ins_of
from local_aws.sagemaker.service import register_sagemaker
from local_aws.server import LocalAws
from tests.local_aws.functions.deployments import zipped
from tests.local_aws.sagemaker.conftest import ALL, Account
from tests.local_aws.sagemaker.folder_engine import FolderEngine
from tests.local_aws.sagemaker.pipelines.conftest import Pipelines
from tests.local_aws.sagemaker.pipelines.documents import definition, fail, get, join

TOKEN = "0123456789abcdef0123456789abcdef"
_OUTPUTS = [
    {"OutputName": "image", "OutputType": "String"},
    {"OutputName": "count", "OutputType": "Integer"},
]
_HANDLER = """
import time

def handle(event, context):
    if event.get("raise"):
        raise ValueError(event["raise"])
    time.sleep(event.get("seconds", 0))
    return event["answer"]
"""


def _queue(account: Account, name: str) -> str:
    return str(account.client("sqs").create_queue(QueueName=name)["QueueUrl"])


def _message(account: Account, url: str) -> dict[str, Any]:
    sqs = account.client("sqs")
    found = account.eventually(
        lambda: sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1).get("Messages", []), bool
    )
    sqs.delete_message(QueueUrl=url, ReceiptHandle=found[0]["ReceiptHandle"])
    return dict(json.loads(found[0]["Body"]))


def _asking(url: str, *after: dict[str, Any], outputs: list[dict[str, str]] | None = None) -> str:
    step = {
        "Name": "Ask",
        "Type": "Callback",
        "SqsQueueUrl": url,
        "Arguments": {"of": get("Execution.PipelineName")},
        "OutputParameters": _OUTPUTS if outputs is None else outputs,
    }
    return definition(step, *after)


def test_a_callback_gives_what_later_steps_read(pipelines: Pipelines, account: Account) -> None:
    url = _queue(account, "asks")
    told = join(" ", get("Steps.Ask.OutputParameters['image']"), get("Steps.Ask.OutputParameters['count']"))
    pipelines.create("asks", _asking(url, fail("Tell", told)))
    arn = pipelines.start("asks")
    message = _message(account, url)
    assert {name: message[name] for name in ("pipelineExecutionArn", "arguments", "status")} == {
        "pipelineExecutionArn": arn,
        "arguments": {"of": "asks"},
        "status": "Executing",
    }
    metadata = pipelines.steps(arn)["Ask"]["Metadata"]["Callback"]
    assert metadata == {"CallbackToken": message["token"], "SqsQueueUrl": url}

    answer = pipelines.client.send_pipeline_execution_step_success(
        CallbackToken=message["token"],
        OutputParameters=[{"Name": "image", "Value": "repo@sha256:1"}, {"Name": "count", "Value": "3"}],
        ClientRequestToken=TOKEN,
    )

    assert answer["PipelineExecutionArn"] == arn
    pipelines.ended(arn)
    steps = pipelines.steps(arn)
    assert steps["Tell"]["FailureReason"] == "repo@sha256:1 3"
    assert steps["Ask"]["Metadata"]["Callback"]["OutputParameters"] == [
        {"Name": "image", "Value": "repo@sha256:1"},
        {"Name": "count", "Value": "3"},
    ]
    # the same answer again is the same answer; another is too late
    again = {"CallbackToken": message["token"], "ClientRequestToken": TOKEN}
    assert pipelines.client.send_pipeline_execution_step_success(**again)["PipelineExecutionArn"] == arn
    with pytest.raises(ClientError, match="was not found or is no longer waited for") as error:
        pipelines.client.send_pipeline_execution_step_failure(CallbackToken=message["token"], FailureReason="late")
    assert error.value.response["Error"]["Code"] == "ResourceNotFound"


def test_a_callback_that_fails(pipelines: Pipelines, account: Account) -> None:
    url = _queue(account, "refuses")
    pipelines.create("refuses", _asking(url))
    arn = pipelines.start("refuses")

    pipelines.client.send_pipeline_execution_step_failure(
        CallbackToken=_message(account, url)["token"], FailureReason="the build failed"
    )

    assert pipelines.ended(arn)["PipelineExecutionStatus"] == "Failed"
    assert pipelines.steps(arn)["Ask"]["FailureReason"] == "the build failed"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ([{"Name": "image", "Value": "i"}], "ClientError: output parameter count is missing"),
        (
            [{"Name": "image", "Value": "i"}, {"Name": "count", "Value": "many"}],
            "ClientError: output parameter count is 'many', expected a value of type Integer",
        ),
    ],
)
def test_outputs_that_do_not_fit(
    pipelines: Pipelines, account: Account, given: list[dict[str, str]], reason: str
) -> None:
    name = f"unfit-{len(given)}"
    url = _queue(account, name)
    pipelines.create(name, _asking(url))
    arn = pipelines.start(name)

    pipelines.client.send_pipeline_execution_step_success(
        CallbackToken=_message(account, url)["token"], OutputParameters=given
    )

    pipelines.ended(arn)
    assert pipelines.steps(arn)["Ask"]["FailureReason"] == reason


def test_outputs_that_nobody_declared_are_refused(pipelines: Pipelines, account: Account) -> None:
    url = _queue(account, "undeclared")
    pipelines.create("undeclared", _asking(url, outputs=[]))
    arn = pipelines.start("undeclared")
    token = _message(account, url)["token"]

    with pytest.raises(ClientError, match=r"Output parameters \[x\] are not declared by the step"):
        pipelines.client.send_pipeline_execution_step_success(
            CallbackToken=token, OutputParameters=[{"Name": "x", "Value": "1"}]
        )

    pipelines.client.send_pipeline_execution_step_success(CallbackToken=token)
    assert pipelines.ended(arn)["PipelineExecutionStatus"] == "Succeeded"


def test_a_stop_is_told_to_who_answers_and_waits_for_the_answer(pipelines: Pipelines, account: Account) -> None:
    url = _queue(account, "stops")
    pipelines.create("stops", _asking(url))
    arn = pipelines.start("stops")
    token = _message(account, url)["token"]

    pipelines.client.stop_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken=TOKEN)

    message = _message(account, url)
    assert (message["token"], message["status"]) == (token, "Stopping")
    assert pipelines.describe(arn)["PipelineExecutionStatus"] == "Stopping"
    assert pipelines.steps(arn)["Ask"]["StepStatus"] == "Stopping"
    pipelines.client.send_pipeline_execution_step_failure(CallbackToken=token, FailureReason="cleaned up")
    assert pipelines.ended(arn)["PipelineExecutionStatus"] == "Stopped"
    assert pipelines.steps(arn)["Ask"]["StepStatus"] == "Stopped"


def test_a_queue_that_is_not_there(pipelines: Pipelines, account: Account) -> None:
    url = _queue(account, "there") + "-not"
    pipelines.create("no-queue", _asking(url))
    arn = pipelines.run("no-queue")["PipelineExecutionArn"]
    reason = pipelines.steps(arn)["Ask"]["FailureReason"]
    assert reason.startswith("ClientError: Failed to invoke sqs:SendMessage.")


@pytest.fixture(scope="session")
def function(account: Account) -> str:
    """The ARN of a function that answers what it is told."""
    return _function(account, "pipelines-answers")


def _function(account: Account, name: str) -> str:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    answer = account.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=account.role(name, ALL, trust),
        Handler="index.handle",
        Timeout=30,
        Code={"ZipFile": zipped(index__py=_HANDLER)},
    )
    return str(answer["FunctionArn"])


def _calling(function: str, arguments: dict[str, Any], *after: dict[str, Any]) -> str:
    step = {
        "Name": "Call",
        "Type": "Lambda",
        "FunctionArn": function,
        "Arguments": arguments,
        "OutputParameters": _OUTPUTS,
    }
    return definition(step, *after)


def test_what_a_function_returns_is_read_by_later_steps(pipelines: Pipelines, function: str) -> None:
    told = join(" ", get("Steps.Call.OutputParameters['image']"), get("Steps.Call.OutputParameters['count']"))
    arguments = {"answer": {"statusCode": 200, "image": get("Execution.PipelineName"), "count": 2, "more": []}}
    pipelines.create("calls", _calling(function, arguments, fail("Tell", told)))

    steps = pipelines.steps(pipelines.run("calls"))

    assert steps["Tell"]["FailureReason"] == "calls 2"
    assert steps["Call"]["Metadata"]["Lambda"] == {
        "Arn": function,
        "OutputParameters": [{"Name": "image", "Value": "calls"}, {"Name": "count", "Value": "2"}],
    }


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"raise": "no rows"}, "ClientError: The function failed (Unhandled): ValueError: no rows"),
        (
            {"answer": {"statusCode": 500, "body": "no rows"}},
            "ClientError: The function returned statusCode 500: no rows",
        ),
        ({"answer": {"image": "i"}}, "ClientError: output parameter count is missing"),
        (
            {"answer": {"image": "i", "count": "2"}},
            "ClientError: output parameter count is '2', expected a value of type Integer",
        ),
        ({"answer": "text"}, 'ClientError: The function returned "text", expected an object'),
    ],
)
def test_functions_that_do_not_give_what_is_declared(
    pipelines: Pipelines, function: str, arguments: dict[str, Any], reason: str, request: pytest.FixtureRequest
) -> None:
    name = f"calls-{request.node.callspec.indices['arguments']}"
    pipelines.create(name, _calling(function, arguments))
    assert pipelines.steps(pipelines.run(name))["Call"]["FailureReason"] == reason


def test_the_pipelines_role_needs_the_right_to_call(pipelines: Pipelines, account: Account, function: str) -> None:
    allowed = {"Effect": "Allow", "Action": "sagemaker:*", "Resource": "*"}
    role = account.role("pipelines-no-calls", {"Version": "2012-10-17", "Statement": [allowed]})
    pipelines.create("no-calls", _calling(function, {"answer": {}}), role=role)

    reason = pipelines.steps(pipelines.run("no-calls"))["Call"]["FailureReason"]

    assert "is not authorized to perform: lambda:InvokeFunction" in reason


def test_a_command_stands_in_for_a_service(pipelines: Pipelines) -> None:
    step = {"Name": "Cluster", "Type": "EMR", "Arguments": {"Of": get("Execution.PipelineName")}}
    pipelines.create("stands-in", definition(step, fail("Tell", join("", get("Steps.Cluster.ClusterId")))))

    assert pipelines.steps(pipelines.run("stands-in"))["Tell"]["FailureReason"] == "stands-in!"


def test_a_command_that_fails(pipelines: Pipelines) -> None:
    pipelines.create("falls", definition({"Name": "Search", "Type": "AutoML", "Arguments": {}}))
    assert pipelines.steps(pipelines.run("falls"))["Search"]["FailureReason"] == (
        "ClientError: the command for steps of type AutoML ended with exit code 3: no capacity"
    )


def test_a_step_that_nothing_stands_in_for(pipelines: Pipelines) -> None:
    pipelines.create("alone", definition({"Name": "Check", "Type": "ClarifyCheck", "Arguments": {}}))
    assert pipelines.steps(pipelines.run("alone"))["Check"]["FailureReason"] == (
        "ClientError: the local AWS does not offer steps of type ClarifyCheck; a command for them can be given with "
        'MLOPS_PIPELINE_STAND_INS={"ClarifyCheck": "command"}'
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "MLOPS_PIPELINE_STAND_INS is not JSON"),
        ("[]", "expected a JSON object such as"),
        ('{"EMR": 1}', "expected a JSON object such as"),
        ('{"Training": "command"}', "got Training, expected types among AutoML, BedrockCustomModel"),
    ],
)
def test_stand_ins_that_are_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        stand_ins_of(text)


def test_stand_ins_are_read_from_the_environment() -> None:
    assert stand_ins_of(None) == {}
    assert stand_ins_of('{"EMR": "run-it"}') == {"EMR": "run-it"}


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipelines]:
    """Pipelines that wait for nobody."""
    settings = PipelineSettings(
        callback_seconds=0.1, function_seconds=0.1, stand_in_seconds=0.1, stand_ins={"EMR": "sleep 60"}
    )

    def register(gateway: Gateway, platform: Platform) -> None:
        register_lambda(gateway, platform)
        engine = FolderEngine(platform, tmp_path_factory.mktemp("none"))
        register_sagemaker(gateway, platform, engine=lambda: engine, pipelines=settings)

    with LocalAws(register=register) as running:
        account = Account(running.platform, FolderEngine(running.platform, tmp_path_factory.mktemp("no")), [])
        yield Pipelines(account, account.role("pipelines-hasty"))


def test_a_callback_that_nobody_answers(hasty: Pipelines) -> None:
    hasty.create("silent", _asking(_queue(hasty.account, "silent")))
    assert hasty.steps(hasty.run("silent"))["Ask"]["FailureReason"] == (
        "ClientError: Timed out: nobody answered the callback token within 0.1 seconds"
    )


def test_a_function_that_takes_too_long(hasty: Pipelines) -> None:
    arguments = {"seconds": 5, "answer": {"image": "i", "count": 1}}
    hasty.create("slow", _calling(_function(hasty.account, "pipelines-slow"), arguments))
    assert hasty.steps(hasty.run("slow"))["Call"]["FailureReason"] == (
        "ClientError: Timed out: the function did not return within 0.1 seconds"
    )


def test_a_command_that_takes_too_long(hasty: Pipelines) -> None:
    hasty.create("endless", definition({"Name": "Cluster", "Type": "EMR", "Arguments": {}}))
    assert hasty.steps(hasty.run("endless"))["Cluster"]["FailureReason"] == (
        "ClientError: the command for steps of type EMR took more than 0.1 seconds"
    )
