"""With the real CDK: what it fills in, and what it would have dropped."""

import json
from typing import Any

from aws_cdk import App, CfnParameter, Stack, Token

from constructs_lib.rendering import json_text

VALUES = {"Name": "houses", "Count": 3, "Subnets": ["subnet-1", "subnet-2"]}


def filled_in(resolved: Any) -> str:
    """The text that CloudFormation would make."""
    if isinstance(resolved, str):
        return resolved
    ((function, value),) = resolved.items()
    if function == "Fn::Join":
        return str(value[0]).join(map(filled_in, value[1]))
    if function == "Ref":
        return str(VALUES[value])
    assert function == "Fn::GetAtt"  # the CDK's helper that writes a list as JSON
    return json.dumps(VALUES["Subnets"])


def test_tokens_of_every_kind_are_filled_in() -> None:
    stack = Stack(App(), "Test")
    name = CfnParameter(stack, "Name").value_as_string
    count = CfnParameter(stack, "Count", type="Number").value_as_number
    subnets = CfnParameter(stack, "Subnets", type="List<String>").value_as_list
    document = {
        "Uri": f"s3://{name}/models",
        "Count": count,
        "Subnets": subnets,
        "Nested": [{"Count": count, "Nothing": None}],
        "ResultPath": None,
    }

    text = stack.resolve(json_text(document, embed=stack.to_json_string))

    assert json.loads(filled_in(text)) == {
        "Uri": "s3://houses/models",
        "Count": 3,
        "Subnets": ["subnet-1", "subnet-2"],
        "Nested": [{"Count": 3, "Nothing": None}],
        "ResultPath": None,
    }


def test_the_cdk_would_drop_what_is_null() -> None:
    stack = Stack(App(), "Test")
    assert stack.resolve(stack.to_json_string({"a": 1, "ResultPath": None})) == '{"a":1}'


def test_without_tokens_it_is_plain_json() -> None:
    document = {"a": ["ä", 1, 0.5, True, None], "b": {"c": 'it\'s "quoted"'}}
    assert json.loads(json_text(document, embed=str)) == document
    assert not Token.is_unresolved(json_text(document, embed=str))
