"""Service models are read once, by all who need them, and without their prose."""

import boto3
from moto.core.utils import get_service_model

from local_aws.server import LocalAws
from local_aws.service_models import shared_loader, shared_session


def test_models_are_the_same_for_clients_and_for_moto(local_aws: LocalAws) -> None:
    model = shared_loader().load_service_model("kms", "service-2")
    client = boto3.session.Session(botocore_session=shared_session()).client("kms", region_name="us-east-1")
    assert client.meta.service_model.operation_model("Encrypt").metadata is model["metadata"]
    assert get_service_model("kms").metadata is model["metadata"]


def test_prose_is_left_out() -> None:
    model = shared_loader().load_service_model("ecr", "service-2")
    assert model["operations"]["PutImage"]["documentation"] == ""
    assert model["shapes"]["PutImageRequest"]["members"]["repositoryName"]["documentation"] == ""


def test_what_moto_adds_stays_with_moto(local_aws: LocalAws) -> None:
    plain = shared_loader().load_service_model("s3", "service-2")
    assert "BucketCORSPreflightCheck" not in plain["operations"]
    assert "BucketCORSPreflightCheck" in get_service_model("s3").operation_names


def test_a_member_that_is_named_documentation_stays() -> None:
    shapes = shared_loader().load_service_model("apigateway", "service-2")["shapes"]
    assert "properties" in shapes["DocumentationPart"]["members"]
