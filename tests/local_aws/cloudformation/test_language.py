"""The template language, without a server: documents, functions, conditions, parameters, loops, graphs, names."""

import json
from typing import Any

import pytest

from local_aws.cloudformation.conditions import Conditions
from local_aws.cloudformation.documents import load_document
from local_aws.cloudformation.dynamic import resolve_plain, resolve_secrets
from local_aws.cloudformation.errors import ValidationError
from local_aws.cloudformation.graph import Reference, check_cycles, references, reverse
from local_aws.cloudformation.intrinsics import NO_VALUE, NoResources, Pending, Resolver
from local_aws.cloudformation.parameters import ParameterValue, resolve_parameters
from local_aws.cloudformation.resources.names import physical_name
from local_aws.cloudformation.resources.provider import changed_properties
from local_aws.cloudformation.resources.shapes import request, shape_problems
from local_aws.cloudformation.template_source import s3_location
from local_aws.cloudformation.transforms import expand


class Resources:
    def ref(self, logical_id: str) -> Any:
        return Pending(logical_id) if logical_id == "Later" else f"id-of-{logical_id}"

    def attribute(self, logical_id: str, name: str) -> Any:
        return Pending(logical_id, name) if logical_id == "Later" else f"{name}-of-{logical_id}"


def _no_outputs(stack: str, output: str, *, region: str | None, role_arn: str | None) -> str:
    raise ValidationError(f"no stack {stack}")


def resolver(*, extended: bool = False, resources: Any = None) -> Resolver:
    return Resolver(
        mappings={"Sizes": {"small": {"cpu": 1, "disks": ["a", "b"]}}},
        parameters={"Name": "n", "List": ["x", "y"]},
        pseudo={"AWS::Region": "us-east-1", "AWS::StackName": "stack"},
        condition=lambda name: name == "Yes",
        resources=resources or Resources(),
        exported=lambda name: f"export-{name}",
        stack_output=_no_outputs,
        zones=lambda region: [f"{region}a", f"{region}b"],
        extended=extended,
    )


