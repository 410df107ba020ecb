"""Events on their way: each kind of target is really given one."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local_aws.eventbridge import deliveries as delivery_settings
from tests.local_aws.functions.deployments import REGION, Deployments, until

ACCOUNT = "123456789012"
EVENTS = "events.amazonaws.com"


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_settings, "BACKOFF_SECONDS", (0.01, 0.02))


def rule(made: Deployments, *targets: dict[str, Any], source: str | None = None, **members: Any) -> str:
    """A rule for the events of a source of its own; gives its ARN."""
    events = made.client("events")
    name = made.name("rule")
    pattern = json.dumps({"source": [source or made.prefix]})
    arn: str = events.put_rule(Name=name, EventPattern=pattern, **members)["RuleArn"]
    bus = {"EventBusName": members["EventBusName"]} if "EventBusName" in members else {}
    for number, target in enumerate(targets):
        events.put_targets(Rule=name, Targets=[{"Id": f"t{number}", **target}], **bus)
    return arn


def put(made: Deployments, detail: Any = None, **entry: Any) -> str:
    """Puts an event of the test's own source; gives its id."""
    body = {"Source": made.prefix, "DetailType": "Test", "Detail": json.dumps(detail or {"a": 1}), **entry}
    answer = made.client("events").put_events(Entries=[body])
    assert answer["FailedEntryCount"] == 0, answer
    found: str = answer["Entries"][0]["EventId"]
    return found


def allow_queue(made: Deployments, url: str, arn: str, source_arn: str, principal: str = EVENTS) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": principal},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": source_arn}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


def rule_arn(made: Deployments) -> str:
    return f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{made.name('rule')}"


def test_a_queue_gets_the_whole_event(made: Deployments) -> None:
    url, arn = made.queue("q")
    allow_queue(made, url, arn, rule_arn(made))
    rule(made, {"Arn": arn})
    identifier = put(made, {"n": 1}, Resources=["arn:x"])
    event = json.loads(made.message(url)["Body"])
    assert event.pop("time").endswith("Z")
    assert event == {
        "version": "0",
        "id": identifier,
        "detail-type": "Test",
        "source": made.prefix,
        "account": ACCOUNT,
        "region": REGION,
        "resources": ["arn:x"],
        "detail": {"n": 1},
    }


def test_a_fifo_queue_gets_its_group(made: Deployments) -> None:
    url, arn = made.queue("q.fifo", FifoQueue="true")
    allow_queue(made, url, arn, rule_arn(made))
    rule(made, {"Arn": arn, "SqsParameters": {"MessageGroupId": "g"}, "InputPath": "$.detail"})
    put(made, {"n": 2})
    message = made.message(url)
    assert json.loads(message["Body"]) == {"n": 2}
    assert message["Attributes"]["MessageGroupId"] == "g"


def test_a_topic_gets_a_filled_template(made: Deployments) -> None:
    url, queue = made.queue("q")
    sns = made.client("sns")
    topic = sns.create_topic(Name=made.name("topic"))["TopicArn"]
    statement = {"Effect": "Allow", "Principal": {"Service": EVENTS}, "Action": "sns:Publish", "Resource": topic}
    sns.set_topic_attributes(
        TopicArn=topic,
        AttributeName="Policy",
        AttributeValue=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    allow_queue(made, url, queue, topic, principal="sns.amazonaws.com")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    transformer = {"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": '"<n> of <aws.events.rule-name>"'}
    rule(made, {"Arn": topic, "InputTransformer": transformer})
    put(made, {"n": 3})
    assert json.loads(made.message(url)["Body"])["Message"] == f'"3 of {made.name("rule")}"'


def test_a_function_runs_when_its_policy_lets_the_rule(made: Deployments) -> None:
    url, queue = made.queue("q")
    source = f"""
import boto3, json
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl={url!r}, MessageBody=json.dumps(event))
"""
    send = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue}
    name = made.function("f", source, send, Timeout=30)
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    made.functions.add_permission(
        FunctionName=name,
        StatementId="rule",
        Action="lambda:InvokeFunction",
        Principal=EVENTS,
        SourceArn=rule_arn(made),
    )
    rule(made, {"Arn": arn})
    identifier = put(made)
    assert json.loads(made.message(url)["Body"])["id"] == identifier


