import json
from pathlib import Path
from typing import cast

import pytest
from aws_cdk import App, RemovalPolicy, Stack, Token
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam

from constructs_lib.environments.storage import EncryptionKey
from constructs_lib.images.repository import ImageRepository
from tests.constructs_lib.synthesis import only, resources, statements, template_of

TOKEN = {"Action": "ecr:GetAuthorizationToken", "Effect": "Allow", "Resource": "*"}
PULL = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]


def role(stack: Stack) -> iam.Role:
    return iam.Role(stack, "User", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))


def test_tags_never_move_and_images_are_scanned_and_encrypted(tmp_path: Path) -> None:
    template = template_of(lambda stack: ImageRepository(stack, "Images", image_count=5), tmp_path, nag=True)
    ((name, repository),) = resources(template, "AWS::ECR::Repository").items()
    assert name == "ImagesF8C4E866"
    assert repository["DeletionPolicy"] == "Retain"
    properties = repository["Properties"]
    assert properties["ImageTagMutability"] == "IMMUTABLE"
    assert properties["ImageScanningConfiguration"] == {"ScanOnPush": True}
    assert properties["EncryptionConfiguration"] == {
        "EncryptionType": "KMS",
        "KmsKey": {"Fn::GetAtt": ["ImagesKey458EA2F5", "Arn"]},
    }
    assert properties["EmptyOnDelete"] is False
    assert "RepositoryName" not in properties
    untagged, newest = json.loads(properties["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    assert untagged["selection"]["countNumber"] == 1
    assert newest["selection"] == {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5}


def test_a_repository_that_may_go_goes_with_its_images(tmp_path: Path) -> None:
    template = template_of(
        lambda stack: ImageRepository(stack, "Images", removal_policy=RemovalPolicy.DESTROY), tmp_path
    )
    assert only(template, "AWS::ECR::Repository")["EmptyOnDelete"] is True
    assert template["Resources"]["ImagesF8C4E866"]["DeletionPolicy"] == "Delete"


def test_a_key_of_ones_own_is_used(tmp_path: Path) -> None:
    template = template_of(
        lambda stack: ImageRepository(stack, "Images", encryption_key=EncryptionKey(stack, "Own").key), tmp_path
    )
    (key,) = resources(template, "AWS::KMS::Key")
    assert only(template, "AWS::ECR::Repository")["EncryptionConfiguration"]["KmsKey"]["Fn::GetAtt"][0] == key


def test_pulling_is_granted_on_the_repository_alone(tmp_path: Path) -> None:
    template = template_of(lambda stack: ImageRepository(stack, "Images").grants.pull(role(stack)), tmp_path)
    arn = {"Fn::GetAtt": ["ImagesF8C4E866", "Arn"]}
    assert statements(template, "User") == [{"Action": PULL, "Effect": "Allow", "Resource": arn}, TOKEN]


def test_pushing_is_granted_without_the_right_to_pull(tmp_path: Path) -> None:
    template = template_of(lambda stack: ImageRepository(stack, "Images").grants.push(role(stack)), tmp_path)
    push, token = statements(template, "User")
    assert push["Action"] == sorted(
        [
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:CompleteLayerUpload",
            "ecr:InitiateLayerUpload",
            "ecr:PutImage",
            "ecr:UploadLayerPart",
        ]
    )
    assert token == TOKEN


def test_a_repository_that_exists_is_granted_alike(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        ImageRepository.from_repository_name(stack, "One", "housing").grants.pull(role(stack))
        other = ImageRepository.from_repository(ecr.Repository.from_repository_name(stack, "Other", "prices"))
        assert other.repository.repository_name == "prices"

    pull, _ = statements(template_of(define, tmp_path), "User")
    assert pull["Resource"]["Fn::Join"][1][-1] == ":repository/housing"


def test_the_image_count_may_not_be_a_token() -> None:
    with pytest.raises(ValueError, match=r"^Test/Images: image_count: got a token, expected 1 to 1000$"):
        ImageRepository(Stack(App(), "Test"), "Images", image_count=cast("int", Token.as_number({"Ref": "Count"})))


@pytest.mark.parametrize("image_count", [0, 1001])
def test_an_image_count_out_of_range_is_named(image_count: int) -> None:
    with pytest.raises(ValueError, match=f"^Test/Images: image_count: got {image_count}, expected 1 to 1000$"):
        ImageRepository(Stack(App(), "Test"), "Images", image_count=image_count)
