"""A feature group, deployed on a local AWS: who is granted something may do that, and finds it in the files."""

import io
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from attrs import define
from aws_cdk import CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from botocore.exceptions import ClientError

from constructs_lib import Feature, FeatureGroup, FeatureSchema, OfflineStore, OnlineStore, Storage
from local_aws.platform import Credentials
from local_aws.server import LocalAws
from tests.constructs_lib.synthesis import Template, template_of

REGION = "us-east-1"
DEADLINE_SECONDS = 60
SCHEMA = FeatureSchema(
    record_identifier="house",
    event_time="at",
    features=[Feature("house", "Integral"), Feature("at", "String"), Feature("price", "Fractional")],
)
NOON, ONE = "2026-03-04T12:00:00Z", "2026-03-04T13:00:00Z"


def define_everything(stack: Stack) -> None:
    storage = Storage(stack, "Data", removal_policy=RemovalPolicy.DESTROY)
    group = FeatureGroup(
        stack,
        "Houses",
        schema=SCHEMA,
        online=OnlineStore(),
        offline=OfflineStore(storage=storage, prefix="houses"),
        removal_policy=RemovalPolicy.DESTROY,
    )
    CfnOutput(stack, "Group", value=group.feature_group_name)
    for name, grant in (
        ("Writer", group.grants.put_records),
        ("Deleter", group.grants.delete_records),
        ("Reader", group.grants.read_records),
        ("Analyst", group.grants.read_offline_store),
    ):
        role = iam.Role(stack, name, assumed_by=iam.AccountRootPrincipal())
        grant(role).assert_success()
        CfnOutput(stack, f"{name}Arn", value=role.role_arn)


@define(eq=False)
class Deployed:
    """The stack on its local AWS."""

    aws: LocalAws
    outputs: dict[str, str]

    @property
    def group(self) -> str:
        return self.outputs["Group"]

    def client(self, service: str, role: str | None = None) -> Any:
        """A client of a role of the stack; of the account's root without one."""
        if role is None:
            return self.aws.platform.client(service, region=REGION)
        sts = self.aws.platform.client("sts", region=REGION)
        keys = sts.assume_role(RoleArn=self.outputs[f"{role}Arn"], RoleSessionName="test")["Credentials"]
        credentials = Credentials(
            access_key_id=keys["AccessKeyId"],
            secret_access_key=keys["SecretAccessKey"],
            session_token=keys["SessionToken"],
        )
        return self.aws.platform.client(service, region=REGION, credentials=credentials)

    def records(self, role: str) -> Any:
        return self.client("sagemaker-featurestore-runtime", role)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return template_of(define_everything, tmp_path_factory.mktemp("features"))


@pytest.fixture(scope="module")
def deployed(template: Template) -> Iterator[Deployed]:
    # the CDK command line would look for a bootstrapped account
    template = {name: section for name, section in template.items() if name not in ("Parameters", "Rules")}
    with LocalAws() as running:
        client = running.platform.client("cloudformation", region=REGION)
        client.create_stack(StackName="features", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])
        deadline = time.monotonic() + DEADLINE_SECONDS
        while (stack := client.describe_stacks(StackName="features")["Stacks"][0])["StackStatus"].endswith(
            "_IN_PROGRESS"
        ):
            assert time.monotonic() < deadline, stack
            time.sleep(0.05)
        events = client.describe_stack_events(StackName="features")["StackEvents"]
        reasons = [found["ResourceStatusReason"] for found in events if "ResourceStatusReason" in found]
        assert stack["StackStatus"] == "CREATE_COMPLETE", reasons
        yield Deployed(running, {found["OutputKey"]: found["OutputValue"] for found in stack["Outputs"]})


def record(number: int, price: float, at: str = NOON) -> list[dict[str, str]]:
    values = {"house": str(number), "at": at, "price": str(price)}
    return [{"FeatureName": name, "ValueAsString": value} for name, value in values.items()]


def test_cfn_lint_finds_nothing(template: Template, tmp_path: Path) -> None:
    (tmp_path / "template.json").write_text(json.dumps(template))
    program = [str(Path(sys.executable).with_name("cfn-lint")), "--ignore-checks", "W3005", "--regions", REGION, "--"]
    ended = subprocess.run([*program, str(tmp_path / "template.json")], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


def test_records_are_written_read_deleted_and_kept_in_parquet(deployed: Deployed) -> None:
    writer, reader = deployed.records("Writer"), deployed.records("Reader")
    named = {"FeatureGroupName": deployed.group}
    writer.put_record(**named, Record=record(1, 250_000))
    entries = [{**named, "Record": record(number, 1000 * number)} for number in range(2, 12)]
    assert writer.batch_write_record(Entries=entries)["Errors"] == []
    found = reader.get_record(**named, RecordIdentifierValueAsString="1")["Record"]
    assert {"FeatureName": "price", "ValueAsString": "250000"} in found
    deployed.records("Deleter").delete_record(**named, RecordIdentifierValueAsString="2", EventTime=ONE)
    assert "Record" not in reader.get_record(**named, RecordIdentifierValueAsString="2")
    assert len(reader.list_records(**named)["RecordIdentifiers"]) == 10

    rows = read_rows(deployed, 12)
    kept = sorted((row["house"], row["is_deleted"], row["price"]) for row in rows if row["house"] <= 2)
    assert kept == [(1, False, 250_000.0), (2, False, 2000.0), (2, True, None)]


def read_rows(deployed: Deployed, count: int) -> list[dict[str, Any]]:
    """The rows of the offline store, read by who may do that, once there are `count`."""
    told = deployed.client("sagemaker", "Analyst").describe_feature_group(FeatureGroupName=deployed.group)
    bucket, _, prefix = (
        told["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"].removeprefix("s3://").partition("/")
    )
    s3 = deployed.client("s3", "Analyst")
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        files = s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/").get("Contents", [])
        tables = [
            pq.read_table(io.BytesIO(s3.get_object(Bucket=bucket, Key=file["Key"])["Body"].read())) for file in files
        ]
        rows = [row for table in tables for row in table.to_pylist()]
        if len(rows) >= count:
            return rows
        assert time.monotonic() < deadline, rows
        time.sleep(0.05)


def test_the_catalog_knows_the_table(deployed: Deployed) -> None:
    told = deployed.client("sagemaker").describe_feature_group(FeatureGroupName=deployed.group)
    config = told["OfflineStoreConfig"]["DataCatalogConfig"]
    table = deployed.client("glue").get_table(DatabaseName=config["Database"], Name=config["TableName"])["Table"]
    columns = [column["Name"] for column in table["StorageDescriptor"]["Columns"]]
    assert columns == ["house", "at", "price", "write_time", "api_invocation_time", "is_deleted"]


def test_a_grant_gives_no_more_than_it_says(deployed: Deployed) -> None:
    named = {"FeatureGroupName": deployed.group}
    with pytest.raises(ClientError, match="is not authorized to perform: sagemaker:GetRecord"):
        deployed.records("Writer").get_record(**named, RecordIdentifierValueAsString="1")
    with pytest.raises(ClientError, match="is not authorized to perform: sagemaker:PutRecord"):
        deployed.records("Reader").put_record(**named, Record=record(1, 1))
    with pytest.raises(ClientError, match="is not authorized to perform: sagemaker:DeleteRecord"):
        deployed.records("Writer").delete_record(**named, RecordIdentifierValueAsString="1", EventTime=ONE)
    with pytest.raises(ClientError, match="is not authorized to perform: sagemaker:GetRecord"):
        deployed.records("Analyst").get_record(**named, RecordIdentifierValueAsString="1")
