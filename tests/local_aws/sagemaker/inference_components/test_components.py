"""Inference components from their creation to requests and back to nothing."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.conftest import Account
from tests.local_aws.sagemaker.inference_components.conftest import NEEDS, VARIANT, Components, of_model
from tests.local_aws.sagemaker.servers import ECHO

ARN = "arn:aws:sagemaker:us-east-1:123456789012"


def test_models_share_an_endpoint(components: Components) -> None:
    endpoint = components.endpoint("shares")
    assert endpoint["EndpointStatus"] == "InService", endpoint
    variant = endpoint["ProductionVariants"][0]
    assert (variant["CurrentInstanceCount"], variant.get("DeployedImages")) == (1, None)
    components.model("first-model")
    components.create("first", "shares", Specification=of_model("first-model"))
    assert components.describe("first")["InferenceComponentStatus"] in ("Creating", "InService")
    components.create("second", "shares", copies=2)
    first, second = components.settled("first"), components.settled("second")

    assert first["InferenceComponentStatus"] == "InService", first
    assert first["InferenceComponentArn"] == f"{ARN}:inference-component/first"
    assert (first["EndpointArn"], first["VariantName"]) == (f"{ARN}:endpoint/shares", VARIANT)
    assert first["Specification"] == of_model("first-model")
    assert second["RuntimeConfig"] == {"DesiredCopyCount": 2, "CurrentCopyCount": 2}
    container = second["Specification"]["Container"]
    assert container["DeployedImage"]["SpecifiedImage"] == components.image
    assert container["Environment"] == {"NAME": "second"}
    assert components.ask("first", "shares") == "first-model(x)"
    assert components.ask("second", "shares") == "second(x)"
    answer = components.account.invoke("shares", InferenceComponentName="first")
    assert answer["InvokedProductionVariant"] == VARIANT


def test_a_request_must_name_a_component_that_is_there(components: Components, role: str, account: Account) -> None:
    components.endpoint("named")
    with pytest.raises(ClientError, match=r"ValidationError.*Inference Component Name header is required"):
        account.invoke("named")
    with pytest.raises(ClientError, match=r"ValidationError.*Inference component absent not found for endpoint named"):
        components.ask("absent", "named")
    components.made("there", "named")
    with pytest.raises(ClientError, match="is on variant shared, got TargetVariant other"):
        components.ask("there", "named", TargetVariant="other")
    account.model("own-model", account.engine.image("own-model", serve=ECHO), role, {"model.txt": b"m"})
    account.endpoint_config("own-model", "own-model")
    account.endpoint("own-model")
    with pytest.raises(ClientError, match="Endpoint own-model has models of its own: an inference component cannot"):
        components.ask("there", "own-model")
    with pytest.raises(ClientError, match="the variants of its configuration have models of their own"):
        components.create("nowhere", "own-model", VariantName="own-model")


def test_the_copies_run_with_the_endpoints_role(components: Components, account: Account, role: str) -> None:
    components.endpoint("with-role")
    components.made("with-role", "with-role")
    (spec,) = [each for each in account.engine.specs if each.environment.get("NAME") == "with-role"]
    assert spec.credentials is not None
    assert spec.environment["AWS_ACCESS_KEY_ID"] == spec.credentials.access_key_id
    components.config("isolated", EnableNetworkIsolation=True)
    account.endpoint("isolated")
    components.made("isolated", "isolated")
    (spec,) = [each for each in account.engine.specs if each.environment.get("NAME") == "isolated"]
    assert "AWS_ACCESS_KEY_ID" not in spec.environment


def test_the_model_of_a_component_needs_no_role(components: Components) -> None:
    components.model("role-less")
    client = components.client
    assert "ExecutionRoleArn" not in client.describe_model(ModelName="role-less")
    variant = {"VariantName": "v", "ModelName": "role-less", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    with pytest.raises(ClientError, match="variant v: model role-less has no ExecutionRoleArn"):
        client.create_endpoint_config(EndpointConfigName="role-less", ProductionVariants=[variant])
    with pytest.raises(ClientError, match="Model role-less has no ExecutionRoleArn: a transform job needs its role"):
        components.account.create_transform_job("role-less", "role-less")


def test_output_is_in_a_log_of_the_components_own(components: Components, account: Account) -> None:
    components.endpoint("logs")
    components.made("logs", "logs")
    components.ask("logs", "logs", ContentType="text/csv")
    group = "/aws/sagemaker/InferenceComponents/logs"
    logs = account.client("logs")
    account.eventually(lambda: logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"], bool)
    assert account.eventually(lambda: account.log(group, f"{VARIANT}/i-"), bool) == ["text/csv||"]


def test_requests_are_counted_for_the_component(components: Components, account: Account) -> None:
    components.endpoint("counts")
    components.made("counts", "counts")
    components.ask("counts", "counts")
    dimensions = [{"Name": "InferenceComponentName", "Value": "counts"}]
    cloudwatch = account.client("cloudwatch")
    account.eventually(
        lambda: cloudwatch.list_metrics(Namespace="AWS/SageMaker", Dimensions=dimensions)["Metrics"],
        lambda found: {"Invocations", "ModelLatency"} <= {metric["MetricName"] for metric in found},
    )


def test_a_component_that_fails_tells_why_and_can_be_deleted(components: Components, account: Account) -> None:
    components.endpoint("fails")
    image = account.engine.image("component-dies", serve="raise SystemExit(4)")
    specification = {"Container": {"Image": image}, "ComputeResourceRequirements": NEEDS}
    component = components.made("fails", "fails", Specification=specification)
    assert component["InferenceComponentStatus"] == "Failed"
    assert component["FailureReason"] == (
        "The primary container for inference component fails did not pass the ping health check. Please check "
        "CloudWatch logs for this endpoint."
    )
    with pytest.raises(ClientError, match="Inference component fails not found for endpoint fails"):
        components.ask("fails", "fails")
    components.client.delete_inference_component(InferenceComponentName="fails")
    account.eventually(lambda: names(components, "fails"), lambda found: not found)


def test_a_component_without_copies_has_no_capacity(components: Components) -> None:
    components.endpoint("empty")
    components.made("empty", "empty", copies=0)
    with pytest.raises(ClientError, match=r"ValidationError.*Inference Component has no capacity to process"):
        components.ask("empty", "empty")


def test_components_are_listed(components: Components) -> None:
    for name in ("lists-a", "lists-b"):
        components.endpoint(name)
        components.made(f"{name}-1", name)
    listed = components.client.list_inference_components
    assert names(components, "lists-") == ["lists-b-1", "lists-a-1"]
    (found,) = listed(EndpointNameEquals="lists-a")["InferenceComponents"]
    assert (found["InferenceComponentName"], found["InferenceComponentStatus"]) == ("lists-a-1", "InService")
    assert listed(EndpointNameEquals="lists-a", VariantNameEquals="other")["InferenceComponents"] == []
    page = listed(NameContains="lists-", SortBy="Name", SortOrder="Ascending", MaxResults=1)
    assert [each["InferenceComponentName"] for each in page["InferenceComponents"]] == ["lists-a-1"]
    rest = listed(
        NameContains="lists-", SortBy="Name", SortOrder="Ascending", MaxResults=1, NextToken=page["NextToken"]
    )
    assert [each["InferenceComponentName"] for each in rest["InferenceComponents"]] == ["lists-b-1"]


def test_a_deleted_component_leaves_no_process_and_its_endpoint_can_go(
    components: Components, account: Account
) -> None:
    components.endpoint("leaves")
    components.made("leaves", "leaves", Tags=[{"Key": "team", "Value": "a"}])
    container = account.engine.started[-1]
    client = components.client
    tags = client.list_tags(ResourceArn=f"{ARN}:inference-component/leaves")["Tags"]
    assert tags == [{"Key": "team", "Value": "a"}]
    with pytest.raises(ClientError, match=r"Cannot delete endpoint .*: inference components are on it.*: leaves"):
        client.delete_endpoint(EndpointName="leaves")
    client.delete_inference_component(InferenceComponentName="leaves")
    account.eventually(container.poll, lambda code: code is not None)
    account.eventually(lambda: names(components, "leaves"), lambda found: not found)
    with pytest.raises(ClientError, match=f'Could not find inference component "{ARN}:inference-component/leaves"'):
        components.describe("leaves")
    client.delete_endpoint(EndpointName="leaves")


def test_a_component_may_be_a_pipeline(components: Components) -> None:
    components.endpoint("pipes")
    containers = [{"Image": components.image, "Environment": {"NAME": name}} for name in ("a", "b")]
    components.client.create_model(ModelName="pipes", Containers=containers)
    components.made("pipes", "pipes", Specification=of_model("pipes"))
    assert components.ask("pipes", "pipes") == "b(a(x))"


def test_a_policy_decides_on_endpoint_and_component(components: Components, account: Account) -> None:
    components.endpoint("policy")
    components.made("policy-1", "policy")
    iam = account.client("iam")
    iam.create_user(UserName="invoker")
    keys = iam.create_access_key(UserName="invoker")["AccessKey"]

    def allow(*resources: str) -> None:
        statement = {
            "Effect": "Allow",
            "Action": "sagemaker:InvokeEndpoint",
            "Resource": [f"{ARN}:{each}" for each in resources],
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName="invoker", PolicyName="p", PolicyDocument=document)

    def invoke() -> Any:
        runtime = boto3.client(
            "sagemaker-runtime",
            region_name="us-east-1",
            endpoint_url=account.platform.endpoint_url,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
        )
        return runtime.invoke_endpoint(EndpointName="policy", InferenceComponentName="policy-1", Body=b"x")

    allow("endpoint/policy")
    with pytest.raises(
        ClientError, match=r"not authorized to perform: sagemaker:InvokeEndpoint on resource: .*policy-1"
    ):
        invoke()
    allow("endpoint/policy", "inference-component/policy-1")
    assert invoke()["Body"].read() == b"policy-1(x)"


def names(components: Components, part: str) -> list[str]:
    found = components.client.list_inference_components(NameContains=part)["InferenceComponents"]
    return [component["InferenceComponentName"] for component in found]
