"""Pipelines under test: made, started and followed through the API."""

import uuid
from typing import Any

import pytest
from attrs import define

from tests.local_aws.sagemaker.conftest import Account

OPEN = ("Executing", "Stopping")


@define(eq=False)
class Pipelines:
    """The pipelines of an account."""

    account: Account
    role: str

    @property
    def client(self) -> Any:
        return self.account.client("sagemaker")

    def create(self, name: str, definition: str, role: str | None = None, **members: Any) -> None:
        self.client.create_pipeline(
            PipelineName=name,
            PipelineDefinition=definition,
            RoleArn=role or self.role,
            ClientRequestToken=str(uuid.uuid4()),
            **members,
        )

    def start(self, name: str, parameters: dict[str, str] | None = None, **members: Any) -> str:
        entries = [{"Name": key, "Value": value} for key, value in (parameters or {}).items()]
        token = {"ClientRequestToken": str(uuid.uuid4())} | members
        arn: str = self.client.start_pipeline_execution(PipelineName=name, PipelineParameters=entries, **token)[
            "PipelineExecutionArn"
        ]
        return arn

    def run(self, name: str, parameters: dict[str, str] | None = None, **members: Any) -> dict[str, Any]:
        """Starts an execution and waits for its end."""
        return self.ended(self.start(name, parameters, **members))

    def describe(self, arn: str) -> dict[str, Any]:
        return dict(self.client.describe_pipeline_execution(PipelineExecutionArn=arn))

    def ended(self, arn: str) -> dict[str, Any]:
        return self.account.eventually(
            lambda: self.describe(arn), lambda found: found["PipelineExecutionStatus"] not in OPEN, seconds=60
        )

    def steps(self, execution: dict[str, Any] | str) -> dict[str, dict[str, Any]]:
        arn = execution if isinstance(execution, str) else execution["PipelineExecutionArn"]
        answer = self.client.list_pipeline_execution_steps(PipelineExecutionArn=arn, MaxResults=100)
        return {step["StepName"]: step for step in answer["PipelineExecutionSteps"]}

    def step(self, arn: str, name: str, status: str) -> dict[str, Any]:
        """A step once it has a status."""
        found = self.account.eventually(
            lambda: self.steps(arn), lambda steps: steps.get(name, {}).get("StepStatus") == status
        )
        return found[name]


@pytest.fixture(scope="session")
def pipelines(account: Account, role: str) -> Pipelines:
    """Those of the session's account; tests keep apart by names."""
    return Pipelines(account, role)
