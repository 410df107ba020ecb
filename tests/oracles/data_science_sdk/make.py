# mypy: disable-error-code="import-not-found"
"""Makes the golden files beside it: two workflows as the unmaintained Data Science SDK renders them.

The SDK needs an environment of its own, which `remake.py` makes, and no AWS account:

    ./mlops python tests/oracles/remake.py data_science_sdk
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import boto3
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.model import Model
from sagemaker.model_monitor import DataCaptureConfig
from sagemaker.processing import ProcessingInput, ProcessingOutput, Processor
from sagemaker.session import Session
from stepfunctions.inputs import ExecutionInput
from stepfunctions.steps import (
    Catch,
    Chain,
    Choice,
    ChoiceRule,
    EndpointConfigStep,
    EndpointStep,
    Fail,
    LambdaStep,
    ModelStep,
    Parallel,
    Pass,
    ProcessingStep,
    Retry,
    SnsPublishStep,
    Succeed,
    Task,
    TrainingStep,
)
from stepfunctions.workflow import Workflow

ROLE = "arn:aws:iam::111122223333:role/jobs"
IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/images@sha256:" + "0" * 64
DATA = "s3://data-bucket/"
CODE = "s3://code-bucket/sklearn-processing/"
FOLDER = "/opt/ml/processing/"
# the SDK opens clients while a workflow is only being described
os.environ |= {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any"}
SESSION = Session(boto3.Session(), default_bucket="data-bucket")


def sklearn_processing() -> Workflow:
    """W0: pre-processing, two jobs side by side, training, evaluation, and a Choice on the accuracy."""
    names = ExecutionInput(
        schema={"PreprocessingJobName": str, "TrainingJobName": str, "EvaluationProcessingJobName": str}
    )
    preprocess = _processing(
        "SageMaker pre-processing step",
        "preprocessing.py",
        names["PreprocessingJobName"],
        inputs={"input-1": ("s3://raw-bucket/cancer/", "input")},
        outputs=["train_data", "test_data"],
        arguments=["--train-test-split-ratio", "0.2"],
    )
    # the SDK has no expression for a unique name: one that is baked in serves one execution
    anomalies = _processing(
        "SageMaker anomaly detection step",
        "anomaly_detection.py",
        "anomaly-detection",
        inputs={"train_data": (DATA + "train_data", "train_data")},
        outputs=["anomalies"],
    )
    features = _processing(
        "SageMaker feature selection step",
        "feature_selection.py",
        "feature-selection",
        inputs={"train_data": (DATA + "train_data", "train_data")},
        outputs=["features"],
    )
    side_by_side = Parallel("SageMaker anomaly detection step: side by side")
    side_by_side.add_branch(anomalies)
    side_by_side.add_branch(features)
    channels = {
        "train": DATA + "train_data",
        "anomalies": DATA + "anomalies",
        "features": DATA + "features",
        "code": CODE + "train.py",
    }
    train = TrainingStep(
        "SageMaker Training Step",
        estimator=_estimator({}, max_run=1200),
        data={name: TrainingInput(uri) for name, uri in channels.items()},
        job_name=names["TrainingJobName"],
        wait_for_completion=True,
    )
    evaluate = _processing(
        "SageMaker Processing Model Evaluation step",
        "evaluation.py",
        names["EvaluationProcessingJobName"],
        inputs={
            # baked in when the definition is made, as in the article: the defect that ours must not have
            "model": (DATA + "models/model.tar.gz", "model"),
            "test_data": (DATA + "test_data", "test_data"),
            "features": (DATA + "features", "features"),
        },
        outputs=["evaluation"],
    )
    read = Task(
        "Read evaluation.json",
        resource="arn:aws:states:::aws-sdk:s3:getObject",
        parameters={"Bucket": "data-bucket", "Key": "evaluation/evaluation.json"},
    )
    keep = Pass("Read evaluation.json: keep", parameters={"Document.$": "States.StringToJson($.Body)"})
    tell = SnsPublishStep(
        "Tell of the model",
        parameters={
            "TopicArn": "arn:aws:sns:eu-west-1:111122223333:told",
            "Message": {
                "execution.$": "$$.Execution.Name",
                "accuracy.$": "$.Document.accuracy",
                "roc_auc.$": "$.Document.roc_auc",
            },
        },
    )
    failed = Fail("ML Workflow failed", cause="SageMakerProcessingJobFailed")
    for step in (preprocess, anomalies, features, train, evaluate):
        step.add_retry(
            Retry(
                error_equals=["SageMaker.AmazonSageMakerException"],
                interval_seconds=5,
                max_attempts=3,
                backoff_rate=2.0,
            )
        )
    for step in (preprocess, side_by_side, train, evaluate, read, tell):
        step.add_catch(Catch(error_equals=["States.TaskFailed"], next_step=failed))
    prepared = Choice("Pre-processing completed?")
    prepared.add_choice(
        ChoiceRule.StringEquals(variable="$.ProcessingJobStatus", value="Completed"), next_step=side_by_side
    )
    prepared.default_choice(Fail("Pre-processing not completed", error="SageMakerProcessingJobNotCompleted"))
    accurate = Choice("Accurate enough?")
    accurate.add_choice(ChoiceRule.NumericGreaterThanEquals(variable="$.Document.accuracy", value=0.9), next_step=tell)
    accurate.default_choice(Fail("Model not accurate enough", error="AccuracyTooLow"))
    Chain([side_by_side, train, evaluate, read, keep, accurate])
    Chain([tell, Succeed("ML Workflow succeeded")])
    return _workflow("sklearn-processing", [preprocess, prepared])


def byoc_housing() -> Workflow:
    """W4: a container is built, trains, and serves."""
    names = ExecutionInput(schema={"JobName": str, "ModelName": str, "EndpointName": str})
    build = LambdaStep(
        "Calls CodeBuild to Build Container",
        parameters={"FunctionName": "arn:aws:lambda:eu-west-1:111122223333:function:builder", "Payload": {}},
    )
    build.add_retry(Retry(error_equals=["States.TaskFailed"], interval_seconds=15, max_attempts=2, backoff_rate=4.0))
    build.add_catch(Catch(error_equals=["States.TaskFailed"], next_step=Fail("LambdaTaskFailed")))
    hyperparameters = {"max_depth": "5", "eta": "0.2", "num_round": "100", "seed": "47"}
    train = TrainingStep(
        "Train Step",
        estimator=_estimator(hyperparameters, instance_type="ml.m5.large", max_run=3600),
        data={"training": TrainingInput(DATA + "training/", content_type="text/csv")},
        job_name=names["JobName"],
        wait_for_completion=True,
    )
    model = ModelStep(
        "Save model",
        model=Model(image_uri=IMAGE, model_data="s3://data-bucket/model.tar.gz", role=ROLE, sagemaker_session=SESSION),
        model_name=names["ModelName"],
    )
    config = EndpointConfigStep(
        "Create Endpoint Config",
        endpoint_config_name=names["ModelName"],
        model_name=names["ModelName"],
        initial_instance_count=1,
        instance_type="ml.m5.large",
        data_capture_config=DataCaptureConfig(
            enable_capture=True,
            sampling_percentage=100,
            destination_s3_uri=DATA + "captured",
            sagemaker_session=SESSION,
        ),
    )
    endpoint = EndpointStep(
        "Create Endpoint", endpoint_name=names["EndpointName"], endpoint_config_name=names["ModelName"]
    )
    return _workflow("byoc-housing", [build, train, model, config, endpoint])


def _processing(
    name: str,
    script: str,
    job_name: Any,
    *,
    inputs: dict[str, tuple[str, str]],
    outputs: list[str],
    arguments: list[str] | None = None,
) -> ProcessingStep:
    """A job that runs a script; inputs are URIs with their folders in the container."""
    processor = Processor(
        image_uri=IMAGE,
        role=ROLE,
        instance_type="ml.m5.xlarge",
        instance_count=1,
        max_runtime_in_seconds=1200,
        sagemaker_session=SESSION,
    )
    given = {**inputs, "code": (CODE + script, "input/code")}
    return ProcessingStep(
        name,
        processor=processor,
        job_name=job_name,
        inputs=[
            ProcessingInput(source=uri, destination=FOLDER + folder, input_name=name)
            for name, (uri, folder) in given.items()
        ],
        outputs=[
            ProcessingOutput(source=FOLDER + output, destination=DATA + output, output_name=output)
            for output in outputs
        ],
        container_arguments=arguments,
        container_entrypoint=["python3", FOLDER + "input/code/" + script],
    )


def _estimator(hyperparameters: dict[str, str], max_run: int, instance_type: str = "ml.m5.xlarge") -> Estimator:
    return Estimator(
        image_uri=IMAGE,
        role=ROLE,
        instance_type=instance_type,
        instance_count=1,
        max_run=max_run,
        output_path=DATA + "models",
        hyperparameters=hyperparameters,
        sagemaker_session=SESSION,
    )


def _workflow(name: str, steps: list[Any]) -> Workflow:
    return Workflow(name, definition=Chain(steps), role=ROLE)


def main() -> None:
    """Writes the definitions into the folder that is named, or beside this file."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    for workflow in (sklearn_processing(), byoc_housing()):
        definition = json.loads(workflow.definition.to_json())
        text = json.dumps(definition, indent=2, sort_keys=True) + "\n"
        (folder / f"{workflow.name}.states.json").write_text(text)


if __name__ == "__main__":
    main()
