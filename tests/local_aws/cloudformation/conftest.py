"""Stacks on the session's local AWS, by the API alone."""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from attrs import define, field
from botocore.exceptions import ClientError

from local_aws.server import LocalAws

DEADLINE_SECONDS = 60


@define
class Deployer:
    """Makes stacks whose names no other test has, and removes them at the end."""

    aws: LocalAws
    region: str = "us-east-1"
    names: list[str] = field(factory=list)

    def client(self, service: str) -> Any:
        return self.aws.platform.client(service, region=self.region)

    @property
    def cloudformation(self) -> Any:
        return self.client("cloudformation")

    def new_name(self) -> str:
        name = f"test-{uuid.uuid4().hex[:10]}"
        self.names.append(name)
        return name

    def create(self, resources: dict[str, Any], *, name: str | None = None, **options: Any) -> dict[str, Any]:
        """CreateStack to its end; sections other than Resources come as keywords in lower case."""
        name = name or self.new_name()
        self.cloudformation.create_stack(StackName=name, **self.arguments(resources, options))
        return self.settled(name)

    def update(self, name: str, resources: dict[str, Any], **options: Any) -> dict[str, Any]:
        """UpdateStack to its end."""
        self.cloudformation.update_stack(StackName=name, **self.arguments(resources, options))
        return self.settled(name)

    def arguments(self, resources: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
        sections = {key.capitalize(): options.pop(key) for key in list(options) if key in _SECTIONS}
        given = options.pop("parameter_values", {})
        return {
            "TemplateBody": json.dumps({"Resources": resources, **sections}),
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
            "Capabilities": ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
            **options,
        }

    def delete(self, name: str, **options: Any) -> dict[str, Any]:
        """DeleteStack to its end."""
        stack_id = self.describe(name)["StackId"]
        self.cloudformation.delete_stack(StackName=name, **options)
        return self.settled(stack_id)

    def remove(self, name: str) -> None:
        """Removes a stack with whatever holds it, if it is there."""
        try:
            stack_id = self.describe(name)["StackId"]
        except ClientError:
            return
        self.cloudformation.update_termination_protection(StackName=name, EnableTerminationProtection=False)
        self.cloudformation.delete_stack(StackName=stack_id)
        if self.settled(stack_id)["StackStatus"] == "DELETE_FAILED":
            self.cloudformation.delete_stack(StackName=stack_id, DeletionMode="FORCE_DELETE_STACK")
            self.settled(stack_id)

    def describe(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        return found

    def give_up(self, name: str, resources: dict[str, Any], work: tuple[type, str], patch: pytest.MonkeyPatch) -> str:
        """DeleteStack while CreateStack is held up by work in the background; gives the stack's id once it is gone.

        Args:
            name: of the stack.
            resources: of its template.
            work: a class of the local AWS and the method in which it carries out what takes time.
            patch: undone by the test.
        """
        go, begun = threading.Event(), threading.Event()
        carry_out = getattr(*work)

        def late(*arguments: Any) -> None:
            begun.set()
            assert go.wait(DEADLINE_SECONDS)
            carry_out(*arguments)

        patch.setattr(*work, late)
        try:
            stack_id = str(self.cloudformation.create_stack(StackName=name, **self.arguments(resources, {}))["StackId"])
            assert begun.wait(DEADLINE_SECONDS), self.reasons(name)
            self.cloudformation.delete_stack(StackName=name)
            assert self.describe(stack_id)["StackStatus"] == "DELETE_IN_PROGRESS"
        finally:
            go.set()
        assert self.settled(stack_id)["StackStatus"] == "DELETE_COMPLETE", self.reasons(stack_id)
        return stack_id

    def settled(self, name: str) -> dict[str, Any]:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while True:
            stack = self.describe(name)
            if not stack["StackStatus"].endswith("_IN_PROGRESS"):
                return stack
            assert time.monotonic() < deadline, f"{name} is still {stack['StackStatus']}"
            time.sleep(0.02)

    def outputs(self, stack: dict[str, Any]) -> dict[str, str]:
        return {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}

    def events(self, name: str) -> list[tuple[str, str]]:
        """(logical id, status) of every event, oldest first."""
        return [(item["LogicalResourceId"], item["ResourceStatus"]) for item in self.raw_events(name)]

    def raw_events(self, name: str) -> list[dict[str, Any]]:
        pages = self.cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
        return [event for page in pages for event in page["StackEvents"]][::-1]

    def reasons(self, name: str) -> str:
        return "\n".join(item.get("ResourceStatusReason", "") for item in self.raw_events(name))

    def resources(self, name: str) -> dict[str, dict[str, Any]]:
        pages = self.cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
        return {item["LogicalResourceId"]: item for page in pages for item in page["StackResourceSummaries"]}


_SECTIONS = {"conditions", "mappings", "outputs", "parameters", "rules", "transform", "description", "metadata"}


@pytest.fixture
def stacks(local_aws: LocalAws) -> Iterator[Deployer]:
    deployer = Deployer(local_aws)
    yield deployer
    for name in reversed(deployer.names):
        deployer.remove(name)


def parameter(value: Any, **more: Any) -> dict[str, Any]:
    """An SSM parameter: the resource that is made in a millisecond."""
    return {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value, **more}}
