"""The bring-your-own-container workflow on the real Lambda, SageMaker and EventBridge, with just the rights needed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_aws.eventbridge.service import register_eventbridge
from local_aws.functions.service import register_lambda
from local_aws.gateway.app import Gateway
from local_aws.platform import Platform
from local_aws.sagemaker.endpoints.settings import EndpointSettings
from local_aws.sagemaker.jobs.work import JobSettings
from local_aws.sagemaker.service import register_sagemaker
from local_aws.server import LocalAws
from local_aws.stepfunctions.service import register_stepfunctions
from tests.local_aws.functions.deployments import deployments
from tests.local_aws.sagemaker.folder_engine import FolderEngine
from tests.local_aws.stepfunctions.states.test_parallel import training_job
from tests.local_aws.stepfunctions.workbench import REGION, allow, until

ACCOUNT = "123456789012"
ANSWERS = """
import boto3

def handler(event, context):
    if event.get("Fail"):
        raise ValueError("no such folder")
    boto3.client("stepfunctions").send_task_success(
        taskToken=event["TaskToken"], output='{"ImageUri": "%s", "Reused": false}')
    return "dropped"
"""
TRAIN = """
import os
base = os.environ["SAGEMAKER_BASE_DIR"]
with open(base + "/model/model.txt", "w") as model:
    model.write("trained")
"""
FAILS = """
import os, sys
with open(os.environ["SAGEMAKER_BASE_DIR"] + "/output/failure", "w") as failure:
    failure.write("no rows in the training channel")
