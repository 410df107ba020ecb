"""A byoc-housing container without a container engine: its programs in a virtual environment of their own."""

import hashlib
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from local_aws.containers import ports

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "workflows" / "byoc_housing" / "container"


def make_environment(lock: Path = SOURCE / "requirements.txt") -> Path:
    """The folder of programs of an environment with a container's locked packages; made once per lock file."""
    key = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = ROOT / ".mlops" / "cache" / f"test-container-{key}"
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "-r", str(lock)], check=True)
        (folder / "ready").touch()
    return folder / "bin"


@frozen
class Container:
    """One job's view: the programs, and the folder that takes /opt/ml's place."""

    programs: Path
    base: Path

    def environment(self, **extra: str) -> dict[str, str]:
        """The variables that SageMaker and the image set."""
        return {
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "SAGEMAKER_BASE_DIR": str(self.base),
            "OMP_NUM_THREADS": "1",
            **extra,
        }

    def put_channel(self, name: str, text: str) -> None:
        """Writes a channel's one file."""
        folder = self.base / "input" / "data" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "rows.csv").write_text(text)

    def put_hyperparameters(self, **values: str) -> None:
        """Writes the job's hyperparameters."""
        folder = self.base / "input" / "config"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "hyperparameters.json").write_text(json.dumps(values))

    def train(self) -> subprocess.CompletedProcess[str]:
        """Runs `train` to its end."""
        return subprocess.run(
            [str(SOURCE / "train")], env=self.environment(), capture_output=True, text=True, check=False, timeout=120
        )

    def failure(self) -> str:
        """What the failure file says."""
        return (self.base / "output" / "failure").read_text()

    @contextmanager
    def serve(self) -> Iterator[http.client.HTTPConnection]:
        """Runs `serve` and gives a connection to it once /ping answers."""
        port = ports.free_port()
        environment = self.environment(
            SAGEMAKER_BIND_TO_PORT=str(port), MODEL_SERVER_WORKERS="1", MODEL_SERVER_HOST="127.0.0.1"
        )
        server = subprocess.Popen([str(SOURCE / "serve")], env=environment)
        try:
            connection = _connect(server, port)
            yield connection
            connection.close()
        finally:
            server.terminate()
            server.wait(timeout=30)


def _connect(server: subprocess.Popen[bytes], port: int) -> http.client.HTTPConnection:
    deadline = time.monotonic() + 60
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", "/ping")
            if connection.getresponse().read() is not None:
                return connection
        except ConnectionRefusedError:
            connection.close()
            assert server.poll() is None, "serve ended before it answered"
            assert time.monotonic() < deadline, "serve did not answer"
            time.sleep(0.05)
