"""Schedules and groups through the API, and what is refused."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.scheduler.conftest import ACCOUNT, REGION, Scheduler

QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"


@pytest.fixture(scope="module")
def role(scheduler: Scheduler) -> str:
    return scheduler.role("sqs:SendMessage")


def test_a_schedule_is_kept_changed_listed_and_gone(scheduler: Scheduler, role: str) -> None:
    client = scheduler.client()
    group = client.create_schedule_group(Name="nightly", Tags=[{"Key": "team", "Value": "a"}])["ScheduleGroupArn"]
    target = {"Arn": QUEUE, "RoleArn": role}
    name = scheduler.schedule(target, "cron(0 3 * * ? *)", GroupName="nightly", ScheduleExpressionTimezone="Asia/Tokyo")
    found = client.get_schedule(Name=name, GroupName="nightly")
    assert found["Arn"] == f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/nightly/{name}"
    assert (found["State"], found["ActionAfterCompletion"]) == ("ENABLED", "NONE")
    assert found["ScheduleExpressionTimezone"] == "Asia/Tokyo"
    client.update_schedule(
        Name=name,
        GroupName="nightly",
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target,
        State="DISABLED",
    )
    changed = client.get_schedule(Name=name, GroupName="nightly")
    # an update replaces all: the time zone is the default again
    assert changed["ScheduleExpressionTimezone"] == "UTC"
    assert changed["LastModificationDate"] > changed["CreationDate"]
    listed = client.list_schedules(GroupName="nightly", NamePrefix="s-", State="DISABLED")["Schedules"]
    assert [each["Name"] for each in listed] == [name]
    assert client.list_schedules(GroupName="nightly", State="ENABLED")["Schedules"] == []
    client.tag_resource(ResourceArn=group, Tags=[{"Key": "more", "Value": "b"}])
    client.untag_resource(ResourceArn=group, TagKeys=["team"])
    assert client.list_tags_for_resource(ResourceArn=group)["Tags"] == [{"Key": "more", "Value": "b"}]
    client.delete_schedule_group(Name="nightly")
    with pytest.raises(ClientError, match="Schedule group nightly does not exist"):
        client.get_schedule(Name=name, GroupName="nightly")


def test_lists_come_in_pages(scheduler: Scheduler, role: str) -> None:
    client = scheduler.client()
    client.create_schedule_group(Name="paged")
    for number in range(3):
        scheduler.schedule({"Arn": QUEUE, "RoleArn": role}, "cron(0 3 * * ? *)", GroupName="paged", Name=f"p{number}")
    first = client.list_schedules(GroupName="paged", MaxResults=2)
    rest = client.list_schedules(GroupName="paged", MaxResults=2, NextToken=first["NextToken"])
    assert [each["Name"] for page in (first, rest) for each in page["Schedules"]] == ["p0", "p1", "p2"]
    assert "paged" in [each["Name"] for each in client.list_schedule_groups()["ScheduleGroups"]]


def test_names_are_unique_and_the_default_group_stays(scheduler: Scheduler, role: str) -> None:
    client = scheduler.client()
    scheduler.schedule({"Arn": QUEUE, "RoleArn": role}, "cron(0 3 * * ? *)", Name="mine")
    with pytest.raises(ClientError, match="Schedule mine already exists") as caught:
        scheduler.schedule({"Arn": QUEUE, "RoleArn": role}, Name="mine")
    assert caught.value.response["Error"]["Code"] == "ConflictException"
    with pytest.raises(ClientError, match="Schedule group default already exists"):
        client.create_schedule_group(Name="default")
    with pytest.raises(ClientError, match="The default schedule group cannot be deleted"):
        client.delete_schedule_group(Name="default")


@pytest.mark.parametrize(
    ("target", "members", "message"),
    [
        ({}, {"ScheduleExpression": "daily"}, "Invalid Schedule Expression daily"),
        (
            {},
            {"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}},
            "MaximumWindowInMinutes is needed for a flexible time window",
        ),
        ({}, {"EndDate": "2020-01-01T00:00:00Z"}, "The EndDate you specify cannot be in the past"),
        ({}, {"Name": "no spaces"}, "Value 'no spaces' at 'name' failed to satisfy constraint"),
        ({"Arn": "q"}, {}, "Provided Arn is not in correct format: q"),
        ({"Arn": f"{QUEUE}.fifo"}, {}, "SqsParameters with MessageGroupId are for FIFO queues"),
        ({"Arn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"}, {}, "EventBridgeParameters is needed"),
        ({"Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f", "Input": "{"}, {}, "Input must be valid JSON"),
        ({"Arn": "arn:aws:scheduler:::aws-sdk:sqs:fly"}, {}, "aws-sdk:sqs:fly is no operation of an AWS service"),
        ({"Arn": "arn:aws:scheduler:::aws-sdk:s3:listBuckets"}, {}, "aws-sdk:s3:listBuckets only reads"),
        (
            {"Arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/c"},
            {},
            f"does not offer EventBridge Scheduler targets such as arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/c",
        ),
    ],
)
def test_what_is_refused(
    scheduler: Scheduler, role: str, target: dict[str, Any], members: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=message):
        scheduler.schedule({"Arn": QUEUE, "RoleArn": role} | target, **members)


@pytest.mark.parametrize("body", [{}, {"advance_seconds": -1}, {"advance_seconds": "soon"}, {"advance_seconds": 1e9}])
def test_time_moves_ahead_only(scheduler: Scheduler, body: dict[str, Any]) -> None:
    status, answer = scheduler.move_clock(json.dumps(body).encode())
    assert status == 400
    assert "with N from 0 to 31622400" in answer["error"]
