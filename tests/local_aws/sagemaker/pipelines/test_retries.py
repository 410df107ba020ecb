"""Retries: which failures, how often, how long after each other."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from local_aws.sagemaker.pipelines.failures import of_call, of_job
from local_aws.sagemaker.pipelines.retries import Retries, policies_of
from tests.local_aws.sagemaker.conftest import Account
from tests.local_aws.sagemaker.pipelines.conftest import FaultyEngine, Pipelines
from tests.local_aws.sagemaker.pipelines.documents import definition, training


def _policy(*types: str, **members: Any) -> dict[str, Any]:
    return {"ExceptionType": list(types)} | members


def _clock(moments: list[float]) -> Any:
    return iter(moments).__next__


def test_the_interval_grows_until_there_are_no_more_attempts() -> None:
    policy = _policy("SageMaker.CAPACITY_ERROR", IntervalSeconds=3, BackoffRate=2.0, MaxAttempts=3)
    retries = Retries(policies_of([policy]))
    assert [retries.pause("SageMaker.CAPACITY_ERROR") for _ in range(4)] == [3, 6, 12, None]


def test_retries_expire() -> None:
    policy = _policy("SageMaker.CAPACITY_ERROR", IntervalSeconds=30, BackoffRate=1.0, ExpireAfterMin=1)
    retries = Retries(policies_of([policy]), _clock([0, 0, 31, 31, 40, 40]))
    assert [retries.pause("SageMaker.CAPACITY_ERROR") for _ in range(2)] == [30, None]


def test_policies_count_for_their_own_types() -> None:
    retries = Retries(
        policies_of(
            [_policy("SageMaker.CAPACITY_ERROR", MaxAttempts=1), _policy("SageMaker.RESOURCE_LIMIT", MaxAttempts=1)]
        )
    )
    types = ["SageMaker.CAPACITY_ERROR", "SageMaker.RESOURCE_LIMIT", "SageMaker.CAPACITY_ERROR", None]
    assert [retries.pause(each) for each in types] == [1, 1, None, None]


def test_throttling_is_retried_without_a_policy_unless_one_says_otherwise() -> None:
    assert Retries(policies_of(None)).pause("Step.THROTTLING") == 1
    assert Retries(policies_of(None)).pause("SageMaker.JOB_INTERNAL_ERROR") is None
    assert Retries(policies_of([_policy("Step.THROTTLING", MaxAttempts=0)])).pause("Step.THROTTLING") is None


def _error(code: str, status: int) -> ClientError:
    response = {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "CreateTrainingJob")


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("ThrottlingException", 400, "Step.THROTTLING"),
        ("ResourceLimitExceeded", 400, "SageMaker.RESOURCE_LIMIT"),
        ("InternalFailure", 500, "Step.SERVICE_FAULT"),
        ("ServiceUnavailable", 503, "Step.SERVICE_FAULT"),
        ("ValidationException", 400, None),
        ("AccessDeniedException", 403, None),
        ("NotAvailableLocally", 501, None),
    ],
)
def test_the_type_of_a_refused_call(code: str, status: int, kind: str | None) -> None:
    failure = of_call("sagemaker", "CreateTrainingJob", _error(code, status))
    assert failure.exception_type == kind
    assert str(failure) == (
        "ClientError: Failed to invoke sagemaker:CreateTrainingJob. Error Details: m "
        f"(Service: sagemaker, Status Code: {status}, Error Code: {code})"
    )


def test_a_call_without_an_answer_is_a_service_fault() -> None:
    failure = of_call("sagemaker", "CreateTrainingJob", EndpointConnectionError(endpoint_url="http://x"))
    assert failure.exception_type == "Step.SERVICE_FAULT"


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("InternalServerError: We encountered an internal error.", "SageMaker.JOB_INTERNAL_ERROR"),
        ("CapacityError: Unable to provision requested ML compute capacity.", "SageMaker.CAPACITY_ERROR"),
        ("ResourceLimitExceeded: too many", "SageMaker.RESOURCE_LIMIT"),
        ("AlgorithmError: exit code 1", None),
    ],
)
def test_the_type_of_a_failed_job(reason: str, kind: str | None) -> None:
    assert of_job(reason).exception_type == kind


def _faulty(account: Account, image: str, times: int) -> None:
    assert isinstance(account.engine, FaultyEngine)
    account.engine.faults[image] = times


def test_a_job_that_the_service_could_not_run_is_started_again(pipelines: Pipelines, account: Account) -> None:
    image = account.engine.image("heals", train="")
    _faulty(account, image, 2)
    policy = _policy("SageMaker.JOB_INTERNAL_ERROR", BackoffRate=0.1, MaxAttempts=2)
    pipelines.create("heals", definition(training("Train", image, pipelines.role, RetryPolicies=[policy])))

    step = pipelines.steps(pipelines.run("heals"))["Train"]

    assert (step["StepStatus"], step["AttemptCount"]) == ("Succeeded", 3)
    name = step["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    jobs = pipelines.client.list_training_jobs(NameContains=name.rpartition("-")[0])["TrainingJobSummaries"]
    assert sorted(job["TrainingJobStatus"] for job in jobs) == ["Completed", "Failed", "Failed"]


def test_without_a_policy_such_a_job_fails_the_step(pipelines: Pipelines, account: Account) -> None:
    image = account.engine.image("stays-ill", train="")
    _faulty(account, image, 1)
    pipelines.create("stays-ill", definition(training("Train", image, pipelines.role)))

    step = pipelines.steps(pipelines.run("stays-ill"))["Train"]

    assert (step["StepStatus"], step["AttemptCount"]) == ("Failed", 1)
    assert step["FailureReason"].startswith("ClientError: InternalServerError")
