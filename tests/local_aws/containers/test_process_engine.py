"""The process engine runs real programs of images."""

import fcntl
import socket
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_aws.containers import ports
from local_aws.containers.engine import EngineError, ImageNotFoundError, RunningContainer, RunSpec
from local_aws.containers.process import port_mapping
from local_aws.containers.process.engine import ProcessEngine
from local_aws.containers.process.images import ImageConfig
from local_aws.sagemaker.jobs.cluster import host_addresses, host_names
from tests.local_aws.containers.conftest import MakeImage, Output

SERVER = """#!/usr/bin/env python3
import http.server, os, sys
port = int(os.environ.get("SAGEMAKER_BIND_TO_PORT", 8080)) if {honour} else 8080
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"pong")
    def log_message(self, *arguments):
        pass
print("serving", flush=True)
http.server.HTTPServer(("0.0.0.0", port), Handler).serve_forever()
"""


@pytest.fixture(params=["process", "process-basedir"])
def engine(request: pytest.FixtureRequest, process_engine: ProcessEngine) -> ProcessEngine:
    return process_engine if request.param == "process" else ProcessEngine(process_engine.platform)


def spec(image: str, opt_ml: Path, output: Output, *arguments: str, **settings: object) -> RunSpec:
    return RunSpec(image=image, arguments=arguments, opt_ml=opt_ml, on_line=output, **settings)  # type: ignore[arg-type]


