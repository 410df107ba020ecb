"""``./mlops`` itself: which Python and Node it takes, what it says, and that it does nothing twice."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
_TOOLS = ("sh", "cat", "cksum", "mkdir", "rm", "dirname", "sleep", "ln", "chmod", "uname", "env", "kill")


def _programs(folder: Path, *names: str) -> Path:
    folder.mkdir()
    for name in names:
        found = shutil.which(name)
        if found is not None:
            (folder / name).symlink_to(found)
    return folder


def _checkout(folder: Path) -> Path:
    """What a clean clone has, without history."""
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    for name in filter(None, files):
        if not (ROOT / name).exists():
            continue
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    return folder


def _run(folder: Path, path: str, *arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    kept = {
        k: v
        for k, v in os.environ.items()
        if "CERT" in k or "CA_" in k or "PROXY" in k.upper() or k.startswith(("PIP_", "UV_"))
    }
    return subprocess.run(
        ["./mlops", *arguments],
        cwd=folder,
        env={**kept, "PATH": path, "HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def test_without_a_fitting_python_it_says_what_to_install(tmp_path: Path) -> None:
    programs = _programs(tmp_path / "bin", *_TOOLS)
    done = _run(_checkout(tmp_path / "clone"), str(programs), "--help", home=tmp_path)
    assert done.returncode == 2
    assert "no Python 3.11, 3.12 or 3.13 on PATH; install one" in done.stderr


@pytest.mark.e2e
@pytest.mark.timeout(900)
def test_a_clean_clone_without_node_gets_one_and_is_set_up_once(tmp_path: Path) -> None:
    programs = _programs(tmp_path / "bin", *_TOOLS, "git", "python3", "grep", "sed")
    clone = _checkout(tmp_path / "clone")
    first = _run(clone, str(programs), "doctor", home=tmp_path)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "making .venv with Python" in first.stderr
    assert "no Node 22 or later on PATH" in first.stderr
    assert "ok      Node: v" in first.stdout
    second = _run(clone, str(programs), "doctor", home=tmp_path)
    assert second.returncode == 0
    assert second.stderr == ""
