"""Rules and schedules, deployed on a local AWS: events arrive, once where that is asked for, or are kept."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import define, field
from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs

from constructs_lib.definitions import (
    ExecutionInput,
    FailStep,
    Join,
    PassStep,
    PipelineDefinition,
    PipelineParameter,
    WorkflowDefinition,
)
from constructs_lib.environments.storage import EncryptionKey, Storage
from constructs_lib.events.arrivals import DataArrivalRule
from constructs_lib.events.delivery import DeadLetterQueue, Delivery
from constructs_lib.events.inputs import EventValue
from constructs_lib.events.jobs import Endpoints, JobStateRule, TrainingJobs
from constructs_lib.events.schedules import PipelineSchedule, WorkflowSchedule
from constructs_lib.events.targets import (
    FunctionTarget,
    NotificationTarget,
    PipelineTarget,
    QueueTarget,
    WorkflowTarget,
)
from constructs_lib.events.timing import Cron, Rate
from constructs_lib.monitoring.alarms import AlarmTopic
from constructs_lib.monitoring.dashboards import WorkflowDashboard
from constructs_lib.pipelines.pipeline import SageMakerPipeline
from constructs_lib.state_machines.workflow import StepFunctionsWorkflow
from local_aws.server import LocalAws
from tests.constructs_lib.synthesis import Template, template_of

REGION = "us-east-1"
ACCOUNT = "123456789012"
DEADLINE_SECONDS = 60
TRAINING = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/"


@define(frozen=True, kw_only=True)
class GoneMachine:
    state_machine_arn: str = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:gone"


@define(frozen=True, kw_only=True)
class GonePipeline:
    pipeline_arn: str = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/gone"


def passing(name: str, *inputs: str) -> WorkflowDefinition:
    given = {value: ExecutionInput(value) for value in inputs}
    return WorkflowDefinition(name=name, steps=[PassStep(name="Take", given=given)])


def define_everything(stack: Stack) -> None:
    key = EncryptionKey(stack, "Key", removal_policy=RemovalPolicy.DESTROY).key
    letters = DeadLetterQueue(stack, "Letters", encryption_key=key)
    delivery = Delivery(max_retries=2, max_event_age=Duration.minutes(5), dead_letter_queue=letters.queue)
    heard = sqs.Queue(stack, "Heard")
    topic = AlarmTopic(stack, "News", encryption_key=key).topic
    topic.add_subscription(subscriptions.SqsSubscription(heard, raw_message_delivery=True))
    queue = sqs.Queue(stack, "Queue", encryption=sqs.QueueEncryption.KMS, encryption_master_key=key)
    function = lambda_.Function(
        stack,
        "Function",
        runtime=lambda_.Runtime.PYTHON_3_12,
        handler="index.handler",
        timeout=Duration.minutes(1),
        code=lambda_.Code.from_inline(
            "import os, boto3\n"
            "def handler(event, context):\n"
            "    text = 'function ' + event['job']\n"
            "    boto3.client('sqs').send_message(QueueUrl=os.environ['QUEUE'], MessageBody=text)\n"
        ),
        environment={"QUEUE": heard.queue_url},
    )
    heard.grant_send_messages(function)
    after = StepFunctionsWorkflow(stack, "After", definition=passing("after", "Job"))
    failed = TrainingJobs(statuses=["Failed"], name_prefix="watched-", tags={"team": "pricing"})
    job = EventValue("detail.TrainingJobName")
    JobStateRule(
        stack,
        "JobFailed",
        jobs=failed,
        targets=[
            NotificationTarget(topic=topic, message=Join(" ", ["job", job, "failed"])),
            QueueTarget(queue=queue),
            FunctionTarget(function=function, payload={"job": job}),
            WorkflowTarget(workflow=after, input={"Job": job}),
        ],
        delivery=delivery,
    )
    JobStateRule(
        stack,
        "EndpointUp",
        jobs=Endpoints(statuses=["InService"]),
        targets=[
            NotificationTarget(topic=sns.Topic.from_topic_arn(stack, "Gone", f"arn:aws:sns:{REGION}:{ACCOUNT}:gone")),
            PipelineTarget(pipeline=GonePipeline(), parameters={"Endpoint": EventValue("detail.EndpointName")}),
            WorkflowTarget(workflow=GoneMachine(), input={"Endpoint": EventValue("detail.EndpointName")}),
        ],
        delivery=delivery,
    )
    after.on_succeeded(
        "Succeeded",
        targets=[QueueTarget(queue=heard, message=Join(" ", ["succeeded:", EventValue("detail.input")]))],
        delivery=delivery,
    )
    arrived = StepFunctionsWorkflow(stack, "Arrived", definition=passing("arrived", "DataUri"))
    address = Join("/", ["s3:/", DataArrivalRule.BUCKET_NAME, DataArrivalRule.OBJECT_KEY])
    DataArrivalRule(
        stack,
        "NewData",
        bucket=Storage(stack, "Data", encryption_key=key, removal_policy=RemovalPolicy.DESTROY).bucket,
        workflow=arrived,
        input={"DataUri": address},
        prefix="incoming/",
        suffix=".csv",
        delivery=delivery,
    )
    nightly = StepFunctionsWorkflow(stack, "Nightly", definition=passing("nightly", "For"))
    WorkflowSchedule(
        stack,
        "EachNight",
        workflow=nightly,
        timing=Cron(hour="4", time_zone="Europe/Berlin"),
        input={"For": "<aws.scheduler.scheduled-time>"},
        group=scheduler.ScheduleGroup(stack, "Group"),
        delivery=delivery,
    )
    WorkflowSchedule(
        stack, "ToNowhere", workflow=GoneMachine(), timing=Rate(every=Duration.hours(6)), delivery=delivery
    )
    told = FailStep(name="Tell", cause=Join(" ", ["called with", PipelineParameter("With", default="nothing")]))
    called = SageMakerPipeline(stack, "Called", definition=PipelineDefinition(name="called", steps=[told]))
    PipelineSchedule(
        stack,
        "EachMorning",
        pipeline=called,
        timing=Cron(hour="7", time_zone="Europe/Berlin"),
        parameters={"With": "a schedule's own"},
        delivery=delivery,
    )
    WorkflowDashboard(stack, "Dashboard", workflows={"After": after}, alarms=[after.failed_alarm, letters.alarm])


@define(eq=False)
class Deployed:
    """The stack on its local AWS."""

    aws: LocalAws
    ids: dict[str, str]
    kept: dict[str, list[dict[str, Any]]] = field(factory=dict)

    def client(self, service: str) -> Any:
        return self.aws.platform.client(service, region=REGION)

    def id_of(self, start: str, kind: str) -> str:
        """The physical id of the resource of a kind whose logical id is this, and a hash."""
        (found,) = [value for name, value in self.ids.items() if re.fullmatch(f"{kind} {start}[0-9A-F]{{8}}", name)]
        return found

    def received(self, queue: str, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The message of a queue that fits, once it is there; each is given once."""
        client, url = self.client("sqs"), self.id_of(queue, "AWS::SQS::Queue")
        kept = self.kept.setdefault(queue, [])
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            answer = client.receive_message(
                QueueUrl=url, WaitTimeSeconds=1, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
            )
            for message in answer.get("Messages", []):
                client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                kept.append(message)
            for message in kept:
                if fits(message):
                    kept.remove(message)
                    return message
        raise AssertionError(f"not in {queue}: {[message['Body'] for message in kept]}")

    def body(self, queue: str, text: str) -> str:
        """Takes the message that has this text out of a queue."""
        return str(self.received(queue, lambda message: text in message["Body"])["Body"])

    def inputs(self, workflow: str) -> list[Any]:
        """Inputs of all executions of a workflow."""
        states, arn = self.client("stepfunctions"), self.id_of(workflow, "AWS::StepFunctions::StateMachine")
        return [
            json.loads(states.describe_execution(executionArn=found["executionArn"])["input"])
            for found in states.list_executions(stateMachineArn=arn)["executions"]
        ]

    def starts(self, target: str) -> int:
        """How often a starter has done its work, whether it was the first time or not."""
        now = datetime.now().astimezone()
        arn = self.id_of(f"{target}Starter", "AWS::StepFunctions::StateMachine")
        points = self.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/States",
            MetricName="ExecutionsSucceeded",
            Dimensions=[{"Name": "StateMachineArn", "Value": arn}],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(hours=1),
            Period=7200,
            Statistics=["Sum"],
        )["Datapoints"]
        return int(sum(point["Sum"] for point in points))

    def emit(self, source: str, detail_type: str, detail: dict[str, Any]) -> None:
        """An event of a service, as the service sends it."""
        self.aws.platform.emit(region=REGION, source=source, detail_type=detail_type, detail=detail, resources=[])

    def emit_training(self, name: str, status: str, **more: Any) -> None:
        detail = {
            "TrainingJobName": name,
            "TrainingJobArn": TRAINING + name,
            "TrainingJobStatus": status,
            "Tags": {"team": "pricing"},
        }
        self.emit("aws.sagemaker", "SageMaker Training Job State Change", {**detail, **more})