def test_a_function_that_does_not_allow_the_rule_is_not_run(made: Deployments) -> None:
    url, queue = made.queue("dead")
    allow_queue(made, url, queue, rule_arn(made))
    name = made.function("f", "def handler(event, context):\n    return 1")
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    made.functions.add_permission(
        FunctionName=name,
        StatementId="other",
        Action="lambda:InvokeFunction",
        Principal=EVENTS,
        SourceArn=f"{rule_arn(made)}-other",
    )
    rule(made, {"Arn": arn, "DeadLetterConfig": {"Arn": queue}})
    identifier = put(made, {"n": 4})
    message = made.message(url)
    assert json.loads(message["Body"])["id"] == identifier
    attributes = {key: value["StringValue"] for key, value in message["MessageAttributes"].items()}
    assert "not authorized to perform: lambda:InvokeFunction" in attributes.pop("ERROR_MESSAGE")
    assert attributes == {"RULE_ARN": rule_arn(made), "TARGET_ARN": arn, "ERROR_CODE": "NO_PERMISSIONS"}


def test_a_log_group_gets_the_event_where_its_policy_allows_it(made: Deployments) -> None:
    logs = made.client("logs")
    group = f"/aws/events/{made.prefix}"
    logs.create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": [EVENTS, "delivery.logs.amazonaws.com"]},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{arn}:*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    logs.put_resource_policy(policyName=made.prefix, policyDocument=policy)
    rule(made, {"Arn": arn})
    identifier = put(made, {"n": 5})
    assert json.loads(made.log("", identifier, group=group)[0])["detail"] == {"n": 5}


