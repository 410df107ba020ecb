"""Functions for tests: roles, zip files, and what a handler's run left behind."""

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from attrs import define, field

from local_aws.server import LocalAws

REGION = "us-east-1"
T = TypeVar("T")

LOGS = {
    "Effect": "Allow",
    "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
    "Resource": "*",
}


def zipped(**files: str) -> bytes:
    """A zip file; a double underscore in a name stands for a dot, a triple one for a slash."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("___", "/").replace("__", "."), content)
    return buffer.getvalue()


def until(look: Callable[[], T], *, seconds: float = 15) -> T:
    """Looks again and again until something is there."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"nothing after {seconds} seconds, last seen: {found!r}"
        time.sleep(0.02)


@define
class Deployments:
    """Makes functions with roles of their own, and removes them."""

    aws: LocalAws
    prefix: str
    made: list[str] = field(factory=list)

    def client(self, service: str) -> Any:
        return self.aws.platform.client(service, region=REGION)

    @property
    def functions(self) -> Any:
        return self.client("lambda")

    def name(self, suffix: str) -> str:
        return f"{self.prefix}-{suffix}"

    def role(self, name: str, *statements: dict[str, Any], service: str = "lambda.amazonaws.com") -> str:
        """A role that a service may assume, with these rights."""
        iam = self.client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
        if statements:
            policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
            iam.put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=policy)
        return arn

    def function(
        self,
        suffix: str,
        source: str,
        *statements: dict[str, Any],
        file: str = "index.py",
        handler: str = "index.handler",
        runtime: str = "python3.11",
        **settings: Any,
    ) -> str:
        """A function from one file; its role may write logs and what the statements say."""
        name = self.name(suffix)
        role = settings.pop("Role", None) or self.role(name, LOGS, *statements)
        code = settings.pop("Code", None) or {"ZipFile": zipped(**{file.replace(".", "__"): source})}
        self.functions.create_function(
            FunctionName=name, Runtime=runtime, Role=role, Handler=handler, Code=code, **settings
        )
        self.made.append(name)
        return name

    def invoke(self, name: str, event: Any = None, **arguments: Any) -> Any:
        """The answer of a function that must not fail."""
        answer = self.functions.invoke(FunctionName=name, Payload=json.dumps(event).encode(), **arguments)
        payload = json.loads(answer["Payload"].read() or b"null")
        assert "FunctionError" not in answer, payload
        return payload

    def failure(self, name: str, event: Any = None, **arguments: Any) -> Any:
        """The error of a function that must fail."""
        answer = self.functions.invoke(FunctionName=name, Payload=json.dumps(event).encode(), **arguments)
        payload = json.loads(answer["Payload"].read())
        assert answer.get("FunctionError") == "Unhandled", payload
        assert answer["StatusCode"] == 200
        return payload

    def log(self, name: str, text: str, *, group: str | None = None) -> list[str]:
        """All messages of a function's log group, as soon as one contains a text."""

        def look() -> list[str]:
            try:
                found = self.client("logs").filter_log_events(logGroupName=group or f"/aws/lambda/{name}")["events"]
            except self.client("logs").exceptions.ResourceNotFoundException:
                return []
            messages = [event["message"] for event in found]
            return messages if any(text in message for message in messages) else []

        return until(look)

    def queue(self, suffix: str, **attributes: str) -> tuple[str, str]:
        """A queue's URL and ARN."""
        sqs = self.client("sqs")
        url: str = sqs.create_queue(QueueName=self.name(suffix), Attributes=attributes)["QueueUrl"]
        arn: str = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        return url, arn

    def message(self, url: str) -> dict[str, Any]:
        """The next message of a queue, with its attributes; it is deleted."""
        sqs = self.client("sqs")

        def look() -> list[dict[str, Any]]:
            answer = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"], AttributeNames=["All"])
            messages: list[dict[str, Any]] = answer.get("Messages", [])
            return messages

        found = until(look)[0]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=found["ReceiptHandle"])
        return found


@contextmanager
def deployments(aws: LocalAws, prefix: str) -> Iterator[Deployments]:
    """Functions that are removed at the end."""
    made = Deployments(aws, prefix)
    try:
        yield made
    finally:
        for name in made.made:
            made.functions.delete_function(FunctionName=name)
