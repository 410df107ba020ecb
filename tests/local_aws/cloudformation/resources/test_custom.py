"""Custom resources, wait conditions and nested stacks."""

import json
import threading
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.cloudformation.conftest import Deployer, parameter

ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
    },
}

# answers what its properties say; the physical id follows the property Id
ANSWERING = """
import cfnresponse
def handler(event, context):
    wanted = event["ResourceProperties"]
    if wanted.get("Fail") == event["RequestType"]:
        cfnresponse.send(event, context, cfnresponse.FAILED, {}, wanted.get("Id"), reason="asked to fail")
        return
    data = {"Kind": event["RequestType"], "Value": wanted.get("Value"), "Nested": {"Deep": "d"}}
    cfnresponse.send(event, context, cfnresponse.SUCCESS, data, wanted.get("Id", "only"))
"""


def functions(source: str) -> dict[str, Any]:
    return {
        "Role": ROLE,
        "Maker": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.11",
                "Handler": "index.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Code": {"ZipFile": source},
            },
        },
    }


def custom(**properties: Any) -> dict[str, Any]:
    return {"Type": "Custom::Thing", "Properties": {"ServiceToken": {"Fn::GetAtt": ["Maker", "Arn"]}} | properties}


class TestCustomResource:
    def test_life(self, stacks: Deployer) -> None:
        outputs = {key: {"Value": {"Fn::GetAtt": ["Thing", key]}} for key in ("Kind", "Value")} | {
            "Deep": {"Value": {"Fn::GetAtt": ["Thing", "Nested.Deep"]}},
            "Id": {"Value": {"Ref": "Thing"}},
        }
        parts = functions(ANSWERING)
        stack = stacks.create(parts | {"Thing": custom(Value=1)}, outputs=outputs)
        name = stack["StackName"]
        assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
        assert stacks.outputs(stack) == {"Kind": "Create", "Value": "1", "Deep": "d", "Id": "only"}
        stack = stacks.update(name, parts | {"Thing": custom(Value=True)}, outputs=outputs)
        assert stacks.outputs(stack) == {"Kind": "Update", "Value": "true", "Deep": "d", "Id": "only"}
        stack = stacks.update(name, parts | {"Thing": custom(Value="x", Id="other")}, outputs=outputs)
        assert stacks.outputs(stack)["Id"] == "other"
        deleted = [
            event["PhysicalResourceId"]
            for event in stacks.raw_events(name)
            if event["LogicalResourceId"] == "Thing" and event["ResourceStatus"] == "DELETE_COMPLETE"
        ]
        assert deleted == ["only"]
        assert stacks.delete(name)["StackStatus"] == "DELETE_COMPLETE"

    def test_a_failed_creation(self, stacks: Deployer) -> None:
        stack = stacks.create(functions(ANSWERING) | {"Thing": custom(Fail="Create")})
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
        reasons = stacks.reasons(stack["StackName"])
        assert "Received response status [FAILED] from custom resource. Message returned: asked to fail" in reasons

    def test_a_failed_update_goes_back(self, stacks: Deployer) -> None:
        parts = functions(ANSWERING)
        outputs = {"Value": {"Value": {"Fn::GetAtt": ["Thing", "Value"]}}}
        name = stacks.create(parts | {"Thing": custom(Value="1")}, outputs=outputs)["StackName"]
        stack = stacks.update(name, parts | {"Thing": custom(Value="2", Fail="Update")}, outputs=outputs)
        assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE", stacks.reasons(name)
        assert stacks.outputs(stack) == {"Value": "1"}

    def test_a_failed_deletion(self, stacks: Deployer) -> None:
        name = stacks.create(functions(ANSWERING) | {"Thing": custom(Fail="Delete")})["StackName"]
        assert stacks.delete(name)["StackStatus"] == "DELETE_FAILED"
        assert stacks.delete(name, RetainResources=["Thing"])["StackStatus"] == "DELETE_COMPLETE"

    def test_no_answer(self, stacks: Deployer) -> None:
        silent = functions("def handler(event, context):\n    return None\n")
        stack = stacks.create(silent | {"Thing": custom(ServiceTimeout=1)})
        # the removal is asked for as well, and not answered either
        assert stack["StackStatus"] == "ROLLBACK_FAILED"
        assert "did not receive a response from your Custom Resource" in stacks.reasons(stack["StackName"])

    def test_an_attribute_that_was_not_given(self, stacks: Deployer) -> None:
        stack = stacks.create(
            functions(ANSWERING) | {"Thing": custom(), "User": parameter({"Fn::GetAtt": ["Thing", "Nope"]})}
        )
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
        assert "Vendor response doesn't contain Nope attribute in object" in stacks.reasons(stack["StackName"])

    def test_the_token_cannot_change(self, stacks: Deployer) -> None:
        parts = functions(ANSWERING)
        name = stacks.create(parts | {"Thing": custom()})["StackName"]
        stack = stacks.update(name, parts | {"Thing": custom(ServiceToken="arn:aws:lambda:us-east-1:1:function:x")})
        assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        assert "Modifying service token is not allowed." in stacks.reasons(name)

    @pytest.mark.parametrize(
        ("properties", "message"),
        [
            ({"ServiceTimeout": 0}, "ServiceTimeout must be a number of seconds from 1 to 3600, got 0"),
            ({"ServiceTimeout": "long"}, "got long"),
        ],
    )
    def test_faults_are_said_beforehand(self, stacks: Deployer, properties: dict[str, Any], message: str) -> None:
        with pytest.raises(ClientError, match=message):
            stacks.create(functions(ANSWERING) | {"Thing": custom(**properties)})

    def test_a_token_that_is_none(self, stacks: Deployer) -> None:
        with pytest.raises(ClientError, match="Invalid service token nothing: expected the ARN of a Lambda function"):
            stacks.create({"Thing": {"Type": "Custom::Thing", "Properties": {"ServiceToken": "nothing"}}})


