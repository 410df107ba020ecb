"""What the pipelines of the oracle share: the names of an account, and steps with what every step needs."""

from typing import Any

from constructs_lib.definitions import (
    CacheConfig,
    Channel,
    ComputeResources,
    ModelStep,
    NetworkConfig,
    PipelineRetry,
    ProcessingOutput,
    ProcessingStep,
    TrainingStep,
)
from constructs_lib.definitions.values import Text

ACCOUNT = "111122223333"
REGION = "eu-west-1"
DATA = "s3://data-bucket"
CODE = "s3://code-bucket/scripts"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/jobs"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/images@sha256:" + "0" * 64
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
FOLDER = "/opt/ml/processing"
CACHE = CacheConfig(expire_after="PT12H")
SMALL = ComputeResources(instance_type="ml.m5.xlarge")
OPEN = NetworkConfig(encrypt_traffic=False)
THROTTLED = [PipelineRetry(errors=["Step.THROTTLING"], max_attempts=3)]


def handler_environment(submitted: str = "/opt/ml/model/code") -> dict[str, Text]:
    """Where a container of AWS's finds the handler of a model."""
    return {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": submitted,
        "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
        "SAGEMAKER_REGION": REGION,
    }


def processing_step(name: str, **given: Any) -> ProcessingStep:
    outputs = [
        ProcessingOutput(name=folder, path=f"{FOLDER}/{folder}", uri=f"{DATA}/{name}/{folder}")
        for folder in ("train", "report")
    ]
    return ProcessingStep(name=name, **{"role": ROLE, "image": IMAGE, "compute": SMALL, "outputs": outputs, **given})


def training_step(**given: Any) -> TrainingStep:
    channels = [Channel(name="train", uri=f"{DATA}/train")]
    base = {"role": ROLE, "image": IMAGE, "compute": SMALL, "output_uri": f"{DATA}/models", "channels": channels}
    return TrainingStep(name="Train", **{**base, **given})


def model_step(name: str = "Save-CreateModel", **given: Any) -> ModelStep:
    artifacts = {"model_data_uri": f"{DATA}/model.tar.gz"}
    return ModelStep(name=name, **{"role": ROLE, "image": IMAGE, **artifacts, **given})
