"""Endpoints that do not come into service, and requests that an endpoint does not answer."""

import json
from collections.abc import Iterator

import pytest

from tests.e2e.account import (
    TRAIN_NOTHING_MUCH,
    WORKFLOW,
    Account,
    Definition,
    Run,
    build_overrides,
)
from tests.e2e.command_line import Ended, Running
from tests.e2e.conftest import Deployed
from workflows.byoc_housing.definition import CREATE_ENDPOINT, CREATE_ENDPOINT_CONFIG

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SERVER = """#!/usr/bin/env python3
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer({ping}, b"ping")

    def do_POST(self):
        self.answer(500, b"the model has no opinion")

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

print("listening", flush=True)
HTTPServer(("0.0.0.0", int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))), Handler).serve_forever()
"""


def serving(script: str) -> dict[str, str]:
    """Files of a container that trains nothing much and serves with a script."""
    return {"train": TRAIN_NOTHING_MUCH, "serve": script}


@pytest.fixture(scope="module", autouse=True)
def never_healthy(account: Account) -> Iterator[tuple[str, str, Running]]:
    """A run whose endpoint never becomes healthy: begun first, looked at last, as AWS's shortest limit is a minute."""

    def shortest_limit(definition: Definition) -> None:
        config = definition["States"][CREATE_ENDPOINT_CONFIG]["Parameters"]
        config["ProductionVariants"][0]["ContainerStartupHealthCheckTimeoutInSeconds"] = 60

    machine = account.variant(build_overrides(files=serving(SERVER.format(ping=503))), shortest_limit)
    name, running = account.start(machine)
    yield machine, name, running
    if running.process.poll() is None:
        running.process.terminate()
        running.wait(seconds=30)


@pytest.fixture(scope="module")
def refusing(account: Account) -> str:
    """The name of an endpoint that is healthy and answers each request with an error."""
    run = account.run(account.variant(build_overrides(files=serving(SERVER.format(ping=200)))))
    assert run.ended.code == 0, run.ended
    return run.name


def endpoint_that_failed(account: Account, run: Run) -> str:
    """Checks that the failed step is told with the endpoint's reason; gives the reason."""
    account.assert_failed(run)
    endpoint = account.client("sagemaker").describe_endpoint(EndpointName=run.name)
    assert endpoint["EndpointStatus"] == "Failed"
    assert f"step '{CREATE_ENDPOINT}' failed: EndpointFailed" in run.ended.errors, run.ended
    assert f"endpoint is Failed: {endpoint['FailureReason']}" in run.ended.errors
    assert run.execution["error"] == "EndpointFailed"
    return str(endpoint["FailureReason"])


def test_a_server_that_ends_at_once(account: Account) -> None:
    script = "#!/bin/sh\necho no model for you\nexit 1\n"
    run = account.run(account.variant(build_overrides(files=serving(script))))
    assert "did not pass the ping health check" in endpoint_that_failed(account, run)
    _, _, log = run.ended.errors.partition("end of its log")
    assert f"./mlops logs {run.name}" in log, run.ended
    assert "no model for you" in log


def test_a_model_that_cannot_be_loaded(account: Account) -> None:
    # the project's own server, and an archive without its model
    run = account.run(account.variant(build_overrides(files={"train": TRAIN_NOTHING_MUCH})))
    endpoint_that_failed(account, run)
    assert "error: " in run.ended.errors.partition("end of its log")[2], run.ended


def test_the_name_of_an_endpoint_that_is_taken(deployed: Deployed) -> None:
    account = deployed.account
    taken = _endpoint_in_service(account)
    run = account.run(WORKFLOW, "--input", f"EndpointName={taken}")
    assert run.ended.code == 1, run.ended
    assert f"step '{CREATE_ENDPOINT}' failed: SageMaker." in run.ended.errors
    assert "Cannot create already existing endpoint" in run.ended.errors
    assert f"endpoint/{taken}" in run.ended.errors
    assert account.client("sagemaker").describe_endpoint(EndpointName=taken)["EndpointStatus"] == "InService"


def test_a_request_that_the_container_fails_to_answer(account: Account, refusing: str) -> None:
    ended = _invoke(account, refusing, "row.csv", "1,2,3\n")
    assert ended.code == 1, ended
    assert "error: ModelError: " in ended.errors
    assert 'Received server error (500) from primary with message "the model has no opinion"' in ended.errors
    assert f"./mlops logs {refusing}" in ended.errors
    logs = account.command_line.run("logs", refusing)
    assert (logs.code, "listening" in logs.output) == (0, True), logs


def test_a_content_type_that_the_container_does_not_take(account: Account) -> None:
    ended = _invoke(account, _endpoint_in_service(account), "row.csv", "1,2,3\n", "--content-type", "image/png")
    assert ended.code == 1, ended
    assert "Received client error (415) from primary" in ended.errors
    assert "image/png" in ended.errors


def test_rows_with_too_few_columns(account: Account) -> None:
    ended = _invoke(account, _endpoint_in_service(account), "row.csv", "1,2\n")
    assert ended.code == 1, ended
    assert "Received client error (400) from primary" in ended.errors


def test_an_endpoint_that_is_not_there(account: Account) -> None:
    ended = _invoke(account, "nobody", "row.csv", "1,2\n")
    assert ended.code == 2, ended
    assert "Endpoint nobody of account" in ended.errors
    assert "not found" in ended.errors


def test_a_file_that_is_not_there(account: Account) -> None:
    ended = account.command_line.run("invoke", "nobody", "--file", "absent.csv")
    assert (ended.code, ended.errors) == (2, "error: no such file: absent.csv\n")


def test_an_endpoint_that_never_becomes_healthy(account: Account, never_healthy: tuple[str, str, Running]) -> None:
    machine, name, running = never_healthy
    run = account.finish(machine, name, running, seconds=150)
    assert "did not pass the ping health check" in endpoint_that_failed(account, run)
    assert '"GET /ping HTTP/1.1" 503' in run.ended.errors.partition("end of its log")[2], run.ended


def _endpoint_in_service(account: Account) -> str:
    """An endpoint of the project's own container: the newest run of the deployed workflow that made one."""
    stepfunctions = account.client("stepfunctions")
    arn = account.state_machine["stateMachineArn"]
    newest = stepfunctions.list_executions(stateMachineArn=arn, statusFilter="SUCCEEDED")["executions"][0]
    described = stepfunctions.describe_execution(executionArn=newest["executionArn"])
    return str(json.loads(described["input"])["EndpointName"])


def _invoke(account: Account, endpoint: str, file: str, body: str, *options: str) -> Ended:
    path = account.command_line.folder / file
    path.write_text(body)
    return account.command_line.run("invoke", endpoint, "--file", str(path), *options)