def until(condition: Callable[[], Any]) -> None:
    """Returns once the condition holds."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "the condition does not come to hold"
        time.sleep(0.05)


def attribute_of(message: dict[str, Any], attribute: str) -> str:
    """An attribute of a dead letter; empty where it has none of the name."""
    return str(message.get("MessageAttributes", {}).get(attribute, {}).get("StringValue", ""))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return template_of(define_everything, tmp_path_factory.mktemp("events"))


@pytest.fixture(scope="module")
def deployed(template: Template) -> Iterator[Deployed]:
    # the CDK command line would look for a bootstrapped account
    template = {name: section for name, section in template.items() if name not in ("Parameters", "Rules")}
    with LocalAws() as running:
        client = running.platform.client("cloudformation", region=REGION)
        client.create_stack(StackName="events", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])
        deadline = time.monotonic() + DEADLINE_SECONDS
        while (stack := client.describe_stacks(StackName="events")["Stacks"][0])["StackStatus"].endswith(
            "_IN_PROGRESS"
        ):
            assert time.monotonic() < deadline, stack
            time.sleep(0.05)
        events = client.describe_stack_events(StackName="events")["StackEvents"]
        reasons = [found["ResourceStatusReason"] for found in events if "ResourceStatusReason" in found]
        assert stack["StackStatus"] == "CREATE_COMPLETE", reasons
        found = client.describe_stack_resources(StackName="events")["StackResources"]
        ids = {
            f"{resource['ResourceType']} {resource['LogicalResourceId']}": resource["PhysicalResourceId"]
            for resource in found
        }
        yield Deployed(running, ids)


def test_cfn_lint_finds_nothing(template: Template, tmp_path: Path) -> None:
    (tmp_path / "template.json").write_text(json.dumps(template))
    program = [str(Path(sys.executable).with_name("cfn-lint")), "--ignore-checks", "W3005", "--regions", REGION, "--"]
    ended = subprocess.run([*program, str(tmp_path / "template.json")], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


def test_a_failed_job_is_told_to_every_target(deployed: Deployed) -> None:
    deployed.emit_training("watched-1", "Failed", FailureReason="no data")

    assert deployed.body("Heard", "watched-1 failed") == '"job watched-1 failed"'
    assert json.loads(deployed.body("Queue", "watched-1"))["detail"]["FailureReason"] == "no data"
    assert deployed.body("Heard", "function watched-1") == "function watched-1"
    assert "watched-1" in deployed.body("Heard", "succeeded: ")
    assert {"Job": "watched-1"} in deployed.inputs("After")


def test_a_job_that_really_fails_is_told(deployed: Deployed) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = deployed.client("iam").create_role(
        RoleName="events-job", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    deployed.client("sagemaker").create_training_job(
        TrainingJobName="watched-real",
        AlgorithmSpecification={
            "TrainingImage": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/nowhere:1",
            "TrainingInputMode": "File",
        },
        RoleArn=role,
        OutputDataConfig={"S3OutputPath": "s3://nowhere/"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 60},
        Tags=[{"Key": "team", "Value": "pricing"}],
    )

    assert deployed.body("Heard", "watched-real failed") == '"job watched-real failed"'
    until(lambda: {"Job": "watched-real"} in deployed.inputs("After"))
    told = json.loads(deployed.body("Queue", "watched-real"))
    assert told["detail"]["FailureReason"]


def test_events_that_do_not_match_are_not_told(deployed: Deployed) -> None:
    deployed.emit_training("other-1", "Failed")
    deployed.emit_training("watched-0", "Completed")
    deployed.emit_training("watched-00", "Failed", Tags={"team": "search"})
    deployed.emit_training("watched-2", "Failed")

    assert json.loads(deployed.body("Queue", ""))["detail"]["TrainingJobName"] == "watched-2"


def test_several_events_of_one_change_start_one_execution(deployed: Deployed) -> None:
    before = deployed.starts("JobFailedTarget3")
    for number in range(3):
        deployed.emit_training("watched-3", "Failed", LastModifiedTime=number)
    until(lambda: deployed.starts("JobFailedTarget3") >= before + 3)

    assert deployed.inputs("After").count({"Job": "watched-3"}) == 1


def test_what_a_target_does_not_take_is_kept_with_the_reason(deployed: Deployed) -> None:
    detail = {"EndpointName": "houses", "EndpointArn": "arn", "EndpointStatus": "IN_SERVICE", "LastModifiedTime": 7}
    deployed.emit("aws.sagemaker", "SageMaker Endpoint State Change", detail)

    topic = deployed.received("Letters", lambda message: ":sns:" in attribute_of(message, "TARGET_ARN"))
    assert attribute_of(topic, "ERROR_CODE") == "NO_RESOURCE"
    assert json.loads(topic["Body"])["detail"] == detail
    pipeline = deployed.received("Letters", lambda message: ":pipeline/" in attribute_of(message, "TARGET_ARN"))
    assert json.loads(pipeline["Body"])["detail"] == detail
    kept = json.loads(deployed.body("Letters", '"Error"'))
    assert kept["Input"] == {"Endpoint": "houses"}
    assert kept["Error"]["Error"] == "StepFunctions.StateMachineDoesNotExistException"


def test_new_data_starts_a_workflow_once(deployed: Deployed) -> None:
    s3, bucket = deployed.client("s3"), deployed.id_of("Data", "AWS::S3::Bucket")
    for key, body in {
        "incoming/empty.csv": b"",
        "incoming/notes.txt": b"x",
        "other/rows.csv": b"1",
        "incoming/of may/rows.csv": b"1,2",
    }.items():
        s3.put_object(Bucket=bucket, Key=key, Body=body)
    first = {"DataUri": f"s3://{bucket}/incoming/of may/rows.csv"}
    until(lambda: first in deployed.inputs("Arrived"))
    written = {"key": "incoming/twice.csv", "size": 3, "etag": "e", "sequencer": "0055AED6DCD90281E5"}
    for _ in range(2):
        deployed.emit("aws.s3", "Object Created", {"bucket": {"name": bucket}, "object": written})
    until(lambda: deployed.starts("NewDataTarget0") >= 3)

    second = {"DataUri": f"s3://{bucket}/incoming/twice.csv"}
    assert sorted(deployed.inputs("Arrived"), key=str) == [first, second]


def test_a_schedule_calls_at_its_time(deployed: Deployed) -> None:
    deployed.aws.platform.time.advance(timedelta(days=2))
    until(lambda: deployed.inputs("Nightly"))

    for found in deployed.inputs("Nightly"):
        moment = datetime.fromisoformat(found["For"]).astimezone(ZoneInfo("Europe/Berlin"))
        assert (moment.hour, moment.minute, moment.second) == (4, 0, 0)


def test_a_schedule_starts_a_pipeline_with_its_parameters(deployed: Deployed) -> None:
    client = deployed.client("sagemaker")
    deployed.aws.platform.time.advance(timedelta(days=1))
    until(lambda: client.list_pipeline_executions(PipelineName="called")["PipelineExecutionSummaries"])
    arn = client.list_pipeline_executions(PipelineName="called")["PipelineExecutionSummaries"][0][
        "PipelineExecutionArn"
    ]

    def steps() -> list[dict[str, Any]]:
        listed = client.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
        return [step for step in listed if step["StepStatus"] == "Failed"]

    until(steps)
    assert steps()[0]["Metadata"]["Fail"]["ErrorMessage"] == "called with a schedule's own"


def test_a_schedule_that_cannot_start_its_workflow_keeps_the_call(deployed: Deployed) -> None:
    kept = deployed.received("Letters", lambda message: "ToNowhere" in attribute_of(message, "SCHEDULE_ARN"))

    assert attribute_of(kept, "ERROR_CODE") == "NO_RESOURCE"
    assert kept["Body"] == "{}"


def test_the_dashboard_shows_the_deployed_workflow(deployed: Deployed) -> None:
    name = deployed.id_of("Dashboard", "AWS::CloudWatch::Dashboard")
    body = deployed.client("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"]

    assert body.count(deployed.id_of("After", "AWS::StepFunctions::StateMachine")) >= 6
