"""Requests about tuning jobs that are refused."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.tuning.conftest import Tuning


def number(name: str = "x", low: str = "1", high: str = "2", **members: str) -> dict[str, str]:
    return {"Name": name, "MinValue": low, "MaxValue": high, **members}


def config(**members: Any) -> dict[str, Any]:
    return {"HyperParameterTuningJobConfig": members}


def continuous(*ranges: dict[str, str]) -> dict[str, Any]:
    return config(ParameterRanges={"ContinuousParameterRanges": list(ranges)})


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (continuous(number(low="a")), "x: MinValue must be a number: got 'a'"),
        (continuous(number(low="3")), "x: MinValue must be at most MaxValue: got 3.0 and 2.0"),
        (continuous(number(), number()), "x has more than one range"),
        (continuous(number(low="0", ScalingType="Logarithmic")), "x: Logarithmic scaling needs a MinValue above 0"),
        (
            continuous(number(ScalingType="ReverseLogarithmic")),
            "ReverseLogarithmic scaling needs 0 <= MinValue and Max",
        ),
        (
            config(ParameterRanges={"IntegerParameterRanges": [number(low="1.5"), number("y")]}),
            "x: MinValue must be an integer: got '1.5'",
        ),
        (
            config(ParameterRanges={"IntegerParameterRanges": [number(ScalingType="ReverseLogarithmic")]}),
            "x: ReverseLogarithmic scaling is for continuous ranges only",
        ),
        (
            config(ParameterRanges={"CategoricalParameterRanges": [{"Name": "x", "Values": ["a", "a"]}]}),
            r"x: values must differ: got \['a', 'a'\]",
        ),
        (config(ParameterRanges={}), "at least one hyperparameter range is needed"),
        (
            config(HyperParameterTuningJobObjective={"Type": "Minimize", "MetricName": "accuracy"}),
            r"the objective metric accuracy is not among the MetricDefinitions \['loss'\]",
        ),
        ({"TrainingJobDefinition": {"StaticHyperParameters": {"x": "1"}}}, "x is static and has a range"),
        ({"TrainingJobDefinition": None}, "exactly one of TrainingJobDefinition and TrainingJobDefinitions is needed"),
        ({"parallel": 5}, "MaxParallelTrainingJobs must be at most MaxNumberOfTrainingJobs: got 5 and 4"),
        ({"jobs": None}, "ResourceLimits.MaxNumberOfTrainingJobs is needed for Strategy Random"),
        (config(Strategy="Grid"), "Strategy Grid takes categorical ranges only"),
        (
            config(
                Strategy="Grid",
                ParameterRanges={"CategoricalParameterRanges": [{"Name": "x", "Values": ["a", "b"]}]},
            ),
            "Strategy Grid makes 2 training jobs: got MaxNumberOfTrainingJobs 4",
        ),
        (
            config(Strategy="Hyperband", TrainingJobEarlyStoppingType="Auto"),
            "needs HyperbandStrategyConfig with MinResource and MaxResource; .*EarlyStoppingType must be Off",
        ),
        (
            config(
                Strategy="Hyperband",
                StrategyConfig={"HyperbandStrategyConfig": {"MinResource": 5, "MaxResource": 2}},
            ),
            "MinResource must be at most MaxResource: got 5 and 2",
        ),
        (
            config(StrategyConfig={"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 2}}),
            "HyperbandStrategyConfig is for Strategy Hyperband: got Random",
        ),
        (
            {"TrainingJobDefinition": {"HyperParameterTuningResourceConfig": {"InstanceType": "ml.m5.large"}}},
            "ResourceConfig and HyperParameterTuningResourceConfig exclude each other",
        ),
        (
            {"TrainingJobDefinition": {"OutputDataConfig": {"S3OutputPath": "https://example.com/x"}}},
            "OutputDataConfig.S3OutputPath: 'https://example.com/x' is no S3 address",
        ),
    ],
)
def test_contradictions_are_refused(tuning: Tuning, members: dict[str, Any], message: str) -> None:
    request = tuning.request("refused", **{key: value for key, value in members.items() if value is not None})
    if "TrainingJobDefinition" in members and members["TrainingJobDefinition"] is None:
        del request["TrainingJobDefinition"]
    if "jobs" in members and members["jobs"] is None:
        del request["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxNumberOfTrainingJobs"]
    with pytest.raises(ClientError, match=message) as caught:
        tuning.account.client("sagemaker").create_hyper_parameter_tuning_job(**request)
    assert caught.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"Autotune": {"Mode": "Enabled"}}, "Autotune"),
        (
            config(ParameterRanges={"AutoParameters": [{"Name": "x", "ValueHint": "1"}]}),
            "ParameterRanges.AutoParameters",
        ),
        (
            config(TuningJobCompletionCriteria={"ConvergenceDetected": {"CompleteOnConvergence": "Enabled"}}),
            "TuningJobCompletionCriteria.ConvergenceDetected",
        ),
    ],
)
def test_what_only_aws_has_is_named(tuning: Tuning, members: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=f"in CreateHyperParameterTuningJob: {message}"):
        tuning.create("elsewhere", **members)


@pytest.mark.parametrize(
    ("name", "flexible"),
    [
        ("instances-alone", {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 2}),
        (
            "instances-listed",
            {
                "AllocationStrategy": "Prioritized",
                "InstanceConfigs": [
                    {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 2},
                    {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 3},
                ],
            },
        ),
    ],
)
def test_instances_may_be_named_for_the_whole_tuning_job(tuning: Tuning, name: str, flexible: dict[str, Any]) -> None:
    request = tuning.request(name, jobs=1, parallel=1)
    del request["TrainingJobDefinition"]["ResourceConfig"]
    request["TrainingJobDefinition"]["HyperParameterTuningResourceConfig"] = flexible
    sagemaker = tuning.account.client("sagemaker")
    sagemaker.create_hyper_parameter_tuning_job(**request)
    ended = tuning.account.eventually(
        lambda: tuning.describe(name), lambda job: job["HyperParameterTuningJobStatus"] != "InProgress"
    )
    assert ended["HyperParameterTuningJobStatus"] == "Completed"
    job = sagemaker.describe_training_job(TrainingJobName=ended["BestTrainingJob"]["TrainingJobName"])
    assert job["ResourceConfig"] == {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 2}


def test_names_are_taken_for_ever_and_unknown_ones_told(tuning: Tuning) -> None:
    tuning.run("taken", jobs=1, parallel=1)
    with pytest.raises(ClientError, match=r"Job name must be unique .*:hyper-parameter-tuning-job/taken\)"):
        tuning.create("taken")
    with pytest.raises(ClientError, match="can't find a tuning job with the name nobody") as caught:
        tuning.describe("nobody")
    assert caught.value.response["Error"]["Code"] == "ResourceNotFound"


def test_a_warm_start_needs_parents_that_have_ended_and_fit(tuning: Tuning) -> None:
    tuning.create("still-runs", jobs=1, parallel=1, TrainingJobDefinition={"StaticHyperParameters": {"wait": "-1"}})
    tuning.account.engine.image("other-tuned", train="")
    warm = {
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "still-runs"}],
        "WarmStartType": "IdenticalDataAndAlgorithm",
    }
    image = tuning.image.replace("/tuned:", "/other-tuned:")
    algorithm = tuning.definition()["AlgorithmSpecification"] | {"TrainingImage": image}
    with pytest.raises(
        ClientError,
        match=r"WarmStartConfig: parent still-runs is InProgress; parent still-runs has the training image .*/tuned:",
    ):
        tuning.create("child", WarmStartConfig=warm, TrainingJobDefinition={"AlgorithmSpecification": algorithm})
    tuning.account.client("sagemaker").stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="still-runs")
    tuning.ended("still-runs")
