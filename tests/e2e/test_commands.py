"""The commands on a deployed account: what they print, what they leave, their exit codes."""

import json
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.e2e.account import TRAIN_NOTHING_MUCH, WORKFLOW, Account, Definition, build_overrides, end_after
from tests.e2e.conftest import Deployed
from workflows.byoc_housing.definition import BUILD, CREATE_ENDPOINT, TRAIN

# the run that takes a minute begins here, with the first of the modules
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900), pytest.mark.usefixtures("never_healthy")]


def test_the_aws_command_line_lists_and_calls_the_endpoint(deployed: Deployed, tmp_path: Path) -> None:
    commands, demo = deployed.account.command_line, deployed.record["execution"]["name"]
    variables = {**commands.environment, **commands.exports()}

    def aws(*arguments: str) -> str:
        done = subprocess.run(
            ["aws", *arguments], env=variables, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    # the newest endpoint: a second demo retires the first one's
    listed = json.loads(aws("sagemaker", "list-endpoints", "--sort-by", "CreationTime", "--output", "json"))
    served = [item["EndpointName"] for item in listed["Endpoints"] if item["EndpointName"].startswith("byoc-housing")]
    assert served, listed
    request = deployed.record["requests"][0]
    (tmp_path / "row.csv").write_text(request["body"])
    # fmt: off
    aws("sagemaker-runtime", "invoke-endpoint", "--endpoint-name", served[0], "--content-type", "text/csv",
        "--body", "fileb://row.csv", "answer.csv")
    # fmt: on
    assert float((tmp_path / "answer.csv").read_text()) == request["prediction"]
    arn = deployed.account.state_machine["stateMachineArn"]
    listed = json.loads(aws("stepfunctions", "list-executions", "--state-machine-arn", arn, "--output", "json"))
    assert demo in [item["name"] for item in listed["executions"]]


def test_status_tells_the_address_and_the_engine(account: Account) -> None:
    ended = account.command_line.run("local", "status")
    assert ended.code == 0, ended
    told = dict(line.split(": ", 1) for line in ended.output.splitlines())
    assert told["endpoint"] == account.endpoint_url
    assert told["engine"].startswith(("docker", "podman", "process"))
    assert {"cloudformation", "sagemaker", "stepfunctions"} <= set(told["services of its own"].split(", "))
    assert {"iam", "s3"} <= set(told["services kept by moto"].split(", "))


def test_up_says_that_it_runs_already(account: Account) -> None:
    ended = account.command_line.run("local", "up", "--no-deploy")
    assert ended.code == 0, ended
    assert account.endpoint_url in ended.output
    assert "was running" in ended.output


def test_a_run_by_hand_gives_an_endpoint_that_answers(account: Account, tmp_path: Path) -> None:
    # the whole workflow as deployed, with inputs of one's own
    run = account.run(WORKFLOW, "--input", "EndpointName=by-hand")
    assert run.ended.code == 0, run.ended
    for step in (BUILD, TRAIN, CREATE_ENDPOINT):
        assert f"✓ {step}: SUCCEEDED after" in run.ended.output
    rows = tmp_path / "rows.csv"
    rows.write_text("1990,2000,3,2.0,0.5,2,1,0\n2010,1000,2,1.0,0.1,0,0,1\n")
    answer = account.command_line.run("invoke", "by-hand", "--file", str(rows))
    assert answer.code == 0, answer
    assert len([float(line) for line in answer.output.split()]) == 2
    for execution in (run.execution["executionArn"], run.name):
        watched = account.command_line.run("watch", execution)
        assert watched.code == 0, watched
        assert watched.output.startswith(f"  execution {run.name}\n")
        assert f"✓ {CREATE_ENDPOINT}: SUCCEEDED" in watched.output


class Elements(HTMLParser):
    """Counts the elements of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_graphs_show_every_step(account: Account, tmp_path: Path) -> None:
    mermaid = account.command_line.run("graph", "byoc-housing")
    assert mermaid.code == 0, mermaid
    assert mermaid.output.split()[0] in ("flowchart", "stateDiagram-v2", "graph", "---", "%%{init:"), mermaid
    svg, page = tmp_path / "graph.svg", tmp_path / "graph.html"
    plain = account.command_line.run("graph", "byoc-housing", "--format", "svg", "--output", str(svg))
    assert (plain.code, plain.output) == (0, f"wrote {svg}\n"), plain
    run = account.command_line.run(
        "graph", "byoc-housing", "--format", "html", "--execution", "latest", "--output", str(page)
    )
    assert run.code == 0, run
    drawn = ET.fromstring(svg.read_text())  # noqa: S314 - our own picture
    assert drawn.tag == "{http://www.w3.org/2000/svg}svg"
    words = " ".join("".join(drawn.itertext()).split())
    elements = Elements(page.read_text())
    for step in (BUILD, TRAIN, CREATE_ENDPOINT):
        assert step in mermaid.output
        assert step.split()[0] in words
        assert step.split()[0] in elements.text
    assert "svg" in elements.tags


def test_the_status_of_an_execution_is_drawn(account: Account) -> None:
    plain = account.command_line.run("graph", "byoc-housing", "--format", "svg")
    run = account.command_line.run("graph", "byoc-housing", "--format", "svg", "--execution", "latest")
    assert (plain.code, run.code) == (0, 0)
    assert ">succeeded<" not in plain.output
    assert ">succeeded<" in run.output


def test_a_failed_execution_is_watched_to_its_cause(account: Account) -> None:
    machine = account.variant(build_overrides(files={"train": "#!/bin/sh\nexit 9\n"}), end_after(TRAIN))
    run = account.run(machine)
    watched = account.command_line.run("watch", machine)
    assert watched.code == 1, watched
    assert watched.errors == run.ended.errors


def test_the_log_of_a_build(deployed: Deployed) -> None:
    build = deployed.account.builds()[-1]["id"]
    ended = deployed.account.command_line.run("logs", build)
    assert ended.code == 0, ended
    assert "docker push" in ended.output


def test_an_execution_of_the_same_name_and_other_input(account: Account) -> None:
    machine = account.variant(build_overrides(files={"train": TRAIN_NOTHING_MUCH}), end_after(BUILD))
    first = account.run(machine)
    assert first.ended.code == 0, first.ended

    def read_input(definition: Definition) -> None:
        definition["States"][BUILD]["Comment"] = "$$.Execution.Input.JobName"

    machine = account.variant(build_overrides(files={"train": TRAIN_NOTHING_MUCH}), end_after(BUILD), read_input)
    first = account.run(machine, "--input", "JobName=one")
    assert first.ended.code == 0, first.ended
    again = account.run(machine, "--input", "JobName=two", name=first.name)
    assert again.ended.code == 2, again.ended
    assert "error: ExecutionAlreadyExists: " in again.ended.errors
    assert first.name in again.ended.errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["run", "no-such"],
            "deployed: byoc-housing, housing-ray, housing-ray-deployment, sklearn-processing",
        ),
        (
            ["run", "byoc-housing", "--input", "Colour=red"],
            "Colour: unknown, expected JobName, ModelName, EndpointName",
        ),
        (["run", "byoc-housing", "--input", "JobName"], "error: --input JobName: expected KEY=VALUE"),
        (["run", "byoc-housing", "--name", "not/legal"], "JobName: got 'not/legal', expected a text that matches "),
        (["run", "byoc"], "did you mean 'byoc-housing'?"),
        (["watch", "no-such"], "error: no execution is called 'no-such', and no workflow 'no-such' is deployed"),
        (["watch", "arn:aws:states:us-east-1:123456789012:execution:a:b"], "ExecutionDoesNotExist: "),
        (["watch", "arn:no-such"], "InvalidArn: "),
        (["graph", "byoc-housing", "--execution", "no-such"], "error: the workflow has no execution 'no-such'"),
        (["graph", "byoc-housing", "--output", "no-such/graph.svg"], "there is no folder no-such"),
        (["demo", "--json", "no-such/demo.json"], "error: cannot write no-such/demo.json: there is no folder no-such"),
        (["invoke", "no-such", "--file", "README.md"], "error: README.md: cannot tell its type by its ending"),
        (["invoke", "no-such", "--file", "no-such.csv"], "error: no such file: no-such.csv"),
        (["invoke", "no_such", "--file", "README.md"], "error: 'no_such' is no endpoint's name"),
        (["logs", "no-such"], "error: no log of a job, an endpoint or a build 'no-such'"),
        (["graph", "byoc-housing", "--watch"], "error: --watch needs --execution and --output"),
        (["graph", "no-such"], "error: no workflow 'no-such' is deployed"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_words_that_are_wrong(account: Account, arguments: list[str], message: str) -> None:
    ended = account.command_line.run(*arguments)
    assert ended.code == 2, ended
    assert message in ended.errors


def test_doctor(account: Account) -> None:
    ended = account.command_line.run("doctor")
    assert ended.code == 0, ended
    assert f"local AWS: runs at {account.endpoint_url}" in ended.output
    assert "MISSING" not in ended.output
    labels = [line.removeprefix("ok").strip().partition(":")[0] for line in ended.output.splitlines()]
    assert labels == ["Python", "Node", "CDK command line", "container engine", "local AWS", "processors and memory"]


def test_a_deployment_without_changes(account: Account) -> None:
    ended = account.command_line.run("deploy")
    assert ended.code == 0, ended
    assert (ended.output + ended.errors).count("(no changes)") == 3, ended


def test_a_port_other_than_the_one_in_use(account: Account) -> None:
    for command in (["local", "up", "--no-deploy"], ["demo"]):
        ended = account.command_line.run(*command, "--port", "1")
        assert ended.code == 3, ended
        assert "error: the local AWS runs on port " in ended.errors
        assert "end it with `./mlops local down` first" in ended.errors


def test_with_aws_nothing_but_the_endpoint_differs(deployed: Deployed) -> None:
    # the endpoint and the credentials that `local env` exports stand in for those of an account
    commands, name = deployed.account.command_line, deployed.record["execution"]["name"]
    exports = commands.exports()

    def told(*arguments: str, aws: bool) -> str:
        command = [sys.executable, "-m", "mlops_cli", *arguments, *(["--aws"] if aws else [])]
        ended = commands.start_program(*command, variables=exports if aws else None).wait(seconds=300)
        assert ended.code == 0, ended
        return ended.output

    for arguments in (["watch", name], ["logs", name], ["graph", WORKFLOW, "--execution", name]):
        assert told(*arguments, aws=True) == told(*arguments, aws=False) != ""
