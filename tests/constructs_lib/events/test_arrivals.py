from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from aws_cdk import App, Stack
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Annotations, Match

from constructs_lib.environments.storage import Storage
from constructs_lib.events.arrivals import DataArrivalRule
from constructs_lib.events.inputs import EventValue
from tests.constructs_lib.synthesis import only, resources, template_of


@frozen(kw_only=True)
class Machine:
    state_machine_arn: str = "arn:aws:states:eu-west-1:111122223333:stateMachine:work"


def test_the_bucket_tells_the_rule_and_the_rule_the_workflow(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        DataArrivalRule(stack, "NewData", bucket=Storage(stack, "Data").bucket, workflow=Machine())

    template = template_of(define, tmp_path, nag=True)
    ((name, bucket),) = [
        found for found in resources(template, "AWS::S3::Bucket").items() if not found[0].startswith("DataAccessLogs")
    ]
    assert bucket["Properties"]["NotificationConfiguration"] == {
        "EventBridgeConfiguration": {"EventBridgeEnabled": True}
    }
    rule = only(template, "AWS::Events::Rule")
    assert rule["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [{"Ref": name}]}, "object": {"size": [{"numeric": [">", 0]}]}},
    }
    (target,) = rule["Targets"]
    assert target["InputTransformer"]["InputPathsMap"] == {
        "value0": "$.detail.bucket.name",
        "value1": "$.detail.object.key",
        "key0": "$.detail.bucket.name",
        "key1": "$.detail.object.key",
        "key2": "$.detail.object.sequencer",
    }
    assert target["InputTransformer"]["InputTemplate"].endswith('"Input":{"Bucket":<value0>,"Key":<value1>}}')


@pytest.mark.parametrize(
    ("members", "key"),
    [
        ({"prefix": "in/"}, [{"prefix": "in/"}]),
        ({"suffix": ".csv"}, [{"suffix": ".csv"}]),
        ({"prefix": "a*b/", "suffix": "\\.csv"}, [{"wildcard": "a\\*b/*\\\\.csv"}]),
    ],
)
def test_keys_begin_and_end_as_asked(members: dict[str, Any], key: Any) -> None:
    stack = Stack(App(), "Test")
    rule = DataArrivalRule(stack, "NewData", bucket=s3.Bucket(stack, "Bucket"), workflow=Machine(), **members)
    assert rule.rule.event_pattern["detail"]["object"]["key"] == key


def test_a_bucket_of_another_app_must_send_its_events_already() -> None:
    stack = Stack(App(), "Test")
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "theirs")
    DataArrivalRule(stack, "NewData", bucket=bucket, workflow=Machine())
    Annotations.from_stack(stack).has_warning(
        "/Test/NewData",
        Match.string_like_regexp("Test/Bucket is not of this app: it must send its events to EventBridge"),
    )


def test_a_key_that_cannot_be() -> None:
    stack = Stack(App(), "Test")
    with pytest.raises(ValueError, match=r"^Test/Long: prefix and suffix: got 1025 characters, expected at most 1024$"):
        DataArrivalRule(
            stack, "Long", bucket=s3.Bucket(stack, "Bucket"), workflow=Machine(), prefix="x" * 1000, suffix="y" * 25
        )


def test_an_input_that_no_event_has() -> None:
    stack = Stack(App(), "Test")
    with pytest.raises(
        ValueError, match=r"^Test/NewData: targets\[0\]\.input: got EventValue\('detail\.\*'\), expected"
    ):
        DataArrivalRule(
            stack,
            "NewData",
            bucket=s3.Bucket(stack, "Bucket"),
            workflow=Machine(),
            input={"Key": EventValue("detail.*")},
        )
