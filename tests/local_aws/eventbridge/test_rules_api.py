"""The operations on buses, rules, targets, events and tags."""

import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local_aws.gateway.context import Principal, RequestContext
from tests.local_aws.functions.deployments import REGION, Deployments

ACCOUNT = "123456789012"
PATTERN = json.dumps({"source": ["x"]})
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"


def test_a_rule_from_its_making_to_its_end(made: Deployments) -> None:
    events, name = made.client("events"), made.name("rule")
    arn = events.put_rule(Name=name, EventPattern=PATTERN, Description="d", Tags=[{"Key": "k", "Value": "v"}])[
        "RuleArn"
    ]
    assert arn == f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{name}"
    found = events.describe_rule(Name=name)
    found.pop("ResponseMetadata")
    assert found == {
        "Name": name,
        "Arn": arn,
        "EventPattern": PATTERN,
        "State": "ENABLED",
        "Description": "d",
        "EventBusName": "default",
        "CreatedBy": ACCOUNT,
    }
    events.put_targets(Rule=name, Targets=[{"Id": "a", "Arn": QUEUE}, {"Id": "b", "Arn": QUEUE, "Input": "{}"}])
    events.put_targets(Rule=name, Targets=[{"Id": "a", "Arn": QUEUE, "InputPath": "$.detail"}])
    targets = events.list_targets_by_rule(Rule=name)["Targets"]
    assert targets == [
        {"Id": "a", "Arn": QUEUE, "InputPath": "$.detail"},
        {"Id": "b", "Arn": QUEUE, "Input": "{}"},
    ]
    assert name in events.list_rule_names_by_target(TargetArn=QUEUE)["RuleNames"]
    with pytest.raises(ClientError, match="Rule can't be deleted since it has targets"):
        events.delete_rule(Name=name)
    events.disable_rule(Name=name)
    assert events.describe_rule(Name=name)["State"] == "DISABLED"
    events.put_rule(Name=name, EventPattern=PATTERN)
    found = events.describe_rule(Name=name)
    assert found["State"] == "ENABLED"
    assert "Description" not in found
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "k", "Value": "v"}]
    assert events.remove_targets(Rule=name, Ids=["a", "b", "c"])["FailedEntryCount"] == 0
    events.delete_rule(Name=name)
    events.delete_rule(Name=name)
    with pytest.raises(ClientError, match=f"Rule {name} does not exist on EventBus default"):
        events.describe_rule(Name=name)


def test_rules_are_listed_in_pages(made: Deployments) -> None:
    events = made.client("events")
    names = [made.name(f"rule{number}") for number in range(3)]
    for name in names:
        events.put_rule(Name=name, ScheduleExpression="rate(1 day)", State="DISABLED")
    first = events.list_rules(NamePrefix=made.prefix, Limit=2)
    second = events.list_rules(NamePrefix=made.prefix, Limit=2, NextToken=first["NextToken"])
    assert [rule["Name"] for rule in (*first["Rules"], *second["Rules"])] == names
    assert first["Rules"][0]["ScheduleExpression"] == "rate(1 day)"
    assert "NextToken" not in second