class TestFunctions:
    @pytest.mark.parametrize(
        ("node", "expected"),
        [
            ({"Ref": "Name"}, "n"),
            ({"Ref": "List"}, ["x", "y"]),
            ({"Ref": "AWS::Region"}, "us-east-1"),
            ({"Ref": "Thing"}, "id-of-Thing"),
            ({"Fn::GetAtt": ["Thing", "Arn"]}, "Arn-of-Thing"),
            ({"Fn::GetAtt": "Thing.A.B"}, "A.B-of-Thing"),
            ({"Fn::GetAtt": ["Thing", {"Ref": "Name"}]}, "n-of-Thing"),
            ({"Fn::Join": ["-", ["a", {"Ref": "Name"}, 1, True]]}, "a-n-1-true"),
            ({"Fn::Join": [",", {"Ref": "List"}]}, "x,y"),
            ({"Fn::Sub": "${Name}/${Thing}/${Thing.Arn}/${!Name}/${AWS::Region}"},
             "n/id-of-Thing/Arn-of-Thing/${Name}/us-east-1"),
            ({"Fn::Sub": ["${A}${Name}", {"A": {"Ref": "Thing"}, "Name": "own"}]}, "id-of-Thingown"),
            ({"Fn::Select": ["1", {"Ref": "List"}]}, "y"),
            ({"Fn::Split": ["|", "a|b"]}, ["a", "b"]),
            ({"Fn::If": ["Yes", "a", "b"]}, "a"),
            ({"Fn::If": ["No", "a", "b"]}, "b"),
            ({"Fn::Base64": "text"}, "dGV4dA=="),
            ({"Fn::FindInMap": ["Sizes", "small", "cpu"]}, 1),
            ({"Fn::GetAZs": ""}, ["us-east-1a", "us-east-1b"]),
            ({"Fn::GetAZs": {"Ref": "AWS::Region"}}, ["us-east-1a", "us-east-1b"]),
            ({"Fn::ImportValue": {"Fn::Sub": "${Name}-x"}}, "export-n-x"),
            ({"Fn::Cidr": ["10.0.0.0/16", 2, "8"]}, ["10.0.0.0/24", "10.0.1.0/24"]),
            ({"a": [{"Ref": "AWS::NoValue"}, 1], "b": {"Ref": "AWS::NoValue"}}, {"a": [1]}),
            ({"Fn::If": ["No", "a", {"Ref": "AWS::NoValue"}]}, NO_VALUE),
            ({"Statement": {"Fn::x": 1, "other": 2}}, {"Statement": {"Fn::x": 1, "other": 2}}),
        ],
    )  # fmt: skip
    def test_values(self, node: Any, expected: Any) -> None:
        assert resolver().resolve(node) == expected

    @pytest.mark.parametrize(
        "node",
        [
            {"Ref": "Later"},
            {"Fn::Join": ["", ["a", {"Ref": "Later"}]]},
            {"Fn::Sub": "x${Later.Arn}"},
            {"Fn::Select": [0, {"Fn::Split": [",", {"Ref": "Later"}]}]},
            {"Fn::Base64": {"Ref": "Later"}},
        ],
    )
    def test_what_is_not_known_yet_stays_so(self, node: Any) -> None:
        assert isinstance(resolver().resolve(node), Pending)

    @pytest.mark.parametrize(
        ("node", "message"),
        [
            ({"Fn::Nope": 1}, "Encountered unsupported function: Fn::Nope"),
            ({"Fn::Length": [1]}, "Encountered unsupported function: Fn::Length"),
            ({"Ref": ["a"]}, "Ref must be the name of a parameter or resource"),
            ({"Fn::GetAtt": "NoDot"}, "non-empty string in format <LogicalId>.<Attribute>"),
            ({"Fn::GetAtt": ["One"]}, "requires two non-empty parameters"),
            ({"Fn::Join": ["a"]}, "every Fn::Join object requires two parameters"),
            ({"Fn::Join": ["", "text"]}, "requires a list of strings"),
            ({"Fn::Sub": 5}, "don't specify expected arguments"),
            ({"Fn::Sub": "${List}"}, "expected a string for variable List"),
            ({"Fn::Select": [2, {"Ref": "List"}]}, "cannot select nonexistent value at index 2"),
            ({"Fn::Select": ["x", {"Ref": "List"}]}, "cannot select nonexistent value at index x"),
            ({"Fn::Select": [0]}, "requires a list argument with two elements"),
            ({"Fn::Split": ["a"]}, "every Fn::Split object requires two parameters"),
            ({"Fn::If": ["Yes", "a"]}, "requires a list argument with three elements"),
            ({"Fn::FindInMap": ["Sizes", "big", "cpu"]}, "Unable to get mapping for Sizes::big::cpu"),
            ({"Fn::FindInMap": ["Sizes"]}, "requires three parameters"),
            ({"Fn::Cidr": ["10.0.0.0/24", 3, 8]}, "has no 3 blocks of 8 bits"),
            ({"Fn::Cidr": ["nonsense", 1]}, "Fn::Cidr"),
            ({"Fn::ImportValue": {"Ref": "Later"}}, "must not depend on a resource"),
            ({"Fn::Equals": [1, 1]}, "Fn::Equals can be used in the Conditions block only"),
        ],
    )
    def test_faults(self, node: Any, message: str) -> None:
        with pytest.raises(ValidationError, match=message):
            resolver().resolve(node)

    @pytest.mark.parametrize(
        ("node", "expected"),
        [
            ({"Fn::Length": {"Ref": "List"}}, 2),
            ({"Fn::ToJsonString": {"a": {"Ref": "Name"}}}, '{"a":"n"}'),
            ({"Fn::FindInMap": ["Sizes", "big", "cpu", {"DefaultValue": {"Ref": "Name"}}]}, "n"),
        ],
    )
    def test_language_extensions(self, node: Any, expected: Any) -> None:
        assert resolver(extended=True).resolve(node) == expected

    def test_resources_are_not_known_in_conditions(self) -> None:
        with pytest.raises(ValidationError, match=r"Unresolved dependencies \[Thing\].*Conditions block"):
            resolver(resources=NoResources()).resolve({"Ref": "Thing"})


