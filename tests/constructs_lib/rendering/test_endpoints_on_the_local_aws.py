"""Endpoints that a workflow creates or updates, run by the local AWS with the rights that the library derives."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import define

from constructs_lib.definitions import (
    CAUGHT_CAUSE,
    CAUGHT_ERROR,
    Catch,
    EndpointStep,
    ExecutionInput,
    FailStep,
    WorkflowDefinition,
)
from constructs_lib.permissions import engine_statements
from constructs_lib.rendering import render_states
from local_aws.gateway.app import Gateway
from local_aws.platform import Platform
from local_aws.sagemaker.endpoints.settings import EndpointSettings
from local_aws.sagemaker.service import register_sagemaker
from local_aws.server import LocalAws
from local_aws.stepfunctions.service import register_stepfunctions
from tests.constructs_lib.samples import workflow
from tests.local_aws.sagemaker.conftest import BUCKET, REGION, Account
from tests.local_aws.sagemaker.folder_engine import FolderEngine
from tests.local_aws.sagemaker.servers import ECHO

pytestmark = pytest.mark.slow

PLACE = {"partition": "aws", "region": REGION, "account": "123456789012"}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@define(eq=False)
class Serving:
    """An account with configurations for models: ``blue`` and ``green``, and ``bad``, which never gets healthy."""

    account: Account
    made: int = 0

    def run(self, definition: WorkflowDefinition, **given: str) -> dict[str, Any]:
        """What becomes of an execution, whose role may do what is derived."""
        return self.ended(self.start(definition, **given))

    def start(self, definition: WorkflowDefinition, **given: str) -> str:
        """An execution; its ARN."""
        self.made += 1
        statements = [found.to_dict() for found in engine_statements(definition, **PLACE)]
        policy = {"Version": "2012-10-17", "Statement": statements}
        states = self.account.client("stepfunctions")
        machine = states.create_state_machine(
            name=f"serving-{self.made}",
            definition=json.dumps(render_states(definition)),
            roleArn=self.account.role(f"serving-{self.made}", policy, TRUST),
        )["stateMachineArn"]
        return str(states.start_execution(stateMachineArn=machine, input=json.dumps(given))["executionArn"])

    def ended(self, arn: str) -> dict[str, Any]:
        """An execution, once it has ended."""
        states = self.account.client("stepfunctions")
        return self.account.eventually(
            lambda: dict(states.describe_execution(executionArn=arn)),
            lambda found: found["status"] != "RUNNING",
            seconds=90,
        )

    def entered(self, arn: str, state: str) -> None:
        """Waits until an execution has come to a state."""
        states = self.account.client("stepfunctions")
        self.account.eventually(
            lambda: states.get_execution_history(executionArn=arn, maxResults=1000)["events"],
            lambda found: state in [each.get("stateEnteredEventDetails", {}).get("name") for each in found],
            seconds=90,
        )

    def live(self, endpoint: str) -> tuple[str, str]:
        """Status and configuration of an endpoint."""
        found = self.account.client("sagemaker").describe_endpoint(EndpointName=endpoint)
        return found["EndpointStatus"], found["EndpointConfigName"]


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    made: list[FolderEngine] = []

    def register(gateway: Gateway, platform: Platform) -> None:
        made.append(FolderEngine(platform, tmp_path_factory.mktemp("images")))
        settings = EndpointSettings(startup_seconds=20, ping_seconds=0.2, stop_grace_seconds=0.5)
        register_sagemaker(gateway, platform, engine=lambda: made[0], endpoints=settings)
        register_stepfunctions(gateway, platform)

    with LocalAws(register=register) as running:
        account = Account(running.platform, made[0], [])
        account.client("s3").create_bucket(Bucket=BUCKET)
        role = account.role("serving-model")
        image = account.engine.image("echo", serve=ECHO)
        for name in ("blue", "green"):
            account.model(name, image, role, {"model.txt": name.encode()})
        account.model("bad", image, role)
        for name in ("blue", "green", "bad"):
            account.endpoint_config(name, name)
        yield Serving(account)


def serve(**changed: Any) -> WorkflowDefinition:
    failed = FailStep(name="Failed", error=CAUGHT_ERROR, cause=CAUGHT_CAUSE)
    given = {
        "name": "Serve",
        "endpoint_name": ExecutionInput("Endpoint"),
        "config_name": ExecutionInput("Config"),
        "poll_seconds": 1,
        "catch": [Catch(errors=["EndpointFailed"], next_step=failed)],
    }
    return workflow(EndpointStep(**{**given, **changed}))


def test_an_endpoint_is_created_then_updated_and_a_rollback_is_a_failure(serving: Serving) -> None:
    definition = serve(mode="create or update")

    created = serving.run(definition, Endpoint="both", Config="blue")
    assert (created["status"], serving.live("both")) == ("SUCCEEDED", ("InService", "blue")), created

    updated = serving.run(definition, Endpoint="both", Config="green")
    assert (updated["status"], serving.live("both")) == ("SUCCEEDED", ("InService", "green")), updated

    rolled_back = serving.run(definition, Endpoint="both", Config="bad")
    assert (rolled_back["status"], rolled_back["error"]) == ("FAILED", "EndpointFailed")
    assert "variant bad did not pass the ping health check" in rolled_back["cause"]
    assert serving.live("both") == ("InService", "green")


def test_who_finds_the_endpoint_being_changed_waits(serving: Serving, tmp_path: Path) -> None:
    account, gate = serving.account, tmp_path / "gate"
    assert serving.run(serve(), Endpoint="shared", Config="blue")["status"] == "SUCCEEDED"
    patient = f"import os, time\nwhile not os.path.exists({str(gate)!r}):\n    time.sleep(0.05)\n{ECHO}"
    account.model(
        "gated", account.engine.image("gated", serve=patient), account.role("serving-model"), {"model.txt": b""}
    )
    variant = {
        "VariantName": "gated",
        "ModelName": "gated",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
        "ContainerStartupHealthCheckTimeoutInSeconds": 300,
    }
    account.client("sagemaker").create_endpoint_config(EndpointConfigName="gated", ProductionVariants=[variant])
    account.client("sagemaker").update_endpoint(EndpointName="shared", EndpointConfigName="gated")

    arn = serving.start(serve(mode="create or update"), Endpoint="shared", Config="blue")
    serving.entered(arn, "Serve: busy")
    gate.touch()

    assert serving.ended(arn)["status"] == "SUCCEEDED"
    assert serving.live("shared") == ("InService", "blue")


def test_who_finds_the_endpoint_being_created_waits_and_updates_it(serving: Serving) -> None:
    definition = serve(mode="create or update")
    arns = [serving.start(definition, Endpoint="raced", Config=name) for name in ("blue", "green")]
    ended = [serving.ended(arn) for arn in arns]
    live = serving.live("raced")[1]
    winner, other = (0, 1) if live == "blue" else (1, 0)
    assert ended[winner]["status"] == "SUCCEEDED", ended
    # it was live for a while, or it found at its next look that it no longer was
    assert ended[other]["status"] == "SUCCEEDED" or "of another request" in ended[other]["cause"], ended


@pytest.mark.parametrize("catch", [[], ["SageMaker.AmazonSageMakerException"], ["States.ALL"]])
def test_a_request_that_is_refused_for_another_reason_fails(serving: Serving, catch: list[str]) -> None:
    caught = FailStep(name="Caught", error="Caught", cause=CAUGHT_CAUSE)
    catches = [Catch(errors=catch, next_step=caught)] if catch else []
    ended = serving.run(serve(mode="create or update", catch=catches), Endpoint="never", Config="nowhere")
    assert (ended["status"], ended["error"]) == ("FAILED", "Caught" if catch else "SageMaker.AmazonSageMakerException")
    assert "Could not find" in ended["cause"]


def test_the_newest_configuration_wins(serving: Serving) -> None:
    definition = serve(mode="create or update", newest_wins=True, catch=[])
    created = serving.run(definition, Endpoint="newest", Config="green")
    assert created["status"] == "SUCCEEDED", created

    older = serving.run(definition, Endpoint="newest", Config="blue")

    assert (older["status"], older["error"]) == ("FAILED", "EndpointFailed")
    assert older["cause"] == "endpoint has green, which was made later"
    assert serving.live("newest") == ("InService", "green")
    # what the endpoint has may have been deleted: then nothing is known of it
    serving.account.endpoint_config("brief", "green")
    assert serving.run(definition, Endpoint="newest", Config="brief")["status"] == "SUCCEEDED"
    serving.account.client("sagemaker").delete_endpoint_config(EndpointConfigName="brief")
    assert serving.run(definition, Endpoint="newest", Config="blue")["status"] == "SUCCEEDED"


def test_an_update_of_what_is_not_there_and_a_creation_of_what_is_fail(serving: Serving) -> None:
    absent = serving.run(serve(mode="update"), Endpoint="absent", Config="blue")
    assert (absent["status"], absent["error"]) == ("FAILED", "SageMaker.AmazonSageMakerException")
    assert "Could not find" in absent["cause"]

    assert serving.run(serve(), Endpoint="once", Config="blue")["status"] == "SUCCEEDED"
    again = serving.run(serve(), Endpoint="once", Config="blue")
    assert (again["status"], again["error"]) == ("FAILED", "SageMaker.AmazonSageMakerException")
    assert "existing endpoint" in again["cause"]


def test_an_endpoint_that_fails_tells_why(serving: Serving) -> None:
    failed = serving.run(serve(), Endpoint="broken", Config="bad")
    assert (failed["status"], failed["error"]) == ("FAILED", "EndpointFailed")
    assert failed["cause"].startswith("endpoint is Failed: ")


def test_a_request_is_not_waited_for_where_nobody_asks(serving: Serving) -> None:
    definition = serve(wait=False, catch=[])
    assert serving.run(definition, Endpoint="later", Config="blue")["status"] == "SUCCEEDED"
    assert serving.account.settled_endpoint("later")["EndpointStatus"] == "InService"