@pytest.mark.parametrize(
    ("members", "code", "message"),
    [
        ({}, "ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be specified."),
        ({"EventPattern": "{"}, "InvalidEventPatternException", "Event pattern is not valid. Reason: "),
        ({"EventPattern": '{"a": 1}'}, "InvalidEventPatternException", '"a" must be an object or an array'),
        ({"ScheduleExpression": "hourly"}, "ValidationException", "Parameter ScheduleExpression is not valid."),
        ({"EventPattern": PATTERN, "State": "ON"}, "ValidationException", "State 'ON' must be one of ENABLED"),
        (
            {"EventPattern": PATTERN, "EventBusName": "nowhere"},
            "ResourceNotFoundException",
            "Event bus nowhere does not exist.",
        ),
        ({"EventPattern": PATTERN, "Name": "a b"}, "ValidationException", "Rule name 'a b' must match"),
    ],
)
def test_what_is_no_rule(made: Deployments, members: dict[str, Any], code: str, message: str) -> None:
    with pytest.raises(ClientError) as caught:
        made.client("events").put_rule(**{"Name": made.name("rule"), **members})
    assert caught.value.response["Error"]["Code"] == code
    assert message in caught.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ({"Arn": "queue"}, "Parameter queue is not valid. Reason: Provided Arn is not in correct format."),
        (
            {"Arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/c"},
            "does not offer EventBridge targets such as arn:aws:ecs",
        ),
        (
            {"Arn": QUEUE, "EcsParameters": {"TaskDefinitionArn": "t"}},
            "does not offer EventBridge targets with EcsParameters",
        ),
        (
            {"Arn": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:m"},
            "RoleArn is required for target t, a state machine",
        ),
        ({"Arn": QUEUE + ".fifo"}, "Parameter(s) SqsParameters must be specified for target: t."),
        ({"Arn": QUEUE, "SqsParameters": {"MessageGroupId": "g"}}, "is no FIFO queue"),
        ({"Arn": QUEUE, "DeadLetterConfig": {"Arn": "arn:aws:sns:x:y:z"}}, "must name a standard SQS queue"),
        ({"Arn": QUEUE, "RetryPolicy": {"MaximumRetryAttempts": 186}}, "must lie between 0 and 185"),
        ({"Arn": QUEUE, "RetryPolicy": {"MaximumEventAgeInSeconds": 86_401}}, "must lie between 60 and 86400"),
        (
            {"Arn": QUEUE, "Input": "{}", "InputPath": "$"},
            "Only one of Input, InputPath, or InputTransformer must be provided for target t.",
        ),
        (
            {"Arn": QUEUE, "InputTransformer": {"InputTemplate": "<x>"}},
            "InputTemplate for target t contains invalid placeholder x.",
        ),
        (
            {"Arn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"},
            "EventBus default cannot be a target of its own rule",
        ),
        ({"Arn": QUEUE, "Id": "a b"}, "Target id 'a b' must match"),
    ],
)
def test_what_is_no_target(made: Deployments, target: dict[str, Any], message: str) -> None:
    events, name = made.client("events"), made.name("rule")
    events.put_rule(Name=name, EventPattern=PATTERN)
    with pytest.raises(ClientError) as caught:
        events.put_targets(Rule=name, Targets=[{"Id": "fine", "Arn": QUEUE}, {"Id": "t", **target}])
    assert message in caught.value.response["Error"]["Message"]
    assert events.list_targets_by_rule(Rule=name)["Targets"] == []


def test_five_targets_and_no_more(made: Deployments) -> None:
    events, name = made.client("events"), made.name("rule")
    events.put_rule(Name=name, EventPattern=PATTERN)
    events.put_targets(Rule=name, Targets=[{"Id": f"t{n}", "Arn": QUEUE} for n in range(5)])
    with pytest.raises(ClientError, match=r"LimitExceededException.*would have 6 targets where 5 are allowed"):
        events.put_targets(Rule=name, Targets=[{"Id": "t5", "Arn": QUEUE}])


def test_entries_are_answered_one_by_one(made: Deployments) -> None:
    good = {"Source": "s", "DetailType": "t", "Detail": "{}", "Time": datetime(2024, 1, 1, tzinfo=UTC)}
    answer = made.client("events").put_events(
        Entries=[
            good,
            {**good, "Detail": "no json"},
            {**good, "Detail": "[]"},
            {"Detail": "{}", "DetailType": "t"},
            {**good, "Source": "aws.sagemaker"},
            {**good, "EventBusName": "nowhere"},
        ]
    )
    assert answer["FailedEntryCount"] == 4
    assert ["EventId" in entry for entry in answer["Entries"]] == [True, False, False, False, False, True]
    errors = [(entry["ErrorCode"], entry["ErrorMessage"]) for entry in answer["Entries"] if "ErrorCode" in entry]
    assert errors == [
        ("MalformedDetail", "Detail is malformed."),
        ("MalformedDetail", "Detail is malformed."),
        ("InvalidArgument", "Parameter Source is not valid. Reason: Source is a required argument."),
        ("NotAuthorizedForSourceException", "Not authorized for the source."),
    ]


def test_too_many_and_too_large_entries(made: Deployments) -> None:
    events = made.client("events")
    entry = {"Source": "s", "DetailType": "t", "Detail": "{}"}
    with pytest.raises(ClientError, match="between 1 and 10"):
        events.put_events(Entries=[entry] * 11)
    with pytest.raises(ClientError, match="Total size of the entries in the request is over the limit"):
        events.put_events(Entries=[{**entry, "Detail": json.dumps({"a": "x" * 262_144})}])


def test_patterns_can_be_tried(made: Deployments) -> None:
    events = made.client("events")
    event = {
        "id": "1",
        "account": ACCOUNT,
        "source": "x",
        "time": "2024-01-01T00:00:00Z",
        "region": REGION,
        "resources": [],
        "detail-type": "t",
    }
    assert events.test_event_pattern(EventPattern=PATTERN, Event=json.dumps(event))["Result"] is True
    other = json.dumps({**event, "source": "y"})
    assert events.test_event_pattern(EventPattern=PATTERN, Event=other)["Result"] is False
    for text, message in (("{", "Parameter Event is not valid"), ("[]", "not an object"), ("{}", "is missing")):
        with pytest.raises(ClientError, match=message):
            events.test_event_pattern(EventPattern=PATTERN, Event=text)


