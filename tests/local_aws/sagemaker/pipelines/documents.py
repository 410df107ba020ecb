"""Parts of pipeline definitions."""

import json
from typing import Any

from tests.local_aws.sagemaker.conftest import BUCKET


def definition(*steps: dict[str, Any], parameters: list[dict[str, Any]] | None = None, **members: Any) -> str:
    """A definition of steps."""
    document = {"Version": "2020-12-01", "Metadata": {}, "Parameters": parameters or [], "Steps": list(steps)}
    return json.dumps(document | members)


def get(reference: str) -> dict[str, str]:
    """A reference."""
    return {"Get": reference}


def join(on: str, *values: Any) -> dict[str, Any]:
    """Std:Join."""
    return {"Std:Join": {"On": on, "Values": list(values)}}


def json_get(step: str, file: str, path: str) -> dict[str, Any]:
    """Std:JsonGet of a property file."""
    return {"Std:JsonGet": {"PropertyFile": get(f"Steps.{step}.PropertyFiles.{file}"), "Path": path}}


def processing(name: str, image: str, role: str, **members: Any) -> dict[str, Any]:
    """A Processing step, with ``outputs={"NAME": "KEY"}`` and the container's ``arguments``."""
    outputs = [
        {
            "OutputName": output,
            "S3Output": {
                "S3Uri": f"s3://{BUCKET}/{key}" if isinstance(key, str) else key,
                "LocalPath": f"/opt/ml/processing/{output}",
                "S3UploadMode": "EndOfJob",
            },
        }
        for output, key in members.pop("outputs", {}).items()
    ]
    specification: dict[str, Any] = {"ImageUri": image}
    if "arguments" in members:
        specification["ContainerArguments"] = members.pop("arguments")
    arguments: dict[str, Any] = {
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
        },
        "AppSpecification": specification,
        "RoleArn": role,
    }
    if outputs:
        arguments["ProcessingOutputConfig"] = {"Outputs": outputs}
    return {"Name": name, "Type": "Processing", "Arguments": arguments | members.pop("Arguments", {})} | members


def training(name: str, image: str, role: str, **members: Any) -> dict[str, Any]:
    """A Training step."""
    arguments = {
        "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
        "RoleArn": role,
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }
    return {"Name": name, "Type": "Training", "Arguments": arguments | members.pop("Arguments", {})} | members


def condition(
    name: str,
    *conditions: dict[str, Any],
    then: list[dict[str, Any]] | None = None,
    otherwise: list[dict[str, Any]] | None = None,
    **members: Any,
) -> dict[str, Any]:
    """A Condition step."""
    arguments = {"Conditions": list(conditions), "IfSteps": then or [], "ElseSteps": otherwise or []}
    return {"Name": name, "Type": "Condition", "Arguments": arguments} | members


def compare(kind: str, left: Any, right: Any) -> dict[str, Any]:
    """A comparison."""
    return {"Type": kind, "LeftValue": left, "RightValue": right}


def fail(name: str, message: Any, **members: Any) -> dict[str, Any]:
    """A Fail step."""
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}} | members
