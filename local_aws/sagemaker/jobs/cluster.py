"""The containers of one job: one for each host, which begin and end together."""

import ipaddress
import itertools
import threading
from collections.abc import Mapping

from attrs import define, field, frozen

from local_aws.containers.engine import EngineError, ImageNotFoundError, RunningContainer, RunSpec
from local_aws.sagemaker.jobs.record import JobRecord
from local_aws.sagemaker.jobs.work import JobFailedError, JobGround

_HOSTS_IN_A_NETWORK = 256
_SHORT_GRACE = 1.0
# 127.0.0.0/8 is loopback as a whole: hosts of jobs that run side by side can use the same ports
_first_address = ipaddress.IPv4Address("127.64.0.0")
_networks = itertools.cycle(range(1, 1 << 14))


def host_names(count: int) -> tuple[str, ...]:
    """The names of a job's hosts: ``algo-1`` and so on."""
    return tuple(f"algo-{number}" for number in range(1, count + 1))


def host_addresses(names: tuple[str, ...]) -> dict[str, str]:
    """An address for each host of a job; hosts of several have loopback addresses that no other job has."""
    if len(names) == 1:
        return {names[0]: "127.0.0.1"}
    network = _first_address + next(_networks) * _HOSTS_IN_A_NETWORK
    return {name: str(network + number) for number, name in enumerate(names, start=1)}


@frozen
class ClusterEnd:
    """How the containers ended.

    Attributes:
        exit_code: 0, or the code of the first host that failed.
        host: that failed first; the first host where none did.
        too_long: whether they were ended for their time.
    """

    exit_code: int
    host: str
    too_long: bool


@define(eq=False, kw_only=True)
class Cluster:
    """Runs the containers of one job.

    Args:
        ground: what jobs run on.
        job: can be stopped while they run.
        specs: what each host runs.
        limit_seconds: after which they are ended.
        program: as AWS's message names it: ``docker run <image> train``.
    """

    ground: JobGround
    job: JobRecord
    specs: Mapping[str, RunSpec]
    limit_seconds: float
    program: str
    _containers: dict[str, RunningContainer] = field(factory=dict)
    _failed: tuple[str, int] | None = None
    _stopping: threading.Event = field(factory=threading.Event)
    _lock: threading.Lock = field(factory=threading.Lock)

    def run(self) -> ClusterEnd:
        """Starts all, and waits for the end of all; where one fails, the others are ended.

        Raises:
            JobFailedError: one cannot be started.
        """
        with self.ground.ending_with(lambda: self._end(_SHORT_GRACE)):
            self._start()
            return self._wait()

    def _start(self) -> None:
        for host, spec in self.specs.items():
            try:
                engine = self.ground.engine()
                if not self._containers and len(self.specs) > 1:
                    spec.on_line(_network_note(engine.name, spec.hosts))
                container = engine.run(spec)
            except EngineError as error:
                self._end(_SHORT_GRACE)
                if isinstance(error, ImageNotFoundError):
                    raise JobFailedError(f"ClientError: Cannot pull algorithm container. {error}") from error
                spec.on_line(str(error))
                raise JobFailedError(f"AlgorithmError: {cannot_start(self.program)} {error}") from error
            self._containers[host] = container
            if self._stopping.is_set():
                container.terminate(_SHORT_GRACE)

    def _wait(self) -> ClusterEnd:
        grace = self.ground.settings.stop_grace_seconds
        too_long = threading.Event()

        def end_long_run() -> None:
            too_long.set()
            self._end(grace)

        timer = threading.Timer(self.limit_seconds, end_long_run)
        timer.daemon = True
        timer.start()
        try:
            self.job.while_running(lambda: self._end_later(grace))
            self._join(grace)
        finally:
            timer.cancel()
            self.job.while_running(None)
        host, code = self._failed or (next(iter(self.specs)), 0)
        return ClusterEnd(code, host, too_long.is_set())

    def _join(self, grace: float) -> None:
        first, *others = self._containers
        threads = [
            threading.Thread(target=self._await, args=(host, grace), name=f"{self.job.name} {host}", daemon=True)
            for host in others
        ]
        for thread in threads:
            thread.start()
        self._await(first, grace)
        for thread in threads:
            thread.join()

    def _await(self, host: str, grace: float) -> None:
        code = self._containers[host].wait()
        if code == 0:
            return
        with self._lock:
            first = self._failed is None
            if first:
                self._failed = (host, code)
        if first and not self._stopping.is_set():
            self._end(grace)

    def _end_later(self, grace: float) -> None:
        self.ground.platform.workers.submit(self._end, grace)

    def _end(self, grace: float) -> None:
        """Ends every container, all at once."""
        self._stopping.set()
        threads = [
            threading.Thread(target=container.terminate, args=(grace,), name=f"end of {self.job.name}", daemon=True)
            for container in list(self._containers.values())
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def cannot_start(program: str) -> str:
    """What AWS says of a container that does not start.

    Args:
        program: such as ``docker run <image> train``.
    """
    return (
        f"CannotStartContainerError. Please make sure the container can be run with '{program}'. "
        "Please refer SageMaker documentation for details. It is possible that the Dockerfile's entrypoint is not "
        "properly defined, or missing permissions."
    )


def _network_note(engine_name: str, addresses: Mapping[str, str]) -> str:
    """What the log of a job with several hosts says about the network between them."""
    told = ", ".join(f"{name} is {address}" for name, address in addresses.items())
    if engine_name == "process-basedir":
        return f"local AWS: names of hosts do not resolve without private mounts; use addresses: {told}"
    return f"local AWS: the hosts share this machine's network ({told}): listen on the host's own address, not on all"
