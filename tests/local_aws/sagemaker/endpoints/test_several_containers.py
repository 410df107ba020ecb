"""Endpoints whose model has several containers: inference pipelines, and containers that requests name."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.conftest import BUCKET, Account, archive
from tests.local_aws.sagemaker.servers import STAGE

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/any:1"
DIRECT = {"Mode": "Direct"}
LOGS = "/aws/sagemaker/Endpoints/"
MakeEndpoint = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def stage(account: Account) -> str:
    """An image whose server puts what it is sent within its name."""
    return account.engine.image("stage", serve=STAGE)


@pytest.fixture(scope="session")
def make(account: Account, role: str, stage: str) -> MakeEndpoint:
    """Makes an endpoint with a container for each name."""

    def made(name: str, *names: str, hostnames: bool = False, count: int = 1, **members: Any) -> dict[str, Any]:
        containers: list[dict[str, Any]] = [{"Image": stage, "Environment": {"NAME": each}} for each in names]
        if hostnames:
            containers = [each | {"ContainerHostname": each["Environment"]["NAME"]} for each in containers]
        sagemaker = account.client("sagemaker")
        sagemaker.create_model(ModelName=name, Containers=containers, ExecutionRoleArn=role, **members)
        variant = {"VariantName": "v", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": count}
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        return account.endpoint(name)

    return made


def text_of(answer: dict[str, Any]) -> str:
    return str(answer["Body"].read().decode())


def test_a_request_goes_through_the_containers_in_order(account: Account, make: MakeEndpoint, stage: str) -> None:
    endpoint = make("in-order", "a", "b", "c")
    assert endpoint["EndpointStatus"] == "InService", endpoint
    images = endpoint["ProductionVariants"][0]["DeployedImages"]
    assert [image["SpecifiedImage"] for image in images] == [stage] * 3

    answer = account.invoke("in-order", b"x", ContentType="text/csv", Accept="text/json", InferenceId="i-1")
    assert (text_of(answer), answer["ContentType"]) == ("c(b(a(x)))", "text/c")
    assert answer["InvokedProductionVariant"] == "v"

    def logged(position: int) -> list[str]:
        logs = account.client("logs")
        group = f"{LOGS}in-order"
        if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            return []
        names = [stream["logStreamName"] for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]]
        own = [name for name in names if name.endswith(f"/container-{position}")]
        return [line for name in own for line in account.log(group, name)]

    account.eventually(lambda: [logged(each) for each in (1, 2, 3)], all)
    assert [logged(each) for each in (1, 2, 3)] == [["text/csv||i-1"], ["text/a||i-1"], ["text/b|text/json|i-1"]]


def test_a_container_that_fails_ends_the_request_with_its_name(account: Account, make: MakeEndpoint) -> None:
    make("one-fails", "a", "b")
    with pytest.raises(ClientError, match=r'server error \(500\) from container-2 with message "b is sad"') as raised:
        account.invoke("one-fails", b"fail b")
    answer = raised.value.response
    assert answer["Error"]["Code"] == "ModelError"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert (answer["OriginalStatusCode"], answer["OriginalMessage"]) == (500, "b is sad")
    with pytest.raises(ClientError, match=r'from container-1 with message "a is sad"'):
        account.invoke("one-fails", b"fail a")


def test_a_container_that_ends_is_started_again_beside_the_others(account: Account, make: MakeEndpoint) -> None:
    make("one-ends", "a", "b")
    first, second = account.engine.started[-2:]
    with pytest.raises(ClientError, match="The connection to container container-2 is broken"):
        account.invoke("one-ends", b"crash b")

    def answer() -> str:
        try:
            return text_of(account.invoke("one-ends"))
        except ClientError as error:
            return str(error.response["Error"]["Code"])

    assert account.eventually(answer, lambda found: found not in ("ServiceUnavailable", "ModelError")) == "b(a(x))"
    assert [each.poll() is None for each in (first, second)].count(True) == 1


def test_a_container_that_never_answers_ping_fails_the_endpoint(account: Account, role: str, stage: str) -> None:
    silent = account.engine.image("silent-stage", serve="import time; time.sleep(60)")
    sagemaker = account.client("sagemaker")
    good = {"Image": stage, "Environment": {"NAME": "a"}}
    sagemaker.create_model(ModelName="one-silent", Containers=[good, {"Image": silent}], ExecutionRoleArn=role)
    account.endpoint_config("one-silent", "one-silent")
    endpoint = account.endpoint("one-silent")
    assert endpoint["EndpointStatus"] == "Failed"
    assert endpoint["FailureReason"] == (
        "The container-2 for production variant one-silent did not pass the ping health check. "
        "Please check CloudWatch logs for this endpoint."
    )
    assert [each.poll() is not None for each in account.engine.started[-2:]] == [True, True]


def test_each_container_has_model_data_of_its_own(account: Account, role: str, echo: str) -> None:
    containers = []
    for name in ("one", "two"):
        key = f"models/own-data/{name}.tar.gz"
        account.client("s3").put_object(Bucket=BUCKET, Key=key, Body=archive({"model.txt": name.encode()}))
        containers.append({"Image": echo, "ModelDataUrl": f"s3://{BUCKET}/{key}", "ContainerHostname": name})
    sagemaker = account.client("sagemaker")
    sagemaker.create_model(
        ModelName="own-data", Containers=containers, ExecutionRoleArn=role, InferenceExecutionConfig=DIRECT
    )
    account.endpoint_config("own-data", "own-data")
    account.endpoint("own-data")
    answers = [account.invoke("own-data", TargetContainerHostname=name) for name in ("one", "two")]
    assert [json.loads(text_of(answer))["model"] for answer in answers] == ["one", "two"]


def test_model_data_that_vanished_is_told_with_its_container(account: Account, role: str, echo: str) -> None:
    key = "models/second-vanished/model.tar.gz"
    account.client("s3").put_object(Bucket=BUCKET, Key=key, Body=archive({"model.txt": b"m"}))
    containers = [{"Image": echo}, {"Image": echo, "ModelDataUrl": f"s3://{BUCKET}/{key}"}]
    account.client("sagemaker").create_model(ModelName="second-vanished", Containers=containers, ExecutionRoleArn=role)
    account.endpoint_config("second-vanished", "second-vanished")
    account.client("s3").delete_object(Bucket=BUCKET, Key=key)
    reason = account.endpoint("second-vanished")["FailureReason"]
    assert reason.startswith(f'Failed to download model data for container "container_2" from URL: "s3://{BUCKET}/')


def test_a_request_names_its_container(account: Account, make: MakeEndpoint) -> None:
    make("direct", "a", "b", hostnames=True, count=2, InferenceExecutionConfig=DIRECT)
    for name in ("a", "b", "a"):
        answer = account.invoke("direct", TargetContainerHostname=name, ContentType="text/csv", Accept="text/json")
        assert text_of(answer) == f"{name}(x)"
    with pytest.raises(ClientError, match=r"ValidationError.*TargetContainerHostname is needed, one of a, b"):
        account.invoke("direct")
    with pytest.raises(ClientError, match=r"ValidationError.*Container c not found for endpoint direct, .* of a, b\."):
        account.invoke("direct", TargetContainerHostname="c")
    with pytest.raises(ClientError, match=r'from b with message "b is sad"'):
        account.invoke("direct", b"fail b", TargetContainerHostname="b")


def test_containers_of_a_pipeline_cannot_be_named(account: Account, make: MakeEndpoint) -> None:
    make("not-direct", "a", "b", hostnames=True)
    with pytest.raises(ClientError, match=r"ValidationError.*not configured for direct invocation"):
        account.invoke("not-direct", TargetContainerHostname="a")
    assert text_of(account.invoke("not-direct")) == "b(a(x))"


def test_an_answer_of_a_pipeline_can_be_streamed(account: Account, make: MakeEndpoint) -> None:
    make("streamed", "a", "b")
    runtime = account.client("sagemaker-runtime")
    parts = runtime.invoke_endpoint_with_response_stream(EndpointName="streamed", Body=b"x")["Body"]
    assert b"".join(part["PayloadPart"]["Bytes"] for part in parts) == b"b(a(x))"
    with pytest.raises(ClientError, match=r'from container-1 with message "a is sad"'):
        runtime.invoke_endpoint_with_response_stream(EndpointName="streamed", Body=b"fail a")


def test_the_time_of_each_container_is_a_metric(account: Account, make: MakeEndpoint) -> None:
    make("timed", "a", "b", hostnames=True)
    account.invoke("timed")
    cloudwatch = account.client("cloudwatch")

    def found() -> set[str]:
        metrics = cloudwatch.list_metrics(Namespace="AWS/SageMaker", MetricName="ContainerLatency")["Metrics"]
        dimensions = [{each["Name"]: each["Value"] for each in metric["Dimensions"]} for metric in metrics]
        return {each["ContainerName"] for each in dimensions if each["EndpointName"] == "timed"}

    assert account.eventually(found, lambda names: len(names) > 1) == {"a", "b"}


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"Containers": []}, "Containers: got none, expected at least one"),
        ({"Containers": [{"Image": IMAGE}], "PrimaryContainer": {"Image": IMAGE}}, "exactly one of PrimaryContainer"),
        (
            {"Containers": [{"Image": IMAGE}, {"Image": IMAGE}], "InferenceExecutionConfig": DIRECT},
            "ContainerHostname is needed in each of the 2 containers, got it in 0",
        ),
        (
            {"Containers": [{"Image": IMAGE, "ContainerHostname": "a"}, {"Image": IMAGE}]},
            "ContainerHostname is needed in each of the 2 containers, got it in 1",
        ),
        (
            {"Containers": [{"Image": IMAGE, "ContainerHostname": "a"}] * 2},
            "ContainerHostname a is there more than once",
        ),
        (
            {"PrimaryContainer": {"Image": IMAGE}, "InferenceExecutionConfig": DIRECT},
            "Mode Direct needs at least two containers",
        ),
    ],
)
def test_models_are_refused(account: Account, role: str, members: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        account.client("sagemaker").create_model(ModelName="several-refused", ExecutionRoleArn=role, **members)


def test_a_serverless_variant_has_one_container(account: Account, role: str) -> None:
    sagemaker = account.client("sagemaker")
    sagemaker.create_model(ModelName="less", Containers=[{"Image": IMAGE}] * 2, ExecutionRoleArn=role)
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    variant = {"VariantName": "v", "ModelName": "less", "ServerlessConfig": serverless}
    with pytest.raises(ClientError, match="variant v is serverless: its model cannot have several containers"):
        sagemaker.create_endpoint_config(EndpointConfigName="less", ProductionVariants=[variant])
