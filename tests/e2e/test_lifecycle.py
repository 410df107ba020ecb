"""What ends in the middle: an interrupted demo, a local AWS that is ended while it works, a port that is taken.

The tests of `Life` follow each other on one state folder, as a person's day does.
"""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from local_aws.containers import ports
from tests.e2e import processes
from tests.e2e.account import WORKFLOW, Account
from tests.e2e.command_line import CommandLine, Ended
from tests.e2e.conftest import close, new_command_line
from workflows.byoc_housing.definition import BUILD, TRAIN

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def day() -> Iterator[CommandLine]:
    """A state folder for the tests that follow each other."""
    made = new_command_line()
    try:
        yield made
    finally:
        close(made)


@pytest.fixture(scope="module")
def idle() -> Iterator[CommandLine]:
    """A command line without a local AWS, for all tests that start nothing."""
    made = new_command_line()
    try:
        yield made
    finally:
        close(made)


def demo(commands: CommandLine) -> dict[str, Any]:
    """A demo that must work; gives its record."""
    file = commands.folder / "demo.json"
    file.unlink(missing_ok=True)
    ended = commands.run("demo", "--only", "byoc-housing", "--port", "0", "--json", str(file))
    assert ended.code == 0, ended
    return dict(json.loads(file.read_text()))


def account_of(commands: CommandLine) -> Account:
    """The account of the local AWS that runs."""
    return Account(json.loads((commands.state / "local.json").read_text())["endpoint_url"], commands)


