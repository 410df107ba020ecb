"""Runs an image's programs as processes of this machine, in a private view of the file system where that works."""

import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from local_aws.containers import ports
from local_aws.containers.engine import SERVING_PORT, EngineError, ImageNotFoundError, RunningContainer, RunSpec
from local_aws.containers.process import port_mapping
from local_aws.containers.process.environments import Environments
from local_aws.containers.process.images import DEFAULT_PATH, ImageStore, ProcessImage
from local_aws.containers.process.view import Bind, PrivateView, remove_tree
from local_aws.processes import ManagedProcess

if TYPE_CHECKING:  # loads boto3, which `docker` in a build seldom needs
    from local_aws.platform import Platform

PRIVATE_DESCRIPTION = (
    "process: no docker or podman; programs run with this machine's Python in a private view of its files, "
    "without cpu or memory limits, and a Dockerfile cannot install system packages"
)
BASEDIR_DESCRIPTION = (
    "process-basedir: no docker, podman or private mounts; programs run with this machine's Python and must honour "
    "SAGEMAKER_BASE_DIR; no cpu or memory limits, and a Dockerfile's RUN is limited to pip"
)


@frozen(kw_only=True)
class Storage:
    """Where the process engine keeps images and environments; the builder and the engine share it.

    Attributes:
        images: of this local AWS.
        environments: Python environments, kept between servers.
    """

    images: ImageStore
    environments: Environments

    @classmethod
    def of(cls, state_dir: Path, cache_dir: Path, owner: str = "") -> "Storage":
        """The storage of a local AWS; `owner` is the build whose names of images are seen."""
        images, environments = state_dir / "images", cache_dir / "environments"
        images.mkdir(parents=True, exist_ok=True)
        environments.mkdir(parents=True, exist_ok=True)
        return cls(images=ImageStore(images, owner), environments=Environments(environments))

    def folders(self) -> tuple[Path, Path]:
        """Where files lie: images, environments."""
        return self.images.folder, self.environments.folder


@frozen
class ProcessEngine:
    """Containers as processes.

    Args:
        platform: the local AWS.
        view: how private views are made. Default: none; programs then find their files by SAGEMAKER_BASE_DIR.
    """

    platform: "Platform"
    view: PrivateView | None = None
    storage: Storage = field(init=False)

    @storage.default
    def _storage(self) -> Storage:
        return Storage.of(self.platform.state_dir, self.platform.cache_dir)

    @classmethod
    def probe(cls, platform: "Platform") -> "ProcessEngine":
        """The engine with private views.

        Raises:
            EngineError: this machine does not allow them, and why.
        """
        storage = Storage.of(platform.state_dir, platform.cache_dir)
        return cls(platform, PrivateView.probe(storage.folders()))

    @property
    def name(self) -> str:
        """``process``, or ``process-basedir`` without private views."""
        return "process" if self.view is not None else "process-basedir"

    @property
    def description(self) -> str:
        """The engine and what it does not do."""
        return PRIVATE_DESCRIPTION if self.view is not None else BASEDIR_DESCRIPTION

    def run(self, spec: RunSpec) -> RunningContainer:
        """Starts a program of an image.

        Raises:
            ImageNotFoundError: ECR has no such image, or it was not built here.
            EngineError: the program cannot be started.
        """
        from local_aws.containers.registry import image_digest  # loads boto3

        digest = image_digest(self.platform, spec.image, spec.credentials)
        image = self.storage.images.by_digest(digest)
        if image is None:
            raise ImageNotFoundError(
                f"image {spec.image!r} is in ECR as {digest}, but was not built by this local AWS: "
                "the process engine runs images that a build here pushed"
            )
        return start(self.platform.processes.spawn, self.storage, self.view, image, spec)


Spawn = Callable[..., ManagedProcess]


def start(
    spawn: Spawn,
    storage: Storage,
    view: PrivateView | None,
    image: ProcessImage,
    spec: RunSpec,
    *,
    binds: Sequence[Bind] = (),
) -> RunningContainer:
    """Starts a program of an image that was found.

    Args:
        spawn: starts processes: `Supervisor.spawn`.
        storage: where the image lies.
        view: how private views are made, or None.
        image: what to run.
        spec: how; its `image` is not looked up.
        binds: further folders that are seen inside; they need a view.

    Raises:
        EngineError: the program cannot be started.
    """
    arguments = image.config.arguments(spec.entrypoint, spec.arguments)
    if not arguments:
        raise EngineError(f"image {spec.image!r} has no entrypoint and no command: nothing to run")
    if binds and view is None:
        raise EngineError("folders cannot be mounted without private mounts")
    scratch = storage.images.scratch()
    port = ports.free_port() if spec.serve else None
    environment = runtime_environment(storage, image, spec.environment)
    if port is not None:
        environment["SAGEMAKER_BIND_TO_PORT"] = str(port)
        # no network of its own: a program that honours it stays on loopback
        environment["MODEL_SERVER_HOST"] = "127.0.0.1"
    if view is not None:
        command = view.command(
            scratch=scratch / "view",
            files=image.files,
            binds=[
                *environment_binds(storage, image.environment_key, copy_on_write=True),
                Bind(source=spec.opt_ml.resolve(), target=Path("/opt/ml")),
                *binds,
            ],
            working_dir=image.config.working_dir,
            arguments=arguments,
            hosts=spec.hosts,
            hostname=spec.hostname,
            launchers=storage.environments.launchers(image.environment_key) if image.environment_key else None,
        )
        working_dir = None
    else:
        environment |= {"SAGEMAKER_BASE_DIR": str(spec.opt_ml), "HOME": str(scratch)}
        environment, command = translated(image.files, spec.opt_ml, environment, arguments)
        working_dir = image.files / image.config.working_dir.lstrip("/")
    occupied = port is not None and ports.is_bound(SERVING_PORT)
    try:
        process = _spawn(spawn, command, port, environment=environment, cwd=working_dir, on_line=spec.on_line)
    except OSError as error:
        remove_tree(scratch)
        if port is not None:
            ports.give_back(port)
        raise EngineError(f"image {spec.image!r}: {arguments[0]!r} cannot be started: {error}") from error
    return ProcessContainer(process, scratch, port, occupied, spec.on_line)


