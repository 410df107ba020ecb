"""Docker and podman, through their command line."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

from attrs import define, field

from local_aws.containers import ports, trial
from local_aws.containers.engine import SERVING_PORT, EngineError, ImageNotFoundError, RunningContainer, RunSpec
from local_aws.containers.pushed import PushedImages
from local_aws.containers.registry import image_digest
from local_aws.platform import Platform
from local_aws.processes import ManagedProcess

OWNER_LABEL = "local-aws.server"
_CALL_SECONDS = 30
_ENGINE_FAILED = 125  # the engine's own exit codes begin here, above those of programs
_KEPT = (
    "CONTAINERS_CONF",
    "CONTAINERS_STORAGE_CONF",
    "CONTAINER_HOST",
    "DOCKER_CERT_PATH",
    "DOCKER_CONTEXT",
    "DOCKER_HOST",
    "DOCKER_TLS_VERIFY",
    "HOME",
    "LD_LIBRARY_PATH",
    "PATH",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
)
# podman of Debian 12 fails on machines without systemd unless it is told these
_PODMAN_SETTINGS = """[engine]
runtime = "runc"
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=10000:10000"]
"""


@define(eq=False)
class CommandLineEngine:
    """Containers of docker or podman, on the machine's network.

    Args:
        platform: the local AWS.
        name: ``docker`` or ``podman``.
        program: path of its program.
        settings: variables that the program runs with.
    """

    platform: Platform
    name: str
    program: str
    settings: dict[str, str]
    images: PushedImages = field(init=False)
    _names: set[str] = field(factory=set)
    _lock: threading.Lock = field(factory=threading.Lock)

    def __attrs_post_init__(self) -> None:
        self.images = PushedImages(self.platform.state_dir / "pushed")
        self.platform.on_stop(self._remove_all)

    @property
    def description(self) -> str:
        """The engine."""
        return f"{self.name}: containers of {self.program}"

    @classmethod
    def probe(cls, name: str, platform: Platform) -> "CommandLineEngine":
        """Tries an engine with a real run.

        Args:
            name: ``docker`` or ``podman``.
            platform: the local AWS.

        Raises:
            EngineError: it does not run containers here, and why.
        """
        program = shutil.which(name)
        if program is None:
            raise EngineError(f"there is no program {name} on PATH")
        if sys.platform != "linux":
            raise EngineError("containers must share this machine's network, which docker offers on Linux alone")
        content = trial.archive()
        if content is None:
            raise EngineError(f"no trial program for this kind of machine ({os.uname().machine})")
        settings = {variable: os.environ[variable] for variable in _KEPT if variable in os.environ}
        candidates = [settings]
        if name == "podman":
            file = platform.state_dir / "containers.conf"
            file.write_text(_PODMAN_SETTINGS)
            candidates.append({**settings, "CONTAINERS_CONF": str(file)})
        reason = ""
        for candidate in candidates:
            reason = _try(program, candidate, content)
            if not reason:
                _remove_orphans(program, candidate)
                return cls(platform, name, program, candidate)
        raise EngineError(f"{program} runs no containers: {reason}")

    def run(self, spec: RunSpec) -> RunningContainer:
        """Starts a container.

        Raises:
            ImageNotFoundError: ECR has no such image, or it was not pushed from here.
            EngineError: it cannot be started.
        """
        digest = image_digest(self.platform, spec.image, spec.credentials)
        image_id = self.images.image_id(digest)
        if image_id is None:
            raise ImageNotFoundError(
                f"image {spec.image!r} is in ECR as {digest}, but was not pushed from {self.name} here"
            )
        name = f"local-aws-{uuid.uuid4().hex[:12]}"
        port = ports.free_port() if spec.serve else None
        taken = port is not None and ports.is_bound(SERVING_PORT)
        variables = dict(spec.environment)
        if port is not None:
            variables["SAGEMAKER_BIND_TO_PORT"] = str(port)
        command = [self.program, "run", "--rm", "--name", name, "--label", f"{OWNER_LABEL}={os.getpid()}"]
        command += [
            "--network",
            "host",
            "--security-opt",
            "label=disable",
            "--shm-size",
            str(_shared_memory_bytes()),
            "--volume",
            f"{spec.opt_ml.resolve()}:/opt/ml",
        ]
        for host, address in spec.hosts.items():
            command += ["--add-host", f"{host}:{address}"]
        if spec.hostname:
            command += ["--hostname", spec.hostname]
        for variable, value in variables.items():
            command += ["--env", f"{variable}={value}"]
        if spec.entrypoint is not None:
            command += ["--entrypoint", spec.entrypoint[0]]
        command += [image_id, *(spec.entrypoint or ())[1:], *spec.arguments]
        with self._lock:
            self._names.add(name)
        try:
            process = self.platform.processes.spawn(command, environment=self.settings, on_line=spec.on_line)
        except OSError as error:
            if port is not None:
                ports.give_back(port)
            raise EngineError(f"image {spec.image!r} cannot be started: {error}") from error
        return CommandLineContainer(self, name, process, port, taken, spec.on_line)

    def stop(self, name: str, grace_seconds: float) -> None:
        """Ends a container by its name."""
        seconds = max(1, round(grace_seconds))
        _call(self.program, self.settings, "stop", "--time", str(seconds), name, seconds=seconds + _CALL_SECONDS)

    def forget(self, name: str, *, removed: bool = False) -> None:
        """Removes what is left of a container.

        Args:
            name: of the container.
            removed: whether the engine has done so already.
        """
        with self._lock:
            if name not in self._names:
                return
            self._names.remove(name)
        if not removed:
            _call(self.program, self.settings, "rm", "--force", name)

    def _remove_all(self) -> None:
        with self._lock:
            names, self._names = self._names, set()
        if names:
            _call(self.program, self.settings, "rm", "--force", *names)
        if pushed := self.images.all_names():
            _call(self.program, self.settings, "rmi", *pushed)


@define(eq=False)
class CommandLineContainer:
    """A container of docker or podman."""

    _engine: CommandLineEngine
    _name: str
    _process: ManagedProcess
    _bind_port: int | None
    _port_was_taken: bool
    _on_line: Callable[[str], None]
    _found: int | None = None
    _ended: bool = False

    @property
    def port(self) -> int | None:
        """The port on which the server answers; the one it was asked to use until it does."""
        if self._bind_port is None or self._found is not None:
            return self._found
        candidates = (self._bind_port,) if self._port_was_taken else (self._bind_port, SERVING_PORT)
        for candidate in candidates:
            if ports.accepts(candidate):
                self._found = candidate
                return candidate
        return self._bind_port

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        return None if self._process.poll() is None else self.wait()

    def wait(self, timeout: float | None = None) -> int:
        """Waits for the end and all output.

        Raises:
            subprocess.TimeoutExpired: it still runs after `timeout` seconds.
        """
        return self._end(self._process.wait(timeout))

    def terminate(self, grace_seconds: float = 5.0) -> int:
        """Ends it: SIGTERM, then SIGKILL after `grace_seconds`."""
        if self._process.poll() is None:
            self._engine.stop(self._name, grace_seconds)
        try:
            return self.wait(10)
        except subprocess.TimeoutExpired:
            self._engine.forget(self._name)
            return self._end(self._process.terminate(1))

    def _end(self, code: int) -> int:
        if not self._ended:
            self._ended = True
            if self._bind_port is not None:
                ports.give_back(self._bind_port)
                if code != 0 and self._found is None and self._port_was_taken:
                    self._on_line(
                        f"local AWS: port {SERVING_PORT} of this machine is in use: one server at a time can ignore "
                        "SAGEMAKER_BIND_TO_PORT"
                    )
            # `run --rm` removes what ends by itself, but not surely where the engine failed or the program was killed
            self._engine.forget(self._name, removed=0 <= code < _ENGINE_FAILED)
        return 128 - code if code < 0 else code


def _shared_memory_bytes() -> int:
    """The size of /dev/shm: half of the memory, as Linux itself has it; it takes what is written there alone."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def _try(program: str, settings: Mapping[str, str], content: bytes) -> str:
    """Why a trial run fails, or an empty text."""
    image = f"local-aws/trial:{uuid.uuid4().hex[:12]}"  # its own: others may try at the same time
    with tempfile.NamedTemporaryFile(suffix=".tar") as file:
        file.write(content)
        file.flush()
        imported = _call(program, settings, "import", file.name, image)
    if imported.returncode:
        return f"import: {imported.stderr.strip() or imported.stdout.strip()}"
    ran = _call(program, settings, "run", "--rm", "--network", "host", image, "/trial")
    _call(program, settings, "rmi", "--force", image)
    if ran.returncode != trial.EXIT_CODE:
        return f"trial run exited with {ran.returncode}: {ran.stderr.strip()}"
    return ""


def _remove_orphans(program: str, settings: Mapping[str, str]) -> None:
    """Removes containers of servers that were killed."""
    listed = _call(program, settings, "ps", "--all", "--quiet", "--filter", f"label={OWNER_LABEL}")
    for container in listed.stdout.split():
        shown = _call(program, settings, "inspect", container)
        if shown.returncode:
            continue  # it ended meanwhile
        owner = json.loads(shown.stdout)[0]["Config"]["Labels"][OWNER_LABEL]
        if not Path(f"/proc/{owner}").exists():
            _call(program, settings, "rm", "--force", container)


def _call(
    program: str, settings: Mapping[str, str], *arguments: str, seconds: float = _CALL_SECONDS
) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(
            [program, *arguments],
            env=dict(settings),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess([program, *arguments], 125, "", str(error))
