"""The SageMaker container contract: where things lie, and how a failure is told.

Source: "How Amazon SageMaker AI provides training information" and "Use your own inference code with hosting
services" in the SageMaker developer guide.
"""

import json
import os
from pathlib import Path


class InputError(Exception):
    """Bad hyperparameters or data: the message is for the person who sent them."""


def base_dir() -> Path:
    """The folder of the contract: /opt/ml, or SAGEMAKER_BASE_DIR where no such folder can be mounted."""
    return Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))


def model_dir() -> Path:
    """Where training leaves the model, and serving finds it."""
    return base_dir() / "model"


def channel_dir(channel: str) -> Path:
    """The files of an input channel."""
    return base_dir() / "input" / "data" / channel


def hyperparameters() -> dict[str, str]:
    """The job's hyperparameters; all values are strings. Empty where the job has none."""
    path = base_dir() / "input" / "config" / "hyperparameters.json"
    return dict(json.loads(path.read_text())) if path.exists() else {}


def write_failure(message: str) -> None:
    """Leaves the reason of a failure; SageMaker shows its first 1,024 characters as FailureReason."""
    output = base_dir() / "output"
    output.mkdir(parents=True, exist_ok=True)
    (output / "failure").write_text(message)
