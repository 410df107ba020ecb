"""Requests about inference components, and about endpoints that they are for, that are refused."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.inference_components.conftest import NEEDS, Components, of_model

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/any:1"
OWN = {"Container": {"Image": IMAGE}, "ComputeResourceRequirements": NEEDS}
ROLLING = {"RollingUpdatePolicy": {"MaximumBatchSize": {"Type": "COPY_COUNT", "Value": 1}, "WaitIntervalInSeconds": 0}}


@pytest.fixture(scope="module")
def endpoint(components: Components) -> str:
    components.endpoint("refuses")
    return "refuses"


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"EndpointName": "absent"}, r"Could not find endpoint \"arn:aws:.*:endpoint/absent\""),
        ({"VariantName": "absent"}, r"Could not find variant \"absent\" of endpoint \".*endpoint/refuses\""),
        ({"Specification": of_model("absent")}, r"Could not find model \".*model/absent\""),
        ({"Specification": {"ComputeResourceRequirements": NEEDS}}, "needs exactly one of ModelName and Container"),
        ({"Specification": OWN | {"ModelName": "m"}}, "needs exactly one of ModelName and Container"),
        ({"Specification": {"Container": {"Image": IMAGE}}}, "Specification needs ComputeResourceRequirements"),
        ({"Specification": OWN | {"Container": {"Environment": {}}}}, "a container needs an Image"),
        ({"Specification": OWN | {"Container": {"Image": "python:3.12"}}}, "Invalid image URI python:3.12"),
        (
            {"Specification": OWN | {"ComputeResourceRequirements": NEEDS | {"MaxMemoryRequiredInMb": 256}}},
            "MaxMemoryRequiredInMb: got 256, expected at least 512",
        ),
        (
            {"Specification": OWN | {"BaseInferenceComponentName": "base"}},
            r"does not offer in CreateInferenceComponent: BaseInferenceComponentName \(adapters\)",
        ),
        ({"Specification": OWN | {"InstanceType": "ml.m5.large"}}, "does not offer .*: Specification.InstanceType"),
    ],
)
def test_components_are_refused(components: Components, endpoint: str, members: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        components.create("refused", **({"endpoint": endpoint, "Specification": OWN} | _as_arguments(members)))
    with pytest.raises(ClientError, match=r"Could not find inference component \"arn:.*inference-component/refused\""):
        components.describe("refused")


def _as_arguments(members: dict[str, Any]) -> dict[str, Any]:
    return {"endpoint" if name == "EndpointName" else name: value for name, value in members.items()}


def test_what_a_component_needs_is_told_together(components: Components, endpoint: str) -> None:
    with pytest.raises(ClientError, match="an inference component needs VariantName, RuntimeConfig, Specification"):
        components.client.create_inference_component(InferenceComponentName="refused", EndpointName=endpoint)


def test_rolling_updates_are_refused_by_name(components: Components, endpoint: str) -> None:
    components.made("rolls", endpoint)
    with pytest.raises(ClientError, match="does not offer in UpdateInferenceComponent: DeploymentConfig"):
        components.client.update_inference_component(InferenceComponentName="rolls", DeploymentConfig=ROLLING)
    with pytest.raises(ClientError, match="does not offer in UpdateInferenceComponent: Specifications"):
        components.client.update_inference_component(InferenceComponentName="rolls", Specifications=[OWN])


@pytest.mark.parametrize(
    ("variants", "members", "message"),
    [
        ([{}], {}, "ExecutionRoleArn is needed where variants have no ModelName"),
        (
            [{}, {"VariantName": "b", "ModelName": "m"}],
            {},
            "variant v needs a ModelName: either all variants have one, or none has",
        ),
        (
            [{"ModelName": "m", "ManagedInstanceScaling": {"Status": "ENABLED"}}],
            {},
            "ManagedInstanceScaling of a variant with a model",
        ),
    ],
)
def test_configurations_are_refused(
    components: Components, variants: list[dict[str, Any]], members: dict[str, Any], message: str
) -> None:
    plain = {"VariantName": "v", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    with pytest.raises(ClientError, match=message):
        components.client.create_endpoint_config(
            EndpointConfigName="refused", ProductionVariants=[plain | each for each in variants], **members
        )


def test_a_shared_variant_is_not_serverless(components: Components) -> None:
    variant = {"VariantName": "v", "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1}}
    with pytest.raises(ClientError, match="variant v is serverless: it needs a ModelName"):
        components.client.create_endpoint_config(
            EndpointConfigName="refused", ProductionVariants=[variant], ExecutionRoleArn=components.role
        )
