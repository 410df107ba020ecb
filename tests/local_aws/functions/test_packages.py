"""What unpacking makes of a package's files."""

import io
import subprocess
import zipfile
from pathlib import Path

import pytest

from local_aws.functions.packages import PackageStore
from local_aws.server import LocalAws


def package(name: str, content: str, mode: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        member = zipfile.ZipInfo(name)
        member.external_attr = mode << 16
        archive.writestr(member, content)
    return buffer.getvalue()


@pytest.fixture
def store(local_aws: LocalAws) -> PackageStore:
    return PackageStore(local_aws.platform)


def unpacked(store: PackageStore, content: str, mode: int = 0o755) -> Path:
    return store.add(package("tool", content, mode)).folder / "tool"


@pytest.mark.parametrize("name", ["python", "python3", "python3.13", "python -E"])
def test_a_script_for_the_python_of_aws_runs_with_this_one(store: PackageStore, name: str) -> None:
    script = unpacked(store, f"#!/var/lang/bin/{name}\nimport sys; print('ran', sys.argv[1])\n")
    assert subprocess.check_output([script, "here"], text=True) == "ran here\n"


def test_such_a_script_does_not_see_what_the_server_has_installed(store: PackageStore) -> None:
    script = unpacked(store, "#!/var/lang/bin/python\nimport moto\n")
    ended = subprocess.run([script], capture_output=True, text=True, check=False)
    assert "No module named 'moto'" in ended.stderr


@pytest.mark.parametrize(
    ("content", "mode"),
    [
        pytest.param("#!/bin/sh\n#!/var/lang/bin/python\n", 0o755, id="another-interpreter"),
        pytest.param("#!/var/lang/bin/python\n", 0o644, id="not-executable"),
        pytest.param("", 0o755, id="empty"),
        pytest.param("x = '#!/var/lang/bin/python'", 0o755, id="a-text-within"),
    ],
)
def test_other_files_are_as_they_came(store: PackageStore, content: str, mode: int) -> None:
    assert unpacked(store, content, mode).read_text() == content