@pytest.fixture
def port_8080() -> Iterator[None]:
    """Keeps test processes that run side by side from serving on the one port 8080 at a time."""
    with (Path(tempfile.gettempdir()) / "local-aws-tests-port-8080.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def answer(container: RunningContainer) -> str:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert container.poll() is None
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{container.port}/ping", timeout=5) as response:
                return str(response.read().decode())
        except OSError:
            time.sleep(0.02)
    raise AssertionError("the server never answered")


def test_a_program_sees_opt_ml_and_only_its_own_environment(
    engine: ProcessEngine, make_image: MakeImage, opt_ml: Path, output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVER_SECRET", "of the server")
    image = make_image({"train": "#!/bin/sh\nenv\npwd\necho $1 > ${SAGEMAKER_BASE_DIR:-/opt/ml}/model\n"})
    container = engine.run(spec(image, opt_ml, output, "train", "fast", environment={"EPOCHS": "3"}))
    assert container.wait(20) == 0
    assert (opt_ml / "model").read_text() == "fast\n"
    assert "EPOCHS=3" in output.lines
    assert "SERVER_SECRET" not in output.text
    assert any(line.endswith("/opt/program") for line in output.lines)
    assert container.port is None


def test_a_program_and_its_data_may_lie_in_opt_ml(
    engine: ProcessEngine, make_image: MakeImage, opt_ml: Path, output: Output
) -> None:
    (opt_ml / "code").mkdir()
    (opt_ml / "code" / "run.sh").write_text("cat $1 $DATA/b\n")
    (opt_ml / "a").write_text("from an argument\n")
    (opt_ml / "b").write_text("from a variable\n")
    container = engine.run(
        spec(
            make_image({}),
            opt_ml,
            output,
            "/opt/ml/a",
            entrypoint=("sh", "/opt/ml/code/run.sh"),
            environment={"DATA": "/opt/ml"},
        )
    )
    assert container.wait(20) == 0, output.text
    assert output.lines == ["from an argument", "from a variable"]


@pytest.mark.parametrize("case", [("exit 7", 7), ("kill -9 $$", 137), ("kill -15 $$", 143)], ids=lambda case: case[0])
def test_exit_codes_are_those_of_containers(
    engine: ProcessEngine, make_image: MakeImage, opt_ml: Path, output: Output, case: tuple[str, int]
) -> None:
    program, code = case
    image = make_image({"train": f"#!/bin/sh\n{program}\n"})
    container = engine.run(spec(image, opt_ml, output, "train"))
    assert container.wait(20) == code
    assert container.poll() == code


def test_nothing_is_written_to_this_machine(
    process_engine: ProcessEngine, make_image: MakeImage, opt_ml: Path, output: Output
) -> None:
    image = make_image(
        {"train": "#!/bin/sh\ntouch /usr/local-aws-test /srv/local-aws-test /tmp/local-aws-test && ls /opt/program\n"}
    )
    assert process_engine.run(spec(image, opt_ml, output, "train")).wait(20) == 0, output.text
    assert output.lines == ["train"]
    assert not Path("/usr/local-aws-test").exists()
    assert not Path("/srv/local-aws-test").exists()
    assert not Path("/tmp/local-aws-test").exists()  # noqa: S108


def test_a_missing_program_is_127_and_named(
    process_engine: ProcessEngine, make_image: MakeImage, opt_ml: Path, output: Output
) -> None:
    image = make_image({"serve": "#!/bin/sh\n"})
    assert process_engine.run(spec(image, opt_ml, output, "train")).wait(20) == 127
    assert output.lines == ['exec: "train": executable file not found in $PATH']


def test_what_a_program_leaves_running_ends_with_it(
    process_engine: ProcessEngine, make_image: MakeImage, opt_ml: Path, output: Output
) -> None:
    port = ports.free_port()
    server = SERVER.replace("{honour}", "True")
    image = make_image({"server": server, "train": "#!/bin/sh\nsetsid server &\nsleep 0.3\nexit 3\n"}, python=True)
    container = process_engine.run(
        spec(image, opt_ml, output, "train", environment={"SAGEMAKER_BIND_TO_PORT": str(port)})
    )
    assert container.wait(20) == 3
    assert not ports.accepts(port)


def test_terminate_lets_a_program_end_itself(
    engine: ProcessEngine, make_image: MakeImage, opt_ml: Path, output: Output
) -> None:
    image = make_image(
        {"train": "#!/bin/sh\ntrap 'echo saved; exit 0' TERM\necho ready\nwhile :; do sleep 0.05; done\n"}
    )
    container = engine.run(spec(image, opt_ml, output, "train"))
    wait_for(output, "ready")
    assert container.terminate(10) == 0
    assert output.lines[-1] == "saved"


def test_terminate_kills_a_program_that_does_not_end(
    engine: ProcessEngine, make_image: MakeImage, opt_ml: Path, output: Output
) -> None:
    image = make_image({"train": "#!/bin/sh\ntrap '' TERM\necho ready\nwhile :; do sleep 0.05; done\n"})
    container = engine.run(spec(image, opt_ml, output, "train"))
    wait_for(output, "ready")
    assert container.poll() is None
    assert container.terminate(0.2) == 137


def wait_for(output: Output, line: str) -> None:
    deadline = time.monotonic() + 20
    while line not in output.lines:
        assert time.monotonic() < deadline, output.text
        time.sleep(0.01)


@pytest.mark.parametrize("honour", [True, False])
def test_servers_side_by_side_have_a_port_each(
    engine: ProcessEngine, make_image: MakeImage, opt_ml: Path, output: Output, honour: bool
) -> None:
    image = make_image({"serve": SERVER.replace("{honour}", str(honour))}, python=True)
    servers = [engine.run(spec(image, opt_ml, output, "serve", serve=True)) for _ in range(2)]
    try:
        assert [answer(server) for server in servers] == ["pong", "pong"]
        assert len({server.port for server in servers} | {8080}) == 3
    finally:
        for server in servers:
            server.terminate(5)


@pytest.mark.usefixtures("port_8080")
def test_where_ports_cannot_be_mapped_one_server_may_insist_on_8080(
    process_engine: ProcessEngine,
    make_image: MakeImage,
    opt_ml: Path,
    output: Output,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(port_mapping, "SUPPORTED", False)
    image = make_image({"serve": SERVER.replace("{honour}", "False")}, python=True)
    first = process_engine.run(spec(image, opt_ml, output, "serve", serve=True))
    try:
        assert answer(first) == "pong"
        assert first.port == 8080
        second_output = Output()
        second = process_engine.run(spec(image, opt_ml, second_output, "serve", serve=True))
        assert second.wait(20) == 1
        assert "port 8080 of this machine is in use" in second_output.lines[-1]
    finally:
        first.terminate(5)


def test_python_programs_run_with_the_image_environment(
    engine: ProcessEngine, make_image: MakeImage, opt_ml: Path, output: Output
) -> None:
    program = "import sys, importlib.util\nprint(sys.prefix)\nprint(importlib.util.find_spec('boto3'))\n"
    image = make_image({"train": "#!/usr/bin/env python\n" + program}, python=True)
    assert engine.run(spec(image, opt_ml, output, "train")).wait(20) == 0
    assert output.lines == [str(engine.storage.environments.python(engine.storage.environments.base())), "None"]


def test_entrypoint_of_the_image_and_of_the_run(
    engine: ProcessEngine, make_image: MakeImage, opt_ml: Path, output: Output
) -> None:
    config = ImageConfig(entrypoint=("/opt/program/main", "fixed"), command=("default",))
    image = make_image({"main": '#!/bin/sh\necho main "$@"\n', "other": '#!/bin/sh\necho other "$@"\n'}, config=config)
    assert engine.run(spec(image, opt_ml, output)).wait(20) == 0
    assert engine.run(spec(image, opt_ml, output, "train")).wait(20) == 0
    assert engine.run(spec(image, opt_ml, output, "x", entrypoint=("/opt/program/other",))).wait(20) == 0
    assert output.lines == ["main fixed default", "main fixed train", "other x"]


def test_an_image_that_starts_nothing(
    engine: ProcessEngine, make_image: MakeImage, opt_ml: Path, output: Output
) -> None:
    image = make_image({})
    with pytest.raises(EngineError, match="no entrypoint and no command: nothing to run"):
        engine.run(spec(image, opt_ml, output))


def test_host_names_of_the_run(
    process_engine: ProcessEngine, make_image: MakeImage, opt_ml: Path, output: Output
) -> None:
    image = make_image(
        {"train": "#!/usr/bin/env python\nimport socket\nprint(socket.gethostbyname('algo-1'))\n"}, python=True
    )
    assert process_engine.run(spec(image, opt_ml, output, "train", hosts={"algo-1": "127.0.0.1"})).wait(20) == 0
    assert output.lines == ["127.0.0.1"]


def test_hosts_of_one_job_reach_each_other_by_name_on_the_same_port(
    process_engine: ProcessEngine, make_image: MakeImage, tmp_path: Path, output: Output
) -> None:
    program = """#!/usr/bin/env python
import socket, sys, time
other, port = sys.argv[1], int(sys.argv[2])
me = socket.gethostname()
server = socket.create_server((me, port))
deadline = time.monotonic() + 20
while True:
    try:
        with socket.create_connection((other, port), timeout=5) as peer:
            peer.sendall(me.encode())
            break
    except OSError:
        if time.monotonic() > deadline:
            raise
        time.sleep(0.02)
peer, _ = server.accept()
print(me, "heard", peer.recv(100).decode())
"""
    image = make_image({"train": program}, python=True)
    addresses, port = host_addresses(host_names(2)), str(ports.free_port())
    running = []
    for me, other in (("algo-1", "algo-2"), ("algo-2", "algo-1")):
        (tmp_path / me).mkdir()
        run = spec(image, tmp_path / me, output, "train", other, port, hosts=addresses, hostname=me)
        running.append(process_engine.run(run))
    assert [container.wait(40) for container in running] == [0, 0], output.text
    assert sorted(output.lines) == ["algo-1 heard algo-2", "algo-2 heard algo-1"]
    assert socket.gethostname() not in addresses


@pytest.mark.parametrize(
    "case",
    [
        ("python:3.12", r"image 'python:3.12' is not in the local ECR: expected <account>.dkr.ecr"),
        ("Bad Name", "invalid reference format: 'Bad Name'"),
        ("{registry}/absent:1", "'absent' does not exist in the registry"),
        ("{repository}:none", r"was not found: repository 'test/.*' does not have it"),
        ("{repository}@sha256:" + "0" * 64, r"was not found: repository 'test/.*' does not have it"),
    ],
    ids=lambda case: case[0][:20],
)
def test_images_that_are_not_there(
    engine: ProcessEngine, repository: str, opt_ml: Path, output: Output, case: tuple[str, str]
) -> None:
    image, message = case
    name = image.format(repository=repository, registry=repository.split("/", maxsplit=1)[0])
    with pytest.raises(ImageNotFoundError, match=message):
        engine.run(spec(name, opt_ml, output, "train"))


def test_an_image_that_another_tool_pushed(
    engine: ProcessEngine, repository: str, opt_ml: Path, output: Output
) -> None:
    ecr = engine.platform.client("ecr", region="us-east-1")
    name = repository.split("/", 1)[1]
    manifest = '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[]}'
    ecr.put_image(repositoryName=name, imageManifest=manifest, imageTag="foreign")
    with pytest.raises(ImageNotFoundError, match="was not built by this local AWS"):
        engine.run(spec(f"{repository}:foreign", opt_ml, output, "train"))
