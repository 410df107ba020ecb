"""Packages that sample data are made with, installed from a wheel beside the lock file."""

import base64
import hashlib
import zipfile
from pathlib import Path

import pytest

from mlops_cli import packages
from mlops_cli.errors import FAILED, UNAVAILABLE, CliError


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setattr(packages, "CACHE", folder)
    return folder


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """A lock file with one package, which says what it is."""
    wheel = tmp_path / "greeting-1.0-py3-none-any.whl"
    files = {
        "greeting.py": "WORD = 'hello'\n",
        "greeting-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n",
        "greeting-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    with zipfile.ZipFile(wheel, "w") as archive:
        record = ""
        for name, text in files.items():
            archive.writestr(name, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            record += f"{name},sha256={digest},{len(text)}\n"
        archive.writestr("greeting-1.0.dist-info/RECORD", f"{record}greeting-1.0.dist-info/RECORD,,\n")
    made = tmp_path / "requirements.txt"
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    made.write_text(f"greeting @ {wheel.as_uri()} --hash=sha256:{digest}\n")
    return made


def test_packages_are_installed_once(cache: Path, lock: Path) -> None:
    folder = packages.folder_with(lock)
    (folder / "seen").touch()

    assert packages.folder_with(lock) == folder
    assert sorted(path.name for path in folder.iterdir()) == ["greeting-1.0.dist-info", "greeting.py", "seen"]
    assert list(cache.iterdir()) == [folder]


def test_a_package_with_another_hash_is_refused_and_leaves_nothing(cache: Path, lock: Path) -> None:
    lock.write_text(lock.read_text().rpartition(":")[0] + ":" + "0" * 64 + "\n")

    with pytest.raises(
        CliError, match=r"could not install the packages of .*requirements.txt:\n(.|\n)*DO NOT MATCH"
    ) as told:
        packages.folder_with(lock)

    assert told.value.exit_code == UNAVAILABLE
    assert list(cache.iterdir()) == []


def test_a_program_runs_with_them(cache: Path, lock: Path, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("import sys, greeting, pathlib\npathlib.Path(sys.argv[1]).write_text(greeting.WORD)\n")

    packages.run(program, str(tmp_path / "word"), imports=[packages.folder_with(lock)])

    assert (tmp_path / "word").read_text() == "hello"


def test_a_program_that_fails_is_told_with_its_words(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("import sys\nsys.exit('no luck')\n")

    with pytest.raises(CliError, match=r"^program\.py ended with exit code 1:\nno luck$") as told:
        packages.run(program, imports=[])

    assert told.value.exit_code == FAILED