def _spawn(spawn: Spawn, command: list[str], port: int | None, **how: Any) -> ManagedProcess:
    """Starts a command; a server's port 8080 is `port` of this machine, where the kernel can tell them apart."""
    if port is None or not port_mapping.SUPPORTED:
        return spawn(command, **how)
    mapping = port_mapping.PortMapping(SERVING_PORT, port)
    try:
        process = spawn(mapping.command(command), descriptors=(mapping.theirs.fileno(),), **how)
    except BaseException:
        mapping.close()
        raise
    mapping.serve()
    return process


def runtime_environment(storage: Storage, image: ProcessImage, given: Mapping[str, str]) -> dict[str, str]:
    """The variables of a run: the image's, then `given`; the image's Python comes where python images have theirs."""
    environment = {"HOME": "/root", **image.config.environment, **given}
    if image.environment_key is not None:
        environment["PATH"] = storage.environments.on_path(image.environment_key, environment.get("PATH", DEFAULT_PATH))
    return environment


def environment_binds(storage: Storage, key: str | None, *, copy_on_write: bool) -> list[Bind]:
    """What makes an image's Python environment visible in a private view."""
    if key is None:
        return []
    folder = storage.environments.python(key)
    return [Bind(source=folder, target=folder, copy_on_write=copy_on_write)]


def translated(
    files: Path, opt_ml: Path, environment: Mapping[str, str], arguments: tuple[str, ...]
) -> tuple[dict[str, str], list[str]]:
    """Variables and arguments in which absolute paths of the image and of /opt/ml point to where these are."""

    def actual(text: str) -> str:
        if text == "/opt/ml" or text.startswith("/opt/ml/"):
            return str(opt_ml / text.removeprefix("/opt/ml").lstrip("/"))
        if text.startswith("/") and text.strip("/"):
            own = files / text.lstrip("/")
            if own.exists():
                return str(own)
        return text

    moved = {name: ":".join(actual(part) for part in value.split(":")) for name, value in environment.items()}
    return moved, [_program(files, actual(arguments[0]), moved), *(actual(argument) for argument in arguments[1:])]


def _program(files: Path, name: str, environment: Mapping[str, str]) -> str:
    if name.startswith("/"):
        own = files / name.lstrip("/")
        return str(own) if own.exists() else name
    return shutil.which(name, path=environment.get("PATH", DEFAULT_PATH)) or name


@define(eq=False)
class ProcessContainer:
    """A running program; made by `start`."""

    _process: ManagedProcess
    _scratch: Path
    _bind_port: int | None
    _port_was_taken: bool
    _on_line: Callable[[str], None]
    _found: int | None = None
    _cleared: bool = False
    _lock: threading.Lock = field(factory=threading.Lock)

    @property
    def port(self) -> int | None:
        """The port on which the program listens; the one it was asked to use until it does."""
        if self._bind_port is None or self._found is not None:
            return self._found
        listening = ports.listening_ports(self._process.pid)
        if listening is None:
            candidates = (self._bind_port,) if self._port_was_taken else (self._bind_port, SERVING_PORT)
            listening = frozenset(filter(ports.accepts, candidates))
        for candidate in (self._bind_port, SERVING_PORT):
            if candidate in listening:
                self._found = candidate
                return candidate
        return self._bind_port

    def poll(self) -> int | None:
        """The exit code as a container has it, or None while it runs."""
        code = self._process.poll()
        return None if code is None else self.wait()

    def wait(self, timeout: float | None = None) -> int:
        """Waits for the end and all output.

        Raises:
            subprocess.TimeoutExpired: it still runs after `timeout` seconds.
        """
        return self._ended(self._process.wait(timeout))

    def terminate(self, grace_seconds: float = 5.0) -> int:
        """Ends it: SIGTERM, then SIGKILL after `grace_seconds`."""
        return self._ended(self._process.terminate(grace_seconds))

    def _ended(self, code: int) -> int:
        with self._lock:
            cleared, self._cleared = self._cleared, True
        if not cleared:
            if self._bind_port is not None:
                ports.give_back(self._bind_port)
                if code != 0 and self._found is None and self._port_was_taken:
                    self._on_line(
                        f"local AWS: port {SERVING_PORT} of this machine is in use: one server at a time can ignore "
                        "SAGEMAKER_BIND_TO_PORT in process mode"
                    )
            remove_tree(self._scratch)
        return 128 - code if code < 0 else code
