"""Parts of CreateProcessingJob requests."""

from typing import Any

from tests.local_aws.sagemaker.conftest import BUCKET

LOGS = "/aws/sagemaker/ProcessingJobs"


def source(name: str, key: str, **members: Any) -> dict[str, Any]:
    """An input of S3 below /opt/ml/processing/input/NAME."""
    s3 = {
        "S3Uri": f"s3://{BUCKET}/{key}",
        "LocalPath": f"/opt/ml/processing/input/{name}",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
    }
    return {"InputName": name, "S3Input": s3 | members}


def output(name: str, key: str, **members: Any) -> dict[str, Any]:
    """An output of /opt/ml/processing/NAME."""
    s3 = {"S3Uri": f"s3://{BUCKET}/{key}", "LocalPath": f"/opt/ml/processing/{name}", "S3UploadMode": "EndOfJob"}
    return {"OutputName": name, "S3Output": s3 | members}


def outputs(*entries: dict[str, Any]) -> dict[str, Any]:
    """A ProcessingOutputConfig."""
    return {"Outputs": list(entries)}
