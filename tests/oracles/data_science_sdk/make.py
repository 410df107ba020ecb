# mypy: disable-error-code="import-not-found"
"""Makes the golden files beside it: two workflows as the unmaintained Data Science SDK renders them.

The SDK needs an environment of its own, which `remake.py` makes, and no AWS account:

    ./mlops python tests/oracles/data_science_sdk/remake.py
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
    ProcessingStep,
    Retry,
    Succeed,
    TrainingStep,
)
from stepfunctions.workflow import Workflow

ROLE = "arn:aws:iam::111122223333:role/jobs"
IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/images@sha256:" + "0" * 64
BUCKET = "s3://data-bucket/"
# the SDK opens clients while a workflow is only being described
os.environ |= {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any"}
SESSION = Session(boto3.Session(), default_bucket="data-bucket")


def sklearn_processing() -> Workflow:
    """W0: processing, training, evaluation, and a Choice on how the evaluation ended."""
    names = ExecutionInput(
        schema={"PreprocessingJobName": str, "TrainingJobName": str, "EvaluationProcessingJobName": str}
    )
    preprocess = ProcessingStep(
        "SageMaker pre-processing step",
        processor=_processor(),
        job_name=names["PreprocessingJobName"],
        inputs=[
            _input("input-1", "raw/", "/opt/ml/processing/input"),
            _input("code", "code/preprocessing.py", "/opt/ml/processing/input/code"),
        ],
        outputs=[
            _output("train_data", "train/", "/opt/ml/processing/train"),
            _output("test_data", "test/", "/opt/ml/processing/test"),
        ],
        container_arguments=["--train-test-split-ratio", "0.2"],
        container_entrypoint=["python3", "/opt/ml/processing/input/code/preprocessing.py"],
    )
    train = TrainingStep(
        "SageMaker Training Step",
        estimator=_estimator({}),
        data={"train": TrainingInput(BUCKET + "train/", content_type="text/csv")},
        job_name=names["TrainingJobName"],
        wait_for_completion=True,
    )
    evaluate = ProcessingStep(
        "SageMaker Processing Model Evaluation step",
        processor=_processor(),
        job_name=names["EvaluationProcessingJobName"],
        inputs=[
            # baked in when the definition is made, as in the article: the defect that ours must not have
            _input("input-1", "models/model.tar.gz", "/opt/ml/processing/model"),
            _input("input-2", "test/", "/opt/ml/processing/test"),
            _input("code", "code/evaluation.py", "/opt/ml/processing/input/code"),
        ],
        outputs=[_output("evaluation", "evaluation/", "/opt/ml/processing/evaluation")],
        container_entrypoint=["python3", "/opt/ml/processing/input/code/evaluation.py"],
    )
    failed = Fail("ML Workflow failed", cause="SageMakerProcessingJobFailed")
    for step in (preprocess, train, evaluate):
        step.add_catch(Catch(error_equals=["States.TaskFailed"], next_step=failed))
    choice = Choice("Evaluation ended")
    choice.add_choice(
        ChoiceRule.StringEquals(variable="$.ProcessingJobStatus", value="Completed"), next_step=Succeed("Evaluated")
    )
    choice.default_choice(failed)
    return _workflow("sklearn-processing", [preprocess, train, evaluate, choice])


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
        data={"training": TrainingInput(BUCKET + "training/", content_type="text/csv")},
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
            destination_s3_uri=BUCKET + "captured",
            sagemaker_session=SESSION,
        ),
    )
    endpoint = EndpointStep(
        "Create Endpoint", endpoint_name=names["EndpointName"], endpoint_config_name=names["ModelName"]
    )
    return _workflow("byoc-housing", [build, train, model, config, endpoint])


def _processor() -> Processor:
    return Processor(
        image_uri=IMAGE,
        role=ROLE,
        instance_type="ml.m5.xlarge",
        instance_count=1,
        max_runtime_in_seconds=1200,
        sagemaker_session=SESSION,
    )


def _estimator(hyperparameters: dict[str, str], instance_type: str = "ml.m5.xlarge", max_run: int = 86400) -> Estimator:
    return Estimator(
        image_uri=IMAGE,
        role=ROLE,
        instance_type=instance_type,
        instance_count=1,
        max_run=max_run,
        output_path=BUCKET + "models/",
        hyperparameters=hyperparameters,
        sagemaker_session=SESSION,
    )


def _input(name: str, key: str, path: str) -> ProcessingInput:
    return ProcessingInput(source=BUCKET + key, destination=path, input_name=name)


def _output(name: str, key: str, path: str) -> ProcessingOutput:
    return ProcessingOutput(source=path, destination=BUCKET + key, output_name=name)


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
