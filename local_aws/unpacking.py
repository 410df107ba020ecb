"""Unpacks tar archives without trust, on every Python of 3.11 and later.

The standard library's extraction filters came with 3.11.4; Debian 12 has 3.11.2.
"""

import os
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any


def extract(tar: tarfile.TarFile, folder: Path, *, links_may_lead_outside: bool = False) -> None:
    """Unpacks files, folders and links below a folder, as the current user's own.

    Args:
        tar: an open archive.
        folder: where it goes; leading slashes of names are dropped.
        links_may_lead_outside: for a container's files, whose links are read in its own view. Default: refused.

    Raises:
        tarfile.TarError: a member is named outside the folder, is a device, or is a link that leads outside.
    """
    members = list(_checked(tar, links_may_lead_outside=links_may_lead_outside))
    # newer versions want to be told that the members are checked
    trust: dict[str, Any] = {"filter": "fully_trusted"} if hasattr(tarfile, "fully_trusted_filter") else {}
    tar.extractall(folder, members, **trust)  # noqa: S202 - the members were checked above


def _checked(tar: tarfile.TarFile, *, links_may_lead_outside: bool) -> Iterator[tarfile.TarInfo]:
    for member in tar.getmembers():
        member.name = member.name.lstrip("/")
        if _leads_outside(PurePosixPath(member.name)):
            raise tarfile.TarError(f"member {member.name!r} would be written outside the destination")
        if member.issym() or member.islnk():
            base = PurePosixPath(member.name).parent if member.issym() else PurePosixPath()
            if not links_may_lead_outside and _leads_outside(base / member.linkname):
                raise tarfile.TarError(f"link {member.name!r} leads outside the destination, to {member.linkname!r}")
        elif not (member.isfile() or member.isdir()):
            raise tarfile.TarError(f"member {member.name!r} is neither file, folder nor link")
        member.uid, member.gid = os.getuid(), os.getgid()
        member.uname = member.gname = ""
        yield member


def _leads_outside(path: PurePosixPath) -> bool:
    depth = 0
    for part in path.parts:
        depth += -1 if part == ".." else 1
        if depth < 0 or part == "/":
            return True
    return False
