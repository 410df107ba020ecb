"""The unmodified CDK command line against the local AWS: bootstrap, deploy, update, a failing update, destroy."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from botocore.exceptions import ClientError

from local_aws.server import LocalAws

ROOT = Path(__file__).parents[3]
APP = ROOT / "tests" / "fixtures" / "cdk_app" / "app.py"
ENVIRONMENT = "aws://123456789012/us-east-1"

pytestmark = pytest.mark.slow


@frozen
class Cli:
    """The CDK command line with a home folder of its own, and the assemblies of the small app."""

    aws: LocalAws
    home: Path
    assemblies: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        endpoint = self.aws.platform.endpoint_url
        return subprocess.run(
            [str(ROOT / "node_modules" / ".bin" / "cdk"), *arguments],
            cwd=self.home,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.home),
                "AWS_ENDPOINT_URL": endpoint,
                "AWS_ENDPOINT_URL_S3": endpoint,
                "AWS_ACCESS_KEY_ID": "any",
                "AWS_SECRET_ACCESS_KEY": "any",
                "AWS_REGION": "us-east-1",
                "AWS_EC2_METADATA_DISABLED": "true",
                "CDK_DISABLE_CLI_TELEMETRY": "true",
                "CI": "true",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )

    def deploy(self, version: str) -> subprocess.CompletedProcess[str]:
        app = str(self.assemblies / version)
        return self.run("deploy", "--app", app, "--all", "--require-approval", "never", "--no-notices")

    def client(self, service: str) -> Any:
        return self.aws.platform.client(service, region="us-east-1")

    def stack(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        return found

    def outputs(self, name: str) -> dict[str, str]:
        return {item["OutputKey"]: item["OutputValue"] for item in self.stack(name)["Outputs"]}

    def inventory(self) -> dict[str, set[str]]:
        """What there is of the kinds that the app makes, CDK's own bucket aside."""
        buckets = {bucket["Name"] for bucket in self.client("s3").list_buckets()["Buckets"]}
        return {
            "buckets": {name for name in buckets if not name.startswith("cdk-hnb659fds-assets-")},
            "functions": {item["FunctionName"] for item in self.client("lambda").list_functions()["Functions"]},
            "queues": set(self.client("sqs").list_queues().get("QueueUrls", [])),
            "topics": {item["TopicArn"] for item in self.client("sns").list_topics()["Topics"]},
        }

    def setting(self) -> str:
        resources = self.client("cloudformation").describe_stack_resources(StackName="SmallWork")["StackResources"]
        name = next(item["PhysicalResourceId"] for item in resources if item["ResourceType"] == "AWS::SSM::Parameter")
        return str(self.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    """A local AWS of its own, with no stacks; what moto keeps is the process's, and is compared before and after."""
    home, assemblies = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("assemblies")
    subprocess.run(
        [sys.executable, str(APP), str(assemblies)],
        env=os.environ | {"CDK_VALIDATION": "false"},
        capture_output=True,
        timeout=120,
        check=True,
    )
    with LocalAws() as aws:
        yield Cli(aws, home, assemblies)


def test_the_whole_life_of_an_app(cli: Cli) -> None:
    before = cli.inventory()
    bootstrap = cli.run("bootstrap", ENVIRONMENT)
    assert bootstrap.returncode == 0, bootstrap.stdout
    assert cli.stack("CDKToolkit")["StackStatus"] == "CREATE_COMPLETE"
    again = cli.run("bootstrap", ENVIRONMENT)
    assert again.returncode == 0, again.stdout
    assert "(no changes)" in again.stdout

    first = cli.deploy("first")
    assert first.returncode == 0, first.stdout
    outputs = cli.outputs("SmallWork")
    answer = cli.client("lambda").invoke(FunctionName=outputs["FunctionName"], Payload=json.dumps({"a": 1}))
    assert json.loads(answer["Payload"].read()) == {"echo": {"a": 1}}
    assert cli.client("s3").get_bucket_versioning(Bucket=outputs["BucketName"])["Status"] == "Enabled"
    assert cli.setting() == "first"

    unchanged = cli.deploy("first")
    assert unchanged.returncode == 0, unchanged.stdout
    assert unchanged.stdout.count("(no changes)") == 2

    second = cli.deploy("second")
    assert second.returncode == 0, second.stdout
    assert cli.stack("SmallWork")["StackStatus"] == "UPDATE_COMPLETE"
    assert cli.setting() == "second"
    with pytest.raises(ClientError, match="NonExistentQueue"):
        cli.client("sqs").get_queue_attributes(QueueUrl=outputs["QueueUrl"])
    configuration = cli.client("lambda").get_function_configuration(FunctionName=outputs["FunctionName"])
    assert configuration["Environment"]["Variables"] == {"VERSION": "second"}

    broken = cli.deploy("broken")
    assert broken.returncode == 1
    assert "not a queue name!" in broken.stdout or "InvalidParameterValue" in broken.stdout
    assert cli.stack("SmallWork")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert cli.setting() == "second"

    in_use = cli.client("cloudformation").describe_stacks(StackName="SmallData")["Stacks"][0]
    assert in_use["StackStatus"] == "CREATE_COMPLETE"

    destroy = cli.run("destroy", "--app", str(cli.assemblies / "second"), "--all", "--force")
    assert destroy.returncode == 0, destroy.stdout
    left = [stack["StackName"] for stack in cli.client("cloudformation").describe_stacks()["Stacks"]]
    assert left == ["CDKToolkit"]
    assert cli.inventory() == before
