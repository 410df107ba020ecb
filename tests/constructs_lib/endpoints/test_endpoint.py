from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, CfnParameter, Stack
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from constructs_lib.endpoints.endpoint import Endpoint
from constructs_lib.endpoints.variants import Capture, RegisteredModel, StoredModel, Variant
from constructs_lib.environments.storage import EncryptionKey, Storage
from constructs_lib.images.repository import ImageRepository
from tests.constructs_lib.synthesis import only, resources, statements, template_of

PACKAGE = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/housing/3"


def stored(stack: Stack, **arguments: Any) -> Variant:
    model = StoredModel(
        repository=ImageRepository(stack, "Images"),
        image="sha256:0123",
        storage=Storage(stack, "Data"),
        path="models/1/model.tar.gz",
        environment={"MODEL_SERVER_WORKERS": "2"},
    )
    return Variant(model=model, instance_type="ml.m5.large", **arguments)


def registered(name: str = "AllTraffic", **arguments: Any) -> Variant:
    return Variant(
        name=name, model=RegisteredModel(model_package_arn=PACKAGE), instance_type="ml.c5.xlarge", **arguments
    )


def test_a_stored_model_is_served_by_its_image_and_may_do_no_more(tmp_path: Path) -> None:
    template = template_of(
        lambda stack: Endpoint(stack, "Live", variants=[stored(stack, instance_count=2)]), tmp_path, nag=True
    )
    container = only(template, "AWS::SageMaker::Model")["PrimaryContainer"]
    assert container["Image"]["Fn::Join"][1][-1] == "@sha256:0123"
    assert container["ModelDataUrl"]["Fn::Join"][1] == ["s3://", {"Ref": "Data2D4B752F"}, "/models/1/model.tar.gz"]
    assert container["Environment"] == {"MODEL_SERVER_WORKERS": "2"}
    (config,) = resources(template, "AWS::SageMaker::EndpointConfig")
    assert only(template, "AWS::SageMaker::EndpointConfig")["ProductionVariants"] == [
        {
            "VariantName": "AllTraffic",
            "ModelName": {"Fn::GetAtt": ["LiveModelAllTraffic5B689D14", "ModelName"]},
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 2,
            "InitialVariantWeight": 1,
        }
    ]
    ((name, endpoint),) = resources(template, "AWS::SageMaker::Endpoint").items()
    assert name == "Live848578DF"
    assert endpoint["Properties"] == {"EndpointConfigName": {"Fn::GetAtt": [config, "EndpointConfigName"]}}
    _, metrics, pull, _, read, key = statements(template, "LiveRole")
    assert metrics["Condition"]["StringEquals"]["cloudwatch:namespace"] == [
        "AWS/SageMaker",
        "/aws/sagemaker/Endpoints",
    ]
    assert pull["Resource"] == {"Fn::GetAtt": ["ImagesF8C4E866", "Arn"]}
    assert read == {
        "Action": "s3:GetObject",
        "Effect": "Allow",
        "Resource": {"Fn::Join": ["", [{"Fn::GetAtt": ["Data2D4B752F", "Arn"]}, "/models/1/model.tar.gz"]]},
    }
    assert key["Action"] == "kms:Decrypt"