def put(url: str, body: bytes) -> int:
    request = urllib.request.Request(url, body, method="PUT")  # noqa: S310 - the local AWS's own URL
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


class TestWaitCondition:
    TEMPLATE: dict[str, Any] = {  # noqa: RUF012 - never changed
        "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        "Wait": {
            "Type": "AWS::CloudFormation::WaitCondition",
            "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "30", "Count": 2},
        },
    }

    def start(self, stacks: Deployer, template: dict[str, Any]) -> tuple[str, str]:
        name = stacks.new_name()
        arguments = stacks.arguments(template, {"outputs": {"Data": {"Value": {"Fn::GetAtt": ["Wait", "Data"]}}}})
        stacks.cloudformation.create_stack(StackName=name, **arguments)
        found = threading.Event()
        for _ in range(2000):
            url = stacks.resources(name).get("Handle", {}).get("PhysicalResourceId")
            if url and "Wait" in stacks.resources(name):
                return name, str(url)
            found.wait(0.01)
        raise AssertionError("the handle was not made")

    def test_signals_end_the_wait(self, stacks: Deployer) -> None:
        name, url = self.start(stacks, self.TEMPLATE)
        signal = {"Status": "SUCCESS", "UniqueId": "one", "Data": "d1", "Reason": "r"}
        assert put(url, json.dumps(signal).encode()) == 200
        assert stacks.describe(name)["StackStatus"] == "CREATE_IN_PROGRESS"
        stacks.cloudformation.signal_resource(
            StackName=name, LogicalResourceId="Handle", UniqueId="two", Status="SUCCESS"
        )
        stack = stacks.settled(name)
        assert stack["StackStatus"] == "CREATE_COMPLETE"
        assert json.loads(stacks.outputs(stack)["Data"]) == {"one": "d1", "two": ""}

    def test_a_failure_signal(self, stacks: Deployer) -> None:
        name, url = self.start(stacks, self.TEMPLATE)
        assert put(url, b'{"Status": "FAILURE", "UniqueId": "1", "Reason": "no luck"}') == 200
        assert stacks.settled(name)["StackStatus"] == "ROLLBACK_COMPLETE"
        assert "WaitCondition received failed message: 'no luck'" in stacks.reasons(name)
        assert put(url, b'{"Status": "SUCCESS", "UniqueId": "2"}') == 403

    def test_bad_signals_are_refused(self, stacks: Deployer) -> None:
        name, url = self.start(stacks, self.TEMPLATE)
        assert put(url, b"not JSON") == 400
        assert put(url, b"[]") == 400
        assert put(url, b'{"a": "' + b"x" * 5000 + b'"}') == 400
        assert stacks.describe(name)["StackStatus"] == "CREATE_IN_PROGRESS"

    def test_a_wait_that_ends_by_itself(self, stacks: Deployer) -> None:
        template = {**self.TEMPLATE, "Wait": {**self.TEMPLATE["Wait"], "Properties": {"Handle": {"Ref": "Handle"}}}}
        template["Wait"]["Properties"]["Timeout"] = 1
        stack = stacks.create(template)
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
        assert "timed out. Received 0 conditions when expecting 1" in stacks.reasons(stack["StackName"])

    def test_deleting_a_stack_that_is_still_made(self, stacks: Deployer) -> None:
        name, _ = self.start(stacks, self.TEMPLATE)
        stack_id = stacks.describe(name)["StackId"]
        stacks.cloudformation.delete_stack(StackName=name)
        assert stacks.settled(stack_id)["StackStatus"] == "DELETE_COMPLETE"
        assert ("Wait", "CREATE_FAILED") in stacks.events(stack_id)

    def test_an_update_can_be_cancelled(self, stacks: Deployer) -> None:
        name = stacks.create({"Handle": self.TEMPLATE["Handle"], "One": parameter("1")})["StackName"]
        arguments = stacks.arguments({**self.TEMPLATE, "One": parameter("2")}, {})
        stacks.cloudformation.update_stack(StackName=name, **arguments)
        stacks.cloudformation.cancel_update_stack(StackName=name)
        assert stacks.settled(name)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        physical_id = stacks.resources(name)["One"]["PhysicalResourceId"]
        assert stacks.client("ssm").get_parameter(Name=physical_id)["Parameter"]["Value"] == "1"
        with pytest.raises(ClientError, match="CancelUpdateStack cannot be called from current stack status"):
            stacks.cloudformation.cancel_update_stack(StackName=name)

    def test_a_timeout_of_the_whole_stack(self, stacks: Deployer) -> None:
        with pytest.raises(ClientError, match="Timeout must be a number of seconds up to 43200"):
            stacks.create(
                {
                    **self.TEMPLATE,
                    "Wait": {
                        "Type": "AWS::CloudFormation::WaitCondition",
                        "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "50000"},
                    },
                }
            )


