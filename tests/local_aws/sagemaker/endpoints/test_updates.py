"""Endpoints that change: another configuration, weights, counts."""

import json
from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.conftest import Account


def model_of(account: Account, name: str, **members: Any) -> str:
    return str(json.loads(account.invoke(name, **members)["Body"].read())["model"])


def test_an_update_moves_the_traffic_to_the_new_fleet(account: Account, role: str, echo: str) -> None:
    sagemaker = account.client("sagemaker")
    for version in ("blue", "green"):
        account.model(version, echo, role, {"model.txt": version.encode()})
        account.endpoint_config(version, version)
    account.endpoint("moves", "blue")
    blue = account.engine.started[-1]
    sagemaker.update_endpoint(EndpointName="moves", EndpointConfigName="green")
    assert model_of(account, "moves") in ("blue", "green")
    endpoint = account.settled_endpoint("moves")
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", "green")
    assert model_of(account, "moves") == "green"
    assert blue.poll() is not None
    statuses = [event["EndpointStatus"] for event in account.events_of("SageMaker Endpoint State Change", "moves")]
    assert statuses == ["CREATING", "IN_SERVICE", "UPDATING", "IN_SERVICE"]


def test_an_update_that_fails_leaves_the_old_fleet(account: Account, role: str, echo: str) -> None:
    sagemaker = account.client("sagemaker")
    account.model("good", echo, role, {"model.txt": b"good"})
    account.model("bad", echo, role)
    account.endpoint_config("good", "good")
    account.endpoint_config("bad", "bad")
    account.endpoint("stays", "good")
    sagemaker.update_endpoint(EndpointName="stays", EndpointConfigName="bad")
    pending = sagemaker.describe_endpoint(EndpointName="stays")
    assert pending["EndpointStatus"] == "Updating"
    assert pending["PendingDeploymentSummary"]["EndpointConfigName"] == "bad"
    endpoint = account.settled_endpoint("stays")
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", "good")
    assert "variant bad did not pass the ping health check" in endpoint["FailureReason"]
    assert model_of(account, "stays") == "good"


def test_traffic_follows_the_weights_and_a_target(account: Account, role: str, echo: str) -> None:
    sagemaker = account.client("sagemaker")
    for name in ("heavy", "light"):
        account.model(name, echo, role, {"model.txt": name.encode()})
    account.endpoint_config("weighted", "heavy", "light", weights={"heavy": 1, "light": 0})
    account.endpoint("weighted")
    assert Counter(model_of(account, "weighted") for _ in range(20)) == {"heavy": 20}
    assert model_of(account, "weighted", TargetVariant="light") == "light"
    with pytest.raises(ClientError, match="Variant absent not found for endpoint weighted"):
        account.invoke("weighted", TargetVariant="absent")
    sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="weighted",
        DesiredWeightsAndCapacities=[
            {"VariantName": "heavy", "DesiredWeight": 0},
            {"VariantName": "light", "DesiredWeight": 2, "DesiredInstanceCount": 2},
        ],
    )
    endpoint = account.settled_endpoint("weighted")
    described = {
        variant["VariantName"]: (variant["CurrentWeight"], variant["CurrentInstanceCount"])
        for variant in endpoint["ProductionVariants"]
    }
    assert described == {"heavy": (0.0, 1), "light": (2.0, 2)}
    assert Counter(model_of(account, "weighted") for _ in range(20)) == {"light": 20}
    with pytest.raises(ClientError, match='Could not find variant "absent" of endpoint'):
        sagemaker.update_endpoint_weights_and_capacities(
            EndpointName="weighted", DesiredWeightsAndCapacities=[{"VariantName": "absent", "DesiredWeight": 1}]
        )


def test_an_update_can_keep_weights_and_counts(account: Account, role: str, echo: str) -> None:
    sagemaker = account.client("sagemaker")
    account.model("kept", echo, role, {"model.txt": b"kept"})
    for name in ("kept-1", "kept-2"):
        account.endpoint_config(name, "kept")
    account.endpoint("kept", "kept-1")
    sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="kept", DesiredWeightsAndCapacities=[{"VariantName": "kept", "DesiredInstanceCount": 2}]
    )
    account.settled_endpoint("kept")
    sagemaker.update_endpoint(EndpointName="kept", EndpointConfigName="kept-2", RetainAllVariantProperties=True)
    endpoint = account.settled_endpoint("kept")
    assert endpoint["EndpointConfigName"] == "kept-2"
    assert endpoint["ProductionVariants"][0]["CurrentInstanceCount"] == 2


def test_other_ways_of_moving_traffic_are_refused_by_name(account: Account, role: str, echo: str) -> None:
    canary = {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {
                "Type": "CANARY",
                "WaitIntervalInSeconds": 60,
                "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 10},
            }
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "a"}]},
    }
    with pytest.raises(
        ClientError, match="in UpdateEndpoint: AutoRollbackConfiguration, TrafficRoutingConfiguration CANARY"
    ):
        account.client("sagemaker").update_endpoint(
            EndpointName="any", EndpointConfigName="any", DeploymentConfig=canary
        )
