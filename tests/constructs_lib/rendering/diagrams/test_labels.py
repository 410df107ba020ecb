from typing import Any

import pytest

from constructs_lib.rendering.diagrams.labels import choice_label, errors_label, kind_of, notes_of


@pytest.mark.parametrize(
    ("resource", "kind"),
    [
        ("arn:aws:states:::lambda:invoke", "Lambda function"),
        ("arn:aws:states:::lambda:invoke.waitForTaskToken", "Lambda function"),
        ("arn:aws-cn:lambda:cn-north-1:111122223333:function:work", "Lambda function"),
        ("arn:aws:states:::sagemaker:createTrainingJob.sync", "SageMaker training job"),
        ("arn:aws:states:::codebuild:startBuild.sync", "CodeBuild build"),
        ("arn:aws:states:::states:startExecution.sync:2", "Nested workflow"),
        ("arn:${Token[AWS.Partition.3]}:states:::sns:publish", "SNS message"),
        ("arn:aws:states:::aws-sdk:sagemaker:describeEndpoint", "SageMaker: describe endpoint"),
        ("arn:aws:states:::glue:startJobRun.sync", "Glue: start job run"),
        ("arn:aws:states:eu-west-1:111122223333:activity:work", "Task"),
        ("", "Task"),
    ],
)
def test_tasks_are_called_by_what_they_do(resource: str, kind: str) -> None:
    assert kind_of({"Type": "Task", "Resource": resource}) == kind


def test_other_states_are_called_by_their_type() -> None:
    assert kind_of({"Type": "Choice"}) == "Choice"
    assert kind_of({}) == "State"


@pytest.mark.parametrize(
    ("state", "notes"),
    [
        ({"Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken"}, ("waits for a callback",)),
        ({"Type": "Wait", "Seconds": 5}, ("for 5 s",)),
        ({"Type": "Wait", "TimestampPath": "$.at"}, ()),
        ({"Retry": [{"ErrorEquals": ["A"]}]}, ("retried 3 times, after 1 s, then 2 times as long",)),
        ({"Retry": [{"ErrorEquals": ["A"], "MaxAttempts": 1, "IntervalSeconds": 9}]}, ("retried once, after 9 s",)),
        ({"Retry": [{"ErrorEquals": ["A"], "MaxAttempts": 2, "BackoffRate": 1}]}, ("retried 2 times, after 1 s",)),
        ({"Retry": [{"ErrorEquals": ["A", "B"], "MaxAttempts": 0}]}, ("no retry of A, B",)),
        ({"ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}}}, ()),
        ({"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"}}}, ("distributed over items",)),
        (
            {
                "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"}},
                "ItemReader": {"ReaderConfig": {"InputType": "MANIFEST"}},
                "ItemBatcher": {"MaxItemsPerBatch": 5},
            },
            ("distributed over an S3 inventory", "in batches"),
        ),
    ],
)
def test_notes(state: dict[str, Any], notes: tuple[str, ...]) -> None:
    assert notes_of(state, {}) == notes


@pytest.mark.parametrize(
    ("rule", "label"),
    [
        ({"Variable": "$.a.b", "StringEquals": "x"}, "a.b = x"),
        ({"Variable": "$", "NumericLessThan": 3}, "input < 3"),
        ({"Variable": "$.a", "NumericLessThanEqualsPath": "$.b"}, "a ≤ $.b"),
        ({"Variable": "$a.b", "TimestampGreaterThan": "2026-01-01T00:00:00Z"}, "a.b > 2026-01-01T00:00:00Z"),
        ({"Variable": "$.a", "BooleanEquals": False}, "a = false"),
        ({"Variable": "$.a", "StringMatches": "x*"}, "a like x*"),
        ({"Variable": "$.a", "IsPresent": True}, "a is present"),
        ({"Variable": "$.a", "IsPresent": False}, "a is not present"),
        ({"Not": {"Variable": "$.a", "IsNull": True}}, "not (a is null)"),
        (
            {"And": [{"Variable": "$.a", "IsNull": True}, {"Variable": "$.b", "StringEquals": "c"}]},
            "a is null and b = c",
        ),
        ({"Or": [{"Variable": "$.a", "IsNull": True}, {"Variable": "$.b", "StringEquals": "c"}]}, "a is null or b = c"),
        ({"Condition": "{% $x > 5 %}"}, "$x > 5"),
        ({"Variable": "$.a", "Next": "B"}, "a"),
        ({"Variable": "$." + "a" * 80, "StringEquals": "b"}, "a" * 59 + "…"),
    ],
)
def test_choices_are_told_in_a_few_words(rule: dict[str, Any], label: str) -> None:
    assert choice_label(rule) == label


def test_errors_are_told_by_name_but_for_those_made_up_to_leave_a_branch() -> None:
    assert errors_label({"ErrorEquals": ["A", "B"], "Next": "Failed"}) == "A, B"
    assert errors_label({"ErrorEquals": ["Failed: caught"], "Next": "Failed: caught"}) == "caught inside"
    assert errors_label({}) == ""
