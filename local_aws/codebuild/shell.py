"""The shell that all commands of a build share, as CodeBuild's buildspec version 0.2 has it."""

import contextlib
import os
import queue
import shlex
import threading
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

from attrs import define, field

from local_aws.processes import ManagedProcess

Spawn = Callable[..., ManagedProcess]

# commands arrive as files named on fd 9; each one's exit code goes out on fd 8, the shell's own standard output;
# a shell that a command ends leaves its variables and folder to the next one
_DRIVER = """
trap 'export -p >{state}/variables; pwd >{state}/folder' EXIT
exec 8>&1 9<{pipe}
if [ -f {state}/variables ]; then
  . {state}/variables
  cd "$(cat {state}/folder)"
fi
while IFS= read -r __command <&9; do
  . "$__command" </dev/null 8>&- 9<&-
  printf '%s %d\\n' {token} "$?" >&8
done
"""


@define(eq=False)
class BuildShell:
    """Runs commands one after another in one shell: variables, functions and the folder carry over.

    Args:
        spawn: starts processes: `Supervisor.spawn`.
        program: the shell, such as ``/bin/sh``.
        environment: the whole environment.
        working_dir: where the first command runs.
        on_line: receives each line of output.
        folder: new folder for the shell's own files.
    """

    _spawn: Spawn
    _program: str
    _environment: Mapping[str, str]
    _working_dir: Path
    _on_line: Callable[[str], None]
    _folder: Path
    _token: str = field(factory=lambda: f"local-aws:{uuid.uuid4()}")
    _codes: "queue.SimpleQueue[tuple[bool, int]]" = field(factory=queue.SimpleQueue)
    _process: ManagedProcess | None = None
    _pipe: int | None = None
    _terminated: bool = False
    _lock: threading.Lock = field(factory=threading.Lock)

    def run(self, command: str) -> int:
        """Runs a command and gives its exit code (128 + signal for a killed one), all its output delivered.

        Raises:
            ShellEndedError: `terminate` was called.
        """
        with self._lock:
            if self._terminated:
                raise ShellEndedError
            pipe = self._started()
        path = self._folder / f"command-{uuid.uuid4().hex}"
        path.write_text(command + "\n")
        os.write(pipe, f"{path}\n".encode())
        ended, code = self._codes.get()
        path.unlink()
        with self._lock:
            if ended:
                self._forget()
            if self._terminated:
                raise ShellEndedError
        return 128 - code if code < 0 else code

    def set(self, name: str, value: str) -> None:
        """Exports a variable to the commands that follow."""
        self.run(f"export {name}={shlex.quote(value)}")

    def get(self, name: str) -> str | None:
        """A variable's value, or None where it is not set."""
        answer = self._folder / "answer"
        code = self.run(f'[ -n "${{{name}+set}}" ] && printf \'%s\' "${name}" >{shlex.quote(str(answer))}')
        return answer.read_text() if code == 0 else None

    def expand(self, text: str) -> str:
        """A text with its variables and commands replaced, as within double quotes."""
        answer = self._folder / "answer"
        answer.unlink(missing_ok=True)
        self.run(f"printf '%s' \"{text}\" >{shlex.quote(str(answer))}")
        return answer.read_text() if answer.exists() else text

    def terminate(self, grace_seconds: float = 2.0) -> None:
        """Ends the shell and all that its commands started; the running `run` raises."""
        with self._lock:
            self._terminated = True
            process = self._process
        if process is not None:
            process.terminate(grace_seconds)

    def close(self) -> None:
        """Ends the shell, if it runs."""
        self.terminate()
        with self._lock:
            self._forget()

    def _started(self) -> int:
        """The descriptor that takes the names of commands."""
        if self._pipe is None:
            self._folder.mkdir(exist_ok=True)
            pipe = self._folder / "commands"
            pipe.unlink(missing_ok=True)
            os.mkfifo(pipe)
            self._pipe = os.open(pipe, os.O_RDWR)  # does not wait for the shell to open it
            script = _DRIVER.format(
                state=shlex.quote(str(self._folder)), pipe=shlex.quote(str(pipe)), token=shlex.quote(self._token)
            )
            self._process = self._spawn(
                [self._program, "-c", script],
                environment=self._environment,
                cwd=self._working_dir,
                on_line=self._line,
            )
            threading.Thread(target=self._watch, args=(self._process,), name="build shell", daemon=True).start()
        return self._pipe

    def _line(self, line: str) -> None:
        before, token, code = line.partition(self._token)
        if token:
            if before:
                self._on_line(before)
            self._codes.put((False, int(code)))
        else:
            self._on_line(line)

    def _watch(self, process: ManagedProcess) -> None:
        self._codes.put((True, process.wait()))

    def _forget(self) -> None:
        if self._pipe is not None:
            with contextlib.suppress(OSError):
                os.close(self._pipe)
        self._pipe = self._process = None


class ShellEndedError(Exception):
    """The shell was ended while, or before, a command ran."""
