"""What the command line knows of an execution's input before it starts one."""

import json
import time
import uuid
from typing import Any

import pytest

from local_aws.server import LocalAws
from mlops_cli.engines.state_machines import start
from mlops_cli.errors import BAD_INPUT, CliError
from mlops_cli.execution_input import METADATA, named_after, problems, published_schema, typed
from mlops_cli.target import Target

SCHEMA = {
    "type": "object",
    "properties": {
        "JobName": {"type": "string", "maxLength": 8, "pattern": "^(?:[a-z-]+)$", "description": "of the job"},
        "Count": {"type": "integer", "minimum": 1, "maximum": 5},
        "Least": {"type": "number", "minimum": 0.5},
        "Dry": {"type": "boolean"},
        "Items": {},
        "Mode": {"type": "string", "enum": ["fast", "slow"]},
        "Both": {"type": "string", "allOf": [{"pattern": "^a"}, {"pattern": "z$"}]},
    },
    "required": ["JobName", "Count"],
    "additionalProperties": False,
}


def test_texts_become_what_is_asked_for() -> None:
    given = {"JobName": "5", "Count": "3", "Least": "0.5", "Dry": "true", "Items": '[{"a": 1}]', "Other": "x"}

    assert typed(SCHEMA, given) == {
        "JobName": "5",
        "Count": 3,
        "Least": 0.5,
        "Dry": True,
        "Items": [{"a": 1}],
        "Other": "x",
    }


def test_a_sound_input_has_no_problems() -> None:
    given = {"JobName": "job", "Count": 5, "Least": 1, "Dry": False, "Items": None, "Mode": "fast", "Both": "a-z"}
    assert problems(SCHEMA, given) == []


def test_all_problems_are_told() -> None:
    assert problems(SCHEMA, {"Colour": "red", "Mode": "idle", "Both": "b"}) == [
        "JobName: missing, expected a text: of the job",
        "Count: missing, expected a whole number",
        "Colour: unknown, expected JobName, Count, Least, Dry, Items, Mode, Both",
        "Mode: got 'idle', expected one of fast, slow",
        "Both: got 'b', expected a text that matches ^a",
        "Both: got 'b', expected a text that matches z$",
    ]


@pytest.mark.parametrize(
    ("member", "value", "expected"),
    [
        ("JobName", "much-too-long", "0 to 8 characters"),
        ("JobName", "UP", "a text that matches ^(?:[a-z-]+)$"),
        ("JobName", 5, "a text"),
        ("Count", "many", "a whole number"),
        ("Count", 0.5, "a whole number"),
        ("Count", True, "a whole number"),
        ("Count", 6, "at least 1 and at most 5"),
        ("Least", 0.1, "at least 0.5"),
        ("Dry", 1, "true or false"),
    ],
)
def test_a_rule_that_is_broken(member: str, value: Any, expected: str) -> None:
    assert problems({**SCHEMA, "required": []}, {member: value}) == [f"{member}: got {value!r}, expected {expected}"]


class Account:
    """A stack with a state machine, with the schema of its input or without."""

    def __init__(self, aws: LocalAws, *, published: bool) -> None:
        self.target = Target(endpoint_url=aws.platform.endpoint_url)
        name = f"input-{uuid.uuid4().hex[:8]}"
        states = {"StartAt": "A", "States": {"A": {"Type": "Wait", "SecondsPath": "$.Count", "End": True}}}
        trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
        resources = {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}},
            },
            "Machine": {
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": {
                    "DefinitionString": json.dumps(states),
                    "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                },
                "Metadata": {METADATA: SCHEMA} if published else {},
            },
        }
        cloudformation = self.target.client("cloudformation")
        cloudformation.create_stack(
            StackName=name, TemplateBody=json.dumps({"Resources": resources}), Capabilities=["CAPABILITY_IAM"]
        )
        deadline = time.monotonic() + 60
        while cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] != "CREATE_COMPLETE":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        found = cloudformation.describe_stack_resource(StackName=name, LogicalResourceId="Machine")
        self.machine = str(found["StackResourceDetail"]["PhysicalResourceId"])


def test_what_a_stack_publishes_is_checked_before_the_start(local_aws: LocalAws) -> None:
    account = Account(local_aws, published=True)

    assert published_schema(account.target, account.machine) == SCHEMA
    message = r"^the input is not valid, 1 problem:\nCount: missing, expected a whole number$"
    with pytest.raises(CliError, match=message) as raised:
        start(account.target, account.machine, {}, name="one")
    assert (raised.value.exit_code, raised.value.hint) == (BAD_INPUT, "give it with --input Count=VALUE")
    started = start(account.target, account.machine, {"Count": "1"}, name="two")
    described = account.target.client("stepfunctions").describe_execution(executionArn=started)
    assert json.loads(described["input"]) == {"JobName": "two", "Count": 1}


def test_a_state_machine_that_publishes_nothing(local_aws: LocalAws) -> None:
    account = Account(local_aws, published=False)

    assert published_schema(account.target, account.machine) is None
    assert published_schema(account.target, account.machine + "-2") is None


@pytest.mark.parametrize(
    ("member", "name"),
    [
        ("JobName", "Run-1"),
        ("EndpointName", "Run-1"),
        ("TrainingJobName", "Run-1-training"),
        ("EvaluationProcessingJobName", "Run-1-evaluation-processing"),
    ],
)
def test_what_a_run_makes_is_named_after_it(member: str, name: str) -> None:
    assert named_after("Run-1", member) == name
