"""IAM resources, and whose credentials make a stack."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.platform import Credentials
from tests.local_aws.cloudformation.conftest import Deployer, parameter

ACCOUNT = "123456789012"


def trust(principal: dict[str, Any]) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}],
    }


def allow(action: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


def role(**properties: Any) -> dict[str, Any]:
    defaults = {"AssumeRolePolicyDocument": trust({"Service": "lambda.amazonaws.com"})}
    return {"Type": "AWS::IAM::Role", "Properties": defaults | properties}


def physical_id(stacks: Deployer, name: str, logical_id: str) -> str:
    return str(stacks.resources(name)[logical_id]["PhysicalResourceId"])


class TestRole:
    def test_life(self, stacks: Deployer) -> None:
        inline = [{"PolicyName": "one", "PolicyDocument": allow("s3:GetObject")}]
        name = stacks.create(
            {
                "Role": role(Policies=inline, Description="d", MaxSessionDuration="7200"),
                "Policy": {
                    "Type": "AWS::IAM::Policy",
                    "Properties": {
                        "PolicyName": "two",
                        "PolicyDocument": allow("s3:PutObject"),
                        "Roles": [{"Ref": "Role"}],
                    },
                },
                "Managed": {
                    "Type": "AWS::IAM::ManagedPolicy",
                    "Properties": {"PolicyDocument": allow("s3:ListBucket"), "Roles": [{"Ref": "Role"}]},
                },
                "Profile": {"Type": "AWS::IAM::InstanceProfile", "Properties": {"Roles": [{"Ref": "Role"}]}},
            }
        )["StackName"]
        iam, role_name = stacks.client("iam"), physical_id(stacks, name, "Role")
        found = iam.get_role(RoleName=role_name)["Role"]
        assert (found["Description"], found["MaxSessionDuration"]) == ("d", 7200)
        assert sorted(iam.list_role_policies(RoleName=role_name)["PolicyNames"]) == ["one", "two"]
        arn = physical_id(stacks, name, "Managed")
        attached = iam.list_attached_role_policies(RoleName=role_name)["AttachedPolicies"]
        assert [item["PolicyArn"] for item in attached] == [arn]
        stack = stacks.update(
            name,
            {
                "Role": role(ManagedPolicyArns=["arn:aws:iam::aws:policy/ReadOnlyAccess"]),
                "Managed": {
                    "Type": "AWS::IAM::ManagedPolicy",
                    "Properties": {"PolicyDocument": allow("s3:DeleteObject")},
                },
            },
        )
        assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.reasons(name)
        assert iam.list_role_policies(RoleName=role_name)["PolicyNames"] == []
        attached = iam.list_attached_role_policies(RoleName=role_name)["AttachedPolicies"]
        assert [item["PolicyName"] for item in attached] == ["ReadOnlyAccess"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        assert document["Statement"][0]["Action"] == "s3:DeleteObject"
        assert stacks.delete(name)["StackStatus"] == "DELETE_COMPLETE"
        for read, arguments in ((iam.get_role, {"RoleName": role_name}), (iam.get_policy, {"PolicyArn": arn})):
            with pytest.raises(ClientError, match="NoSuchEntity"):
                read(**arguments)

    def test_long_names_are_cut(self, stacks: Deployer) -> None:
        name = stacks.new_name() + "-" + "x" * 80
        stacks.names.append(name)
        stacks.create({"R" * 40: role()}, name=name)
        assert len(physical_id(stacks, name, "R" * 40)) == 64

    def test_a_policy_needs_a_holder(self, stacks: Deployer) -> None:
        policy = {"PolicyName": "p", "PolicyDocument": allow("s3:GetObject")}
        with pytest.raises(ClientError, match=r"At least one of \[Groups,Roles,Users\] must be non-empty"):
            stacks.create({"Policy": {"Type": "AWS::IAM::Policy", "Properties": policy}})


class TestUser:
    def test_user_group_and_key(self, stacks: Deployer) -> None:
        stack = stacks.create(
            {
                "Group": {
                    "Type": "AWS::IAM::Group",
                    "Properties": {"Policies": [{"PolicyName": "p", "PolicyDocument": allow("s3:GetObject")}]},
                },
                "User": {"Type": "AWS::IAM::User", "Properties": {"Groups": [{"Ref": "Group"}]}},
                "Key": {"Type": "AWS::IAM::AccessKey", "Properties": {"UserName": {"Ref": "User"}}},
            },
            outputs={"Secret": {"Value": {"Fn::GetAtt": ["Key", "SecretAccessKey"]}}},
        )
        name, iam = stack["StackName"], stacks.client("iam")
        user = physical_id(stacks, name, "User")
        assert stacks.outputs(stack)["Secret"]
        groups = iam.list_groups_for_user(UserName=user)["Groups"]
        assert [group["GroupName"] for group in groups] == [physical_id(stacks, name, "Group")]
        keys = iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
        assert [key["AccessKeyId"] for key in keys] == [physical_id(stacks, name, "Key")]
        assert stacks.delete(name)["StackStatus"] == "DELETE_COMPLETE"
        with pytest.raises(ClientError, match="NoSuchEntity"):
            iam.get_user(UserName=user)


class TestWhoActs:
    def make_role(self, stacks: Deployer, principal: dict[str, Any], action: str) -> str:
        iam, name = stacks.client("iam"), stacks.new_name()
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust(principal)))["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(allow(action)))
        return str(arn)

    def test_the_role_of_a_stack_decides_what_it_may_make(self, stacks: Deployer) -> None:
        arn = self.make_role(stacks, {"Service": "cloudformation.amazonaws.com"}, "ssm:*")
        name = stacks.create({"One": parameter("1")}, RoleARN=arn)["StackName"]
        assert stacks.describe(name)["RoleARN"] == arn
        stack = stacks.update(name, {"One": parameter("1"), "Topic": {"Type": "AWS::SNS::Topic"}})
        assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        assert "not authorized to perform" in stacks.reasons(name)
        assert stacks.delete(name)["StackStatus"] == "DELETE_COMPLETE"

    def test_a_role_that_does_not_trust_cloudformation(self, stacks: Deployer) -> None:
        arn = self.make_role(stacks, {"Service": "lambda.amazonaws.com"}, "*")
        with pytest.raises(ClientError, match=f"Role {arn} is invalid or cannot be assumed"):
            stacks.create({"One": parameter("1")}, RoleARN=arn)

    def test_without_a_role_the_caller_acts(self, stacks: Deployer) -> None:
        arn = self.make_role(stacks, {"AWS": ACCOUNT}, "cloudformation:*")
        keys = stacks.client("sts").assume_role(RoleArn=arn, RoleSessionName="caller")["Credentials"]

        credentials = Credentials(
            access_key_id=keys["AccessKeyId"],
            secret_access_key=keys["SecretAccessKey"],
            session_token=keys["SessionToken"],
        )
        client = stacks.aws.platform.client("cloudformation", region="us-east-1", credentials=credentials)
        name = stacks.new_name()
        client.create_stack(StackName=name, **stacks.arguments({"One": parameter("1")}, {}))
        assert stacks.settled(name)["StackStatus"] == "ROLLBACK_COMPLETE"
        assert "not authorized to perform: ssm:PutParameter" in stacks.reasons(name)
