"""What the service does not take of steps that somebody else wrote, and that typed steps say the same of each type."""

from typing import Any

import pytest

from constructs_lib import definitions
from constructs_lib.checks.imported.options import ERRORS, WITH_RETRY, WITHOUT_CACHE, option_problems
from constructs_lib.checks.imported.pipeline import STEP_TYPES
from constructs_lib.definitions import PipelineRetry, TaskStep
from tests.constructs_lib.samples import TOKEN, pipeline_problems, training

POLICY = {"ExceptionType": ["Step.THROTTLING"], "MaxAttempts": 2, "IntervalSeconds": 1, "BackoffRate": 2.0}


def told(kind: str = "Training", **members: Any) -> list[str]:
    return [str(problem) for problem in option_problems({"Name": "A", "Type": kind, "Arguments": {}, **members})]


def retried(kind: str = "Training", **members: Any) -> list[str]:
    return told(kind, RetryPolicies=[POLICY | members])


TYPED = {
    step.pipeline_type: step
    for step in (getattr(definitions, name) for name in definitions.__all__)
    if isinstance(step, type) and issubclass(step, TaskStep) and step.pipeline_type is not None
}


@pytest.mark.parametrize("kind", [kind for kind in STEP_TYPES if kind not in ("Condition", "Fail")])
def test_typed_steps_say_the_same(kind: str) -> None:
    assert TYPED[kind].cached_by_pipelines is (kind not in WITHOUT_CACHE)
    assert TYPED[kind].retried_by_pipelines is (kind in WITH_RETRY)


def test_typed_retries_say_the_same() -> None:
    every: Any = ERRORS
    assert pipeline_problems(training(retry=[PipelineRetry(errors=every, max_attempts=1)])) == []


@pytest.mark.parametrize("expires", ["PT12H", "P30D", "30d", "T12H", "P1Y2M3W4DT5H6M7S", TOKEN])
def test_durations_of_caches(expires: str) -> None:
    assert told(CacheConfig={"Enabled": True, "ExpireAfter": expires}) == []


@pytest.mark.parametrize("expires", ["", "P", "12", "12x", "PT", 3])
def test_what_is_no_duration(expires: object) -> None:
    assert told(CacheConfig={"Enabled": True, "ExpireAfter": expires}) == [
        f"A: CacheConfig.ExpireAfter: got {expires!r}, expected an ISO 8601 duration such as 'PT12H' or 'P30D'"
    ]


def test_a_cache_where_there_is_none() -> None:
    assert told("Model", CacheConfig={"Enabled": True}) == [
        "A: CacheConfig: got a cache, which SageMaker Pipelines does not have for Model steps"
    ]


@pytest.mark.parametrize(
    "members", [{}, {"MaxAttempts": None, "ExpireAfterMin": 14400}, {"ExceptionType": "SageMaker.CAPACITY_ERROR"}]
)
def test_retries_that_the_service_takes(members: dict[str, Any]) -> None:
    assert retried(**members) == []


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"ExpireAfterMin": 5}, ": expected one of MaxAttempts and ExpireAfterMin, not both"),
        ({"MaxAttempts": 21}, ".MaxAttempts: got 21, expected 1 to 20"),
        ({"MaxAttempts": None, "ExpireAfterMin": 14401}, ".ExpireAfterMin: got 14401, expected 1 to 14400"),
        ({"IntervalSeconds": 0}, ".IntervalSeconds: got 0, expected 1 to 43200"),
        ({"ExceptionType": []}, f".ExceptionType: got [], expected at least one of: {', '.join(ERRORS)}"),
        ({"ExceptionType": "Step.NONE"}, f".ExceptionType: got 'Step.NONE', expected one of: {', '.join(ERRORS)}"),
    ],
    ids=["both", "attempts", "minutes", "interval", "no error", "error"],
)
def test_retries_that_the_service_refuses(members: dict[str, Any], message: str) -> None:
    assert retried(**members) == [f"A: RetryPolicies[0]{message}"]


def test_a_retry_where_there_is_none() -> None:
    assert retried("Lambda") == [
        "A: RetryPolicies: got a retry, which SageMaker Pipelines does not have for Lambda steps"
    ]
    assert told(RetryPolicies=["often"]) == ["A: RetryPolicies[0]: got 'often', expected a JSON object"]


def test_internal_errors_of_jobs_that_retry_them_themselves() -> None:
    (message,) = retried("Tuning", ExceptionType=["SageMaker.JOB_INTERNAL_ERROR"])
    expected = "got 'SageMaker.JOB_INTERNAL_ERROR', which SageMaker Pipelines does not retry for Tuning steps"
    assert message == f"A: RetryPolicies[0].ExceptionType: {expected}"


@pytest.mark.parametrize(
    ("kind", "member", "feature"),
    [
        ("Endpoint", "DeploymentConfig", "deployment guardrails"),
        ("EndpointConfig", "DataCaptureConfig", "data capture"),
    ],
)
def test_members_that_are_refused(kind: str, member: str, feature: str) -> None:
    assert told(kind, Arguments={member: {}}) == [
        f"A: Arguments.{member}: got {feature}, which SageMaker Pipelines refuses in {kind} steps"
    ]
    assert told(kind, Arguments={member: None}) == []
