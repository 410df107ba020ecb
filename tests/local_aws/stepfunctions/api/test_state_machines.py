"""State machines: create, update, delete, describe, list, tags, and what is refused."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.stepfunctions.states.test_parallel import training_job
from tests.local_aws.stepfunctions.workbench import Workbench, allow

PASS = {"StartAt": "S", "States": {"S": {"Type": "Pass", "End": True}}}


def test_created_and_described(bench: Workbench) -> None:
    client = bench.client()
    arn = bench.machine(PASS, name="described", tags=[{"key": "k", "value": "v"}])
    assert arn == "arn:aws:states:us-east-1:123456789012:stateMachine:described"
    described = client.describe_state_machine(stateMachineArn=arn)
    del described["ResponseMetadata"], described["creationDate"]
    assert described == {
        "stateMachineArn": arn,
        "name": "described",
        "status": "ACTIVE",
        "definition": json.dumps(PASS),
        "roleArn": bench.role,
        "type": "STANDARD",
        "loggingConfiguration": {"level": "OFF", "includeExecutionData": False},
        "tracingConfiguration": {"enabled": False},
    }
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "k", "value": "v"}]
    client.untag_resource(resourceArn=arn, tagKeys=["k"])
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == []


def test_the_same_request_gives_the_same_machine(bench: Workbench) -> None:
    arn = bench.machine(PASS, name="twice")
    assert bench.machine(PASS, name="twice") == arn
    other = {**PASS, "Comment": "other"}
    with pytest.raises(ClientError, match=f"StateMachineAlreadyExists.*State Machine Already Exists: '{arn}'"):
        bench.machine(other, name="twice")
    with pytest.raises(ClientError, match="StateMachineAlreadyExists"):
        bench.machine(PASS, name="twice", type="EXPRESS")


@pytest.mark.parametrize("name", ["a b", "a/b", "x" * 81, "a:b", "ä*"])
def test_names(bench: Workbench, name: str) -> None:
    with pytest.raises(ClientError, match=r"InvalidName|ValidationException"):
        bench.machine(PASS, name=name)


@pytest.mark.parametrize("role", ["role", "arn:aws:iam::123456789012:user/u"])
def test_roles_that_are_none(bench: Workbench, role: str) -> None:
    with pytest.raises(ClientError, match=f"InvalidArn.*Invalid Role Arn: '{role}'"):
        bench.machine(PASS, roleArn=role)


def test_a_role_that_trusts_the_service_of_its_region(bench: Workbench) -> None:
    role = bench.make_role("trusts-regional", allow("*"), principal={"Service": "states.us-east-1.amazonaws.com"})
    assert bench.run(PASS, {"a": 1}, roleArn=role).status == "SUCCEEDED"
    elsewhere = bench.make_role("trusts-other", allow("*"), principal={"Service": "states.eu-west-1.amazonaws.com"})
    with pytest.raises(ClientError, match=r"AccessDeniedException.*Neither the global service principal states"):
        bench.machine(PASS, roleArn=elsewhere)


def test_a_role_that_does_not_trust_the_service(bench: Workbench) -> None:
    role = bench.make_role("trusts-lambda", allow("*"), principal={"Service": "lambda.amazonaws.com"})
    with pytest.raises(ClientError, match=r"AccessDeniedException.*Neither the global service principal states"):
        bench.machine(PASS, roleArn=role)
    with pytest.raises(ClientError, match=r"AccessDeniedException.*Neither the global service principal states"):
        bench.machine(PASS, roleArn="arn:aws:iam::123456789012:role/absent")


def test_a_role_that_may_not_keep_the_rule_of_a_sync_task(bench: Workbench) -> None:
    role = bench.make_role("no-rules", allow("sagemaker:*", "iam:PassRole", "events:PutTargets", "events:DescribeRule"))
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
        "Parameters": training_job("x"),
        "End": True,
    }
    definition = {"StartAt": "S", "States": {"S": task}}
    with pytest.raises(ClientError, match=f"AccessDeniedException.*'{role}' is not authorized to create managed-rule."):
        bench.machine(definition, roleArn=role)
    rule = "arn:aws:events:us-east-1:123456789012:rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule"
    actions = ("events:PutTargets", "events:PutRule", "events:DescribeRule")
    bench.machine(definition, roleArn=bench.make_role("one-rule", allow(*actions, resource=rule)))


def test_update(bench: Workbench) -> None:
    client = bench.client()
    arn = bench.machine(
        {
            "StartAt": "S",
            "States": {
                "S": {"Type": "Wait", "Seconds": 1000, "Next": "T"},
                "T": {"Type": "Pass", "Result": "old", "End": True},
            },
        }
    )
    running = bench.start(arn)
    bench.at(running, "WaitStateEntered")
    changed = {"StartAt": "T", "States": {"T": {"Type": "Pass", "Result": "new", "End": True}}}
    answer = client.update_state_machine(stateMachineArn=arn, definition=json.dumps(changed))
    described = client.describe_state_machine(stateMachineArn=arn)
    assert (described["definition"], described["revisionId"]) == (json.dumps(changed), answer["revisionId"])
    assert bench.ended(bench.start(arn)).output == "new"
    # an execution goes on with what it started with
    bench.clock.advance(1001)
    assert bench.ended(running).output == "old"
    of_execution = client.describe_state_machine_for_execution(executionArn=running)
    assert "old" in of_execution["definition"]


def test_update_refusals(bench: Workbench) -> None:
    client = bench.client()
    arn = bench.machine(PASS)
    with pytest.raises(ClientError, match=r"MissingRequiredParameter.*Either the definition, the role ARN"):
        client.update_state_machine(stateMachineArn=arn)
    with pytest.raises(ClientError, match="InvalidDefinition"):
        client.update_state_machine(stateMachineArn=arn, definition="{}")
    with pytest.raises(ClientError, match=r"StateMachineDoesNotExist.*State Machine Does Not Exist: '"):
        client.update_state_machine(stateMachineArn=f"{arn}-absent", definition=json.dumps(PASS))
    with pytest.raises(ClientError, match="ValidationException"):
        client.update_state_machine(stateMachineArn=f"{arn}:1", definition=json.dumps(PASS))


def test_delete_aborts_what_runs(bench: Workbench) -> None:
    client = bench.client()
    arn = bench.machine(
        {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 100_000, "End": True}}}, name="deleted"
    )
    execution = bench.start(arn, name="run")
    client.delete_state_machine(stateMachineArn=arn)
    client.delete_state_machine(stateMachineArn=arn)
    with pytest.raises(ClientError, match="StateMachineDoesNotExist"):
        client.describe_state_machine(stateMachineArn=arn)
    with pytest.raises(ClientError, match="ExecutionDoesNotExist"):
        client.describe_execution(executionArn=execution)
    aborted = [event["detail"] for event in bench.events if event["resources"] == [execution]]
    assert [detail["status"] for detail in aborted] == ["RUNNING", "ABORTED"]
    assert bench.machine(PASS, name="deleted") == arn


def test_lists_come_in_pages(bench: Workbench) -> None:
    client = bench.client()
    wanted = {bench.machine(PASS) for _ in range(3)}
    pages = client.get_paginator("list_state_machines").paginate(PaginationConfig={"PageSize": 2})
    listed = [machine for page in pages for machine in page["stateMachines"]]
    assert wanted <= {machine["stateMachineArn"] for machine in listed}
    assert [machine["name"] for machine in listed] == sorted(machine["name"] for machine in listed)
    with pytest.raises(ClientError, match="Member must have value less than or equal to 1000"):
        client.list_state_machines(maxResults=1001)
    with pytest.raises(ClientError, match="InvalidToken"):
        client.list_state_machines(nextToken="another")


@pytest.mark.parametrize(
    ("arn", "error"),
    [
        ("not_a_valid_arn", "InvalidArn.*Invalid Arn: 'Invalid ARN prefix: not_a_valid_arn'"),
        ("arn:aws:states:us-east-1:123456789012:execution:a:b", "InvalidArn.*Resource type not valid in this context"),
        ("arn:aws:states:us-east-1:123456789012:stateMachine:absent", "StateMachineDoesNotExist"),
    ],
)
def test_arns(bench: Workbench, arn: str, error: str) -> None:
    with pytest.raises(ClientError, match=error):
        bench.client().describe_state_machine(stateMachineArn=arn)


@pytest.mark.parametrize(
    ("configuration", "error"),
    [
        ({"level": "ALL"}, "InvalidLoggingConfiguration.*Must specify exactly one Log Destination"),
        (
            {
                "level": "ALL",
                "destinations": [
                    {"cloudWatchLogsLogGroup": {"logGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:g"}}
                ],
            },
            "InvalidLoggingConfiguration.*must be the ARN of a log group that ends with",
        ),
        (
            {
                "level": "ALL",
                "destinations": [
                    {
                        "cloudWatchLogsLogGroup": {
                            "logGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:absent:*"
                        }
                    }
                ],
            },
            "InvalidLoggingConfiguration.*Log Destination not found",
        ),
    ],
)
def test_logging_that_cannot_be(bench: Workbench, configuration: dict[str, Any], error: str) -> None:
    with pytest.raises(ClientError, match=error):
        bench.machine(PASS, loggingConfiguration=configuration)


def test_a_role_that_may_not_deliver_logs(bench: Workbench) -> None:
    bench.client("logs").create_log_group(logGroupName="no-delivery")
    group = "arn:aws:logs:us-east-1:123456789012:log-group:no-delivery:*"
    with pytest.raises(ClientError, match="The state machine IAM Role is not authorized to access the Log Destination"):
        bench.machine(
            PASS,
            roleArn=bench.make_role("no-logs"),
            loggingConfiguration={"level": "ALL", "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}]},
        )


def test_tags_of_what_is_not_there(bench: Workbench) -> None:
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:absent"
    with pytest.raises(ClientError, match=r"ResourceNotFound.*Resource not found"):
        bench.client().tag_resource(resourceArn=arn, tags=[])


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"InputType": "PARQUET"}, "InputType PARQUET"),
        ({"InputType": "MANIFEST", "ManifestType": "ATHENA_DATA"}, "ManifestType ATHENA_DATA"),
    ],
)
def test_items_in_forms_that_are_not_here_are_refused_plainly(
    bench: Workbench, config: dict[str, Any], told: str
) -> None:
    processor = {**PASS, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    reader = {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": config, "Parameters": {}}
    state = {"Type": "Map", "ItemReader": reader, "ItemProcessor": processor, "End": True}
    with pytest.raises(ClientError, match=rf"NotAvailableLocally.*an ItemReader with {told} \(state 'M'\)"):
        bench.machine({"StartAt": "M", "States": {"M": state}})


def test_a_role_that_was_made_anew_is_assumed_anew(bench: Workbench) -> None:
    """The cached session of a role that was deleted in between is not used any more."""
    definition = {
        "StartAt": "S",
        "States": {
            "S": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:listBuckets", "Parameters": {}, "End": True}
        },
    }
    role = bench.make_role("made-anew", allow("s3:ListAllMyBuckets"))
    machine = bench.machine(definition, roleArn=role)
    assert bench.ended(bench.start(machine)).status == "SUCCEEDED"
    iam = bench.client("iam")
    iam.delete_role_policy(RoleName="made-anew", PolicyName="rights")
    iam.delete_role(RoleName="made-anew")
    assert bench.ended(bench.start(machine)).status == "FAILED"
    bench.make_role("made-anew", allow("s3:ListAllMyBuckets"))
    result = bench.ended(bench.start(machine))
    assert result.status == "SUCCEEDED", result.cause