class TestConditions:
    def conditions(self, definitions: dict[str, Any]) -> Conditions:
        return Conditions(
            definitions,
            lambda holds: Resolver(
                parameters={"Stage": "prod", "Flag": "true", "List": ["a", "b"]},
                condition=holds,
                exported=str,
                stack_output=_no_outputs,
            ),
        )

    @pytest.mark.parametrize(
        ("definition", "expected"),
        [
            ({"Fn::Equals": [{"Ref": "Stage"}, "prod"]}, True),
            ({"Fn::Equals": [{"Ref": "Flag"}, True]}, True),
            ({"Fn::Equals": [1, "1"]}, True),
            ({"Fn::Not": [{"Fn::Equals": ["a", "b"]}]}, True),
            ({"Fn::And": [{"Condition": "Base"}, {"Fn::Equals": ["a", "b"]}]}, False),
            ({"Fn::Or": [{"Fn::Equals": ["a", "b"]}, {"Condition": "Base"}]}, True),
            ({"Condition": "Base"}, True),
            ({"Fn::Contains": [{"Ref": "List"}, "a"]}, True),
            ({"Fn::EachMemberIn": [{"Ref": "List"}, ["a", "b", "c"]]}, True),
            ({"Fn::EachMemberEquals": [{"Ref": "List"}, "a"]}, False),
        ],
    )
    def test_truth(self, definition: Any, expected: bool) -> None:
        conditions = self.conditions({"Base": {"Fn::Equals": ["a", "a"]}, "It": definition})
        assert conditions.holds("It") is expected

    @pytest.mark.parametrize(
        ("definitions", "message"),
        [
            ({"It": {"Condition": "Nope"}}, "Unresolved condition dependency Nope"),
            ({"It": {"Condition": "Other"}, "Other": {"Condition": "It"}}, "Circular dependency between conditions"),
            ({"It": {"Fn::Equals": ["a"]}}, "requires a list argument with two elements"),
            ({"It": {"Fn::Not": []}}, "requires a list argument with one element"),
            ({"It": {"Fn::And": "x"}}, "at least 2 and at most 10"),
            ({"It": "text"}, "must be a condition function"),
        ],
    )
    def test_faults(self, definitions: dict[str, Any], message: str) -> None:
        with pytest.raises(ValidationError, match=message):
            self.conditions(definitions).holds("It")


class TestParameters:
    def resolve(self, definition: dict[str, Any], text: str | None = None) -> ParameterValue:
        given = [] if text is None else [{"ParameterKey": "It", "ParameterValue": text}]
        return resolve_parameters({"It": definition}, given, {}, lambda name: f"value of {name}")["It"]

    @pytest.mark.parametrize(
        ("definition", "text", "expected"),
        [
            ({"Type": "String"}, "x", "x"),
            ({"Type": "String", "Default": True}, None, "true"),
            ({"Type": "Number", "MinValue": 1, "MaxValue": 5}, "3", "3"),
            ({"Type": "CommaDelimitedList"}, "a, b", ["a", "b"]),
            ({"Type": "CommaDelimitedList", "Default": ""}, None, []),
            ({"Type": "List<Number>"}, "1,2", ["1", "2"]),
            ({"Type": "AWS::EC2::VPC::Id"}, "vpc-1", "vpc-1"),
            ({"Type": "List<AWS::EC2::Subnet::Id>"}, "a,b", ["a", "b"]),
            ({"Type": "AWS::SSM::Parameter::Name"}, "/p", "/p"),
            ({"Type": "AWS::SSM::Parameter::Value<String>"}, "/p", "value of /p"),
            ({"Type": "AWS::SSM::Parameter::Value<List<String>>"}, "/p", ["value of /p"]),
        ],
    )
    def test_values(self, definition: dict[str, Any], text: str | None, expected: Any) -> None:
        assert self.resolve(definition, text).value == expected

    @pytest.mark.parametrize(
        ("definition", "text", "message"),
        [
            ({"Type": "Text"}, "x", "Unrecognized parameter type: Text"),
            ({"Default": "x"}, None, "must contain a Type member: It"),
            ({"Type": "String", "Nope": 1}, "x", "Invalid template parameter property 'Nope'"),
            ({"Type": "String", "AllowedValues": ["a"]}, "b", "Parameter 'It' must be one of AllowedValues"),
            ({"Type": "String", "AllowedPattern": "[a-z]+"}, "B", r"Parameter 'It' must match pattern \[a-z\]\+"),
            ({"Type": "String", "MinLength": 2}, "b", "must contain at least 2 characters"),
            ({"Type": "String", "MaxLength": "2"}, "bbb", "must contain at most 2 characters"),
            ({"Type": "Number"}, "b", "Parameter 'It' must be a number."),
            ({"Type": "Number", "MinValue": 2}, "1", "must be a number not less than 2"),
            ({"Type": "Number", "MaxValue": 2}, "3", "must be a number not greater than 2"),
            (
                {"Type": "String", "AllowedPattern": "a", "ConstraintDescription": "say a"},
                "b",
                "Parameter It failed to satisfy constraint: say a",
            ),
        ],
    )
    def test_faults(self, definition: dict[str, Any], text: str | None, message: str) -> None:
        with pytest.raises(ValidationError, match=message):
            self.resolve(definition, text)

    def test_a_previous_value_that_never_was(self) -> None:
        with pytest.raises(ValidationError, match="Cannot specify usePreviousValue as true"):
            resolve_parameters({"It": {"Type": "String"}}, [{"ParameterKey": "It", "UsePreviousValue": True}], {}, str)


