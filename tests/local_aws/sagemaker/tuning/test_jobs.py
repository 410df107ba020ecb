"""Tuning jobs that find something: what they start, how they count, what they call the best."""

import re
from typing import Any

import pytest

from tests.local_aws.sagemaker.tuning.conftest import Tuning


def losses(trainings: list[dict[str, Any]]) -> list[float]:
    return [job["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for job in trainings]


def test_training_jobs_are_started_named_tagged_and_compared(tuning: Tuning) -> None:
    job = tuning.run(
        "random",
        TrainingJobDefinition={"StaticHyperParameters": {"mine": "1"}},
        Tags=[{"Key": "team", "Value": "a"}],
    )
    assert job["HyperParameterTuningJobStatus"] == "Completed", job
    assert job["TrainingJobStatusCounters"] == {
        "Completed": 4,
        "InProgress": 0,
        "RetryableError": 0,
        "NonRetryableError": 0,
        "Stopped": 0,
    }
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 4, "Pending": 0, "Failed": 0}
    assert job["CreationTime"] <= job["HyperParameterTuningEndTime"]
    assert job["ConsumedResources"]["RuntimeInSeconds"] >= 0
    trainings = tuning.trainings("random", SortBy="Name", SortOrder="Ascending")
    names = [training["TrainingJobName"] for training in trainings]
    assert all(re.fullmatch(rf"random-{number:03d}-[0-9a-f]{{8}}", name) for number, name in enumerate(names, start=1))
    assert job["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"] == {
        "Type": "Minimize",
        "MetricName": "loss",
        "Value": min(losses(trainings)),
    }
    assert job["BestTrainingJob"]["ObjectiveStatus"] == "Succeeded"

    client = tuning.account.client("sagemaker")
    training = client.describe_training_job(TrainingJobName=names[0])
    assert training["TuningJobArn"] == job["HyperParameterTuningJobArn"]
    assert training["HyperParameters"] == {
        "mine": "1",
        "_tuning_objective_metric": "loss",
        "x": trainings[0]["TunedHyperParameters"]["x"],
    }
    assert client.list_tags(ResourceArn=training["TrainingJobArn"])["Tags"] == [{"Key": "team", "Value": "a"}]
    events = tuning.account.events_of("SageMaker HyperParameter Tuning Job State Change", "random")
    assert [event["HyperParameterTuningJobStatus"] for event in events] == ["InProgress", "Completed"]


def test_training_jobs_are_listed_by_their_objective(tuning: Tuning) -> None:
    tuning.run("sorted", jobs=12, parallel=4)
    client = tuning.account.client("sagemaker")
    request = {
        "HyperParameterTuningJobName": "sorted",
        "SortBy": "FinalObjectiveMetricValue",
        "SortOrder": "Descending",
        "MaxResults": 5,
    }
    found, page = [], client.list_training_jobs_for_hyper_parameter_tuning_job(**request)
    while True:
        found += losses(page["TrainingJobSummaries"])
        if "NextToken" not in page:
            break
        page = client.list_training_jobs_for_hyper_parameter_tuning_job(**request, NextToken=page["NextToken"])
    assert len(found) == 12
    assert found == sorted(found, reverse=True)
    assert tuning.trainings("sorted", StatusEquals="Failed") == []


def test_a_grid_tries_every_combination_once(tuning: Tuning) -> None:
    ranges = {
        "CategoricalParameterRanges": [{"Name": "x", "Values": ["1", "3"]}, {"Name": "kind", "Values": ["a", "b", "c"]}]
    }
    job = tuning.run("grid", jobs=None, HyperParameterTuningJobConfig={"Strategy": "Grid", "ParameterRanges": ranges})
    tried = [training["TunedHyperParameters"] for training in tuning.trainings("grid", SortBy="Name")]
    assert tried == [{"x": x, "kind": kind} for x in ("1", "3") for kind in ("a", "b", "c")]
    assert job["BestTrainingJob"]["TunedHyperParameters"]["x"] == "3"


def test_a_seed_makes_the_same_search_again(tuning: Tuning) -> None:
    values = []
    for name in ("seeded-1", "seeded-2"):
        tuning.run(name, jobs=3, parallel=1, HyperParameterTuningJobConfig={"RandomSeed": 7})
        values.append([training["TunedHyperParameters"] for training in tuning.trainings(name, SortBy="Name")])
    assert values[0] == values[1]


def test_bayesian_search_comes_close_to_the_best(tuning: Tuning) -> None:
    job = tuning.run(
        "bayesian", jobs=25, parallel=1, HyperParameterTuningJobConfig={"Strategy": "Bayesian", "RandomSeed": 1}
    )
    assert job["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] < 0.1


def test_hyperband_gives_most_to_what_promises_most(tuning: Tuning) -> None:
    job = tuning.run(
        "hyperband",
        jobs=10,
        parallel=2,
        HyperParameterTuningJobConfig={
            "Strategy": "Hyperband",
            "StrategyConfig": {"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 9}},
            "RandomSeed": 3,
        },
        TrainingJobDefinition={"StaticHyperParameters": {"epochs": "100"}},
    )
    assert job["HyperParameterTuningJobStatus"] == "Completed", job
    # none runs to its own end: each is stopped, at nine values at the latest
    assert job["TrainingJobStatusCounters"]["Stopped"] == 10
    assert job["ObjectiveStatusCounters"]["Succeeded"] == 10


def test_early_stopping_ends_what_is_worse_than_the_median(tuning: Tuning) -> None:
    job = tuning.run(
        "early",
        jobs=8,
        parallel=1,
        HyperParameterTuningJobConfig={"TrainingJobEarlyStoppingType": "Auto", "RandomSeed": 2},
        TrainingJobDefinition={"StaticHyperParameters": {"epochs": "6"}},
    )
    counters = job["TrainingJobStatusCounters"]
    assert counters["Stopped"] > 0
    assert counters["Completed"] >= 3
    assert counters["Stopped"] + counters["Completed"] == 8


def test_no_more_run_side_by_side_than_allowed(tuning: Tuning) -> None:
    tuning.create("parallel", jobs=5, parallel=2, TrainingJobDefinition={"StaticHyperParameters": {"wait": "-1"}})

    def describe() -> dict[str, int]:
        return dict(tuning.describe("parallel")["TrainingJobStatusCounters"])

    tuning.account.eventually(describe, lambda counters: counters["InProgress"] == 2)
    client = tuning.account.client("sagemaker")
    for training in tuning.trainings("parallel"):
        client.stop_training_job(TrainingJobName=training["TrainingJobName"])
    counters = tuning.account.eventually(describe, lambda counters: counters["Stopped"] == 2)
    assert counters["InProgress"] <= 2
    client.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="parallel")
    tuning.ended("parallel")


def test_a_target_that_is_reached_ends_the_job(tuning: Tuning) -> None:
    job = tuning.run(
        "target",
        jobs=50,
        parallel=2,
        HyperParameterTuningJobConfig={
            "ParameterRanges": {"CategoricalParameterRanges": [{"Name": "x", "Values": ["3", "4"]}]},
            "TuningJobCompletionCriteria": {"TargetObjectiveMetricValue": 0.5},
        },
    )
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["BestTrainingJob"]["TunedHyperParameters"] == {"x": "3"}
    assert sum(job["TrainingJobStatusCounters"].values()) < 50


def test_a_best_that_does_not_improve_ends_the_job(tuning: Tuning) -> None:
    job = tuning.run(
        "patience",
        jobs=50,
        parallel=1,
        HyperParameterTuningJobConfig={
            "ParameterRanges": {"CategoricalParameterRanges": [{"Name": "x", "Values": ["4"]}]},
            "TuningJobCompletionCriteria": {"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}},
        },
    )
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"]["Completed"] == 4


def test_several_definitions_take_turns(tuning: Tuning) -> None:
    objective = {"Type": "Minimize", "MetricName": "loss"}
    ranges = {"IntegerParameterRanges": [{"Name": "x", "MinValue": "1", "MaxValue": "9"}]}
    own = {"TuningObjective": objective, "HyperParameterRanges": ranges}
    definitions = [tuning.definition(DefinitionName=name, **own) for name in ("first", "second")]
    request = tuning.request("several", jobs=4, TrainingJobDefinitions=definitions)
    del request["TrainingJobDefinition"]
    config = request["HyperParameterTuningJobConfig"]
    del config["ParameterRanges"], config["HyperParameterTuningJobObjective"]
    tuning.account.client("sagemaker").create_hyper_parameter_tuning_job(**request)
    assert tuning.ended("several")["HyperParameterTuningJobStatus"] == "Completed"
    names = [training["TrainingJobDefinitionName"] for training in tuning.trainings("several", SortBy="Name")]
    assert names == ["first", "second", "first", "second"]


@pytest.mark.parametrize(("kind", "overall"), [("IdenticalDataAndAlgorithm", {"x": "3"}), ("TransferLearning", None)])
def test_a_warm_start_learns_from_its_parents(tuning: Tuning, kind: str, overall: dict[str, str] | None) -> None:
    parent, child = f"parent-{kind[:8]}".lower(), f"child-{kind[:8]}".lower()
    choice = {"CategoricalParameterRanges": [{"Name": "x", "Values": ["3"]}]}
    tuning.run(parent, jobs=1, parallel=1, HyperParameterTuningJobConfig={"ParameterRanges": choice})
    job = tuning.run(
        child,
        jobs=2,
        HyperParameterTuningJobConfig={
            "Strategy": "Bayesian",
            "ParameterRanges": {"ContinuousParameterRanges": [{"Name": "x", "MinValue": "0", "MaxValue": "2"}]},
        },
        WarmStartConfig={
            "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": parent}],
            "WarmStartType": kind,
        },
    )
    assert job["WarmStartConfig"]["WarmStartType"] == kind
    assert float(job["BestTrainingJob"]["TunedHyperParameters"]["x"]) <= 2
    assert job.get("OverallBestTrainingJob", {}).get("TunedHyperParameters") == overall


def test_checkpoints_of_training_jobs_are_kept_apart(tuning: Tuning) -> None:
    tuning.run(
        "checkpoints", jobs=2, TrainingJobDefinition={"CheckpointConfig": {"S3Uri": "s3://sagemaker-tests/tuned-c/"}}
    )
    client = tuning.account.client("sagemaker")
    for training in tuning.trainings("checkpoints"):
        name = training["TrainingJobName"]
        described = client.describe_training_job(TrainingJobName=name)
        assert described["CheckpointConfig"]["S3Uri"] == f"s3://sagemaker-tests/tuned-c/{name}"


def test_jobs_are_listed(tuning: Tuning) -> None:
    tuning.run("listed-tuning", jobs=1, parallel=1)
    listed = tuning.account.client("sagemaker").list_hyper_parameter_tuning_jobs(NameContains="listed-tuning")
    (summary,) = listed["HyperParameterTuningJobSummaries"]
    assert summary["Strategy"] == "Random"
    assert summary["ResourceLimits"] == {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1}
    assert summary["ObjectiveStatusCounters"]["Succeeded"] == 1
