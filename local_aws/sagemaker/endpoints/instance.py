"""One instance of a variant: a container that is started, watched, and started again when it ends."""

import http.client
import subprocess
import threading
import time
from collections.abc import Callable

from attrs import define, field

from local_aws.containers.engine import ContainerEngine, EngineError, RunningContainer, RunSpec
from local_aws.sagemaker.endpoints.settings import EndpointSettings

_FIRST_LOOK_SECONDS = 0.02
_LAST_LOOK_SECONDS = 0.5
_FIRST_PAUSE_SECONDS = 0.1
_LAST_PAUSE_SECONDS = 5.0


@define(eq=False, kw_only=True)
class ModelInstance:
    """Keeps one container serving, in a thread of its own.

    Args:
        engine: runs the container.
        spec: how; with `serve`.
        write: takes lines for the endpoint's log.
        settings: times and counts.
        startup_seconds: the container's time to its first healthy /ping.
        on_first: called once: when /ping first answers 200, or when it is clear that it never will.
        on_change: called whenever `address` changes after that.

    Attributes:
        address: port on 127.0.0.1 of the healthy container; None while there is none.
        failure: why the instance never became healthy.
    """

    engine: ContainerEngine
    spec: RunSpec
    write: Callable[[str], None]
    settings: EndpointSettings
    startup_seconds: float
    on_first: Callable[["ModelInstance"], None]
    on_change: Callable[[], None]
    address: int | None = None
    failure: str | None = None
    _container: RunningContainer | None = None
    _stopping: threading.Event = field(factory=threading.Event)
    _thread: threading.Thread | None = None
    _lock: threading.Lock = field(factory=threading.Lock)

    def start(self) -> None:
        """Starts the container and its keeper."""
        self._thread = threading.Thread(target=self._keep, name="model instance", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the container; returns when it is gone."""
        self._stopping.set()
        with self._lock:
            container = self._container
        if container is not None:
            container.terminate(self.settings.stop_grace_seconds)
        if self._thread is not None:
            self._thread.join()

    def _keep(self) -> None:
        if not self._reach_service():
            return
        pause = _FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            began = time.monotonic()
            self._serve()
            self._set_address(None)
            if self._stopping.is_set():
                return
            if time.monotonic() - began > _LAST_PAUSE_SECONDS:
                pause = _FIRST_PAUSE_SECONDS
            self._stopping.wait(pause)
            pause = min(pause * 2, _LAST_PAUSE_SECONDS)
            if not self._stopping.is_set():
                self._restart()

    def _reach_service(self) -> bool:
        deadline = time.monotonic() + self.startup_seconds
        reason = ""
        for _ in range(self.settings.startup_attempts):
            if self._stopping.is_set():
                break
            try:
                container = self._run()
            except EngineError as error:
                self.write(str(error))
                reason = str(error)
                break
            if container is None or self._healthy_before(container, deadline):
                break
            code = container.poll()
            if code is None:
                break
            reason = f"exit code {code}"
            self.write(f"local AWS: the container ended with exit code {code} before it answered /ping")
        if self.address is None:
            self.failure = reason or "no healthy answer to /ping"
            self._end_container()
        self.on_first(self)
        return self.address is not None

    def _restart(self) -> None:
        try:
            container = self._run()
        except EngineError as error:
            self.write(str(error))
        else:
            if container is not None:
                self._healthy_before(container, time.monotonic() + self.startup_seconds)

    def _run(self) -> RunningContainer | None:
        """Starts a container; None where the instance was stopped meanwhile."""
        container = self.engine.run(self.spec)
        with self._lock:
            self._container = container
        if self._stopping.is_set():
            self._end_container()
            return None
        return container

    def _healthy_before(self, container: RunningContainer, deadline: float) -> bool:
        look = _FIRST_LOOK_SECONDS
        while time.monotonic() < deadline and container.poll() is None and not self._stopping.is_set():
            port = container.port
            if port is not None and self._ping(port):
                self._set_address(port)
                return True
            self._stopping.wait(look)
            look = min(look * 1.2, _LAST_LOOK_SECONDS)
        return False

    def _serve(self) -> None:
        """Watches the container until it ends or is ended for its silence."""
        container, failures = self._container, 0
        while container is not None:
            try:
                code = container.wait(self.settings.ping_seconds)
            except subprocess.TimeoutExpired:
                failures = 0 if self.address is not None and self._ping(self.address) else failures + 1
                if failures < self.settings.ping_failures:
                    continue
                self.write(f"local AWS: /ping failed {failures} times in a row: the container is replaced")
                self._set_address(None)
                container.terminate(self.settings.stop_grace_seconds)
            else:
                if not self._stopping.is_set():
                    self.write(f"local AWS: the container ended with exit code {code}: it is started again")
            return

    def _ping(self, port: int) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=self.settings.ping_timeout_seconds)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _set_address(self, port: int | None) -> None:
        if port != self.address:
            self.address = port
            self.on_change()

    def _end_container(self) -> None:
        with self._lock:
            container = self._container
        if container is not None:
            container.terminate(self.settings.stop_grace_seconds)
