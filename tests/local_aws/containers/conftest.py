"""What tests of container engines share: engines of this machine, images made by hand, and their output."""

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import define, field

from local_aws.containers.process.engine import ProcessEngine
from local_aws.containers.process.images import ImageConfig
from local_aws.containers.process.view import PrivateView
from local_aws.containers.references import ImageReference
from local_aws.containers.registry import push
from local_aws.server import LocalAws

REGION = "us-east-1"
ACCOUNT = "123456789012"


@define
class Output:
    """Collects the lines of a container."""

    lines: list[str] = field(factory=list)
    _lock: threading.Lock = field(factory=threading.Lock)

    def __call__(self, line: str) -> None:
        with self._lock:
            self.lines.append(line)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@pytest.fixture
def output() -> Output:
    return Output()


@pytest.fixture(scope="module")
def process_engine(local_aws: LocalAws) -> ProcessEngine:
    bare = ProcessEngine(local_aws.platform)
    return ProcessEngine(local_aws.platform, PrivateView.probe(bare.storage.folders()))


@pytest.fixture
def repository(local_aws: LocalAws, request: pytest.FixtureRequest) -> str:
    """URI of a repository of the test's own."""
    ecr = local_aws.platform.client("ecr", region=REGION)
    name = "test/" + hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:12]
    uri: str = ecr.create_repository(repositoryName=name)["repository"]["repositoryUri"]
    return uri


MakeImage = Callable[..., str]


@pytest.fixture
def make_image(local_aws: LocalAws, process_engine: ProcessEngine, repository: str) -> MakeImage:
    """Makes and pushes an image of programs (name in /opt/program: text); gives its URI by digest."""
    storage = process_engine.storage

    def make(programs: dict[str, str], *, python: bool = False, config: ImageConfig | None = None) -> str:
        files = storage.images.scratch()
        folder = files / "opt/program"
        folder.mkdir(parents=True)
        for name, text in programs.items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        path = "/opt/program:/usr/local/bin:/usr/bin:/bin"
        image = storage.images.add(
            files,
            config or ImageConfig(environment={"PATH": path}, working_dir="/opt/program"),
            storage.environments.base() if python else None,
        )
        ecr = local_aws.platform.client("ecr", region=REGION)
        reference = ImageReference.parse(f"{repository}:{image.id[-12:]}")
        digest = push(ecr, reference, *image.blobs())
        storage.images.pushed(image, digest, reference)
        return f"{repository}@{digest}"

    return make


@pytest.fixture
def opt_ml(tmp_path: Path) -> Path:
    folder = tmp_path / "ml"
    folder.mkdir()
    return folder