class TestLife:
    def test_a_demo_that_is_interrupted_in_the_workflow_leaves_nothing(self, day: CommandLine) -> None:
        running = day.start("demo", "--port", "0")
        assert processes.poll(lambda: f"{BUILD}: RUNNING" in running.said(), seconds=180), running.said()
        running.interrupt()
        ended = running.wait(seconds=180)
        assert ended.code == 130, ended
        assert ended.errors == "\ninterrupted; the local AWS has ended\n"
        assert processes.none_left(str(day.folder)) == {}
        assert day.run("local", "status").code == 3

    def test_the_next_demo_works(self, day: CommandLine) -> None:
        record = demo(day)
        assert record["execution"]["status"] == "SUCCEEDED"
        assert record["endpoint"]["status"] == "InService"

    def test_cleanup_deletes_what_runs_made(self, day: CommandLine) -> None:
        sagemaker = account_of(day).client("sagemaker")
        # made by hand: no run of a workflow knows of it
        model = sagemaker.list_models()["Models"][0]["ModelName"]
        sagemaker.create_endpoint_config(
            EndpointConfigName="by-hand",
            ProductionVariants=[
                {"VariantName": "v", "ModelName": model, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
            ],
        )
        endpoint = sagemaker.list_endpoints()["Endpoints"][0]["EndpointName"]
        ended = day.run("cleanup", "--yes")
        assert ended.code == 0, ended
        assert f"endpoint {endpoint}\n" in ended.output
        assert "deleted 3" in ended.output
        assert processes.poll(lambda: not sagemaker.list_endpoints()["Endpoints"], seconds=30)
        assert sagemaker.list_models()["Models"] == []
        assert [item["EndpointConfigName"] for item in sagemaker.list_endpoint_configs()["EndpointConfigs"]] == [
            "by-hand"
        ]
        assert day.run("cleanup", "--yes").output == "nothing to clean up\n"

    def test_a_demo_that_is_interrupted_leaves_a_local_aws_that_was_there(self, day: CommandLine) -> None:
        account = account_of(day)
        running = day.start("demo")
        assert processes.poll(lambda: "  execution " in running.said(), seconds=180), running.said()
        running.interrupt()
        ended = running.wait(seconds=180)
        assert (ended.code, ended.errors) == (130, "\ninterrupted; the local AWS stays up: it ran before\n"), ended
        assert day.run("local", "status").code == 0
        arn = account.state_machine["stateMachineArn"]
        newest = account.client("stepfunctions").list_executions(stateMachineArn=arn)["executions"][0]
        assert newest["status"] == "ABORTED"

    def test_a_run_that_nobody_follows_any_more_goes_on(self, day: CommandLine) -> None:
        account = account_of(day)
        name, running = account.start(WORKFLOW)
        assert processes.poll(lambda: f"{BUILD}: " in running.said(), seconds=180), running.said()
        running.interrupt()
        ended = running.wait(seconds=180)
        assert ended.code == 130, ended
        assert ended.errors == f"the execution goes on; `./mlops watch {name}` follows it again\n"
        assert day.run("watch", name).code == 0

    def test_a_run_whose_local_aws_ends(self, day: CommandLine) -> None:
        account = account_of(day)
        _, running = account.start(WORKFLOW)
        assert processes.poll(lambda: f"{TRAIN}: RUNNING" in running.said(), seconds=180), running.said()
        down = day.run("local", "down")
        assert (down.code, down.output) == (0, "the local AWS has ended\n"), down
        ended = running.wait(seconds=180)
        # whoever looks in the instant before the server is gone still sees that the execution was aborted
        told = {1: "the execution failed: ABORTED\nThe local AWS was stopped.", 3: "error: AWS does not answer"}
        assert told.get(ended.code, "another exit code") in ended.errors, ended
        assert "Traceback" not in ended.errors
        assert processes.none_left(str(day.folder), account.endpoint_url) == {}

    def test_the_demo_after_that_works(self, day: CommandLine) -> None:
        record = demo(day)
        assert record["execution"]["status"] == "SUCCEEDED"

    def test_destroy_leaves_no_endpoint_behind(self, day: CommandLine) -> None:
        endpoints = account_of(day).client("sagemaker").list_endpoints()["Endpoints"]
        ended = day.run("destroy", "--yes", "--empty-buckets")
        assert ended.code == 1, ended
        assert "error: endpoints that runs of the workflows made would stay" in ended.errors
        assert endpoints[0]["EndpointName"] in ended.errors
        assert "`./mlops cleanup`" in ended.errors

    def test_destroy_keeps_data_that_nobody_gave_up(self, day: CommandLine) -> None:
        account = account_of(day)
        assert day.run("cleanup", "--yes").code == 0
        ended = day.run("destroy", "--yes")
        assert ended.code == 1, ended
        assert "error: these buckets would be deleted and hold data: mlops-dev-" in ended.errors
        assert account.outputs["DataBucketName"] in ended.errors
        assert "--empty-buckets" in ended.errors
        stacks = account.client("cloudformation").describe_stacks()["Stacks"]
        assert {stack["StackStatus"] for stack in stacks} == {"CREATE_COMPLETE"}

    def test_destroy_deletes_the_stacks_and_their_data(self, day: CommandLine) -> None:
        account = account_of(day)
        data = account.outputs["DataBucketName"]
        ended = day.run("destroy", "--yes", "--empty-buckets")
        assert ended.code == 0, ended
        assert f"{data}: deleted " in ended.output
        described = account.client("cloudformation").describe_stacks()["Stacks"]
        assert [stack["StackName"] for stack in described] == ["CDKToolkit"]
        assert data not in [bucket["Name"] for bucket in account.client("s3").list_buckets()["Buckets"]]
        assert day.run("destroy", "--yes").output == "nothing is deployed for environment 'dev'\n"
        ended = day.run("cleanup", "--yes")
        assert ended.code == 3, ended
        assert ended.errors == "error: nothing is deployed for environment 'dev'\ndeploy it with `./mlops deploy`\n"


class TestPorts:
    def test_a_port_in_use(self, command_line: CommandLine) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            for command in (["local", "up", "--no-deploy"], ["demo"]):
                ended = command_line.run(*command, "--port", str(port))
                assert ended.code == 3, ended
                assert f"error: port {port} on 127.0.0.1 is in use\nchoose another with --port" in ended.errors
        assert processes.none_left(str(command_line.folder)) == {}

    def test_up_and_down(self, command_line: CommandLine) -> None:
        port = ports.free_port()
        up = command_line.run("local", "up", "--no-deploy", "--port", str(port))
        assert up.code == 0, up
        assert f"local AWS: http://127.0.0.1:{port} (process " in up.output
        assert command_line.exports()["AWS_ENDPOINT_URL"] == f"http://127.0.0.1:{port}"
        not_deployed = command_line.run("run", "byoc-housing")
        assert not_deployed.code == 3, not_deployed
        assert "error: no workflow 'byoc-housing' is deployed; deployed: none" in not_deployed.errors
        assert command_line.run("local", "down").output == "the local AWS has ended\n"
        assert command_line.run("local", "down").output == "the local AWS was not running\n"


class TestWithoutALocalAws:
    @pytest.mark.parametrize(
        "arguments",
        [
            ["local", "env"],
            ["deploy"],
            ["destroy", "--yes"],
            ["run", "byoc-housing"],
            ["watch", "byoc-housing"],
            ["graph", "byoc-housing"],
            ["logs", "some-job"],
            ["cleanup", "--yes"],
        ],
        ids=" ".join,
    )
    def test_commands_say_so(self, idle: CommandLine, arguments: list[str]) -> None:
        _says_so(idle.run(*arguments))

    def test_invoke_says_so(self, idle: CommandLine) -> None:
        file = idle.folder / "rows.csv"
        file.write_text("1,2\n")
        _says_so(idle.run("invoke", "endpoint", "--file", str(file)))

    def test_status_says_so(self, idle: CommandLine) -> None:
        ended = idle.run("local", "status")
        assert (ended.code, ended.output) == (3, "the local AWS is not running\n")

    def test_a_state_file_of_a_local_aws_that_was_killed(self, idle: CommandLine) -> None:
        idle.state.mkdir(parents=True, exist_ok=True)
        state = {"pid": 2**22 - 1, "port": ports.free_port(), "endpoint_url": "", "log": None}
        (idle.state / "local.json").write_text(json.dumps(state))
        assert idle.run("local", "status").code == 3
        assert idle.run("local", "down").output == "the local AWS was not running\n"


def _says_so(ended: Ended) -> None:
    assert (ended.code, ended.output) == (3, ""), ended
    assert ended.errors.startswith("error: the local AWS is not running\nstart it with `./mlops local up`"), ended
