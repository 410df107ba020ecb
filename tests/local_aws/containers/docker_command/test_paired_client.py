"""An engine whose registries may be out of reach, with processes behind it."""

from pathlib import Path

import pytest
from attrs import define, field

from local_aws.containers.command_line_engine import CommandLineEngine
from local_aws.containers.docker_command.install import control_of
from local_aws.containers.docker_command.main import call
from local_aws.containers.engine import ContainerEngine, RunSpec
from local_aws.containers.pair import EnginePair
from local_aws.containers.process.engine import ProcessEngine
from local_aws.server import LocalAws
from tests.local_aws.containers.conftest import REGION, Output
from tests.local_aws.containers.fake_engine import FakeEngine

BASE = "registry.example/python:3"
DOCKERFILE = f'FROM {BASE}\nCMD ["echo", "run by processes"]\n'
NO_ROUTE = "dial tcp: lookup registry.example: no such host"


@define
class Docker:
    """The docker of one build."""

    aws: LocalAws
    engine: ContainerEngine
    home: Path
    capfd: pytest.CaptureFixture[str]
    environment: dict[str, str] = field(init=False)

    @environment.default
    def _environment(self) -> dict[str, str]:
        return {"HOME": str(self.home), "CODEBUILD_BUILD_ID": str(self.home), "PATH": "/usr/bin:/bin"}

    def __call__(self, *arguments: str, code: int = 0) -> str:
        """What it prints on standard output, with what it prints on standard error in ``error``."""
        assert call(control_of(self.engine, self.aws.platform), [*arguments], self.environment) == code
        printed = self.capfd.readouterr()
        self.error = printed.err
        return printed.out

    error: str = ""

    def build(self, *arguments: str, dockerfile: str = DOCKERFILE, code: int = 0) -> str:
        context = self.home / "context"
        context.mkdir(exist_ok=True)
        (context / "Dockerfile").write_text(dockerfile)
        return self("build", *arguments, str(context), code=code)


@pytest.fixture
def fake(tmp_path: Path) -> FakeEngine:
    return FakeEngine.make(tmp_path / "engine")


@pytest.fixture
def containers(local_aws: LocalAws, fake: FakeEngine) -> CommandLineEngine:
    return CommandLineEngine(local_aws.platform, "podman", str(fake.program), {})


@pytest.fixture
def pair(containers: CommandLineEngine, process_engine: ProcessEngine) -> EnginePair:
    return EnginePair(containers, process_engine)


@pytest.fixture
def docker(
    local_aws: LocalAws, pair: EnginePair, tmp_path: Path, capfd: pytest.CaptureFixture[str], aws_keys: None
) -> Docker:
    return Docker(local_aws, pair, tmp_path, capfd)


@pytest.fixture
def aws_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")


def log_in(docker: Docker, repository: str) -> None:
    docker("login", "-u", "AWS", "-p", "secret", repository.split("/", maxsplit=1)[0])


def digest(aws: LocalAws, repository: str, tag: str) -> str:
    ecr = aws.platform.client("ecr", region=REGION)
    (found,) = ecr.describe_images(repositoryName=repository.split("/", 1)[1], imageIds=[{"imageTag": tag}])[
        "imageDetails"
    ]
    return str(found["imageDigest"])


def test_the_engine_builds_what_it_can(docker: Docker, fake: FakeEngine) -> None:
    assert docker.build("--tag", "image").splitlines() == [
        f"Trying to pull {BASE}...",
        "Getting image source signatures",
        "built by the engine",
    ]
    assert docker.error == ""
    assert docker("run", "image") == "run by the engine\n"
    docker("tag", "image", "other")
    docker("rmi", "image")
    assert set(fake.images) == {BASE, "other:latest"}
    assert docker("images") == "images of the engine\n"


def test_a_base_image_out_of_reach(docker: Docker, fake: FakeEngine) -> None:
    fake.registry_says(NO_ROUTE)
    printed = docker.build("--tag", "image")
    assert "local AWS: building with process" in printed
    assert docker.error == (
        f"local AWS: WARNING: podman cannot fetch the base image {BASE}: Error: {NO_ROUTE}\n"
        "local AWS: WARNING: this build goes on in process mode, where this machine's Python stands in for the base "
        "image\n"
        "local AWS: WARNING: a local AWS started with MLOPS_CONTAINER_ENGINE=podman fails such builds instead\n"
    )
    assert docker("run", "image") == "run by processes\n"
    assert docker("run", "--rm", "--name", "x", "image", "echo", "image", "podman") == "image podman\n"
    docker("tag", "image", "other")
    assert docker("inspect", "--format", "{{index .RepoTags 1}}", "other") == "other:latest\n"
    listed = docker("images")
    assert "other" in listed
    assert listed.endswith("images of the engine\n")
    docker("rmi", "image", "other")
    assert docker("images") == "images of the engine\n"
    assert "build" not in fake.calls
    assert "tag" not in fake.calls
    assert "rmi" not in fake.calls


def test_a_quiet_build_prints_the_id_alone(docker: Docker, fake: FakeEngine) -> None:
    fake.registry_says(NO_ROUTE)
    (line,) = docker.build("--quiet").splitlines()
    assert line.startswith("sha256:")
    assert "podman cannot fetch the base image" in docker.error


