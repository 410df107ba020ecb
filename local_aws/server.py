"""Starts and stops the local AWS inside a process: the composition of its services."""

import shutil
import socket
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn
from attrs import define, field

from local_aws.gateway.app import Gateway
from local_aws.iam.authority import IamAuthority
from local_aws.iam.sts import StsOperations
from local_aws.platform import Platform
from local_aws.services import register_services


@define(eq=False)
class LocalAws:
    """A running local AWS; use as a context manager, or `start` and `stop`.

    Args:
        port: TCP port on 127.0.0.1. Default: a free one.
        cache_dir: where container environments are kept between runs. Default: a temporary folder, removed at stop.
    """

    port: int = 0
    cache_dir: Path | None = None
    platform: Platform = field(init=False)
    _server: uvicorn.Server = field(init=False)
    _thread: threading.Thread = field(init=False)
    _scratch: Path = field(init=False)

    def start(self) -> Self:
        """Binds the port, registers the services, and returns once requests are answered.

        Raises:
            OSError: the port is in use.
        """
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        self._scratch = Path(tempfile.mkdtemp(prefix="local-aws-"))
        self.platform = Platform(
            endpoint_url=f"http://127.0.0.1:{self.port}",
            state_dir=self._scratch / "state",
            cache_dir=self.cache_dir or self._scratch / "cache",
        )
        self.platform.state_dir.mkdir()
        self.platform.cache_dir.mkdir(parents=True, exist_ok=True)
        authority = IamAuthority()
        gateway = Gateway(authority)
        gateway.register(StsOperations(authority.identities))
        register_services(gateway, self.platform)
        config = uvicorn.Config(
            gateway, log_level="warning", access_log=False, lifespan="off", server_header=False, ws="none"
        )
        self._server = uvicorn.Server(config)
        listener.listen(2048)
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(listener, started), name="gateway", daemon=True)
        self._thread.start()
        started.wait()
        return self

    def _run(self, listener: socket.socket, started: threading.Event) -> None:
        started.set()  # the listener queues connections from here on
        self._server.run(sockets=[listener])

    def stop(self) -> None:
        """Ends every job, execution and server that runs, then the gateway, and removes the state."""
        self.platform.stop()
        self._server.should_exit = True
        self._thread.join(timeout=10)
        shutil.rmtree(self._scratch, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
