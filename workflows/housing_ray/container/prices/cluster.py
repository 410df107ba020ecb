"""A Ray cluster of a job's hosts: the first one leads, the others join it; all end together.

A job of one host has a cluster of its own. The address of a host is what its name resolves to: where hosts share one
machine's network, as in the local AWS's process mode, each has a loopback address of its own.

Ray reads its settings when it is imported: only what runs on the cluster may import it.
"""

import hashlib
import ipaddress
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from prices.contract import Hosts, hosts, tell_failure
from prices.rendezvous import Assembly, HostLostError, Membership

RAY_PORT = 9339
RENDEZVOUS_PORT = 9340
_FREE_PORTS = range(20000, 30000)
"""Below those that systems give to outgoing connections: nobody takes one before Ray listens."""
_ALL_ADDRESSES = "0.0.0.0"  # noqa: S104 - asked for, not listened on
JOIN_SECONDS = 200.0
"""How long hosts wait for each other: their instances start at different moments."""

_OBJECT_STORE_BYTES = 512 * 2**20
_PAUSE_SECONDS = 0.1


def processors() -> int:
    """The processors that this host may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_on_cluster(work: Callable[[], None], *, num_cpus: int | None = None) -> None:
    """Does the work on the first host, with a Ray cluster of all hosts; the others serve until it has ended.

    Args:
        work: finds Ray connected. What it raises ends all hosts.
        num_cpus: that Ray may count on each host. Default: its processors.

    Raises:
        HostLostError: a host did not come, or, on the other hosts, the first one failed.
    """
    here = hosts()
    os.environ.update(_ray_environment(here))
    if "AWS_REGION" in os.environ:  # what SageMaker sets; boto3 reads the other
        os.environ.setdefault("AWS_DEFAULT_REGION", os.environ["AWS_REGION"])
    count = processors() if num_cpus is None else num_cpus
    if len(here.names) == 1:
        with _ray_folder() as folder:
            _start_ray(folder, count)
            try:
                work()
            finally:
                _end_ray()
    elif here.leads:
        _lead(here, work, count)
    else:
        _join(here, count)


def results(answers: list[Any]) -> list[Any]:
    """What tasks of Ray give; the first error among them is raised as what it was where it came up."""
    import ray

    try:
        return list(ray.get(answers))
    except ray.exceptions.RayTaskError as error:
        raise error.cause if isinstance(error.cause, Exception) else error from error


def _ray_environment(here: Hosts) -> dict[str, str]:
    """Ray's settings that come by the environment, the same for all that it starts.

    Ray's processes talk only to who knows a token. Hosts of a job have nothing else in common than the job: its token
    keeps other jobs' hosts out; what keeps strangers out is the job's network.
    """
    token = hashlib.sha256("\0".join(("prices", here.job, *here.names)).encode()).hexdigest()
    return {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": os.environ.get("RAY_AUTH_TOKEN", token),
        "RAY_USAGE_STATS_ENABLED": "0",
        # else Ray starts a process for each processor before there is work for it
        "RAY_prestart_worker_first_driver": "0",
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    }


@contextmanager
def _ray_folder() -> Iterator[Path]:
    """A folder for whatever is temporary on this host, Ray's files and the work's; it goes with the job."""
    # the paths of sockets below it must not be longer than about a hundred characters
    folder = Path(tempfile.mkdtemp(prefix="ray-", dir=os.environ.get("RAY_TMPDIR", "/tmp")))  # noqa: S108 - a fresh one
    tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start_ray(folder: Path, num_cpus: int, address: str | None = None) -> None:
    import ray

    ray.init(
        address="local",
        num_cpus=num_cpus,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="WARNING",
        object_store_memory=_OBJECT_STORE_BYTES,
        _temp_dir=str(folder),
        **({} if address is None else {"_node_ip_address": address}),
    )


def _end_ray() -> None:
    import ray

    with _clearing_processes():
        ray.shutdown()


@contextmanager
def _clearing_processes() -> Iterator[None]:
    """Kills behind it what ran below this process: Ray's agents can outlive the process that they serve."""
    import psutil  # Ray, which is imported by now, brings it

    below = psutil.Process().children(recursive=True)
    try:
        yield
    finally:
        for process in below:
            with suppress(psutil.NoSuchProcess):
                process.kill()


