"""Child processes that end with the server, whatever happens to it.

Every child leads a process group of its own. A small reaper process learns each group over a pipe; when the pipe
closes (the server ended, or was killed) it kills the groups that are left.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from attrs import define, field

_REAPER = """
import os, signal, sys
groups = set()
for line in sys.stdin:
    (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
for group in groups:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass
"""


@define(eq=False)
class ManagedProcess:
    """A child with its process group; made by `Supervisor.spawn`."""

    _popen: subprocess.Popen[bytes]
    _reader: threading.Thread | None
    _on_end: Callable[["ManagedProcess"], None]
    _ended: threading.Lock = field(factory=threading.Lock)

    @property
    def pid(self) -> int:
        """The process id, which is the group's id too."""
        return self._popen.pid

    def poll(self) -> int | None:
        """The exit code (negative: the signal that killed it), or None while it runs."""
        return self._popen.poll()

    def wait(self, timeout: float | None = None) -> int:
        """Waits for the end and for all output to be delivered; gives the exit code.

        Raises:
            subprocess.TimeoutExpired: it still runs after `timeout` seconds.
        """
        code = self._popen.wait(timeout)
        # what the child left behind in its group would hold the output pipe open
        self._kill_group(signal.SIGKILL)
        if self._reader is not None and self._reader is not threading.current_thread():
            self._reader.join()
        self._on_end(self)
        return code

    def terminate(self, grace_seconds: float = 5.0) -> int:
        """Asks the group to end (SIGTERM), kills it after `grace_seconds`, and gives the exit code."""
        self._kill_group(signal.SIGTERM)
        try:
            return self.wait(grace_seconds)
        except subprocess.TimeoutExpired:
            self._kill_group(signal.SIGKILL)
            return self.wait()

    def _kill_group(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._popen.pid, number)


@define(eq=False)
class Supervisor:
    """Starts children and ends them all when asked."""

    _children: set[ManagedProcess] = field(factory=set)
    _lock: threading.Lock = field(factory=threading.Lock)
    _reaper: subprocess.Popen[str] | None = None
    _stopped: bool = False

    def spawn(
        self,
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str],
        cwd: Path | None = None,
        on_line: Callable[[str], None] | None = None,
        stdin: bytes | None = None,
        descriptors: Sequence[int] = (),
    ) -> ManagedProcess:
        """Starts a program in a process group of its own.

        Args:
            arguments: program and arguments; no shell.
            environment: the whole environment; nothing is inherited.
            cwd: its working folder. Default: the server's.
            on_line: receives each line of standard output and error as it comes, without its end. Default: dropped.
            stdin: what it reads from standard input. Default: nothing.
            descriptors: of this process's files, which it inherits under the same numbers. Default: none.

        Raises:
            OSError: the program cannot be started, or the server has ended.
        """
        popen = subprocess.Popen(
            arguments,
            env=dict(environment),
            cwd=cwd,
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE if on_line else subprocess.DEVNULL,
            stderr=subprocess.STDOUT if on_line else subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=descriptors,
        )
        reader = None
        if on_line is not None:
            reader = threading.Thread(
                target=_read_lines, args=(popen, on_line), name=f"output-{popen.pid}", daemon=True
            )
        child = ManagedProcess(popen, reader, self._forget)
        with self._lock:
            late = self._stopped
            if not late:
                self._children.add(child)
                self._tell_reaper(f"+{popen.pid}\n")
        if reader is not None:
            reader.start()
        if stdin is not None and popen.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                popen.stdin.write(stdin)
                popen.stdin.close()
        if late:
            child.terminate(grace_seconds=0)
            raise OSError(f"{arguments[0]} is not started: the server has ended")
        return child

    def stop(self) -> None:
        """Ends every child that is left, and the reaper; nothing starts from here on."""
        with self._lock:
            self._stopped = True
            children = list(self._children)
        for child in children:
            child.terminate(grace_seconds=1.0)
        with self._lock:
            if self._reaper is not None and self._reaper.stdin is not None:
                self._reaper.stdin.close()
                self._reaper.wait()
                self._reaper = None

    def _forget(self, child: ManagedProcess) -> None:
        with self._lock:
            if child in self._children:
                self._children.remove(child)
                self._tell_reaper(f"-{child.pid}\n")

    def _tell_reaper(self, line: str) -> None:
        if self._reaper is None:
            self._reaper = subprocess.Popen(
                [sys.executable, "-S", "-E", "-c", _REAPER], stdin=subprocess.PIPE, text=True, start_new_session=True
            )
        if self._reaper.stdin is not None:
            self._reaper.stdin.write(line)
            self._reaper.stdin.flush()


def _read_lines(popen: subprocess.Popen[bytes], on_line: Callable[[str], None]) -> None:
    assert popen.stdout is not None  # noqa: S101 - spawned with a pipe
    with popen.stdout:
        for line in popen.stdout:
            on_line(line.decode(errors="replace").rstrip("\r\n"))
