"""Starts and stops the local AWS inside a process: the composition of its services."""

import asyncio
import socket
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn
from attrs import define, field

from local_aws import moto_mends
from local_aws.gateway.app import Gateway
from local_aws.health import Health
from local_aws.iam.authority import IamAuthority
from local_aws.iam.sts import StsOperations
from local_aws.platform import Platform
from local_aws.scratch import Scratch, sweep
from local_aws.services import register_services

_BACKLOG = 2048
# clients keep connections for long; a server that closes first makes their next request fail
_KEEP_ALIVE_SECONDS = 3600
_DRAIN_SECONDS = 2


@define(eq=False)
class LocalAws:
    """A running local AWS; use as a context manager, or `start` and `stop`.

    Args:
        port: TCP port on 127.0.0.1. Default: a free one.
        cache_dir: where container environments are kept between runs. Default: a temporary folder, removed at stop.
        register: makes the services and registers them with the gateway. Default: all that there are.
    """

    port: int = 0
    cache_dir: Path | None = None
    register: Callable[[Gateway, Platform], None] | None = None
    platform: Platform = field(init=False)
    gateway: Gateway = field(init=False)
    health: Health = field(init=False)
    stop_requested: threading.Event = field(init=False, factory=threading.Event)
    _server: uvicorn.Server = field(init=False)
    _thread: threading.Thread = field(init=False)
    _scratch: Scratch = field(init=False)

    def start(self) -> Self:
        """Binds the port, registers the services, and returns once requests are answered.

        Raises:
            OSError: the port is in use.
        """
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", self.port))
            listener.listen(_BACKLOG)
        except OSError:
            listener.close()
            raise
        self.port = listener.getsockname()[1]
        self._scratch = Scratch.make()
        # nobody waits for it: what a killed server left may be large
        threading.Thread(target=sweep, name="sweep", daemon=True).start()
        self.platform = Platform(
            endpoint_url=f"http://127.0.0.1:{self.port}",
            state_dir=self._scratch.folder / "state",
            cache_dir=self.cache_dir or self._scratch.folder / "cache",
        )
        self.platform.state_dir.mkdir()
        self.platform.cache_dir.mkdir(parents=True, exist_ok=True)
        moto_mends.use(self.platform)
        authority = IamAuthority()
        self.gateway = Gateway(authority, on_thread_start=partial(moto_mends.serve, self.platform))
        self.gateway.register(StsOperations(authority.identities))
        (self.register or register_services)(self.gateway, self.platform)
        self.health = Health(self.gateway, self.platform, self.stop_requested.set)
        self.health.register()
        config = uvicorn.Config(
            self.gateway,
            http=self.gateway.protocol or "auto",
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            ws="none",
            backlog=_BACKLOG,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_DRAIN_SECONDS,
        )
        self._server = uvicorn.Server(config)
        # the listener queues connections until the loop accepts them
        self._thread = threading.Thread(target=self._serve, args=(listener,), name="gateway", daemon=True)
        self._thread.start()
        return self

    def _serve(self, listener: socket.socket) -> None:
        with asyncio.Runner(loop_factory=self._server.config.get_loop_factory()) as runner:
            runner.run(self._server.serve(sockets=[listener]))

    def stop(self) -> None:
        """Ends every job, execution and server that runs, then the gateway, and removes the state."""
        self.platform.stop()
        moto_mends.leave(self.platform)
        self._server.should_exit = True
        self._thread.join(timeout=_DRAIN_SECONDS + 3)
        self.gateway.close()
        self._scratch.remove()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
