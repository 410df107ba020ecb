"""Python environments of images: real virtual environments, kept between servers under a key of their content."""

import fcntl
import os
import platform
import shlex
import shutil
import stat
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from local_aws.containers.engine import EngineError
from local_aws.containers.process.images import digest_hex
from local_aws.containers.process.view import remove_tree

_DONE = "complete"


@frozen
class Environments:
    """The environments below a folder.

    Args:
        folder: each environment is a folder named by its key, with `python/` (a virtual environment) and
            `files/` (what RUN instructions wrote elsewhere).
    """

    folder: Path

    def base(self) -> str:
        """The key of the plain environment of this machine's Python with pip; made when first asked for.

        Raises:
            EngineError: this Python cannot make virtual environments with pip.
        """
        key = digest_hex(f"base\0{sys.version}\0{sys.base_prefix}\0{platform.machine()}")[:32]
        with self.locked(key):
            if not self.is_complete(key):
                self.discard(key)
                try:
                    venv.EnvBuilder(with_pip=True, symlinks=True).create(self.python(key))
                except (OSError, subprocess.CalledProcessError) as error:
                    self.discard(key)
                    raise EngineError(
                        f"{sys.executable} cannot make a virtual environment with pip: {error}; "
                        "install the venv package of this Python"
                    ) from error
                self.complete(key, key)
        return key

    def python(self, key: str) -> Path:
        """The virtual environment's folder."""
        return self.folder / key / "python"

    def files(self, key: str) -> Path:
        """The folder of what RUN instructions wrote outside the virtual environment."""
        return self.folder / key / "files"

    def on_path(self, key: str, path: str) -> str:
        """A PATH with the environment's programs where python images have theirs: right before /usr/local/bin."""
        own = str(self.python(key) / "bin")
        entries = path.split(":")
        where = entries.index("/usr/local/bin") if "/usr/local/bin" in entries else 0
        return ":".join([*entries[:where], own, *entries[where:]])

    def launchers(self, key: str) -> dict[str, str]:
        """Programs that start the environment's Python from where python images have theirs, by absolute path."""
        return {
            f"/usr/local/bin/{program.name}": f'#!/bin/sh\nexec {shlex.quote(str(program))} "$@"\n'
            for program in sorted((self.python(key) / "bin").iterdir())
            if program.name.startswith(("python", "pip"))
        }

    def is_complete(self, key: str) -> bool:
        """Whether an environment was made to its end."""
        return (self.folder / key / _DONE).exists()

    def complete(self, key: str, outcome: str | None) -> None:
        """Marks an environment as made to its end.

        Args:
            key: the environment, or the RUN that it belongs to.
            outcome: the key of the environment that stands then: `key` itself, or the one before, unchanged.
        """
        (self.folder / key / _DONE).write_text(outcome or "")

    def outcome(self, key: str) -> str | None:
        """What `complete` was told."""
        return (self.folder / key / _DONE).read_text() or None

    def discard(self, key: str) -> None:
        """Removes an environment."""
        remove_tree(self.folder / key)

    def discard_part(self, key: str, name: str) -> None:
        """Removes one folder of an environment that is being made."""
        remove_tree(self.folder / key / name)

    @contextmanager
    def locked(self, key: str) -> Iterator[None]:
        """Keeps other builds, of other processes too, from making the same environment at the same time."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{key}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def derive(self, key: str, parent: str) -> None:
        """Makes the environment `key` with the content of `parent`; files are shared on disk, scripts are adapted."""
        self._copy(self.python(parent), self.python(key))

    def copy_to(self, folder: Path) -> None:
        """Makes a virtual environment of this machine's Python with pip, outside of those that are kept."""
        self._copy(self.python(self.base()), folder)

    def downloads(self) -> Path:
        """Where pip keeps what it fetched."""
        folder = self.folder / "downloads"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _copy(self, old: Path, new: Path) -> None:
        venv.EnvBuilder(with_pip=False, symlinks=True).create(new)
        for path, _, names in os.walk(old):
            inside = Path(path).relative_to(old)
            (new / inside).mkdir(exist_ok=True)
            for name in names:
                source, target = Path(path) / name, new / inside / name
                if target.exists() or target.is_symlink():
                    continue
                share(source, target)
        _adapt_scripts(old, new)

    def adapt_scripts(self, key: str, parent: str) -> None:
        """Lets the programs in `key` start its own Python where they still name the parent's."""
        _adapt_scripts(self.python(parent), self.python(key))


def _adapt_scripts(old: Path, new: Path) -> None:
    for script in (new / "bin").iterdir():
        if script.is_symlink() or not script.is_file():
            continue
        content = script.read_bytes()
        head, newline, rest = content.partition(b"\n")
        if head.startswith(b"#!") and bytes(old) in head:
            fresh = script.with_name(script.name + ".adapted")
            fresh.write_bytes(head.replace(bytes(old), bytes(new)) + newline + rest)
            shutil.copymode(script, fresh)
            fresh.replace(script)


def share(source: str | Path, target: str | Path) -> None:
    """A second name for a file's content where the file system allows, else a copy."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        status = os.lstat(source)
        if stat.S_ISCHR(status.st_mode):
            os.mknod(target, status.st_mode, status.st_rdev)  # an overlay's mark of a deleted file
            return
        shutil.copy2(source, target, follow_symlinks=False)
