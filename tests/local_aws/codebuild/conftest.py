"""What tests of CodeBuild share: projects with a role, a bucket of sources, and the wait for a build's end."""

import io
import json
import time
import uuid
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest
from attrs import define

from local_aws.server import LocalAws

REGION = "us-east-1"
ACCOUNT = "123456789012"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
ALLOWED = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["logs:*", "s3:*", "ecr:*", "ssm:*", "secretsmanager:*"], "Resource": "*"}
    ],
}


@define
class Builds:
    """Makes projects and runs builds."""

    aws: LocalAws
    role: str
    bucket: str

    @property
    def client(self) -> Any:
        return self.aws.platform.client("codebuild", region=REGION)

    def service(self, name: str) -> Any:
        return self.aws.platform.client(name, region=REGION)

    def project(self, buildspec: str = "", **settings: Any) -> str:
        """Creates a project without source and gives its name."""
        name = f"test-{uuid.uuid4().hex[:10]}"
        wanted = {
            "source": {"type": "NO_SOURCE", "buildspec": buildspec},
            "artifacts": {"type": "NO_ARTIFACTS"},
            "environment": {
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/standard:7.0",
                "computeType": "BUILD_GENERAL1_SMALL",
                "privilegedMode": True,
            },
            "serviceRole": self.role,
        }
        self.client.create_project(name=name, **{**wanted, **settings})
        return name

    def upload(self, files: Mapping[str, str]) -> str:
        """Uploads a zip of files; gives its ``bucket/key``."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, text in files.items():
                entry = zipfile.ZipInfo(name)
                entry.external_attr = 0o755 << 16
                archive.writestr(entry, text)
        key = f"sources/{uuid.uuid4().hex}.zip"
        self.service("s3").put_object(Bucket=self.bucket, Key=key, Body=buffer.getvalue())
        return f"{self.bucket}/{key}"

    def from_source(self, files: Mapping[str, str], **settings: Any) -> str:
        """Creates a project whose source is a zip of files."""
        return self.project(source={"type": "S3", "location": self.upload(files)}, **settings)

    def start(self, project: str, **overrides: Any) -> str:
        build_id: str = self.client.start_build(projectName=project, **overrides)["build"]["id"]
        return build_id

    def get(self, build_id: str) -> dict[str, Any]:
        (build,) = self.client.batch_get_builds(ids=[build_id])["builds"]
        return dict(build)

    def wait(self, build_id: str, seconds: float = 60) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while not (build := self.get(build_id))["buildComplete"]:
            assert time.monotonic() < deadline, build
            time.sleep(0.02)
        return build

    def run(self, project: str, **overrides: Any) -> dict[str, Any]:
        return self.wait(self.start(project, **overrides))

    def log(self, build: Mapping[str, Any]) -> list[str]:
        answer = self.service("logs").get_log_events(
            logGroupName=build["logs"]["groupName"], logStreamName=build["logs"]["streamName"], startFromHead=True
        )
        return [event["message"] for event in answer["events"]]

    def output(self, build: Mapping[str, Any]) -> list[str]:
        """The log without the service's own lines."""
        return [line for line in self.log(build) if not line.startswith("[Container]")]

    def wait_for_output(self, build_id: str, line: str) -> None:
        deadline = time.monotonic() + 30
        while True:
            build = self.get(build_id)
            try:
                if line in self.output(build):
                    return
            except self.service("logs").exceptions.ResourceNotFoundException:
                pass  # the stream is made when the build is provisioned
            assert time.monotonic() < deadline, build
            assert not build["buildComplete"], build
            time.sleep(0.02)


def phase(build: Mapping[str, Any], name: str) -> dict[str, Any]:
    (found,) = [each for each in build["phases"] if each["phaseType"] == name]
    return dict(found)


def phases(build: Mapping[str, Any]) -> dict[str, str | None]:
    return {each["phaseType"]: each.get("phaseStatus") for each in build["phases"]}


@pytest.fixture(scope="session")
def builds(local_aws: LocalAws) -> Builds:
    iam = local_aws.platform.client("iam", region=REGION)
    name = f"codebuild-{uuid.uuid4().hex[:8]}"
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="builds", PolicyDocument=json.dumps(ALLOWED))
    bucket = f"builds-{uuid.uuid4().hex[:8]}"
    local_aws.platform.client("s3", region=REGION).create_bucket(Bucket=bucket)
    return Builds(local_aws, role, bucket)
