"""The server's temporary folder: it goes with the server, or with the next one where the server was killed."""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import Self

from attrs import define

_PREFIX = "local-aws-"
_LOCK = "server.lock"


@define(eq=False)
class Scratch:
    """A temporary folder with a lock file, which is locked for as long as this process lives.

    Attributes:
        folder: for everything that does not outlive the server.
    """

    folder: Path
    _lock: int

    @classmethod
    def make(cls) -> Self:
        """Makes a folder that no other process uses."""
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        unknown = folder / f"{_LOCK}.new"
        lock = os.open(unknown, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        unknown.rename(folder / _LOCK)  # so nobody finds it before it is locked
        return cls(folder, lock)

    def remove(self) -> None:
        """Removes the folder, and lets go of the lock."""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._lock)


def sweep() -> None:
    """Removes the folders that this user's servers left when they were killed.

    The system lets go of a process's locks whatever ends it. A folder whose lock is held has a server that lives; one
    without a lock file is nobody's to remove.
    """
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            mine = folder.lstat().st_uid == os.getuid() and not folder.is_symlink()
            lock = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW) if mine else None
        except OSError:  # no lock file, or gone meanwhile
            continue
        if lock is None:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)
