"""The container of `housing-ray` without a container engine: its programs, its scripts, and an account for them."""

import atexit
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from attrs import frozen

from local_aws.containers.process.engine import ProcessEngine
from local_aws.containers.process.images import DEFAULT_PATH, ImageConfig
from local_aws.containers.references import ImageReference
from local_aws.containers.registry import push
from local_aws.gateway.app import Gateway
from local_aws.platform import Platform
from local_aws.sagemaker.feature_store.offline import OfflineSettings
from local_aws.sagemaker.feature_store.service import register_feature_store
from local_aws.sagemaker.tags import TagOperations, TagStore
from local_aws.server import LocalAws
from tests.workflows.container import ROOT, make_environment

SOURCE = ROOT / "workflows" / "housing_ray"
CONTAINER, SCRIPTS = SOURCE / "container", SOURCE / "scripts"
REGION, ACCOUNT = "us-east-1", "123456789012"
ROLE = "feature-store"
GROUP = "fs-ray-synthetic-housing-data"
BUCKET = "housing"
_networks = count(1)
STORE = f"s3://{BUCKET}/aws-ray-mlops-workshop/feature-store"


def programs() -> Path:
    """The folder of the programs of the container's packages."""
    return make_environment(CONTAINER / "requirements.txt")


@cache
def scratch() -> Path:
    """The hosts' folder of temporary files, with a short path for Ray's sockets: hosts that are killed leave theirs."""
    folder = Path(tempfile.mkdtemp(prefix="hosts-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def container_module(name: str) -> Any:
    """A module of the container, for one that needs nothing of what only the container has."""
    if str(CONTAINER) not in sys.path:
        sys.path.append(str(CONTAINER))
    return importlib.import_module(name)


def push_image(engine: ProcessEngine) -> str:
    """Pushes the image of the workflow, whose Python environment is that of `programs`; gives its URI."""
    images, environments = engine.storage.images, engine.storage.environments
    key = "ray"
    environments.python(key).parent.mkdir()
    environments.python(key).symlink_to(programs().parent)
    environments.complete(key, key)
    files = images.scratch()
    folder = files / "opt" / "program"
    shutil.copytree(CONTAINER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "train").chmod(0o755)
    variables = {
        "PATH": f"/opt/program:{DEFAULT_PATH}",
        "PYTHONPATH": "/opt/program",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": "1",
    }
    image = images.add(files, ImageConfig(environment=variables, working_dir="/opt/program"), key)
    ecr = engine.platform.client("ecr", region=REGION)
    uri: str = ecr.create_repository(repositoryName="ray")["repository"]["repositoryUri"]
    reference = ImageReference.parse(f"{uri}:latest")
    images.pushed(image, push(ecr, reference, *image.blobs()), reference)
    return f"{uri}:latest"


@frozen
class Host:
    """One host of a job: the programs, the folder in the place of /opt/ml, and the account's address."""

    programs: Path
    base: Path
    endpoint: str = ""

    def environment(self, **extra: str) -> dict[str, str]:
        """What SageMaker and the image set."""
        account = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        return {
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(CONTAINER),
            "PYTHONDONTWRITEBYTECODE": "1",
            "SAGEMAKER_BASE_DIR": str(self.base),
            "OMP_NUM_THREADS": "1",
            "RAY_TMPDIR": str(scratch()),
            **(account if self.endpoint else {}),
            **extra,
        }

    def folder(self, path: str) -> Path:
        """A folder below that of the contract."""
        folder = self.base / path
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def put_hosts(self, names: list[str], current: str, *, job: str = "input/config") -> None:
        """Tells the host of the job's hosts."""
        resources = {"hosts": names, "current_host": current}
        (self.folder(job) / "resourceconfig.json").write_text(json.dumps(resources))

    def put_hyperparameters(self, **values: str) -> None:
        """Writes the training job's hyperparameters."""
        (self.folder("input/config") / "hyperparameters.json").write_text(json.dumps(values))

    def start(self, program: Path, *words: str, **extra: str) -> subprocess.Popen[str]:
        """Starts a program in a session of its own."""
        return subprocess.Popen(
            [str(self.programs / "python"), str(program), *words],
            env=self.environment(**extra),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, program: Path, *words: str, **extra: str) -> tuple[int, str, str]:
        """Runs a program to its end; gives its exit code and what it printed."""
        with ending(self.start(program, *words, **extra)) as process:
            told, errors = process.communicate(timeout=240)
        return process.returncode, told, errors

    def succeeds(self, program: Path, *words: str, **extra: str) -> str:
        """Runs a program that must succeed; gives what it printed."""
        code, told, errors = self.run(program, *words, **extra)
        assert code == 0, errors
        return told

    def fails(self, program: Path, *words: str, **extra: str) -> str:
        """Runs a program that must fail; gives the reason that it leaves."""
        code, told, errors = self.run(program, *words, **extra)
        assert code == 1, (told, errors)
        return self.failure()

    def failure(self) -> str:
        """The reason of the failure."""
        text = (self.base / "output" / "failure").read_text()
        assert text == (self.base / "output" / "message").read_text()
        return text


def host_names() -> list[str]:
    """Names of two hosts of a job: addresses of their own on this machine, other ones each time."""
    network = next(_networks) + (os.getpid() % 250) * 256
    return [f"127.{96 + network // 65536}.{network // 256 % 256}.{2 * (network % 100) + end}" for end in (1, 2)]


@contextmanager
def ending(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """Ends all of a program's session behind it, as the end of a container does."""
    try:
        yield process
    finally:
        end(process)
        process.communicate(timeout=60)


def end(process: subprocess.Popen[str]) -> None:
    """Ends all processes of a program's session, whatever groups they are in."""
    listed = subprocess.run(["ps", "-eo", "pid=,sid="], capture_output=True, text=True, check=True).stdout
    for line in listed.splitlines():
        pid, session = map(int, line.split())
        if session == process.pid:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@frozen
class Account:
    """The local AWS with a feature store."""

    platform: Platform

    def client(self, service: str) -> Any:
        return self.platform.client(service, region=REGION)

    @property
    def role_arn(self) -> str:
        return f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"


@contextmanager
def running_account() -> Iterator[Account]:
    """A local AWS with a feature store, its bucket and its role."""

    def register(gateway: Gateway, platform: Platform) -> None:
        tags = TagStore()
        register_feature_store(gateway, platform, tags, OfflineSettings(flush_seconds=0.2))
        gateway.register(TagOperations(tags))

    with LocalAws(register=register) as running:
        account = Account(running.platform)
        account.client("s3").create_bucket(Bucket=BUCKET)
        trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
        allow = {"Effect": "Allow", "Action": ["s3:*", "glue:*"], "Resource": "*"}
        iam = account.client("iam")
        iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(_policy(trust)))
        iam.put_role_policy(RoleName=ROLE, PolicyName="store", PolicyDocument=json.dumps(_policy(allow)))
        try:
            yield account
        finally:  # the next one in this process has the same roles
            iam.delete_role_policy(RoleName=ROLE, PolicyName="store")
            iam.delete_role(RoleName=ROLE)


def _policy(statement: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [statement]}


def in_container(code: str, programs: Path) -> str:
    """Runs a line of Python with the container's packages; gives what it printed."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{CONTAINER}:{SCRIPTS}", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [str(programs / "python"), "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
