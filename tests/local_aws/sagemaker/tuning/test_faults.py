"""Tuning jobs that fail, are stopped, or run out of time."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.tuning.conftest import Tuning


def static(**values: str) -> dict[str, Any]:
    return {"StaticHyperParameters": values}


def test_training_jobs_that_all_fail_fail_the_job_after_five(tuning: Tuning) -> None:
    job = tuning.run("all-fail", jobs=20, parallel=1, TrainingJobDefinition=static(fail="yes"))
    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert job["FailureReason"] == (
        "No training job succeeded after 5 attempts. Please take a look at the training job failures to get more "
        "details."
    )
    assert job["TrainingJobStatusCounters"]["NonRetryableError"] == 5
    assert job["ObjectiveStatusCounters"]["Failed"] == 5
    assert "BestTrainingJob" not in job
    assert tuning.trainings("all-fail")[0]["FailureReason"] == "AlgorithmError: , exit code: 4"


def test_training_jobs_without_the_metric_fail_the_job(tuning: Tuning) -> None:
    algorithm = tuning.definition()["AlgorithmSpecification"] | {
        "MetricDefinitions": [{"Name": "loss", "Regex": "never=(.*)"}]
    }
    job = tuning.run("no-metric", jobs=2, TrainingJobDefinition={"AlgorithmSpecification": algorithm})
    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("No objective metrics found after running 2 training jobs.")


def test_some_that_fail_do_not_matter(tuning: Tuning) -> None:
    choice = {"CategoricalParameterRanges": [{"Name": "x", "Values": ["3"]}]}
    tuning.account.engine.image(
        "sometimes",
        train="import json, os, sys\n"
        'given = json.load(open(os.environ["SAGEMAKER_BASE_DIR"] + "/input/config/hyperparameters.json"))\n'
        'print("loss=" + given["x"] + ";")\n'
        'sys.exit(1 if given["x"] == "1" else 0)\n',
    )
    choice["CategoricalParameterRanges"][0]["Values"] = ["1", "2"]
    image = tuning.image.replace("/tuned:", "/sometimes:")
    algorithm = tuning.definition()["AlgorithmSpecification"] | {"TrainingImage": image}
    job = tuning.run(
        "some-fail",
        jobs=None,
        HyperParameterTuningJobConfig={"Strategy": "Grid", "ParameterRanges": choice},
        TrainingJobDefinition={"AlgorithmSpecification": algorithm},
    )
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    # a metric of a job that failed counts for nothing
    assert job["BestTrainingJob"]["TunedHyperParameters"] == {"x": "2"}


def test_a_training_job_that_cannot_be_created_fails_the_job(tuning: Tuning) -> None:
    channel = {
        "ChannelName": "a",
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://sagemaker-tests/no-such-prefix/"}},
    }
    job = tuning.run("no-data", TrainingJobDefinition={"InputDataConfig": [channel]})
    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert "cannot be created: No S3 objects found under S3 URL" in job["FailureReason"]


def test_a_stop_stops_the_training_jobs(tuning: Tuning) -> None:
    tuning.create("stopped", jobs=9, parallel=2, TrainingJobDefinition=static(wait="-1"))
    tuning.account.eventually(
        lambda: tuning.describe("stopped")["TrainingJobStatusCounters"], lambda counters: counters["InProgress"] == 2
    )
    client = tuning.account.client("sagemaker")
    client.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="stopped")
    job = tuning.ended("stopped")
    assert job["HyperParameterTuningJobStatus"] == "Stopped"
    assert job["TrainingJobStatusCounters"]["InProgress"] == 0
    assert job["TrainingJobStatusCounters"]["Stopped"] == 2
    with pytest.raises(ClientError, match="the hyper parameter tuning job is in status Stopped"):
        client.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="stopped")


def test_the_end_of_the_time_ends_the_job_with_what_it_has(tuning: Tuning, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    def soon(seconds: float, action: Callable[[], None]) -> threading.Timer:
        waited.append(seconds)
        return threading.Timer(1, action)

    monkeypatch.setattr("local_aws.sagemaker.tuning.task.Timer", soon)
    job = tuning.run(
        "late", jobs=9, parallel=2, TrainingJobDefinition=static(wait="-1"), ResourceLimits={"MaxRuntimeInSeconds": 120}
    )
    assert waited == [120]
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"]["Stopped"] == 2
