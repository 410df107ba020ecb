import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from local_aws.scratch import Scratch, sweep


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files that nobody else uses."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def left_by_a_killed_process() -> Path:
    program = (
        "import time; from local_aws.scratch import Scratch; made = Scratch.make();"
        "(made.folder / 'deep').mkdir(); print(made.folder, flush=True); time.sleep(99)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        sweep()
        assert (folder / "deep").is_dir()  # its process lives
        process.send_signal(signal.SIGKILL)
    assert folder.is_dir()
    return folder


def test_the_next_server_removes_what_a_killed_one_left() -> None:
    folder = left_by_a_killed_process()
    own = Scratch.make()
    sweep()
    assert not folder.exists()
    assert own.folder.is_dir()
    own.remove()
    assert not own.folder.exists()


def test_what_is_no_servers_folder_stays(temporary: Path) -> None:
    (temporary / "local-aws-of-somebody").mkdir()
    (temporary / "local-aws-file").touch()
    elsewhere = temporary / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "server.lock").touch()
    (temporary / "local-aws-link").symlink_to(elsewhere)
    sweep()
    assert sorted(path.name for path in temporary.iterdir()) == [
        "elsewhere",
        "local-aws-file",
        "local-aws-link",
        "local-aws-of-somebody",
    ]
    assert (elsewhere / "server.lock").exists()


def test_folders_of_other_users_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = left_by_a_killed_process()
    monkeypatch.setattr("os.getuid", lambda: folder.stat().st_uid + 1)
    sweep()
    assert folder.is_dir()
