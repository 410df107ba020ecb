"""Endpoints from their configuration to requests and back to nothing."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.conftest import Account


def model_of(account: Account, name: str, **members: Any) -> str:
    return str(json.loads(account.invoke(name, **members)["Body"].read())["model"])


def test_an_endpoint_serves_its_model(account: Account, role: str, echo: str) -> None:
    account.model("first", echo, role, {"model.txt": b"weights"}, PrimaryContainer={"Environment": {"MINE": "1"}})
    account.endpoint_config("first", "first")
    endpoint = account.endpoint("first")
    assert endpoint["EndpointStatus"] == "InService", endpoint
    variant = endpoint["ProductionVariants"][0]
    assert (variant["CurrentInstanceCount"], variant["CurrentWeight"]) == (1, 1.0)
    assert variant["DeployedImages"][0]["SpecifiedImage"] == echo

    answer = account.invoke(
        "first", b"1,2", ContentType="text/csv", Accept="application/json", CustomAttributes="c=1", InferenceId="i-1"
    )
    assert answer["InvokedProductionVariant"] == "first"
    assert answer["CustomAttributes"] == "answered"
    assert answer["ContentType"] == "application/json"
    seen = json.loads(answer["Body"].read())
    assert (seen["model"], seen["body"]) == ("weights", "1,2")
    assert seen["environment"]["MINE"] == "1"
    assert seen["environment"]["AWS_ENDPOINT_URL"] == account.platform.endpoint_url
    assert seen["headers"]["Content-Type"] == "text/csv"
    assert seen["headers"]["Accept"] == "application/json"
    assert seen["headers"]["X-Amzn-SageMaker-Custom-Attributes"] == "c=1"

    events = account.events_of("SageMaker Endpoint State Change", "first")
    assert [event["EndpointStatus"] for event in events] == ["CREATING", "IN_SERVICE"]
    assert events[1]["EndpointConfigName"] == "first"
    assert account.eventually(lambda: account.log("/aws/sagemaker/Endpoints/first", "first/i-"), bool) == ["serving"]


def test_a_deleted_endpoint_leaves_no_process_and_its_name_is_free(account: Account, role: str, echo: str) -> None:
    sagemaker = account.client("sagemaker")
    account.model("gone", echo, role, {"model.txt": b"a"})
    account.endpoint_config("gone", "gone")
    account.endpoint("gone")
    container = account.engine.started[-1]
    sagemaker.delete_endpoint(EndpointName="gone")
    with pytest.raises(ClientError, match=r"ValidationError.*Endpoint gone of account 123456789012 not found\."):
        account.invoke("gone")
    account.eventually(container.poll, lambda code: code is not None)

    def described() -> str:
        try:
            return str(sagemaker.describe_endpoint(EndpointName="gone")["EndpointStatus"])
        except ClientError as error:
            return str(error.response["Error"]["Message"])

    arn = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/gone"
    account.eventually(described, lambda answer: answer == f'Could not find endpoint "{arn}".')
    assert account.events_of("SageMaker Endpoint State Change", "gone")[-1]["EndpointStatus"] == "DELETING"
    assert account.endpoint("gone")["EndpointStatus"] == "InService"


def test_an_endpoint_that_never_answers_ping_fails(account: Account, role: str, echo: str) -> None:
    account.model("silent", echo, role)  # without model.txt its /ping answers 503
    account.endpoint_config("silent", "silent")
    endpoint = account.endpoint("silent")
    assert endpoint["EndpointStatus"] == "Failed"
    assert endpoint["FailureReason"] == (
        "The primary container for production variant silent did not pass the ping health check. "
        "Please check CloudWatch logs for this endpoint."
    )
    assert account.engine.started[-1].poll() is not None
    with pytest.raises(ClientError, match="Endpoint silent of account 123456789012 not found"):
        account.invoke("silent")
    with pytest.raises(ClientError, match="in status Failed: it can only be deleted"):
        account.client("sagemaker").update_endpoint(EndpointName="silent", EndpointConfigName="silent")
    account.client("sagemaker").delete_endpoint(EndpointName="silent")


def test_an_endpoint_whose_server_ends_fails_after_three_starts(account: Account, role: str) -> None:
    image = account.engine.image("dies", serve="print('no model here'); raise SystemExit(4)")
    account.model("dies", image, role)
    account.endpoint_config("dies", "dies")
    before = len(account.engine.started)
    endpoint = account.endpoint("dies")
    assert "did not pass the ping health check" in endpoint["FailureReason"]
    assert len(account.engine.started) - before == 3
    log = account.log("/aws/sagemaker/Endpoints/dies", "dies/i-")
    assert log.count("no model here") == 3
    assert "local AWS: the container ended with exit code 4 before it answered /ping" in log


def test_an_image_without_serve_cannot_start(account: Account, role: str) -> None:
    account.model("no-serve", account.engine.image("no-serve"), role)
    account.endpoint_config("no-serve", "no-serve")
    assert account.endpoint("no-serve")["FailureReason"] == (
        "CannotStartContainerError. Please ensure the model container for variant no-serve starts correctly when "
        "invoked with 'docker run <image> serve'"
    )


def test_an_image_that_is_not_there_fails_the_endpoint(account: Account, role: str) -> None:
    account.model("no-image", "123456789012.dkr.ecr.us-east-1.amazonaws.com/no-image:1", role)
    account.endpoint_config("no-image", "no-image")
    reason = account.endpoint("no-image")["FailureReason"]
    assert reason.startswith("The primary container for production variant no-image could not be started: image ")


def test_model_data_that_vanished_fails_the_endpoint(account: Account, role: str, echo: str) -> None:
    account.model("vanished", echo, role, {"model.txt": b"a"})
    account.endpoint_config("vanished", "vanished")
    account.client("s3").delete_object(Bucket="sagemaker-tests", Key="models/vanished/model.tar.gz")
    reason = account.endpoint("vanished")["FailureReason"]
    assert reason.startswith(
        'Failed to download model data for container "container_1" from URL: "s3://sagemaker-tests'
    )
    assert "NoSuchKey" in reason


@pytest.mark.parametrize("content", [b"no archive at all", b"\x1f\x8b\x08\x00cut short"])
def test_a_broken_archive_fails_the_endpoint(account: Account, role: str, echo: str, content: bytes) -> None:
    name = f"broken-{len(content)}"
    account.model(name, echo, role, {"model.txt": b"a"})
    account.client("s3").put_object(Bucket="sagemaker-tests", Key=f"models/{name}/model.tar.gz", Body=content)
    account.endpoint_config(name, name)
    assert account.endpoint(name)["FailureReason"].startswith(
        'Failed to extract model data archive for container "container_1" from URL "s3://sagemaker-tests/models/'
    )


def test_a_crashed_server_is_started_again(account: Account, role: str, echo: str) -> None:
    account.model("crashes", echo, role, {"model.txt": b"a"})
    account.endpoint_config("crashes", "crashes")
    account.endpoint("crashes")
    with pytest.raises(ClientError, match=r"ModelError.*server error \(0\) from primary with message \"The connection"):
        account.invoke("crashes", b"crash")

    def answer() -> str:
        try:
            return model_of(account, "crashes")
        except ClientError as error:
            return str(error.response["Error"]["Code"])

    assert account.eventually(answer, lambda text: text not in ("ServiceUnavailable", "ModelError")) == "a"
    assert account.client("sagemaker").describe_endpoint(EndpointName="crashes")["EndpointStatus"] == "InService"
    log = account.eventually(
        lambda: account.log("/aws/sagemaker/Endpoints/crashes", "crashes/"), lambda log: len(log) > 2
    )
    assert log == ["serving", "local AWS: the container ended with exit code 9: it is started again", "serving"]


def test_a_server_that_stops_answering_ping_is_replaced(account: Account, role: str, echo: str) -> None:
    account.model("freezes", echo, role, {"model.txt": b"a"})
    account.endpoint_config("freezes", "freezes")
    account.endpoint("freezes")
    frozen = account.engine.started[-1]
    model = next(account.platform.state_dir.glob("endpoints/*/freezes/i-*/primary/model/model.txt"))
    content = model.read_text()
    model.unlink()  # its /ping answers 503 from now on
    account.eventually(frozen.poll, lambda code: code is not None)
    model.write_text(content)

    def answer() -> str:
        try:
            return model_of(account, "freezes")
        except ClientError as error:
            return str(error.response["Error"]["Code"])

    assert account.eventually(answer, lambda text: text != "ServiceUnavailable") == "a"


def test_a_name_is_taken_while_the_endpoint_is_there(account: Account, role: str, echo: str) -> None:
    account.model("taken", echo, role, {"model.txt": b"a"})
    account.endpoint_config("taken", "taken")
    account.endpoint("taken")
    arn = "arn:aws:sagemaker:us-east-1:123456789012"
    sagemaker = account.client("sagemaker")
    with pytest.raises(ClientError, match=f'Cannot create already existing endpoint "{arn}:endpoint/taken".'):
        sagemaker.create_endpoint(EndpointName="taken", EndpointConfigName="taken")
    with pytest.raises(ClientError, match=f'already existing endpoint configuration "{arn}:endpoint-config/taken".'):
        account.endpoint_config("taken", "taken")
    with pytest.raises(ClientError, match=f'Cannot create already existing model "{arn}:model/taken".'):
        account.model("taken", echo, role)


def test_an_endpoint_in_progress_is_left_alone(account: Account, role: str) -> None:
    image = account.engine.image("slow", serve="import time; time.sleep(60)")
    account.model("slow", image, role)
    account.endpoint_config("slow", "slow")
    sagemaker = account.client("sagemaker")
    sagemaker.create_endpoint(EndpointName="slow", EndpointConfigName="slow")
    assert sagemaker.describe_endpoint(EndpointName="slow")["EndpointStatus"] == "Creating"
    busy = r"Cannot update in-progress endpoint \"arn:aws:.*endpoint/slow\"\."
    with pytest.raises(ClientError, match=busy):
        sagemaker.delete_endpoint(EndpointName="slow")
    with pytest.raises(ClientError, match=busy):
        sagemaker.update_endpoint(EndpointName="slow", EndpointConfigName="slow")
    assert account.settled_endpoint("slow")["EndpointStatus"] == "Failed"


def test_endpoints_are_listed(account: Account, role: str, echo: str) -> None:
    sagemaker = account.client("sagemaker")
    account.model("listed-e", echo, role, {"model.txt": b"a"})
    account.endpoint_config("listed-e", "listed-e")
    account.endpoint("listed-e")
    found = sagemaker.list_endpoints(NameContains="listed-e", StatusEquals="InService")["Endpoints"]
    assert [endpoint["EndpointName"] for endpoint in found] == ["listed-e"]
    assert [m["ModelName"] for m in sagemaker.list_models(NameContains="listed-e")["Models"]] == ["listed-e"]
    configs = sagemaker.list_endpoint_configs(NameContains="listed-e")["EndpointConfigs"]
    assert [config["EndpointConfigName"] for config in configs] == ["listed-e"]


def test_a_serverless_variant_runs_as_one_container(account: Account, role: str, echo: str) -> None:
    account.model("serverless", echo, role, {"model.txt": b"less"})
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    account.client("sagemaker").create_endpoint_config(
        EndpointConfigName="serverless",
        ProductionVariants=[{"VariantName": "v", "ModelName": "serverless", "ServerlessConfig": serverless}],
    )
    assert account.endpoint("serverless")["ProductionVariants"][0]["CurrentServerlessConfig"] == serverless
    assert model_of(account, "serverless") == "less"
