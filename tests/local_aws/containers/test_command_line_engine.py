"""Docker and podman, really: build, push, train, serve, stop. Skipped, and reported so, where an engine does not work.

MLOPS_CONTAINER_ENGINE=docker (or podman) makes a failure of what would be skipped.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import define

from local_aws.containers.command_line_engine import OWNER_LABEL, CommandLineEngine
from local_aws.containers.docker_command.install import control_of
from local_aws.containers.docker_command.main import call
from local_aws.containers.engine import ContainerEngine, EngineError, ImageNotFoundError, RunningContainer, RunSpec
from local_aws.containers.pair import EnginePair
from local_aws.containers.process.engine import ProcessEngine
from local_aws.sagemaker.jobs.cluster import host_addresses, host_names
from local_aws.server import LocalAws
from tests.local_aws.containers.conftest import REGION, Output

pytestmark = pytest.mark.slow

PROGRAMS = {
    "train": "#!/bin/sh\necho training $1; env | grep EPOCHS; echo model > /opt/ml/model; exit ${CODE:-0}\n",
    "hang": "#!/bin/sh\ntrap '' TERM\necho ready\nwhile :; do sleep 0.1; done\n",
    "serve": """#!/usr/bin/env python3
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"pong")
http.server.HTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
""",
    "meet": """#!/usr/bin/env python3
import os, shutil, socket, sys
leader, own = sys.argv[1], socket.gethostname()
if own == leader:
    with socket.create_server((leader, 9340)) as server:
        connection, (address, _) = server.accept()
        with connection:
            print(f"{own} is {socket.gethostbyname(own)}: {connection.recv(99).decode()} from {address}")
else:
    while True:
        with socket.socket() as connection:
            connection.bind((own, 0))
            if connection.connect_ex((leader, 9340)) == 0:
                connection.sendall(own.encode())
                break
print(f"shared memory: {shutil.disk_usage('/dev/shm').total > 10**9}")
""",
}


@pytest.fixture(scope="module", params=["docker", "podman"])
def engine(request: pytest.FixtureRequest, local_aws: LocalAws) -> CommandLineEngine:
    try:
        return CommandLineEngine.probe(request.param, local_aws.platform)
    except EngineError as error:
        if os.environ.get("MLOPS_CONTAINER_ENGINE") == request.param:
            raise
        pytest.skip(f"{request.param} does not work on this machine: {error}")


@pytest.fixture(scope="module")
def base(engine: CommandLineEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A base image made of this machine's shell and Python."""
    archive = tmp_path_factory.mktemp("base") / "base.tar"
    programs = [shutil.which(name) for name in ("sh", "env", "grep", "sleep", "cat")]
    python = os.path.realpath(sys.executable)
    with tarfile.open(archive, "w") as tar:
        for program in filter(None, programs):
            tar.add(os.path.realpath(program), f"bin/{Path(program).name}")
        tar.add(python, python)
        tar.add(
            sysconfig.get_path("stdlib"),
            sysconfig.get_path("stdlib"),
            filter=lambda entry: (
                None if {"test", "site-packages", "__pycache__"} & set(entry.name.split("/")) else entry
            ),
        )
        modules = map(str, Path(sysconfig.get_path("stdlib"), "lib-dynload").glob("*.so"))
        needing = [*filter(None, programs), python, *modules]
        for library in sorted({library for program in needing for library in _libraries(program)}):
            tar.add(os.path.realpath(library), library)
        for name, target in (("usr/bin", "../bin"), ("bin/python3", python)):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            tar.addfile(link)
    name = "local-aws/test-base:1"
    subprocess.run([engine.program, "import", str(archive), name], env=engine.settings, check=True, capture_output=True)
    yield name if engine.name == "docker" else f"localhost/{name}"
    subprocess.run([engine.program, "rmi", "--force", name], env=engine.settings, check=False, capture_output=True)


def _libraries(program: str) -> list[str]:
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    return [word for line in listed.splitlines() for word in line.split() if word.startswith("/")]


@define
class Docker:
    """The docker of a build."""

    aws: LocalAws
    engine: ContainerEngine
    home: Path

    def __call__(self, *arguments: str) -> None:
        environment = {
            "HOME": str(self.home),
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "any",
            "DOCKER_BUILDKIT": "0",
        }
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            assert call(control_of(self.engine, self.aws.platform), [*arguments], environment) == 0

    def build_and_push(self, name: str, dockerfile: str) -> str:
        """Builds a context of `PROGRAMS` and pushes it; gives the image's URI by digest."""
        context = self.home / "context"
        context.mkdir(exist_ok=True)
        for program, text in PROGRAMS.items():
            (context / program).write_text(text)
            (context / program).chmod(0o755)
        (context / "Dockerfile").write_text(dockerfile)
        repository, _, tag = name.rpartition(":")
        self("login", "-u", "AWS", "-p", "secret", repository.split("/", maxsplit=1)[0])
        self("build", "--tag", name, str(context))
        self("push", name)
        ecr = self.aws.platform.client("ecr", region=REGION)
        (found,) = ecr.describe_images(repositoryName=repository.split("/", 1)[1], imageIds=[{"imageTag": tag}])[
            "imageDetails"
        ]
        return f"{repository}@{found['imageDigest']}"


