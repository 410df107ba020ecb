"""Inference pipelines, containers that are asked by name, and endpoints that models share, by boto3 and AWS's CLI."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from botocore.exceptions import ClientError

from tests.strangers.account import Account, until
from tests.strangers.images import built, service_role

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

BUCKET = "several-models"
POLICIES = ("AmazonSageMakerFullAccess", "AmazonS3FullAccess", "AmazonEC2ContainerRegistryFullAccess")
NEEDS = {"NumberOfCpuCoresRequired": 1, "MinMemoryRequiredInMb": 256}


@frozen
class Stages:
    """An image of two stages, and a role that may run it."""

    account: Account
    role: str
    image: str

    @property
    def client(self) -> Any:
        return self.account.client("sagemaker")

    def scale(self, factor: int, **members: Any) -> dict[str, Any]:
        """A container that multiplies."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            entry = tarfile.TarInfo("factor.json")
            content = json.dumps(factor).encode()
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        key = f"models/{factor}.tar.gz"
        self.account.client("s3").put_object(Bucket=BUCKET, Key=key, Body=buffer.getvalue())
        own = {"Image": self.image, "ModelDataUrl": f"s3://{BUCKET}/{key}", "Environment": {"STAGE": "scale"}}
        return own | members

    def total(self, **members: Any) -> dict[str, Any]:
        """A container that adds up."""
        return {"Image": self.image, "Environment": {"STAGE": "total"}} | members

    def endpoint(self, name: str) -> None:
        """An endpoint of the model of that name."""
        variant = {
            "VariantName": "AllTraffic", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1,
        }  # fmt: skip
        self.client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        self.client.create_endpoint(EndpointName=name, EndpointConfigName=name)
        self.client.get_waiter("endpoint_in_service").wait(
            EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
        )

    def ask(self, endpoint: str, rows: str, **members: Any) -> str:
        """What an endpoint answers to rows."""
        runtime = self.account.client("sagemaker-runtime")
        answer = runtime.invoke_endpoint(EndpointName=endpoint, Body=rows, ContentType="text/csv", **members)
        return str(answer["Body"].read().decode())


@pytest.fixture(scope="module")
def stages(account: Account) -> Stages:
    role = service_role(account, "stages", *POLICIES, "CloudWatchLogsFullAccess")
    account.client("s3").create_bucket(Bucket=BUCKET)
    return Stages(account, role, built(account, "stages", Path(__file__).parent / "documents" / "stages", role))


