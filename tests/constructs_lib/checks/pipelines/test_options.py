from typing import Any

import pytest

from constructs_lib.definitions import CacheConfig, PipelineRetry
from tests.constructs_lib.samples import function, model, pipeline_problems, processing, registration, tuning


def test_caches_are_of_steps_that_can_be_cached() -> None:
    assert pipeline_problems(model("M", cache=CacheConfig()), registration("R", cache=CacheConfig())) == [
        "M: cache: got a cache, which SageMaker Pipelines does not have for Model steps",
        "R: cache: got a cache, which SageMaker Pipelines does not have for RegisterModel steps",
    ]


def test_caches_are_of_steps_that_can_be_cached_passing() -> None:
    steps = [processing(cache=CacheConfig()), function(cache=CacheConfig()), model()]
    assert pipeline_problems(*steps, default_cache=CacheConfig()) == []


@pytest.mark.parametrize("expires", ["12 hours", "P", "PT", "PT12", "12H", "P1DT", ""])
def test_caches_expire_after_a_duration(expires: str) -> None:
    cache = CacheConfig(expire_after=expires)
    message = f"got {expires!r}, expected an ISO 8601 duration such as 'PT12H' or 'P30D'"
    assert pipeline_problems(processing("P", cache=cache), default_cache=cache) == [
        f"default_cache.expire_after: {message}",
        f"P: cache.expire_after: {message}",
    ]


@pytest.mark.parametrize("expires", ["PT12H", "P30D", "p30d", "P4DT12H", "PT30M", "P1W", None])
def test_caches_expire_after_a_duration_passing(expires: str | None) -> None:
    assert pipeline_problems(processing(cache=CacheConfig(expire_after=expires))) == []


def test_retries_are_of_steps_that_can_be_retried() -> None:
    retry = [PipelineRetry(errors=["Step.THROTTLING"], max_attempts=2)]
    assert pipeline_problems(function("F", retry=retry)) == [
        "F: retry: got a retry, which SageMaker Pipelines does not have for Lambda steps"
    ]


def test_retries_are_of_steps_that_can_be_retried_passing() -> None:
    retry = [PipelineRetry(errors=["Step.THROTTLING"], max_attempts=2)]
    assert pipeline_problems(processing(retry=retry), model(), function(), default_retry=retry) == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, ": expected exactly one of max_attempts and expire_after_minutes"),
        (
            {"max_attempts": 1, "expire_after_minutes": 1},
            ": expected exactly one of max_attempts and expire_after_minutes",
        ),
        ({"max_attempts": 21}, ".max_attempts: got 21, expected 1 to 20"),
        ({"expire_after_minutes": 0}, ".expire_after_minutes: got 0, expected 1 to 14400"),
        ({"max_attempts": 1, "interval_seconds": 0}, ".interval_seconds: got 0, expected 1 to 43200"),
        ({"max_attempts": 1, "backoff_rate": -1.0}, ".backoff_rate: got -1.0, expected at least 0"),
    ],
)
def test_retries_end(given: dict[str, Any], message: str) -> None:
    retry = [PipelineRetry(errors=["Step.THROTTLING"], **given)]
    assert pipeline_problems(processing("P", retry=retry), default_retry=retry) == [
        f"default_retry[0]{message}",
        f"P: retry[0]{message}",
    ]


def test_retries_end_passing() -> None:
    retry = [PipelineRetry(errors=["Step.THROTTLING"], expire_after_minutes=14400, backoff_rate=0.0)]
    assert pipeline_problems(processing(retry=retry)) == []


def test_retries_are_of_some_error() -> None:
    nothing = PipelineRetry(errors=[], max_attempts=1)
    internal = PipelineRetry(errors=["SageMaker.JOB_INTERNAL_ERROR"], max_attempts=1)
    assert pipeline_problems(tuning("T", retry=[nothing, internal])) == [
        "T: retry[0].errors: got no errors, expected at least one",
        (
            "T: retry[1].errors: got 'SageMaker.JOB_INTERNAL_ERROR', which SageMaker Pipelines does not retry for "
            "Tuning steps"
        ),
    ]


def test_retries_are_of_some_error_passing() -> None:
    internal = PipelineRetry(errors=["SageMaker.JOB_INTERNAL_ERROR"], max_attempts=1)
    assert pipeline_problems(processing(retry=[internal])) == []
