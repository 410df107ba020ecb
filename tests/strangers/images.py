"""Images as a stranger makes them: a folder with a Dockerfile and a buildspec, built by CodeBuild, pushed to ECR."""

import io
import json
import zipfile
from pathlib import Path

from tests.strangers.account import Account, until


def service_role(account: Account, name: str, *policies: str) -> str:
    """Makes a role that SageMaker, CodeBuild and Lambda may assume, with AWS's managed policies; gives its ARN."""
    services = [f"{service}.amazonaws.com" for service in ("sagemaker", "codebuild", "lambda")]
    statement = {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam = account.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    for policy in policies:
        iam.attach_role_policy(RoleName=name, PolicyArn=f"arn:aws:iam::aws:policy/{policy}")
    return str(role)


def built(account: Account, name: str, folder: Path, role: str) -> str:
    """Builds a folder by a project whose buildspec pushes to ``$REPOSITORY``; gives the image's URI.

    Args:
        account: where.
        name: of repository and project; the start of the bucket's.
        folder: with Dockerfile and buildspec.
        role: of the build.
    """
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        for path in folder.iterdir():
            files.write(path, path.name)
    s3, codebuild = account.client("s3"), account.client("codebuild")
    s3.create_bucket(Bucket=f"{name}-sources")
    s3.put_object(Bucket=f"{name}-sources", Key="source.zip", Body=archive.getvalue())
    repository = account.client("ecr").create_repository(repositoryName=name)["repository"]["repositoryUri"]
    variables = {"REPOSITORY": repository, "RUN": name}
    codebuild.create_project(
        name=name,
        source={"type": "S3", "location": f"{name}-sources/source.zip"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/standard:7.0",
            "computeType": "BUILD_GENERAL1_SMALL",
            "privilegedMode": True,
            "environmentVariables": [{"name": variable, "value": value} for variable, value in variables.items()],
        },
        serviceRole=role,
    )
    number = codebuild.start_build(projectName=name)["build"]["id"]
    build = until(
        lambda: codebuild.batch_get_builds(ids=[number])["builds"][0],
        lambda found: found["buildStatus"] != "IN_PROGRESS",
        120,
    )
    assert build["buildStatus"] == "SUCCEEDED", build
    return f"{repository}:latest"
