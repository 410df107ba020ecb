"""Endpoints that do not come into service, and requests that an endpoint does not answer."""

import json

import pytest

from tests.e2e.account import SERVER, TRAIN_NOTHING_MUCH, WORKFLOW, Account, Run, build_overrides, serving
from tests.e2e.command_line import Ended
from tests.e2e.conftest import Deployed, Started
from workflows.byoc_housing.definition import CREATE_ENDPOINT

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


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
    assert "error: the model answered 500: the model has no opinion\n" in ended.errors
    assert f"./mlops logs {refusing}" in ended.errors
    logs = account.command_line.run("logs", refusing)
    assert (logs.code, "listening" in logs.output) == (0, True), logs


def test_a_content_type_that_the_container_does_not_take(account: Account) -> None:
    ended = _invoke(account, _endpoint_in_service(account), "row.csv", "1,2,3\n", "--content-type", "image/png")
    assert ended.code == 1, ended
    assert "error: the model answered 415: content type: got 'image/png', expected text/csv" in ended.errors


def test_rows_with_too_few_columns(account: Account) -> None:
    ended = _invoke(account, _endpoint_in_service(account), "row.csv", "1,2\n")
    assert ended.code == 1, ended
    assert "error: the model answered 400: " in ended.errors


def test_an_endpoint_that_is_not_there(account: Account) -> None:
    ended = _invoke(account, "nobody", "row.csv", "1,2\n")
    assert ended.code == 2, ended
    assert "Endpoint nobody of account" in ended.errors
    assert "not found" in ended.errors


def test_a_file_that_is_not_there(account: Account) -> None:
    ended = account.command_line.run("invoke", "nobody", "--file", "absent.csv")
    assert (ended.code, ended.errors) == (2, "error: no such file: absent.csv\n")


def test_an_endpoint_that_never_becomes_healthy(account: Account, never_healthy: Started) -> None:
    run = account.finish(never_healthy.machine, never_healthy.name, never_healthy.running, seconds=360)
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
