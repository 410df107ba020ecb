"""A local AWS with the feature store alone, and what its tests need of it."""

import io
import json
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from attrs import define, field

from local_aws.gateway.app import Gateway
from local_aws.platform import SERVICE_CREDENTIALS, Credentials, Platform
from local_aws.sagemaker.feature_store.offline import OfflineSettings
from local_aws.sagemaker.feature_store.service import register_feature_store
from local_aws.sagemaker.tags import TagOperations, TagStore
from local_aws.server import LocalAws

T = TypeVar("T")

REGION = "us-east-1"
ACCOUNT = "123456789012"
BUCKET = "features"
NOON = "2026-03-04T12:00:00Z"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
HOUSES = (("house", "Integral"), ("at", "String"), ("price", "Fractional"), ("street", "String"))
SETTINGS = OfflineSettings(flush_seconds=0.05, flush_rows=1000, retry_seconds=0.05)


def statement(*actions: str, resource: str | list[str] = "*") -> dict[str, Any]:
    """A policy that allows actions."""
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": resource}],
    }


def house(number: int | str, price: str | None = "1.5", at: str = NOON, **features: str) -> list[dict[str, str]]:
    """A record of the group `HOUSES`."""
    values = {"house": str(number), "at": at, **({} if price is None else {"price": price}), **features}
    return [{"FeatureName": name, "ValueAsString": value} for name, value in values.items()]


@define(eq=False)
class Store:
    """The local AWS under test, through its clients."""

    platform: Platform
    events: list[dict[str, Any]] = field(factory=list)

    def client(self, service: str, credentials: Credentials = SERVICE_CREDENTIALS) -> Any:
        return self.platform.client(service, region=REGION, credentials=credentials)

    @property
    def sagemaker(self) -> Any:
        return self.client("sagemaker")

    @property
    def records(self) -> Any:
        return self.client("sagemaker-featurestore-runtime")

    def role(self, name: str, policy: dict[str, Any], trust: dict[str, Any] = TRUST) -> str:
        iam = self.client("iam")
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
        return arn

    def acting(self, name: str, policy: dict[str, Any]) -> Credentials:
        """Credentials of a role of a team, with this policy."""
        principal = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        allow = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        arn = self.role(name, policy, {"Version": "2012-10-17", "Statement": [allow]})
        keys = self.client("sts").assume_role(RoleArn=arn, RoleSessionName="team")["Credentials"]
        return Credentials(
            access_key_id=keys["AccessKeyId"],
            secret_access_key=keys["SecretAccessKey"],
            session_token=keys["SessionToken"],
        )

    def request(self, name: str, features: Any = HOUSES, **members: Any) -> dict[str, Any]:
        """A CreateFeatureGroup request; its group has an online store unless the members say otherwise."""
        definitions = [{"FeatureName": feature, "FeatureType": kind} for feature, kind in features]
        asked = {
            "FeatureGroupName": name,
            "RecordIdentifierFeatureName": "house",
            "EventTimeFeatureName": "at",
            "FeatureDefinitions": definitions,
            "OnlineStoreConfig": {"EnableOnlineStore": True},
        } | members
        return {member: value for member, value in asked.items() if value is not None}

    def group(self, name: str, **members: Any) -> dict[str, Any]:
        """Creates a group and waits until it is Created or failed."""
        self.sagemaker.create_feature_group(**self.request(name, **members))
        return self.eventually(lambda: self.describe(name), lambda group: group["FeatureGroupStatus"] != "Creating")

    def describe(self, name: str) -> dict[str, Any]:
        return dict(self.sagemaker.describe_feature_group(FeatureGroupName=name))

    def put(self, name: str, record: list[dict[str, Any]], **members: Any) -> None:
        self.records.put_record(FeatureGroupName=name, Record=record, **members)

    def get(self, name: str, identifier: int | str, **members: Any) -> dict[str, str]:
        """The values of a record; none where there is no record."""
        answer = self.records.get_record(
            FeatureGroupName=name, RecordIdentifierValueAsString=str(identifier), **members
        )
        return {value["FeatureName"]: value["ValueAsString"] for value in answer.get("Record", [])}

    def keys(self, name: str) -> list[str]:
        """The keys of a group's files, below its ``data``."""
        uri = self.describe(name)["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]
        prefix = uri.removeprefix(f"s3://{BUCKET}/") + "/"
        found = self.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        return [entry["Key"].removeprefix(prefix) for entry in found]

    def tables(self, name: str) -> list[pa.Table]:
        """The files of a group."""
        uri = self.describe(name)["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]
        prefix = uri.removeprefix(f"s3://{BUCKET}/")
        s3 = self.client("s3")
        return [
            pq.read_table(io.BytesIO(s3.get_object(Bucket=BUCKET, Key=f"{prefix}/{key}")["Body"].read()))
            for key in self.keys(name)
        ]

    def rows(self, name: str, count: int) -> list[dict[str, Any]]:
        """The rows of the offline store, once there are `count`."""

        def read() -> list[dict[str, Any]]:
            return [row for table in self.tables(name) for row in table.to_pylist()]

        return self.eventually(read, lambda rows: len(rows) >= count)

    @staticmethod
    def eventually(ask: Callable[[], T], good: Callable[[T], bool], seconds: float = 30) -> T:
        """Asks until the answer is good; fails with the last one."""
        deadline = time.monotonic() + seconds
        while not good(answer := ask()):
            assert time.monotonic() < deadline, answer
            time.sleep(0.02)
        return answer


def register(gateway: Gateway, platform: Platform) -> None:
    """The feature store and tags: all that these tests need of SageMaker."""
    tags = TagStore()
    gateway.register(TagOperations(tags))
    register_feature_store(gateway, platform, tags, SETTINGS)


@pytest.fixture(scope="session")
def store() -> Iterator[Store]:
    """One for the session; tests keep apart by names."""
    with LocalAws(register=register) as running:
        running.platform.client("s3", region=REGION).create_bucket(Bucket=BUCKET)
        store = Store(running.platform)
        running.platform.on_event(lambda _account, _region, event: store.events.append(event))
        yield store


@pytest.fixture(scope="session")
def offline(store: Store) -> dict[str, Any]:
    """The members that give a group an offline store whose role may write anything."""
    role = store.role("writer", statement("s3:PutObject", "s3:GetBucketAcl", "kms:GenerateDataKey"))
    return {"OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": f"s3://{BUCKET}/team"}}, "RoleArn": role}
