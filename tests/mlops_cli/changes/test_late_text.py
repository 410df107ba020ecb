"""Texts whose values CloudFormation fills in."""

import pytest

from mlops_cli.changes.late_text import LateText

ROLE = {"Fn::GetAtt": ["Role", "Arn"]}
REGION = {"Ref": "AWS::Region"}
JOINED = {"Fn::Join": ["", ['{"a":"', ROLE, '","b":"', REGION, "/", REGION, '"}']]}


def test_a_deployed_text_tells_the_values_that_were_filled_in() -> None:
    text = LateText.of(JOINED)
    values = text.values_in('{"a":"arn:aws:iam::1:role/x","b":"eu-west-1/eu-west-1"}')

    assert text.names() == {"Role.Arn", "AWS::Region"}
    assert values == {"Role.Arn": "arn:aws:iam::1:role/x", "AWS::Region": "eu-west-1"}
    assert text.filled(values) == {"a": "arn:aws:iam::1:role/x", "b": "eu-west-1/eu-west-1"}


@pytest.mark.parametrize(
    "deployed",
    ['{"a":"x","b":"eu-west-1/us-east-1"}', '{"a":"x","c":"eu-west-1/eu-west-1"}', ""],
    ids=["one value twice", "another member", "empty"],
)
def test_another_text_tells_none(deployed: str) -> None:
    assert LateText.of(JOINED).values_in(deployed) is None


@pytest.mark.parametrize(
    ("value", "filled"),
    [
        ('{"a":1}', {"a": 1}),
        (JOINED, {"a": "${Role.Arn}", "b": "${AWS::Region}/${AWS::Region}"}),
        ({"Fn::Sub": '{"a":"${Role.Arn} of ${AWS::Region}, ${!b}"}'}, {"a": "${Role.Arn} of ${AWS::Region}, ${b}"}),
        ({"Fn::Sub": ['{"a":"${Name}"}', {"Name": {"Ref": "Bucket"}}]}, {"a": "${Bucket}"}),
        ({"Fn::Join": [":", ['{"a"', '"b"}']]}, {"a": "b"}),
        ({"Fn::Join": ["", ['{"a\\"":', {"Ref": "Count"}, "}"]]}, {'a"': "${Count}"}),
        ({"Fn::Join": ["", ['{"a":"', {"Fn::ImportValue": "there:Arn"}, '"}']]}, {"a": "${there:Arn}"}),
        (
            {"Fn::Join": ["", ['{"a":"', {"Fn::Select": [0, {"Ref": "Names"}]}, '"}']]},
            None,
        ),
    ],
    ids=["plain", "join", "sub", "sub with names", "join by a text", "no text", "import", "another function"],
)
def test_what_is_not_known_is_named(value: object, filled: object) -> None:
    text = LateText.of(value)
    if filled is None:
        assert text.names() == {'{"Fn::Select":[0,{"Ref":"Names"}]}'}
        (name,) = text.names()
        assert text.filled({name: "first"}) == {"a": "first"}
    else:
        assert text.filled({}) == filled