def test_variants_share_the_traffic_by_weight(tmp_path: Path) -> None:
    template = template_of(
        lambda stack: Endpoint(stack, "Live", variants=[registered("Old", weight=9.0), registered("New", weight=0.0)]),
        tmp_path,
    )
    found = only(template, "AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    assert [(variant["VariantName"], variant["InitialVariantWeight"]) for variant in found] == [("Old", 9), ("New", 0)]
    models = resources(template, "AWS::SageMaker::Model").values()
    assert [model["Properties"]["PrimaryContainer"] for model in models] == [{"ModelPackageName": PACKAGE}] * 2


def test_a_registered_model_can_say_where_its_parts_are(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        model = RegisteredModel(
            model_package_arn=PACKAGE,
            repository=ImageRepository.from_repository(ecr.Repository.from_repository_name(stack, "R", "housing")),
            storage=Storage.from_bucket(s3.Bucket.from_bucket_name(stack, "B", "data")),
        )
        Endpoint(stack, "Live", variants=[Variant(model=model, instance_type="ml.m5.large")])

    _, _, pull, _, read = statements(template_of(define, tmp_path, nag=True), "LiveRole")
    assert pull["Resource"]["Fn::Join"][1][-1] == ":repository/housing"
    assert read["Resource"]["Fn::Join"][1][-1] == ":s3:::data/*"


def test_requests_and_responses_are_captured_and_the_volumes_encrypted(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        capture = Capture(storage=Storage(stack, "Data"), prefix="capture/", sampling_percentage=20)
        key = EncryptionKey(stack, "Volumes").key
        Endpoint(stack, "Live", variants=[registered()], capture=capture, encryption_key=key)

    template = template_of(define, tmp_path, nag=True)
    config = only(template, "AWS::SageMaker::EndpointConfig")
    assert config["KmsKeyId"]["Fn::GetAtt"][0].startswith("Volumes")
    capture = config["DataCaptureConfig"]
    assert capture["DestinationS3Uri"]["Fn::Join"][1][-1] == "/capture/"
    assert (capture["EnableCapture"], capture["InitialSamplingPercentage"]) == (True, 20)
    assert capture["CaptureOptions"] == [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]
    assert capture["CaptureContentTypeHeader"] == {
        "CsvContentTypes": ["text/csv"],
        "JsonContentTypes": ["application/json"],
    }
    write, key = statements(template, "LiveRole")[-2:]
    assert (write["Action"], write["Resource"]["Fn::Join"][1][-1]) == ("s3:PutObject", "/capture/*")
    assert key["Action"] == "kms:GenerateDataKey"


def test_a_role_of_ones_own_is_used(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        role = iam.Role(stack, "Own", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
        assert Endpoint(stack, "Live", variants=[registered()], role=role).role is role

    template = template_of(define, tmp_path)
    (role,) = resources(template, "AWS::IAM::Role")
    assert only(template, "AWS::SageMaker::Model")["ExecutionRoleArn"] == {"Fn::GetAtt": [role, "Arn"]}


def test_invoking_is_granted_on_the_endpoint_alone(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        client = iam.Role(stack, "Client", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        Endpoint(stack, "Live", variants=[registered()]).grants.invoke(client)
        Endpoint.from_endpoint_name(stack, "Other", "Prices").grants.invoke(client)

    (statement,) = statements(template_of(define, tmp_path), "Client")
    assert statement["Action"] == "sagemaker:InvokeEndpoint"
    own, other = sorted(statement["Resource"], key=str, reverse=True)
    assert own == {"Ref": "Live848578DF"}
    assert other["Fn::Join"][1][-1] == ":endpoint/prices"


def test_the_name_of_an_endpoint_that_exists_may_be_a_token(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        name = CfnParameter(stack, "Name").value_as_string
        client = iam.Role(stack, "Client", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        Endpoint.from_endpoint_name(stack, "Other", name).grants.invoke(client)

    (statement,) = statements(template_of(define, tmp_path), "Client")
    assert statement["Resource"]["Fn::Join"][1][-2:] == [":endpoint/", {"Ref": "Name"}]


def test_metrics_have_sagemakers_names_and_the_variants_dimensions() -> None:
    endpoint = Endpoint(Stack(App(), "Test"), "Live", variants=[registered("Old"), registered("New")])
    found = {
        (metric.namespace, metric.metric_name, metric.statistic)
        for metric in (
            endpoint.metric_invocations(),
            endpoint.metric_invocation_4xx_errors(),
            endpoint.metric_invocation_5xx_errors(),
            endpoint.metric_model_latency(),
            endpoint.metric_overhead_latency(),
            endpoint.metric_invocations_per_instance(),
            endpoint.metric_cpu_utilization(),
            endpoint.metric_memory_utilization(),
        )
    }
    assert found == {
        ("AWS/SageMaker", "Invocations", "Sum"),
        ("AWS/SageMaker", "Invocation4XXErrors", "Sum"),
        ("AWS/SageMaker", "Invocation5XXErrors", "Sum"),
        ("AWS/SageMaker", "ModelLatency", "Average"),
        ("AWS/SageMaker", "OverheadLatency", "Average"),
        ("AWS/SageMaker", "InvocationsPerInstance", "Sum"),
        ("/aws/sagemaker/Endpoints", "CPUUtilization", "Average"),
        ("/aws/sagemaker/Endpoints", "MemoryUtilization", "Average"),
    }
    dimensions = [endpoint.metric_invocations().dimensions, endpoint.metric_invocations("New").dimensions]
    assert [found["VariantName"] for found in dimensions if found] == ["Old", "New"]


def test_all_problems_are_raised_together() -> None:
    stack = Stack(App(), "Test")
    variants = [
        Variant(
            name="a_b",
            model=RegisteredModel(model_package_arn=PACKAGE),
            instance_type="m5.large",
            instance_count=0,
            weight=-1,
        ),
        registered("Same"),
        registered("Same"),
    ]
    capture = Capture(storage=Storage(stack, "Data"), prefix="capture", sampling_percentage=0)
    with pytest.raises(ValueError, match="Test/Live") as raised:
        Endpoint(stack, "Live", variants=variants, capture=capture)
    assert str(raised.value).split("\n") == [
        "Test/Live: variants: got the name 'Same' 2 times, expected each once",
        "Test/Live: variants[0].name: got 'a_b', expected 1 to 63 letters, digits and hyphens",
        "Test/Live: variants[0].instance_type: got 'm5.large', expected one such as 'ml.m5.large'",
        "Test/Live: variants[0].instance_count: got 0, expected 1 or more",
        "Test/Live: variants[0].weight: got -1, expected 0 or more",
        "Test/Live: capture.prefix: got 'capture', expected one with a slash at its end",
        "Test/Live: capture.sampling_percentage: got 0, expected 1 to 100",
    ]


@pytest.mark.parametrize("count", [0, 11])
def test_too_few_or_too_many_variants_are_counted(count: int) -> None:
    variants = [registered(f"v{index}") for index in range(count)]
    with pytest.raises(ValueError, match=f"^Test/Live: variants: got {count}, expected 1 to 10$"):
        Endpoint(Stack(App(), "Test"), "Live", variants=variants)