def test_an_image_of_docker_options_that_processes_lack(docker: Docker, fake: FakeEngine) -> None:
    fake.registry_says(NO_ROUTE)
    docker.build("--tag", "image")
    docker("run", "--detach", "image", code=125)
    assert "docker: unrecognized arguments: --detach" in docker.error
    assert docker("run", "--detach", "of-the-engine") == "run by the engine\n"


def test_what_was_built_last_has_the_name(docker: Docker, fake: FakeEngine) -> None:
    fake.registry_says(NO_ROUTE)
    docker.build("--tag", "image")
    docker.build("--tag", "first")
    fake.registry_says("")
    docker.build("--tag", "image")
    assert docker("run", "image") == "run by the engine\n"
    docker("tag", "image", "first")
    assert docker("run", "first") == "run by the engine\n"


@pytest.mark.parametrize("text", [None, "RUN before FROM\n", f"FROM {BASE}\nRUN <<END\necho\nEND\n", "FROM $NOTHING\n"])
def test_a_dockerfile_that_cannot_be_read_is_the_engines(docker: Docker, fake: FakeEngine, text: str | None) -> None:
    fake.registry_says(NO_ROUTE)
    fake.break_builds()
    if text is None:
        docker("build", str(docker.home), code=7)
    else:
        docker.build(dockerfile=text, code=7)
    assert docker.error == "a RUN failed\n"
    assert fake.calls == ["build"]


def test_a_build_that_fails_is_not_built_again(docker: Docker, fake: FakeEngine) -> None:
    fake.break_builds()
    docker.build(code=7)
    assert docker.error == "a RUN failed\n"


def test_what_a_registry_refuses_fails_the_build(docker: Docker, fake: FakeEngine) -> None:
    fake.registry_says("manifest unknown")
    fake.break_builds()
    docker.build(code=7)
    assert "WARNING" not in docker.error


def test_a_forced_engine_has_nothing_behind_it(docker: Docker, containers: CommandLineEngine, fake: FakeEngine) -> None:
    fake.registry_says(NO_ROUTE)
    docker.engine = containers
    docker.build(code=1)
    assert docker.error == (
        f"ERROR: podman cannot fetch the base image {BASE}: Error: {NO_ROUTE}\n"
        "local AWS: MLOPS_CONTAINER_ENGINE=podman allows no other engine: a local AWS that was started without it, or "
        "with MLOPS_CONTAINER_ENGINE=process, builds such images in process mode\n"
    )
    assert "build" not in fake.calls


def test_pushed_images_are_run_by_what_built_them(
    docker: Docker, fake: FakeEngine, pair: EnginePair, repository: str, local_aws: LocalAws, opt_ml: Path
) -> None:
    log_in(docker, repository)
    docker.build("--tag", f"{repository}:engine", "--push")
    before = pair.processes.storage.images.pushed_count()
    fake.registry_says(NO_ROUTE)
    docker("rmi", BASE)
    docker.build("--tag", f"{repository}:processes", "--label", f"of={repository}")
    docker("push", f"{repository}:processes")
    assert pair.processes.storage.images.pushed_count() == before + 1
    assert f"are built and run in process mode ({before + 1} so far)" in pair.description
    for tag in ("engine", "processes"):
        output = Output()
        image = f"{repository}@{digest(local_aws, repository, tag)}"
        container = pair.run(RunSpec(image=image, opt_ml=opt_ml, on_line=output))
        assert container.wait(60) == 0
        assert output.lines == [f"run by the {tag}" if tag == "engine" else "run by processes"]


def test_another_build_stands_on_an_image_of_either(
    docker: Docker, fake: FakeEngine, repository: str, local_aws: LocalAws
) -> None:
    log_in(docker, repository)
    docker.build("--tag", f"{repository}:engine", "--push")
    fake.registry_says(NO_ROUTE)
    docker("rmi", BASE)
    docker.build("--tag", f"{repository}:processes", "--label", f"of={repository}", "--push")
    docker("rmi", f"{repository}:engine", f"{repository}:processes")
    docker.environment["CODEBUILD_BUILD_ID"] = "another"

    printed = docker.build("--tag", "upper", dockerfile=f"FROM {repository}:engine\n")
    assert printed == "built by the engine\n"
    assert f"{repository}:engine" in fake.images
    by_digest = f"{repository}@{digest(local_aws, repository, 'processes')}"
    docker.build("--tag", "upper", dockerfile=f"FROM {by_digest}\nENV X=1\n")
    assert docker.error == (f"local AWS: WARNING: {by_digest} was built in process mode, and so is what stands on it\n")
    assert docker("run", "upper") == "run by processes\n"
    docker("pull", f"{repository}:processes")
    assert docker("run", f"{repository}:processes") == "run by processes\n"


def test_an_image_of_ecr_that_nothing_here_pushed(docker: Docker, repository: str, local_aws: LocalAws) -> None:
    log_in(docker, repository)
    manifest = '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[]}'
    local_aws.platform.client("ecr", region=REGION).put_image(
        repositoryName=repository.split("/", 1)[1], imageManifest=manifest, imageTag="foreign"
    )
    docker.build(dockerfile=f"FROM {repository}:foreign\n", code=1)
    assert "but was not pushed from podman here" in docker.error
