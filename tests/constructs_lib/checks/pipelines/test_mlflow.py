import pytest

from constructs_lib.definitions import MlflowConfig, PipelineParameter
from constructs_lib.definitions.values import StepOutput
from tests.constructs_lib.samples import TOKEN, function, pipeline_problems

SERVER = "arn:aws:sagemaker:eu-west-1:111122223333:mlflow-tracking-server/prices"


@pytest.mark.parametrize("arn", ["prices", SERVER.replace("mlflow-", ""), f"{SERVER}/{'a' * 2048}"])
def test_mlflow_is_named_by_its_arn(arn: str) -> None:
    (found,) = pipeline_problems(function("F"), mlflow=MlflowConfig(resource_arn=arn))
    assert found.startswith(
        "mlflow.resource_arn: got 'prices" if arn == "prices" else "mlflow.resource_arn: got 'arn:aws"
    )
    assert found.endswith("expected the ARN of an MLflow app or tracking server")


@pytest.mark.parametrize("name", ["", "n" * 257])
def test_the_experiment_of_mlflow_has_a_name(name: str) -> None:
    mlflow = MlflowConfig(resource_arn=SERVER, experiment_name=name)
    assert pipeline_problems(function("F"), mlflow=mlflow) == [
        f"mlflow.experiment_name: got {len(name)} characters, expected 1 to 256"
    ]


@pytest.mark.parametrize("arn", [SERVER, TOKEN, PipelineParameter("Server"), SERVER.replace("tracking-server", "app")])
def test_mlflow_is_named_by_its_arn_passing(arn: str | PipelineParameter) -> None:
    assert pipeline_problems(function("F"), mlflow=MlflowConfig(resource_arn=arn, experiment_name="prices")) == []


def test_mlflow_reads_no_step() -> None:
    mlflow = MlflowConfig(resource_arn=SERVER, experiment_name=StepOutput("F", "name"))
    assert pipeline_problems(function("F"), mlflow=mlflow) == [
        "mlflow: reads StepOutput(step='F', path='name'), but no step has run yet"
    ]
