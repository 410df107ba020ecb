"""The workflow `sklearn-processing` run by the local AWS: its state machine, its jobs, its derived permissions.

The containers are folders with the container's packages; `tests/workflows/test_sklearn_processing_scripts.py` tells
what the scripts do.
"""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import define

from constructs_lib.definitions import ContainerImage, WorkflowDefinition
from constructs_lib.permissions import Statement, engine_statements, job_statements
from constructs_lib.rendering import render_states
from local_aws.gateway.app import Gateway
from local_aws.platform import Platform
from local_aws.sagemaker.service import register_sagemaker
from local_aws.server import LocalAws
from local_aws.stepfunctions.service import register_stepfunctions
from tests.local_aws.sagemaker.folder_engine import FolderEngine
from tests.workflows.container import ROOT, make_environment
from workflows.sklearn_processing.definition import FAILED, ProcessingSettings, sklearn_processing

SOURCE = ROOT / "workflows" / "sklearn_processing"
REGION, ACCOUNT_ID = "us-east-1", "123456789012"
IMAGE = f"{ACCOUNT_ID}.dkr.ecr.{REGION}.amazonaws.com/sklearn:latest"

pytestmark = pytest.mark.slow


@define(eq=False)
class Account:
    """The local AWS, with the workflow's data, scripts and topic in it."""

    platform: Platform
    engine: FolderEngine
    topic: str
    queue: str

    def client(self, service: str) -> Any:
        return self.platform.client(service, region=REGION)

    def role(self, name: str, service: str, statements: tuple[Statement, ...]) -> str:
        """A role that may do what is derived and no more."""
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        document = {"Version": "2012-10-17", "Statement": [trust]}
        policy = {"Version": "2012-10-17", "Statement": [found.to_dict() for found in statements]}
        iam = self.client("iam")
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="derived", PolicyDocument=json.dumps(policy))
        return arn

    def settings(self, **changed: Any) -> ProcessingSettings:
        given = {
            "image": ContainerImage(uri=IMAGE),
            "raw_data_uri": "s3://sklearn-raw/cancer/",
            "code_uri": "s3://sklearn-code/scripts",
            "data_bucket": "sklearn-data",
            "topic_arn": self.topic,
        }
        return ProcessingSettings(**{**given, **changed})

    def run(self, name: str, settings: ProcessingSettings) -> tuple[dict[str, Any], list[str]]:
        """Deploys the workflow, runs it once; gives the execution and the names of the states it entered."""
        place = {"partition": "aws", "region": REGION, "account": ACCOUNT_ID}
        needed = sklearn_processing(settings)
        roles = {
            step.name: self.role(
                f"{name}-{number}", "sagemaker.amazonaws.com", job_statements(step, definition=needed, **place)
            )
            for number, step in enumerate(needed.steps_without_role)
        }
        definition: WorkflowDefinition = needed.with_roles(roles)
        states = self.client("stepfunctions")
        machine = states.create_state_machine(
            name=name,
            definition=json.dumps(render_states(definition)),
            roleArn=self.role(name, "states.amazonaws.com", engine_statements(definition, **place)),
        )["stateMachineArn"]
        names = ("PreprocessingJobName", "TrainingJobName", "EvaluationProcessingJobName")
        given = {member: f"{name}-{member[:5].lower()}" for member in names}
        started = states.start_execution(stateMachineArn=machine, name=name, input=json.dumps(given))
        deadline = time.monotonic() + 240
        while True:
            execution: dict[str, Any] = states.describe_execution(executionArn=started["executionArn"])
            if execution["status"] != "RUNNING":
                break
            assert time.monotonic() < deadline
            time.sleep(0.1)
        pages = states.get_paginator("get_execution_history").paginate(executionArn=started["executionArn"])
        events = [event for page in pages for event in page["events"]]
        entered = [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]
        return execution, entered

    def messages(self) -> list[dict[str, Any]]:
        """What the topic has told."""
        found = self.client("sqs").receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(json.loads(message["Body"])["Message"]) for message in found]


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    images = tmp_path_factory.mktemp("images")
    python = make_environment(SOURCE / "container" / "requirements.txt") / "python"
    engines: list[FolderEngine] = []

    def register(gateway: Gateway, platform: Platform) -> None:
        engines.append(FolderEngine(platform, images))
        register_sagemaker(gateway, platform, engine=lambda: engines[0])
        register_stepfunctions(gateway, platform)

    make_image(images / "sklearn", python)
    with LocalAws(register=register) as running:
        client = running.platform.client
        s3 = client("s3", region=REGION)
        for bucket in ("sklearn-raw", "sklearn-code", "sklearn-data"):
            s3.create_bucket(Bucket=bucket)
        raw = tmp_path_factory.mktemp("raw") / "cancer.csv"
        image = images / "sklearn" / "python3"
        subprocess.run([str(image), str(SOURCE / "raw_data.py"), str(raw)], check=True)
        s3.upload_file(str(raw), "sklearn-raw", "cancer/cancer.csv")
        s3.put_object(Bucket="sklearn-raw", Key="broken/cancer.csv", Body=b"a,b\n1,x\n")
        for script in (SOURCE / "scripts").glob("*.py"):
            s3.upload_file(str(script), "sklearn-code", f"scripts/{script.name}")
        topic = client("sns", region=REGION).create_topic(Name="sklearn-told")["TopicArn"]
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:sklearn-told"
        heard = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [{**heard, "Resource": arn}]})
        queue = client("sqs", region=REGION).create_queue(QueueName="sklearn-told", Attributes={"Policy": policy})[
            "QueueUrl"
        ]
        client("sns", region=REGION).subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        yield Account(running.platform, engines[0], topic, queue)