class TestNestedStack:
    def url(self, stacks: Deployer, bucket: str, key: str, resources: dict[str, Any], **sections: Any) -> str:
        stacks.client("s3").put_object(Bucket=bucket, Key=key, Body=json.dumps({"Resources": resources, **sections}))
        return f"https://s3.amazonaws.com/{bucket}/{key}"

    def nested(self, url: str, **parameters: Any) -> dict[str, Any]:
        return {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url, "Parameters": parameters}}

    def test_life(self, stacks: Deployer) -> None:
        name = stacks.new_name()
        stacks.client("s3").create_bucket(Bucket=name)
        sections = {
            "Parameters": {"Value": {"Type": "String"}},
            "Outputs": {"Name": {"Value": {"Ref": "Inner"}}},
        }
        url = self.url(stacks, name, "one.json", {"Inner": parameter({"Ref": "Value"})}, **sections)
        outputs = {"Name": {"Value": {"Fn::GetAtt": ["Nested", "Outputs.Name"]}}}
        stack = stacks.create({"Nested": self.nested(url, Value="1")}, name=name, outputs=outputs)
        assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
        inner = stacks.outputs(stack)["Name"]
        assert stacks.client("ssm").get_parameter(Name=inner)["Parameter"]["Value"] == "1"
        nested_id = stacks.resources(name)["Nested"]["PhysicalResourceId"]
        nested = stacks.describe(nested_id)
        assert (nested["ParentId"], nested["RootId"]) == (stack["StackId"], stack["StackId"])
        with pytest.raises(ClientError, match="is nested and is deleted with its parent"):
            stacks.cloudformation.delete_stack(StackName=nested_id)

        stack = stacks.update(name, {"Nested": self.nested(url, Value="2")}, outputs=outputs)
        assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.reasons(name)
        assert stacks.client("ssm").get_parameter(Name=inner)["Parameter"]["Value"] == "2"

        broken = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "not a queue name!"}, "DependsOn": "Inner"}
        bad = self.url(stacks, name, "two.json", {"Inner": parameter({"Ref": "Value"}), "Bad": broken}, **sections)
        stack = stacks.update(name, {"Nested": self.nested(bad, Value="3")}, outputs=outputs)
        assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE", stacks.reasons(name)
        assert "was not successfully updated" in stacks.reasons(name)
        assert stacks.client("ssm").get_parameter(Name=inner)["Parameter"]["Value"] == "2"

        assert stacks.delete(name)["StackStatus"] == "DELETE_COMPLETE"
        assert stacks.describe(nested_id)["StackStatus"] == "DELETE_COMPLETE"

    def test_a_failure_inside_rolls_all_back(self, stacks: Deployer) -> None:
        name = stacks.new_name()
        stacks.client("s3").create_bucket(Bucket=name)
        broken = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "not a queue name!"}, "DependsOn": "Inner"}
        url = self.url(stacks, name, "t.json", {"Inner": parameter("1", Name=f"/{name}/inner"), "Bad": broken})
        stack = stacks.create({"Nested": self.nested(url)}, name=name)
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
        assert "was not successfully created" in stacks.reasons(name)
        with pytest.raises(ClientError, match="ParameterNotFound"):
            stacks.client("ssm").get_parameter(Name=f"/{name}/inner")

    def test_a_faulty_nested_template(self, stacks: Deployer) -> None:
        name = stacks.new_name()
        stacks.client("s3").create_bucket(Bucket=name)
        url = self.url(stacks, name, "t.json", {"Inner": {"Type": "AWS::Nope::Thing"}})
        stack = stacks.create({"Nested": self.nested(url)}, name=name)
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
        assert "Unrecognized resource types: [AWS::Nope::Thing]" in stacks.reasons(name)
