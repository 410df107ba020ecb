"""MLflow of pipelines: taken, checked, kept and answered."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.pipelines.conftest import Pipelines
from tests.local_aws.sagemaker.pipelines.documents import definition, fail, get, join

SERVER = "arn:aws:sagemaker:us-east-1:123456789012:mlflow-tracking-server/prices"
APP = "arn:aws:sagemaker:us-east-1:123456789012:mlflow-app/app-ABCDEFGHIJKL"


def tracked(config: Any, *parameters: str) -> str:
    declared = [{"Name": name, "Type": "String"} for name in parameters]
    return definition(fail("Stop", "m"), parameters=declared, MlflowConfig=config)


def told(pipelines: Pipelines, arn: str) -> Any:
    return pipelines.describe(arn).get("MLflowConfig")


def test_executions_tell_where_they_are_tracked(pipelines: Pipelines) -> None:
    config = {"MlflowResourceArn": SERVER, "MlflowExperimentName": "prices"}
    pipelines.create("mlflow", tracked(config))

    assert told(pipelines, pipelines.start("mlflow")) == config
    other = pipelines.start("mlflow", MlflowExperimentName="tried")
    assert told(pipelines, other) == {"MlflowResourceArn": SERVER, "MlflowExperimentName": "tried"}
    assert told(pipelines, pipelines.ended(other)["PipelineExecutionArn"])["MlflowExperimentName"] == "tried"


def test_parameters_and_variables_have_their_values(pipelines: Pipelines) -> None:
    name = join("-", get("Execution.PipelineName"), get("Parameters.Team"))
    text = tracked({"MlflowResourceArn": get("Parameters.App"), "MlflowExperimentName": name}, "App", "Team")
    pipelines.create("mlflow-by-name", text)

    arn = pipelines.start("mlflow-by-name", {"App": APP, "Team": "prices"})

    assert told(pipelines, arn) == {"MlflowResourceArn": APP, "MlflowExperimentName": "mlflow-by-name-prices"}
    with pytest.raises(ClientError, match=r"ValidationException.*MlflowConfig.MlflowResourceArn is 'somewhere', which"):
        pipelines.start("mlflow-by-name", {"App": "somewhere", "Team": "prices"})


@pytest.mark.parametrize(
    ("config", "expected"), [(None, None), ({"MlflowResourceArn": APP}, {"MlflowResourceArn": APP})]
)
def test_what_nobody_says_is_not_told(pipelines: Pipelines, config: Any, expected: Any) -> None:
    name = f"mlflow-{'none' if config is None else 'app'}"
    pipelines.create(name, tracked(config))
    assert told(pipelines, pipelines.start(name)) == expected


def test_an_experiment_may_be_named_for_one_execution_alone(pipelines: Pipelines) -> None:
    pipelines.create("mlflow-once", definition(fail("Stop", "m")))
    arn = pipelines.start("mlflow-once", MlflowExperimentName="tried")
    assert told(pipelines, arn) == {"MlflowExperimentName": "tried"}


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ([], "MlflowConfig must be an object"),
        ({}, "MlflowConfig needs MlflowResourceArn"),
        ({"MlflowResourceArn": SERVER, "RunName": "r"}, "MlflowConfig: unknown property 'RunName'"),
        ({"MlflowResourceArn": "server"}, "MlflowConfig.MlflowResourceArn is 'server', which does not match arn:aws"),
        ({"MlflowResourceArn": 3}, "MlflowConfig.MlflowResourceArn must be a text of 1 to 2048 characters"),
        (
            {"MlflowResourceArn": SERVER, "MlflowExperimentName": "n" * 257},
            "MlflowConfig.MlflowExperimentName must be a text of 1 to 256 characters",
        ),
        ({"MlflowResourceArn": get("Parameters.App")}, "MlflowConfig: unknown parameter 'App'"),
        ({"MlflowResourceArn": get("Steps.Stop.Arn")}, "MlflowConfig refers to a step, but no step has run yet"),
        ({"MlflowResourceArn": {"Std:Add": []}}, "MlflowConfig: unknown function 'Std:Add'"),
    ],
)
def test_definitions_that_are_refused(pipelines: Pipelines, config: Any, reason: str) -> None:
    with pytest.raises(ClientError) as error:
        pipelines.create("mlflow-refused", tracked(config))
    assert reason in str(error.value)
