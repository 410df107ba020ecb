"""Programs that use the SageMaker SDK 2.257.7, in an environment of its own, on the local AWS."""

import io
import json
import zipfile
from collections.abc import Iterator

import pytest
from attrs import frozen

from tests.oracles.remake import EnvironmentNotMadeError, environment
from tests.strangers.account import APPS, ROOT, Account, until

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

POLICIES = (
    "AmazonSageMakerFullAccess",
    "AmazonSageMakerPipelinesIntegrations",
    "AmazonS3FullAccess",
    "AmazonEC2ContainerRegistryFullAccess",
    "CloudWatchLogsFullAccess",
)


@frozen
class Sdk:
    """What a user of the SDK has.

    Attributes:
        account: the local AWS.
        python: that has the SDK.
        role: for everything.
        image: trains and serves.
    """

    account: Account
    python: str
    role: str
    image: str

    def run(self, program: str) -> str:
        """Runs a program of the folder `sdk`, which fails where it finds anything amiss."""
        return self.account.run(
            self.python, "-W", "ignore", "-m", f"tests.strangers.sdk.{program}", self.role, self.image,
            folder=ROOT, seconds=400,
        )  # fmt: skip


@pytest.fixture(scope="module")
def python() -> Iterator[str]:
    """A Python that has the SDK."""
    try:
        with environment("sagemaker_sdk") as made:
            yield made
    except EnvironmentNotMadeError as error:
        pytest.skip(f"the SageMaker SDK cannot be had here: {error}")


@pytest.fixture(scope="module")
def sdk(python: str, account: Account) -> Sdk:
    services = ("sagemaker", "codebuild", "lambda")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": [f"{service}.amazonaws.com" for service in services]},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    iam = account.client("iam")
    role = iam.create_role(RoleName="sdk", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    for policy in POLICIES:
        iam.attach_role_policy(RoleName="sdk", PolicyArn=f"arn:aws:iam::aws:policy/{policy}")
    return Sdk(account, python, role, built(account, role))


def built(account: Account, role: str) -> str:
    """The image of the training app, built by CodeBuild."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        for path in (APPS / "training" / "container").iterdir():
            files.write(path, path.name)
    s3, codebuild = account.client("s3"), account.client("codebuild")
    s3.create_bucket(Bucket="sdk-sources")
    s3.put_object(Bucket="sdk-sources", Key="source.zip", Body=archive.getvalue())
    repository = account.client("ecr").create_repository(repositoryName="sdk")["repository"]["repositoryUri"]
    codebuild.create_project(
        name="sdk",
        source={"type": "S3", "location": "sdk-sources/source.zip"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/standard:7.0",
            "computeType": "BUILD_GENERAL1_SMALL",
            "privilegedMode": True,
            "environmentVariables": [{"name": "REPOSITORY", "value": repository}, {"name": "RUN", "value": "sdk"}],
        },
        serviceRole=role,
    )
    number = codebuild.start_build(projectName="sdk")["build"]["id"]
    build = until(
        lambda: codebuild.batch_get_builds(ids=[number])["builds"][0],
        lambda found: found["buildStatus"] != "IN_PROGRESS",
        120,
    )
    assert build["buildStatus"] == "SUCCEEDED", build
    return f"{repository}:latest"


@pytest.mark.parametrize("program", ["pipelines", "features", "models", "tracking"])
def test_a_program_of_the_sdk(sdk: Sdk, program: str) -> None:
    sdk.run(program)
