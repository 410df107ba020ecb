from typing import Any

import pytest

from constructs_lib.definitions import (
    AutoMLStep,
    ClarifyCheckStep,
    ComputeResources,
    EMRServerlessStep,
    EMRStep,
)
from tests.constructs_lib.samples import ROLE, pipeline_problems

ARN = "arn:aws:sagemaker:eu-west-1:111122223333:artifact/there"
CLUSTER = {"ReleaseLabel": "emr-7.5.0", "Instances": {"InstanceCount": 1}}


def emr(**given: Any) -> EMRStep:
    return EMRStep(**{"name": "E", "jar": "command-runner.jar", **given})


def serverless(**given: Any) -> EMRServerlessStep:
    driver = {"sparkSubmit": {"entryPoint": "s3://data/prepare.py"}}
    return EMRServerlessStep(**{"name": "S", "execution_role": ROLE, "driver": driver, **given})


def automl(**given: Any) -> AutoMLStep:
    places = {"data_uri": "s3://data/train", "output_uri": "s3://data/automl"}
    return AutoMLStep(**{"name": "A", "role": ROLE, "target": "PRICE", **places, **given})


def clarify(**given: Any) -> ClarifyCheckStep:
    places = {"data_uri": "s3://data/train", "config_uri": "s3://data/config.json", "output_uri": "s3://data/bias"}
    image = "131013547314.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-clarify-processing:1.0"
    compute = ComputeResources(instance_type="ml.m5.xlarge")
    return ClarifyCheckStep(**{"name": "C", "role": ROLE, "image": image, "compute": compute, **places, **given})


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        (emr(), "E: got 0 of cluster_id and cluster, expected exactly one"),
        (emr(cluster_id="j-1", cluster=CLUSTER), "E: got 2 of cluster_id and cluster, expected exactly one"),
        (
            emr(cluster=CLUSTER, execution_role=ROLE),
            "E: execution_role: got a role, which only programs on a cluster that is there have",
        ),
        (serverless(), "S: got 0 of application_id and application, expected exactly one"),
        (
            serverless(application_id="00abc", application={"type": "SPARK"}),
            "S: got 2 of application_id and application, expected exactly one",
        ),
    ],
)
def test_work_on_emr_has_one_place(step: EMRStep | EMRServerlessStep, problem: str) -> None:
    assert pipeline_problems(step) == [problem]


@pytest.mark.parametrize(
    "step",
    [
        emr(cluster_id="j-1"),
        emr(cluster_id="j-1", execution_role=ROLE),
        emr(cluster=CLUSTER),
        serverless(application_id="00abc"),
        serverless(application={"type": "SPARK", "releaseLabel": "emr-7.5.0"}),
    ],
)
def test_work_on_emr_has_one_place_passing(step: EMRStep | EMRServerlessStep) -> None:
    assert pipeline_problems(step) == []


def test_recipes_of_clusters_leave_the_services_members_out() -> None:
    assert pipeline_problems(emr(cluster={**CLUSTER, "Steps": [], "Name": "mine", "AutoTerminationPolicy": {}})) == [
        f"E: cluster.{name}: got a member that SageMaker Pipelines sets itself"
        for name in ("AutoTerminationPolicy", "Name", "Steps")
    ]


def test_recipes_of_clusters_leave_the_services_members_out_passing() -> None:
    assert pipeline_problems(emr(cluster={**CLUSTER, "Applications": [{"Name": "Spark"}]})) == []


@pytest.mark.parametrize("check", ["model bias", "model explainability"])
def test_checks_by_clarify_name_the_model_that_they_ask(check: str) -> None:
    assert pipeline_problems(clarify(check=check), clarify(name="D", check="data bias", model_name="houses")) == [
        f"C: model_name: expected a model where the check is {check!r}",
        "D: model_name: expected none where the check is 'data bias'",
    ]


def test_checks_by_clarify_name_the_model_that_they_ask_passing() -> None:
    steps = [clarify(check="data bias"), clarify(name="D", check="model bias", model_name="houses")]
    assert pipeline_problems(*steps) == []


def test_metrics_of_automl_jobs_are_of_known_problems() -> None:
    assert pipeline_problems(automl(metric="MSE")) == ["A: metric: got a metric without a problem_type"]


@pytest.mark.parametrize("given", [{}, {"problem_type": "Regression"}, {"problem_type": "Regression", "metric": "MSE"}])
def test_metrics_of_automl_jobs_are_of_known_problems_passing(given: dict[str, Any]) -> None:
    assert pipeline_problems(automl(**given)) == []
