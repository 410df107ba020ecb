"""SNS, SQS, EventBridge, CloudWatch and Logs resources."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.cloudformation.conftest import Deployer


def physical_id(stacks: Deployer, name: str, logical_id: str) -> str:
    return str(stacks.resources(name)[logical_id]["PhysicalResourceId"])


def policy(principal: dict[str, Any], action: str, resource: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}


class TestTopicAndQueue:
    def template(self, **changes: Any) -> dict[str, Any]:
        queue_arn = {"Fn::GetAtt": ["Queue", "Arn"]}
        return {
            "Topic": {
                "Type": "AWS::SNS::Topic",
                "Properties": {"DisplayName": "one", "Tags": [{"Key": "a", "Value": "b"}]} | changes.get("topic", {}),
            },
            "Queue": {
                "Type": "AWS::SQS::Queue",
                "Properties": {
                    "VisibilityTimeout": "45",
                    "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 3},
                }
                | changes.get("queue", {}),
            },
            "Dead": {"Type": "AWS::SQS::Queue"},
            "QueuePolicy": {
                "Type": "AWS::SQS::QueuePolicy",
                "Properties": {
                    "Queues": [{"Ref": "Queue"}],
                    "PolicyDocument": policy({"Service": "sns.amazonaws.com"}, "sqs:SendMessage", queue_arn),
                },
            },
            "TopicPolicy": {
                "Type": "AWS::SNS::TopicPolicy",
                "Properties": {
                    "Topics": [{"Ref": "Topic"}],
                    "PolicyDocument": policy({"Service": "cloudwatch.amazonaws.com"}, "sns:Publish", {"Ref": "Topic"}),
                },
            },
            "Subscription": {
                "Type": "AWS::SNS::Subscription",
                "DependsOn": "QueuePolicy",
                "Properties": {
                    "TopicArn": {"Ref": "Topic"},
                    "Protocol": "sqs",
                    "Endpoint": queue_arn,
                    "RawMessageDelivery": True,
                    "FilterPolicy": {"kind": ["wanted"]},
                }
                | changes.get("subscription", {}),
            },
        }

    def test_a_message_takes_the_way_that_the_template_made(self, stacks: Deployer) -> None:
        stack = stacks.create(self.template())
        name, sns, sqs = stack["StackName"], stacks.client("sns"), stacks.client("sqs")
        assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
        topic, url = physical_id(stacks, name, "Topic"), physical_id(stacks, name, "Queue")
        for kind in ("unwanted", "wanted"):
            attributes = {"kind": {"DataType": "String", "StringValue": kind}}
            sns.publish(TopicArn=topic, Message=kind, MessageAttributes=attributes)
        messages = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5, MaxNumberOfMessages=10)["Messages"]
        assert [message["Body"] for message in messages] == ["wanted"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert attributes["VisibilityTimeout"] == "45"
        assert json.loads(attributes["RedrivePolicy"])["maxReceiveCount"] == 3
        written = json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
        assert written["Statement"][0]["Principal"] == {"Service": "cloudwatch.amazonaws.com"}

    def test_changes_in_place(self, stacks: Deployer) -> None:
        name = stacks.create(self.template())["StackName"]
        before = {key: item["PhysicalResourceId"] for key, item in stacks.resources(name).items()}
        changed = self.template(
            topic={"DisplayName": "two", "Tags": [{"Key": "c", "Value": "d"}]},
            queue={"VisibilityTimeout": 50},
            subscription={"RawMessageDelivery": False},
        )
        del changed["Queue"]["Properties"]["RedrivePolicy"]
        del changed["TopicPolicy"]
        stack = stacks.update(name, changed)
        assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.reasons(name)
        after = {key: item["PhysicalResourceId"] for key, item in stacks.resources(name).items()}
        assert after == {key: value for key, value in before.items() if key != "TopicPolicy"}
        sns, sqs = stacks.client("sns"), stacks.client("sqs")
        topic = sns.get_topic_attributes(TopicArn=after["Topic"])["Attributes"]
        assert topic["DisplayName"] == "two"
        assert json.loads(topic["Policy"])["Id"] == "__default_policy_ID"
        assert sns.list_tags_for_resource(ResourceArn=after["Topic"])["Tags"] == [{"Key": "c", "Value": "d"}]
        queue = sqs.get_queue_attributes(QueueUrl=after["Queue"], AttributeNames=["All"])["Attributes"]
        assert queue["VisibilityTimeout"] == "50"
        assert not queue.get("RedrivePolicy")
        subscription = sns.get_subscription_attributes(SubscriptionArn=after["Subscription"])["Attributes"]
        assert subscription["RawMessageDelivery"] == "false"

    def test_another_endpoint_is_another_subscription(self, stacks: Deployer) -> None:
        name = stacks.create(self.template())["StackName"]
        before = physical_id(stacks, name, "Subscription")
        stack = stacks.update(name, self.template(subscription={"Endpoint": {"Fn::GetAtt": ["Dead", "Arn"]}}))
        assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.reasons(name)
        assert physical_id(stacks, name, "Subscription") != before
        found = stacks.client("sns").list_subscriptions_by_topic(TopicArn=physical_id(stacks, name, "Topic"))
        assert [item["SubscriptionArn"] for item in found["Subscriptions"]] == [
            physical_id(stacks, name, "Subscription")
        ]

    def test_a_fifo_queue(self, stacks: Deployer) -> None:
        queue = {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": True, "ContentBasedDeduplication": "true"}}
        name = stacks.create({"Queue": queue})["StackName"]
        assert physical_id(stacks, name, "Queue").endswith(".fifo")


class TestRule:
    def template(self, **properties: Any) -> dict[str, Any]:
        target = {"Id": "queue", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}
        return {
            "Queue": {"Type": "AWS::SQS::Queue"},
            "QueuePolicy": {
                "Type": "AWS::SQS::QueuePolicy",
                "Properties": {
                    "Queues": [{"Ref": "Queue"}],
                    "PolicyDocument": policy(
                        {"Service": "events.amazonaws.com"}, "sqs:SendMessage", {"Fn::GetAtt": ["Queue", "Arn"]}
                    ),
                },
            },
            "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": {"Ref": "AWS::StackName"}}},
            "Rule": {
                "Type": "AWS::Events::Rule",
                "Properties": {
                    "EventBusName": {"Ref": "Bus"},
                    "EventPattern": {"source": ["my.app"]},
                    "Targets": [target],
                }
                | properties,
            },
        }

    def test_life(self, stacks: Deployer) -> None:
        stack = stacks.create(self.template(), outputs={"Arn": {"Value": {"Fn::GetAtt": ["Rule", "Arn"]}}})
        name, events = stack["StackName"], stacks.client("events")
        assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
        bus, rule = physical_id(stacks, name, "Rule").split("|")
        assert bus == name
        assert stacks.outputs(stack)["Arn"].endswith(f":rule/{name}/{rule}")
        found = events.describe_rule(Name=rule, EventBusName=bus)
        assert json.loads(found["EventPattern"]) == {"source": ["my.app"]}
        stack = stacks.update(name, self.template(State="DISABLED", Targets=[], Description="off"))
        assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.reasons(name)
        found = events.describe_rule(Name=rule, EventBusName=bus)
        assert (found["State"], found["Description"]) == ("DISABLED", "off")
        assert events.list_targets_by_rule(Rule=rule, EventBusName=bus)["Targets"] == []
        stacks.delete(name)
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            events.describe_event_bus(Name=bus)

    def test_an_event_reaches_the_target(self, stacks: Deployer) -> None:
        name = stacks.create(self.template())["StackName"]
        entry = {"Source": "my.app", "DetailType": "t", "Detail": "{}", "EventBusName": name}
        assert stacks.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0
        url = physical_id(stacks, name, "Queue")
        messages = stacks.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=10)["Messages"]
        assert json.loads(messages[0]["Body"])["source"] == "my.app"

    def test_the_statements_of_a_bus(self, stacks: Deployer) -> None:
        def statement(sid: str) -> dict[str, Any]:
            bus = {"Fn::Sub": "arn:aws:events:${AWS::Region}:${AWS::AccountId}:event-bus/${Bus}"}
            return {
                "Type": "AWS::Events::EventBusPolicy",
                "Properties": {
                    "EventBusName": {"Ref": "Bus"},
                    "StatementId": sid,
                    "Statement": policy({"AWS": "123456789012"}, "events:PutEvents", bus)["Statement"][0],
                },
            }

        bus = {"Type": "AWS::Events::EventBus", "Properties": {"Name": {"Ref": "AWS::StackName"}}}
        stack = stacks.create({"Bus": bus, "One": statement("one"), "Two": statement("two") | {"DependsOn": "One"}})
        name = stack["StackName"]
        assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
        events = stacks.client("events")
        written = json.loads(events.describe_event_bus(Name=name)["Policy"])["Statement"]
        assert [item["Sid"] for item in written] == ["one", "two"]
        stacks.update(name, {"Bus": bus, "Two": statement("two")})
        written = json.loads(events.describe_event_bus(Name=name)["Policy"])["Statement"]
        assert [item["Sid"] for item in written] == ["two"]


class TestAlarm:
    def alarm(self, **properties: Any) -> dict[str, Any]:
        defaults = {
            "ComparisonOperator": "GreaterThanThreshold",
            "EvaluationPeriods": "1",
            "MetricName": "m",
            "Namespace": "n",
            "Period": 60,
            "Statistic": "Sum",
            "Threshold": "5",
        }
        return {"Type": "AWS::CloudWatch::Alarm", "Properties": defaults | properties}

    def test_life(self, stacks: Deployer) -> None:
        body: dict[str, Any] = {"widgets": []}
        board = {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardBody": json.dumps(body)}}
        stack = stacks.create({"It": self.alarm(), "Board": board})
        name, cloudwatch = stack["StackName"], stacks.client("cloudwatch")
        assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
        alarm = physical_id(stacks, name, "It")
        found = cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]
        assert (found["Threshold"], found["EvaluationPeriods"]) == (5.0, 1)
        stacks.update(name, {"It": self.alarm(Threshold=6), "Board": board})
        assert cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]["Threshold"] == 6.0
        written = cloudwatch.get_dashboard(DashboardName=physical_id(stacks, name, "Board"))["DashboardBody"]
        assert json.loads(written) == body
        stacks.delete(name)
        assert cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"] == []

    def test_what_the_service_does_not_offer_is_said_by_the_stack(self, stacks: Deployer) -> None:
        composite = {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": {"AlarmRule": "FALSE"}}
        stack = stacks.create({"Both": composite})
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
        assert "the local AWS does not offer cloudwatch:PutCompositeAlarm" in stacks.reasons(stack["StackName"])

    def test_a_name_that_is_taken(self, stacks: Deployer) -> None:
        name = stacks.new_name()
        stacks.create({"It": self.alarm(AlarmName=name)}, name=name)
        other = stacks.create({"It": self.alarm(AlarmName=name)})
        assert other["StackStatus"] == "ROLLBACK_COMPLETE"
        assert "already exists" in stacks.reasons(other["StackName"])
        assert stacks.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]


class TestLogs:
    def test_life(self, stacks: Deployer) -> None:
        def group(**properties: Any) -> dict[str, Any]:
            return {"Type": "AWS::Logs::LogGroup", "Properties": properties}

        stream = {"Type": "AWS::Logs::LogStream", "Properties": {"LogGroupName": {"Ref": "Group"}}}
        access = {
            "Type": "AWS::Logs::ResourcePolicy",
            "Properties": {
                "PolicyName": {"Ref": "AWS::StackName"},
                "PolicyDocument": json.dumps(policy({"Service": "events.amazonaws.com"}, "logs:PutLogEvents", "*")),
            },
        }
        stack = stacks.create(
            {
                "Group": group(RetentionInDays="7", Tags=[{"Key": "a", "Value": "b"}]),
                "Stream": stream,
                "Access": access,
            },
            outputs={"Arn": {"Value": {"Fn::GetAtt": ["Group", "Arn"]}}},
        )
        name, logs = stack["StackName"], stacks.client("logs")
        assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
        group_name = physical_id(stacks, name, "Group")
        assert stacks.outputs(stack)["Arn"].endswith(f":log-group:{group_name}:*")
        found = logs.describe_log_groups(logGroupNamePrefix=group_name)["logGroups"][0]
        assert found["retentionInDays"] == 7
        assert logs.describe_log_streams(logGroupName=group_name)["logStreams"]
        policies = {item["policyName"] for item in logs.describe_resource_policies()["resourcePolicies"]}
        assert name in policies
        stacks.update(name, {"Group": group(Tags=[{"Key": "c", "Value": "d"}])})
        found = logs.describe_log_groups(logGroupNamePrefix=group_name)["logGroups"][0]
        assert "retentionInDays" not in found
        arn = found["arn"].removesuffix(":*")
        assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"c": "d"}
        stacks.delete(name)
        assert logs.describe_log_groups(logGroupNamePrefix=group_name)["logGroups"] == []


class TestSchedules:
    def template(self, expression: str = "rate(1 day)", **group: Any) -> dict[str, Any]:
        trust = policy({"Service": "scheduler.amazonaws.com"}, "sts:AssumeRole", None)
        del trust["Statement"][0]["Resource"]
        return {
            "Group": {"Type": "AWS::Scheduler::ScheduleGroup", "Properties": group},
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}},
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Schedule": {
                "Type": "AWS::Scheduler::Schedule",
                "Properties": {
                    "GroupName": {"Ref": "Group"},
                    "ScheduleExpression": expression,
                    "StartDate": "2099-01-01T00:00:00Z",
                    "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": "15"},
                    "Target": {
                        "Arn": {"Fn::GetAtt": ["Queue", "Arn"]},
                        "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                        "RetryPolicy": {"MaximumRetryAttempts": 2},
                    },
                },
            },
        }

    def test_a_schedule_is_made_changed_and_removed(self, stacks: Deployer) -> None:
        name = stacks.new_name()
        outputs = {"Schedule": {"Value": {"Fn::GetAtt": ["Schedule", "Arn"]}}}
        made = stacks.create(self.template(Tags=[{"Key": "a", "Value": "b"}]), name=name, outputs=outputs)
        assert made["StackStatus"] == "CREATE_COMPLETE", made
        client = stacks.client("scheduler")
        group, schedule = physical_id(stacks, name, "Group"), physical_id(stacks, name, "Schedule")
        found = client.get_schedule(Name=schedule, GroupName=group)
        assert made["Outputs"][0]["OutputValue"] == found["Arn"]
        assert found["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
        assert found["StartDate"].year == 2099
        arn = client.get_schedule_group(Name=group)["Arn"]
        assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
        changed = stacks.update(name, self.template("rate(2 days)"), outputs=outputs)
        assert changed["StackStatus"] == "UPDATE_COMPLETE", changed
        assert client.get_schedule(Name=schedule, GroupName=group)["ScheduleExpression"] == "rate(2 days)"
        assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == []
        stacks.delete(name)
        with pytest.raises(ClientError, match="does not exist"):
            client.get_schedule_group(Name=group)

    def test_a_schedule_moves_to_another_group(self, stacks: Deployer) -> None:
        name, template = stacks.new_name(), self.template()
        stacks.create(template, name=name)
        schedule = physical_id(stacks, name, "Schedule")
        del template["Schedule"]["Properties"]["GroupName"]
        assert stacks.update(name, template)["StackStatus"] == "UPDATE_COMPLETE"
        assert stacks.client("scheduler").get_schedule(Name=schedule)["GroupName"] == "default"

    def test_a_schedule_that_is_none_fails_the_stack(self, stacks: Deployer) -> None:
        name = stacks.new_name()
        assert stacks.create(self.template("daily"), name=name)["StackStatus"] == "ROLLBACK_COMPLETE"
        assert "Invalid Schedule Expression daily" in stacks.reasons(name)