class TestDocuments:
    def test_short_forms_and_dates(self) -> None:
        text = """
        Version: 2012-10-17
        A: !Sub "${B}-x"
        B: !GetAtt C.D.E
        C: !If [IsProd, !Ref X, !Select [0, !GetAZs ""]]
        D: !And [!Condition One, !Equals [a, b]]
        E: !FindInMap [A, B, C]
        """
        assert load_document(text) == {
            "Version": "2012-10-17",
            "A": {"Fn::Sub": "${B}-x"},
            "B": {"Fn::GetAtt": ["C", "D.E"]},
            "C": {"Fn::If": ["IsProd", {"Ref": "X"}, {"Fn::Select": [0, {"Fn::GetAZs": ""}]}]},
            "D": {"Fn::And": [{"Condition": "One"}, {"Fn::Equals": ["a", "b"]}]},
            "E": {"Fn::FindInMap": ["A", "B", "C"]},
        }

    def test_flow_yaml_that_looks_like_json(self) -> None:
        assert load_document("{Resources: {A: {Type: !Ref x}}}") == {"Resources": {"A": {"Type": {"Ref": "x"}}}}

    def test_the_place_of_a_fault(self) -> None:
        with pytest.raises(ValidationError, match=r"JSON not well-formed. \(line 2, column 1\)"):
            load_document('{"a": \n]')


class TestLoops:
    def test_a_loop_in_a_loop(self) -> None:
        document = {
            "Transform": "AWS::LanguageExtensions",
            "Resources": {
                "Fn::ForEach::Outer": [
                    "A",
                    {"Ref": "Names"},
                    {
                        "Fn::ForEach::Inner": [
                            "B",
                            ["1", "2"],
                            {"R${A}${B}": {"Type": "T", "Properties": {"Name": {"Ref": "A"}, "Key": "k-${B}"}}},
                        ]
                    },
                ]
            },
        }
        resources = expand(document, {"Names": ["x", "y"]})["Resources"]
        assert set(resources) == {"Rx1", "Rx2", "Ry1", "Ry2"}
        assert resources["Ry2"] == {"Type": "T", "Properties": {"Name": "y", "Key": "k-2"}}

    @pytest.mark.parametrize(
        ("document", "message"),
        [
            ({"Transform": "AWS::Serverless-2016-10-31"}, r"does not offer the transform\(s\) AWS::Serverless"),
            ({"Resources": {"A": {"Fn::Transform": {"Name": "AWS::Include"}}}}, "does not offer Fn::Transform"),
            (
                {"Transform": "AWS::LanguageExtensions", "Resources": {"Fn::ForEach::X": ["A", ["1"]]}},
                "Fn::ForEach::X needs an identifier, a collection and an output object",
            ),
            (
                {"Transform": "AWS::LanguageExtensions", "Resources": {"Fn::ForEach::X": ["A", {"Ref": "No"}, {}]}},
                "the collection of Fn::ForEach::X must be a list of strings known beforehand",
            ),
            (
                {"Transform": "AWS::LanguageExtensions", "Resources": {"Fn::ForEach::X": ["A", ["1", "2"], {"R": 1}]}},
                "Fn::ForEach::X produces R twice",
            ),
        ],
    )
    def test_faults(self, document: dict[str, Any], message: str) -> None:
        with pytest.raises(ValidationError, match=message):
            expand(document, {})


class TestGraph:
    def test_references(self) -> None:
        node = {
            "a": {"Ref": "One"},
            "b": [{"Fn::GetAtt": ["Two", "Arn"]}, {"Fn::Sub": ["${Three.Id}${Own}${!Not}", {"Own": {"Ref": "Four"}}]}],
            "c": {"Fn::If": ["Yes", {"Ref": "Five"}, {"Ref": "Six"}]},
        }
        taken = set(references(node, lambda name: name == "Yes"))
        assert taken == {
            Reference("One"),
            Reference("Two", "Arn"),
            Reference("Three", "Id"),
            Reference("Four"),
            Reference("Five"),
        }
        assert set(references(node)) == taken | {Reference("Six")}

    def test_only_the_circle_is_named(self) -> None:
        check_cycles({"a": ["b"], "b": ["c"], "c": []})
        with pytest.raises(ValidationError, match=r"Circular dependency between resources: \[b, c\]$"):
            check_cycles({"a": ["b"], "b": ["c"], "c": ["b", "d"], "d": []})

    def test_the_other_way_round(self) -> None:
        assert reverse({"a": ["b", "elsewhere"], "b": []}) == {"a": set(), "b": {"a"}}


