"""Executions that run: parameters, steps, properties, branches, and what is told of them."""

from tests.local_aws.sagemaker.conftest import BUCKET, Account
from tests.local_aws.sagemaker.pipelines.conftest import Pipelines
from tests.local_aws.sagemaker.pipelines.documents import (
    compare,
    condition,
    definition,
    fail,
    get,
    join,
    json_get,
    processing,
    training,
)

_EVALUATE = """
import json, os, sys
base = os.environ["SAGEMAKER_BASE_DIR"]
os.makedirs(f"{base}/processing/report", exist_ok=True)
with open(f"{base}/processing/report/metrics.json", "w") as file:
    json.dump({"regression": {"rmse": {"value": float(sys.argv[1])}}, "folds": [{"rmse": 3}]}, file)
"""
_TRAIN = """
import json, os
base = os.environ["SAGEMAKER_BASE_DIR"]
with open(f"{base}/input/config/hyperparameters.json") as file:
    given = json.load(file)
with open(f"{base}/model/model.json", "w") as file:
    json.dump(given, file)
"""


def _evaluated(account: Account, role: str, name: str) -> str:
    image = account.engine.image(name, run=_EVALUATE)
    trainer = account.engine.image(f"{name}-train", train=_TRAIN)
    return definition(
        processing(
            "Evaluate",
            image,
            role,
            arguments=[join("", get("Parameters.Rmse"))],
            outputs={"report": join("/", f"s3://{BUCKET}", get("Execution.PipelineExecutionId"), "report")},
            PropertyFiles=[{"PropertyFileName": "Metrics", "OutputName": "report", "FilePath": "metrics.json"}],
        ),
        condition(
            "GoodEnough",
            compare(
                "LessThanOrEqualTo", json_get("Evaluate", "Metrics", "regression.rmse.value"), get("Parameters.Limit")
            ),
            then=[
                training(
                    "Train",
                    trainer,
                    role,
                    Arguments={
                        "HyperParameters": {
                            "report": get("Steps.Evaluate.ProcessingOutputConfig.Outputs['report'].S3Output.S3Uri"),
                            "job": get("Execution.TrainingJobName"),
                        }
                    },
                )
            ],
            otherwise=[fail("TooBad", join(" ", "RMSE is above", get("Parameters.Limit")))],
        ),
        parameters=[
            {"Name": "Rmse", "Type": "Float", "DefaultValue": 5.5},
            {"Name": "Limit", "Type": "Integer", "DefaultValue": 10},
        ],
    )


def test_the_branch_that_holds_runs_with_the_properties_of_earlier_steps(
    pipelines: Pipelines, account: Account
) -> None:
    pipelines.create("branches", _evaluated(account, pipelines.role, "branches"))

    execution = pipelines.run("branches")

    assert execution["PipelineExecutionStatus"] == "Succeeded", pipelines.steps(execution)
    steps = pipelines.steps(execution)
    assert list(steps) == ["Train", "GoodEnough", "Evaluate"]
    assert steps["GoodEnough"]["Metadata"] == {"Condition": {"Outcome": "True"}}
    identity = execution["PipelineExecutionArn"].rpartition("/")[2]
    job = steps["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    assert job.startswith(f"pipelines-{identity}-Train-")
    described = pipelines.client.describe_training_job(TrainingJobName=job)
    assert described["HyperParameters"] == {"report": f"s3://{BUCKET}/{identity}/report", "job": job}


def test_a_fail_step_ends_the_execution_with_its_joined_message(pipelines: Pipelines, account: Account) -> None:
    pipelines.create("failing", _evaluated(account, pipelines.role, "failing"))

    execution = pipelines.run("failing", {"Limit": "5"})

    assert execution["PipelineExecutionStatus"] == "Failed"
    assert execution["FailureReason"] == "Step failure: One or multiple steps failed."
    steps = pipelines.steps(execution)
    assert list(steps) == ["TooBad", "GoodEnough", "Evaluate"]
    assert steps["TooBad"]["FailureReason"] == "RMSE is above 5"
    assert steps["TooBad"]["Metadata"] == {"Fail": {"ErrorMessage": "RMSE is above 5"}}
