"""Runs definitions and says what came of them."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from attrs import define, field, frozen

from local_aws.platform import Platform
from local_aws.stepfunctions.running.engine import Engine
from tests.local_aws.stepfunctions.manual_clock import ManualClock
from tests.local_aws.stepfunctions.stand_ins import Builds, Bus, Functions, TrainingJobs

REGION = "us-east-1"
ACCOUNT = "123456789012"
T = TypeVar("T")


def until(look: Callable[[], T], seconds: float = 20) -> T:
    """Looks again and again until something is there; gives it."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"nothing after {seconds} seconds, last seen: {found!r}"
        time.sleep(0.005)


@frozen(kw_only=True)
class Result:
    """An execution that has ended."""

    arn: str
    status: str
    output: Any
    error: str | None
    cause: str | None
    events: list[dict[str, Any]]

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    @property
    def chain(self) -> list[int]:
        """The previousEventId of each event."""
        return [event["previousEventId"] for event in self.events]

    def details(self, kind: str, number: int = 0) -> Any:
        """The details of the events of a kind, one of them."""
        event = [event for event in self.events if event["type"] == kind][number]
        return next((value for key, value in event.items() if key.endswith("EventDetails")), None)


@define(eq=False)
class Workbench:
    """A local AWS with Step Functions, and stand-ins for what its tasks call."""

    platform: Platform
    engine: Engine
    clock: ManualClock
    functions: Functions
    training: TrainingJobs
    builds: Builds
    bus: Bus
    role: str
    events: list[dict[str, Any]] = field(factory=list)

    def client(self, service: str = "stepfunctions") -> Any:
        return self.platform.client(service, region=REGION)

    def machine(self, definition: dict[str, Any], **members: Any) -> str:
        """Makes a state machine; gives its ARN."""
        request = {"name": f"m-{uuid.uuid4().hex[:12]}", "roleArn": self.role} | members
        arn: str = self.client().create_state_machine(definition=json.dumps(definition), **request)["stateMachineArn"]
        return arn

    def start(self, machine: str, given: Any = None, **members: Any) -> str:
        """Starts an execution; gives its ARN."""
        request = {"input": json.dumps({} if given is None else given)} | members
        arn: str = self.client().start_execution(stateMachineArn=machine, **request)["executionArn"]
        return arn

    def run(self, definition: dict[str, Any], given: Any = None, *, skip: bool = False, **members: Any) -> Result:
        """Makes a state machine, runs it once and gives the end."""
        return self.ended(self.start(self.machine(definition, **members), given), skip=skip)

    def run_state(self, state: dict[str, Any], given: Any = None, *, skip: bool = False, **machine: Any) -> Result:
        """Runs a definition of one state, named ``S``, that ends with it."""
        ends = {} if state["Type"] in {"Succeed", "Fail", "Choice"} else {"End": True}
        return self.run({"StartAt": "S", "States": {"S": {**state, **ends}}, **machine}, given, skip=skip)

    def ended(self, execution: str, *, skip: bool = False) -> Result:
        """Waits for an execution's end.

        Args:
            execution: its ARN.
            skip: moves the clock on whenever the execution does nothing but wait for it.
        """
        client = self.client()
        still = 0

        def look() -> dict[str, Any]:
            nonlocal still
            described: dict[str, Any] = client.describe_execution(executionArn=execution)
            if described["status"] != "RUNNING":
                return described
            still += 1
            if skip and still % 4 == 0:
                self.clock.skip_to_next()
            return {}

        described = until(look)
        return self._result(described)

    def _result(self, described: dict[str, Any]) -> Result:
        output = described.get("output")
        return Result(
            arn=described["executionArn"],
            status=described["status"],
            output=None if output is None else json.loads(output),
            error=described.get("error"),
            cause=described.get("cause"),
            events=self.history(described["executionArn"]),
        )

    def history(self, execution: str) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = []
        request: dict[str, Any] = {"executionArn": execution, "maxResults": 1000}
        while True:
            page = self.client().get_execution_history(**request)
            events += page["events"]
            if "nextToken" not in page:
                return events
            request["nextToken"] = page["nextToken"]

    def at(self, execution: str, kind: str) -> dict[str, Any]:
        """Waits until an execution has an event of a kind; gives it."""
        return until(lambda: next((event for event in self.history(execution) if event["type"] == kind), {}))

    def function(self, handler: Callable[[Any], Any], name: str | None = None) -> str:
        """Makes a function of a callable; gives its ARN."""
        name = name or f"f-{uuid.uuid4().hex[:12]}"
        self.functions.handlers[name] = handler
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"

    def make_role(self, name: str, *statements: dict[str, Any], principal: Any = None) -> str:
        """A role with rights, which Step Functions may assume unless another principal is named.

        All servers of a process share moto's state: the role may be there, from a fixture of another package.
        """
        iam = self.client("iam")
        trust = {
            "Effect": "Allow",
            "Principal": principal or {"Service": "states.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        try:
            role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]
        except iam.exceptions.EntityAlreadyExistsException:
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=document)
            role = iam.get_role(RoleName=name)["Role"]
        arn: str = role["Arn"]
        if statements:
            policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
            iam.put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=policy)
        return arn


def allow(*actions: str, resource: str = "*") -> dict[str, Any]:
    """A statement that allows actions."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}