def make_image(folder: Path, python: Path) -> None:
    """A folder in the place of the image: its programs and packages."""
    folder.mkdir()
    programs = {
        "python3": f"export PYTHONPATH={SOURCE / 'container'} OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1\n"
        f'exec {python} "$@"\n',
        "train": f'exec "{folder}/python3" {SOURCE / "container" / "train"}\n',
    }
    for name, text in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}")
        (folder / name).chmod(0o755)


def test_an_accurate_model_is_told_of(account: Account) -> None:
    execution, entered = account.run("happy", account.settings())

    assert execution["status"] == "SUCCEEDED", execution
    assert entered[-2:] == ["Tell of the model", "ML Workflow succeeded"]
    report = account.client("s3").get_object(Bucket="sklearn-data", Key="happy/evaluation/evaluation.json")
    accuracy = json.loads(report["Body"].read())["accuracy"]
    (message,) = account.messages()
    assert (message["execution"], message["accuracy"]) == ("happy", accuracy)
    assert accuracy > 0.93
    job = account.client("sagemaker").describe_processing_job(ProcessingJobName="happy-prepr")
    assert job["ProcessingJobStatus"] == "Completed"


def test_a_model_that_is_not_accurate_enough_does_not_pass(account: Account) -> None:
    execution, entered = account.run("strict", account.settings(least_accuracy=0.999))

    assert (execution["status"], execution["error"]) == ("FAILED", "AccuracyTooLow")
    assert entered[-1] == "Model not accurate enough"
    assert account.messages() == []


def test_a_job_that_fails_ends_the_workflow_as_the_original_does(account: Account) -> None:
    execution, entered = account.run("broken", account.settings(raw_data_uri="s3://sklearn-raw/broken/"))

    assert execution["status"] == "FAILED"
    assert (execution["error"], execution["cause"]) == ("States.TaskFailed", "SageMakerProcessingJobFailed")
    assert entered == ["SageMaker pre-processing step", FAILED]
    job = account.client("sagemaker").describe_processing_job(ProcessingJobName="broken-prepr")
    assert job["ExitMessage"] == "cancer.csv, line 2: got ['1', 'x'], expected 2 numbers"
