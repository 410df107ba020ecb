"""Archives of others: what is unpacked, and what is refused."""

import io
import os
import tarfile
from pathlib import Path

import pytest

from local_aws.unpacking import extract


def _tar(*members: tarfile.TarInfo, content: bytes = b"x") -> tarfile.TarFile:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for member in members:
            member.size = len(content) if member.isfile() else 0
            tar.addfile(member, io.BytesIO(content))
    buffer.seek(0)
    return tarfile.open(fileobj=buffer)


def _link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def test_files_and_inner_links_are_unpacked_as_one_s_own(tmp_path: Path) -> None:
    owned = tarfile.TarInfo("sub/file")
    owned.uid = owned.gid = 4711
    with _tar(owned, _link("sub/link", "file"), _link("hard", "sub/file", tarfile.LNKTYPE)) as tar:
        extract(tar, tmp_path)
    assert (tmp_path / "sub" / "link").read_bytes() == b"x"
    assert (tmp_path / "hard").read_bytes() == b"x"
    assert (tmp_path / "sub" / "file").stat().st_uid == os.getuid()


def test_leading_slashes_are_dropped(tmp_path: Path) -> None:
    with _tar(tarfile.TarInfo("/etc/file")) as tar:
        extract(tar, tmp_path)
    assert (tmp_path / "etc" / "file").exists()


@pytest.mark.parametrize("name", ["../out", "sub/../../out", "/../out"])
def test_names_outside_are_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    with (
        _tar(tarfile.TarInfo("first"), tarfile.TarInfo(name)) as tar,
        pytest.raises(tarfile.TarError, match="would be written outside the destination"),
    ):
        extract(tar, tmp_path / "target")
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize(
    "link",
    [
        _link("link", "/etc"),
        _link("sub/link", "../../etc"),
        _link("link", "a/../../etc"),
        _link("link", "../etc/passwd", tarfile.LNKTYPE),
    ],
)
def test_links_outside_are_refused(tmp_path: Path, link: tarfile.TarInfo) -> None:
    with _tar(link) as tar, pytest.raises(tarfile.TarError, match="leads outside the destination, to"):
        extract(tar, tmp_path)


def test_links_of_a_container_s_files_may_lead_outside(tmp_path: Path) -> None:
    with _tar(_link("link", "/etc/hostname")) as tar:
        extract(tar, tmp_path, links_may_lead_outside=True)
    assert (tmp_path / "link").is_symlink()


def test_devices_are_refused(tmp_path: Path) -> None:
    device = tarfile.TarInfo("null")
    device.type = tarfile.CHRTYPE
    with _tar(device) as tar, pytest.raises(tarfile.TarError, match="neither file, folder nor link"):
        extract(tar, tmp_path)
