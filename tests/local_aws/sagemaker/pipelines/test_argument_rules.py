"""Arguments that can never become a request: refused when the pipeline is created, as the service does."""

import re
from typing import Any

import pytest

from local_aws.gateway.errors import AwsError
from local_aws.sagemaker.pipelines.argument_rules import argument_faults
from local_aws.sagemaker.pipelines.definition_rules import checked
from local_aws.sagemaker.pipelines.service_steps import SERVICE_STEPS
from tests.local_aws.sagemaker.pipelines.documents import definition, get, join, json_get, processing, training

_NETWORK = {"VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": get("Parameters.Subnets")}}


@pytest.mark.parametrize(
    ("kind", "arguments", "fault"),
    [
        ("Model", {"AdditionalModels": []}, "Arguments: Unknown Argument member 'AdditionalModels'"),
        (
            "Training",
            {"Tags": [{"Key": "a", "Value": "b"}, {"key": "a"}]},
            "Arguments.Tags[1]: Unknown Argument member 'key'",
        ),
        (
            "Training",
            {"InputDataConfig": []},
            "Model Validation failed: Length of container Arguments.InputDataConfig=0 cannot be less than min=1",
        ),
        (
            "Processing",
            {"NetworkConfig": _NETWORK},
            "Arguments.NetworkConfig.VpcConfig.Subnets: Expecting start of Json Array, got {'Get': 'Parameters.Sub",
        ),
        (
            "Processing",
            {"ProcessingResources": "large"},
            "Arguments.ProcessingResources: Expecting start of Json Object, got 'large'",
        ),
        (
            "Processing",
            {"Environment": join("-", "a", "b")},
            "Arguments.Environment: Expecting start of Json Object, got {'Std:Join': {'On': '-', 'Values': ['a', ",
        ),
        (
            "Model",
            {"PrimaryContainer": json_get("Step", "File", "a")},
            "Arguments.PrimaryContainer: Expecting start of Json Object, got ",
        ),
        (
            "Model",
            {"Containers": [[]]},
            "Arguments.Containers[0]: Expecting start of Json Object, got []",
        ),
    ],
)
def test_what_can_be_seen_without_values(kind: str, arguments: dict[str, Any], fault: str) -> None:
    (found,) = argument_faults(SERVICE_STEPS[kind], arguments)

    assert found.startswith(fault)


def test_values_are_left_to_the_run() -> None:
    arguments = {
        "RoleArn": get("Parameters.Role"),
        "HyperParameters": {"rate": json_get("Step", "File", "a"), "name": join("-", "a", get("Parameters.Role"))},
        "StoppingCondition": {"MaxRuntimeInSeconds": "long"},
        "InputDataConfig": get("Steps.Other.InputDataConfig"),
        "OutputDataConfig": None,
    }

    assert list(argument_faults(SERVICE_STEPS["Training"], arguments)) == []


def test_the_definition_is_refused_with_the_steps_name() -> None:
    faulty = [
        processing("P", "image", "role", Arguments={"AppSpec": {}}),
        training("T", "image", "role", Arguments={"ResourceConfig": 1}),
    ]
    reason = (
        "Unable to parse pipeline definition. step 'P': Arguments: Unknown Argument member 'AppSpec'; "
        "step 'T': Arguments.ResourceConfig: Expecting start of Json Object, got 1"
    )

    with pytest.raises(AwsError, match=re.escape(reason)):
        checked(definition(*faulty))
