"""What targets get of an event."""

import json
from typing import Any

import pytest

from local_aws.eventbridge.transformers import Origin, check_input, target_input
from local_aws.gateway.errors import AwsError

EVENT = {
    "version": "0",
    "id": "7bf73129",
    "detail-type": "State-change",
    "source": "aws.ec2",
    "account": "123456789012",
    "time": "2015-11-11T21:29:54Z",
    "region": "us-east-1",
    "resources": ["arn:one", "arn:two"],
    "detail": {
        "instance-id": "i-1",
        "state": "RUNNING",
        "count": 3,
        "on": True,
        "none": None,
        "tags": [{"k": "a", "v": 1}, {"k": "b"}],
        "quoted": 'say "hi"\n',
    },
}
ORIGIN = Origin(
    rule_arn="arn:aws:events:us-east-1:123456789012:rule/r", rule_name="r", ingestion_time="2026-01-01T00:00:00Z"
)


def made(**members: Any) -> str:
    target = {"Id": "t", "Arn": "arn:aws:sqs:us-east-1:123456789012:q", **members}
    check_input(target)
    return target_input(target, EVENT, ORIGIN)


def filled(template: str, **paths: str) -> str:
    return made(InputTransformer={"InputPathsMap": paths, "InputTemplate": template})


def test_the_whole_event_by_default() -> None:
    assert json.loads(made()) == EVENT


def test_a_constant() -> None:
    assert made(Input='{"a": 1}') == '{"a": 1}'


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$.detail.state", '"RUNNING"'),
        ("$.detail.tags", '[{"k":"a","v":1},{"k":"b"}]'),
        ("$.detail.tags[0]", '{"k":"a","v":1}'),
        ("$.detail.tags[*].k", '["a","b"]'),
        ("$.detail.tags[*].v", "[1]"),
        ("$.resources[1]", '"arn:two"'),
        ("$.detail-type", '"State-change"'),
        ("$['detail-type']", '"State-change"'),
        ("$.detail.none", "null"),
        ("$.detail.absent.more", "null"),
        ("$.resources[7]", "null"),
    ],
)
def test_a_part(path: str, expected: str) -> None:
    assert made(InputPath=path) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('"instance <i> is <s>"', '"instance i-1 is RUNNING"'),
        ('"instance \\"<i>\\" is <s>"', '"instance \\"i-1\\" is RUNNING"'),
        ('{"instance" : <i>, "state": <s>}', '{"instance":"i-1","state":"RUNNING"}'),
        (
            '{"i": <i>, "s": "<s>", "t": "instance \\"<i>\\" is <s>"}',
            '{"i":"i-1","s":"RUNNING","t":"instance \\"i-1\\" is RUNNING"}',
        ),
        ('{"s": [ 9, <s>, true ], "n": <n>, "b": <b>, "z": <z>}', '{"s":[9,"RUNNING",true],"n":3,"b":true,"z":null}'),
        ('{"n": "<n>"}', '{"n":"3"}'),
        ('{"o": <o>}', '{"o":[{"k":"a","v":1},{"k":"b"}]}'),
        ('{"o": "<o>"}', '{"o":"[{k:a,v:1},{k:b}]"}'),
        ('{"m": <m>, "t": "x<m>y"}', '{"m":"","t":"xy"}'),
        ('{"q": "<q>", "r": <q>}', '{"q":"say \\"hi\\"\\n","r":"say \\"hi\\"\\n"}'),
        ("<s> without quotes", '"RUNNING" without quotes'),
        (
            '{"rule": <aws.events.rule-arn>, "name": "<aws.events.rule-name>"}',
            f'{{"rule":"{ORIGIN.rule_arn}","name":"r"}}',
        ),
        ('"at <aws.events.event.ingestion-time>"', '"at 2026-01-01T00:00:00Z"'),
    ],
)
def test_a_template(template: str, expected: str) -> None:
    paths = {
        "i": "$.detail.instance-id",
        "s": "$.detail.state",
        "n": "$.detail.count",
        "b": "$.detail.on",
        "z": "$.detail.none",
        "o": "$.detail.tags",
        "m": "$.detail.absent",
        "q": "$.detail.quoted",
    }
    assert filled(template, **paths) == expected


def test_the_event_itself_in_a_template() -> None:
    found = json.loads(
        made(InputTransformer={"InputTemplate": '{"a": <aws.events.event>, "b": <aws.events.event.json>}'})
    )
    assert found["b"] == EVENT
    without = {key: value for key, value in EVENT.items() if key not in ("detail", "detail-type")}
    assert found["a"] == {**without, "detailType": "State-change"}


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (
            {"Input": "{}", "InputPath": "$.a"},
            "Only one of Input, InputPath, or InputTransformer must be provided for target t.",
        ),
        ({"Input": "{"}, "JSON syntax error in input for target t"),
        ({"InputPath": "detail"}, "a JSON path starts with $, got 'detail'"),
        ({"InputPath": "$.a[x]"}, "cannot read '$.a[x]' at 3"),
        (
            {"InputTransformer": {"InputTemplate": '"<nope>"'}},
            "InputTemplate for target t contains invalid placeholder nope.",
        ),
        (
            {"InputTransformer": {"InputPathsMap": {"AWS.x": "$.a"}, "InputTemplate": '""'}},
            "contains invalid key AWS.x",
        ),
        (
            {"InputTransformer": {"InputPathsMap": {f"k{n}": "$.a" for n in range(101)}, "InputTemplate": '""'}},
            "has 101 entries where 100 are allowed",
        ),
    ],
)
def test_what_is_no_input(members: dict[str, Any], message: str) -> None:
    with pytest.raises(AwsError) as caught:
        made(**members)
    assert caught.value.code == "ValidationException"
    assert message in caught.value.message