@pytest.fixture
def docker(engine: CommandLineEngine, repository: str, local_aws: LocalAws, tmp_path: Path) -> Iterator[Docker]:
    yield Docker(local_aws, engine, tmp_path)
    listed = subprocess.run(
        [engine.program, "images", "--quiet", repository],
        env=engine.settings,
        check=True,
        capture_output=True,
        text=True,
    )
    if images := listed.stdout.split():
        command = [engine.program, "rmi", "--force", *dict.fromkeys(images)]
        subprocess.run(command, env=engine.settings, check=True, capture_output=True)


@pytest.fixture
def image(docker: Docker, base: str, repository: str) -> str:
    """An image that was built and pushed by the docker of builds; its URI by digest."""
    return docker.build_and_push(
        f"{repository}:one",
        f"FROM {base}\nCOPY train serve hang meet /opt/program/\nENV PATH=/opt/program:/bin EPOCHS=3\n"
        "WORKDIR /opt/program\nRUN echo built > /built\n",
    )


def test_train_serve_and_stop(engine: CommandLineEngine, image: str, tmp_path: Path) -> None:
    opt_ml, output = tmp_path / "ml", Output()
    opt_ml.mkdir()
    trained = engine.run(RunSpec(image=image, arguments=("train", "fast"), opt_ml=opt_ml, on_line=output))
    assert trained.wait(60) == 0, output.text
    assert output.lines == ["training fast", "EPOCHS=3"]
    assert (opt_ml / "model").read_text() == "model\n"

    failed = engine.run(
        RunSpec(image=image, arguments=("train",), opt_ml=opt_ml, on_line=output, environment={"CODE": "9"})
    )
    assert failed.wait(60) == 9

    absent = engine.run(RunSpec(image=image, arguments=("absent",), opt_ml=opt_ml, on_line=output))
    assert absent.wait(60) == 127

    hanging = engine.run(RunSpec(image=image, arguments=("hang",), opt_ml=opt_ml, on_line=output))
    deadline = time.monotonic() + 60
    while "ready" not in output.lines:
        assert time.monotonic() < deadline, output.text
        time.sleep(0.02)
    assert hanging.poll() is None
    assert hanging.terminate(1) == 137

    served = engine.run(RunSpec(image=image, arguments=("serve",), opt_ml=opt_ml, on_line=output, serve=True))
    try:
        assert _answer(served, output) == "pong"
    finally:
        served.terminate(1)
    listed = subprocess.run(
        [engine.program, "ps", "--all", "--quiet", "--filter", f"label={OWNER_LABEL}={os.getpid()}"],
        env=engine.settings,
        check=True,
        capture_output=True,
        text=True,
    )
    assert listed.stdout == ""


def test_hosts_of_one_job_meet_under_their_names(engine: CommandLineEngine, image: str, tmp_path: Path) -> None:
    names, output = host_names(2), Output()
    addresses = host_addresses(names)
    running = []
    for name in names:
        opt_ml = tmp_path / name
        opt_ml.mkdir()
        spec = RunSpec(
            image=image,
            arguments=("meet", names[0]),
            opt_ml=opt_ml,
            on_line=output,
            hosts=addresses,
            hostname=name,
        )
        running.append(engine.run(spec))
    assert [container.wait(60) for container in running] == [0, 0], output.text
    first, second = addresses.values()
    assert f"algo-1 is {first}: algo-2 from {second}" in output.lines
    assert output.lines.count("shared memory: True") == 2


def test_processes_build_what_the_engine_cannot(
    docker: Docker, image: str, process_engine: ProcessEngine, repository: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert isinstance(docker.engine, CommandLineEngine)
    docker.engine = pair = EnginePair(docker.engine, process_engine)
    opt_ml = docker.home / "ml"
    opt_ml.mkdir()
    # names below .invalid are never resolved
    unreachable = docker.build_and_push(
        f"{repository}:two",
        "FROM registry.invalid/python:3\nCOPY train /opt/program/\nENV PATH=/opt/program:$PATH EPOCHS=4\n",
    )
    printed = capfd.readouterr()
    assert f"WARNING: {pair.name} cannot fetch the base image registry.invalid/python:3: " in printed.err
    assert "local AWS: building with process" in printed.out
    upper = docker.build_and_push(f"{repository}:three", f"FROM {unreachable}\nENV EPOCHS=5\n")
    docker("rmi", f"{repository}:one")
    own = docker.build_and_push(f"{repository}:four", f"FROM {image}\nENV EPOCHS=6\nRUN echo again > /built\n")
    for name, epochs in ((unreachable, 4), (upper, 5), (own, 6)):
        output = Output()
        trained = pair.run(RunSpec(image=name, arguments=("train",), opt_ml=opt_ml, on_line=output))
        assert trained.wait(60) == 0, output.text
        assert output.lines == ["training", f"EPOCHS={epochs}"]


def test_an_image_that_was_not_pushed_from_here(
    engine: CommandLineEngine, repository: str, local_aws: LocalAws, tmp_path: Path
) -> None:
    ecr = local_aws.platform.client("ecr", region=REGION)
    manifest = '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[]}'
    ecr.put_image(repositoryName=repository.split("/", 1)[1], imageManifest=manifest, imageTag="foreign")
    with pytest.raises(ImageNotFoundError, match=f"was not pushed from {engine.name} here"):
        engine.run(RunSpec(image=f"{repository}:foreign", opt_ml=tmp_path, on_line=Output()))


def _answer(container: RunningContainer, output: Output) -> str:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{container.port}/ping", timeout=5) as response:
                return str(response.read().decode())
        except OSError:
            assert container.poll() is None, output.text
            assert time.monotonic() < deadline, output.text
            time.sleep(0.05)
