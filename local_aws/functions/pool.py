"""The pool of execution environments: reuses warm ones, ends those that are idle."""

import contextlib
import os
import secrets
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from attrs import define, field

from local_aws.functions.environments import ExecutionEnvironment, read_hello
from local_aws.functions.function_logs import FunctionLog, LogSender
from local_aws.functions.interpreters import Interpreters
from local_aws.functions.records import FunctionVersion
from local_aws.platform import Credentials, Platform

IDLE_SECONDS = 60.0
IDLE_KEPT = 8
# a role's session lives for an hour, an invocation for 15 minutes: sessions are shared for 10, environments for 30
_SESSION_SECONDS = 600.0
_ENVIRONMENT_SECONDS = 1800.0
_HELLO_SECONDS = 10.0


@define(eq=False)
class EnvironmentPool:
    """Gives each invocation an environment of its own, and keeps up to `IDLE_KEPT` for the next ones.

    Args:
        platform: the local AWS.
    """

    platform: Platform
    interpreters: Interpreters = field(init=False)
    sender: LogSender = field(init=False)
    _idle: dict[str, list[ExecutionEnvironment]] = field(factory=dict)
    _waiting: dict[str, ExecutionEnvironment] = field(factory=dict)
    _sessions: dict[tuple[str, str], tuple[float, Credentials]] = field(factory=dict)
    _changed: threading.Condition = field(factory=threading.Condition)
    _listener: socket.socket | None = None
    _stopped: bool = False

    def __attrs_post_init__(self) -> None:
        self.interpreters = Interpreters(self.platform)
        self.sender = LogSender(self.platform)
        self.platform.on_stop(self.sender.stop)
        self.platform.on_stop(self.stop)

    @contextlib.contextmanager
    def environment(self, version: FunctionVersion) -> Iterator[ExecutionEnvironment]:
        """An environment for one invocation; it goes back to the pool if its process can serve again.

        Raises:
            botocore.exceptions.ClientError: the function's role cannot be assumed.
            OSError: the interpreter cannot be started.
        """
        environment = self._take(version) or self._start(version)
        try:
            yield environment
        except BaseException:
            environment.end()
            raise
        finally:
            with self._changed:
                self._waiting.pop(environment.token, None)
        self._give_back(environment)

    def credentials(self, version: FunctionVersion) -> Credentials:
        """Session credentials of a function's role, as its code gets them.

        Raises:
            botocore.exceptions.ClientError: the role does not exist or does not trust Lambda.
        """
        key = (str(version.settings["Role"]), version.name.arn)
        with self._changed:
            made, found = self._sessions.get(key, (0.0, None))
        if found is not None and time.monotonic() - made < _SESSION_SECONDS:
            return found
        # a session's name has at least two characters
        session = version.name.name.ljust(2, "-")
        found = self.platform.assume(key[0], session=session, service_principal="lambda.amazonaws.com")
        with self._changed:
            self._sessions[key] = (time.monotonic(), found)
        return found

    def drop(self, revision_ids: set[str]) -> None:
        """Ends the idle environments of versions that are gone; busy ones end when they are given back."""
        with self._changed:
            ended = [environment for revision in revision_ids for environment in self._idle.pop(revision, [])]
        for environment in ended:
            environment.end()

    def forget_session(self, version: FunctionVersion) -> None:
        """Assumes the function's role anew for its next environment."""
        with self._changed:
            self._sessions.pop((str(version.settings["Role"]), version.name.arn), None)

    def stop(self) -> None:
        """Ends all idle environments and the pool's threads."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
            ended = [environment for idle in self._idle.values() for environment in idle]
            self._idle.clear()
            if self._listener is not None:
                with contextlib.suppress(OSError):
                    self._listener.shutdown(socket.SHUT_RDWR)
                self._listener.close()
        for environment in ended:
            environment.end()

    def _take(self, version: FunctionVersion) -> ExecutionEnvironment | None:
        while True:
            with self._changed:
                idle = self._idle.get(version.revision_id)
                if not idle:
                    return None
                environment = idle.pop()
            if environment.alive:
                return environment
            environment.end()

    def _give_back(self, environment: ExecutionEnvironment) -> None:
        now = time.monotonic()
        environment.idle_since = now
        ended = [environment]
        if environment.reusable and now - environment.started < _ENVIRONMENT_SECONDS:
            with self._changed:
                if not self._stopped:
                    self._idle.setdefault(environment.version.revision_id, []).append(environment)
                    ended = self._surplus()
                    self._changed.notify_all()
        for surplus in ended:
            surplus.end()

    def _surplus(self) -> list[ExecutionEnvironment]:
        """Takes the longest idle environments out until at most `IDLE_KEPT` are left."""
        everything = sorted(
            (environment for idle in self._idle.values() for environment in idle), key=lambda e: e.idle_since
        )
        surplus = everything[: max(0, len(everything) - IDLE_KEPT)]
        self._remove(surplus)
        return surplus

    def _remove(self, environments: list[ExecutionEnvironment]) -> None:
        for environment in environments:
            idle = self._idle[environment.version.revision_id]
            idle.remove(environment)
            if not idle:
                del self._idle[environment.version.revision_id]

    def _end_idle(self) -> None:
        """Runs in a thread of its own: sleeps until the next environment has been idle for long enough."""
        while True:
            with self._changed:
                everything = [environment for idle in self._idle.values() for environment in idle]
                now = time.monotonic()
                expired = [environment for environment in everything if now - environment.idle_since >= IDLE_SECONDS]
                if not expired and not self._stopped:
                    oldest = min((environment.idle_since for environment in everything), default=None)
                    self._changed.wait(None if oldest is None else oldest + IDLE_SECONDS - now)
                if self._stopped:
                    return
                self._remove(expired)
            for environment in expired:
                environment.end()

    def _start(self, version: FunctionVersion) -> ExecutionEnvironment:
        credentials = self.credentials(version)
        path = self._listen()
        stamp = datetime.now(UTC).strftime("%Y/%m/%d")
        log = FunctionLog(
            sender=self.sender,
            region=version.name.region,
            group=version.log_group,
            stream=f"{stamp}/[{version.number}]{secrets.token_hex(16)}",
            credentials=credentials,
        )
        environment = ExecutionEnvironment(version=version, log=log, banner=self.interpreters.banner(version))
        token = environment.token
        scratch = self.interpreters.folder / "scratch" / token
        layers = self.interpreters.layers(version)
        mount = self.interpreters.private_opt if layers is not None else None
        opt = Path("/opt") if mount is not None or layers is None else layers
        command = self.interpreters.command(version, opt, path, token)
        if mount is not None:
            command = [*mount, str(layers), *command]
        scratch.mkdir(parents=True)
        environment.scratch = scratch
        with self._changed:
            self._waiting[token] = environment
        try:
            process = self.platform.processes.spawn(
                command,
                environment=self._variables(environment, opt, layers is not None),
                cwd=version.package.folder,
                on_line=environment.on_line,
            )
        except BaseException:
            with self._changed:
                del self._waiting[token]
            shutil.rmtree(scratch, ignore_errors=True)
            raise
        environment.attach(process)
        return environment

    def _variables(self, environment: ExecutionEnvironment, opt: Path, layered: bool) -> dict[str, str]:
        version, log = environment.version, environment.log
        region = version.name.region
        runtime = str(version.settings["Runtime"])
        logging = version.settings["LoggingConfig"]
        path = os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin")
        variables = {
            "PATH": f"{opt}/bin:{path}" if layered else path,
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "HOME": str(environment.scratch),
            "TMPDIR": str(environment.scratch),
            **version.settings.get("Environment", {}).get("Variables", {}),
            "_HANDLER": str(version.settings["Handler"]),
            "AWS_DEFAULT_REGION": region,
            "AWS_ENDPOINT_URL": self.platform.endpoint_url,
            "AWS_ENDPOINT_URL_S3": self.platform.endpoint_url,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(version.settings["MemorySize"]),
            "AWS_LAMBDA_FUNCTION_NAME": version.name.name,
            "AWS_LAMBDA_FUNCTION_VERSION": version.number,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": log.group,
            "AWS_LAMBDA_LOG_STREAM_NAME": log.stream,
            "AWS_REGION": region,
            "LAMBDA_RUNTIME_DIR": str(self.interpreters.folder / "python-runtime"),
            "LAMBDA_TASK_ROOT": str(version.package.folder),
            **log.credentials.environment(),
        }
        if logging["LogFormat"] == "JSON":
            variables["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
            variables["AWS_LAMBDA_LOG_LEVEL"] = logging["ApplicationLogLevel"]
        if layered:
            variables["LD_LIBRARY_PATH"] = f"{opt}/lib"
        if runtime.startswith("nodejs"):
            folders = [f"{opt}/nodejs/node_modules"] if layered else []
            if self.interpreters.node_libraries is not None:
                folders.append(str(self.interpreters.node_libraries))
            variables.setdefault("NODE_PATH", ":".join(folders))
        return variables

    def _listen(self) -> Path:
        """Opens, once, the socket on which processes announce themselves."""
        path = self.interpreters.folder / "lambda.sock"
        with self._changed:
            if self._listener is None:
                self.interpreters.folder.mkdir(parents=True, exist_ok=True)
                self._listener = socket.socket(socket.AF_UNIX)
                self._listener.bind(str(path))
                self._listener.listen(256)
                for name, target in (("functions-accept", self._accept), ("functions-idle", self._end_idle)):
                    threading.Thread(target=target, name=name, daemon=True).start()
        return path

    def _accept(self) -> None:
        listener = self._listener
        while listener is not None:
            try:
                connection, _ = listener.accept()
            except OSError:  # the pool has stopped
                return
            try:
                token, stream = read_hello(connection, _HELLO_SECONDS)
            except OSError:
                connection.close()
                continue
            with self._changed:
                environment = self._waiting.pop(token, None)
            if environment is None:
                connection.close()
            else:
                environment.connect(connection, stream)


__all__ = ["IDLE_KEPT", "IDLE_SECONDS", "EnvironmentPool"]
