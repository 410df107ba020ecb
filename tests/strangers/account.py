"""A local AWS in a process of its own, and AWS's own clients for it."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import boto3
from attrs import define, field
from botocore.config import Config

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]
APPS = Path(__file__).parent / "apps"
ACCOUNT = "123456789012"
REGION = "us-east-1"
_INHERITED = ("LANG", "PYTHONPATH", "TMPDIR", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_INDEX_URL", "PIP_CERT")


@define(eq=False)
class Clients:
    """A local AWS as boto3 sees it.

    Args:
        endpoint_url: of the local AWS.
    """

    endpoint_url: str
    _clients: dict[str, Any] = field(factory=dict, init=False)

    def client(self, service: str) -> Any:
        """A boto3 client as anyone makes one."""
        if service not in self._clients:
            self._clients[service] = boto3.session.Session().client(
                service,
                region_name=REGION,
                endpoint_url=self.endpoint_url,
                aws_access_key_id="any",
                aws_secret_access_key="any",
                config=Config(retries={"total_max_attempts": 1}),
            )
        return self._clients[service]


@define(eq=False)
class Account(Clients):
    """What a stranger has: an address, any keys, a folder of their own.

    Args:
        endpoint_url: of the local AWS.
        home: home folder of the programs that are run.
    """

    home: Path

    @property
    def project(self) -> Path:
        """Where CDK's command line runs, once it is there: the folder whose cdk.json counts."""
        return self.home / "project"

    @property
    def variables(self) -> dict[str, str]:
        """The environment of their programs: nothing that points to another AWS."""
        node = ROOT / ".mlops" / "node" / "bin"
        path = [str(Path(sys.executable).parent), *([str(node)] if node.is_dir() else []), os.environ["PATH"]]
        return {
            **{name: os.environ[name] for name in _INHERITED if name in os.environ},
            "PATH": os.pathsep.join(path),
            "HOME": str(self.home),
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ENDPOINT_URL_S3": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_VALIDATION": "false",
            # unpacked once for this machine, not into each home folder: it is thousands of files
            "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(Path.home() / ".cache" / "aws" / "jsii" / "package-cache"),
            "CI": "true",
        }

    def run(self, *command: str, folder: Path | None = None, seconds: float = 60, code: int = 0) -> str:
        """Runs a program to its end; gives what it printed, and fails where its exit code is another."""
        done = subprocess.run(
            command,
            cwd=folder or self.home,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        told = f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == code, f"exit code {done.returncode} of {told}"
        return done.stdout if code == 0 else told

    def aws(self, *arguments: str, seconds: float = 60, code: int = 0) -> str:
        """Runs the AWS command line; gives what it printed."""
        return self.run(str(Path(sys.executable).parent / "aws"), *arguments, seconds=seconds, code=code)

    def aws_json(self, *arguments: str) -> Any:
        """The same, for an answer in JSON."""
        return json.loads(self.aws(*arguments, "--output", "json"))

    def cdk(self, *arguments: str, seconds: float = 60, code: int = 0) -> str:
        """Runs the CDK command line; gives what it printed."""
        cdk = ROOT / "node_modules" / ".bin" / "cdk"
        options = ("--no-notices", "--no-version-reporting")
        folder = self.project if self.project.is_dir() else None
        return self.run(str(cdk), *arguments, *options, folder=folder, seconds=seconds, code=code)

    def app(self, name: str) -> "App":
        """An app of this folder, to be deployed."""
        return App(self, name)

    def outputs(self, stack: str) -> dict[str, str]:
        """The outputs of a stack."""
        found = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        return {item["OutputKey"]: item["OutputValue"] for item in found.get("Outputs", [])}

    def status(self, stack: str) -> str:
        """The status of a stack; empty where there is none of that name."""
        for page in self.client("cloudformation").get_paginator("describe_stacks").paginate():
            for found in page["Stacks"]:
                if found["StackName"] == stack:
                    return str(found["StackStatus"])
        return ""

    def execution(self, state_machine: str, document: Any = None, *, seconds: float = 60) -> dict[str, Any]:
        """Runs a state machine to its end; gives the execution as described."""
        states = self.client("stepfunctions")
        arn = states.start_execution(stateMachineArn=state_machine, input=json.dumps(document or {}))["executionArn"]
        return until(
            lambda: states.describe_execution(executionArn=arn), lambda found: found["status"] != "RUNNING", seconds
        )

    def messages(self, queue_url: str, *, count: int = 1, seconds: float = 20) -> list[str]:
        """Takes `count` messages out of a queue; fails where they do not come."""
        sqs, bodies = self.client("sqs"), list[str]()
        deadline = time.monotonic() + seconds
        while len(bodies) < count:
            assert time.monotonic() < deadline, f"{len(bodies)} of {count} messages: {bodies}"
            received = sqs.receive_message(QueueUrl=queue_url, WaitTimeSeconds=1, MaxNumberOfMessages=10)
            for message in received.get("Messages", []):
                bodies.append(message["Body"])
                sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
        return bodies


@define
class App:
    """A CDK app of this folder, in the hands of the CDK command line."""

    account: Account
    name: str

    @property
    def _program(self) -> tuple[str, ...]:
        return ("--app", f"{sys.executable} {APPS / self.name / 'app.py'}")

    def deploy(self, *arguments: str, version: str = "first", code: int = 0) -> str:
        """Synthesizes a version of the app, and deploys it."""
        assembly = self.account.home / f"{self.name}-{version}.out"
        return self.account.cdk(
            "deploy", *self._program, "--all", "--require-approval", "never", "--output", str(assembly),
            "--context", f"version={version}", *arguments, code=code,
        )  # fmt: skip

    def destroy(self, *, version: str = "first") -> str:
        """Deletes the app's stacks, without synthesizing it anew."""
        assembly = self.account.home / f"{self.name}-{version}.out"
        return self.account.cdk("destroy", "--app", str(assembly), "--all", "--force")


def until(look: Callable[[], T], condition: Callable[[T], bool], seconds: float = 30) -> T:
    """Looks until the condition holds; fails, with what was seen last, where it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition(found := look()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {found!r}"
        time.sleep(0.1)
    return found


@contextmanager
def fresh_account() -> Iterator[Account]:
    """A local AWS in a process of its own, for as long as the context lasts; its log must hold no traceback."""
    with tempfile.TemporaryDirectory(prefix="account-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        state, log = home / "state.json", home / "server.log"
        server = subprocess.Popen(
            [sys.executable, "-m", "local_aws", "--state-file", str(state), "--log-file", str(log)], cwd=ROOT
        )
        try:
            until(state.exists, bool, 60)
            yield Account(json.loads(state.read_text())["endpoint_url"], home)
        finally:
            server.terminate()
            server.wait(20)
        assert "Traceback" not in log.read_text(), log.read_text()
