# mypy: disable-error-code="import-not-found"
"""A pipeline of most step types: made, changed, run, failed, served from the cache, run in part, stopped."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from botocore.exceptions import WaiterError
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.lambda_helper import Lambda
from sagemaker.model import Model
from sagemaker.model_metrics import MetricsSource, ModelMetrics
from sagemaker.parameter import IntegerParameter
from sagemaker.processing import ProcessingInput, ProcessingOutput, ScriptProcessor
from sagemaker.transformer import Transformer
from sagemaker.tuner import HyperparameterTuner
from sagemaker.workflow.callback_step import CallbackOutput, CallbackOutputTypeEnum, CallbackStep
from sagemaker.workflow.condition_step import ConditionStep
from sagemaker.workflow.conditions import ConditionLessThanOrEqualTo
from sagemaker.workflow.execution_variables import ExecutionVariables
from sagemaker.workflow.fail_step import FailStep
from sagemaker.workflow.functions import Join, JsonGet
from sagemaker.workflow.lambda_step import LambdaOutput, LambdaOutputTypeEnum, LambdaStep
from sagemaker.workflow.model_step import ModelStep
from sagemaker.workflow.parallelism_config import ParallelismConfiguration
from sagemaker.workflow.parameters import ParameterFloat, ParameterInteger, ParameterString
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.properties import PropertyFile
from sagemaker.workflow.retry import (
    SageMakerJobExceptionTypeEnum,
    SageMakerJobStepRetryPolicy,
    StepExceptionTypeEnum,
    StepRetryPolicy,
)
from sagemaker.workflow.selective_execution_config import SelectiveExecutionConfig
from sagemaker.workflow.steps import CacheConfig, ProcessingStep, TrainingStep, TransformStep, TuningStep

from tests.strangers.sdk.session import IMAGE, ROLE, boto_session, pipeline_session

SCRIPTS = Path(__file__).parent / "scripts"
FOLDER = "/opt/ml/processing"
QUEUE = "sagemaker-questions"
CACHE = CacheConfig(enable_caching=True, expire_after="P30d")
METRICS = [{"Name": "rmse", "Regex": "rmse=([0-9.]+)"}]

session = pipeline_session()
bucket = session.default_bucket()
sqs = boto_session.client("sqs")
queue_url = sqs.create_queue(QueueName=QUEUE)["QueueUrl"]
boto_session.client("s3").put_object(Bucket=bucket, Key="raw/offset.txt", Body=b"100")


def script_processor() -> ScriptProcessor:
    return ScriptProcessor(
        image_uri=IMAGE,
        command=["python3"],
        role=ROLE,
        instance_type=instance_type,
        instance_count=1,
        sagemaker_session=session,
    )


def output(name: str) -> ProcessingOutput:
    return ProcessingOutput(output_name=name, source=f"{FOLDER}/{name}")


rows = ParameterInteger("Rows", default_value=10)
limit = ParameterFloat("Limit", default_value=1.0)
instance_type = ParameterString("InstanceType", default_value="ml.m5.large")
approval = ParameterString("Approval", default_value="PendingManualApproval")

prepare = ProcessingStep(
    "Prepare",
    step_args=script_processor().run(
        code=str(SCRIPTS / "prepare.py"),
        inputs=[ProcessingInput(source=f"s3://{bucket}/raw", destination=f"{FOLDER}/input")],
        outputs=[output("train"), output("test")],
        arguments=["--rows", rows.to_string()],
    ),
    cache_config=CACHE,
    retry_policies=[
        StepRetryPolicy(exception_types=[StepExceptionTypeEnum.THROTTLING], max_attempts=2),
        SageMakerJobStepRetryPolicy(exception_types=[SageMakerJobExceptionTypeEnum.INTERNAL_ERROR], max_attempts=2),
    ],
)
outputs = prepare.properties.ProcessingOutputConfig.Outputs
channels = {"train": TrainingInput(outputs["train"].S3Output.S3Uri, content_type="text/csv")}
estimator = Estimator(
    image_uri=IMAGE,
    role=ROLE,
    instance_type=instance_type,
    instance_count=1,
    output_path=f"s3://{bucket}/models",
    hyperparameters={"rounds": rows},
    metric_definitions=METRICS,
    sagemaker_session=session,
)
train = TrainingStep("Train", step_args=estimator.fit(inputs=channels), cache_config=CACHE)
tuner = HyperparameterTuner(
    estimator,
    "rmse",
    {"rounds": IntegerParameter(1, 9)},
    metric_definitions=METRICS,
    objective_type="Minimize",
    max_jobs=2,
    max_parallel_jobs=2,
)
tuned = Estimator(
    image_uri=IMAGE,
    role=ROLE,
    instance_type=instance_type,
    instance_count=1,
    output_path=f"s3://{bucket}/tuned",
    sagemaker_session=session,
)
tuner.estimator = tuned
tune = TuningStep("Tune", step_args=tuner.fit(inputs=channels), cache_config=CACHE)
best = tune.get_top_model_s3_uri(top_k=0, s3_bucket=bucket, prefix="tuned")
report = PropertyFile(name="Report", output_name="evaluation", path="evaluation.json")
evaluate = ProcessingStep(
    "Evaluate",
    step_args=script_processor().run(
        code=str(SCRIPTS / "evaluate.py"),
        inputs=[ProcessingInput(source=best, destination=f"{FOLDER}/model")],
        outputs=[output("evaluation")],
    ),
    property_files=[report],
)

model = Model(
    image_uri=IMAGE,
    model_data=train.properties.ModelArtifacts.S3ModelArtifacts,
    role=ROLE,
    env={"GREETING": "means"},
    sagemaker_session=session,
)
create = ModelStep("Model", step_args=model.create(instance_type="ml.m5.large"))
transformer = Transformer(
    model_name=create.properties.ModelName,
    instance_type="ml.m5.large",
    instance_count=1,
    output_path=f"s3://{bucket}/transformed",
    accept="application/json",
    sagemaker_session=session,
)
transform = TransformStep(
    "Transform", step_args=transformer.transform(data=outputs["test"].S3Output.S3Uri, content_type="text/csv")
)
evaluation = evaluate.properties.ProcessingOutputConfig.Outputs["evaluation"].S3Output.S3Uri
register = ModelStep(
    "Register",
    step_args=model.register(
        content_types=["text/csv"],
        response_types=["application/json"],
        inference_instances=["ml.m5.large"],
        transform_instances=["ml.m5.large"],
        model_package_group_name="means-of-pipelines",
        approval_status=approval,
        model_metrics=ModelMetrics(
            model_statistics=MetricsSource(
                s3_uri=Join(on="/", values=[evaluation, "evaluation.json"]), content_type="application/json"
            )
        ),
        customer_metadata_properties={"made-by": "strangers"},
    ),
)
tell = LambdaStep(
    "Tell",
    lambda_func=Lambda(
        function_name="sagemaker-tell",
        execution_role_arn=ROLE,
        script=str(SCRIPTS / "function.py"),
        handler="function.handler",
        runtime="python3.12",
        session=session,
    ),
    inputs={"model": create.properties.ModelName, "run": ExecutionVariables.PIPELINE_EXECUTION_ID},
    outputs=[LambdaOutput("text", LambdaOutputTypeEnum.String), LambdaOutput("count", LambdaOutputTypeEnum.Integer)],
)
ask = CallbackStep(
    "Ask",
    sqs_queue_url=queue_url,
    inputs={"text": tell.properties.Outputs["text"], "count": tell.properties.Outputs["count"]},
    outputs=[CallbackOutput("answer", CallbackOutputTypeEnum.String)],
)
check = ConditionStep(
    "Check",
    conditions=[
        ConditionLessThanOrEqualTo(
            left=JsonGet(step_name=evaluate.name, property_file=report, json_path="metrics.error.value"), right=limit
        )
    ],
    if_steps=[create, register, transform, tell, ask],
    else_steps=[FailStep("Bad", error_message=Join(on=" ", values=["the error is above", limit]))],
)
pipeline = Pipeline(
    "everything",
    parameters=[rows, limit, instance_type, approval],
    steps=[prepare, train, tune, evaluate, check],
    sagemaker_session=session,
)


def steps(execution: Any) -> dict[str, dict[str, Any]]:
    """Steps by name."""
    return {step["StepName"]: step for step in execution.list_steps()}


def answered() -> dict[str, Any]:
    """The question that comes, answered with yes."""
    messages: list[dict[str, Any]] = []
    while not messages:
        messages = sqs.receive_message(QueueUrl=queue_url, WaitTimeSeconds=20).get("Messages", [])
    question: dict[str, Any] = json.loads(messages[0]["Body"])
    session.sagemaker_client.send_pipeline_execution_step_success(
        CallbackToken=question["token"], OutputParameters=[{"Name": "answer", "Value": "yes"}]
    )
    return question


def failed(execution: Any) -> dict[str, dict[str, Any]]:
    """Its steps, once it has failed."""
    with suppress(WaiterError):  # which is how the SDK tells of a failure
        execution.wait(delay=1, max_attempts=120)
    assert execution.describe()["PipelineExecutionStatus"] == "Failed", execution.describe()
    return steps(execution)


def main() -> None:
    made = pipeline.upsert(role_arn=ROLE, description="first", tags=[{"Key": "team", "Value": "strangers"}])
    changed = pipeline.upsert(role_arn=ROLE, parallelism_config=ParallelismConfiguration(3))
    assert made["PipelineArn"] == changed["PipelineArn"]
    described = pipeline.describe()
    assert described["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 3}, described
    assert json.loads(described["PipelineDefinition"]) == json.loads(pipeline.definition())

    first = pipeline.start(parameters={"Rows": 20}, execution_display_name="first-run")
    question = answered()
    assert question["arguments"]["text"].endswith(" be used?"), question
    first.wait(delay=1, max_attempts=120)
    found = steps(first)
    assert {step["StepStatus"] for step in found.values()} == {"Succeeded"}, found
    assert len(found) == 10, sorted(found)
    assert found["Ask"]["Metadata"]["Callback"]["OutputParameters"] == [{"Name": "answer", "Value": "yes"}]
    assert first.describe()["PipelineExecutionDisplayName"] == "first-run"
    given = {each["Name"]: each["Value"] for each in first.list_parameters()["PipelineParameters"]}
    assert given["Rows"] == "20", given
    package = found["Register-RegisterModel"]["Metadata"]["RegisterModel"]["Arn"]
    registered = session.sagemaker_client.describe_model_package(ModelPackageName=package)
    assert registered["ModelApprovalStatus"] == "PendingManualApproval", registered
    assert registered["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"].endswith("/evaluation.json"), registered

    second = pipeline.start(parameters={"Rows": 20, "Limit": -1.0})
    found = failed(second)
    assert found["Bad"]["FailureReason"] == "the error is above -1.0", found["Bad"]
    cached = {name for name, step in found.items() if "CacheHitResult" in step}
    assert cached == {"Prepare", "Train", "Tune"}, found

    chosen = SelectiveExecutionConfig(source_pipeline_execution_arn=first.arn, selected_steps=["Evaluate"])
    third = pipeline.start(parameters={"Rows": 20}, selective_execution_config=chosen)
    third.wait(delay=1, max_attempts=120)
    assert steps(third)["Evaluate"]["StepStatus"] == "Succeeded"

    fourth = pipeline.start(parameters={"Rows": 21})
    fourth.stop()
    status = fourth.describe()["PipelineExecutionStatus"]
    assert status in ("Stopping", "Stopped"), status
    assert len(pipeline.list_executions()["PipelineExecutionSummaries"]) == 4


main()
