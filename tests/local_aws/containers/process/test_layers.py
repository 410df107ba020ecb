"""Files of an image's folder: where they lie, and how layers change them."""

import os
import stat
from pathlib import Path

import pytest

from local_aws.containers.process.images import folder_digest
from local_aws.containers.process.layers import is_whiteout, make_folder, merge, place, put

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes an overlay's marks by hand")


def whiteout(path: Path) -> None:
    os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(0, 0))


def test_place_follows_links_inside_of_the_image(tmp_path: Path) -> None:
    (tmp_path / "opt").mkdir()
    (tmp_path / "opt/link").symlink_to("/data/real")
    (tmp_path / "opt/up").symlink_to("../../../srv")
    assert place(tmp_path, "/opt/link/file") == tmp_path / "data/real/file"
    assert place(tmp_path, "/opt/up/x") == tmp_path / "srv/x"
    assert place(tmp_path, "/a/../../../b/./c") == tmp_path / "b/c"


def test_place_refuses_circles(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="too many levels of symbolic links"):
        place(tmp_path, "/a/x")


def test_put_replaces_and_keeps_modes(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_text("new")
    source.chmod(0o750)
    target.write_text("old")
    os.link(target, tmp_path / "elsewhere")
    put(source, target, None)
    assert (target.read_text(), stat.S_IMODE(target.stat().st_mode)) == ("new", 0o750)
    assert (tmp_path / "elsewhere").read_text() == "old"
    put(source, target, 0o700)
    assert stat.S_IMODE(target.stat().st_mode) == 0o700
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="cannot copy to non-directory"):
        put(source, tmp_path / "folder", None)


def test_merge_adds_and_replaces(tmp_path: Path) -> None:
    changed, files = tmp_path / "changed", tmp_path / "files"
    (changed / "a/deep").mkdir(parents=True)
    (changed / "a/deep/new").write_text("new")
    (changed / "a/file").write_text("changed")
    (changed / "was-folder").write_text("now a file")
    (files / "a").mkdir(parents=True)
    (files / "a/file").write_text("old")
    (files / "a/kept").write_text("kept")
    (files / "was-folder").mkdir()
    merge(changed, files)
    assert {str(path.relative_to(files)): path.read_text() for path in files.rglob("*") if path.is_file()} == {
        "a/deep/new": "new",
        "a/file": "changed",
        "a/kept": "kept",
        "was-folder": "now a file",
    }


@needs_root
def test_merge_deletes_and_may_keep_the_mark(tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    changed.mkdir()
    whiteout(changed / "gone")
    for name, kept in (("with", True), ("without", False)):
        files = tmp_path / name
        (files / "gone").mkdir(parents=True)
        (files / "gone/inner").write_text("x")
        merge(changed, files, keep_marks=kept)
        assert is_whiteout(files / "gone") is kept
        assert not (files / "gone/inner").exists()
    make_folder(tmp_path / "with", "/gone/again")
    assert (tmp_path / "with/gone/again").is_dir()


def test_the_digest_of_a_folder_is_that_of_names_modes_and_content(tmp_path: Path) -> None:
    def made(name: str, text: str, mode: int = 0o644) -> str:
        folder = tmp_path / f"{name}-{text}-{mode}"
        folder.mkdir()
        (folder / name).write_text(text)
        (folder / name).chmod(mode)
        os.utime(folder / name, (0, len(list(tmp_path.iterdir()))))
        digest = folder_digest(folder)
        (folder / name).unlink()
        folder.rmdir()
        return digest

    assert made("a", "x") == made("a", "x")
    assert len({made("a", "x"), made("b", "x"), made("a", "y"), made("a", "x", 0o755)}) == 4
