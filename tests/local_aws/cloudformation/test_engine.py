"""Stacks through the API: creation, update, replacement, rollback and deletion, each by what is left afterwards."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.cloudformation.conftest import Deployer, parameter

# a queue of this name cannot be made: a failure that is the service's own
BROKEN = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "not a queue name!"}}


def value_of(stacks: Deployer, name: str) -> str:
    return str(stacks.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])


def missing(stacks: Deployer, name: str) -> bool:
    try:
        stacks.client("ssm").get_parameter(Name=name)
    except ClientError as error:
        return bool(error.response["Error"]["Code"] == "ParameterNotFound")
    return False


class TestCreate:
    def test_outputs_and_generated_names(self, stacks: Deployer) -> None:
        stack = stacks.create(
            {"Topic": {"Type": "AWS::SNS::Topic"}, "Mirror": parameter({"Ref": "Topic"})},
            outputs={"Arn": {"Value": {"Fn::GetAtt": ["Topic", "TopicArn"]}}, "Name": {"Value": {"Ref": "Mirror"}}},
        )
        assert stack["StackStatus"] == "CREATE_COMPLETE"
        outputs = stacks.outputs(stack)
        assert f":{stack['StackName']}-Topic-" in outputs["Arn"]
        assert value_of(stacks, outputs["Name"]) == outputs["Arn"]

    def test_events_tell_each_transition_in_order(self, stacks: Deployer) -> None:
        stack = stacks.create({"One": parameter("1"), "Two": parameter("2") | {"DependsOn": "One"}})
        name = stack["StackName"]
        assert stacks.events(name) == [
            (name, "CREATE_IN_PROGRESS"),
            ("One", "CREATE_IN_PROGRESS"),
            ("One", "CREATE_IN_PROGRESS"),
            ("One", "CREATE_COMPLETE"),
            ("Two", "CREATE_IN_PROGRESS"),
            ("Two", "CREATE_IN_PROGRESS"),
            ("Two", "CREATE_COMPLETE"),
            (name, "CREATE_COMPLETE"),
        ]
        events = stacks.raw_events(name)
        assert events[2]["ResourceStatusReason"] == "Resource creation Initiated"
        assert events[2]["PhysicalResourceId"].startswith("CFN-One-")
        times = [event["Timestamp"].replace(microsecond=event["Timestamp"].microsecond // 1000) for event in events]
        assert times == sorted(set(times))

    def test_conditions_decide_what_exists(self, stacks: Deployer) -> None:
        template: dict[str, Any] = {
            "Always": parameter({"Fn::If": ["IsProd", {"Ref": "OnlyProd"}, "none"]}),
            "OnlyProd": parameter("x") | {"Condition": "IsProd"},
        }
        conditions = {"IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}}
        outputs = {"Prod": {"Condition": "IsProd", "Value": {"Ref": "OnlyProd"}}}
        parameters = {"Stage": {"Type": "String"}}
        sections: dict[str, Any] = {"conditions": conditions, "parameters": parameters, "outputs": outputs}
        stack = stacks.create(template, parameter_values={"Stage": "dev"}, **sections)
        assert set(stacks.resources(stack["StackName"])) == {"Always"}
        assert stacks.outputs(stack) == {}
        stack = stacks.update(stack["StackName"], template, parameter_values={"Stage": "prod"}, **sections)
        assert set(stacks.resources(stack["StackName"])) == {"Always", "OnlyProd"}
        assert set(stacks.outputs(stack)) == {"Prod"}
        stack = stacks.update(stack["StackName"], template, parameter_values={"Stage": "dev"}, **sections)
        assert set(stacks.resources(stack["StackName"])) == {"Always"}

    def test_stack_tags_reach_the_resources(self, stacks: Deployer) -> None:
        stack = stacks.create({"One": parameter("1", Tags={"own": "1"})}, Tags=[{"Key": "team", "Value": "ml"}])
        physical_id = stacks.resources(stack["StackName"])["One"]["PhysicalResourceId"]
        found = stacks.client("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId=physical_id)
        assert {tag["Key"]: tag["Value"] for tag in found["TagList"]} == {"team": "ml", "own": "1"}

    def test_a_failure_rolls_everything_back(self, stacks: Deployer) -> None:
        name = stacks.new_name()
        stack = stacks.create({"Good": parameter("1", Name=f"/{name}/good"), "Bad": BROKEN}, name=name)
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
        assert missing(stacks, f"/{name}/good")
        assert "The following resource(s) failed to create: [Bad]" in stacks.reasons(name)
        assert "HandlerErrorCode" in stacks.reasons(name)
        with pytest.raises(ClientError, match="is in ROLLBACK_COMPLETE state and can not be updated"):
            stacks.update(name, {"Good": parameter("2")})

    def test_a_failure_can_delete_the_stack(self, stacks: Deployer) -> None:
        name = stacks.new_name()
        stack_id = stacks.cloudformation.create_stack(
            StackName=name, OnFailure="DELETE", **stacks.arguments({"Bad": BROKEN}, {})
        )["StackId"]
        assert stacks.settled(stack_id)["StackStatus"] == "DELETE_COMPLETE"
        with pytest.raises(ClientError, match=f"Stack with id {name} does not exist"):
            stacks.describe(name)

    def test_a_failure_left_alone_can_be_mended(self, stacks: Deployer) -> None:
        name = stacks.new_name()
        good = parameter("1", Name=f"/{name}/good")
        bad = {**BROKEN, "DependsOn": "Good"}
        stack = stacks.create({"Good": good, "Bad": bad}, name=name, DisableRollback=True)
        assert stack["StackStatus"] == "CREATE_FAILED"
        assert value_of(stacks, f"/{name}/good") == "1"
        stack = stacks.update(name, {"Good": good, "Bad": {"Type": "AWS::SQS::Queue"}})
        assert stack["StackStatus"] == "UPDATE_COMPLETE"

    def test_a_failure_left_alone_can_be_rolled_back(self, stacks: Deployer) -> None:
        name = stacks.new_name()
        good = parameter("1", Name=f"/{name}/good")
        stacks.create({"Good": good, "Bad": {**BROKEN, "DependsOn": "Good"}}, name=name, OnFailure="DO_NOTHING")
        stacks.cloudformation.rollback_stack(StackName=name)
        assert stacks.settled(name)["StackStatus"] == "ROLLBACK_COMPLETE"
        assert missing(stacks, f"/{name}/good")

    @pytest.mark.parametrize(
        ("policy", "options", "left"),
        [
            ("Retain", {}, True),
            ("RetainExceptOnCreate", {}, False),
            ("Retain", {"RetainExceptOnCreate": True}, False),
        ],
    )
    def test_deletion_policies_at_a_failed_creation(
        self, stacks: Deployer, policy: str, options: dict[str, Any], left: bool
    ) -> None:
        name = stacks.new_name()
        kept = parameter("1", Name=f"/{name}/kept") | {"DeletionPolicy": policy}
        stack = stacks.create({"Kept": kept, "Bad": {**BROKEN, "DependsOn": "Kept"}}, name=name, **options)
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
        assert missing(stacks, f"/{name}/kept") is not left
        assert (("Kept", "DELETE_SKIPPED") in stacks.events(name)) is left

    def test_the_name_is_taken(self, stacks: Deployer) -> None:
        stack = stacks.create({"One": parameter("1")})
        with pytest.raises(ClientError, match=r"AlreadyExistsException.*already exists"):
            stacks.create({"One": parameter("1")}, name=stack["StackName"])

    def test_a_physical_name_is_taken(self, stacks: Deployer) -> None:
        name = stacks.new_name()
        queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}}
        stacks.create({"Queue": queue}, name=name)
        other = stacks.create({"Queue": queue})
        assert other["StackStatus"] == "ROLLBACK_COMPLETE"
        assert "already exists" in stacks.reasons(other["StackName"])
        assert stacks.client("sqs").get_queue_url(QueueName=name)


class TestUpdate:
    def test_only_what_changed_is_touched(self, stacks: Deployer) -> None:
        stack = stacks.create({"Same": parameter("1"), "Changed": parameter("1"), "Gone": parameter("1")})
        name = stack["StackName"]
        before = stacks.resources(name)
        count = len(stacks.raw_events(name))
        stack = stacks.update(name, {"Same": parameter("1"), "Changed": parameter("2"), "New": parameter("3")})
        assert stack["StackStatus"] == "UPDATE_COMPLETE"
        after = stacks.resources(name)
        assert set(after) == {"Same", "Changed", "New"}
        assert after["Changed"]["PhysicalResourceId"] == before["Changed"]["PhysicalResourceId"]
        assert value_of(stacks, after["Changed"]["PhysicalResourceId"]) == "2"
        assert missing(stacks, before["Gone"]["PhysicalResourceId"])
        events = stacks.events(name)[count:]
        assert "Same" not in {logical_id for logical_id, _ in events}
        assert events.index((name, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")) < events.index(("Gone", "DELETE_COMPLETE"))
        assert events[-1] == (name, "UPDATE_COMPLETE")

    def test_nothing_to_do(self, stacks: Deployer) -> None:
        stack = stacks.create({"One": parameter("1")})
        with pytest.raises(ClientError, match=r"ValidationError.*No updates are to be performed\."):
            stacks.update(stack["StackName"], {"One": parameter("1")})

    def test_outputs_alone_are_an_update(self, stacks: Deployer) -> None:
        stack = stacks.create({"One": parameter("1")})
        stack = stacks.update(stack["StackName"], {"One": parameter("1")}, outputs={"Out": {"Value": "x"}})
        assert stacks.outputs(stack) == {"Out": "x"}

    def test_replacement_makes_the_new_one_before_the_old_one_goes(self, stacks: Deployer) -> None:
        name = stacks.new_name()

        def template(suffix: str) -> dict[str, Any]:
            return {
                "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": f"{name}-{suffix}"}},
                "Mirror": parameter({"Fn::GetAtt": ["Queue", "QueueName"]}, Name=f"/{name}/mirror"),
            }

        stacks.create(template("a"), name=name)
        old = stacks.resources(name)["Queue"]["PhysicalResourceId"]
        stacks.update(name, template("b"))
        assert stacks.resources(name)["Queue"]["PhysicalResourceId"].endswith("-b")
        assert value_of(stacks, f"/{name}/mirror") == f"{name}-b"
        events = stacks.raw_events(name)
        made = next(index for index, event in enumerate(events) if event["PhysicalResourceId"].endswith("-b"))
        deleted = next(
            index
            for index, event in enumerate(events)
            if event["ResourceStatus"] == "DELETE_COMPLETE" and event["PhysicalResourceId"] == old
        )
        assert made < deleted
        with pytest.raises(ClientError, match="NonExistentQueue"):
            stacks.client("sqs").get_queue_url(QueueName=f"{name}-a")

    def test_replacement_can_keep_the_old_one(self, stacks: Deployer) -> None:
        name = stacks.new_name()
        queue: dict[str, Any] = {"Type": "AWS::SQS::Queue", "UpdateReplacePolicy": "Retain"}
        stacks.create({"Queue": queue | {"Properties": {"QueueName": f"{name}-a"}}}, name=name)
        stacks.update(name, {"Queue": queue | {"Properties": {"QueueName": f"{name}-b"}}})
        assert stacks.client("sqs").get_queue_url(QueueName=f"{name}-a")
        assert ("Queue", "DELETE_SKIPPED") in stacks.events(name)

    def test_a_named_resource_cannot_be_replaced_under_its_name(self, stacks: Deployer) -> None:
        name = stacks.new_name()
        role: dict[str, Any] = {
            "RoleName": name,
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
                ],
            },
        }
        stacks.create({"Role": {"Type": "AWS::IAM::Role", "Properties": role}}, name=name)
        stack = stacks.update(name, {"Role": {"Type": "AWS::IAM::Role", "Properties": role | {"Path": "/other/"}}})
        assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        assert f"custom-named resource requires replacing. Rename {name} and update" in stacks.reasons(name)

    def test_a_failure_brings_the_state_before_back(self, stacks: Deployer) -> None:
        name = stacks.new_name()

        def queue(suffix: str) -> dict[str, Any]:
            return {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": f"{name}-{suffix}"}}

        first = {"One": parameter("1", Name=f"/{name}/one"), "Queue": queue("a"), "Gone": parameter("g")}
        stacks.create(first, name=name, outputs={"Out": {"Value": "old"}})
        before = stacks.resources(name)
        second = {
            "One": parameter("2", Name=f"/{name}/one"),
            "Queue": queue("b"),
            "New": parameter("n", Name=f"/{name}/new"),
            "Bad": {**BROKEN, "DependsOn": ["One", "Queue", "New"]},
        }
        stack = stacks.update(name, second, outputs={"Out": {"Value": "new"}})
        assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        assert stacks.outputs(stack) == {"Out": "old"}
        assert value_of(stacks, f"/{name}/one") == "1"
        assert missing(stacks, f"/{name}/new")
        after = stacks.resources(name)
        ids = {key: item["PhysicalResourceId"] for key, item in after.items()}
        assert ids == {key: item["PhysicalResourceId"] for key, item in before.items()}
        assert stacks.client("sqs").get_queue_url(QueueName=f"{name}-a")
        with pytest.raises(ClientError, match="NonExistentQueue"):
            stacks.client("sqs").get_queue_url(QueueName=f"{name}-b")
        statuses = [status for logical_id, status in stacks.events(name) if logical_id == name]
        assert statuses[-4:] == [
            "UPDATE_IN_PROGRESS",
            "UPDATE_ROLLBACK_IN_PROGRESS",
            "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            "UPDATE_ROLLBACK_COMPLETE",
        ]
        assert stacks.update(name, first | {"One": parameter("3", Name=f"/{name}/one")})["StackStatus"] == (
            "UPDATE_COMPLETE"
        )

    def test_a_failed_update_left_alone_can_be_rolled_back(self, stacks: Deployer) -> None:
        name = stacks.new_name()
        stacks.create({"One": parameter("1", Name=f"/{name}/one")}, name=name)
        second = {"One": parameter("2", Name=f"/{name}/one"), "Bad": {**BROKEN, "DependsOn": "One"}}
        stack = stacks.update(name, second, DisableRollback=True)
        assert stack["StackStatus"] == "UPDATE_FAILED"
        assert value_of(stacks, f"/{name}/one") == "2"
        stacks.cloudformation.rollback_stack(StackName=name)
        assert stacks.settled(name)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        assert value_of(stacks, f"/{name}/one") == "1"

    def test_a_rollback_that_fails_says_so_and_can_be_continued(self, stacks: Deployer) -> None:
        name = stacks.new_name()
        topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "one"}}
        stacks.create({"Topic": topic}, name=name)
        arn = stacks.resources(name)["Topic"]["PhysicalResourceId"]
        changed = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "two"}}
        stack = stacks.update(name, {"Topic": changed, "Bad": {**BROKEN, "DependsOn": "Topic"}}, DisableRollback=True)
        assert stack["StackStatus"] == "UPDATE_FAILED"
        stacks.client("sns").delete_topic(TopicArn=arn)
        stacks.cloudformation.rollback_stack(StackName=name)
        stack = stacks.settled(name)
        assert stack["StackStatus"] == "UPDATE_ROLLBACK_FAILED"
        assert "failed to update: [Topic]" in stack["StackStatusReason"]
        with pytest.raises(ClientError, match=r"ResourcesToSkip.*Nope"):
            stacks.cloudformation.continue_update_rollback(StackName=name, ResourcesToSkip=["Nope"])
        stacks.cloudformation.continue_update_rollback(StackName=name, ResourcesToSkip=["Topic"])
        assert stacks.settled(name)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"

    def test_the_type_of_a_resource_stays(self, stacks: Deployer) -> None:
        stack = stacks.create({"One": parameter("1")})
        with pytest.raises(ClientError, match=r"Update of resource type is not permitted.*\[One\]"):
            stacks.update(stack["StackName"], {"One": {"Type": "AWS::SNS::Topic"}})

    def test_previous_template_and_values(self, stacks: Deployer) -> None:
        parameters = {"A": {"Type": "String"}, "B": {"Type": "String", "NoEcho": True}}
        stack = stacks.create(
            {"One": parameter({"Fn::Sub": "${A}-${B}"})}, parameters=parameters, parameter_values={"A": "1", "B": "s"}
        )
        name = stack["StackName"]
        assert {item["ParameterKey"]: item["ParameterValue"] for item in stack["Parameters"]} == {"A": "1", "B": "****"}
        stacks.cloudformation.update_stack(
            StackName=name,
            UsePreviousTemplate=True,
            Parameters=[
                {"ParameterKey": "A", "ParameterValue": "2"},
                {"ParameterKey": "B", "UsePreviousValue": True},
            ],
        )
        assert stacks.settled(name)["StackStatus"] == "UPDATE_COMPLETE"
        assert value_of(stacks, stacks.resources(name)["One"]["PhysicalResourceId"]) == "2-s"


class TestDelete:
    def test_everything_goes_in_reverse_order(self, stacks: Deployer) -> None:
        stack = stacks.create({"One": parameter("1"), "Two": parameter({"Ref": "One"})})
        name = stack["StackName"]
        ids = [item["PhysicalResourceId"] for item in stacks.resources(name).values()]
        deleted = stacks.delete(name)
        assert deleted["StackStatus"] == "DELETE_COMPLETE"
        assert all(missing(stacks, item) for item in ids)
        events = stacks.events(deleted["StackId"])
        assert events.index(("Two", "DELETE_COMPLETE")) < events.index(("One", "DELETE_IN_PROGRESS"))
        assert stacks.cloudformation.delete_stack(StackName=name)
        listed = stacks.cloudformation.list_stacks(StackStatusFilter=["DELETE_COMPLETE"])["StackSummaries"]
        assert deleted["StackId"] in {item["StackId"] for item in listed}

    def test_retained_resources_stay(self, stacks: Deployer) -> None:
        name = stacks.new_name()
        stacks.create({"Kept": parameter("1", Name=f"/{name}/kept") | {"DeletionPolicy": "Retain"}}, name=name)
        deleted = stacks.delete(name)
        assert deleted["StackStatus"] == "DELETE_COMPLETE"
        assert value_of(stacks, f"/{name}/kept") == "1"
        assert ("Kept", "DELETE_SKIPPED") in stacks.events(deleted["StackId"])

    def test_what_cannot_be_removed_fails_the_deletion(self, stacks: Deployer) -> None:
        stack = stacks.create({"Bucket": {"Type": "AWS::S3::Bucket"}, "Other": parameter("1")})
        name = stack["StackName"]
        bucket = stacks.resources(name)["Bucket"]["PhysicalResourceId"]
        stacks.client("s3").put_object(Bucket=bucket, Key="key", Body=b"x")
        failed = stacks.delete(name)
        assert failed["StackStatus"] == "DELETE_FAILED"
        assert "failed to delete: [Bucket]" in failed["StackStatusReason"]
        assert "not empty" in stacks.reasons(name)
        assert stacks.delete(name, RetainResources=["Bucket"])["StackStatus"] == "DELETE_COMPLETE"
        assert stacks.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 1

    def test_force_leaves_behind_what_cannot_be_removed(self, stacks: Deployer) -> None:
        stack = stacks.create({"Bucket": {"Type": "AWS::S3::Bucket"}})
        name = stack["StackName"]
        bucket = stacks.resources(name)["Bucket"]["PhysicalResourceId"]
        stacks.client("s3").put_object(Bucket=bucket, Key="key", Body=b"x")
        stacks.delete(name)
        assert stacks.delete(name, DeletionMode="FORCE_DELETE_STACK")["StackStatus"] == "DELETE_COMPLETE"

    def test_termination_protection(self, stacks: Deployer) -> None:
        stack = stacks.create({"One": parameter("1")}, EnableTerminationProtection=True)
        with pytest.raises(ClientError, match="cannot be deleted while TerminationProtection is enabled"):
            stacks.delete(stack["StackName"])
        stacks.cloudformation.update_termination_protection(
            StackName=stack["StackName"], EnableTerminationProtection=False
        )
        assert stacks.delete(stack["StackName"])["StackStatus"] == "DELETE_COMPLETE"

    def test_a_resource_that_is_gone_already_counts_as_removed(self, stacks: Deployer) -> None:
        stack = stacks.create({"One": parameter("1"), "Key": {"Type": "AWS::KMS::Key"}})
        stacks.client("ssm").delete_parameter(Name=stacks.resources(stack["StackName"])["One"]["PhysicalResourceId"])
        assert stacks.delete(stack["StackName"])["StackStatus"] == "DELETE_COMPLETE"
