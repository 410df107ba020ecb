"""Faults of templates: each is said before anything is made; and the operations on templates."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.cloudformation.conftest import Deployer, parameter

FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("unknown type", {"A": {"Type": "AWS::Nope::Thing"}}, r"\[AWS::Nope::Thing\] \(the local AWS does not offer"),
    (
        "unknown attribute",
        {"A": parameter("1"), "B": parameter({"Fn::GetAtt": ["A", "Nope"]})},
        "resource A does not support attribute type Nope in Fn::GetAtt",
    ),
    (
        "attribute of nothing",
        {"B": parameter({"Fn::GetAtt": "Nope.Arn"})},
        "instance of Fn::GetAtt references undefined resource Nope",
    ),
    (
        "unresolved reference",
        {"A": parameter({"Ref": "Nope"}), "B": parameter({"Fn::Sub": "${Other}"}) | {"DependsOn": "Third"}},
        r"Unresolved resource dependencies \[Nope, Other, Third\] in the Resources block of the template",
    ),
    (
        "circular dependency",
        {"A": parameter({"Ref": "B"}), "B": parameter({"Ref": "A"}), "C": parameter({"Ref": "A"})},
        r"Circular dependency between resources: \[A, B\]",
    ),
    ("unsupported property", {"A": parameter("1", Nope=1)}, "Encountered unsupported property Nope"),
    ("missing property", {"A": {"Type": "AWS::SSM::Parameter"}}, "Property Value cannot be empty."),
    ("no type", {"A": {"Properties": {}}}, "Every Resources object must contain a Type member."),
    ("bad logical id", {"A-B": parameter("1")}, "Resource name A-B is non alphanumeric."),
    ("bad key", {"A": parameter("1") | {"Propertys": {}}}, "Invalid template resource property 'Propertys'"),
    ("no resources", {}, "At least one Resources member must be defined."),
    (
        "unknown function",
        {"A": parameter({"Fn::Nope": "x"})},
        "Encountered unsupported function: Fn::Nope Supported functions are:",
    ),
    (
        "unknown condition",
        {"A": parameter({"Fn::If": ["Nope", "a", "b"]})},
        "Unresolved condition dependency Nope in the Resources block of the template",
    ),
    ("condition of a resource", {"A": parameter("1") | {"Condition": "Nope"}}, "condition dependency Nope of A"),
    ("no such mapping", {"A": parameter({"Fn::FindInMap": ["M", "a", "b"]})}, "Unable to get mapping for M::a::b"),
    ("bad policy", {"A": parameter("1") | {"DeletionPolicy": "Keep"}}, "Unrecognized DeletionPolicy Keep"),
    (
        "snapshot",
        {"A": parameter("1") | {"DeletionPolicy": "Snapshot"}},
        "does not offer DeletionPolicy Snapshot; it works on AWS only",
    ),
    ("creation policy", {"A": parameter("1") | {"CreationPolicy": {"x": 1}}}, "does not offer CreationPolicy"),
    (
        "nested member",
        {"A": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Dimensions": [{"Nope": "x"}]}}},
        r"/Dimensions/0: extraneous key \[Nope\] is not permitted",
    ),
    (
        "wrong type of member",
        {"A": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"EvaluationPeriods": "many"}}},
        "/EvaluationPeriods: expected type: Number, found: 'many'",
    ),
    (
        "missing SSM parameter",
        {"A": parameter("{{resolve:ssm:/no/such/parameter}}")},
        r"Unable to fetch parameters \[/no/such/parameter\] from parameter store",
    ),
]


@pytest.mark.parametrize(("resources", "message"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_a_fault_is_said_before_anything_is_made(stacks: Deployer, resources: dict[str, Any], message: str) -> None:
    name = stacks.new_name()
    with pytest.raises(ClientError, match=message) as caught:
        stacks.create({**resources}, name=name)
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    with pytest.raises(ClientError, match="does not exist"):
        stacks.describe(name)


def test_all_faults_come_together(stacks: Deployer) -> None:
    resources = {"A": {"Type": "AWS::Nope::Thing"}, "B": parameter({"Ref": "Missing"}), "C": parameter("1", Nope=1)}
    with pytest.raises(ClientError) as caught:
        stacks.create(resources)
    message = caught.value.response["Error"]["Message"]
    assert message.startswith("2 problems in the template:")
    assert "[AWS::Nope::Thing]" in message
    assert "[Missing]" in message


def test_a_template_that_is_too_large(stacks: Deployer) -> None:
    with pytest.raises(ClientError, match="less than or equal to 51200"):
        stacks.create({f"A{index}": parameter("x" * 500) for index in range(100)})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "JSON not well-formed"),
        ("Resources: [", "YAML not well-formed"),
        ("just text", "unsupported structure"),
        ("Resources:\n  A: !Nope x\n", "YAML not well-formed"),
    ],
)
def test_a_template_that_is_none(stacks: Deployer, text: str, message: str) -> None:
    with pytest.raises(ClientError, match=message):
        stacks.cloudformation.create_stack(StackName=stacks.new_name(), TemplateBody=text)


class TestParameters:
    def test_missing_and_unknown_ones(self, stacks: Deployer) -> None:
        with pytest.raises(ClientError) as caught:
            stacks.create(
                {"A": parameter("1")}, parameters={"Needed": {"Type": "String"}}, parameter_values={"Other": "x"}
            )
        message = caught.value.response["Error"]["Message"]
        assert "Parameters: [Needed] must have values" in message
        assert "Parameters: [Other] do not exist in the template" in message

    def test_a_value_from_the_parameter_store(self, stacks: Deployer) -> None:
        name = stacks.new_name()
        source = stacks.create({"A": parameter("from the store", Name=f"/{name}")}, name=name)
        assert source["StackStatus"] == "CREATE_COMPLETE"
        stack = stacks.create(
            {"B": parameter({"Ref": "Value"}), "C": parameter(f"{{{{resolve:ssm:/{name}}}}}!")},
            parameters={"Value": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": f"/{name}"}},
            outputs={key: {"Value": {"Fn::GetAtt": [key, "Value"]}} for key in ("B", "C")},
        )
        assert stacks.outputs(stack) == {"B": "from the store", "C": "from the store!"}
        shown = stack["Parameters"][0]
        assert (shown["ParameterValue"], shown["ResolvedValue"]) == (f"/{name}", "from the store")

    def test_a_missing_one_of_the_parameter_store(self, stacks: Deployer) -> None:
        with pytest.raises(ClientError, match=r"Unable to fetch parameters \[/cdk-bootstrap/none/version\]"):
            stacks.create(
                {"A": parameter("1")},
                parameters={
                    "Version": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/none/version"}
                },
            )

    def test_rules(self, stacks: Deployer) -> None:
        rules = {
            "CheckVersion": {
                "Assertions": [
                    {
                        "Assert": {"Fn::Not": [{"Fn::Contains": [["1", "2"], {"Ref": "Version"}]}]},
                        "AssertDescription": "version 3 is needed",
                    }
                ]
            }
        }
        sections: dict[str, Any] = {"parameters": {"Version": {"Type": "String"}}, "rules": rules}
        with pytest.raises(ClientError, match="CheckVersion: version 3 is needed"):
            stacks.create({"A": parameter("1")}, parameter_values={"Version": "2"}, **sections)
        stack = stacks.create({"A": parameter("1")}, parameter_values={"Version": "3"}, **sections)
        assert stack["StackStatus"] == "CREATE_COMPLETE"


class TestCapabilities:
    ROLE: dict[str, Any] = {  # noqa: RUF012 - never changed
        "Type": "AWS::IAM::Role",
        "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}},
    }

    def test_iam_resources(self, stacks: Deployer) -> None:
        with pytest.raises(ClientError, match=r"InsufficientCapabilities.*\[CAPABILITY_IAM\]"):
            stacks.create({"Role": self.ROLE}, Capabilities=[])

    def test_named_iam_resources(self, stacks: Deployer) -> None:
        named = {"Type": "AWS::IAM::Role", "Properties": self.ROLE["Properties"] | {"RoleName": "x"}}
        with pytest.raises(ClientError, match=r"\[CAPABILITY_NAMED_IAM\]"):
            stacks.create({"Role": named}, Capabilities=["CAPABILITY_IAM"])

    def test_macros(self, stacks: Deployer) -> None:
        with pytest.raises(ClientError, match=r"\[CAPABILITY_AUTO_EXPAND\]"):
            stacks.create({"A": parameter("1")}, transform="AWS::LanguageExtensions", Capabilities=[])


class TestOperations:
    def test_the_template_of_a_stack(self, stacks: Deployer) -> None:
        stack = stacks.create(
            {"Fn::ForEach::All": ["Name", ["One", "Two"], {"P${Name}": parameter("${Name}")}]},
            transform="AWS::LanguageExtensions",
        )
        name = stack["StackName"]
        original = stacks.cloudformation.get_template(StackName=name)["TemplateBody"]
        assert "Fn::ForEach::All" in json.dumps(original)
        processed = stacks.cloudformation.get_template(StackName=name, TemplateStage="Processed")["TemplateBody"]
        assert set(processed["Resources"]) == {"POne", "PTwo"}
        assert set(stacks.resources(name)) == {"POne", "PTwo"}

    def test_a_summary(self, stacks: Deployer) -> None:
        template = {
            "Description": "what it is",
            "Parameters": {"A": {"Type": "String", "Default": "x", "AllowedValues": ["x", "y"]}},
            "Resources": {"Role": TestCapabilities.ROLE},
        }
        summary = stacks.cloudformation.get_template_summary(TemplateBody=json.dumps(template))
        assert summary["ResourceTypes"] == ["AWS::IAM::Role"]
        assert summary["Capabilities"] == ["CAPABILITY_IAM"]
        assert summary["Parameters"][0]["ParameterConstraints"] == {"AllowedValues": ["x", "y"]}
        checked = stacks.cloudformation.validate_template(TemplateBody=json.dumps(template))
        assert checked["Description"] == "what it is"
        assert checked["Parameters"][0]["DefaultValue"] == "x"

    def test_validation_says_what_is_wrong(self, stacks: Deployer) -> None:
        with pytest.raises(ClientError, match="Unrecognized parameter type: Text"):
            stacks.cloudformation.validate_template(
                TemplateBody=json.dumps(
                    {"Parameters": {"A": {"Type": "Text"}}, "Resources": {"A": parameter({"Ref": "A"})}}
                )
            )

    def test_a_template_in_s3(self, stacks: Deployer) -> None:
        s3, name = stacks.client("s3"), stacks.new_name()
        s3.create_bucket(Bucket=name)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        old = s3.put_object(Bucket=name, Key="a/t.yaml", Body=b"Resources:\n  Old:\n    Type: AWS::SNS::Topic\n")[
            "VersionId"
        ]
        text = (
            "Resources:\n  New:\n    Type: AWS::SNS::Topic\n    Properties:\n      DisplayName: !Sub 'x-${AWS::Region}'"
        )
        s3.put_object(Bucket=name, Key="a/t.yaml", Body=text.encode())
        for url in (
            f"{stacks.aws.platform.endpoint_url}/{name}/a/t.yaml",
            f"https://s3.us-east-1.amazonaws.com/{name}/a/t.yaml",
            f"https://{name}.s3.amazonaws.com/a/t.yaml",
            f"s3://{name}/a/t.yaml",
        ):
            summary = stacks.cloudformation.get_template_summary(TemplateURL=url)
            assert summary["ResourceTypes"] == ["AWS::SNS::Topic"]
        stack_id = stacks.cloudformation.create_stack(
            StackName=name, TemplateURL=f"https://s3.amazonaws.com/{name}/a/t.yaml?versionId={old}"
        )["StackId"]
        assert stacks.settled(stack_id)["StackStatus"] == "CREATE_COMPLETE"
        assert set(stacks.resources(name)) == {"Old"}
        with pytest.raises(ClientError, match="S3 error: The specified key does not exist"):
            stacks.cloudformation.get_template_summary(TemplateURL=f"s3://{name}/none")
        with pytest.raises(ClientError, match="TemplateURL must be a supported URL"):
            stacks.cloudformation.get_template_summary(TemplateURL="https://example.com/t.yaml")
        s3.put_object(Bucket=name, Key="large", Body=b" " * 1_000_001)
        with pytest.raises(ClientError, match="may not exceed 1000000 bytes"):
            stacks.cloudformation.get_template_summary(TemplateURL=f"s3://{name}/large")
