"""Inference components that change, and endpoints that change under them."""

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.conftest import Account
from tests.local_aws.sagemaker.inference_components.conftest import NEEDS, VARIANT, Components, of_model


def test_another_model_takes_the_place_of_the_first(components: Components, account: Account) -> None:
    components.endpoint("moves-over")
    components.made("moves-over", "moves-over")
    before = account.engine.started[-1]
    components.model("moved-to")
    components.client.update_inference_component(
        InferenceComponentName="moves-over", Specification={"ModelName": "moved-to"}, RuntimeConfig={"CopyCount": 2}
    )
    component = components.settled("moves-over")
    assert component["Specification"] == of_model("moved-to")
    assert component["RuntimeConfig"] == {"DesiredCopyCount": 2, "CurrentCopyCount": 2}
    assert components.ask("moves-over", "moves-over") == "moved-to(x)"
    assert before.poll() is not None


def test_an_update_that_fails_leaves_what_served(components: Components, account: Account) -> None:
    components.endpoint("stays-on")
    components.made("stays-on", "stays-on")
    image = account.engine.image("update-dies", serve="raise SystemExit(4)")
    components.client.update_inference_component(
        InferenceComponentName="stays-on", Specification={"Container": {"Image": image}}, RuntimeConfig={"CopyCount": 3}
    )
    component = components.settled("stays-on")
    assert component["InferenceComponentStatus"] == "InService"
    assert "did not pass the ping health check" in component["FailureReason"]
    assert component["RuntimeConfig"] == {"DesiredCopyCount": 1, "CurrentCopyCount": 1}
    assert component["Specification"]["Container"]["Environment"] == {"NAME": "stays-on"}
    assert components.ask("stays-on", "stays-on") == "stays-on(x)"


def test_copies_come_and_go(components: Components, account: Account) -> None:
    components.endpoint("scales")
    components.made("scales", "scales")
    started = len(account.engine.started)
    for count in (3, 0, 1):
        components.client.update_inference_component_runtime_config(
            InferenceComponentName="scales", DesiredRuntimeConfig={"CopyCount": count}
        )
        found = components.settled("scales")["RuntimeConfig"]
        assert found == {"DesiredCopyCount": count, "CurrentCopyCount": count}
    assert components.ask("scales", "scales") == "scales(x)"
    components.client.update_inference_component(InferenceComponentName="scales", RuntimeConfig={"CopyCount": 2})
    assert components.settled("scales")["RuntimeConfig"]["CurrentCopyCount"] == 2
    assert len(account.engine.started) - started == 4


def test_a_failed_component_can_be_mended(components: Components, account: Account) -> None:
    components.endpoint("mends")
    image = account.engine.image("mends", serve="raise SystemExit(4)")
    broken = {"Container": {"Image": image}, "ComputeResourceRequirements": NEEDS}
    assert components.made("mends", "mends", Specification=broken)["InferenceComponentStatus"] == "Failed"
    container = {"Image": components.image, "Environment": {"NAME": "mended"}}
    components.client.update_inference_component(InferenceComponentName="mends", Specification={"Container": container})
    component = components.settled("mends")
    assert (component["InferenceComponentStatus"], component.get("FailureReason")) == ("InService", None)
    assert components.ask("mends", "mends") == "mended(x)"


def test_a_component_in_progress_is_left_alone(components: Components, account: Account) -> None:
    components.endpoint("busy")
    image = account.engine.image("component-slow", serve="import time; time.sleep(60)")
    components.create(
        "busy", "busy", Specification={"Container": {"Image": image}, "ComputeResourceRequirements": NEEDS}
    )
    client = components.client
    with pytest.raises(ClientError, match=r"Cannot update inference component .*busy\" in status Creating"):
        client.update_inference_component_runtime_config(
            InferenceComponentName="busy", DesiredRuntimeConfig={"CopyCount": 2}
        )
    with pytest.raises(ClientError, match=r"Cannot delete inference component .*busy\" in status Creating"):
        client.delete_inference_component(InferenceComponentName="busy")
    with pytest.raises(ClientError, match="Cannot create already existing inference component"):
        components.create("busy", "busy")
    assert components.settled("busy")["InferenceComponentStatus"] == "Failed"


def test_components_stay_when_their_endpoint_changes(components: Components, account: Account, role: str) -> None:
    components.endpoint("changes")
    components.made("changes", "changes")
    components.config("changes-2")
    client = components.client
    client.update_endpoint(EndpointName="changes", EndpointConfigName="changes-2")
    assert account.settled_endpoint("changes")["EndpointConfigName"] == "changes-2"
    assert components.ask("changes", "changes") == "changes(x)"
    client.update_endpoint_weights_and_capacities(
        EndpointName="changes", DesiredWeightsAndCapacities=[{"VariantName": VARIANT, "DesiredInstanceCount": 2}]
    )
    assert account.settled_endpoint("changes")["ProductionVariants"][0]["CurrentInstanceCount"] == 2

    components.config("changes-3", variant="other")
    with pytest.raises(ClientError, match="components are on variants that changes-3 does not have: shared"):
        client.update_endpoint(EndpointName="changes", EndpointConfigName="changes-3")
    account.model("changes-4", components.image, role)
    account.endpoint_config("changes-4", "changes-4")
    with pytest.raises(ClientError, match="must either all have a ModelName, or none"):
        client.update_endpoint(EndpointName="changes", EndpointConfigName="changes-4")
