import json
from pathlib import Path
from typing import Any

from aws_cdk import Stack

from constructs_lib.environments.storage import EncryptionKey
from constructs_lib.events.delivery import DeadLetterQueue
from constructs_lib.events.starter import OnceOnlyStarter
from tests.constructs_lib.rendering.test_independent_validator import errors
from tests.constructs_lib.synthesis import Template, only, resources, statements, template_of

WORKFLOW = "arn:aws:states:eu-west-1:111122223333:stateMachine:work"


def starter(folder: Path) -> Template:
    def define(stack: Stack) -> None:
        letters = DeadLetterQueue(stack, "Letters", encryption_key=EncryptionKey(stack, "Key").key)
        OnceOnlyStarter(stack, "Starter", state_machine_arn=WORKFLOW, dead_letter_queue=letters.queue)

    return template_of(define, folder, nag=True)


def definition_of(template: Template) -> dict[str, Any]:
    parts = only(template, "AWS::StepFunctions::StateMachine")["DefinitionString"]["Fn::Join"][1]
    known = {"AWS::Partition": "aws"}
    definition: dict[str, Any] = json.loads(
        "".join(part if isinstance(part, str) else known.get(part["Ref"], part["Ref"]) for part in parts)
    )
    return definition


def states_of(template: Template) -> dict[str, Any]:
    states: dict[str, Any] = definition_of(template)["States"]
    return states


def test_an_independent_validator_accepts_it(tmp_path: Path) -> None:
    assert errors([definition_of(starter(tmp_path))]) == [[]]


def test_an_execution_is_named_after_the_key_and_one_that_is_there_is_enough(tmp_path: Path) -> None:
    start = states_of(starter(tmp_path))["Start"]
    assert start["Resource"] == "arn:aws:states:::states:startExecution"
    assert start["Parameters"] == {
        "StateMachineArn": WORKFLOW,
        "Name.$": "States.Hash($.Key, 'SHA-1')",
        "Input.$": "$.Input",
    }
    exists = ["StepFunctions.ExecutionAlreadyExistsException"]
    assert start["Retry"][0] == {"ErrorEquals": exists, "MaxAttempts": 0}
    assert start["Catch"][0] == {"ErrorEquals": exists, "Next": "Started before"}


def test_what_cannot_be_started_is_kept_and_the_execution_fails(tmp_path: Path) -> None:
    states = states_of(starter(tmp_path))
    assert states["Start"]["Catch"][1] == {"ErrorEquals": ["States.ALL"], "ResultPath": "$.Error", "Next": "Keep"}
    assert states["Keep"]["Parameters"]["MessageBody.$"] == "$"
    assert states["Keep"]["Next"] == "Not started"
    assert states["Not started"]["Type"] == "Fail"


def test_it_may_start_this_workflow_and_keep_what_it_cannot_start(tmp_path: Path) -> None:
    template = starter(tmp_path)
    (letters,) = resources(template, "AWS::SQS::Queue")
    assert statements(template, "StarterRole")[:3] == [
        {"Action": "states:StartExecution", "Effect": "Allow", "Resource": WORKFLOW},
        {"Action": "sqs:SendMessage", "Effect": "Allow", "Resource": {"Fn::GetAtt": [letters, "Arn"]}},
        {
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Effect": "Allow",
            "Resource": {"Fn::GetAtt": ["KeyE447D366", "Arn"]},
        },
    ]
