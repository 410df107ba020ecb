"""The CDK command line as it is, from a terminal: all environments of cdk.json on one local AWS, nothing shared."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_cli.project import ROOT
from tests.e2e.account import Account
from tests.e2e.command_line import CommandLine, Ended
from tests.e2e.conftest import close, new_command_line

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

ENVIRONMENTS = tuple(json.loads((ROOT / "cdk.json").read_text())["context"]["environments"])
PARTS = ("containers", "serving", "training")
STACKS = sorted(f"mlops-{environment}-{part}" for environment in ENVIRONMENTS for part in PARTS)


class Terminal:
    """A terminal with the exports of ``local env``."""

    synthesized: Ended
    """The first ``cdk synth``."""

    def __init__(self, commands: CommandLine) -> None:
        up = commands.run("local", "up", "--no-deploy", "--port", "0")
        assert up.code == 0, up
        self.commands = commands
        self.exports = commands.exports()
        self.account = Account(self.exports["AWS_ENDPOINT_URL"], commands)

    def cdk(self, *arguments: str) -> Ended:
        """Runs ``npx cdk`` with the app command of cdk.json."""
        return self._run(*arguments, "--output", str(self.assembly))

    def cdk_on_assembly(self, *arguments: str) -> Ended:
        """Runs ``npx cdk`` on what the last synthesis gave."""
        return self._run(*arguments, "--app", str(self.assembly))

    @property
    def assembly(self) -> Path:
        """The folder of the synthesized app."""
        return self.commands.folder / "cdk.out"

    def stacks(self) -> dict[str, dict[str, Any]]:
        """The stacks that are there, by name."""
        described = self.account.client("cloudformation").describe_stacks()["Stacks"]
        return {stack["StackName"]: stack for stack in described if stack["StackName"] != "CDKToolkit"}

    def _run(self, *arguments: str) -> Ended:
        command = ["npx", "cdk", *arguments, "--no-color", "--ci"]
        return self.commands.start_program(*command, variables=self.exports).wait(seconds=300)


@pytest.fixture(scope="module")
def terminal() -> Iterator[Terminal]:
    """A terminal whose local AWS all environments have been deployed to."""
    commands = new_command_line()
    try:
        made = Terminal(commands)
        made.synthesized = made.cdk("synth")
        assert made.synthesized.code == 0, made.synthesized
        bootstrapped = made.cdk_on_assembly("bootstrap")
        assert bootstrapped.code == 0, bootstrapped
        deployed = made.cdk("deploy", "--all", "--require-approval", "never")
        assert deployed.code == 0, deployed
        yield made
    finally:
        close(commands)


def test_synth_lists_the_stacks_of_all_environments(terminal: Terminal) -> None:
    ended = terminal.synthesized
    for environment in ENVIRONMENTS:
        assert f"{environment}/containers" in ended.output + ended.errors, ended


def test_all_environments_are_deployed(terminal: Terminal) -> None:
    stacks = terminal.stacks()
    assert sorted(stacks) == STACKS
    assert {stack["StackStatus"] for stack in stacks.values()} == {"CREATE_COMPLETE"}
    protected = {name for name, stack in stacks.items() if stack["EnableTerminationProtection"]}
    assert protected == {f"mlops-prod-{part}" for part in PARTS}


def test_nothing_is_shared_between_environments(terminal: Terminal) -> None:
    cloudformation = terminal.account.client("cloudformation")
    owned: dict[str, set[str]] = {environment: set() for environment in ENVIRONMENTS}
    for name in STACKS:
        resources = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
        owned[name.split("-")[1]] |= {resource["PhysicalResourceId"] for resource in resources}
    for environment in ENVIRONMENTS:
        others = set().union(*(ids for other, ids in owned.items() if other != environment))
        assert owned[environment] & others == set()
    exports = {
        export["Name"]: re.findall(r":stack/(mlops-\w+-)", export["ExportingStackId"])
        for export in cloudformation.list_exports()["Exports"]
    }
    crossing = {name: prefixes[0] for name, prefixes in exports.items() if prefixes}
    assert {prefix.split("-")[1] for prefix in crossing.values()} == set(ENVIRONMENTS)
    for name, prefix in crossing.items():
        importers = cloudformation.list_imports(ExportName=name)["Imports"]
        assert importers
        assert all(importer.startswith(prefix) for importer in importers)
    # what a role may touch is its own environment's
    for name in STACKS:
        environment, template = (
            name.split("-")[1],
            json.dumps(cloudformation.get_template(StackName=name, TemplateStage="Processed")["TemplateBody"]),
        )
        for other in ENVIRONMENTS:
            assert other == environment or f"mlops-{other}-" not in template


def test_one_environment_by_context(terminal: Terminal) -> None:
    before = terminal.stacks()
    ended = terminal.cdk("deploy", "-c", "env=staging", "--all", "--require-approval", "never")
    assert ended.code == 0, ended
    told = ended.output + ended.errors
    assert told.count("(no changes)") == len(PARTS), ended
    assert "dev/" not in told
    assert terminal.stacks() == before
    assert sorted(path.name.partition("containers")[0] for path in terminal.assembly.glob("*containers*.template.json"))


def test_diff_is_clean(terminal: Terminal) -> None:
    ended = terminal.cdk_on_assembly("diff", "staging/*", "--fail")
    assert ended.code == 0, ended
    assert "Number of stacks with differences: 0" in ended.output + ended.errors


def test_one_environment_is_destroyed_and_deployed_by_pattern(terminal: Terminal) -> None:
    destroyed = terminal.cdk_on_assembly("destroy", "staging/*", "--force")
    assert destroyed.code == 0, destroyed
    assert sorted(terminal.stacks()) == [name for name in STACKS if "-staging-" not in name]
    # its settings retain nothing; who read and deleted what is told by the access logs, which always stay
    buckets = [bucket["Name"] for bucket in terminal.account.client("s3").list_buckets()["Buckets"]]
    assert {"accesslogs" in name for name in buckets if "staging" in name} == {True}
    assert {"accesslogs" in name for name in buckets if "prod" in name} == {True, False}
    groups = [group["logGroupName"] for group in terminal.account.client("logs").describe_log_groups()["logGroups"]]
    assert not any("staging" in name for name in groups)
    deployed = terminal.cdk("deploy", "staging/*", "--require-approval", "never")
    assert deployed.code == 0, deployed
    assert sorted(terminal.stacks()) == STACKS


def test_protected_stacks_are_not_destroyed(terminal: Terminal) -> None:
    ended = terminal.cdk_on_assembly("destroy", "prod/*", "--force")
    assert ended.code == 1, ended
    assert "TerminationProtection is enabled" in ended.output + ended.errors
    assert {f"mlops-prod-{part}" for part in PARTS} <= set(terminal.stacks())


def test_an_unknown_environment(terminal: Terminal) -> None:
    ended = terminal.cdk("synth", "-c", "env=qa")
    assert ended.code == 1, ended
    told = ended.output + ended.errors
    assert "qa" in told
    assert all(environment in told for environment in ENVIRONMENTS)
