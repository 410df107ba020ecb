from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_sqs as sqs

from constructs_lib.events.jobs import (
    Endpoints,
    JobEvents,
    JobStateRule,
    PipelineExecutions,
    ProcessingJobs,
    TrainingJobs,
    TransformJobs,
    TuningJobs,
)
from constructs_lib.events.targets import QueueTarget
from tests.constructs_lib.samples import TOKEN

ARN = "arn:aws:sagemaker:eu-west-1:111122223333:"


@pytest.mark.parametrize(
    ("jobs", "detail_type", "detail"),
    [
        (
            ProcessingJobs(statuses=["Failed"]),
            "SageMaker Processing Job State Change",
            {"ProcessingJobStatus": ["Failed"]},
        ),
        (
            TrainingJobs(
                statuses=["Completed", "Stopped"], names=["one"], name_prefix="two-", tags={"team": "pricing"}
            ),
            "SageMaker Training Job State Change",
            {
                "TrainingJobName": ["one", {"prefix": "two-"}],
                "TrainingJobStatus": ["Completed", "Stopped"],
                "Tags": {"team": ["pricing"]},
            },
        ),
        (
            TuningJobs(arns=[f"{ARN}hyper-parameter-tuning-job/t"]),
            "SageMaker HyperParameter Tuning Job State Change",
            {"HyperParameterTuningJobArn": [f"{ARN}hyper-parameter-tuning-job/t"]},
        ),
        (
            TransformJobs(names=[TOKEN]),
            "SageMaker Transform Job State Change",
            {"TransformJobName": [TOKEN]},
        ),
        (
            Endpoints(statuses=["InService", "UpdateRollbackFailed", "Failed"]),
            "SageMaker Endpoint State Change",
            {"EndpointStatus": ["IN_SERVICE", "UPDATE_ROLLBACK_FAILED", "FAILED"]},
        ),
        (
            PipelineExecutions(pipeline_arns=[f"{ARN}pipeline/p"], statuses=["Succeeded"]),
            "SageMaker Model Building Pipeline Execution Status Change",
            {"pipelineArn": [f"{ARN}pipeline/p"], "currentPipelineExecutionStatus": ["Succeeded"]},
        ),
    ],
)
def test_patterns_have_the_names_of_aws(jobs: JobEvents, detail_type: str, detail: Any) -> None:
    assert jobs.problems() == []
    assert jobs.pattern() == {"source": ["aws.sagemaker"], "detail-type": [detail_type], "detail": detail}


@pytest.mark.parametrize("jobs", [TrainingJobs(), PipelineExecutions()])
def test_without_filters_all_events_of_the_kind_match(jobs: JobEvents) -> None:
    assert list(jobs.pattern()) == ["source", "detail-type"]


@pytest.mark.parametrize(
    ("jobs", "members"),
    [
        (TrainingJobs(), ["TrainingJobArn", "TrainingJobStatus"]),
        (Endpoints(), ["EndpointArn", "EndpointStatus", "LastModifiedTime"]),
        (PipelineExecutions(), ["pipelineExecutionArn", "currentPipelineExecutionStatus"]),
    ],
)
def test_changes_are_told_apart_by(jobs: JobEvents, members: list[str]) -> None:
    assert [value.path for value in jobs.once_key()] == [f"detail.{member}" for member in members]


@pytest.mark.parametrize(
    ("jobs", "problem"),
    [
        (
            TrainingJobs(statuses=["FAILED"]),  # type: ignore[list-item]
            "statuses: got 'FAILED', expected one of InProgress, Completed, Failed, Stopping, Stopped",
        ),
        (
            Endpoints(statuses=["IN_SERVICE"]),  # type: ignore[list-item]
            (
                "statuses: got 'IN_SERVICE', expected one of Creating, InService, OutOfService, Updating, "
                "SystemUpdating, RollingBack, UpdateRollbackFailed, Failed, Deleting"
            ),
        ),
        (
            PipelineExecutions(statuses=["Completed"]),  # type: ignore[list-item]
            "statuses: got 'Completed', expected one of Executing, Stopping, Stopped, Failed, Succeeded",
        ),
        (
            TrainingJobs(name_prefix=""),
            "name_prefix: got '', expected letters, digits and hyphens, beginning with no hyphen",
        ),
        (
            TrainingJobs(names=["housing_*"]),
            "names: got 'housing_*', expected letters, digits and hyphens, beginning with no hyphen",
        ),
        (
            TuningJobs(arns=[f"{ARN}training-job/t"]),
            (
                f"arns: got '{ARN}training-job/t', expected "
                "arn:aws:sagemaker:REGION:ACCOUNT:hyper-parameter-tuning-job/NAME"
            ),
        ),
        (
            PipelineExecutions(pipeline_arns=["p"]),
            "pipeline_arns: got 'p', expected arn:aws:sagemaker:REGION:ACCOUNT:pipeline/NAME",
        ),
        (ProcessingJobs(tags={"": "x"}), "tags: got the key '', expected 1 to 128 characters"),
    ],
)
def test_a_filter_that_can_never_match(jobs: JobEvents, problem: str) -> None:
    assert jobs.problems() == [problem]


def test_all_problems_of_a_filter_are_told_together() -> None:
    stack = Stack(App(), "Test")
    wrong = TrainingJobs(statuses=["Broken"], name_prefix="-")  # type: ignore[list-item]
    with pytest.raises(
        ValueError, match=r"^Test/Rule: jobs\.statuses: got 'Broken', .*\nTest/Rule: jobs\.name_prefix: "
    ):
        JobStateRule(stack, "Rule", jobs=wrong, targets=[QueueTarget(queue=sqs.Queue(stack, "Queue"))])
