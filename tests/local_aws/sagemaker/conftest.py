"""A local AWS with SageMaker on the test engine, and what most tests need of it."""

import io
import json
import tarfile
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
from attrs import define

from local_aws.gateway.app import Gateway
from local_aws.platform import Platform
from local_aws.sagemaker.endpoints.settings import EndpointSettings
from local_aws.sagemaker.jobs.work import JobSettings
from local_aws.sagemaker.service import register_sagemaker
from local_aws.server import LocalAws
from tests.local_aws.sagemaker.folder_engine import FolderEngine

T = TypeVar("T")

REGION = "us-east-1"
BUCKET = "sagemaker-tests"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@define(eq=False)
class Account:
    """The local AWS under test, through its clients."""

    platform: Platform
    engine: FolderEngine
    events: list[dict[str, Any]]

    def client(self, service: str) -> Any:
        return self.platform.client(service, region=REGION)

    def role(self, name: str, policy: dict[str, Any] = ALL, trust: dict[str, Any] = TRUST) -> str:
        iam = self.client("iam")
        try:
            arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        except iam.exceptions.EntityAlreadyExistsException:
            # IAM is one for the process, and the command line's tests have an account of their own
            arn = iam.get_role(RoleName=name)["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
        return arn

    def training_job(self, name: str, image: str, role: str, **members: Any) -> dict[str, Any]:
        """Creates a job and waits for its end."""
        self.create_training_job(name, image, role, **members)
        return self.ended_job(name)

    def create_training_job(self, name: str, image: str, role: str, **members: Any) -> None:
        algorithm = {"TrainingImage": image, "TrainingInputMode": "File"} | members.pop("AlgorithmSpecification", {})
        request = {
            "TrainingJobName": name,
            "AlgorithmSpecification": algorithm,
            "RoleArn": role,
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/out"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        } | members
        self.client("sagemaker").create_training_job(**request)

    def ended_job(self, name: str) -> dict[str, Any]:
        def describe() -> dict[str, Any]:
            return dict(self.client("sagemaker").describe_training_job(TrainingJobName=name))

        return self.eventually(
            describe,
            lambda job: job["TrainingJobStatus"] not in ("InProgress", "Stopping"),
        )

    def processing_job(self, name: str, image: str, role: str, **members: Any) -> dict[str, Any]:
        """Creates a processing job and waits for its end."""
        self.create_processing_job(name, image, role, **members)
        return self.ended_processing_job(name)

    def create_processing_job(self, name: str, image: str, role: str, count: int = 1, **members: Any) -> None:
        cluster = {"InstanceType": "ml.m5.large", "InstanceCount": count, "VolumeSizeInGB": 1}
        request = {
            "ProcessingJobName": name,
            "AppSpecification": {"ImageUri": image} | members.pop("AppSpecification", {}),
            "ProcessingResources": {"ClusterConfig": cluster},
            "RoleArn": role,
        } | members
        self.client("sagemaker").create_processing_job(**request)

    def ended_processing_job(self, name: str) -> dict[str, Any]:
        return self.eventually(
            lambda: dict(self.client("sagemaker").describe_processing_job(ProcessingJobName=name)),
            lambda job: job["ProcessingJobStatus"] not in ("InProgress", "Stopping"),
        )

    def transform_job(self, name: str, model: str, **members: Any) -> dict[str, Any]:
        """Creates a transform job and waits for its end."""
        self.create_transform_job(name, model, **members)
        return self.ended_transform_job(name)

    def create_transform_job(
        self, name: str, model: str, *, count: int = 1, prefix: str | None = None, **members: Any
    ) -> None:
        """Creates a job that transforms ``<name>/in`` into ``<name>/out``."""
        source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{prefix or name}/in/"}
        given = {"DataSource": {"S3DataSource": source}, "ContentType": "text/csv", "SplitType": "Line"}
        wanted = {"S3OutputPath": f"s3://{BUCKET}/{name}/out", "Accept": "text/csv", "AssembleWith": "Line"}
        request = {
            "TransformJobName": name,
            "ModelName": model,
            "TransformInput": given | members.pop("TransformInput", {}),
            "TransformOutput": wanted | members.pop("TransformOutput", {}),
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": count},
        } | members
        self.client("sagemaker").create_transform_job(**request)

    def ended_transform_job(self, name: str) -> dict[str, Any]:
        return self.eventually(
            lambda: dict(self.client("sagemaker").describe_transform_job(TransformJobName=name)),
            lambda job: job["TransformJobStatus"] not in ("InProgress", "Stopping"),
        )

    def put(self, **objects: str) -> None:
        """Writes objects; two underscores stand for a slash in a key."""
        for key, content in objects.items():
            self.client("s3").put_object(Bucket=BUCKET, Key=key.replace("__", "/"), Body=content.encode())

    def read(self, key: str) -> str:
        return str(self.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read().decode())

    def keys(self, prefix: str) -> list[str]:
        found = self.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        return [entry["Key"] for entry in found]

    def model(self, name: str, image: str, role: str, files: dict[str, bytes] | None = None, **members: Any) -> None:
        """Creates a model; with files, their archive is its model data."""
        container: dict[str, Any] = {"Image": image, **members.pop("PrimaryContainer", {})}
        if files is not None:
            key = f"models/{name}/model.tar.gz"
            self.client("s3").put_object(Bucket=BUCKET, Key=key, Body=archive(files))
            container["ModelDataUrl"] = f"s3://{BUCKET}/{key}"
        self.client("sagemaker").create_model(
            ModelName=name, PrimaryContainer=container, ExecutionRoleArn=role, **members
        )

    def endpoint_config(self, name: str, *models: str, weights: dict[str, float] | None = None, **members: Any) -> None:
        """Creates a configuration with a variant for each model, of the model's name."""
        variants = [
            {
                "VariantName": model,
                "ModelName": model,
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
                "InitialVariantWeight": (weights or {}).get(model, 1),
            }
            for model in models
        ]
        self.client("sagemaker").create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants, **members)

    def endpoint(self, name: str, config: str | None = None) -> dict[str, Any]:
        """Creates an endpoint and waits until it is in service or failed."""
        self.client("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=config or name)
        return self.settled_endpoint(name)

    def settled_endpoint(self, name: str) -> dict[str, Any]:
        def describe() -> dict[str, Any]:
            return dict(self.client("sagemaker").describe_endpoint(EndpointName=name))

        return self.eventually(
            describe,
            lambda endpoint: endpoint["EndpointStatus"] in ("InService", "Failed"),
        )

    def invoke(self, name: str, body: bytes = b"x", **members: Any) -> dict[str, Any]:
        return dict(self.client("sagemaker-runtime").invoke_endpoint(EndpointName=name, Body=body, **members))

    @staticmethod
    def eventually(ask: Callable[[], T], good: Callable[[T], bool], seconds: float = 30) -> T:
        """Asks until the answer is good; fails with the last one."""
        deadline = time.monotonic() + seconds
        while not good(answer := ask()):
            assert time.monotonic() < deadline, answer
            time.sleep(0.02)
        return answer

    def log(self, group: str, prefix: str) -> list[str]:
        """The lines of the log streams that start with a prefix."""
        logs = self.client("logs")
        streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=prefix)["logStreams"]
        lines = []
        for stream in streams:
            events = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"]
            lines += [event["message"] for event in events]
        return lines

    def events_of(self, detail_type: str, name: str) -> list[dict[str, Any]]:
        """The details of the events of one kind about one resource, in order."""
        return [
            event["detail"]
            for event in list(self.events)
            if event["detail-type"] == detail_type and event["resources"][0].endswith(f"/{name}")
        ]


def archive(files: dict[str, bytes]) -> bytes:
    """A tar.gz of files by name."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """One for the session; tests keep apart by names."""
    made: list[FolderEngine] = []
    events: list[dict[str, Any]] = []

    def register(gateway: Gateway, platform: Platform) -> None:
        made.append(FolderEngine(platform, tmp_path_factory.mktemp("images")))
        platform.on_event(lambda _account, _region, event: events.append(event))
        register_sagemaker(
            gateway,
            platform,
            engine=lambda: made[0],
            jobs=JobSettings(stop_grace_seconds=0.5),
            endpoints=EndpointSettings(
                startup_seconds=10,
                ping_seconds=0.2,
                ping_timeout_seconds=0.5,
                invocation_seconds=1,
                capture_seconds=0.1,
            ),
        )

    with LocalAws(register=register) as running:
        running.platform.client("s3", region=REGION).create_bucket(Bucket=BUCKET)
        yield Account(running.platform, made[0], events)


@pytest.fixture(scope="session")
def role(account: Account) -> str:
    """An execution role that may do everything."""
    return account.role("execution")
