"""Images looked up in the local ECR."""

import json

import pytest

from local_aws.containers.engine import EngineError
from local_aws.containers.registry import image_digest
from local_aws.platform import Credentials
from local_aws.server import LocalAws
from tests.local_aws.containers.conftest import REGION

NOBODYS = "{account}.dkr.ecr.us-east-1.amazonaws.com/{repository}:1"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}


@pytest.fixture(scope="module")
def powerless(local_aws: LocalAws) -> Credentials:
    """Credentials of a role that may do nothing."""
    role = local_aws.platform.client("iam", region=REGION).create_role(
        RoleName="powerless-puller", AssumeRolePolicyDocument=json.dumps(TRUST)
    )["Role"]["Arn"]
    sts = local_aws.platform.client("sts", region=REGION)
    given = sts.assume_role(RoleArn=role, RoleSessionName="puller")["Credentials"]
    return Credentials(
        access_key_id=given["AccessKeyId"],
        secret_access_key=given["SecretAccessKey"],
        session_token=given["SessionToken"],
    )


def test_an_image_that_aws_publishes_is_said_not_to_be_here(local_aws: LocalAws, powerless: Credentials) -> None:
    image = NOBODYS.format(account="683313688378", repository="sagemaker-scikit-learn")
    told = (
        r"cannot be pulled: .*AccessDenied.*; account 683313688378 has no repository 'sagemaker-scikit-learn' "
        r"on the local AWS, where images that AWS and others publish are not$"
    )
    with pytest.raises(EngineError, match=told):
        image_digest(local_aws.platform, image, powerless)


def test_a_refusal_of_what_is_here_says_no_more(local_aws: LocalAws, powerless: Credentials, repository: str) -> None:
    with pytest.raises(EngineError, match=r"cannot be pulled: .*allows the ecr:BatchGetImage action$"):
        image_digest(local_aws.platform, f"{repository}:1", powerless)