def test_an_inference_pipeline_serves_and_transforms(stages: Stages) -> None:
    client, s3 = stages.client, stages.account.client("s3")
    client.create_model(ModelName="pipe", ExecutionRoleArn=stages.role, Containers=[stages.scale(10), stages.total()])
    stages.endpoint("pipe")
    assert json.loads(stages.ask("pipe", "1,2\n3,4")) == [30, 70]
    with pytest.raises(ClientError) as raised:
        stages.ask("pipe", "1,x")
    answer = raised.value.response
    assert (answer["Error"]["Code"], answer["OriginalStatusCode"]) == ("ModelError", 400)
    assert "from container-1" in answer["Error"]["Message"]
    assert "could not convert string to float: 'x'" in answer["OriginalMessage"]

    s3.put_object(Bucket=BUCKET, Key="rows/a.csv", Body=b"1,2\n3,4\n")
    s3.put_object(Bucket=BUCKET, Key="rows/b.csv", Body=b"5\n")
    client.create_transform_job(
        TransformJobName="pipe",
        ModelName="pipe",
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/rows/"}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        TransformOutput={"S3OutputPath": f"s3://{BUCKET}/totals", "Accept": "application/json"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    waiter = client.get_waiter("transform_job_completed_or_stopped")
    waiter.wait(TransformJobName="pipe", WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    totals = [s3.get_object(Bucket=BUCKET, Key=f"totals/{name}.csv.out")["Body"].read() for name in ("a", "b")]
    assert [json.loads(total) for total in totals] == [[30, 70], [50]]
    client.delete_endpoint(EndpointName="pipe")


def test_a_registered_pipeline_is_approved_and_served(stages: Stages) -> None:
    client = stages.client
    client.create_model_package_group(ModelPackageGroupName="pipes")
    arn = client.create_model_package(
        ModelPackageGroupName="pipes",
        InferenceSpecification={
            "Containers": [stages.scale(2), stages.total()],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
    )["ModelPackageArn"]
    client.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    client.create_model(
        ModelName="registered-pipe", ExecutionRoleArn=stages.role, Containers=[{"ModelPackageName": arn}]
    )
    stages.endpoint("registered-pipe")
    assert json.loads(stages.ask("registered-pipe", "1,2")) == [6]
    client.delete_endpoint(EndpointName="registered-pipe")


def test_containers_are_asked_by_name(stages: Stages) -> None:
    stages.client.create_model(
        ModelName="named",
        ExecutionRoleArn=stages.role,
        Containers=[stages.scale(3, ContainerHostname="scaler"), stages.total(ContainerHostname="adder")],
        InferenceExecutionConfig={"Mode": "Direct"},
    )
    stages.endpoint("named")
    assert stages.ask("named", "1,2", TargetContainerHostname="scaler") == "3.0,6.0"
    assert json.loads(stages.ask("named", "1,2", TargetContainerHostname="adder")) == [3]
    with pytest.raises(ClientError, match="ValidationError"):
        stages.ask("named", "1,2")
    stages.client.delete_endpoint(EndpointName="named")


def test_models_share_an_endpoint(stages: Stages) -> None:
    client = stages.client
    shared = {
        "VariantName": "AllTraffic",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
        "ManagedInstanceScaling": {"Status": "ENABLED", "MinInstanceCount": 1, "MaxInstanceCount": 2},
        "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
    }
    client.create_endpoint_config(
        EndpointConfigName="shared", ExecutionRoleArn=stages.role, ProductionVariants=[shared]
    )
    client.create_endpoint(EndpointName="shared", EndpointConfigName="shared")
    client.get_waiter("endpoint_in_service").wait(EndpointName="shared", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    client.create_model(ModelName="times-5", PrimaryContainer=stages.scale(5))
    seven = stages.scale(7)
    specifications: dict[str, dict[str, Any]] = {
        "times-5": {"ModelName": "times-5"},
        "times-7": {
            "Container": {
                "Image": seven["Image"], "ArtifactUrl": seven["ModelDataUrl"], "Environment": seven["Environment"],
            }
        },
    }  # fmt: skip
    for name, specification in specifications.items():
        client.create_inference_component(
            InferenceComponentName=name,
            EndpointName="shared",
            VariantName="AllTraffic",
            Specification=specification | {"ComputeResourceRequirements": NEEDS},
            RuntimeConfig={"CopyCount": 1},
        )
    for name in specifications:
        in_service(stages.account, name)
    assert stages.ask("shared", "2", InferenceComponentName="times-5") == "10.0"
    assert stages.ask("shared", "2", InferenceComponentName="times-7") == "14.0"

    aws = stages.account.aws_json
    aws("sagemaker", "update-inference-component-runtime-config", "--inference-component-name", "times-7",
        "--desired-runtime-config", "CopyCount=2")  # fmt: skip
    assert in_service(stages.account, "times-7")["RuntimeConfig"] == {"DesiredCopyCount": 2, "CurrentCopyCount": 2}
    listed = aws("sagemaker", "list-inference-components", "--endpoint-name-equals", "shared")
    assert {each["InferenceComponentName"] for each in listed["InferenceComponents"]} == set(specifications)
    with pytest.raises(ClientError, match="Inference Component Name header is required"):
        stages.ask("shared", "2")
    with pytest.raises(ClientError, match="Cannot delete endpoint"):
        client.delete_endpoint(EndpointName="shared")
    for name in specifications:
        client.delete_inference_component(InferenceComponentName=name)
    until(
        lambda: client.list_inference_components(EndpointNameEquals="shared")["InferenceComponents"],
        lambda found: not found,
        60,
    )
    client.delete_endpoint(EndpointName="shared")


def in_service(account: Account, name: str) -> dict[str, Any]:
    """A component's description, once nothing is under way; it must be in service."""
    client = account.client("sagemaker")
    found = until(
        lambda: dict(client.describe_inference_component(InferenceComponentName=name)),
        lambda component: component["InferenceComponentStatus"] not in ("Creating", "Updating"),
        120,
    )
    assert found["InferenceComponentStatus"] == "InService", found
    return found