class TestNames:
    def test_the_random_part_is_never_cut(self) -> None:
        name = physical_name("s" * 100, "L" * 100, limit=64)
        stack, logical, random = name.split("-")
        assert (len(name), len(random)) == (64, 12)
        assert min(len(stack), len(logical)) > 20
        assert physical_name("Stack", "Logical", limit=63, lower=True).startswith("stack-logical-")

    def test_names_differ(self) -> None:
        assert len({physical_name("s", "l", limit=64) for _ in range(100)}) == 100


class TestShapes:
    def test_names_and_types_follow_the_service(self) -> None:
        properties = {
            "RepositoryName": "r",
            "ImageScanningConfiguration": {"ScanOnPush": "true"},
            "Tags": [{"Key": "a", "Value": 1}],
        }
        assert request("ecr", "CreateRepository", properties) == {
            "repositoryName": "r",
            "imageScanningConfiguration": {"scanOnPush": True},
            "tags": [{"Key": "a", "Value": "1"}],
        }
        assert request("lambda", "CreateFunction", {"Timeout": "5", "Tags": [{"Key": "a", "Value": "b"}]}) == {
            "Timeout": 5,
            "Tags": {"a": "b"},
        }

    def test_every_fault_has_its_path(self) -> None:
        properties = {"Environment": {"Variables": ["x"], "Nope": 1}, "Layers": "l", "Timeout": [], "Handler": {}}
        assert shape_problems("lambda", "CreateFunction", properties) == [
            "/Environment/Variables: expected type: JSONObject, found: JSONArray",
            "/Environment: extraneous key [Nope] is not permitted",
            "/Layers: expected type: JSONArray, found: String",
            "/Timeout: expected type: Number, found: JSONArray",
            "/Handler: expected type: String, found: JSONObject",
        ]

    def test_what_waits_for_a_resource_is_left_alone(self) -> None:
        assert shape_problems("lambda", "CreateFunction", {"Timeout": Pending("X"), "Layers": [Pending("Y")]}) == []


class FakeClient:
    """Parameters and secrets for dynamic references."""

    def get_parameter(self, *, Name: str, WithDecryption: bool) -> dict[str, Any]:  # noqa: N803 - boto3's own names
        return {"Parameter": {"Value": f"{Name}{'!' if WithDecryption else ''}"}}

    def get_secret_value(self, **arguments: str) -> dict[str, Any]:
        return {"SecretString": json.dumps({"key": json.dumps(arguments)})}


class TestDynamicReferences:
    def test_plain_ones_at_once_secret_ones_later(self) -> None:
        text = "a {{resolve:ssm:/p:3}} {{resolve:ssm-secure:/s}} {{resolve:secretsmanager:n:SecretString:key}}"
        plain = resolve_plain(text, lambda service: FakeClient())
        assert plain == "a /p:3 {{resolve:ssm-secure:/s}} {{resolve:secretsmanager:n:SecretString:key}}"
        assert resolve_secrets([plain], lambda service: FakeClient()) == ['a /p:3 /s! {"SecretId": "n"}']

    def test_an_arn_with_stage_and_version(self) -> None:
        arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:name-AbCdEf"
        text = f"{{{{resolve:secretsmanager:{arn}:SecretString:key:STAGE}}}}"
        found = json.loads(resolve_secrets(text, lambda service: FakeClient()))
        assert found == {"SecretId": arn, "VersionStage": "STAGE"}

    def test_binary_secrets_are_refused(self) -> None:
        with pytest.raises(ValidationError, match="expected SecretString, got SecretBinary"):
            resolve_secrets("{{resolve:secretsmanager:n:SecretBinary:k}}", lambda service: FakeClient())


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:4566/bucket/a/b.json", ("bucket", "a/b.json", None)),
        ("https://s3.amazonaws.com/bucket/key", ("bucket", "key", None)),
        ("https://s3.eu-west-1.amazonaws.com/bucket/key?versionId=v1", ("bucket", "key", "v1")),
        ("https://s3-eu-west-1.amazonaws.com/bucket/key", ("bucket", "key", None)),
        ("https://my.bucket.s3.eu-west-1.amazonaws.com/a%20b", ("my.bucket", "a b", None)),
        ("https://bucket.s3.amazonaws.com/key", ("bucket", "key", None)),
        ("s3://bucket/key", ("bucket", "key", None)),
    ],
)
def test_forms_of_a_template_url(url: str, expected: tuple[str, str, str | None]) -> None:
    assert s3_location(url) == expected


def test_one_and_true_differ() -> None:
    assert changed_properties({"a": 1, "b": [1], "c": {"d": True}}, {"a": True, "b": [True], "c": {"d": True}}) == {
        "a",
        "b",
    }
