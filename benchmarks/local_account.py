"""A local AWS in a process of its own, with what the SageMaker benchmarks need: a bucket, a role, images."""

import http.client
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local_aws.containers.engine import ENGINE_VARIABLE

BUCKET = "benchmark"
ACCOUNT = "123456789012"
REGION = "us-east-1"

_BUILDSPEC = """
version: 0.2
phases:
  pre_build:
    commands:
      - aws ecr get-login-password --region "$AWS_DEFAULT_REGION" | docker login --username AWS --password-stdin "$HOST"
  build:
    commands:
      - docker build --tag "$IMAGE" .
      - docker push "$IMAGE"
"""


class LocalAccount:
    """The clients of one local AWS, and what is made through them.

    Args:
        port: of the server on 127.0.0.1.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self._session = boto3.session.Session(
            aws_access_key_id="benchmark",
            aws_secret_access_key="benchmark",  # noqa: S106 - any key is the root
            region_name=REGION,
        )
        self.client("s3").create_bucket(Bucket=BUCKET)

    def client(self, service: str) -> Any:
        """A client of a service."""
        config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
        return self._session.client(service, endpoint_url=f"http://127.0.0.1:{self.port}", config=config)

    @cached_property
    def role(self) -> str:
        """A role that SageMaker and CodeBuild may take and that may do everything."""
        services = ["sagemaker.amazonaws.com", "codebuild.amazonaws.com"]
        trust = {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"}
        allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        iam = self.client("iam")
        arn: str = iam.create_role(RoleName="benchmark", AssumeRolePolicyDocument=_document(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName="benchmark", PolicyName="all", PolicyDocument=_document(allow))
        return arn

    def image(self, name: str, files: dict[str, str]) -> str:
        """Builds an image in CodeBuild from files with a Dockerfile; gives its URI.

        Raises:
            SystemExit: the build fails.
        """
        uri = self.client("ecr").create_repository(repositoryName=name)["repository"]["repositoryUri"]
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for path, text in files.items():
                entry = zipfile.ZipInfo(path)
                entry.external_attr = 0o755 << 16
                archive.writestr(entry, text)
        self.client("s3").put_object(Bucket=BUCKET, Key=f"{name}.zip", Body=buffer.getvalue())
        builds = self.client("codebuild")
        variables = {"IMAGE": f"{uri}:1", "HOST": uri.partition("/")[0]}
        builds.create_project(
            name=name,
            source={"type": "S3", "location": f"{BUCKET}/{name}.zip", "buildspec": _BUILDSPEC},
            artifacts={"type": "NO_ARTIFACTS"},
            environment={
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/standard:7.0",
                "computeType": "BUILD_GENERAL1_SMALL",
                "privilegedMode": True,
                "environmentVariables": [{"name": key, "value": value} for key, value in variables.items()],
            },
            serviceRole=self.role,
        )
        started = builds.start_build(projectName=name)["build"]["id"]
        build = until(
            lambda: builds.batch_get_builds(ids=[started])["builds"][0],
            lambda found: found["buildStatus"] != "IN_PROGRESS",
            seconds=900,
        )
        if build["buildStatus"] != "SUCCEEDED":
            phases = [phase for phase in build["phases"] if phase.get("phaseStatus") == "FAILED"]
            raise SystemExit(f"the build of {name} failed: {json.dumps(phases, default=str)}")
        return f"{uri}:1"

    def training_job(self, name: str, image: str, **members: Any) -> dict[str, Any]:
        """Runs a training job to its end.

        Raises:
            SystemExit: the job does not complete.
        """
        sagemaker = self.client("sagemaker")
        request = {
            "TrainingJobName": name,
            "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
            "RoleArn": self.role,
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/jobs"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        } | members
        sagemaker.create_training_job(**request)
        return _completed("TrainingJob", name, lambda: sagemaker.describe_training_job(TrainingJobName=name))

    def processing_job(self, name: str, image: str, **members: Any) -> dict[str, Any]:
        """Runs a processing job to its end.

        Raises:
            SystemExit: the job does not complete.
        """
        sagemaker = self.client("sagemaker")
        cluster = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
        request = {
            "ProcessingJobName": name,
            "AppSpecification": {"ImageUri": image},
            "ProcessingResources": {"ClusterConfig": cluster},
            "RoleArn": self.role,
        } | members
        sagemaker.create_processing_job(**request)
        return _completed("ProcessingJob", name, lambda: sagemaker.describe_processing_job(ProcessingJobName=name))


def _completed(kind: str, name: str, describe: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    job: dict[str, Any] = until(describe, lambda found: found[f"{kind}Status"] != "InProgress", seconds=3_600)
    if job[f"{kind}Status"] != "Completed":
        raise SystemExit(f"{kind} {name}: {job.get('FailureReason')}")
    return job


def until(ask: Callable[[], Any], good: Callable[[Any], bool], *, seconds: float) -> Any:
    """Asks until the answer is good: every few milliseconds at first, later after a hundredth of the time it took.

    Raises:
        SystemExit: it is not, after `seconds`.
    """
    began = time.monotonic()
    while not good(answer := ask()):
        took = time.monotonic() - began
        if took > seconds:
            raise SystemExit(f"not within {seconds} s: {answer}")
        time.sleep(max(0.005, took / 100))
    return answer


@contextmanager
def local_account(cache_dir: Path | None = None, *, engine: str | None = None) -> Iterator[LocalAccount]:
    """A local AWS for the time of a benchmark.

    Args:
        cache_dir: keeps Python environments of images between runs. Default: none are kept.
        engine: that runs containers. Default: the first that works, or the one that the environment forces.
    """
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state.json"
        command = [sys.executable, "-m", "local_aws", "--state-file", str(state)]
        process = subprocess.Popen(
            [*command, *(("--cache-dir", str(cache_dir)) if cache_dir else ())],
            env={**os.environ, **({ENGINE_VARIABLE: engine} if engine else {})},
        )
        try:
            until(state.exists, lambda found: found or process.poll() is not None, seconds=60)
            if process.poll() is not None:
                raise SystemExit(f"the local AWS ended with {process.returncode}")
            port = json.loads(state.read_text())["port"]
            yield LocalAccount(port)
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            connection.request("POST", "/_local/stop")
            connection.getresponse().read()
            connection.close()
        finally:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.terminate()
                process.wait()


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
