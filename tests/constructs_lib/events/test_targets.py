import json
from pathlib import Path

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from constructs_lib.definitions import ExecutionInput, PassStep, WorkflowDefinition
from constructs_lib.environments.storage import EncryptionKey
from constructs_lib.events.delivery import Delivery
from constructs_lib.events.inputs import EventValue
from constructs_lib.events.rules import EventRule
from constructs_lib.events.targets import (
    EventTarget,
    FunctionTarget,
    NotificationTarget,
    PipelineTarget,
    QueueTarget,
    WorkflowTarget,
)
from tests.constructs_lib.events.callees import FUNCTION, PATTERN, Machine, Pipeline, targets_of
from tests.constructs_lib.synthesis import only, resources, statements, template_of


def test_a_function_lets_the_rule_alone_call_it(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        function = lambda_.Function.from_function_arn(stack, "Function", FUNCTION)
        EventRule(stack, "Rule", pattern=PATTERN, targets=[FunctionTarget(function=function, payload={"a": [1]})])

    template = template_of(define, tmp_path, nag=True)
    (rule,) = resources(template, "AWS::Events::Rule")
    assert only(template, "AWS::Lambda::Permission") == {
        "Action": "lambda:InvokeFunction",
        "FunctionName": FUNCTION,
        "Principal": "events.amazonaws.com",
        "SourceArn": {"Fn::GetAtt": [rule, "Arn"]},
    }
    (target,) = targets_of(template)
    assert json.loads(target["Input"]) == {"a": [1]}
    assert resources(template, "AWS::IAM::Role") == {}


def test_a_fifo_queue_gets_its_group(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        queue = sqs.Queue(stack, "Queue", fifo=True)
        EventRule(stack, "Rule", pattern=PATTERN, targets=[QueueTarget(queue=queue, message_group_id="jobs")])

    (target,) = targets_of(template_of(define, tmp_path))
    assert target["SqsParameters"] == {"MessageGroupId": "jobs"}


def test_a_workflow_is_started_once_by_a_state_machine_of_its_own(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        EventRule(
            stack,
            "Rule",
            pattern=PATTERN,
            targets=[WorkflowTarget(workflow=Machine(), input={"Job": EventValue("detail.Name")})],
            once_key=[EventValue("detail.Arn"), EventValue("detail.Status")],
        )

    template = template_of(define, tmp_path, nag=True)
    (target,) = targets_of(template)
    paths, text = target["InputTransformer"]["InputPathsMap"], target["InputTransformer"]["InputTemplate"]
    assert paths == {"value0": "$.detail.Name", "key0": "$.detail.Arn", "key1": "$.detail.Status"}
    assert text[8:20].isalnum()
    assert text[20:] == ' <key0> <key1>","Input":{"Job":<value0>}}'
    ((name, machine),) = resources(template, "AWS::StepFunctions::StateMachine").items()
    assert target["Arn"] == {"Ref": name}
    assert machine["Properties"]["StateMachineType"] == "EXPRESS"
    assert statements(template, "RuleRole") == [
        {"Action": "states:StartExecution", "Effect": "Allow", "Resource": {"Ref": name}}
    ]
    first, second, *_ = statements(template, "RuleTarget0StarterRole")
    assert (first["Action"], first["Resource"]) == ("states:StartExecution", Machine().state_machine_arn)
    assert second["Action"] == "sqs:SendMessage"


def test_without_an_input_the_workflow_gets_the_event(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        EventRule(stack, "Rule", pattern=PATTERN, targets=[WorkflowTarget(workflow=Machine())])

    (target,) = targets_of(template_of(define, tmp_path))
    assert target["InputTransformer"]["InputPathsMap"] == {"key0": "$.id"}
    assert target["InputTransformer"]["InputTemplate"].endswith(' <key0>","Input":<aws.events.event.json>}')


def test_what_is_made_for_the_delivery_is_encrypted_under_its_key(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        delivery = Delivery(encryption_key=EncryptionKey(stack, "Key").key)
        EventRule(stack, "Rule", pattern=PATTERN, targets=[WorkflowTarget(workflow=Machine())], delivery=delivery)

    template = template_of(define, tmp_path, nag=True)
    key = {"Fn::GetAtt": ["KeyE447D366", "Arn"]}
    assert only(template, "AWS::SQS::Queue")["KmsMasterKeyId"] == key
    assert only(template, "AWS::Logs::LogGroup")["KmsKeyId"] == key


def wrong_targets() -> list[tuple[EventTarget, str]]:
    stack = Stack(App(), "Test")
    topic = sns.Topic.from_topic_arn(stack, "Topic", "arn:aws:sns:eu-west-1:111122223333:t")
    function = lambda_.Function.from_function_arn(stack, "Function", FUNCTION)
    path = "got EventValue('*'), expected a path such as detail.TrainingJobName or resources[0]"
    definition = WorkflowDefinition(name="work", steps=[PassStep(name="Take", given={"a": ExecutionInput("Job")})])
    return [
        (NotificationTarget(topic=topic, message=EventValue("*")), f"message: {path}"),
        (FunctionTarget(function=function, payload={"a": EventValue("*")}), f"payload: {path}"),
        (
            QueueTarget(queue=sqs.Queue(stack, "Fifo", fifo=True)),
            "message_group_id: got None, expected one for a FIFO queue",
        ),
        (WorkflowTarget(workflow=Machine(), input={"a": EventValue("*")}), f"input: {path}"),
        (
            WorkflowTarget(workflow=Machine(), input={"a": "<b>"}),
            "input: got the text '<b>' beside values of the event, expected it without '<'",
        ),
        (
            WorkflowTarget(workflow=Machine(), input="text"),
            "input: got 'text', expected a JSON object: an execution's input is no text",
        ),
        (
            WorkflowTarget(workflow=Machine(definition=definition), input={"Jobb": 1, "Job": 2}),
            "input: got Jobb, expected only what work reads of its input",
        ),
        (
            WorkflowTarget(workflow=Machine(definition=definition)),
            "input: got no Job, expected what work reads of its input",
        ),
        (
            PipelineTarget(pipeline=Pipeline(), parameters={"a b": "x"}),
            "parameters: got the name 'a b', expected 1 to 256 letters, digits, - and _",
        ),
        (
            PipelineTarget(pipeline=Pipeline(), parameters={f"p{number}": "x" for number in range(201)}),
            "parameters: got 201, expected at most 200",
        ),
        (PipelineTarget(pipeline=Pipeline(), parameters={"a": EventValue("*")}), f"parameters['a']: {path}"),
        (
            PipelineTarget(pipeline=Pipeline(), parameters={"a": 1}),  # type: ignore[dict-item]
            "parameters['a']: got 1, expected a text or an EventValue",
        ),
        (
            PipelineTarget(pipeline=Pipeline(), parameters={"a": "x" * 1025}),
            "parameters['a']: got 1025 characters, expected at most 1024",
        ),
        (
            PipelineTarget(pipeline=Pipeline(), parameters={"a": "$.detail.a"}),
            "parameters['a']: got '$.detail.a', expected EventValue('detail.a')",
        ),
    ]


@pytest.mark.parametrize(("target", "problem"), wrong_targets())
def test_what_is_wrong_with_a_target(target: EventTarget, problem: str) -> None:
    assert target.problems() == [problem]
