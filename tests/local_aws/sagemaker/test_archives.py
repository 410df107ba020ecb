"""Archives: round trips, and those that are refused."""

import io
import tarfile
from pathlib import Path

import pytest

from local_aws.sagemaker.archives import pack, unpack


def test_a_folder_comes_back_as_it_was(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "deep").mkdir(parents=True)
    (source / "deep" / "a").write_text("a")
    (source / "run").write_text("b")
    (source / "run").chmod(0o755)
    pack(source, tmp_path / "m.tar.gz")
    unpack(tmp_path / "m.tar.gz", tmp_path / "target")
    assert (tmp_path / "target" / "deep" / "a").read_text() == "a"
    assert (tmp_path / "target" / "run").stat().st_mode & 0o111


def _archive(path: Path, entry: tarfile.TarInfo) -> None:
    with tarfile.open(path, "w:gz") as tar:
        tar.addfile(entry, io.BytesIO(b""))


@pytest.mark.parametrize("name", ["../out", "/etc/out"])
def test_members_that_lead_outside_are_refused_or_brought_inside(tmp_path: Path, name: str) -> None:
    _archive(tmp_path / "m.tar.gz", tarfile.TarInfo(name))
    if name.startswith("/"):
        unpack(tmp_path / "m.tar.gz", tmp_path / "target")
        assert (tmp_path / "target" / "etc" / "out").exists()
    else:
        with pytest.raises(ValueError, match="outside the destination"):
            unpack(tmp_path / "m.tar.gz", tmp_path / "target")


def test_links_that_lead_outside_are_refused(tmp_path: Path) -> None:
    link = tarfile.TarInfo("link")
    link.type, link.linkname = tarfile.SYMTYPE, "../../etc/passwd"
    _archive(tmp_path / "m.tar.gz", link)
    with pytest.raises(ValueError, match="link"):
        unpack(tmp_path / "m.tar.gz", tmp_path / "target")


@pytest.mark.parametrize("content", [b"", b"plain text", b"\x1f\x8b\x08\x00short"])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.tar.gz").write_bytes(content)
    with pytest.raises(ValueError, match=r"m\.tar\.gz: "):
        unpack(tmp_path / "m.tar.gz", tmp_path / "target")
