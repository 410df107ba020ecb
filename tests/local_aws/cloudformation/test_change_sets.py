"""Change sets: what they say, what executing them does, and what they refuse."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.cloudformation.conftest import Deployer, parameter


def change_set(
    stacks: Deployer, name: str, resources: dict[str, Any], kind: str = "UPDATE", **options: Any
) -> dict[str, Any]:
    arguments = stacks.arguments(resources, options)
    stacks.cloudformation.create_change_set(StackName=name, ChangeSetName="cs", ChangeSetType=kind, **arguments)
    return describe(stacks, name)


def describe(stacks: Deployer, name: str, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = stacks.cloudformation.describe_change_set(StackName=name, ChangeSetName="cs", **options)
    return found


def execute(stacks: Deployer, name: str, **options: Any) -> dict[str, Any]:
    stacks.cloudformation.execute_change_set(StackName=name, ChangeSetName="cs", **options)
    return stacks.settled(name)


def changes(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {item["ResourceChange"]["LogicalResourceId"]: item["ResourceChange"] for item in answer["Changes"]}


class TestCreation:
    def test_a_new_stack_is_under_review_until_executed(self, stacks: Deployer) -> None:
        name = stacks.new_name()
        found = change_set(stacks, name, {"One": parameter("1")}, "CREATE", Description="why")
        assert (found["Status"], found["ExecutionStatus"], found["Description"]) == (
            "CREATE_COMPLETE",
            "AVAILABLE",
            "why",
        )
        assert changes(found)["One"]["Action"] == "Add"
        assert stacks.describe(name)["StackStatus"] == "REVIEW_IN_PROGRESS"
        assert stacks.resources(name) == {}
        assert stacks.cloudformation.get_template(StackName=name)["TemplateBody"] == {}
        stack = execute(stacks, name)
        assert stack["StackStatus"] == "CREATE_COMPLETE"
        assert stack["ChangeSetId"] == found["ChangeSetId"]
        assert describe(stacks, name)["ExecutionStatus"] == "EXECUTE_COMPLETE"
        with pytest.raises(ClientError, match="InvalidChangeSetStatus"):
            execute(stacks, name)

    def test_a_failed_creation_rolls_back(self, stacks: Deployer) -> None:
        name = stacks.new_name()
        broken = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "not a queue name!"}}
        change_set(stacks, name, {"Bad": broken}, "CREATE")
        assert execute(stacks, name)["StackStatus"] == "ROLLBACK_COMPLETE"

    def test_on_stack_failure_do_nothing(self, stacks: Deployer) -> None:
        name = stacks.new_name()
        broken = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "not a queue name!"}}
        change_set(stacks, name, {"Bad": broken}, "CREATE", OnStackFailure="DO_NOTHING")
        assert execute(stacks, name)["StackStatus"] == "CREATE_FAILED"

    def test_the_stack_exists(self, stacks: Deployer) -> None:
        stack = stacks.create({"One": parameter("1")})
        with pytest.raises(ClientError, match="already exists and cannot be created again with the changeSet"):
            change_set(stacks, stack["StackName"], {"One": parameter("1")}, "CREATE")

    def test_a_stack_under_review_can_be_deleted(self, stacks: Deployer) -> None:
        name = stacks.new_name()
        change_set(stacks, name, {"One": parameter("1")}, "CREATE")
        assert stacks.delete(name)["StackStatus"] == "DELETE_COMPLETE"

    def test_a_faulty_template_leaves_no_stack(self, stacks: Deployer) -> None:
        name = stacks.new_name()
        with pytest.raises(ClientError, match="Unrecognized resource types"):
            change_set(stacks, name, {"One": {"Type": "AWS::Nope::Thing"}}, "CREATE")
        with pytest.raises(ClientError, match="does not exist"):
            stacks.describe(name)


class TestUpdate:
    def test_each_kind_of_change(self, stacks: Deployer) -> None:
        name = stacks.new_name()
        queue: dict[str, Any] = {"Type": "AWS::SQS::Queue", "UpdateReplacePolicy": "Retain"}
        stacks.create(
            {
                "Same": parameter("1"),
                "Changed": parameter("1"),
                "Gone": parameter("1") | {"DeletionPolicy": "Retain"},
                "Replaced": queue | {"Properties": {"QueueName": f"{name}-a"}},
                "Follows": parameter({"Fn::GetAtt": ["Replaced", "Arn"]}),
                "Annotated": parameter("1"),
            },
            name=name,
        )
        found = change_set(
            stacks,
            name,
            {
                "Same": parameter("1"),
                "Changed": parameter("2", Description="new"),
                "New": parameter("1"),
                "Replaced": queue | {"Properties": {"QueueName": f"{name}-b"}},
                "Follows": parameter({"Fn::GetAtt": ["Replaced", "Arn"]}),
                "Annotated": parameter("1") | {"Metadata": {"a": 1}},
            },
        )
        by_id = changes(found)
        assert {key: item["Action"] for key, item in by_id.items()} == {
            "Changed": "Modify",
            "New": "Add",
            "Replaced": "Modify",
            "Follows": "Modify",
            "Annotated": "Modify",
            "Gone": "Remove",
        }
        assert by_id["Changed"]["Replacement"] == "False"
        details = {item["Target"]["Name"]: item for item in by_id["Changed"]["Details"]}
        assert details["Value"]["Target"]["AttributeChangeType"] == "Modify"
        assert details["Description"]["Target"]["AttributeChangeType"] == "Add"
        assert details["Value"]["ChangeSource"] == "DirectModification"
        assert by_id["Replaced"]["Replacement"] == "True"
        assert by_id["Replaced"]["PolicyAction"] == "ReplaceAndRetain"
        assert by_id["Replaced"]["Details"][0]["Target"]["RequiresRecreation"] == "Always"
        assert by_id["Follows"]["Details"][0]["Evaluation"] == "Dynamic"
        assert by_id["Follows"]["Details"][0]["ChangeSource"] == "ResourceReference"
        assert by_id["Gone"]["PolicyAction"] == "Retain"
        assert by_id["Annotated"]["Scope"] == ["Metadata"]
        assert "BeforeContext" not in by_id["Changed"]
        valued = changes(describe(stacks, name, IncludePropertyValues=True))["Changed"]
        assert json.loads(valued["BeforeContext"])["Properties"]["Value"] == "1"
        assert execute(stacks, name)["StackStatus"] == "UPDATE_COMPLETE"

    def test_a_replacement_that_may_not_be_needed(self, stacks: Deployer) -> None:
        name = stacks.new_name()
        queue: dict[str, Any] = {"Type": "AWS::SQS::Queue"}
        mirror = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::GetAtt": ["Queue", "QueueName"]}}}
        stacks.create({"Queue": queue | {"Properties": {"QueueName": f"{name}-a"}}, "Topic": mirror}, name=name)
        found = change_set(stacks, name, {"Queue": queue | {"Properties": {"QueueName": f"{name}-b"}}, "Topic": mirror})
        assert changes(found)["Topic"]["Replacement"] == "Conditional"

    def test_a_parameter_as_the_source_of_a_change(self, stacks: Deployer) -> None:
        parameters = {"Value": {"Type": "String"}}
        resources = {"One": parameter({"Ref": "Value"})}
        stack = stacks.create(resources, parameters=parameters, parameter_values={"Value": "1"})
        found = change_set(
            stacks, stack["StackName"], resources, parameters=parameters, parameter_values={"Value": "2"}
        )
        assert changes(found)["One"]["Details"][0]["ChangeSource"] == "ParameterReference"

    def test_no_changes(self, stacks: Deployer) -> None:
        stack = stacks.create({"One": parameter("1")})
        found = change_set(stacks, stack["StackName"], {"One": parameter("1")})
        assert (found["Status"], found["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
        assert found["StatusReason"].startswith("The submitted information didn't contain changes.")
        with pytest.raises(ClientError, match=r"InvalidChangeSetStatus.*FAILED"):
            execute(stacks, stack["StackName"])

    def test_no_such_stack(self, stacks: Deployer) -> None:
        with pytest.raises(ClientError, match=r"Stack \[absent-stack\] does not exist"):
            change_set(stacks, "absent-stack", {"One": parameter("1")})

    def test_the_name_of_a_change_set_is_unique(self, stacks: Deployer) -> None:
        name = stacks.create({"One": parameter("1")})["StackName"]
        change_set(stacks, name, {"One": parameter("2")})
        with pytest.raises(ClientError, match=r"AlreadyExistsException.*ChangeSet cs already exists"):
            change_set(stacks, name, {"One": parameter("3")})
        assert [item["ChangeSetName"] for item in stacks.cloudformation.list_change_sets(StackName=name)["Summaries"]]
        stacks.cloudformation.delete_change_set(StackName=name, ChangeSetName="cs")
        with pytest.raises(ClientError, match=r"ChangeSetNotFound.*ChangeSet \[cs\] does not exist"):
            describe(stacks, name)
        stacks.cloudformation.delete_change_set(StackName=name, ChangeSetName="cs")

    def test_an_arn_finds_the_change_set(self, stacks: Deployer) -> None:
        name = stacks.create({"One": parameter("1")})["StackName"]
        arn = change_set(stacks, name, {"One": parameter("2")})["ChangeSetId"]
        assert stacks.cloudformation.describe_change_set(ChangeSetName=arn)["ChangeSetName"] == "cs"
        with pytest.raises(ClientError, match="StackName must be specified"):
            stacks.cloudformation.describe_change_set(ChangeSetName="cs")

    def test_many_changes_come_in_pages(self, stacks: Deployer) -> None:
        name = stacks.new_name()
        change_set(stacks, name, {f"P{index}": parameter("1") for index in range(150)}, "CREATE")
        pages = stacks.cloudformation.get_paginator("describe_change_set").paginate(StackName=name, ChangeSetName="cs")
        sizes = [len(page["Changes"]) for page in pages]
        assert sizes == [100, 50]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ChangeSetType": "IMPORT"}, "does not offer change sets of type IMPORT"),
        ({"DeploymentMode": "REVERT_DRIFT"}, "revert drift"),
        ({"DeploymentConfig": {"Mode": "EXPRESS"}}, "deployment mode EXPRESS"),
    ],
)
def test_what_is_not_offered_is_refused(stacks: Deployer, options: dict[str, Any], message: str) -> None:
    arguments = stacks.arguments({"One": parameter("1")}, {})
    with pytest.raises(ClientError, match=message):
        stacks.cloudformation.create_change_set(
            StackName=stacks.new_name(), ChangeSetName="cs", **{"ChangeSetType": "CREATE", **arguments, **options}
        )


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("detect_stack_drift", {"StackName": "any"}),
        ("set_stack_policy", {"StackName": "any", "StackPolicyBody": "{}"}),
        ("list_stack_sets", {}),
        ("describe_type", {"Arn": "arn:aws:cloudformation:us-east-1::type/resource/AWS-S3-Bucket"}),
    ],
)
def test_operations_that_are_not_offered_say_so(stacks: Deployer, operation: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="NotAvailableLocally"):
        getattr(stacks.cloudformation, operation)(**arguments)