sys.exit(3)
"""


class Account:
    """The services, one role for each part, and the function that answers a token."""

    def __init__(self, aws: LocalAws, engine: FolderEngine, answering: Any) -> None:
        self.aws = aws
        self.engine = engine
        self.answering = answering

    def client(self, service: str) -> Any:
        return self.aws.platform.client(service, region=REGION)

    def role(self, name: str, service: str, *statements: dict[str, Any]) -> str:
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        iam = self.client("iam")
        arn: str = iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        )["Role"]["Arn"]
        policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        iam.put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=policy)
        return arn


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    made: list[FolderEngine] = []

    def register(gateway: Gateway, platform: Platform) -> None:
        made.append(FolderEngine(platform, tmp_path_factory.mktemp("images")))
        register_sagemaker(
            gateway,
            platform,
            engine=lambda: made[0],
            jobs=JobSettings(),
            endpoints=EndpointSettings(),
        )
        register_lambda(gateway, platform)
        register_eventbridge(gateway, platform)
        register_stepfunctions(gateway, platform)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("local_aws.server.register_services", register)
        with LocalAws() as running, deployments(running, "whole") as functions:
            yield Account(running, made[0], functions)


def definition(function: str, job_role: str) -> dict[str, Any]:
    job = training_job("unused")
    del job["TrainingJobName"], job["AlgorithmSpecification"]
    return {
        "StartAt": "Calls CodeBuild to Build Container",
        "States": {
            "Calls CodeBuild to Build Container": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
                "Parameters": {
                    "FunctionName": function,
                    "Payload": {"TaskToken.$": "$$.Task.Token", "Fail.$": "$$.Execution.Input.Fail"},
                },
                "Assign": {"Image.$": "$.ImageUri"},
                "ResultPath": None,
                "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "LambdaTaskFailed"}],
                "Next": "Train Step",
            },
            "Train Step": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
                "Parameters": {
                    **job,
                    "TrainingJobName.$": "$$.Execution.Input.JobName",
                    "AlgorithmSpecification": {"TrainingImage.$": "$Image", "TrainingInputMode": "File"},
                    "RoleArn": job_role,
                    "OutputDataConfig": {"S3OutputPath": "s3://whole-bucket/out"},
                },
                "Assign": {"TrainStep": {"S3ModelArtifacts.$": "$.ModelArtifacts.S3ModelArtifacts"}},
                "ResultPath": None,
                "Next": "Save model",
            },
            "Save model": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sagemaker:createModel",
                "Parameters": {
                    "ModelName.$": "$$.Execution.Input.ModelName",
                    "ExecutionRoleArn": job_role,
                    "PrimaryContainer": {"Image.$": "$Image", "ModelDataUrl.$": "$TrainStep.S3ModelArtifacts"},
                },
                "End": True,
            },
            "LambdaTaskFailed": {"Type": "Fail", "Error": "LambdaTaskFailed", "CausePath": "$.Cause"},
        },
    }


@pytest.fixture(scope="module")
def machine(account: Account) -> str:
    account.client("s3").create_bucket(Bucket="whole-bucket")
    job_role = account.role("job", "sagemaker.amazonaws.com", allow("s3:*", "logs:*", "ecr:*"))
    image = account.engine.image("trainer", train=TRAIN)
    answers = account.answering.function("answers", ANSWERS % image, allow("states:SendTaskSuccess"))
    jobs = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/*"
    rule = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule"
    role = account.role(
        "workflow",
        "states.amazonaws.com",
        allow("lambda:InvokeFunction", resource=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{answers}"),
        allow(
            "sagemaker:CreateTrainingJob",
            "sagemaker:AddTags",
            "sagemaker:DescribeTrainingJob",
            "sagemaker:StopTrainingJob",
            resource=jobs,
        ),
        allow("sagemaker:CreateModel", resource=f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/*"),
        allow("iam:PassRole", resource=job_role),
        allow("events:PutTargets", "events:PutRule", "events:DescribeRule", resource=rule),
    )
    arn: str = account.client("stepfunctions").create_state_machine(
        name="whole", definition=json.dumps(definition(answers, job_role)), roleArn=role
    )["stateMachineArn"]
    return arn


def run(account: Account, machine: str, **given: Any) -> dict[str, Any]:
    states = account.client("stepfunctions")
    execution = states.start_execution(stateMachineArn=machine, input=json.dumps({"Fail": False, **given}))[
        "executionArn"
    ]
    described: list[dict[str, Any]] = until(
        lambda: [d for d in [states.describe_execution(executionArn=execution)] if d["status"] != "RUNNING"], 60
    )
    return described[0]


def test_build_train_and_save(account: Account, machine: str) -> None:
    ended = run(account, machine, JobName="good-job", ModelName="good-model")
    assert ended["status"] == "SUCCEEDED", ended.get("cause")
    job = account.client("sagemaker").describe_training_job(TrainingJobName="good-job")
    model = account.client("sagemaker").describe_model(ModelName="good-model")
    assert model["PrimaryContainer"]["ModelDataUrl"] == job["ModelArtifacts"]["S3ModelArtifacts"]
    assert json.loads(ended["output"])["ModelArn"] == model["ModelArn"]


def test_a_function_that_fails_is_caught(account: Account, machine: str) -> None:
    ended = run(account, machine, JobName="never", ModelName="never", Fail=True)
    assert (ended["status"], ended["error"]) == ("FAILED", "LambdaTaskFailed")
    assert json.loads(ended["cause"])["errorMessage"] == "no such folder"


def test_a_function_that_takes_too_long_is_tried_again_and_caught(account: Account) -> None:
    slow = account.answering.function(
        "slow", "import time\n\ndef handler(event, context):\n    time.sleep(60)\n", Timeout=1
    )
    call = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": slow},
        "Retry": [{"ErrorEquals": ["Sandbox.Timedout"], "IntervalSeconds": 1, "MaxAttempts": 1}],
        "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "Failed"}],
        "End": True,
    }
    failed = {"Type": "Fail", "ErrorPath": "$.Error", "CausePath": "$.Cause"}
    states = account.client("stepfunctions")
    machine = states.create_state_machine(
        name="slow",
        definition=json.dumps({"StartAt": "Call", "States": {"Call": call, "Failed": failed}}),
        roleArn=account.role("slow-workflow", "states.amazonaws.com", allow("lambda:InvokeFunction")),
    )["stateMachineArn"]
    ended = run(account, machine)

    assert (ended["status"], ended["error"]) == ("FAILED", "Sandbox.Timedout")
    assert "Task timed out after 1.00 seconds" in json.loads(ended["cause"])["errorMessage"]
    events = states.get_execution_history(executionArn=ended["executionArn"])["events"]
    assert [event["type"] for event in events].count("TaskFailed") == 2


def test_a_training_that_fails_ends_the_execution_with_its_reason(
    account: Account, machine: str, tmp_path: Path
) -> None:
    trainer = account.engine.root / "trainer" / "train"
    good = trainer.read_text()
    trainer.write_text(good.splitlines()[0] + FAILS)
    try:
        ended = run(account, machine, JobName="bad-job", ModelName="bad-model")
    finally:
        trainer.write_text(good)
    assert (ended["status"], ended["error"]) == ("FAILED", "States.TaskFailed")
    described = json.loads(ended["cause"])
    assert described["TrainingJobStatus"] == "Failed"
    assert "no rows in the training channel" in described["FailureReason"]


def test_a_rule_sees_the_end_of_an_execution(account: Account, machine: str) -> None:
    sqs, events = account.client("sqs"), account.client("events")
    queue = sqs.create_queue(QueueName="ends")["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:ends"
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
            }
        ],
    }
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
    pattern = {"source": ["aws.states"], "detail": {"status": ["FAILED"], "stateMachineArn": [machine]}}
    events.put_rule(Name="ends", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="ends", Targets=[{"Id": "queue", "Arn": arn}])
    ended = run(account, machine, JobName="never", ModelName="never", Fail=True)
    message = until(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"))[0]
    event = json.loads(message["Body"])
    assert event["detail-type"] == "Step Functions Execution Status Change"
    assert event["detail"]["executionArn"] == ended["executionArn"]


def test_a_rule_starts_an_execution(account: Account) -> None:
    """EventBridge calls StartExecution with the rule's role; the event is the input."""
    states, events = account.client("stepfunctions"), account.client("events")
    role = account.role("started", "states.amazonaws.com", allow("s3:ListAllMyBuckets"))
    echo = {"StartAt": "S", "States": {"S": {"Type": "Pass", "InputPath": "$.detail", "End": True}}}
    machine = states.create_state_machine(name="started", definition=json.dumps(echo), roleArn=role)["stateMachineArn"]
    starter = account.role("starter", "events.amazonaws.com", allow("states:StartExecution", resource=machine))
    events.put_rule(Name="starts", EventPattern='{"source": ["mine"]}')
    events.put_targets(Rule="starts", Targets=[{"Id": "machine", "Arn": machine, "RoleArn": starter}])
    events.put_events(Entries=[{"Source": "mine", "DetailType": "Go", "Detail": '{"n": 7}'}])
    listed = until(lambda: states.list_executions(stateMachineArn=machine, statusFilter="SUCCEEDED")["executions"])
    assert json.loads(states.describe_execution(executionArn=listed[0]["executionArn"])["output"]) == {"n": 7}
