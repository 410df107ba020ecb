"""Versions and aliases."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.stepfunctions.workbench import Workbench


def gives(value: Any) -> dict[str, Any]:
    return {"StartAt": "S", "States": {"S": {"Type": "Pass", "Result": value, "End": True}}}


def test_a_version_stays_what_it_was(bench: Workbench) -> None:
    client = bench.client()
    arn = bench.machine(gives("one"))
    version = client.publish_state_machine_version(stateMachineArn=arn, description="first")["stateMachineVersionArn"]
    assert version == f"{arn}:1"
    # nothing has changed: the same version again
    assert client.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"] == version
    updated = client.update_state_machine(
        stateMachineArn=arn, definition=json.dumps(gives("two")), publish=True, versionDescription="second"
    )
    assert updated["stateMachineVersionArn"] == f"{arn}:2"
    old = bench.ended(bench.start(version))
    assert old.output == "one"
    assert old.details("ExecutionStarted")["stateMachineVersionArn"] == version
    assert bench.client().describe_execution(executionArn=old.arn)["stateMachineVersionArn"] == version
    assert bench.ended(bench.start(arn)).output == "two"
    assert client.describe_state_machine(stateMachineArn=version)["description"] == "first"
    listed = client.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
    assert [each["stateMachineVersionArn"] for each in listed] == [f"{arn}:2", f"{arn}:1"]
    executions = client.list_executions(stateMachineArn=version)["executions"]
    assert [execution["executionArn"] for execution in executions] == [old.arn]


def test_published_at_creation(bench: Workbench) -> None:
    answer = bench.client().create_state_machine(
        name="published", definition=json.dumps(gives(1)), roleArn=bench.role, publish=True, versionDescription="d"
    )
    assert answer["stateMachineVersionArn"] == f"{answer['stateMachineArn']}:1"
    with pytest.raises(ClientError, match="Version description can only be set when publish is true"):
        bench.machine(gives(1), versionDescription="d")


def test_aliases(bench: Workbench) -> None:
    client = bench.client()
    arn = bench.machine(gives("one"))
    client.publish_state_machine_version(stateMachineArn=arn)
    client.update_state_machine(stateMachineArn=arn, definition=json.dumps(gives("two")), publish=True)
    alias = client.create_state_machine_alias(
        name="live", routingConfiguration=[{"stateMachineVersionArn": f"{arn}:1", "weight": 100}]
    )["stateMachineAliasArn"]
    assert alias == f"{arn}:live"
    result = bench.ended(bench.start(alias))
    assert result.output == "one"
    assert result.details("ExecutionStarted")["stateMachineAliasArn"] == alias
    client.update_state_machine_alias(
        stateMachineAliasArn=alias, routingConfiguration=[{"stateMachineVersionArn": f"{arn}:2", "weight": 100}]
    )
    assert bench.ended(bench.start(alias)).output == "two"
    described = client.describe_state_machine_alias(stateMachineAliasArn=alias)
    assert described["routingConfiguration"] == [{"stateMachineVersionArn": f"{arn}:2", "weight": 100}]
    assert len(client.list_state_machine_aliases(stateMachineArn=arn)["stateMachineAliases"]) == 1
    with pytest.raises(ClientError, match=r"ConflictException.*referencing this version: \[live\]"):
        client.delete_state_machine_version(stateMachineVersionArn=f"{arn}:2")
    client.delete_state_machine_alias(stateMachineAliasArn=alias)
    client.delete_state_machine_version(stateMachineVersionArn=f"{arn}:2")
    with pytest.raises(ClientError, match="StateMachineDoesNotExist"):
        bench.start(alias)


@pytest.mark.parametrize(
    ("routes", "error"),
    [
        ([("1", 50)], "INVALID|weights add up to 100"),
        ([("9", 100)], "ResourceNotFound"),
        ([("1", 60), ("1", 40)], "weights add up to 100"),
    ],
)
def test_routes_that_lead_nowhere(bench: Workbench, routes: list[tuple[str, int]], error: str) -> None:
    arn = bench.machine(gives(1))
    bench.client().publish_state_machine_version(stateMachineArn=arn)
    routing = [{"stateMachineVersionArn": f"{arn}:{number}", "weight": weight} for number, weight in routes]
    with pytest.raises(ClientError, match=error):
        bench.client().create_state_machine_alias(name="a", routingConfiguration=routing)


def test_a_revision_that_is_not_the_current_one(bench: Workbench) -> None:
    with pytest.raises(ClientError, match=r"ConflictException.*The current State Machine revision is INITIAL"):
        bench.client().publish_state_machine_version(stateMachineArn=bench.machine(gives(1)), revisionId="other")