def test_buses_and_their_policies(made: Deployments) -> None:
    events, name = made.client("events"), made.name("bus")
    arn = events.create_event_bus(Name=name, Description="d", Tags=[{"Key": "k", "Value": "v"}])["EventBusArn"]
    assert arn == f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{name}"
    with pytest.raises(ClientError, match="ResourceAlreadyExistsException"):
        events.create_event_bus(Name=name)
    events.put_permission(EventBusName=name, StatementId="other", Action="events:PutEvents", Principal="111111111111")
    policy = json.loads(events.describe_event_bus(Name=arn)["Policy"])
    assert policy["Statement"] == [
        {
            "Sid": "other",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
            "Action": "events:PutEvents",
            "Resource": arn,
        }
    ]
    with pytest.raises(ClientError, match="Statement none does not exist"):
        events.remove_permission(EventBusName=name, StatementId="none")
    events.remove_permission(EventBusName=name, StatementId="other")
    assert "Policy" not in events.describe_event_bus(Name=name)
    with pytest.raises(ClientError, match="EventBus does not have a policy"):
        events.remove_permission(EventBusName=name, StatementId="other")
    with pytest.raises(ClientError, match="must be specified where there is no Policy"):
        events.put_permission(EventBusName=name, StatementId="x")
    assert [bus["Name"] for bus in events.list_event_buses(NamePrefix=name)["EventBuses"]] == [name]
    assert "default" in [bus["Name"] for bus in events.list_event_buses()["EventBuses"]]
    events.tag_resource(ResourceARN=arn, Tags=[{"Key": "l", "Value": "w"}])
    events.untag_resource(ResourceARN=arn, TagKeys=["k"])
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "l", "Value": "w"}]
    events.put_rule(Name="r", EventBusName=name, EventPattern=PATTERN)
    with pytest.raises(ClientError, match="can't be deleted since it has rules"):
        events.delete_event_bus(Name=name)
    with pytest.raises(ClientError, match="ScheduleExpression is supported only on the default event bus"):
        events.put_rule(Name="s", EventBusName=name, ScheduleExpression="rate(1 day)")
    events.delete_rule(Name="r", EventBusName=name)
    events.delete_event_bus(Name=name)
    with pytest.raises(ClientError, match="Cannot delete event bus default"):
        events.delete_event_bus(Name="default")


def test_a_bus_takes_events_of_another_account_only_where_its_policy_says_so(made: Deployments) -> None:
    events, name = made.client("events"), made.name("bus")
    arn = events.create_event_bus(Name=name)["EventBusArn"]
    other = boto3.client(
        "events",
        region_name=REGION,
        endpoint_url=made.aws.platform.endpoint_url,
        aws_access_key_id="111111111111",
        aws_secret_access_key="x",
    )
    entry = {"Source": "s", "DetailType": "t", "Detail": "{}", "EventBusName": arn}
    with pytest.raises(ClientError, match="AccessDenied"):
        other.put_events(Entries=[entry])
    events.put_permission(EventBusName=name, StatementId="o", Action="events:PutEvents", Principal="111111111111")
    assert other.put_events(Entries=[entry])["FailedEntryCount"] == 0
    other.close()


def test_a_rule_of_a_service_is_that_services_alone(made: Deployments) -> None:
    events, name = made.client("events"), made.name("rule")
    service = Principal(arn="states.amazonaws.com", account=ACCOUNT, service="states.amazonaws.com")
    context = RequestContext(account=ACCOUNT, region=REGION, principal=service, request_id="1")
    rules = made.aws.gateway._operations["events"]["PutRule"].__self__  # type: ignore[attr-defined]
    rules.put_rule(context, {"Name": name, "EventPattern": PATTERN})
    rules.put_targets(context, {"Rule": name, "Targets": [{"Id": "t", "Arn": QUEUE}]})
    assert events.describe_rule(Name=name)["ManagedBy"] == "states.amazonaws.com"
    with pytest.raises(ClientError, match="ManagedRuleException"):
        events.put_rule(Name=name, EventPattern=PATTERN)
    with pytest.raises(ClientError, match=r"is managed by states\.amazonaws\.com: use that service, or Force"):
        events.remove_targets(Rule=name, Ids=["t"])
    events.remove_targets(Rule=name, Ids=["t"], Force=True)
    events.delete_rule(Name=name, Force=True)


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        (
            "create_archive",
            {"ArchiveName": "a", "EventSourceArn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"},
        ),
        ("create_connection", {"Name": "c", "AuthorizationType": "API_KEY", "AuthParameters": {}}),
        ("list_replays", {}),
        ("list_api_destinations", {}),
    ],
)
def test_what_is_not_offered_says_so(made: Deployments, operation: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match=r"NotAvailableLocally.*the local AWS does not offer events:"):
        getattr(made.client("events"), operation)(**arguments)