def test_a_log_group_without_a_policy_gets_nothing(made: Deployments) -> None:
    url, queue = made.queue("dead")
    allow_queue(made, url, queue, rule_arn(made))
    group = f"/closed/{made.prefix}"
    made.client("logs").create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"
    rule(made, {"Arn": arn, "DeadLetterConfig": {"Arn": queue}})
    put(made)
    assert made.message(url)["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"


def test_an_event_goes_on_to_another_bus_once(made: Deployments) -> None:
    url, queue = made.queue("q")
    events = made.client("events")
    second = events.create_event_bus(Name=made.name("second"))["EventBusArn"]
    third = events.create_event_bus(Name=made.name("third"))["EventBusArn"]
    put_events = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": [second, third]}
    role = made.role(made.name("forward"), put_events, service=EVENTS)
    rule(made, {"Arn": second, "RoleArn": role})
    on_second = rule(made, {"Arn": third, "RoleArn": role}, {"Arn": queue}, EventBusName=made.name("second"))
    assert on_second == f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{made.name('second')}/{made.name('rule')}"
    allow_queue(made, url, queue, on_second)
    identifier = put(made, {"n": 6})
    assert json.loads(made.message(url)["Body"])["id"] == identifier


def test_a_bus_that_the_role_may_not_put_to(made: Deployments) -> None:
    url, queue = made.queue("dead")
    allow_queue(made, url, queue, rule_arn(made))
    second = made.client("events").create_event_bus(Name=made.name("second"))["EventBusArn"]
    role = made.role(made.name("forward"), service=EVENTS)
    rule(made, {"Arn": second, "RoleArn": role, "DeadLetterConfig": {"Arn": queue}})
    put(made)
    attributes = made.message(url)["MessageAttributes"]
    assert attributes["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"
    assert "events:PutEvents" in attributes["ERROR_MESSAGE"]["StringValue"]


@pytest.mark.parametrize(
    ("target", "code", "message"),
    [
        ("lambda:{region}:{account}:function:absent", "NO_PERMISSIONS", "lambda:InvokeFunction"),
        ("sns:{region}:{account}:absent", "NO_PERMISSIONS", "SNS:Publish"),
    ],
)
def test_a_target_that_does_not_exist(made: Deployments, target: str, code: str, message: str) -> None:
    url, queue = made.queue("dead")
    allow_queue(made, url, queue, rule_arn(made))
    arn = "arn:aws:" + target.format(region=REGION, account=ACCOUNT)
    rule(made, {"Arn": arn, "DeadLetterConfig": {"Arn": queue}})
    put(made)
    attributes = made.message(url)["MessageAttributes"]
    assert attributes["ERROR_CODE"]["StringValue"] == code
    assert message.lower() in attributes["ERROR_MESSAGE"]["StringValue"].lower()


def test_a_throttled_function_is_tried_again_by_lambda_not_by_the_rule(made: Deployments) -> None:
    """An asynchronous invocation is always taken: its throttling is Lambda's own queue's business."""
    name = made.function("f", "def handler(event, context):\n    return 1")
    made.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    made.functions.add_permission(
        FunctionName=name, StatementId="rule", Action="lambda:InvokeFunction", Principal=EVENTS
    )
    rule(made, {"Arn": arn})
    put(made)
    made.functions.delete_function_concurrency(FunctionName=name)
    made.log(name, "REPORT")


def test_a_target_of_a_service_that_fails_is_tried_again(
    made: Deployments, quick_retries: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, queue = made.queue("dead")
    allow_queue(made, url, queue, rule_arn(made))
    role = made.role(made.name("start"), service=EVENTS)
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/p"
    target = {
        "Arn": arn,
        "RoleArn": role,
        "DeadLetterConfig": {"Arn": queue},
        "RetryPolicy": {"MaximumRetryAttempts": 2},
    }
    rule(made, target)
    # nothing listens on port 9 of this machine: the connection itself fails, which is worth another attempt
    real = made.aws.platform.client

    def unreachable(service: str, **arguments: Any) -> Any:
        client = real(service, **arguments)
        if service == "sagemaker":
            client.meta.events.register(
                "before-send", lambda request, **_: setattr(request, "url", "http://127.0.0.1:9/")
            )
        return client

    monkeypatch.setattr(type(made.aws.platform), "client", lambda self, service, **a: unreachable(service, **a))
    put(made)
    attributes = {key: value["StringValue"] for key, value in made.message(url)["MessageAttributes"].items()}
    assert attributes["ERROR_CODE"] == "CONNECTION_FAILURE"
    assert attributes["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"
    assert attributes["RETRY_ATTEMPTS"] == "2"


def state_machine(made: Deployments, *rights: dict[str, Any]) -> str:
    """A state machine that passes its input on."""
    role = made.role(made.name("machine"), *rights, service="states.amazonaws.com")
    definition = {"StartAt": "Done", "States": {"Done": {"Type": "Pass", "End": True}}}
    arn: str = made.client("stepfunctions").create_state_machine(
        name=made.name("machine"), definition=json.dumps(definition), roleArn=role
    )["stateMachineArn"]
    return arn


def test_a_state_machine_is_started_with_the_targets_role(made: Deployments) -> None:
    machine = state_machine(made)
    start = {"Effect": "Allow", "Action": "states:StartExecution", "Resource": machine}
    role = made.role(made.name("start"), start, service=EVENTS)
    rule(made, {"Arn": machine, "RoleArn": role, "InputPath": "$.detail"})
    identifier = put(made, {"n": 7})
    states = made.client("stepfunctions")

    def done() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = states.list_executions(stateMachineArn=machine)["executions"]
        return [one for one in found if one["status"] == "SUCCEEDED"]

    execution = until(done)[0]
    assert execution["name"].startswith(identifier)
    output = states.describe_execution(executionArn=execution["executionArn"])["output"]
    assert json.loads(output) == {"n": 7}


@pytest.mark.parametrize(
    ("kind", "action"),
    [("states", "states:StartExecution"), ("codebuild", "codebuild:StartBuild"), ("kinesis", "kinesis:PutRecord")],
)
def test_a_role_that_may_not_start_the_target(made: Deployments, kind: str, action: str) -> None:
    url, queue = made.queue("dead")
    allow_queue(made, url, queue, rule_arn(made))
    resource = {"states": "stateMachine:absent", "codebuild": "project/absent", "kinesis": "stream/absent"}[kind]
    role = made.role(made.name("start"), service=EVENTS)
    arn = f"arn:aws:{kind}:{REGION}:{ACCOUNT}:{resource}"
    rule(made, {"Arn": arn, "RoleArn": role, "DeadLetterConfig": {"Arn": queue}})
    put(made)
    attributes = made.message(url)["MessageAttributes"]
    assert attributes["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"
    assert f"not authorized to perform: {action}" in attributes["ERROR_MESSAGE"]["StringValue"]


def test_a_build_is_started(made: Deployments) -> None:
    codebuild = made.client("codebuild")
    bucket = made.name("source")
    made.client("s3").create_bucket(Bucket=bucket)
    logs = {"Effect": "Allow", "Action": ["logs:*", "s3:*"], "Resource": "*"}
    name = made.name("project")
    codebuild.create_project(
        name=name,
        source={
            "type": "NO_SOURCE",
            "buildspec": "version: 0.2\nphases:\n  build:\n    commands:\n      - echo $SAID\n",
        },
        artifacts={"type": "NO_ARTIFACTS"},
        environment={
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/standard:7.0",
            "computeType": "BUILD_GENERAL1_SMALL",
        },
        serviceRole=made.role(made.name("builder"), logs, service="codebuild.amazonaws.com"),
    )
    arn = f"arn:aws:codebuild:{REGION}:{ACCOUNT}:project/{name}"
    start = {"Effect": "Allow", "Action": "codebuild:StartBuild", "Resource": arn}
    role = made.role(made.name("start"), start, service=EVENTS)
    template = (
        '{"environmentVariablesOverride": [{"name": "SAID", "type": "PLAINTEXT", "value": <word>}], "noSuchMember": 1}'
    )
    transformer = {"InputPathsMap": {"word": "$.detail.word"}, "InputTemplate": template}
    rule(made, {"Arn": arn, "RoleArn": role, "InputTransformer": transformer})
    put(made, {"word": "hello"})
    builds = until(lambda: codebuild.list_builds_for_project(projectName=name)["ids"])
    build = codebuild.batch_get_builds(ids=builds)["builds"][0]
    assert {"name": "SAID", "type": "PLAINTEXT", "value": "hello"} in build["environment"]["environmentVariables"]
    until(lambda: codebuild.batch_get_builds(ids=builds)["builds"][0]["buildComplete"], seconds=60)


def test_a_pipeline_is_started_with_parameters_from_the_event(made: Deployments) -> None:
    sagemaker, name = made.client("sagemaker"), made.name("pipeline")
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/{name}"
    stop = {"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": {"Get": "Parameters.N"}}}
    definition = {"Version": "2020-12-01", "Parameters": [{"Name": "N", "Type": "Integer"}], "Steps": [stop]}
    sagemaker.create_pipeline(
        PipelineName=name,
        PipelineDefinition=json.dumps(definition),
        RoleArn=made.role(made.name("runs"), service="sagemaker.amazonaws.com"),
        ClientRequestToken=str(uuid.uuid4()),
    )
    start = {"Effect": "Allow", "Action": "sagemaker:StartPipelineExecution", "Resource": arn}
    role = made.role(made.name("start"), start, service=EVENTS)
    parameters = {"PipelineParameterList": [{"Name": "N", "Value": "$.detail.n"}]}
    rule(made, {"Arn": arn, "RoleArn": role, "SageMakerPipelineParameters": parameters})
    put(made, {"n": 7})

    def failed() -> list[str]:
        listed = sagemaker.list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"]
        return [each["PipelineExecutionArn"] for each in listed if each["PipelineExecutionStatus"] == "Failed"]

    [execution] = until(failed)
    [step] = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=execution)["PipelineExecutionSteps"]
    assert step["FailureReason"] == "7"


def test_events_of_services_arrive_on_the_default_bus(made: Deployments) -> None:
    url, arn = made.queue("q")
    allow_queue(made, url, arn, rule_arn(made))
    rule(made, {"Arn": arn}, source=f"aws.{made.prefix}")
    made.aws.platform.emit(
        region=REGION,
        source=f"aws.{made.prefix}",
        detail_type="State Change",
        detail={"status": "Completed"},
        resources=["arn:job"],
    )
    event = json.loads(made.message(url)["Body"])
    assert (event["version"], event["account"], event["region"]) == ("0", ACCOUNT, REGION)
    assert event["detail-type"] == "State Change"
    assert event["detail"] == {"status": "Completed"}
    assert event["resources"] == ["arn:job"]


def test_a_disabled_rule_sends_nothing(made: Deployments) -> None:
    url, arn = made.queue("q")
    allow_queue(made, url, arn, rule_arn(made))
    rule(made, {"Arn": arn})
    events = made.client("events")
    events.disable_rule(Name=made.name("rule"))
    put(made, {"n": "off"})
    events.enable_rule(Name=made.name("rule"))
    put(made, {"n": "on"})
    assert json.loads(made.message(url)["Body"])["detail"] == {"n": "on"}


def test_a_scheduled_rule_reaches_its_target(made: Deployments, monkeypatch: pytest.MonkeyPatch) -> None:
    url, arn = made.queue("q")
    allow_queue(made, url, arn, rule_arn(made))
    events = made.client("events")
    events.put_rule(Name=made.name("rule"), ScheduleExpression="rate(1 hour)")
    events.put_targets(Rule=made.name("rule"), Targets=[{"Id": "t", "Arn": arn, "Input": '{"on": "time"}'}])
    clock = made.aws.gateway._operations["events"]["PutRule"].__self__.clock  # type: ignore[attr-defined]
    now = datetime.now(UTC)
    monkeypatch.setattr(clock.alarms, "now", lambda: now + timedelta(hours=1, minutes=1))
    clock.run_due()
    assert json.loads(made.message(url)["Body"]) == {"on": "time"}
    events.remove_targets(Rule=made.name("rule"), Ids=["t"])
    events.delete_rule(Name=made.name("rule"))
