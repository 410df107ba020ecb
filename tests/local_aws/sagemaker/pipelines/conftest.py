"""Pipelines under test: made, started and followed through the API."""

import sys
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from attrs import define, field

from local_aws.containers.engine import RunSpec
from local_aws.functions.service import register_lambda
from local_aws.gateway.app import Gateway
from local_aws.platform import Platform
from local_aws.sagemaker.endpoints.settings import EndpointSettings
from local_aws.sagemaker.jobs.work import JobSettings
from local_aws.sagemaker.pipelines.settings import PipelineSettings
from local_aws.sagemaker.service import register_sagemaker
from local_aws.server import LocalAws
from tests.local_aws.sagemaker.conftest import BUCKET, REGION, Account
from tests.local_aws.sagemaker.folder_engine import FolderContainer, FolderEngine

STAND_IN = (
    "import json, sys; given = json.load(sys.stdin); print(json.dumps({'ClusterId': given['Arguments']['Of'] + '!'}))"
)

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


@define(eq=False)
class FaultyEngine(FolderEngine):
    """Fails to run an image as often as it is told to, by a fault of its own: the job's InternalServerError.

    Attributes:
        faults: how often, by the image's name.
    """

    faults: dict[str, int] = field(factory=dict)

    def run(self, spec: RunSpec) -> FolderContainer:
        if self.faults.get(spec.image, 0) > 0:
            self.faults[spec.image] -= 1
            raise RuntimeError("a fault of the machine")
        return super().run(spec)


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """SageMaker on the test engine, and Lambda; one for the session."""
    made: list[FaultyEngine] = []
    events: list[dict[str, Any]] = []
    settings = PipelineSettings(
        stand_ins={"EMR": f'{sys.executable} -S -c "{STAND_IN}"', "AutoML": "echo no capacity >&2; exit 3"}
    )

    def register(gateway: Gateway, platform: Platform) -> None:
        made.append(FaultyEngine(platform, tmp_path_factory.mktemp("images")))
        platform.on_event(lambda _account, _region, event: events.append(event))
        register_lambda(gateway, platform)
        register_sagemaker(
            gateway,
            platform,
            engine=lambda: made[0],
            jobs=JobSettings(stop_grace_seconds=0.5),
            endpoints=EndpointSettings(startup_seconds=5, ping_seconds=0.2),
            pipelines=settings,
        )

    with LocalAws(register=register) as running:
        running.platform.client("s3", region=REGION).create_bucket(Bucket=BUCKET)
        yield Account(running.platform, made[0], events)


@pytest.fixture(scope="session")
def role(account: Account) -> str:
    """An execution role that may do everything."""
    return account.role("pipelines-execution")


@pytest.fixture(scope="session")
def noop(account: Account) -> str:
    """An image whose jobs do nothing."""
    return account.engine.image("noop", run="", train="")


@pytest.fixture(scope="session")
def pipelines(account: Account, role: str) -> Pipelines:
    """Those of the session's account; tests keep apart by names."""
    return Pipelines(account, role)
