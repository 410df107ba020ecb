"""Which processes of this machine belong to a test: those whose environment or arguments name its folder or address."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_PROC = Path("/proc")


def mentioning(*texts: str) -> dict[int, str]:
    """Arguments by id of the processes, other than this one, that mention any of the texts."""
    return {
        number: arguments
        for number, arguments, everything in _processes()
        if number != os.getpid() and any(text in everything for text in texts)
    }


def none_left(*texts: str, seconds: float = 120) -> dict[int, str]:
    """Waits until no process mentions any of the texts; gives those that still do after `seconds`."""
    poll(lambda: not mentioning(*texts), seconds=seconds)
    return mentioning(*texts)


def kill(*texts: str) -> None:
    """Ends what a failed test left behind."""
    for number in mentioning(*texts):
        try:
            os.kill(number, signal.SIGKILL)
        except ProcessLookupError:
            continue


def poll(condition: Callable[[], object], *, seconds: float) -> bool:
    """Looks until a condition holds; False where it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _processes() -> Iterator[tuple[int, str, str]]:
    if not _PROC.is_dir():
        listed = subprocess.run(["ps", "axeww", "-o", "pid=,command="], capture_output=True, text=True, check=True)
        for line in listed.stdout.splitlines():
            number, _, everything = line.strip().partition(" ")
            yield int(number), everything, everything
        return
    for folder in _PROC.glob("[0-9]*"):
        try:
            arguments = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            variables = (folder / "environ").read_bytes().decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it has ended, or is another user's
        yield int(folder.name), arguments, arguments + "\0" + variables
