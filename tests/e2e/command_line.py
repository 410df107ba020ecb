"""The command line, run as users run it, with a state folder of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from attrs import define, field, frozen

from local_aws.containers.engine import ENGINE_VARIABLE
from mlops_cli.project import ROOT
from tests.e2e import processes


@frozen(repr=False)
class Ended:
    """A program that has ended; what a failed test shows of it is all that it said."""

    code: int
    output: str
    errors: str

    def __repr__(self) -> str:
        return f"exit code {self.code}\n--- standard output\n{self.output}\n--- standard error\n{self.errors}"


@define(eq=False)
class Running:
    """A program that runs, in a process group of its own; its output goes to files."""

    process: subprocess.Popen[bytes]
    output: Path
    errors: Path

    def said(self) -> str:
        """What it has said so far."""
        return self.output.read_text(errors="replace") + self.errors.read_text(errors="replace")

    def interrupt(self) -> None:
        """Ctrl-C, as the command alone receives it."""
        self.process.send_signal(signal.SIGINT)

    def wait(self, *, seconds: float) -> Ended:
        """Waits for its end; a program that does not end fails the test, and is ended."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise AssertionError(f"{self.process.args!r} did not end within {seconds} s:\n{self.said()}") from error
        return Ended(code, self.output.read_text(errors="replace"), self.errors.read_text(errors="replace"))


@define(eq=False)
class CommandLine:
    """``./mlops`` with everything it leaves behind under one folder.

    Args:
        folder: of the state, of temporary files, and of what programs print.
    """

    folder: Path
    _started: list[Running] = field(factory=list)

    @property
    def state(self) -> Path:
        """The state folder; commands make it and the one that it lies in."""
        return self.folder / "new" / "state"

    @property
    def environment(self) -> dict[str, str]:
        """The variables of each command: nothing that points to another AWS."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MLOPS_", "CDK_"))}
        node = ROOT / ".mlops" / "node" / "bin"
        path = [str(ROOT / ".venv" / "bin"), *([str(node)] if node.is_dir() else []), os.environ["PATH"]]
        temporary = self.folder / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        return {
            **kept,
            "PATH": os.pathsep.join(path),
            "MLOPS_STATE_DIR": str(self.state),
            ENGINE_VARIABLE: os.environ[ENGINE_VARIABLE],
            "TMPDIR": str(temporary),
            "COLUMNS": "200",
        }

    def start(self, *arguments: str) -> Running:
        """Starts ``./mlops`` with arguments."""
        return self.start_program(sys.executable, "-m", "mlops_cli", *arguments)

    def start_program(self, *command: str, variables: dict[str, str] | None = None) -> Running:
        """Starts any program, in the checkout."""
        number = len(self._started)
        output, errors = self.folder / f"{number}.out", self.folder / f"{number}.err"
        environment = {**self.environment, **(variables or {})}
        with output.open("wb") as out, errors.open("wb") as err:
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                start_new_session=True,
            )  # fmt: skip
        running = Running(process, output, errors)
        self._started.append(running)
        return running

    def run(self, *arguments: str, seconds: float = 720) -> Ended:
        """Runs ``./mlops`` with arguments to its end."""
        return self.start(*arguments).wait(seconds=seconds)

    def exports(self) -> dict[str, str]:
        """What ``local env`` prints, as variables."""
        printed = self.run("local", "env")
        assert printed.code == 0, printed
        lines = [line.removeprefix("export ") for line in printed.output.splitlines() if line.startswith("export ")]
        return {name: value.strip("'") for name, value in (line.split("=", 1) for line in lines)}

    def close(self) -> dict[int, str]:
        """Ends the local AWS and all that is left; gives the processes that should not have been left."""
        self.run("local", "down", seconds=180)
        for running in self._started:
            if running.process.poll() is None:
                running.process.terminate()
                running.wait(seconds=120)
        left = processes.none_left(str(self.folder))
        processes.kill(str(self.folder))
        return left
