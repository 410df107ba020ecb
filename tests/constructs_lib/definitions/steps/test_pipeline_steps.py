"""Steps that only pipelines have, and that the SageMaker SDK of the oracle does not write."""

from constructs_lib.definitions import (
    BedrockCustomModelDeploymentStep,
    BedrockCustomModelStep,
    BedrockModelImportStep,
    BedrockThroughputStep,
    EMRServerlessStep,
)
from constructs_lib.permissions import pipeline_statements
from constructs_lib.rendering import render_pipeline
from tests.constructs_lib.samples import PLACE, ROLE, pipeline, pipeline_problems

CUSTOM = BedrockCustomModelStep(name="Make", model_name="houses", artifacts_uri="s3://data/model", role=ROLE)


def test_models_of_bedrock() -> None:
    deploy = BedrockCustomModelDeploymentStep(
        name="Deploy", deployment_name="live", model_arn=CUSTOM.output("ModelArn")
    )
    imported = BedrockModelImportStep(
        name="Import", job_name="import", model_name="houses", artifacts_uri="s3://data/model", role=ROLE
    )
    bought = BedrockThroughputStep(name="Buy", throughput_name="live", model_id=CUSTOM.output("ModelArn"))
    steps = render_pipeline(pipeline(CUSTOM, deploy, imported, bought))["Steps"]
    arn = {"Get": "Steps.Make.ModelArn"}
    source = {"s3DataSource": {"s3Uri": "s3://data/model"}}
    assert {step["Type"]: step["Arguments"] for step in steps} == {
        "BedrockCustomModel": {"ModelName": "houses", "ModelSourceConfig": source, "RoleArn": ROLE},
        "BedrockCustomModelDeployment": {"ModelDeploymentName": "live", "ModelArn": arn},
        "BedrockModelImport": {
            "JobName": "import",
            "ImportedModelName": "houses",
            "RoleArn": ROLE,
            "ModelDataSource": source,
        },
        "BedrockProvisionedModelThroughput": {"ProvisionedModelName": "live", "ModelId": arn, "ModelUnits": 1},
    }


def test_requests_and_outputs_of_bedrock_are_checked() -> None:
    wrong = BedrockThroughputStep(name="Buy", throughput_name="live", model_id=CUSTOM.output("ModelArm"), model_units=0)
    assert pipeline_problems(CUSTOM, wrong) == [
        "Buy: ModelUnits: got 0, expected at least 1",
        (
            "Buy: reads 'ModelArm' of the step 'Make': no member 'ModelArm' in the response of GetCustomModel; "
            "did you mean 'modelArn'?"
        ),
    ]


def test_bedrock_is_given_the_role() -> None:
    passing = [found for found in pipeline_statements(pipeline(CUSTOM), **PLACE) if "iam:PassRole" in found.actions]
    assert [found.conditions for found in passing] == [
        {"StringEquals": {"iam:PassedToService": ("bedrock.amazonaws.com",)}}
    ]


def test_a_job_on_emr_serverless() -> None:
    step = EMRServerlessStep(
        name="Prepare",
        execution_role=ROLE,
        application_id="00abc",
        driver={"sparkSubmit": {"entryPoint": "s3://data/prepare.py"}},
        timeout_minutes=30,
    )
    (found,) = render_pipeline(pipeline(step))["Steps"]
    assert found["Type"] == "EMRServerless"
    assert found["Arguments"] == {
        "ExecutionRoleArn": ROLE,
        "ApplicationId": "00abc",
        "JobConfig": {
            "applicationId": "00abc",
            "executionRoleArn": ROLE,
            "jobDriver": {"sparkSubmit": {"entryPoint": "s3://data/prepare.py"}},
            "executionTimeoutMinutes": 30,
        },
    }
