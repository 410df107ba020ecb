"""Rendered workflows run on the local AWS, with a role of exactly the statements that are derived for them."""

import hashlib
import io
import json
import time
import zipfile
from typing import Any

import pytest

from constructs_lib.definitions import (
    CAUGHT_CAUSE,
    CAUGHT_ERROR,
    EXECUTION_NAME,
    TASK_FAILED,
    Catch,
    ExecutionInput,
    FailStep,
    Join,
    Retry,
    UniqueName,
    WorkflowDefinition,
)
from constructs_lib.permissions import engine_statements
from constructs_lib.rendering import render_states
from local_aws.server import LocalAws
from tests.constructs_lib.samples import function, workflow

REGION = "eu-west-1"
HANDLER = """
def handler(event, context):
    if "fail" in event:
        raise ValueError(event["fail"])
    return event
"""


class Account:
    """One function that gives back what it gets, and state machines."""

    def __init__(self, aws: LocalAws) -> None:
        self._aws = aws
        self._number = 0
        self.account = str(self.client("sts").get_caller_identity()["Account"])
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as source:
            source.writestr("app.py", HANDLER)
        created = self.client("lambda").create_function(
            FunctionName="rendering-echo",
            Runtime="python3.11",
            Handler="app.handler",
            Role=self.role("rendering-echo", "lambda.amazonaws.com", []),
            Code={"ZipFile": archive.getvalue()},
        )
        self.function_arn = str(created["FunctionArn"])
        self.client("lambda").get_waiter("function_active_v2").wait(FunctionName="rendering-echo")

    def client(self, service: str) -> Any:
        return self._aws.platform.client(service, region=REGION)

    def role(self, name: str, service: str, statements: list[dict[str, Any]]) -> str:
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        iam = self.client("iam")
        made = iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        )
        if statements:
            policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
            iam.put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=policy)
        return str(made["Role"]["Arn"])

    def run(self, definition: WorkflowDefinition, given: dict[str, Any]) -> tuple[str, dict[str, Any], list[Any]]:
        """Runs a definition; gives the execution's ARN, its description, and what each invocation gave back."""
        self._number += 1
        execution = self.start(f"rendering-{self._number}", definition, engine_of=definition, given=given)
        described = self.ended(execution)
        events = self.client("stepfunctions").get_execution_history(executionArn=execution, maxResults=1000)["events"]
        outputs = [
            json.loads(event["taskSucceededEventDetails"]["output"])["Payload"]
            for event in events
            if event["type"] == "TaskSucceeded"
        ]
        return execution, described, outputs

    def start(
        self, name: str, definition: WorkflowDefinition, *, engine_of: WorkflowDefinition, given: dict[str, Any]
    ) -> str:
        """Starts a definition, with the rights that another one may need; gives the execution's ARN."""
        place = {"partition": "aws", "region": REGION, "account": self.account}
        statements = [found.to_dict() for found in engine_statements(engine_of, **place)]
        states = self.client("stepfunctions")
        machine = states.create_state_machine(
            name=name,
            definition=json.dumps(render_states(definition)),
            roleArn=self.role(name, "states.amazonaws.com", statements),
        )["stateMachineArn"]
        started = states.start_execution(stateMachineArn=machine, name="first.run", input=json.dumps(given))
        return str(started["executionArn"])

    def ended(self, execution: str) -> dict[str, Any]:
        """What became of an execution."""
        deadline = time.monotonic() + 60
        while True:
            described: dict[str, Any] = self.client("stepfunctions").describe_execution(executionArn=execution)
            if described["status"] != "RUNNING":
                return described
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.fixture(scope="module")
def account(local_aws: LocalAws) -> Account:
    return Account(local_aws)


def test_values_are_what_they_stand_for(account: Account) -> None:
    name = ExecutionInput("job-name")
    first = function("First one", function_arn=account.function_arn, payload={"a": {"b": [1, {"c": "it's"}]}, "n": 5})
    second = function(
        "first ONE!",
        function_arn=account.function_arn,
        payload={
            "whole": first.output("Payload.a"),
            "part": first.output("Payload.a.b[1].c"),
            "joined": Join("/", ["s3://{data}", name, Join("-", [first.output("Payload.n"), "x's \\ y"])]),
            "list": ["it's", name, 1, first.output("Payload.n")],
            "unique": UniqueName("job"),
            "attempt": UniqueName("job", per_attempt=True),
            "execution": EXECUTION_NAME,
            "plain": [None, True, {"x": 0.5}],
        },
    )
    third = function(
        "Third",
        function_arn=account.function_arn,
        payload={"both": [first.output("Payload.n"), second.output("Payload.part")]},
    )

    execution, described, outputs = account.run(workflow(first, second, third), {"job-name": "houses"})

    unique = hashlib.md5(execution.encode(), usedforsecurity=False).hexdigest()
    assert described["status"] == "SUCCEEDED"
    assert outputs[1] == {
        "whole": {"b": [1, {"c": "it's"}]},
        "part": "it's",
        "joined": "s3://{data}/houses/5-x's \\ y",
        "list": ["it's", "houses", 1, 5],
        "unique": f"job-{unique}",
        "attempt": f"job-{unique}-0",
        "execution": "first.run",
        "plain": [None, True, {"x": 0.5}],
    }
    assert outputs[2] == {"both": [5, "it's"]}
    assert json.loads(described["output"]) == {"job-name": "houses"}


def test_a_caught_error_keeps_its_name_and_cause(account: Account) -> None:
    failed = FailStep(name="Failed", error=CAUGHT_ERROR, cause=Join(" ", ["the work failed:", CAUGHT_CAUSE]))
    tell = function("Tell", function_arn=account.function_arn, payload={"error": CAUGHT_ERROR})
    catches = [Catch(errors=["ValueError"], next_step=failed), Catch(next_step=tell)]
    retry = [Retry(errors=[TASK_FAILED], interval_seconds=1, max_attempts=1)]
    fails = function("A", function_arn=account.function_arn, payload={"fail": "no rows"}, catch=catches, retry=retry)

    _, described, _ = account.run(workflow(fails), {})

    assert (described["status"], described["error"]) == ("FAILED", "ValueError")
    assert described["cause"].startswith("the work failed: ")
    assert "no rows" in described["cause"]


def test_what_the_statements_leave_out_is_denied(account: Account) -> None:
    definition = workflow(function("A", function_arn=account.function_arn))
    other = workflow(function("A", function_arn=f"{account.function_arn}-2"))

    described = account.ended(account.start("rendering-denied", definition, engine_of=other, given={}))

    assert described["status"] == "FAILED"
    assert "lambda:InvokeFunction" in described["cause"]