def _lead(here: Hosts, work: Callable[[], None], num_cpus: int) -> None:
    import ray

    address = _resolve(here.current)
    others = tuple(name for name in here.names if name != here.current)
    assembly = Assembly((address, RENDEZVOUS_PORT), token=os.environ["RAY_AUTH_TOKEN"], names=others)
    failure: str | None = f"{here.current} was ended"
    try:
        with _ray_folder() as folder:
            os.environ["RAY_GCS_SERVER_PORT"] = str(_ray_port(address))
            _start_ray(folder, num_cpus, address)
            try:
                assembly.gather(JOIN_SECONDS)
                assembly.announce(
                    {"address": ray.get_runtime_context().gcs_address},
                    lost=lambda name: _end_at_once(
                        assembly, folder, f"{name} is gone, and with it a part of the cluster"
                    ),
                )
                _await_nodes(len(here.names))
                print(f"cluster: {', '.join(here.names)}", flush=True)
                work()
                failure = None
            finally:
                assembly.release()
                _end_ray()
    except Exception as error:
        failure = str(error)
        raise
    finally:
        assembly.end(failure)


def _ray_port(address: str) -> int:
    """Ray listens on all addresses of a host: hosts that share a network must not all want one port."""
    if not ipaddress.ip_address(address).is_loopback:
        return RAY_PORT
    for port in random.sample(_FREE_PORTS, len(_FREE_PORTS)):
        with socket.socket() as probe, suppress(OSError):
            probe.bind((_ALL_ADDRESSES, port))
            return port
    raise OSError(f"no free port between {_FREE_PORTS.start} and {_FREE_PORTS.stop}")


def _end_at_once(assembly: Assembly, folder: Path, reason: str) -> None:
    """Ends this process and, with it, Ray's: work that waits for a host that is gone would wait for long."""
    print(f"error: {reason}", file=sys.stderr, flush=True)
    tell_failure(reason)
    with _clearing_processes():
        assembly.end(reason)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


def _await_nodes(count: int) -> None:
    import ray

    deadline = time.monotonic() + JOIN_SECONDS
    while sum(node["Alive"] for node in ray.nodes()) < count:
        if time.monotonic() > deadline:
            raise HostLostError(f"the hosts did not join Ray within {JOIN_SECONDS:.0f} s")
        time.sleep(_PAUSE_SECONDS)


def _resolve(name: str) -> str:
    try:
        return socket.gethostbyname(name)
    except OSError as error:
        raise HostLostError(f"the name of this host, {name}, does not resolve: {error}") from error


def _join(here: Hosts, num_cpus: int) -> None:
    # a job that is stopped must not leave Ray behind; on the first host, Ray itself sees to that
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    leader = here.names[0]
    membership = Membership(
        (leader, RENDEZVOUS_PORT), token=os.environ["RAY_AUTH_TOKEN"], name=here.current, seconds=JOIN_SECONDS
    )
    try:
        cluster = membership.cluster()
        with _ray_folder() as folder, _node(cluster["address"], _resolve(here.current), num_cpus, folder) as node:
            print(f"cluster: {here.current} joins {leader}", flush=True)
            threading.Thread(target=_leave_after, args=(node, membership), daemon=True).start()
            try:
                membership.wait()
            except HostLostError as error:
                if node.poll() is None:
                    raise
                raise HostLostError(f"Ray on {here.current} ended with {node.returncode}") from error
    finally:
        membership.leave()


def _leave_after(node: subprocess.Popen[bytes], membership: Membership) -> None:
    node.wait()
    membership.leave()


@contextmanager
def _node(address: str, own: str, num_cpus: int, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Ray's processes of a host that joins, in a process group of their own."""
    program = [sys.executable, "-c", "from ray.scripts.scripts import main; main()", "start", "--block"]
    settings = {
        "address": address,
        "node-ip-address": own,
        "num-cpus": num_cpus,
        "object-store-memory": _OBJECT_STORE_BYTES,
        "temp-dir": folder,
    }
    command = [*program, *(f"--{name}={value}" for name, value in settings.items())]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, process_group=0) as node:
        try:
            yield node
        finally:
            with suppress(ProcessLookupError):  # it holds nothing that must be kept
                os.killpg(node.pid, signal.SIGKILL)
