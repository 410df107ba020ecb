"""What every container engine does, and which one this machine has."""

import os
import threading
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from attrs import field, frozen

if TYPE_CHECKING:  # the platform loads boto3, which `docker` in a build seldom needs
    from local_aws.containers.process.engine import ProcessEngine
    from local_aws.platform import Credentials, Platform

ENGINE_VARIABLE = "MLOPS_CONTAINER_ENGINE"
"""Environment variable that forces an engine by its name."""

ENGINE_NAMES = ("docker", "podman", "process", "process-basedir")
"""Every engine, in the order in which they are tried."""

SERVING_PORT = 8080
"""The port on which SageMaker's container contract wants a server."""


class EngineError(Exception):
    """An engine cannot do what was asked; the message says which engine, what and why."""


class ImageNotFoundError(EngineError):
    """No image of that name, in the local ECR or among the engine's images."""


@frozen(kw_only=True)
class RunSpec:
    """One container to run.

    Attributes:
        image: ECR URI of the image, by tag or (better) by digest.
        arguments: what the container is started with, such as ``("train",)``.
        entrypoint: in place of the image's entrypoint. Default: the image's.
        environment: variables on top of the image's.
        opt_ml: folder of this machine that the container sees as ``/opt/ml``.
        on_line: receives each line of output as it comes, on a thread of the engine's.
        serve: whether the program answers HTTP on port 8080 (or on ``SAGEMAKER_BIND_TO_PORT``).
        credentials: with which the image is looked up in ECR. Default: the service's own.
        hosts: names that the container resolves, with their addresses (``{"algo-1": "127.0.0.1"}``).
        hostname: what the container takes for its own name. Default: this machine's.
    """

    image: str
    arguments: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(factory=dict)
    opt_ml: Path
    on_line: Callable[[str], None]
    serve: bool = False
    credentials: "Credentials | None" = None
    hosts: Mapping[str, str] = field(factory=dict)
    hostname: str = ""


class RunningContainer(Protocol):
    """A container that was started."""

    @property
    def port(self) -> int | None:
        """Port on 127.0.0.1 that reaches the server inside; None without `RunSpec.serve`.

        Ask again before each attempt until the server answers: a program that ignores ``SAGEMAKER_BIND_TO_PORT``
        is found on port 8080 once it listens there.
        """

    def poll(self) -> int | None:
        """The exit code as a container has it (128 + signal for a killed one), or None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Waits for the end and for all output to be delivered; gives the exit code.

        Args:
            timeout: seconds. Default: as long as it takes.

        Raises:
            subprocess.TimeoutExpired: it still runs.
        """

    def terminate(self, grace_seconds: float = 5.0) -> int:
        """Sends SIGTERM, SIGKILL after `grace_seconds`, and gives the exit code."""


class ContainerEngine(Protocol):
    """Runs containers of images that were pushed to the local ECR."""

    @property
    def name(self) -> str:
        """``docker``, ``podman``, ``process`` or ``process-basedir``."""

    @property
    def description(self) -> str:
        """One line for people: the engine and what it does not do."""

    def run(self, spec: RunSpec) -> RunningContainer:
        """Starts a container.

        Raises:
            ImageNotFoundError: ECR has no such image, or this engine never got it.
            EngineError: it cannot be started.
        """


_chosen: "weakref.WeakKeyDictionary[Platform, ContainerEngine]" = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def choose_engine(platform: "Platform") -> ContainerEngine:
    """The engine of this machine: the first of docker, podman, process and process-basedir that a trial run proves.

    Behind docker and podman stand processes, for images whose base image cannot be fetched. The choice is made once for
    each local AWS. ``MLOPS_CONTAINER_ENGINE`` forces one by name, with nothing behind it.

    Raises:
        EngineError: the forced engine is unknown or does not work, or none does; the message says why.
    """
    with _lock:
        engine = _chosen.get(platform)
        if engine is None:
            engine = _chosen[platform] = _first_working(platform)
        return engine


def _first_working(platform: "Platform") -> ContainerEngine:
    # engines import this module
    from local_aws.containers.command_line_engine import CommandLineEngine
    from local_aws.containers.pair import EnginePair
    from local_aws.containers.process.engine import ProcessEngine

    forced = os.environ.get(ENGINE_VARIABLE, "")
    if forced and forced not in ENGINE_NAMES:
        raise EngineError(f"{ENGINE_VARIABLE}={forced}: expected one of {', '.join(ENGINE_NAMES)}")
    reasons = []
    for name in (forced,) if forced else ENGINE_NAMES:
        try:
            if name == "process":
                return ProcessEngine.probe(platform)
            if name == "process-basedir":
                return ProcessEngine(platform)
            engine = CommandLineEngine.probe(name, platform)
        except EngineError as error:
            reasons.append(f"{name}: {error}")
            continue
        return engine if forced else EnginePair(engine, _processes(platform))
    raise EngineError("no container engine works here: " + "; ".join(reasons))


def _processes(platform: "Platform") -> "ProcessEngine":
    from local_aws.containers.process.engine import ProcessEngine

    try:
        return ProcessEngine.probe(platform)
    except EngineError:
        return ProcessEngine(platform)
