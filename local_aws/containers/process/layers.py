"""Puts files into an image's folder: copies, and what a RUN wrote."""

import os
import shutil
import stat
import tarfile
from collections.abc import Mapping
from pathlib import Path

from local_aws.containers.process.environments import share
from local_aws.unpacking import extract

_LINKS_FOLLOWED = 40


def place(files: Path, target: str) -> Path:
    """Where an absolute path of the image lies below `files`; links of the image and the system are followed.

    Raises:
        OSError: too many links.
    """
    parts, done = [part for part in target.split("/") if part not in {"", "."}], [""]
    links = 0
    while parts:
        part = parts.pop(0)
        if part == "..":
            done = done[:-1] if len(done) > 1 else done
            continue
        inside = "/".join([*done, part])
        own, host = files / inside.lstrip("/"), Path(inside)
        link = own if own.is_symlink() else host if not own.exists() and len(done) == 1 and host.is_symlink() else None
        if link is None:
            done.append(part)
            continue
        links += 1
        if links > _LINKS_FOLLOWED:
            raise OSError(f"{target}: too many levels of symbolic links")
        to = str(link.readlink())
        if to.startswith("/"):
            done = [""]
        parts = [step for step in to.split("/") if step not in {"", "."}] + parts
    return files / "/".join(done).lstrip("/")


def make_folder(files: Path, target: str) -> Path:
    """The folder at an absolute path of the image, made if need be."""
    folder = place(files, target)
    for ancestor in [*reversed(folder.relative_to(files).parents), folder.relative_to(files)]:
        path = files / ancestor
        if is_whiteout(path):
            path.unlink()
        path.mkdir(exist_ok=True)
    return folder


def put(source: Path, target: Path, mode: int | None) -> None:
    """Copies one file, link or (empty) folder over what is there.

    Args:
        source: what to copy.
        target: its new place; its folder exists.
        mode: permission bits for files and folders. Default: the source's.
    """
    if source.is_dir() and not source.is_symlink():
        if is_whiteout(target) or target.is_symlink() or target.is_file():
            target.unlink()
        target.mkdir(exist_ok=True)
        target.chmod(mode if mode is not None else stat.S_IMODE(source.stat().st_mode))
        return
    if target.is_symlink() or target.exists():
        if target.is_dir() and not target.is_symlink():
            raise OSError(f"cannot copy to non-directory: {target}")
        target.unlink()
    shutil.copyfile(source, target, follow_symlinks=False)
    if not source.is_symlink():
        target.chmod(mode if mode is not None else stat.S_IMODE(source.stat().st_mode))


def put_all(sources: Mapping[str, Path], folder: Path, mode: int | None) -> None:
    """Copies files and folders, given by their path relative to `folder`, parents before what they hold."""
    for name, source in sources.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        put(source, target, mode)


def unpack(archive: Path, folder: Path) -> None:
    """Unpacks a tar archive as ADD does.

    Raises:
        tarfile.TarError: it is damaged, or would write outside `folder`.
    """
    with tarfile.open(archive) as content:
        extract(content, folder, links_may_lead_outside=True)


def merge(changed: Path, files: Path, *, keep_marks: bool = True) -> None:
    """Applies an overlay's upper folder: new files, and deletions of what is below.

    Args:
        changed: the upper folder.
        files: what it is applied to.
        keep_marks: leaves the mark of a deletion (a character device 0:0): it hides a file of the machine.
    """
    for entry in sorted(changed.iterdir()):
        target = files / entry.name
        if is_whiteout(entry):
            _clear(target)
            if keep_marks:
                share(entry, target)
        elif entry.is_dir() and not entry.is_symlink():
            if _opaque(entry) or not target.is_dir() or target.is_symlink():
                _clear(target)
            target.mkdir(exist_ok=True)
            merge(entry, target, keep_marks=keep_marks)
            target.chmod(stat.S_IMODE(entry.stat().st_mode))
            if keep_marks and _opaque(entry):
                _copy_opaque(entry, target)
        else:
            _clear(target)
            share(entry, target)


def is_whiteout(path: Path) -> bool:
    """Whether a path is an overlay's mark of a deleted file."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == 0


def _clear(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


_OPAQUE = ("trusted.overlay.opaque", "user.overlay.opaque")


def _opaque(folder: Path) -> bool:
    """Whether an overlay's folder hides what the folder below it holds."""
    for name in _OPAQUE:
        try:
            if os.getxattr(folder, name) == b"y":
                return True
        except OSError:
            continue
    return False


def _copy_opaque(source: Path, target: Path) -> None:
    for name in _OPAQUE:
        try:
            os.setxattr(target, name, os.getxattr(source, name))
        except OSError:
            continue
