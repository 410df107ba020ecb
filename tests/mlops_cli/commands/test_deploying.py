"""What ``mlops cleanup`` finds and deletes of what runs made."""

from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from mlops_cli import deployment
from mlops_cli.commands import deploying
from mlops_cli.errors import CliError
from mlops_cli.target import Target
from tests.local_aws.sagemaker.conftest import Account
from tests.local_aws.sagemaker.servers import STAGE


def test_components_go_before_the_endpoint_that_they_are_on(
    account: Account, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, target = account.client("sagemaker"), Target(endpoint_url=account.platform.endpoint_url)
    image = account.engine.image("cleaned-up", serve=STAGE)
    variant = {"VariantName": "v", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    for name in ("cleaned", "kept"):
        client.create_endpoint_config(
            EndpointConfigName=f"{name}-config", ExecutionRoleArn=role, ProductionVariants=[variant]
        )
        account.endpoint(name, f"{name}-config")
        container = {"Image": image, "Environment": {"NAME": name}}
        client.create_inference_component(
            InferenceComponentName=f"on-{name}",
            EndpointName=name,
            VariantName="v",
            Specification={"Container": container, "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 128}},
            RuntimeConfig={"CopyCount": 0},
        )
        account.eventually(
            lambda name=name: client.describe_inference_component(InferenceComponentName=f"on-{name}"),  # type: ignore[misc]
            lambda found: found["InferenceComponentStatus"] == "InService",
        )
    engine = SimpleNamespace(made_by_runs=lambda _target, _arn: {"cleaned"})
    monkeypatch.setattr(deployment, "workflows", lambda _target, _environment: ["arn:aws:states:one"])
    monkeypatch.setattr(deploying, "engine_of", lambda _arn: engine)

    made = deploying.made_by_runs(target, "dev")

    assert made == [
        ("inference component", "on-cleaned"),
        ("endpoint", "cleaned"),
        ("endpoint configuration", "cleaned-config"),
    ]
    with pytest.raises(CliError, match=r"could not delete endpoint cleaned: .*: inference components are on it"):
        deploying.remove(target, made[1:])
    deploying.remove(target, made)
    assert deploying.made_by_runs(target, "dev") == []
    with pytest.raises(ClientError, match="Could not find endpoint"):
        client.describe_endpoint(EndpointName="cleaned")
    assert client.describe_endpoint(EndpointName="kept")["EndpointStatus"] == "InService"
