"""Models made from model packages, and endpoints that serve them."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.registry.conftest import Registry
from tests.local_aws.sagemaker.servers import STAGE


def test_an_approved_version_serves(registry: Registry, role: str) -> None:
    account = registry.account
    registry.group("served")
    specification = registry.specification(Environment={"FROM": "package", "BOTH": "package"})
    arn = registry.version("served", InferenceSpecification=specification, ModelApprovalStatus="Approved")
    container = {"ModelPackageName": arn, "Environment": {"BOTH": "model"}}
    registry.client.create_model(ModelName="served", ExecutionRoleArn=role, PrimaryContainer=container)
    assert registry.client.describe_model(ModelName="served")["PrimaryContainer"] == container
    account.endpoint_config("served", "served")
    endpoint = account.endpoint("served")
    assert endpoint["EndpointStatus"] == "InService", endpoint.get("FailureReason")
    seen = json.loads(account.invoke("served", b"hello", ContentType="text/csv")["Body"].read())
    assert (seen["model"], seen["body"]) == ("registered", "hello")
    assert (seen["environment"]["FROM"], seen["environment"]["BOTH"]) == ("package", "model")
    registry.client.delete_endpoint(EndpointName="served")


@pytest.mark.parametrize("status", ["PendingManualApproval", "Rejected"])
def test_a_version_that_is_not_approved_makes_no_model(registry: Registry, role: str, status: str) -> None:
    group = f"not-{status}"
    registry.group(group)
    arn = registry.version(group, ModelApprovalStatus=status)
    with pytest.raises(ClientError, match=f"{arn}: its approval status is {status}, expected Approved"):
        registry.client.create_model(
            ModelName="refused", ExecutionRoleArn=role, PrimaryContainer={"ModelPackageName": arn}
        )


@pytest.mark.parametrize(
    ("container", "message"),
    [
        ({"Image": "i"}, "a container with ModelPackageName cannot have Image"),
        ({"ModelDataUrl": "s3://b/k"}, "a container with ModelPackageName cannot have ModelDataUrl"),
        ({"InferenceSpecificationName": "none"}, "does not have inference specification none"),
        ({"ModelPackageName": "nowhere"}, "model-package/nowhere does not exist"),
    ],
)
def test_models_of_packages_are_refused(registry: Registry, role: str, container: dict[str, Any], message: str) -> None:
    registry.group("models-refused", shared=True)
    arn = registry.version("models-refused", ModelApprovalStatus="Approved")
    with pytest.raises(ClientError, match=message):
        registry.client.create_model(
            ModelName="refused", ExecutionRoleArn=role, PrimaryContainer={"ModelPackageName": arn} | container
        )


def test_packages_without_an_image_are_refused(registry: Registry, role: str) -> None:
    registry.group("imageless")
    cases: list[tuple[dict[str, Any], str]] = [
        ({}, "does not have an inference specification"),
        (
            {"InferenceSpecification": {"Containers": [{"BaseModel": {"HubContentName": "base"}}]}},
            "has no image to make a model of",
        ),
    ]
    for members, message in cases:
        arn = registry.client.create_model_package(
            ModelPackageGroupName="imageless", ModelApprovalStatus="Approved", **members
        )["ModelPackageArn"]
        with pytest.raises(ClientError, match=message):
            registry.client.create_model(
                ModelName="refused", ExecutionRoleArn=role, PrimaryContainer={"ModelPackageName": arn}
            )


def test_a_version_of_several_containers_serves_as_a_pipeline(registry: Registry, role: str) -> None:
    account = registry.account
    registry.group("pipeline")
    image = account.engine.image("registered-stage", serve=STAGE)
    containers = [{"Image": image, "Environment": {"NAME": name}} for name in ("a", "b")]
    arn = registry.version(
        "pipeline", ModelApprovalStatus="Approved", InferenceSpecification={"Containers": containers}
    )
    registry.client.create_model(ModelName="pipeline", ExecutionRoleArn=role, Containers=[{"ModelPackageName": arn}])
    assert registry.client.describe_model(ModelName="pipeline")["Containers"] == [{"ModelPackageName": arn}]
    account.endpoint_config("pipeline", "pipeline")
    endpoint = account.endpoint("pipeline")
    assert endpoint["EndpointStatus"] == "InService", endpoint.get("FailureReason")
    assert account.invoke("pipeline", b"x")["Body"].read() == b"b(a(x))"


def test_packages_and_images_make_one_pipeline(registry: Registry, role: str) -> None:
    account = registry.account
    registry.group("mixed")
    image = account.engine.image("mixed-stage", serve=STAGE)
    specification = {"Containers": [{"Image": image, "Environment": {"NAME": "package"}}]}
    arn = registry.version("mixed", ModelApprovalStatus="Approved", InferenceSpecification=specification)
    packaged = {"ModelPackageName": arn, "ContainerHostname": "second"}
    first = {"Image": image, "Environment": {"NAME": "a"}, "ContainerHostname": "first"}
    registry.client.create_model(ModelName="mixed", ExecutionRoleArn=role, Containers=[first, packaged])
    account.endpoint_config("mixed", "mixed")
    assert account.endpoint("mixed")["EndpointStatus"] == "InService"
    assert account.invoke("mixed", b"x")["Body"].read() == b"package(a(x))"


def test_an_additional_specification_serves_too(registry: Registry, role: str) -> None:
    registry.group("additional")
    arn = registry.version(
        "additional",
        ModelApprovalStatus="Approved",
        InferenceSpecification=registry.specification(ModelDataUrl="s3://elsewhere/model.tar.gz"),
        SkipModelValidation="All",
        AdditionalInferenceSpecifications=[{"Name": "here", **registry.specification()}],
    )
    with pytest.raises(ClientError, match="Could not find model data at s3://elsewhere"):
        registry.client.create_model(
            ModelName="additional", ExecutionRoleArn=role, PrimaryContainer={"ModelPackageName": arn}
        )
    registry.client.create_model(
        ModelName="additional",
        ExecutionRoleArn=role,
        PrimaryContainer={"ModelPackageName": arn, "InferenceSpecificationName": "here"},
    )
