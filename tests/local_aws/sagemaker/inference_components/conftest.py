"""Endpoints that models share, and what puts models on them."""

from typing import Any

import pytest
from attrs import frozen

from tests.local_aws.sagemaker.conftest import Account
from tests.local_aws.sagemaker.servers import STAGE

NEEDS = {"NumberOfCpuCoresRequired": 1, "MinMemoryRequiredInMb": 512}
VARIANT = "shared"


@frozen
class Components:
    """Inference components of the local AWS under test."""

    account: Account
    role: str
    image: str

    @property
    def client(self) -> Any:
        return self.account.client("sagemaker")

    def model(self, name: str, **members: Any) -> None:
        """Creates a model whose server answers with its name."""
        container = {"Image": self.image, "Environment": {"NAME": name}}
        self.client.create_model(ModelName=name, **({"PrimaryContainer": container} | members))

    def config(self, name: str, *, variant: str = VARIANT, **members: Any) -> None:
        """Creates a configuration without models."""
        one = {"VariantName": variant, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
        members = {"ExecutionRoleArn": self.role} | members
        self.client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[one], **members)

    def endpoint(self, name: str) -> dict[str, Any]:
        """Creates an endpoint that models share."""
        self.config(name)
        return self.account.endpoint(name)

    def create(self, name: str, endpoint: str, *, copies: int = 1, **members: Any) -> None:
        """Creates a component; its own container answers with its name, where no model is given."""
        container = {"Image": self.image, "Environment": {"NAME": name}}
        request = {
            "InferenceComponentName": name,
            "EndpointName": endpoint,
            "VariantName": VARIANT,
            "Specification": {"Container": container, "ComputeResourceRequirements": NEEDS},
            "RuntimeConfig": {"CopyCount": copies},
        } | members
        self.client.create_inference_component(**request)

    def describe(self, name: str) -> dict[str, Any]:
        return dict(self.client.describe_inference_component(InferenceComponentName=name))

    def settled(self, name: str) -> dict[str, Any]:
        """A component's description, once nothing is under way."""
        return self.account.eventually(
            lambda: self.describe(name), lambda found: found["InferenceComponentStatus"] in ("InService", "Failed")
        )

    def made(self, name: str, endpoint: str, **members: Any) -> dict[str, Any]:
        """Creates a component and waits until it is in service or failed."""
        self.create(name, endpoint, **members)
        return self.settled(name)

    def ask(self, name: str, endpoint: str, body: bytes = b"x", **members: Any) -> str:
        """What a component answers."""
        answer = self.account.invoke(endpoint, body, InferenceComponentName=name, **members)
        return str(answer["Body"].read().decode())


def of_model(name: str) -> dict[str, Any]:
    """A specification that takes a model."""
    return {"ModelName": name, "ComputeResourceRequirements": NEEDS}


@pytest.fixture(scope="session")
def components(account: Account, role: str) -> Components:
    return Components(account, role, account.engine.image("component", serve=STAGE))
