"""A local AWS of its own, as its time is moved; roles that Scheduler may take."""

import http.client
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from attrs import define

from local_aws.server import LocalAws
from tests.local_aws.functions.deployments import until

REGION = "us-east-1"
ACCOUNT = "123456789012"


@define(eq=False)
class Scheduler:
    """EventBridge Scheduler under test."""

    aws: LocalAws

    def client(self, service: str = "scheduler") -> Any:
        return self.aws.platform.client(service, region=REGION)

    def advance(self, **parts: float) -> str:
        """Moves the time ahead, as a user's test does; gives the new time."""
        factors = {"minutes": 60, "hours": 3600, "days": 86_400}
        seconds = sum(value * factors[name] for name, value in parts.items())
        body = json.dumps({"advance_seconds": seconds}).encode()
        status, answer = self.move_clock(body)
        assert status == 200, answer
        return str(answer["now"])

    def move_clock(self, body: bytes) -> tuple[int, dict[str, Any]]:
        """What the clock's route answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.aws.port, timeout=20)
        connection.request("POST", "/_local/clock", body)
        response = connection.getresponse()
        answer = json.load(response)
        connection.close()
        return response.status, answer

    def role(self, *actions: str, resource: str = "*", trust: dict[str, Any] | None = None) -> str:
        iam, name = self.client("iam"), f"r-{uuid.uuid4().hex[:8]}"
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "scheduler.amazonaws.com"},
            "Action": "sts:AssumeRole",
            **(trust or {}),
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
        rights = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [rights]})
        iam.put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=policy)
        return arn

    def queue(self, **attributes: str) -> tuple[str, str]:
        """URL and ARN of a new queue."""
        name = f"q-{uuid.uuid4().hex[:8]}" + (".fifo" if attributes else "")
        url = self.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url, f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"

    def received(self, url: str, count: int = 1) -> list[dict[str, Any]]:
        """The messages of a queue, once there are so many."""
        found: list[dict[str, Any]] = []

        def look() -> bool:
            answer = self.client("sqs").receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=600
            )
            found.extend(answer.get("Messages", []))
            return len(found) >= count

        until(look)
        return found

    def schedule(self, target: dict[str, Any], expression: str = "rate(1 hour)", **members: Any) -> str:
        """Makes a schedule; gives its name."""
        request = {
            "Name": f"s-{uuid.uuid4().hex[:8]}",
            "ScheduleExpression": expression,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": target,
        } | members
        self.client().create_schedule(**request)
        return str(request["Name"])


@pytest.fixture(scope="module")
def scheduler() -> Iterator[Scheduler]:
    with LocalAws() as running:
        yield Scheduler(running)
