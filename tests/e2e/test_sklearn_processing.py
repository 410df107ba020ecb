"""The workflow `sklearn-processing` as deployed: to its end, to its Fail state, and past a refusal."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from attrs import define

from tests.e2e.account import Account, Definition
from tests.e2e.conftest import Deployed
from tests.e2e.processes import poll
from workflows.sklearn_processing.definition import (
    ANOMALIES,
    BUILD,
    EVALUATION,
    FAILED,
    FEATURES,
    PREPROCESSING,
    SCRIPTS,
    TRAINING,
)

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

WORKFLOW = "sklearn-processing"
LEAST_ACCURACY = 0.9


@define(eq=False)
class News:
    """What the topic of the environment tells, from now on."""

    account: Account
    queue: str

    def about(self, text: str) -> dict[str, Any]:
        """The message with a text, which must come."""
        found: list[dict[str, Any]] = []

        def look() -> bool:
            received = self.account.client("sqs").receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
            told = [json.loads(message["Body"])["Message"] for message in received.get("Messages", [])]
            found.extend(json.loads(message) for message in told if text in message)
            return bool(found)

        assert poll(look, seconds=60)
        return found[0]


@pytest.fixture(scope="module")
def account(deployed: Deployed) -> Account:
    """The deployed account, for this workflow."""
    return Account(deployed.account.endpoint_url, deployed.account.command_line, workflow=WORKFLOW)


@pytest.fixture(scope="module")
def news(account: Account) -> Iterator[News]:
    """A queue that hears of what the topic tells."""
    sqs, sns = account.client("sqs"), account.client("sns")
    queue = sqs.create_queue(QueueName="sklearn-news")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**statement, "Resource": arn}]}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
    topic = account.outputs["AlarmTopicArn"]
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)
    yield News(account, queue)
    sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
    sqs.delete_queue(QueueUrl=queue)


@contextmanager
def raw_data(account: Account, text: str) -> Iterator[None]:
    """One more file of raw data while it is needed."""
    bucket, _, prefix = account.outputs["SklearnProcessingRawDataUri"].removeprefix("s3://").partition("/")
    place = {"Bucket": bucket, "Key": f"{prefix}more.csv"}
    account.client("s3").put_object(**place, Body=text.encode())
    try:
        yield
    finally:
        account.client("s3").delete_object(**place)


def test_an_accurate_model_is_found_and_told_of(account: Account, news: News) -> None:
    run = account.run(WORKFLOW)

    assert run.ended.code == 0, run.ended
    assert "uploading the breast-cancer data that scikit-learn ships" in run.ended.output
    for step in (BUILD, PREPROCESSING, ANOMALIES, FEATURES, TRAINING, EVALUATION):
        assert f"✓ {step}: SUCCEEDED after" in run.ended.output
    s3, bucket = account.client("s3"), account.outputs["DataBucketName"]
    key = f"sklearn-processing/runs/{run.name}/evaluation/evaluation.json"
    report = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    assert report["accuracy"] >= LEAST_ACCURACY
    assert account.command_line.run("logs", f"{run.name}-evaluation-processing").output == (
        f"accuracy={report['accuracy']:.4f}\n"
    )
    assert account.training_job(f"{run.name}-training")["TrainingJobStatus"] == "Completed"
    assert news.about(run.name) == {
        "execution": run.name, "accuracy": report["accuracy"], "roc_auc": report["roc_auc"]
    }  # fmt: skip


def test_a_job_that_fails_fails_the_workflow_and_is_told_with_its_reason(account: Account, news: News) -> None:
    with raw_data(account, "radius,benign\n17.9,1\n"):
        run = account.run(WORKFLOW)

    account.assert_failed(run)
    assert (run.execution["error"], run.execution["cause"]) == ("States.TaskFailed", "SageMakerProcessingJobFailed")
    assert f"{FAILED}: " in run.ended.output
    assert f"step '{PREPROCESSING}' failed: States.TaskFailed" in run.ended.errors, run.ended
    assert "the files in input have different columns" in run.ended.errors
    assert f"./mlops logs {run.name}-preprocessing" in run.ended.errors
    message = news.about(run.name)
    assert (message["detail-type"], message["detail"]["status"]) == ("Step Functions Execution Status Change", "FAILED")


def test_a_refused_job_is_tried_again(account: Account) -> None:
    bucket = account.outputs["DataBucketName"]
    key = f"sklearn-processing/runs/late-{uuid.uuid4().hex}/train_data/train.py"

    def script_that_comes_late(definition: Definition) -> None:
        channels = definition["States"][TRAINING]["Parameters"]["InputDataConfig"]
        (code,) = [channel for channel in channels if channel["ChannelName"] == "code"]
        code["DataSource"]["S3DataSource"]["S3Uri"] = f"s3://{bucket}/{key}"

    machine = account.variant(script_that_comes_late)
    name, running = account.start(machine)
    assert poll(lambda: f"✗ {TRAINING}: FAILED" in running.said(), seconds=180), running.said()
    account.client("s3").put_object(Bucket=bucket, Key=key, Body=(SCRIPTS / "train.py").read_bytes())
    run = account.finish(machine, name, running)

    assert run.ended.code == 0, run.ended
    assert run.execution["status"] == "SUCCEEDED"
    assert f"✓ {TRAINING}: SUCCEEDED after" in run.ended.output, run.ended
    pages = account.client("stepfunctions").get_paginator("get_execution_history")
    events = [event for page in pages.paginate(executionArn=run.execution["executionArn"]) for event in page["events"]]
    refused = [event["taskSubmitFailedEventDetails"] for event in events if event["type"] == "TaskSubmitFailed"]
    assert {failure["error"] for failure in refused} == {"SageMaker.AmazonSageMakerException"}
    assert f'No S3 objects found under S3 URL "s3://{bucket}/{key}"' in refused[0]["cause"]
